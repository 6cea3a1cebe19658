//! What a finding says: the evidence with its figures, and what to do about it.

use super::{credential, exception, object, policy, privilege};
use crate::domain::{DecidedBy, Evidence, Finding, PolicyId, RuleId};
use crate::report::build::{Context, Judged};
use crate::report::catalogue;

/// What a finding says.
pub(in crate::report) struct Said {
    /// What is so.
    pub(in crate::report) detail: String,
    /// What to do next.
    pub(in crate::report) recommendation: String,
}

impl Said {
    pub(super) fn new(detail: String, recommendation: &str) -> Self {
        Self { detail, recommendation: recommendation.to_owned() }
    }
}

/// What a finding was made about.
#[derive(Clone, Copy)]
pub(in crate::report) enum Site<'a> {
    /// An object.
    Object(&'a Judged<'a>),
    /// A custom policy.
    Policy(PolicyId),
    /// The tenant.
    Tenant,
}

impl Site<'_> {
    /// The policy a finding made here is about, unless its evidence names another.
    pub(in crate::report) fn policy(&self) -> Option<DecidedBy> {
        match self {
            Self::Object(judged) => judged.assessment.secret_creation.decided_by,
            Self::Policy(id) => Some(DecidedBy::Policy(*id)),
            Self::Tenant => Some(DecidedBy::TenantDefault),
        }
    }
}

/// The words for a finding. Evidence that does not fit its site is told in the words of the
/// catalogue, which are true of every finding of the rule.
pub(in crate::report) fn say(finding: &Finding, site: Site<'_>, context: &Context<'_>) -> Said {
    let Finding { rule, severity: _, evidence, status: _ } = finding;
    let said = match site {
        Site::Object(judged) => on_object(*rule, evidence, judged, context),
        Site::Policy(_) | Site::Tenant => on_policy(evidence, site, context),
    };
    said.unwrap_or_else(|| {
        let explanation = catalogue(*rule);
        Said::new(explanation.breaks_when.to_owned(), explanation.remedy)
    })
}

fn on_object(rule: RuleId, evidence: &Evidence, judged: &Judged<'_>, context: &Context<'_>) -> Option<Said> {
    match evidence {
        Evidence::Credential(at) => {
            credential::Spoken::new(judged, judged.credential(*at)?, context).by_rule(rule)
        }
        Evidence::Expiring { credential, newer } => {
            let spoken = credential::Spoken::new(judged, judged.credential(*credential)?, context);
            Some(spoken.expiring(*newer))
        }
        Evidence::Unused { credential, last, application, oldest } => {
            let spoken = credential::Spoken::new(judged, judged.credential(*credential)?, context);
            Some(spoken.unused(*last, *application, *oldest))
        }
        Evidence::Privileged { secrets, permissions, roles } => {
            Some(privilege::with_secret(judged.object.kind(), *secrets, permissions, roles))
        }
        Evidence::LongLived { credential, lifetime, limit } => {
            let spoken = credential::Spoken::new(judged, judged.credential(*credential)?, context);
            Some(spoken.long_lived(*lifetime, *limit))
        }
        Evidence::Grandfathered { credential, refusal, decided_by } => {
            let spoken = credential::Spoken::new(judged, judged.credential(*credential)?, context);
            Some(spoken.grandfathered(refusal, *decided_by))
        }
        Evidence::PlainSight(places) => Some(object::plain_sight(places)),
        Evidence::Unrestricted { missing, need } => {
            Some(policy::unrestricted(missing, *need, judged, context))
        }
        Evidence::NotInForce { policy, policy_off, entries } => {
            let policy = context.policies.phrase(*policy);
            Some(policy::not_in_force(&policy, *policy_off, entries, judged.object))
        }
        Evidence::Weakens { policy, types } => {
            Some(policy::weakens(&context.policies.phrase(*policy), types))
        }
        Evidence::NoOwner => Some(object::no_owner(judged, context.now)),
        Evidence::InstanceLock { enabled } => Some(object::instance_lock(judged.object, *enabled)),
        Evidence::DefaultOff
        | Evidence::DefaultAllows(_)
        | Evidence::ExemptedActors(_)
        | Evidence::Idle { .. }
        | Evidence::AuditorSecret
        | Evidence::ExceptionExpired { .. }
        | Evidence::ExceptionStale { .. } => None,
    }
}

fn on_policy(evidence: &Evidence, site: Site<'_>, context: &Context<'_>) -> Option<Said> {
    match evidence {
        Evidence::DefaultOff => Some(policy::default_off()),
        Evidence::DefaultAllows(halves) => Some(policy::default_allows(halves)),
        Evidence::ExemptedActors(exemptions) => {
            Some(policy::exempted_actors(&context.policies.source(site.policy()), exemptions))
        }
        Evidence::Idle { disabled, unassigned } => {
            Some(policy::idle(&context.policies.source(site.policy()), *disabled, *unassigned))
        }
        Evidence::AuditorSecret => Some(object::auditor_secret()),
        Evidence::ExceptionExpired { exception, findings } => Some(exception::expired(exception, *findings)),
        Evidence::ExceptionStale { exception, because } => Some(exception::stale(exception, *because)),
        Evidence::Credential(_)
        | Evidence::Expiring { .. }
        | Evidence::Unused { .. }
        | Evidence::Privileged { .. }
        | Evidence::LongLived { .. }
        | Evidence::Grandfathered { .. }
        | Evidence::PlainSight(_)
        | Evidence::Unrestricted { .. }
        | Evidence::NotInForce { .. }
        | Evidence::Weakens { .. }
        | Evidence::NoOwner
        | Evidence::InstanceLock { .. } => None,
    }
}
