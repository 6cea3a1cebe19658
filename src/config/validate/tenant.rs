//! `[[tenant]]`.

use lettre::message::Mailbox;
use reqwest::Url;

use super::credential::{self, Role};
use super::schedule::{self, Timing};
use super::values::{self, Schemes};
use super::{Desk, Writing, files, remediation};
use crate::config::raw::{RawCredentialType, RawTenant};
use crate::config::{Cloud, Tenant, TenantSize};
use crate::domain::{AppId, TenantId};

/// Checks one tenant. `recipients` are those of `[mail]`: none where they are not known, because `[mail]`
/// has problems of its own.
pub(super) fn tenant(
    raw: RawTenant,
    path: &str,
    timing: Option<&Timing>,
    recipients: Recipients<'_>,
    writing: &Writing,
    desk: &mut Desk<'_>,
) -> Option<Tenant> {
    let at = |key: &str| format!("{path}.{key}");
    let kind = raw.credential.as_ref().and_then(|credential| credential.kind);
    let name = name(raw.name, &at("name"), desk);
    let tenant_id = match raw.tenant_id {
        Some(text) => values::guid(&text, &at("tenant_id"), desk),
        None => {
            desk.missing(
                &at("tenant_id"),
                "Copy the tenant id from the overview page of the Entra admin center",
            );
            None
        }
    };
    let client_id = client_id(raw.client_id.as_deref(), kind, &at("client_id"), Role::Auditing, desk);
    let cloud = raw.cloud.unwrap_or(Cloud::Public);
    let (graph_url, authority_url) = roots(raw.graph_url, raw.authority_url, cloud, path, desk);
    let ca_file = optional(raw.ca_file, |text| files::ca_file(text, &at("ca_file"), desk));
    let credential = credential::credential(raw.credential, &at("credential"), Role::Auditing, desk);
    let writer = match raw.remediation_credential {
        Some(raw) => remediation::writer(raw, &at("remediation_credential"), writing.usage, desk),
        None => writing.writer.clone(),
    };
    let own = optional(raw.schedule, |text| schedule::cron(text, &at("schedule"), desk));
    let mail_to = mail_to(raw.mail_to, recipients, &at("mail_to"), desk);
    Some(Tenant {
        name: name?,
        tenant_id: TenantId(tenant_id?),
        client_id: client_id?,
        cloud,
        size: raw.size.unwrap_or(TenantSize::Small),
        graph_url: graph_url?,
        authority_url: authority_url?,
        ca_file: ca_file?,
        credential: credential?,
        writer: writer?,
        schedule: timing?.schedule(own?),
        mail_to: mail_to?,
    })
}

/// Who receives the mail of tenants that do not say so themselves.
#[derive(Clone, Copy)]
pub(super) enum Recipients<'m> {
    /// There is no `[mail]`.
    NoMail,
    /// `[mail]` has problems.
    Unknown,
    /// `[mail] to`.
    Of(&'m [Mailbox]),
}

/// None where a value was given and refused.
fn optional<T>(text: Option<String>, check: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text {
        Some(text) => check(&text).map(Some),
        None => Some(None),
    }
}

/// Reports go to a folder of this name: no separators, and nothing that hides it or climbs out.
fn name(text: Option<String>, key: &str, desk: &mut Desk<'_>) -> Option<String> {
    let Some(text) = text else {
        desk.missing(key, "Give a short name; the tenant's reports go to a folder called so");
        return None;
    };
    if values::is_plain_name(&text) {
        return Some(text);
    }
    let remedy = "Use up to 64 letters A-Z, digits, `.`, `_` and `-`, with a letter or digit first";
    desk.problem(key, "cannot be the name of a folder everywhere", remedy);
    None
}

pub(super) fn client_id(
    text: Option<&str>,
    kind: Option<RawCredentialType>,
    key: &str,
    role: Role,
    desk: &mut Desk<'_>,
) -> Option<Option<AppId>> {
    use RawCredentialType::{AzureCli, Certificate, ClientSecret, WorkloadIdentity};

    let id = match text {
        Some(text) => Some(AppId(values::guid(text, key, desk)?)),
        None => None,
    };
    match (kind, id) {
        (Some(Certificate | WorkloadIdentity | ClientSecret), None) => {
            let whose = match role {
                Role::Auditing => "Keysweep's app registration",
                Role::Writing => "the app registration that may write",
            };
            desk.missing(key, format!("Copy the application (client) id of {whose}"));
            None
        }
        (Some(AzureCli), Some(_)) => {
            desk.warn(key, "is not used with `azure-cli`", "Remove it, or choose another type of credential");
            Some(None)
        }
        (Some(_) | None, id) => Some(id),
    }
}

/// The roots of Graph and of the authority: the tenant's own, else the cloud's.
fn roots(
    graph_url: Option<String>,
    authority_url: Option<String>,
    cloud: Cloud,
    path: &str,
    desk: &mut Desk<'_>,
) -> (Option<Url>, Option<Url>) {
    let graph = graph_url.as_deref().unwrap_or(cloud.graph_root());
    let authority = authority_url.as_deref().unwrap_or(cloud.authority());
    let graph = values::root(graph, Schemes::HttpsOrLoopbackHttp, &format!("{path}.graph_url"), desk);
    let authority = values::root(authority, Schemes::Https, &format!("{path}.authority_url"), desk);
    (graph, authority)
}

fn mail_to(
    own: Option<Vec<String>>,
    recipients: Recipients<'_>,
    key: &str,
    desk: &mut Desk<'_>,
) -> Option<Vec<Mailbox>> {
    let own = match own {
        Some(texts) => Some(values::mailboxes(&texts, key, desk)?),
        None => None,
    };
    match (own, recipients) {
        (Some(_), Recipients::NoMail) => {
            desk.problem(key, "has no effect without `[mail]`", "Add `[mail]`, or remove it");
            None
        }
        (Some(own), Recipients::Unknown | Recipients::Of(_)) if !own.is_empty() => Some(own),
        (None, Recipients::Of(all)) if !all.is_empty() => Some(all.to_vec()),
        (None, Recipients::NoMail) => Some(Vec::new()),
        (None, Recipients::Unknown) => None,
        (None | Some(_), Recipients::Of(_) | Recipients::Unknown) => {
            if !desk.was_refused(key) && !desk.was_refused("mail.to") {
                let remedy = "Add recipients here, or to `mail.to` for every tenant";
                desk.problem(key, "names nobody to receive the mail", remedy);
            }
            None
        }
    }
}
