//! Switching applications and service principals off and on.

use serde_json::{Value, json};

use super::fill;
use super::{ObjectKind, TenantData};

impl TenantData {
    /// Sets `isDisabled` of an application or `accountEnabled` of a service principal, with members for the
    /// audit entry. The service principal of an application shows the application's `isDisabled` too.
    pub(in crate::emulator) fn switch_by(
        &mut self,
        kind: ObjectKind,
        id: &str,
        switch: &str,
        setting: bool,
        audited: &Value,
    ) {
        let Some(before) = self.object(kind, id) else { return };
        let old = before.get(switch).cloned().unwrap_or_default();
        if old == json!(setting) {
            return;
        }
        let set = |tenant: &mut Self, kind, id: &str| {
            tenant.edit_by(kind, id, audited, |object| {
                object.insert(switch.to_owned(), json!(setting));
            });
        };
        set(self, kind, id);
        if kind == ObjectKind::Application {
            let app_id = before.get("appId").and_then(Value::as_str).unwrap_or_default();
            let principal = self.service_principals.position_by_app_id(app_id);
            let principal = principal.map(|position| self.service_principals.id(position).to_owned());
            if let Some(principal) = principal {
                set(self, ObjectKind::ServicePrincipal, &principal);
            }
        }
        // `isDisabled` is documented; the other name, and the brackets around values, are inferred.
        let (activity, of, name) = match kind {
            ObjectKind::Application => ("Update application", "Application", "isDisabled"),
            ObjectKind::ServicePrincipal => {
                ("Update service principal", "ServicePrincipal", "AccountEnabled")
            }
        };
        let text = |value: &Value| if value.is_null() { "[]".to_owned() } else { format!("[{value}]") };
        let mut entry = fill::members(audited.clone());
        entry.insert("activityDisplayName".to_owned(), json!(activity));
        entry.insert(
            "targetResources".to_owned(),
            json!([{
                "id": id,
                "displayName": before.get("displayName"),
                "type": of,
                "modifiedProperties": [{
                    "displayName": name,
                    "oldValue": text(&old),
                    "newValue": text(&json!(setting)),
                }],
            }]),
        );
        self.add_audit(Value::Object(entry));
    }
}
