//! The requests that change something, each with a change that is carried out by it.

use keysweep::domain::{KeyId, ObjectId, ObjectKind, PolicyId, Text};
use keysweep::emulator::{Fault, Side};
use keysweep::remediation::{Change, PolicyRef, Target, custom_policy, tenant_default};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rig::{APP_ID, BOUND_APPLICATION, BOUND_PRINCIPAL, IDLE, KEY, PAYROLL, PORTAL, Rig, STRICT, days};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Route {
    PatchDefault,
    CreatePolicy,
    DeletePolicy,
    Assign(ObjectKind),
    Unassign(ObjectKind),
    RemovePassword(ObjectKind),
    SwitchPrincipal,
}

use ObjectKind::{Application, ServicePrincipal};

impl Route {
    pub(crate) const ALL: [Self; 10] = [
        Self::PatchDefault,
        Self::CreatePolicy,
        Self::DeletePolicy,
        Self::Assign(Application),
        Self::Assign(ServicePrincipal),
        Self::Unassign(Application),
        Self::Unassign(ServicePrincipal),
        Self::RemovePassword(Application),
        Self::RemovePassword(ServicePrincipal),
        Self::SwitchPrincipal,
    ];

    pub(crate) fn change(self, rig: &Rig) -> Change {
        match self {
            Self::PatchDefault => block(rig),
            Self::CreatePolicy => create(),
            Self::DeletePolicy => delete(rig, IDLE),
            Self::Assign(kind) => assign(kind, STRICT),
            Self::Unassign(kind) => unassign(kind),
            Self::RemovePassword(kind) => remove(kind),
            Self::SwitchPrincipal => switch(Some(true), Some(false)),
        }
    }

    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::PatchDefault | Self::SwitchPrincipal => "PATCH",
            Self::CreatePolicy | Self::Assign(_) | Self::RemovePassword(_) => "POST",
            Self::DeletePolicy | Self::Unassign(_) => "DELETE",
        }
    }

    pub(crate) fn path(self) -> String {
        let path = match self {
            Self::PatchDefault => "policies/defaultAppManagementPolicy".to_owned(),
            Self::CreatePolicy => "policies/appManagementPolicies".to_owned(),
            Self::DeletePolicy => format!("policies/appManagementPolicies/{IDLE}"),
            Self::Assign(kind) => format!("{}/appManagementPolicies/$ref", object(kind)),
            Self::Unassign(kind) => format!("{}/appManagementPolicies/{STRICT}/$ref", bound(kind)),
            Self::RemovePassword(kind) => format!("{}/removePassword", object(kind)),
            Self::SwitchPrincipal => object(ServicePrincipal),
        };
        format!("/v1.0/{path}")
    }

    /// A fault of its writes.
    pub(crate) fn fault(self) -> Fault {
        Fault::on(Side::Graph, self.method(), &self.path())
    }

    /// The object that it changes; none where it changes a policy.
    pub(crate) fn object(self) -> Option<(keysweep::emulator::ObjectKind, &'static str)> {
        let emulated = |kind| match kind {
            Application => keysweep::emulator::ObjectKind::Application,
            ServicePrincipal => keysweep::emulator::ObjectKind::ServicePrincipal,
        };
        match self {
            Self::PatchDefault | Self::CreatePolicy | Self::DeletePolicy => None,
            Self::Assign(kind) | Self::RemovePassword(kind) => Some((emulated(kind), id(kind))),
            Self::Unassign(kind) => Some((emulated(kind), bound_id(kind))),
            Self::SwitchPrincipal => Some((emulated(ServicePrincipal), PORTAL)),
        }
    }
}

fn id(kind: ObjectKind) -> &'static str {
    match kind {
        Application => PAYROLL,
        ServicePrincipal => PORTAL,
    }
}

fn bound_id(kind: ObjectKind) -> &'static str {
    match kind {
        Application => BOUND_APPLICATION,
        ServicePrincipal => BOUND_PRINCIPAL,
    }
}

fn segment(kind: ObjectKind) -> &'static str {
    match kind {
        Application => "applications",
        ServicePrincipal => "servicePrincipals",
    }
}

fn object(kind: ObjectKind) -> String {
    format!("{}/{}", segment(kind), id(kind))
}

fn bound(kind: ObjectKind) -> String {
    format!("{}/{}", segment(kind), bound_id(kind))
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

pub(crate) fn policy_id(text: &str) -> PolicyId {
    PolicyId(uuid(text))
}

fn target(kind: ObjectKind, id: &str, name: &str) -> Target {
    let app_id = (id == PAYROLL).then(|| keysweep::domain::AppId(uuid(APP_ID)));
    Target {
        object_type: kind,
        object_id: ObjectId(uuid(id)),
        app_id,
        display_name: Text::new(name),
        personal_accounts: false,
    }
}

pub(crate) fn whom(kind: ObjectKind) -> Target {
    target(kind, id(kind), if kind == Application { "Payroll" } else { "Portal" })
}

/// Blocks secrets in the tenant default as it is now.
pub(crate) fn block(rig: &Rig) -> Change {
    let policy = rig.emulator.edit(|tenant| tenant.default_policy().clone());
    Change::SetTenantDefault {
        before: tenant_default::settings(&policy),
        after: tenant_default::block(&policy),
    }
}

pub(crate) fn body() -> Value {
    json!({
        "displayName": "Keysweep: no client secrets",
        "description": "Blocks new client secrets and symmetric keys.",
        "isEnabled": true,
        "restrictions": {
            "passwordCredentials": [
                { "restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": null,
                  "restrictForAppsCreatedAfterDateTime": null },
            ],
            "keyCredentials": [],
        },
    })
}

pub(crate) fn create() -> Change {
    Change::CreatePolicy { body: body() }
}

/// Deletes a policy as it is now.
pub(crate) fn delete(rig: &Rig, id: &str) -> Change {
    let policy = rig.emulator.edit(|tenant| tenant.policy_mut(id).unwrap().clone());
    Change::DeletePolicy {
        policy: policy_id(id),
        display_name: custom_policy::name(&policy),
        before: custom_policy::settings(&policy),
    }
}

pub(crate) fn assign(kind: ObjectKind, policy: &str) -> Change {
    let policy = PolicyRef::Existing { policy: policy_id(policy), display_name: Text::new("Strict") };
    Change::AssignPolicy { object: whom(kind), policy }
}

pub(crate) fn assign_created_by(kind: ObjectKind, step: u32) -> Change {
    let policy = PolicyRef::CreatedBy { step, display_name: Text::new("Keysweep: no client secrets") };
    Change::AssignPolicy { object: whom(kind), policy }
}

pub(crate) fn unassign(kind: ObjectKind) -> Change {
    Change::UnassignPolicy {
        object: target(kind, bound_id(kind), "Bound"),
        policy: policy_id(STRICT),
        display_name: Text::new("Strict"),
    }
}

pub(crate) fn remove(kind: ObjectKind) -> Change {
    Change::RemovePassword {
        object: whom(kind),
        key_id: KeyId(uuid(KEY)),
        name: Some(Text::new("ci")),
        start: Some(days(-10)),
        end: Some(days(10)),
    }
}

pub(crate) fn switch(before: Option<bool>, after: Option<bool>) -> Change {
    Change::SetAccountEnabled { object: whom(ServicePrincipal), before, after }
}
