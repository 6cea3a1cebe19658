//! Who signed in when, as the reports tell it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::fill;
use super::{ObjectKind, Slot, TenantData};
use crate::emulator::shapes;

/// The activities of a row about a service principal.
const ACTIVITIES: [&str; 5] = [
    "lastSignInActivity",
    "delegatedClientSignInActivity",
    "delegatedResourceSignInActivity",
    "applicationAuthenticationClientSignInActivity",
    "applicationAuthenticationResourceSignInActivity",
];

impl TenantData {
    /// Adds a row to the report of credentials. `keyId` names the credential; what is left out follows from
    /// the credential of the tenant with this key, and without `signInActivity` no sign-in is recorded. A
    /// key may have several rows, one for each `resourceId`. See
    /// [`shapes::sign_in`].
    pub fn add_credential_sign_in(&mut self, row: Value) {
        let mut row = fill::members(row);
        let key_id = row.get("keyId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(known) = self.credential(&key_id) {
            for (name, value) in known {
                fill::default(&mut row, &name, || value);
            }
        }
        fill::default(&mut row, "credentialOrigin", || json!("application"));
        let origin = row.get("credentialOrigin").and_then(Value::as_str).unwrap_or_default();
        let mut id = format!("{key_id}|{origin}");
        if self.credential_sign_ins.iter().any(|row| fill::text(row, "keyId") == key_id) {
            // Several rows of one key have to have several ids (inferred).
            let resource = row.get("resourceId").and_then(Value::as_str).unwrap_or_default();
            id = format!("{id}|{resource}");
        }
        fill::default(&mut row, "id", || json!(STANDARD.encode(id)));
        for name in [
            "keyType",
            "keyUsage",
            "appId",
            "appObjectId",
            "servicePrincipalObjectId",
            "resourceId",
            "createdDateTime",
            "expirationDateTime",
        ] {
            fill::default(&mut row, name, || Value::Null);
        }
        fill::default(&mut row, "signInActivity", shapes::no_sign_in);
        self.credential_sign_ins.push(Value::Object(row));
    }

    /// Adds a row to the report of service principals. `appId` names the application; activities that are
    /// left out are without a time.
    pub fn add_service_principal_sign_in(&mut self, row: Value) {
        let mut row = fill::members(row);
        let app_id = row.get("appId").and_then(Value::as_str).unwrap_or_default().to_owned();
        fill::default(&mut row, "id", || json!(STANDARD.encode(&app_id)));
        for name in ACTIVITIES {
            fill::default(&mut row, name, shapes::no_sign_in);
        }
        self.service_principal_sign_ins.push(Value::Object(row));
    }

    pub(in crate::emulator) fn credential_sign_ins(&self) -> &[Value] {
        &self.credential_sign_ins
    }

    pub(in crate::emulator) fn service_principal_sign_ins(&self) -> &[Value] {
        &self.service_principal_sign_ins
    }

    /// What a row says of a credential of this tenant.
    fn credential(&self, key_id: &str) -> Option<Map<String, Value>> {
        let kinds = [
            (ObjectKind::Application, ObjectKind::ServicePrincipal, "servicePrincipalObjectId"),
            (ObjectKind::ServicePrincipal, ObjectKind::Application, "appObjectId"),
        ];
        kinds.into_iter().find_map(|(kind, other, counterpart)| {
            let records = self.collection(kind).slots_from(0).iter().filter_map(Slot::live);
            let mut rows = records.filter(|record| record.mentions(key_id));
            let mut row = rows.find_map(|record| row_of(kind, &record.object(), key_id))?;
            let app_id = row.get("appId").and_then(Value::as_str).unwrap_or_default();
            let others = self.collection(other);
            let position = others.position_by_app_id(app_id);
            row.insert(counterpart.to_owned(), json!(position.map(|position| others.id(position))));
            Some(row)
        })
    }
}

fn row_of(kind: ObjectKind, object: &Map<String, Value>, key_id: &str) -> Option<Map<String, Value>> {
    let entry = |collection: &str| {
        let credentials = object.get(collection).and_then(Value::as_array);
        let mut credentials = credentials.into_iter().flatten();
        credentials.find(|credential| fill::text(credential, "keyId").eq_ignore_ascii_case(key_id))
    };
    let password = entry("passwordCredentials");
    let credential = password.or_else(|| entry("keyCredentials"))?;
    let (origin, object_id) = match kind {
        ObjectKind::Application => ("application", "appObjectId"),
        ObjectKind::ServicePrincipal => ("servicePrincipal", "servicePrincipalObjectId"),
    };
    let usage = fill::text(credential, "usage").to_lowercase();
    let row = json!({
        "appId": object.get("appId"),
        object_id: object.get("id"),
        "credentialOrigin": origin,
        "keyType": if password.is_some() { "clientSecret" } else { "certificate" },
        "keyUsage": if usage == "sign" { "sign" } else { "verify" },
        "createdDateTime": credential.get("startDateTime"),
        "expirationDateTime": credential.get("endDateTime"),
    });
    Some(fill::members(row))
}
