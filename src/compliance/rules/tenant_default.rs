//! Whether the tenant default keeps secrets out.

use super::super::effective::RestrictionType;
use super::super::words;
use super::Ruling;
use crate::domain::{
    Evidence, Inventory, ObjectKind, RestrictionKind, SignInMethod, State, TenantDefault, Why,
};

/// The tenant default is disabled: nothing in it is enforced.
pub(super) fn tenant_default_off(inventory: &Inventory, _: SignInMethod) -> Vec<Ruling> {
    match &inventory.tenant_default {
        None => vec![Ruling::Undecided(words::policies(&Why::DefaultUnread))],
        Some(policy) if policy.is_enabled => Vec::new(),
        Some(_) => vec![Ruling::Broken(Evidence::DefaultOff)],
    }
}

/// The tenant default is enabled and leaves the addition of secrets open in one of its halves, for
/// all objects or for those created before a date. Whether that date has come makes no difference.
pub(super) fn tenant_default_allows_secrets(inventory: &Inventory, _: SignInMethod) -> Vec<Ruling> {
    match &inventory.tenant_default {
        None => vec![Ruling::Undecided(words::policies(&Why::DefaultUnread))],
        Some(policy) if policy.is_enabled => judge(policy),
        Some(_) => Vec::new(),
    }
}

fn judge(policy: &TenantDefault) -> Vec<Ruling> {
    let addition = RestrictionKind::PasswordAddition;
    let (mut open, mut doubts) = (Vec::new(), Vec::new());
    for half in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
        let entry = RestrictionType::of(&addition).find(policy.restrictions(half));
        match entry.map(|entry| (&entry.state, entry.date())) {
            None | Some((State::Disabled, _)) => open.push((half, None)),
            Some((State::Other(word), _)) => {
                let why = Why::UnknownState(word.clone());
                doubts.push(Ruling::Undecided(words::restriction(&addition, &why)));
            }
            Some((State::Enabled | State::Missing, Some(date))) => open.push((half, Some(date))),
            Some((State::Enabled | State::Missing, None)) => (),
        }
    }
    if open.is_empty() { doubts } else { vec![Ruling::Broken(Evidence::DefaultAllows(open))] }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{Restriction, Text};

    fn addition() -> Restriction {
        entry(RestrictionKind::PasswordAddition)
    }

    fn of_halves(is_enabled: bool, applications: &[Restriction], principals: &[Restriction]) -> Inventory {
        let mut inventory = tenant(applications);
        let policy = inventory.tenant_default.as_mut().unwrap();
        policy.is_enabled = is_enabled;
        policy.service_principal_restrictions = principals.to_vec();
        inventory
    }

    fn off(inventory: &Inventory) -> Vec<Ruling> {
        tenant_default_off(inventory, SignInMethod::Certificate)
    }

    fn allows(inventory: &Inventory) -> Vec<Ruling> {
        tenant_default_allows_secrets(inventory, SignInMethod::Certificate)
    }

    #[test]
    fn off_open_and_unread_are_three_things() {
        let closed = [addition()];
        for (case, inventory, expected) in [
            ("perfect", of_halves(true, &closed, &closed), ("kept", "kept")),
            ("on but empty", of_halves(true, &[], &[]), ("kept", "broken")),
            ("off", of_halves(false, &[], &[]), ("broken", "kept")),
            ("all restrictions, but off", of_halves(false, &closed, &closed), ("broken", "kept")),
            ("unread", Inventory { tenant_default: None, ..tenant(&[]) }, ("undecided", "undecided")),
        ] {
            assert_eq!((gist(&off(&inventory)), gist(&allows(&inventory))), expected, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn each_half_has_to_block_for_all() {
        let date = at("2020-01-01");
        let state = |state| Restriction { state, ..addition() };
        let from = |date| Restriction { created_on_or_after: Some(date), ..addition() };
        let (apps, principals) = (ObjectKind::Application, ObjectKind::ServicePrincipal);
        let open = |halves: Vec<_>| Some(halves);
        for (case, entry, expected) in [
            ("missing",          vec![],                                          open(vec![(principals, None)])),
            ("disabled",         vec![state(State::Disabled)],                    open(vec![(principals, None)])),
            ("past date",        vec![from(date)],                                open(vec![(principals, Some(date))])),
            ("future date",      vec![from(at("2099-01-01"))],                    open(vec![(principals, Some(at("2099-01-01")))])),
            ("end of the year 1", vec![from(at("0001-12-31T23:59:59Z"))],         open(vec![])),
            ("the year 2",       vec![from(at("0002-01-01"))],                    open(vec![(principals, Some(at("0002-01-01")))])),
            ("state missing",    vec![state(State::Missing)],                     open(vec![])),
            ("state unknown",    vec![state(State::Other(Text::new("paused")))],  None),
            ("custom only",      vec![entry(RestrictionKind::CustomPasswordAddition)], open(vec![(principals, None)])),
        ] {
            let found = allows(&of_halves(true, &[addition()], &entry));
            match expected {
                None => assert_eq!(gist(&found), "undecided", "{case}"),
                Some(halves) if halves.is_empty() => assert_eq!(found, [], "{case}"),
                Some(halves) => assert_eq!(found, [Ruling::Broken(Evidence::DefaultAllows(halves))], "{case}"),
            }
        }
        let both = Evidence::DefaultAllows(vec![(apps, None), (principals, None)]);
        assert_eq!(allows(&of_halves(true, &[], &[])), [Ruling::Broken(both)]);
        let unknown_beside_open = of_halves(true, &[state(State::Other(Text::new("x")))], &[]);
        assert_eq!(gist(&allows(&unknown_beside_open)), "broken");
    }
}
