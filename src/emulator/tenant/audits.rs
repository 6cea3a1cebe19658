//! The directory audit log.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fill;
use super::{ObjectKind, TenantData};
use crate::emulator::shapes;

/// The most entries kept, whatever their age. More would let an emulator that is changed for weeks grow
/// without end; fewer would lose what happened within the retention of a tenant with much going on.
const KEPT: usize = 50_000;

impl TenantData {
    /// Adds an entry to the audit log. Left out, it is one of today about an update, successful, of category
    /// `ApplicationManagement` of the service `Core Directory`, made by [`TenantData::editor`].
    pub fn add_audit(&mut self, entry: Value) {
        let mut entry = fill::members(entry);
        self.audits_added += 1;
        let name = format!("{}/audit/{}", self.tenant_id, self.audits_added);
        let correlation = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
        fill::default(&mut entry, "correlationId", || json!(correlation));
        let id = format!("Directory_{correlation}_EMULA_{}", self.audits_added);
        fill::default(&mut entry, "id", || json!(id));
        for (name, value) in [
            ("category", "ApplicationManagement"),
            ("result", "success"),
            ("resultReason", ""),
            ("loggedByService", "Core Directory"),
            ("operationType", "Update"),
        ] {
            fill::default(&mut entry, name, || json!(value));
        }
        fill::default(&mut entry, "activityDateTime", || json!(shapes::precise_stamp(self.now)));
        fill::default(&mut entry, "initiatedBy", || self.editor.clone());
        fill::default(&mut entry, "targetResources", || json!([]));
        fill::default(&mut entry, "additionalDetails", || json!([]));
        if self.audits.len() >= KEPT {
            self.audits.drain(..KEPT / 10);
        }
        self.audits.push(Value::Object(entry));
    }

    /// Adds the entries that Entra writes when somebody adds a credential: the one that names it, with the
    /// other credentials that the object has, and the companion that names nothing. `members` are set on
    /// both: `activityDateTime`, `initiatedBy`, `result`. Does nothing where there is no such object.
    pub fn add_credential_audit(&mut self, kind: ObjectKind, id: &str, key_id: &str, members: &Value) {
        let Some(after) = self.object(kind, id) else { return };
        let mut before = after.clone();
        for collection in ["passwordCredentials", "keyCredentials"] {
            if let Some(Value::Array(credentials)) = before.get_mut(collection) {
                credentials
                    .retain(|credential| !fill::text(credential, "keyId").eq_ignore_ascii_case(key_id));
            }
        }
        self.note_credentials(kind, &before, &after, members);
    }

    /// Changes an object as [`TenantData::edit`] does, with members for its audit entries.
    pub(in crate::emulator) fn edit_by(
        &mut self,
        kind: ObjectKind,
        id: &str,
        audited: &Value,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> bool {
        let collection = self.collection(kind);
        let Some(position) = collection.position(id) else { return false };
        let before = collection.read(position);
        let mut object = before.clone();
        change(&mut object);
        let object = fill::credential_ids(object, id);
        self.note(kind, &before, &object, audited);
        self.collection_mut(kind).replace(position, object);
        true
    }

    /// What is changed while nobody looks on leaves no trace: tenants are filled that way.
    pub(super) fn note(
        &mut self,
        kind: ObjectKind,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        audited: &Value,
    ) {
        if self.is_served() {
            self.note_credentials(kind, before, after, audited);
        }
    }

    /// Writes what changed in the credentials of an object, if anything did.
    fn note_credentials(
        &mut self,
        kind: ObjectKind,
        before: &Map<String, Value>,
        after: &Map<String, Value>,
        members: &Value,
    ) {
        let (old, new) = (descriptions(before), descriptions(after));
        if old == new {
            return;
        }
        let added = new.iter().any(|description| !old.contains(description));
        // The application's has an en dash, and a blank at its end.
        let (activity, companion) = match (kind, added) {
            (ObjectKind::Application, _) => {
                ("Update application \u{2013} Certificates and secrets management ", "Update application")
            }
            (ObjectKind::ServicePrincipal, true) => {
                ("Add service principal credentials", "Update service principal")
            }
            (ObjectKind::ServicePrincipal, false) => {
                ("Remove service principal credentials", "Update service principal")
            }
        };
        let text = |list: &[String]| json!(list).to_string();
        let mut changes = vec![
            json!({ "displayName": "KeyDescription", "oldValue": text(&old), "newValue": text(&new) }),
            json!({ "displayName": "Included Updated Properties", "oldValue": null, "newValue": "\"KeyDescription\"" }),
        ];
        if kind == ObjectKind::ServicePrincipal {
            let app_id = after.get("appId").map(Value::to_string);
            changes.push(json!({ "displayName": "TargetId.ServicePrincipalNames", "oldValue": null, "newValue": app_id }));
        }
        for (activity, changes) in [(activity, changes), (companion, Vec::new())] {
            let target = json!({
                "id": after.get("id"),
                "displayName": after.get("displayName"),
                "type": match kind {
                    ObjectKind::Application => "Application",
                    ObjectKind::ServicePrincipal => "ServicePrincipal",
                },
                "userPrincipalName": null,
                "groupType": null,
                "modifiedProperties": changes,
            });
            let mut entry = fill::members(members.clone());
            entry.insert("activityDisplayName".to_owned(), json!(activity));
            entry.insert("targetResources".to_owned(), json!([target]));
            fill::default(
                &mut entry,
                "additionalDetails",
                || json!([{ "key": "User-Agent", "value": "emulator" }]),
            );
            self.add_audit(Value::Object(entry));
        }
    }

    /// The entries in the order in which they were written.
    pub(in crate::emulator) fn audits(&self) -> &[Value] {
        &self.audits
    }
}

/// `[KeyIdentifier=…,KeyType=Password,KeyUsage=Verify,DisplayName=…]` for each credential of an object.
fn descriptions(object: &Map<String, Value>) -> Vec<String> {
    let of = |collection: &str| object.get(collection).and_then(Value::as_array).into_iter().flatten();
    let text = |credential: &Value, name: &str, usual: &str| {
        credential.get(name).and_then(Value::as_str).unwrap_or(usual).to_owned()
    };
    let describe = |credential: &Value, usual: &str| {
        let name = match credential.get("displayName").and_then(Value::as_str) {
            Some(name) => format!(",DisplayName={name}"),
            None => String::new(),
        };
        let (id, kind) = (text(credential, "keyId", ""), text(credential, "type", usual));
        format!("[KeyIdentifier={id},KeyType={kind},KeyUsage={}{name}]", text(credential, "usage", "Verify"))
    };
    let keys = of("keyCredentials").map(|key| describe(key, "AsymmetricX509Cert"));
    of("passwordCredentials").map(|password| describe(password, "Password")).chain(keys).collect()
}
