//! What happened at Contoso: who signed in with what, and who added which credential.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{Contoso, id};
use crate::emulator::ObjectKind;
use crate::emulator::ObjectKind::{Application, ServicePrincipal};
use crate::emulator::shapes::{by_app, by_user, pacific_stamp, precise_stamp, sign_in};

/// How often a credential is used.
#[derive(Clone, Copy)]
enum Used {
    DaysAgo(i64),
    /// It is not in the report.
    Unseen,
    /// It is, without a time.
    Untimed,
    /// For two APIs; days since the last time for each.
    Twice(i64, i64),
    /// The report has it in the words of the documentation's examples.
    OddlyTold(i64),
}

/// The credentials that are not used every other day.
const USED: [(&str, Used); 10] = [
    ("workshop", Used::Unseen),
    ("Password uploaded on Thu", Used::Unseen),
    ("payroll-prod", Used::DaysAgo(1)),
    ("crm", Used::DaysAgo(212)),
    ("adfs", Used::Unseen),
    ("adfs 2", Used::DaysAgo(401)),
    ("bridge", Used::DaysAgo(295)),
    ("smtp", Used::Untimed),
    ("lake-writer", Used::Twice(1, 38)),
    ("bank", Used::OddlyTold(1)),
];

/// What is young enough for the audit log to know of it, in days.
const LOGGED: i64 = 29;

pub(super) fn add(contoso: &mut Contoso) {
    for kind in [Application, ServicePrincipal] {
        for id in contoso.tenant.ids(kind) {
            let Some(object) = contoso.tenant.object(kind, &id) else { continue };
            let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            // Platform-rotated keys and those that sign SAML tokens are not in the reports.
            let silent = text("servicePrincipalType") == "ManagedIdentity"
                || text("preferredSingleSignOnMode") == "saml";
            if !silent {
                credentials(contoso, kind, &object);
            }
            if kind == ServicePrincipal {
                service_principal(contoso, &text("appId"), &text("displayName"));
            }
        }
    }
    let target = contoso.principal_of("Newsletter");
    contoso.tenant.add_audit(json!({
        "activityDisplayName": "Add owner to service principal",
        "activityDateTime": precise_stamp(contoso.days(-1)),
        "operationType": "Assign",
        "initiatedBy": by_user("Megan Bowen"),
        "targetResources": [{ "id": target, "displayName": "Newsletter", "type": "ServicePrincipal", "modifiedProperties": [] }],
    }));
}

fn credentials(contoso: &mut Contoso, kind: ObjectKind, object: &Map<String, Value>) {
    let of = |collection: &str| object.get(collection).and_then(Value::as_array).into_iter().flatten();
    for credential in of("passwordCredentials").chain(of("keyCredentials")) {
        let text = |name: &str| credential.get(name).and_then(Value::as_str).unwrap_or_default();
        let (key, name) = (text("keyId"), text("displayName"));
        let start = DateTime::parse_from_rfc3339(text("startDateTime"));
        let start = start.map_or(contoso.now, |start| start.to_utc());
        used(contoso, key, name, start);
        if contoso.days(-LOGGED) < start {
            logged(contoso, kind, object, key, start);
        }
    }
}

fn used(contoso: &mut Contoso, key: &str, name: &str, start: DateTime<Utc>) {
    let known = USED.iter().find(|(known, _)| *known == name).map(|(_, used)| *used);
    let usual = 1 + i64::try_from(name.len() % 4).unwrap_or_default();
    let graph = id("servicePrincipal", "Microsoft Graph");
    let at = |days: i64| {
        let usual = contoso.days(-days) - TimeDelta::hours(3);
        if usual < start { contoso.now - TimeDelta::hours(2) } else { usual }
    };
    let row = |at: DateTime<Utc>| json!({ "keyId": key, "resourceId": graph, "signInActivity": sign_in(at) });
    let rows = match known.unwrap_or(Used::DaysAgo(usual)) {
        Used::Unseen => Vec::new(),
        Used::Untimed => vec![json!({ "keyId": key, "resourceId": graph })],
        Used::DaysAgo(days) => vec![row(at(days))],
        Used::Twice(days, others) => {
            let exchange = id("servicePrincipal", "Office 365 Exchange Online");
            let other =
                json!({ "keyId": key, "resourceId": exchange, "signInActivity": sign_in(at(others)) });
            vec![other, row(at(days))]
        }
        Used::OddlyTold(days) => vec![json!({
            "keyId": key,
            "keyType": "secret",
            "resourceId": graph,
            "expirationDate": pacific_stamp(contoso.days(500)),
            "signInActivity": { "lastSignInDateTime": pacific_stamp(at(days)), "lastSignInRequestId": null },
        })],
    };
    for row in rows {
        contoso.tenant.add_credential_sign_in(row);
    }
}

fn service_principal(contoso: &mut Contoso, app_id: &str, name: &str) {
    let days = match name {
        "test-app-adele" | "Woodgrove Chat" | "Pilot Analytics" => return,
        "CRM Sync" => 212,
        "Directory Sync (old)" => 401,
        "Training Catalogue" => 530,
        _ => 1 + i64::try_from(name.len() % 3).unwrap_or_default(),
    };
    let at = sign_in(contoso.days(-days) - TimeDelta::hours(3));
    contoso.tenant.add_service_principal_sign_in(json!({
        "appId": app_id,
        "lastSignInActivity": at,
        "applicationAuthenticationClientSignInActivity": at,
    }));
}

/// Added by its first owner, and where that is an application, by it.
fn logged(
    contoso: &mut Contoso,
    kind: ObjectKind,
    object: &Map<String, Value>,
    key: &str,
    at: DateTime<Utc>,
) {
    let owner = object.get("owners").and_then(Value::as_array).and_then(|owners| owners.first());
    let of_owner = |name: &str| owner.and_then(|owner| owner.get(name)?.as_str()).unwrap_or_default();
    let by = match of_owner("appId") {
        "" => by_user(of_owner("displayName")),
        app_id => by_app(app_id, of_owner("id"), of_owner("displayName")),
    };
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    let members = json!({ "initiatedBy": by, "activityDateTime": precise_stamp(at) });
    contoso.tenant.add_credential_audit(kind, id, key, &members);
}
