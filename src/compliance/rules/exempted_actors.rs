//! Callers whom a restriction does not bind.

use super::super::words;
use super::Ruling;
use crate::domain::{
    CustomPolicy, Evidence, Inventory, ObjectKind, Part, Restriction, SignInMethod, State, Why,
};

/// Restrictions of an enabled tenant default that exempt actors: one finding names them all. It
/// also says where custom policies could not be listed, for which nobody else can speak.
pub(super) fn by_tenant_default(inventory: &Inventory, _: SignInMethod) -> Vec<Ruling> {
    let mut rulings = match &inventory.tenant_default {
        None => vec![Ruling::Undecided(words::policies(&Why::DefaultUnread))],
        Some(policy) if policy.is_enabled => judge(
            [ObjectKind::Application, ObjectKind::ServicePrincipal]
                .into_iter()
                .flat_map(|half| policy.restrictions(half)),
        ),
        Some(_) => Vec::new(),
    };
    rulings.extend(unlisted(inventory));
    rulings
}

/// Restrictions of an enabled custom policy that exempt actors: one finding names them all.
pub(super) fn by_custom_policy(policy: &CustomPolicy) -> Vec<Ruling> {
    if policy.is_enabled { judge(&policy.restrictions) } else { Vec::new() }
}

/// Custom policies that could not be listed are judged by nobody.
pub(super) fn unlisted(inventory: &Inventory) -> Option<Ruling> {
    let cut = inventory.gaps.iter().any(|gap| matches!(gap.part, Part::CustomPolicies | Part::SignIn));
    cut.then(|| Ruling::Undecided(words::plain("The custom policies could not all be listed.")))
}

fn judge<'a>(restrictions: impl IntoIterator<Item = &'a Restriction>) -> Vec<Ruling> {
    let (mut exempted, mut doubts) = (Vec::new(), Vec::new());
    for entry in restrictions {
        match &entry.state {
            State::Disabled => (),
            State::Other(word) if !entry.exempted_actors.is_empty() => {
                let why = Why::UnknownState(word.clone());
                doubts.push(Ruling::Undecided(words::restriction(&entry.kind, &why)));
            }
            State::Other(_) => (),
            State::Enabled | State::Missing => {
                exempted
                    .extend(entry.exempted_actors.iter().map(|actor| (entry.kind.clone(), actor.clone())));
            }
        }
    }
    // Both halves of the tenant default usually say the same.
    exempted.sort();
    exempted.dedup();
    if exempted.is_empty() { doubts } else { vec![Ruling::Broken(Evidence::ExemptedActors(exempted))] }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{Actor, Gap, RestrictionKind, Text};

    fn exempting(state: State) -> Restriction {
        let exempted_actors = vec![Actor(Text::new("b")), Actor(Text::new("a"))];
        Restriction { state, exempted_actors, ..entry(RestrictionKind::PasswordAddition) }
    }

    #[test]
    fn only_entries_that_are_on_in_a_policy_that_is_on_exempt_anybody() {
        let other = || State::Other(Text::new("paused"));
        for (case, on, entry, expected) in [
            ("enabled", true, exempting(State::Enabled), "broken"),
            ("missing state", true, exempting(State::Missing), "broken"),
            ("disabled", true, exempting(State::Disabled), "kept"),
            ("unknown state", true, exempting(other()), "undecided"),
            ("unknown, nobody", true, Restriction { exempted_actors: vec![], ..exempting(other()) }, "kept"),
            ("nobody", true, entry(RestrictionKind::PasswordAddition), "kept"),
            ("policy off", false, exempting(State::Enabled), "kept"),
        ] {
            let policy = custom(on, vec![entry.clone()]);
            assert_eq!(gist(&by_custom_policy(&policy)), expected, "{case}, custom");
            let mut inventory = tenant(&[entry]);
            inventory.tenant_default.as_mut().unwrap().is_enabled = on;
            let found = by_tenant_default(&inventory, SignInMethod::Certificate);
            assert_eq!(gist(&found), expected, "{case}, tenant default");
        }
    }

    #[test]
    fn one_finding_names_each_actor_once_for_both_halves() {
        let kind = RestrictionKind::PasswordAddition;
        let actors = ["a", "b"].map(|actor| (kind.clone(), Actor(Text::new(actor)))).to_vec();
        let found = by_tenant_default(&tenant(&[exempting(State::Enabled)]), SignInMethod::Certificate);
        assert_eq!(found, [Ruling::Broken(Evidence::ExemptedActors(actors))]);
    }

    #[test]
    fn what_was_not_read_is_undecided() {
        let unread = Inventory { tenant_default: None, ..tenant(&[]) };
        assert_eq!(gist(&by_tenant_default(&unread, SignInMethod::Certificate)), "undecided");
        let gap = Gap { part: Part::CustomPolicies, reason: Text::new("refused") };
        let unlisted = Inventory { gaps: vec![gap], ..tenant(&[]) };
        assert_eq!(gist(&by_tenant_default(&unlisted, SignInMethod::Certificate)), "undecided");
    }
}
