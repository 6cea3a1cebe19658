//! What a custom policy does to a restriction that a control asks for (see `scuba`).

use super::super::effective::{Effective, Outcome};
use super::ask::{Ask, Loose, at};
use super::words::code;
use crate::domain::{
    ApplicationFacts, Assigned, CustomPolicy, DecidedBy, Details, Object, ObjectKey, Owners, PolicyId, State,
    Text, Why,
};

/// What a custom policy does to an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Does {
    /// It breaks the control.
    Break(Middle),
    /// It may.
    Perhaps(Middle),
}

/// The middle of a sentence: what stands before and after the number of objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Middle(pub(super) String, pub(super) String);

impl Middle {
    pub(super) fn before(words: impl Into<String>) -> Self {
        Self(words.into(), String::new())
    }
}

/// An object of which nothing is known but its policy: an application, because a service principal without a
/// creation time would be taken to be old.
pub(super) fn nameless(key: ObjectKey, policy: PolicyId) -> Object {
    Object {
        id: key.id,
        app_id: None,
        display_name: Text::default(),
        created: None,
        passwords: Vec::new(),
        keys: Vec::new(),
        notes: None,
        description: None,
        tags: Vec::new(),
        details: Details::Application(ApplicationFacts::default()),
        assigned: Assigned::Policy(policy),
        owners: Owners::Unread,
    }
}

/// What custom policies do about a restriction on an object; nothing where they leave it to the tenant
/// default, which is judged for itself, or do as the control asks.
pub(super) fn grade(
    ask: Ask,
    effective: &Effective<'_>,
    assigned: &Assigned,
    listed: &[&CustomPolicy],
) -> Option<(Vec<PolicyId>, Does)> {
    let policy = match (effective.decided_by, assigned) {
        (Some(DecidedBy::Policy(id)), _) => id,
        (None, Assigned::Several(ids)) => {
            let known = |id: &PolicyId| listed.iter().find(|policy| policy.id == *id);
            let suspect = |id: &&PolicyId| known(id).is_none_or(|policy| !is_harmless(policy, &[ask]));
            let suspects: Vec<PolicyId> = ids.iter().filter(suspect).copied().collect();
            let middle = Middle(
                "is one of several seen assigned at once to".to_owned(),
                format!(", and does not do as asked about {}", ask.kind),
            );
            return (!suspects.is_empty()).then_some((suspects, Does::Perhaps(middle)));
        }
        (None, Assigned::Policy(id)) if effective.why == Why::AssignmentUnread => {
            return Some((vec![*id], Does::Perhaps(Middle::before("could not be read and is assigned to"))));
        }
        (Some(DecidedBy::TenantDefault | DecidedBy::Nothing) | None, _) => return None,
    };
    Some((vec![policy], by_policy(ask, effective)?))
}

/// The same, where the entry of a custom policy decides.
fn by_policy(ask: Ask, effective: &Effective<'_>) -> Option<Does> {
    let kind = ask.kind;
    Some(match (&effective.outcome, &effective.why) {
        (Outcome::Enforced(entry), _) => match ask.loose(&entry.limit)? {
            Loose::Beyond(what) => Does::Break(Middle::before(format!("has {kind} that {what}, on"))),
            Loose::Unreadable(what) => Does::Perhaps(Middle::before(format!("has {kind} that {what}, on"))),
        },
        (Outcome::Open, Why::Exempted) => Does::Break(Middle("exempts".to_owned(), format!(" from {kind}"))),
        (Outcome::Open, Why::OlderThanDate { date, .. }) => Does::Break(Middle(
            "leaves".to_owned(),
            format!(" without {kind}, which it has only for those created on or after {}", at(*date)),
        )),
        // Alone the tenant default would leave it open too, which is said of the tenant default.
        (Outcome::Open, _) => return None,
        (Outcome::Unknown, Why::PolicyOff) => Does::Perhaps(Middle(
            "is not enabled and is assigned to".to_owned(),
            format!("; whether its {kind} still displaces that of the tenant default is not documented"),
        )),
        (Outcome::Unknown, Why::UnknownState(word)) => Does::Perhaps(Middle::before(format!(
            "has {kind} in the state {}, which this program does not know, on",
            code(word.as_str())
        ))),
        (Outcome::Unknown, Why::NoCreationTime { date }) => Does::Perhaps(Middle(
            "is assigned to".to_owned(),
            format!(
                " without a known creation time, and has {kind} only for those created on or after {}",
                at(*date)
            ),
        )),
        (Outcome::Unknown, _) => Does::Perhaps(Middle::before(format!("leaves {kind} undecided on"))),
    })
}

/// Whether a policy keeps to what is asked of every object it could be assigned to.
pub(super) fn is_harmless(policy: &CustomPolicy, asks: &[Ask]) -> bool {
    asks.iter().all(|ask| {
        ask.find(&policy.restrictions).is_none_or(|entry| {
            policy.is_enabled
                && matches!(entry.state, State::Enabled | State::Missing)
                && entry.date().is_none()
                && ask.loose(&entry.limit).is_none()
        })
    })
}
