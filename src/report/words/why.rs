//! Why an object may be given a new client secret or not: one sentence that a person can check.

use chrono::{DateTime, Utc};

use super::{all_of, capital, instant, plural, quoted};
use crate::domain::{DecidedBy, Object, RestrictionKind, SecretCreation, SecretVerdict, Why};
use crate::report::build::Policies;

/// The sentence for a verdict on secret creation.
pub(in crate::report) fn why(verdict: &SecretVerdict, object: &Object, policies: &Policies<'_>) -> String {
    let SecretVerdict { creation, decided_by, why } = verdict;
    let kind = object.kind();
    let objects = plural(kind);
    // A custom policy says nothing of objects that it is not assigned to.
    let (every, some) = match decided_by {
        Some(DecidedBy::Policy(_)) => {
            (format!("all {objects} it is assigned to"), format!("those of its {objects} that were"))
        }
        Some(DecidedBy::TenantDefault | DecidedBy::Nothing) | None => {
            (format!("all {objects}"), objects.to_owned())
        }
    };
    let source = policies.source(*decided_by);
    let start = capital(&source);
    let but = match creation {
        SecretCreation::BlockedWithExemptions => exemptions(verdict, object, policies),
        SecretCreation::Blocked | SecretCreation::Allowed | SecretCreation::Unknown => String::new(),
    };
    match why {
        Why::ForAll => format!("{start} blocks new client secrets for {every}{but}."),
        Why::Since { date, created, assumed } => format!(
            "{start} blocks new client secrets for {some} created on or after {}{but}; {}.",
            instant(*date),
            creation_time(*created, *assumed),
        ),
        Why::OlderThanDate { date, created, assumed } => format!(
            "{start} blocks new client secrets only for {some} created on or after {}; {}.",
            instant(*date),
            creation_time(*created, *assumed),
        ),
        Why::Exempted => format!(
            "{start} exempts it: its passwordAddition restriction is disabled, whatever the tenant default says."
        ),
        Why::EntryDisabled => {
            format!(
                "The passwordAddition restriction of {source} is disabled for {objects}, and no custom policy \
                 assigned to it has one."
            )
        }
        Why::DefaultOff => {
            "The tenant default is disabled, and no custom policy assigned to it has a passwordAddition \
             restriction."
                .to_owned()
        }
        Why::NoEntry => format!(
            "The tenant default has no passwordAddition restriction for {objects}, and no custom policy \
             assigned to it has one."
        ),
        Why::PolicyOffDefaultOpen => format!(
            "{start} has a passwordAddition restriction but is not enabled, and the tenant default would not \
             block new client secrets either."
        ),
        Why::PolicyOff => format!(
            "{start} has a passwordAddition restriction but is not enabled; what Entra does then is not \
             documented, and the tenant default alone would block new client secrets, or may."
        ),
        Why::UnknownState(state) => format!(
            "The passwordAddition restriction of {source} has the state {}, which Keysweep does not know.",
            quoted(state.as_str()),
        ),
        Why::NoCreationTime { date } => format!(
            "{start} blocks new client secrets for {some} created on or after {}; Graph gives no creation \
             time for this one.",
            instant(*date),
        ),
        Why::DefaultUnread => {
            "The tenant default could not be read, so it is not known whether it blocks new \
                               client secrets."
                .to_owned()
        }
        Why::AssignmentUnread => {
            "It could not be read which custom policy is assigned to it, if any.".to_owned()
        }
        Why::SeveralPolicies(ids) => format!(
            "More than one custom policy was seen assigned to it, which Entra does not allow; it may have been \
             reassigned during the audit: {}.",
            all_of(&ids.iter().map(|id| policies.phrase(*id)).collect::<Vec<_>>()),
        ),
    }
}

fn creation_time(created: DateTime<Utc>, assumed: bool) -> String {
    let created = instant(created);
    if assumed {
        format!("this one has no creation time and counts as created on {created}")
    } else {
        format!("this one was created on {created}")
    }
}

/// Who may add a secret all the same.
fn exemptions(verdict: &SecretVerdict, object: &Object, policies: &Policies<'_>) -> String {
    let restrictions = policies.restrictions(verdict.decided_by, object.kind());
    let addition = restrictions.into_iter().filter(|entry| entry.kind == RestrictionKind::PasswordAddition);
    let actors: Vec<_> =
        addition.flat_map(|entry| &entry.exempted_actors).map(|actor| quoted(actor.0.as_str())).collect();
    if actors.is_empty() {
        return ", except for callers it exempts".to_owned();
    }
    format!(", except for callers with {}", all_of(&actors))
}
