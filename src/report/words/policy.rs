//! Findings about policies, and about what they do to an object.

use chrono::{DateTime, Utc};

use super::{Said, all_of, any_of, capital, instant, plural, quoted, why};
use crate::domain::{Actor, Need, Object, ObjectAssessment, ObjectKind, RestrictionKind, TenantHalf, Why};
use crate::report::build::{Context, Judged};

/// An object on which the configured restrictions are not in force.
pub(super) fn unrestricted(
    missing: &[RestrictionKind],
    need: Need,
    judged: &Judged<'_>,
    context: &Context<'_>,
) -> Said {
    let missing_kinds: Vec<_> = missing.iter().map(|kind| demanded(kind, context)).collect();
    // The verdict speaks of secret creation alone: its sentence explains no other restriction.
    let about_secrets = missing.is_empty() || missing.contains(&RestrictionKind::PasswordAddition);
    let only_secrets = about_secrets && missing.len() <= 1;
    let mut detail = match need {
        Need::Effective if only_secrets => "It may still be given a client secret.".to_owned(),
        Need::Effective => format!("No policy puts {} in force on it.", any_of(&missing_kinds)),
        Need::Assigned => format!(
            "No custom policy assigned to it puts {} in force, which the configuration asks for.",
            any_of(&missing_kinds),
        ),
    };
    if about_secrets {
        let reason = why(&judged.assessment.secret_creation, judged.object, &context.policies);
        detail.push(' ');
        detail.push_str(&reason);
    }
    let recommendation = match need {
        Need::Effective if only_secrets => close_the_gap(judged, context),
        Need::Effective => format!(
            "Put {} in force for {} in the tenant default, or assign a custom policy that does.",
            all_of(&missing_kinds),
            plural(judged.object.kind()),
        ),
        Need::Assigned => {
            format!("Assign a custom policy to it that is enabled and has {}.", all_of(&missing_kinds))
        }
    };
    Said { detail, recommendation }
}

/// A restriction with the limit that the configuration demands of it.
fn demanded(kind: &RestrictionKind, context: &Context<'_>) -> String {
    let demand = context.settings.restrictive.iter().find(|demand| demand.kind == *kind);
    match demand.and_then(|demand| demand.max) {
        Some(max) => format!("{} of at most {max}", named(kind)),
        None => named(kind),
    }
}

/// A restriction type in a sentence: Graph's own words stand as they are, others in quotation marks.
pub(in crate::report) fn named(kind: &RestrictionKind) -> String {
    match kind {
        RestrictionKind::Other(word) => quoted(word.as_str()),
        known => known.as_str().to_owned(),
    }
}

/// What would block new client secrets, by what lets them pass today.
fn close_the_gap(judged: &Judged<'_>, context: &Context<'_>) -> String {
    let ObjectAssessment { secret_creation, .. } = judged.assessment;
    let source = context.policies.source(secret_creation.decided_by);
    let objects = plural(judged.object.kind());
    match &secret_creation.why {
        Why::Exempted => format!(
            "If the exemption is no longer needed, unassign {source} or remove the disabled restriction from \
             it; the tenant default then decides."
        ),
        Why::OlderThanDate { created, .. } => format!(
            "Clear the date of the passwordAddition restriction in {source}, or set it no later than {}; a \
             custom policy with passwordAddition and no date does the same for this one alone.",
            instant(*created),
        ),
        Why::DefaultOff => format!(
            "Enable the tenant default with passwordAddition for {objects}, or assign a custom policy that \
             has it."
        ),
        Why::PolicyOffDefaultOpen | Why::PolicyOff => {
            format!("Enable {source}, or add passwordAddition for {objects} to the tenant default.")
        }
        Why::EntryDisabled => format!(
            "Enable the passwordAddition restriction for {objects} in {source}, or assign a custom policy \
             that has it."
        ),
        Why::NoEntry
        | Why::ForAll
        | Why::Since { .. }
        | Why::UnknownState(_)
        | Why::NoCreationTime { .. }
        | Why::DefaultUnread
        | Why::AssignmentUnread
        | Why::SeveralPolicies(_) => format!(
            "Add passwordAddition for {objects} to the tenant default, or assign a custom policy that has it."
        ),
    }
}

/// Entries of the assigned policy that do not bite on the object.
pub(super) fn not_in_force(
    policy: &str,
    policy_off: bool,
    entries: &[(RestrictionKind, Option<DateTime<Utc>>)],
    object: &Object,
) -> Said {
    let start = capital(policy);
    if policy_off {
        let kinds = all_of(&entries.iter().map(|(kind, _)| named(kind)).collect::<Vec<_>>());
        return Said::new(
            format!("{start} is assigned to it with {kinds}, but the policy is not enabled."),
            "Enable the policy, or unassign it if it is not meant to restrict this one.",
        );
    }
    let entries: Vec<_> = entries
        .iter()
        .map(|(kind, date)| match date {
            Some(date) => format!("{} from {} on", named(kind), instant(*date)),
            None => named(kind),
        })
        .collect();
    let created = match (object.created, object.kind()) {
        (Some(created), _) => format!("this one was created on {}", instant(created)),
        (None, ObjectKind::Application) => "Graph gives no creation time for this one".to_owned(),
        (None, ObjectKind::ServicePrincipal) => {
            "this one has no creation time and counts as created on 2019-01-01T00:00:00Z".to_owned()
        }
    };
    Said::new(
        format!(
            "{start} is assigned to it but restricts only {} created later: {}; {created}.",
            plural(object.kind()),
            all_of(&entries),
        ),
        "Clear the dates of these restrictions, or set them no later than its creation; unassign the policy if \
         it is not meant to restrict this one.",
    )
}

/// A custom policy that loosens what the tenant default enforces.
pub(super) fn weakens(policy: &str, types: &[RestrictionKind]) -> Said {
    let types = all_of(&types.iter().map(named).collect::<Vec<_>>());
    Said::new(
        format!("{} loosens what the tenant default enforces on it: {types}.", capital(policy)),
        "Check who asked for it and whether it is still needed (an exclusion made in the admin centre is such a \
         policy); if not, unassign the policy or remove these restrictions from it.",
    )
}

/// The tenant default is disabled.
pub(super) fn default_off() -> Said {
    Said::new(
        "The tenant default app management policy is disabled, so nothing in it is enforced.".to_owned(),
        "Find out which applications still need new client secrets and exempt those by custom policies, then \
         enable the tenant default with passwordAddition for applications and for service principals.",
    )
}

/// The tenant default leaves password addition open.
pub(super) fn default_allows(halves: &[(TenantHalf, Option<DateTime<Utc>>)]) -> Said {
    let open = halves.iter().filter(|(_, date)| date.is_none());
    let open: Vec<_> = open.map(|(half, _)| plural(*half).to_owned()).collect();
    let mut failings = Vec::new();
    if !open.is_empty() {
        failings.push(format!("does not block new client secrets for {}", any_of(&open)));
    }
    let dated = halves.iter().filter_map(|(half, date)| Some((plural(*half), instant((*date)?))));
    failings.extend(dated.map(|(objects, date)| {
        format!("blocks new client secrets only for {objects} created on or after {date}")
    }));
    Said::new(
        format!("The tenant default is enabled but {}.", all_of(&failings)),
        "Enable passwordAddition without a date for applications and for service principals, and exempt by \
         custom policies the few that still need client secrets.",
    )
}

/// Callers that an enabled restriction exempts.
pub(super) fn exempted_actors(source: &str, exemptions: &[(RestrictionKind, Actor)]) -> Said {
    let callers: Vec<_> = exemptions
        .iter()
        .map(|(kind, Actor(actor))| format!("{} from {}", quoted(actor.as_str()), named(kind)))
        .collect();
    Said::new(
        format!("{} exempts callers: {}.", capital(source), all_of(&callers)),
        "Check that each exemption is still needed and who may assign these security attributes; remove the \
         exemptions that are not.",
    )
}

/// A custom policy that does nothing.
pub(super) fn idle(policy: &str, disabled: bool, unassigned: bool) -> Said {
    let start = capital(policy);
    let (detail, advice) = match (disabled, unassigned) {
        (true, true) => {
            (format!("{start} is disabled and assigned to nothing."), "Delete it if nobody plans to use it.")
        }
        (true, false) => (
            format!("{start} is assigned but disabled."),
            "Enable it, or unassign and delete it; whoever sees it assigned believes it is in force.",
        ),
        (false, _) => (
            format!("{start} is assigned to nothing, so it restricts nothing."),
            "Assign it to what it was made for, or delete it.",
        ),
    };
    Said::new(detail, advice)
}
