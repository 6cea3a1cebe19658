//! The tenant default that blocks secrets.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::choice::Draft;
use super::guard::Sifted;
use super::{Found, PlanError, Planner};
use crate::compliance::{Effective, Outcome, Policies, RestrictionType};
use crate::domain::{CredentialKind, DecidedBy, Inventory, Object, ObjectKind, RestrictionKind};
use crate::remediation::{Action, Change, Consequence, WhyLeftOut, tenant_default};

impl Planner<'_> {
    /// Blocks new secrets in both halves of the tenant default, where the run found them open.
    pub(super) fn block_tenant_default(&mut self, findings: &[Found]) -> Result<(), PlanError> {
        const ACTION: Action = Action::BlockTenantDefault;
        let found = self.answered(ACTION, findings);
        let inventory = self.basis.inventory;
        if found.is_empty() || !self.guard.wants_id(inventory.tenant.0) {
            return Ok(());
        }
        let sifted = self.guard.sift_tenant(inventory, self.basis.tenant_default, &found);
        let (because, fresh) = match sifted {
            Sifted::In { causes, fresh } => (causes, fresh),
            Sifted::Out(why) => {
                self.choice.leave_out(ACTION, None, None, why);
                return Ok(());
            }
        };
        let raw = self.basis.tenant_default.ok_or(PlanError::NotLookedUp)?;
        let (before, after) = (tenant_default::settings(raw), tenant_default::block(raw));
        if before == after {
            return Ok(()); // somebody was faster
        }
        if !tenant_default::is_told_whole(&before) {
            self.choice.leave_out(ACTION, None, None, WhyLeftOut::PolicyNotTold);
            return Ok(());
        }
        let mut consequences = blocking(self.basis.inventory, self.ask.now);
        let restrictions = tenant_default::others_in_force(&before);
        if !tenant_default::is_enabled(&before) && !restrictions.is_empty() {
            consequences.push(Consequence::AlsoInForce { restrictions });
        }
        if tenant_default::actors_differ(&after) {
            consequences.push(Consequence::ActorsDiffer);
        }
        let change = Change::SetTenantDefault { before, after };
        self.choice.add(Draft { action: ACTION, change, because, fresh, consequences, takes: None });
        Ok(())
    }
}

/// Whom a tenant default that blocks new client secrets and symmetric keys would reach, and whom it would not.
#[must_use]
pub fn blocking(inventory: &Inventory, now: DateTime<Utc>) -> Vec<Consequence> {
    let policies = Policies::of(inventory);
    let mut bound: BTreeMap<ObjectKind, u32> = BTreeMap::new();
    let mut missed: BTreeMap<ObjectKind, u32> = BTreeMap::new();
    let mut first_end: Option<DateTime<Utc>> = None;
    for object in inventory.objects.iter().filter(|object| !object.is_managed_identity()) {
        let of = |kind: &RestrictionKind| policies.effective(&object, RestrictionType::of(kind));
        let addition = of(&RestrictionKind::PasswordAddition);
        if decides_itself(&addition) {
            *missed.entry(object.kind()).or_default() += 1;
        }
        let keys = of(&RestrictionKind::SymmetricKeyAddition);
        let ends = held(&object, now, |kind| match kind {
            CredentialKind::ClientSecret => is_newly_bound(&addition),
            CredentialKind::SymmetricKey => is_newly_bound(&keys),
            CredentialKind::SamlSigningPassword | CredentialKind::Certificate | CredentialKind::Federated => {
                false
            }
        });
        if !ends.is_empty() {
            *bound.entry(object.kind()).or_default() += 1;
            first_end = first_end.into_iter().chain(ends.into_iter().flatten()).min();
        }
    }
    let count = |counted: &BTreeMap<ObjectKind, u32>, kind| counted.get(&kind).copied().unwrap_or(0);
    let both =
        |counted| (count(counted, ObjectKind::Application), count(counted, ObjectKind::ServicePrincipal));
    let mut consequences = Vec::new();
    if let (applications, service_principals) = both(&bound)
        && !bound.is_empty()
    {
        consequences.push(Consequence::CannotRenew { applications, service_principals, first_end });
    }
    if let (applications, service_principals) = both(&missed)
        && !missed.is_empty()
    {
        consequences.push(Consequence::NotReached { applications, service_principals });
    }
    consequences
}

/// Whom a tenant default lets be given secrets and symmetric keys again that kept them out.
#[must_use]
pub fn opening(inventory: &Inventory) -> Consequence {
    let policies = Policies::of(inventory);
    let (mut applications, mut service_principals) = (0, 0);
    for object in inventory.objects.iter().filter(|object| !object.is_managed_identity()) {
        let opens =
            [RestrictionKind::PasswordAddition, RestrictionKind::SymmetricKeyAddition].iter().any(|kind| {
                let effective = policies.effective(&object, RestrictionType::of(kind));
                !decides_itself(&effective) && matches!(effective.outcome, Outcome::Enforced(_))
            });
        match object.kind() {
            ObjectKind::Application => applications += u32::from(opens),
            ObjectKind::ServicePrincipal => service_principals += u32::from(opens),
        }
    }
    Consequence::Opens { applications, service_principals }
}

/// When the unexpired credentials of these kinds end.
fn held(
    object: &Object,
    now: DateTime<Utc>,
    counts: impl Fn(CredentialKind) -> bool,
) -> Vec<Option<DateTime<Utc>>> {
    let credentials = object.credentials().into_iter();
    let counted = credentials.filter(|it| counts(it.kind) && it.is_unexpired(now));
    counted.map(|credential| credential.end).collect()
}

/// Whether a custom policy of its own decides.
fn decides_itself(effective: &Effective<'_>) -> bool {
    matches!(effective.decided_by, Some(DecidedBy::Policy(_)) | None)
}

/// Whether the tenant default decides, and did not keep anything out before.
fn is_newly_bound(effective: &Effective<'_>) -> bool {
    !decides_itself(effective) && !matches!(effective.outcome, Outcome::Enforced(_))
}
