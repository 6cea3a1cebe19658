//! The tenant's app management policies, and what they are assigned to.

use serde_json::{Value, json};
use uuid::Uuid;

use super::fill;
use super::{ObjectKind, TenantData};

impl TenantData {
    /// The tenant default policy.
    #[must_use]
    pub fn default_policy(&self) -> &Value {
        &self.default_policy
    }

    /// Configures the tenant default policy: the members given replace those there.
    pub fn set_default_policy(&mut self, members: Value) {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/default", self.tenant_id).as_bytes());
        fill::put(&mut self.default_policy, "id", json!(id.to_string()));
        if let Value::Object(members) = members {
            for (name, value) in members {
                fill::put(&mut self.default_policy, &name, value);
            }
        }
    }

    /// The custom policies, in the order in which they are listed.
    #[must_use]
    pub fn policies(&self) -> &[Value] {
        &self.policies
    }

    /// Adds a custom policy and gives its id. Left out, it is enabled.
    pub fn add_policy(&mut self, policy: Value) -> String {
        let policy = fill::policy(policy, self.policies.len());
        let id = fill::text(&policy, "id").to_owned();
        self.policies.push(policy);
        id
    }

    /// A custom policy, to be changed.
    pub fn policy_mut(&mut self, id: &str) -> Option<&mut Value> {
        self.policies.iter_mut().find(|policy| fill::text(policy, "id").eq_ignore_ascii_case(id))
    }

    /// Takes a custom policy away, and every assignment of it.
    pub fn remove_policy(&mut self, id: &str) {
        self.policies.retain(|policy| !fill::text(policy, "id").eq_ignore_ascii_case(id));
        for (kind, object) in self.applies_to.get(id).cloned().unwrap_or_default() {
            self.unassign(id, kind, &object);
        }
    }

    /// Assigns a policy. Nothing is refused here: an object can get two, which Graph's own interface
    /// would not do.
    pub fn assign(&mut self, policy: &str, kind: ObjectKind, object: &str) {
        self.assigned.entry((kind, object.to_owned())).or_default().push(policy.to_owned());
        self.applies_to.entry(policy.to_owned()).or_default().push((kind, object.to_owned()));
    }

    /// Takes an assignment away; `false` when there is none.
    pub fn unassign(&mut self, policy: &str, kind: ObjectKind, object: &str) -> bool {
        let of_policy = self.applies_to.entry(policy.to_owned()).or_default();
        let before = of_policy.len();
        of_policy.retain(|(other, id)| *other != kind || id != object);
        let found = of_policy.len() < before;
        let of_object = self.assigned.entry((kind, object.to_owned())).or_default();
        of_object.retain(|assigned| assigned != policy);
        found
    }

    /// The policies assigned to an object; more than one only where a test wanted it so.
    #[must_use]
    pub fn assigned_to(&self, kind: ObjectKind, object: &str) -> &[String] {
        self.assigned.get(&(kind, object.to_owned())).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a policy is assigned to.
    #[must_use]
    pub fn applies_to(&self, policy: &str) -> &[(ObjectKind, String)] {
        self.applies_to.get(policy).map(Vec::as_slice).unwrap_or_default()
    }
}
