//! What a plan leaves out, and why.

use super::change::{named, who};
use crate::remediation::{LeftOut, WhyLeftOut};
use crate::report::plain;
use crate::report::words::day;

/// What was left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOutGroup {
    /// Why: one sentence with what to do about it.
    pub why: String,
    /// What, each as `assign-policy: application “Payroll” (…)`, in the order of the plan.
    pub items: Vec<String>,
    /// How many more there are that the plan does not list.
    pub more: u64,
}

impl LeftOutGroup {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.items.len().saturating_add(usize::try_from(self.more).unwrap_or(usize::MAX))
    }
}

/// What was left out, by reason: the reason that most share first, then in the order of the plan.
#[must_use]
pub fn left_out_groups(all: &[LeftOut]) -> Vec<LeftOutGroup> {
    let mut groups: Vec<LeftOutGroup> = Vec::new();
    for one in all {
        let why = left_out(&one.why);
        let item = item(one);
        match groups.iter_mut().find(|group| group.why == why) {
            Some(group) => {
                group.items.push(item);
                group.more += one.more;
            }
            None => groups.push(LeftOutGroup { why: why.to_owned(), items: vec![item], more: one.more }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count()));
    groups
}

fn item(one: &LeftOut) -> String {
    let LeftOut { action, object, key_id, why, more: _ } = one;
    let what = match (object, key_id) {
        (Some(object), Some(key)) => format!("client secret {} of {}", plain(key, 60), who(object)),
        (Some(object), None) => who(object),
        (None, _) => "the policy".to_owned(),
    };
    let more = match why {
        WhyLeftOut::Fresh { first_seen: Some(seen) } => format!(", first seen {}", day(*seen)),
        WhyLeftOut::HasPolicy { policy } => format!(", which has {}", named(policy)),
        _ => String::new(),
    };
    format!("{action}: {what}{more}")
}

/// The reason: one sentence, the same for everything that is left out for it.
#[must_use]
pub fn left_out(why: &WhyLeftOut) -> &'static str {
    match why {
        WhyLeftOut::Protected => "`[remediation] protected` names it.",
        WhyLeftOut::Excepted => "An `[[exception]]` covers the finding.",
        WhyLeftOut::Fresh { first_seen: _ } => {
            "It was first seen less than `grace` ago: the daemon does not act on it on its own yet."
        }
        WhyLeftOut::TooMany => "The plan has `max_changes` steps already: apply it, then make the next one.",
        WhyLeftOut::HasPolicy { policy: _ } => {
            "It has a custom policy already, which is never replaced: change that policy, or unassign it first."
        }
        WhyLeftOut::AssignmentUnknown => "It is not known which custom policy it has.",
        WhyLeftOut::NoPolicy => {
            "There is no policy to assign: add `create-policy` to the actions, or name one by \
             `[remediation.policy] id`."
        }
        WhyLeftOut::PolicyNotRestrictive => {
            "The policy that would be assigned is not enabled, or does not block client secrets."
        }
        WhyLeftOut::PolicyAmbiguous => {
            "Several custom policies have the name of `[remediation.policy]`: name one by its id."
        }
        WhyLeftOut::PolicyNotTold => {
            "The tenant default holds a restriction that Graph has no name for here: change it in the admin centre."
        }
        WhyLeftOut::LastCredential => {
            "It is the last credential of something that signs in, or may: `remove_last_credential` allows it."
        }
        WhyLeftOut::OwnersNotTold => {
            "Its owners were not told, or not long enough ago (`owners_told_on`, `owners_notice`)."
        }
        WhyLeftOut::NoKeyId => {
            "It has no `keyId` of its own, so that Graph could not be told which one to remove."
        }
        WhyLeftOut::NotOurs => "A certificate that signs tokens hangs on it, or the platform rotates it.",
        WhyLeftOut::Managed => "Agent identities and what Microsoft manages are not switched off.",
    }
}
