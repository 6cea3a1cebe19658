//! Custom policies that do nothing.

use super::super::words;
use super::{Ruling, exempted_actors};
use crate::domain::{CustomPolicy, Evidence, Inventory, Reach, SignInMethod};

/// A custom policy that is disabled, or that applies to nothing.
pub(super) fn idle_policy(policy: &CustomPolicy) -> Vec<Ruling> {
    let disabled = !policy.is_enabled;
    let unassigned = match &policy.applies_to {
        Reach::Known(keys) => keys.is_empty(),
        Reach::Partly(keys) if keys.is_empty() && !disabled => {
            return vec![Ruling::Undecided(words::plain("What the policy applies to could not be read."))];
        }
        Reach::Partly(_) => false,
    };
    if disabled || unassigned {
        vec![Ruling::Broken(Evidence::Idle { disabled, unassigned })]
    } else {
        Vec::new()
    }
}

/// Custom policies that could not be listed may be idle.
pub(super) fn unlisted(inventory: &Inventory, _: SignInMethod) -> Vec<Ruling> {
    exempted_actors::unlisted(inventory).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn a_policy_needs_to_be_on_and_to_apply_to_something() {
        let key = application().key();
        let idle = |disabled, unassigned| Some(Evidence::Idle { disabled, unassigned });
        for (case, on, applies_to, expected) in [
            ("in use",                   true,  Reach::Known(vec![key]),  None),
            ("cut off after one",        true,  Reach::Partly(vec![key]), None),
            ("applies to nothing",       true,  Reach::Known(vec![]),     idle(false, true)),
            ("disabled",                 false, Reach::Known(vec![key]),  idle(true, false)),
            ("both",                     false, Reach::Known(vec![]),     idle(true, true)),
            ("disabled, reach unread",   false, Reach::Partly(vec![]),    idle(true, false)),
        ] {
            let policy = CustomPolicy { applies_to, ..custom(on, Vec::new()) };
            let expected: Vec<Ruling> = expected.map(Ruling::Broken).into_iter().collect();
            assert_eq!(idle_policy(&policy), expected, "{case}");
        }
        let unread = CustomPolicy { applies_to: Reach::Partly(vec![]), ..custom(true, Vec::new()) };
        assert_eq!(gist(&idle_policy(&unread)), "undecided");
    }
}
