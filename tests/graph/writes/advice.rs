//! What is said of a write that was not done: which one, why, and what to do.

use keysweep::domain::ObjectKind::{Application, ServicePrincipal};
use keysweep::graph::WriteError;

use super::route::*;
use crate::server::{Reply, Server};
use crate::tenant::patience;

async fn refused(route: Route, reply: Reply) -> WriteError {
    let server = Server::start(move |_| reply.clone()).await;
    route.write(&writer(&server, patience())).await.unwrap_err()
}

#[tokio::test]
#[rustfmt::skip]
async fn a_missing_permission_is_named_for_every_write() {
    let policies = "`Policy.ReadWrite.ApplicationConfiguration`";
    let assignments = "`Application.Read.All` and `Policy.ReadWrite.ApplicationConfiguration`";
    let objects = "`Application.ReadWrite.All`";
    for (route, permission) in [
        (Route::PatchTenantDefault,               policies),
        (Route::CreatePolicy,                     policies),
        (Route::DeletePolicy,                     policies),
        (Route::Assign(Application),              assignments),
        (Route::Assign(ServicePrincipal),         assignments),
        (Route::Unassign(Application),            assignments),
        (Route::Unassign(ServicePrincipal),       assignments),
        (Route::RemovePassword(Application),      objects),
        (Route::RemovePassword(ServicePrincipal), objects),
        (Route::SetAccountEnabled,                objects),
    ] {
        let error = refused(route, Reply::error(403, "Authorization_RequestDenied")).await;
        let said = error.explain();
        assert!(said.contains(&format!("lacks {permission}. Grant the app registration of `remediation.credential` the application permission {permission} and give admin consent.")), "{said}");
        assert!(!error.holds_for_all(), "it may be about one object alone");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn every_fate_is_told_with_what_to_do_about_it() {
    let id = "request-id 11111111-aaaa-4aaa-8aaa-111111111111";
    let delete = format!("`DELETE /v1.0/policies/appManagementPolicies/{POLICY}`");
    let assign = format!("`POST /v1.0/applications/{OBJECT}/appManagementPolicies/$ref`");
    let remove = format!("`POST /v1.0/servicePrincipals/{OBJECT}/removePassword`");
    let (by_policy, full) = ("CredentialTypeNotAllowedAsPerAppPolicy", "Directory_QuotaExceeded");
    for (route, reply, said) in [
        (Route::DeletePolicy,                     Reply::error(400, "Request_BadRequest"),
            format!("Graph answered {delete} with 400 Request_BadRequest, {id}.")),
        (Route::RemovePassword(ServicePrincipal), Reply::error(400, by_policy),
            format!("Graph answered {remove} with 400 {by_policy}, {id}. An app management policy of the tenant forbids it: exempt the object, or leave it as it is.")),
        (Route::Assign(Application),              Reply::error(400, "Request_MultipleObjectsWithSameKeyValue"),
            format!("Graph answered {assign} with 400 Request_MultipleObjectsWithSameKeyValue, {id}: it is no longer as it was read. Make a new plan from what is there now.")),
        (Route::Assign(Application),              Reply::error(404, "Request_ResourceNotFound"),
            format!("Graph answered {assign} with 404 Request_ResourceNotFound, {id}: it is not there any more. Make a new plan from what is there now.")),
        (Route::DeletePolicy,                     Reply::error(500, "Service_InternalServerError"),
            format!("Graph answered {delete} with 500 Service_InternalServerError, {id}: whether it was carried out has to be looked up. Graph fails inside itself: look at what is there, and try again later.")),
        (Route::DeletePolicy,                     Reply::error(401, "InvalidAuthenticationToken"),
            format!("Graph does not accept the token for {delete} (401 InvalidAuthenticationToken, {id}). Check that `cloud` and `graph_url` belong together, and that no proxy removes the `Authorization` header.")),
        (Route::DeletePolicy,                     Reply::error(403, full),
            format!("Graph refused {delete} (403 {full}, {id}): the quota of the directory is used up. Delete objects that nobody needs, for good where they are soft-deleted, or ask Microsoft for a larger quota.")),
        (Route::DeletePolicy,                     Reply::error(429, "TooManyRequests").with("retry-after", "3600"),
            format!("Graph throttles {delete} for longer than Keysweep waits, after 0 s (429 TooManyRequests, {id}). Other programs may be using up the tenant's budget: run at a quieter hour.")),
        (Route::DeletePolicy,                     Reply::raw(200, "<html>"),
            format!("The answer to {delete} is not of the documented shape (no JSON at line 1 column 1): whether it was carried out has to be looked up. Check that `graph_url` leads to Graph and not to a sign-in or error page.")),
        (Route::CreatePolicy,                     Reply::raw(204, ""),
            "The answer to `POST /v1.0/policies/appManagementPolicies` is not of the documented shape (cut off at line 1 column 0): whether it was carried out has to be looked up. Check that `graph_url` leads to Graph and not to a sign-in or error page.".to_owned()),
    ] {
        assert_eq!(refused(route, reply).await.explain(), said);
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn what_every_other_write_would_meet_as_well_is_told_apart() {
    for (reply, all) in [
        (Reply::error(401, "InvalidAuthenticationToken"),                       true),
        (Reply::error(403, "Directory_QuotaExceeded"),                          true),
        (Reply::error(429, "TooManyRequests").with("retry-after", "3600"),      true),
        (Reply::error(403, "Authorization_RequestDenied"),                      false),
        (Reply::error(400, "Request_BadRequest"),                               false),
        (Reply::error(404, "Request_ResourceNotFound"),                         false),
        (Reply::error(409, "Directory_ConcurrencyViolation"),                   false),
        (Reply::error(503, "serviceNotAvailable"),                              false),
    ] {
        let error = refused(Route::DeletePolicy, reply).await;
        assert_eq!(error.holds_for_all(), all, "{error:?}");
    }
}
