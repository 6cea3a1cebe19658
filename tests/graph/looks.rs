//! Looking at single objects and policies: whole or not at all, and nothing but GET.

use keysweep::domain::{ObjectId, ObjectKey, ObjectKind, PolicyId};
use keysweep::graph::{Graph, GraphError, look};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::tenant::{graph, graph_by, http, id, patience};

const OBJECT: ObjectId = ObjectId(id(0xa));
const POLICY: PolicyId = PolicyId(id(0xb0));
const APPLICATION: ObjectKey = ObjectKey { kind: ObjectKind::Application, id: OBJECT };
const PRINCIPAL: ObjectKey = ObjectKey { kind: ObjectKind::ServicePrincipal, id: OBJECT };

/// Every look, with what it says that it saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    TenantDefault,
    Policy,
    Policies,
    Assigned(ObjectKey),
    AppliesTo,
    Passwords(ObjectKey),
    AccountEnabled,
    Identify(&'static str),
}

const LOOKS: [Look; 11] = [
    Look::TenantDefault,
    Look::Policy,
    Look::Policies,
    Look::Assigned(APPLICATION),
    Look::Assigned(PRINCIPAL),
    Look::AppliesTo,
    Look::Passwords(APPLICATION),
    Look::Passwords(PRINCIPAL),
    Look::AccountEnabled,
    Look::Identify("00000000-0000-0000-0000-00000000000a"),
    Look::Identify("Payroll"),
];

impl Look {
    async fn at(self, graph: &Graph) -> Result<String, GraphError> {
        Ok(match self {
            Self::TenantDefault => look::tenant_default(graph).await?.to_string(),
            Self::Policy => format!("{:?}", look::policy(graph, POLICY).await?),
            Self::Policies => format!("{:?}", look::policies(graph).await?),
            Self::Assigned(key) => format!("{:?}", look::assigned(graph, key).await?),
            Self::AppliesTo => format!("{:?}", look::applies_to(graph, POLICY).await?),
            Self::Passwords(key) => format!("{:?}", look::passwords(graph, key).await?),
            Self::AccountEnabled => format!("{:?}", look::account_enabled(graph, OBJECT).await?),
            Self::Identify(meant) => format!("{:?}", look::identify(graph, meant).await?),
        })
    }

    fn is_of_a_list(self) -> bool {
        match self {
            Self::Policies | Self::Assigned(_) | Self::AppliesTo => true,
            Self::Identify(meant) => meant == "Payroll",
            _ => false,
        }
    }
}

/// All there is, in any shape that a look may ask for.
fn answer(request: &Seen) -> Reply {
    let application = json!({"id": OBJECT, "appId": id(0xa1), "displayName": "Payroll", "signInAudience": "AzureADMyOrg",
        "accountEnabled": true, "passwordCredentials": [{"keyId": id(0xc0)}]});
    let path = request.path.strip_prefix("/v1.0/").unwrap();
    if path.ends_with("/appManagementPolicies") && !path.starts_with("policies")
        || path == "policies/appManagementPolicies"
    {
        return Reply::page(&[json!({"id": POLICY, "isEnabled": true})]);
    }
    match path {
        "policies/defaultAppManagementPolicy" => Reply::json(&json!({"id": id(0), "isEnabled": false})),
        "applications" | "servicePrincipals" => Reply::page(&[application]),
        path if path.ends_with("/appliesTo") => {
            Reply::page(&[json!({"@odata.type": "#microsoft.graph.application", "id": OBJECT})])
        }
        path if path.starts_with("policies/appManagementPolicies/") => {
            Reply::json(&json!({"id": POLICY, "isEnabled": true}))
        }
        path if path.contains("(appId=") => Reply::error(404, "Request_ResourceNotFound"),
        _ => Reply::json(&application),
    }
}

/// What a look sees in a tenant that answers so.
async fn at(
    http: &reqwest::Client,
    look: Look,
    answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
) -> Result<String, GraphError> {
    let server = Server::start(answer).await;
    look.at(&graph_by(http, &server, patience())).await
}

#[tokio::test]
#[rustfmt::skip]
async fn every_look_asks_for_what_it_needs_and_only_reads() {
    let (object, policy) = ("00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-0000000000b0");
    let of_policy = |what: &str| format!("/v1.0/policies/appManagementPolicies/{policy}{what}");
    let (app, sp) = ("$select=id,appId,displayName,signInAudience", "$select=id,appId,displayName");
    let expected: [Vec<String>; 11] = [
        vec!["/v1.0/policies/defaultAppManagementPolicy?".into()],
        vec![of_policy("?")],
        vec!["/v1.0/policies/appManagementPolicies?".into()],
        vec![format!("/v1.0/applications/{object}/appManagementPolicies?")],
        vec![format!("/v1.0/servicePrincipals/{object}/appManagementPolicies?")],
        vec![of_policy("/appliesTo?$select=id,appId,displayName&$top=999")],
        vec![format!("/v1.0/applications/{object}?$select=id,passwordCredentials")],
        vec![format!("/v1.0/servicePrincipals/{object}?$select=id,passwordCredentials")],
        vec![format!("/v1.0/servicePrincipals/{object}?$select=id,accountEnabled")],
        vec![
            format!("/v1.0/applications/{object}?{app}"),
            format!("/v1.0/applications(appId='{object}')?{app}"),
            format!("/v1.0/servicePrincipals/{object}?{sp}"),
            format!("/v1.0/servicePrincipals(appId='{object}')?{sp}"),
        ],
        vec![
            format!("/v1.0/applications?$filter=displayName eq %27Payroll%27&{app}&$top=999"),
            format!("/v1.0/servicePrincipals?$filter=displayName eq %27Payroll%27&{sp}&$top=999"),
        ],
    ];
    for (look, expected) in LOOKS.into_iter().zip(expected) {
        let server = Server::start(answer).await;
        look.at(&graph(&server, patience())).await.unwrap();
        let seen = server.seen();
        assert!(seen.iter().all(|seen| seen.method == "GET"), "{seen:?}");
        let asked: Vec<_> = seen.iter().map(|seen| format!("{}?{}", seen.path, seen.query)).collect();
        assert_eq!(asked, expected, "{look:?}");
        assert!(seen.iter().all(|seen| seen.header("prefer") == Some("include-unknown-enum-members")));
    }
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let http = http();
    for look in LOOKS {
        let seen = at(&http, look, |_| Reply::error(404, "Request_ResourceNotFound")).await;
        match (look, seen) {
            // There is always one, and always a listing.
            (Look::TenantDefault | Look::Policies, Err(GraphError::Shape { .. })) => {}
            (Look::Identify(_), Ok(seen)) => assert_eq!(seen, "[]"),
            (_, Ok(seen)) => assert_eq!(seen, "None", "{look:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_passing_failure_is_made_up_for_and_a_lasting_one_is_an_error() {
    let http = http();
    for look in LOOKS {
        let whole = at(&http, look, answer).await.unwrap();
        let once = |request: &Seen| match request.nth {
            0 => Reply::error(503, "serviceNotAvailable"),
            _ => answer(request),
        };
        assert_eq!(at(&http, look, once).await.unwrap(), whole, "{look:?}");
        let denied = at(&http, look, |_| Reply::error(403, "Authorization_RequestDenied")).await;
        assert!(matches!(denied, Err(GraphError::Forbidden { .. })), "{look:?}: {denied:?}");
        let failed = at(&http, look, |_| Reply::error(500, "Service_InternalServerError")).await;
        assert!(matches!(failed, Err(GraphError::Rejected { .. })), "{look:?}: {failed:?}");
        let cut = at(&http, look, |_| Reply::Cut("{\"id\":".into())).await;
        assert!(matches!(cut, Err(GraphError::Transport { .. })), "{look:?}: {cut:?}");
    }
}

#[tokio::test]
async fn a_list_is_followed_to_its_end_and_nowhere_else() {
    let http = http();
    for look in LOOKS.into_iter().filter(|look| look.is_of_a_list()) {
        let whole = at(&http, look, answer).await.unwrap();
        let paged = |request: &Seen| match request.token() {
            None => Reply::page_and(&[], &request.link("2")),
            Some(_) => answer(request),
        };
        assert_eq!(at(&http, look, paged).await.unwrap(), whole, "{look:?}");
        let astray =
            at(&http, look, |_| Reply::page_and(&[], "https://elsewhere.example/v1.0/x?$skiptoken=1")).await;
        assert!(matches!(astray, Err(GraphError::ForeignLink { .. })), "{look:?}: {astray:?}");
        let broken = |request: &Seen| match request.token() {
            None => Reply::page_and(&[], &request.link("2")),
            Some(_) => Reply::error(404, "Request_ResourceNotFound"),
        };
        let broken = at(&http, look, broken).await;
        assert!(
            matches!(broken, Err(GraphError::Rejected { .. })),
            "half a list is none: {look:?}: {broken:?}"
        );
    }
}

#[tokio::test]
async fn one_entry_that_cannot_be_read_spoils_the_look() {
    let http = http();
    for look in LOOKS.into_iter().filter(|look| look.is_of_a_list()) {
        for entry in [json!({}), json!({"id": "1"}), json!("text"), Value::Null] {
            let spoilt = entry.clone();
            let end = at(&http, look, move |_| {
                Reply::page(&[
                    json!({"id": POLICY,
                "@odata.type": "#microsoft.graph.application"}),
                    spoilt.clone(),
                ])
            })
            .await;
            assert!(matches!(end, Err(GraphError::Shape { .. })), "{look:?}, {entry}: {end:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_about_something_else_is_an_error() {
    let http = http();
    for look in LOOKS.into_iter().filter(|look| !look.is_of_a_list()) {
        for wrong in
            [json!({}), json!({"id": "1"}), json!([1]), json!({"error": {"code": "odd"}}), Value::Null]
        {
            let body = wrong.clone();
            let end = at(&http, look, move |_| Reply::json(&body)).await;
            assert!(matches!(end, Err(GraphError::Shape { .. })), "{look:?}, {wrong}: {end:?}");
        }
        if look != Look::TenantDefault {
            let other = json!({"id": id(0xf), "appId": id(0xf1), "passwordCredentials": []});
            let end = at(&http, look, move |_| Reply::json(&other)).await;
            assert!(matches!(end, Err(GraphError::Shape { .. })), "{look:?}: {end:?}");
        }
    }
}

#[tokio::test]
async fn policies_are_left_as_they_came() {
    let odd = json!({
        "@odata.context": "https://graph.example/v1.0/$metadata#x", "id": POLICY, "displayName": "<b>=1+1",
        "isEnabled": true, "unheardOf": {"a": [1, 2.5, null, "é\n"]},
        "restrictions": {"passwordCredentials": [{"restrictionType": "notInvented", "state": "maybe",
            "isStateSetByMicrosoft": true}], "keyCredentials": null},
    });
    let sent = odd.clone();
    let server = Server::start(move |request| match request.path.as_str() {
        "/v1.0/policies/appManagementPolicies" => Reply::page(std::slice::from_ref(&sent)),
        _ => Reply::json(&sent),
    })
    .await;
    let graph = graph(&server, patience());
    assert_eq!(look::tenant_default(&graph).await.unwrap(), odd);
    assert_eq!(look::policy(&graph, POLICY).await.unwrap(), Some(odd.clone()));
    assert_eq!(look::policies(&graph).await.unwrap(), [odd]);
}

#[tokio::test]
async fn of_a_policy_that_is_listed_twice_the_later_one_counts() {
    let policy = |number: u128, name: &str| json!({"id": id(number), "displayName": name});
    let server = Server::start(move |request| match request.token() {
        None => Reply::page_and(&[policy(2, "before"), policy(1, "one")], &request.link("2")),
        Some(_) => Reply::page(&[policy(2, "after")]),
    })
    .await;
    let policies = look::policies(&graph(&server, patience())).await.unwrap();
    assert_eq!(policies, [policy(1, "one"), policy(2, "after")]);
}

#[tokio::test]
async fn secrets_that_are_not_told_of_are_not_taken_for_none() {
    let http = http();
    for key in [APPLICATION, PRINCIPAL] {
        let given = |passwords: Value| {
            move |_: &Seen| Reply::json(&json!({"id": OBJECT, "passwordCredentials": passwords}))
        };
        assert_eq!(at(&http, Look::Passwords(key), given(json!([]))).await.unwrap(), "Some([])");
        for odd in
            [Value::Null, json!({}), json!([{"keyId": "1"}]), json!([{"keyId": id(1), "endDateTime": "x"}])]
        {
            let end = at(&http, Look::Passwords(key), given(odd.clone())).await;
            assert!(matches!(end, Err(GraphError::Shape { .. })), "{odd}: {end:?}");
        }
        let absent = at(&http, Look::Passwords(key), |_| Reply::json(&json!({"id": OBJECT}))).await;
        assert!(matches!(absent, Err(GraphError::Shape { .. })), "{absent:?}");
    }
}

#[tokio::test]
async fn whether_a_service_principal_may_sign_in_may_be_unknown() {
    let http = http();
    for (member, seen) in [
        (json!({"id": OBJECT, "accountEnabled": true}), "Some(Some(true))"),
        (json!({"id": OBJECT, "accountEnabled": false}), "Some(Some(false))"),
        (json!({"id": OBJECT, "accountEnabled": null}), "Some(None)"),
        (json!({"id": OBJECT}), "Some(None)"),
    ] {
        let body = member.clone();
        assert_eq!(
            at(&http, Look::AccountEnabled, move |_| Reply::json(&body)).await.unwrap(),
            seen,
            "{member}"
        );
    }
    let odd =
        at(&http, Look::AccountEnabled, |_| Reply::json(&json!({"id": OBJECT, "accountEnabled": "yes"})))
            .await;
    assert!(matches!(odd, Err(GraphError::Shape { .. })), "{odd:?}");
}

/// A tenant of objects with these names, whatever is asked for.
async fn named(names: &'static [&'static str], meant: &str) -> (Vec<u128>, String) {
    let server = Server::start(move |request| match request.path.as_str() {
        "/v1.0/applications" => {
            let object =
                |(number, name): (usize, &&str)| json!({"id": id(number as u128), "displayName": name});
            Reply::page(&names.iter().enumerate().map(object).collect::<Vec<_>>())
        }
        _ => Reply::page(&[]),
    })
    .await;
    let found = look::identify(&graph(&server, patience()), meant).await.unwrap();
    let query = server.seen().first().map(|seen| seen.query.clone()).unwrap_or_default();
    (found.iter().map(|found| found.key.id.0.as_u128()).collect(), query)
}

#[tokio::test]
async fn a_name_is_meant_letter_for_letter_and_all_that_have_it_are_told() {
    let names = &["Payroll", "payroll", "Payroll ", "Payroll", "Pay"];
    assert_eq!(named(names, "Payroll").await.0, [0, 3]);
    assert_eq!(named(names, "payroll").await.0, [1]);
    assert_eq!(named(names, "Nobody").await.0, [] as [u128; 0]);
}

#[tokio::test]
async fn no_name_gets_out_of_the_filter() {
    let names = &["O'Brien & Söhne #1 100% a+b?$top=1"];
    let (found, query) = named(names, names[0]).await;
    assert_eq!(found, [0]);
    let encoded = "%27O%27%27Brien %26 S%C3%B6hne %231 100%25 a%2Bb%3F%24top%3D1%27";
    assert_eq!(
        query,
        format!("$filter=displayName eq {encoded}&$select=id,appId,displayName,signInAudience&$top=999")
    );
}

#[tokio::test]
async fn without_a_name_nobody_is_asked_for() {
    for nothing in ["", "  "] {
        let server = Server::start(answer).await;
        assert_eq!(look::identify(&graph(&server, patience()), nothing).await.unwrap(), []);
        assert!(server.seen().is_empty());
    }
}

#[tokio::test]
async fn what_is_found_is_told_apart() {
    let server = Server::start(answer).await;
    let found = look::identify(&graph(&server, patience()), "Payroll").await.unwrap();
    let [application, principal] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((application.key, principal.key), (APPLICATION, PRINCIPAL));
    assert_eq!(application.app_id.map(|id| id.0), Some(id(0xa1)));
    assert_eq!(application.display_name.as_str(), "Payroll");
    assert_eq!(application.sign_in_audience.as_ref().map(|text| text.as_str()), Some("AzureADMyOrg"));
    assert_eq!(principal.sign_in_audience, None);
}
