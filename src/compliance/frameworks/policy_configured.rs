//! Zero Trust Assessment 21775, "Tenant app management policy is configured": "a tenant app management
//! policy is configured with appropriate credential restrictions". The query passes a policy that is enabled
//! and has one enabled restriction of passwords or keys in either half, and fails an entry without a state.
//! Here, as for every framework, both halves count and a missing state is enabled. Which restriction it is,
//! the text leaves open; one whose date is still to come protects nothing and does not count.

use chrono::{DateTime, Utc};

use super::ask::at;
use super::control::{Control, ControlVerdict};
use super::sheet::{Sheet, Side};
use super::words::{code, halves};
use crate::domain::{Collection, Inventory, ObjectKind, Restriction, State, TenantDefault};

const MET: &str =
    "The tenant default is enabled and restricts credentials of applications and of service principals.";

pub(super) fn judge(inventory: &Inventory, control: &'static Control, now: DateTime<Utc>) -> ControlVerdict {
    let mut sheet = Sheet::default();
    match &inventory.tenant_default {
        None => sheet.doubts.say("The tenant default policy could not be read.".to_owned()),
        Some(policy) if policy.is_enabled => {
            for half in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
                look(policy, half, now, &mut sheet);
            }
        }
        Some(policy) => {
            let sentence = "The tenant default policy is not enabled, so nothing in it is enforced.";
            about(policy, sentence.to_owned(), &mut sheet.against);
        }
    }
    sheet.judged(control, MET)
}

fn look(policy: &TenantDefault, half: ObjectKind, now: DateTime<Utc>, sheet: &mut Sheet) {
    let whom = halves(half);
    let of_credentials = |entry: &&Restriction| {
        matches!(entry.collection, Collection::PasswordCredentials | Collection::KeyCredentials)
    };
    let entries: Vec<_> = policy.restrictions(half).iter().filter(of_credentials).collect();
    let to_come = |entry: &Restriction| entry.date().filter(|date| now < *date);
    let enabled = |entry: &Restriction| matches!(entry.state, State::Enabled | State::Missing);
    if entries.iter().any(|entry| enabled(entry) && to_come(entry).is_none()) {
        return;
    }
    let unclear = entries.iter().find_map(|entry| match &entry.state {
        State::Other(word) if to_come(entry).is_none() => Some((word, &entry.kind)),
        _ => None,
    });
    if let Some((word, kind)) = unclear {
        let word = code(word.as_str());
        let sentence = format!(
            "In the tenant default the state of {kind} for {whom} is {word}, which this program does not know."
        );
        return about(policy, sentence, &mut sheet.doubts);
    }
    let later = entries.iter().filter(|entry| enabled(entry)).find_map(|entry| to_come(entry));
    let sentence = match later {
        Some(date) => format!(
            "The tenant default restricts credentials of {whom} only from {} on, which is still to come.",
            at(date)
        ),
        None => format!("The tenant default has no enabled restriction of credentials for {whom}."),
    };
    about(policy, sentence, &mut sheet.against);
}

fn about(policy: &TenantDefault, sentence: String, side: &mut Side) {
    side.say(sentence);
    side.policy(policy.id, &policy.display_name);
}
