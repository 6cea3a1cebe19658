//! What a plan is asked for, and from what it is made.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::compliance::Settings;
use crate::domain::{AppId, Inventory, KeyId, ObjectKey, RuleId, RuleSet, RunMark, Whom};
use crate::remediation::{Action, Cause, Orders};

/// What a plan rests on.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The tenant, by its name in the configuration.
    pub tenant: &'a str,
    /// The run.
    pub run: &'a RunMark,
    /// What it read.
    pub inventory: &'a Inventory,
    /// How is judged now: what has been accepted since that run is left alone, too.
    pub settings: &'a Settings,
    /// The tenant default as Graph has it, where [`Looks`] asks for it.
    pub tenant_default: Option<&'a Value>,
    /// The custom policies as Graph has them, where [`Looks`] asks for them.
    pub policies: Option<&'a [Value]>,
    /// What Keysweep signs in as, reading and writing: neither loses secrets nor is it switched off.
    pub own: &'a [AppId],
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What the configuration allows.
    pub orders: &'a Orders,
    /// What of that is wanted.
    pub selection: &'a Selection,
    /// Whether nobody looks at the plan before it is applied.
    pub unattended: bool,
    /// The moment everything is judged by.
    pub now: DateTime<Utc>,
}

/// What of the allowed is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// These actions; none wants all that are allowed.
    pub actions: Option<BTreeSet<Action>>,
    /// These objects; none wants all. The tenant default is named by the tenant id.
    pub objects: Option<Vec<Whom>>,
}

/// A finding of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is about.
    pub about: About,
    /// What stands in the plan of it.
    pub cause: Cause,
    /// Whether somebody had accepted it.
    pub excepted: bool,
    /// Whether it had been fixed in between: it is as fresh as the run.
    pub reopened: bool,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// The tenant as a whole.
    Tenant,
    /// An object, or one of its credentials, by `keyId`; none where that has none.
    Object(ObjectKey, Option<KeyId>),
}

/// What has to be looked up for a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looks {
    /// The tenant default.
    pub tenant_default: bool,
    /// The custom policies.
    pub policies: bool,
}

impl Ask<'_> {
    /// The actions that are both allowed and wanted.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        let wanted =
            |action: &Action| self.selection.actions.as_ref().is_none_or(|actions| actions.contains(action));
        self.orders.actions.iter().copied().filter(wanted)
    }

    /// Whether an action is both allowed and wanted.
    #[must_use]
    pub fn has(&self, action: Action) -> bool {
        self.actions().any(|other| other == action)
    }

    /// Whether an action is allowed and wanted by its name.
    pub(super) fn names(&self, action: Action) -> bool {
        self.has(action) && self.selection.actions.is_some()
    }

    /// The rules whose findings a plan answers.
    #[must_use]
    pub fn rules(&self) -> RuleSet {
        self.actions().flat_map(|action| answered(action, self.orders)).collect()
    }

    /// What has to be looked up, where these rules are broken.
    #[must_use]
    pub fn looks(&self, broken: RuleSet) -> Looks {
        let any = |action| answered(action, self.orders).into_iter().any(|rule| broken.contains(rule));
        let assigns = self.has(Action::AssignPolicy) && any(Action::AssignPolicy);
        Looks {
            tenant_default: self.has(Action::BlockTenantDefault) && any(Action::BlockTenantDefault),
            policies: assigns || self.names(Action::CreatePolicy),
        }
    }

    /// Whether a finding is too recent for the daemon to act on its own.
    pub(super) fn is_fresh(&self, found: &Found) -> bool {
        let long_ago = |first: DateTime<Utc>| self.orders.grace <= self.now - first;
        self.orders.grace > TimeDelta::zero()
            && (found.reopened || !found.cause.first_seen.is_some_and(long_ago))
    }
}

/// The rules whose findings an action answers.
pub(super) fn answered(action: Action, orders: &Orders) -> Vec<RuleId> {
    match action {
        Action::BlockTenantDefault => vec![RuleId::TenantDefaultOff, RuleId::TenantDefaultAllowsSecrets],
        // It serves what it is assigned to.
        Action::CreatePolicy => Vec::new(),
        Action::AssignPolicy => vec![RuleId::NoRestrictivePolicy],
        Action::RemoveExpiredSecrets => vec![RuleId::ClientSecretExpired],
        Action::RemoveUnusedSecrets => vec![RuleId::ClientSecretUnused],
        Action::RemoveClientSecrets => {
            vec![RuleId::ClientSecret, RuleId::ServicePrincipalSecret, RuleId::ForeignSecret]
        }
        Action::DisableServicePrincipal => orders.disabling.0.iter().copied().collect(),
    }
}
