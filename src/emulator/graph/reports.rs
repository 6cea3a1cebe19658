//! Audit log and sign-in activity.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::Served;
use super::call::Call;
use super::refusal::Refusal;
use super::rows::Comparison::{Equal, From, StartsWith, UpTo};
use super::rows::{self, Offer, Rows};
use crate::emulator::front::Answer;
use crate::emulator::shapes::pacific_stamp;
use crate::emulator::{Cloud, Licence, ReportForm, TenantData};

/// Which report of sign-in activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Credentials,
    ServicePrincipals,
}

/// `$select` is not among the options that the pages name. By what may be sorted they do not say; the times
/// and ids here are inferred.
const CREDENTIALS: Offer = Offer {
    of: "microsoft.graph.appCredentialSignInActivity",
    filter: &[("keyId", &[Equal]), ("appId", &[Equal])],
    order: &["keyId", "appId", "expirationDateTime", "signInActivity/lastSignInDateTime"],
    select: &[],
    expand: &[],
    top: true,
    latest_by: None,
};

const SERVICE_PRINCIPALS: Offer = Offer {
    of: "microsoft.graph.servicePrincipalSignInActivity",
    filter: &[("appId", &[Equal])],
    order: &["appId", "lastSignInActivity/lastSignInDateTime"],
    ..CREDENTIALS
};

/// `category` and `result` are not among the properties said to be filtered by; examples do it all the same.
const AUDITS: Offer = Offer {
    of: "microsoft.graph.directoryAudit",
    filter: &[
        ("activityDateTime", &[Equal, From, UpTo]),
        ("activityDisplayName", &[Equal, StartsWith]),
        ("category", &[Equal]),
        ("correlationId", &[Equal]),
        ("id", &[Equal]),
        ("initiatedBy/app/appId", &[Equal]),
        ("initiatedBy/user/id", &[Equal]),
        ("initiatedBy/user/userPrincipalName", &[Equal, StartsWith]),
        ("loggedByService", &[Equal]),
        ("result", &[Equal]),
    ],
    order: &["activityDateTime"],
    select: &[
        "id",
        "activityDateTime",
        "activityDisplayName",
        "additionalDetails",
        "category",
        "correlationId",
        "initiatedBy",
        "loggedByService",
        "operationType",
        "result",
        "resultReason",
        "targetResources",
    ],
    expand: &[],
    top: true,
    latest_by: Some("activityDateTime"), // inferred; documented for sign-ins
};

/// Whether the tenant's cloud has the report.
pub(super) fn is_served(report: Report, cloud: Cloud) -> Result<(), Refusal> {
    let segment = match report {
        Report::Credentials => "appCredentialSignInActivities",
        Report::ServicePrincipals => "servicePrincipalSignInActivities",
    };
    match cloud {
        Cloud::Global => Ok(()),
        Cloud::UsGovernment | Cloud::China => Err(Refusal::no_segment(segment)), // inferred
    }
}

/// `GET /beta/reports/appCredentialSignInActivities` and `…/servicePrincipalSignInActivities`
pub(super) fn sign_ins(call: &Call<'_>, report: Report) -> Served {
    let tenant = call.tenant();
    if tenant.licence == Licence::Free {
        return Err(Refusal::no_licence());
    }
    let (offer, all, context) = match report {
        Report::Credentials => {
            (&CREDENTIALS, tenant.credential_sign_ins(), "reports/appCredentialSignInActivities")
        }
        Report::ServicePrincipals => (
            &SERVICE_PRINCIPALS,
            tenant.service_principal_sign_ins(),
            "reports/servicePrincipalSignInActivities",
        ),
    };
    let shown = |row: &Value| match tenant.report_form {
        ReportForm::Schema => row.clone(),
        ReportForm::Examples => as_examples(row),
    };
    if let Some(bare) = bare(call, &tenant, offer, all)? {
        return Ok(Answer::json(200, with_type(offer.of, shown(bare))));
    }
    rows::list(call, offer, context, &Rows { tenant: &tenant, all, visible: &|_| true, shown: &shown })
}

/// The row that the examples show without a collection around it.
fn bare<'a>(
    call: &Call<'_>,
    tenant: &TenantData,
    offer: &Offer,
    all: &'a [Value],
) -> Result<Option<&'a Value>, Refusal> {
    let Some(filter) = rows::filter(call, offer)? else { return Ok(None) };
    if tenant.report_form != ReportForm::Examples || !filter.names_one("keyId") {
        return Ok(None);
    }
    let mut found = all.iter().filter(|row| filter.admits(row));
    Ok(found.next().filter(|_| found.next().is_none()))
}

fn with_type(of: &str, row: Value) -> Value {
    let mut typed = Map::from_iter([("@odata.type".to_owned(), Value::from(format!("#{of}")))]);
    if let Value::Object(mut members) = row {
        typed.append(&mut members);
    }
    Value::Object(typed)
}

/// A row in the words of the examples.
fn as_examples(row: &Value) -> Value {
    match row {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("expirationDateTime", value) => ("expirationDate".to_owned(), as_examples(value)),
                ("keyType", Value::String(kind)) if kind == "clientSecret" => {
                    (name.clone(), Value::from("secret"))
                }
                (_, value) => (name.clone(), as_examples(value)),
            })
            .collect(),
        Value::String(text) => match DateTime::parse_from_rfc3339(text) {
            Ok(time) => Value::from(pacific_stamp(time.with_timezone(&Utc))),
            Err(_) => row.clone(),
        },
        _ => row.clone(),
    }
}

/// `GET /auditLogs/directoryAudits`: what is older than the licence keeps is gone.
pub(super) fn audits(call: &Call<'_>) -> Served {
    let tenant = call.tenant();
    if tenant.cloud == Cloud::China {
        return Err(Refusal::no_segment("directoryAudits")); // inferred
    }
    let since = tenant.now() - tenant.licence.audits_kept();
    let kept = |row: &Value| {
        let time = row.get("activityDateTime").and_then(Value::as_str);
        let time = time.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        time.is_none_or(|time| since <= time)
    };
    let rows = Rows { tenant: &tenant, all: tenant.audits(), visible: &kept, shown: &Value::clone };
    let context = super::objects::selected_context("auditLogs/directoryAudits", call);
    rows::list(call, &AUDITS, &context, &rows)
}
