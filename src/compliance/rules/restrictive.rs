//! Objects that no restrictive policy covers.

use super::super::effective::{Effective, Outcome, RestrictionType};
use super::super::settings::Demand;
use super::super::words;
use super::{Case, Ruling};
use crate::domain::{DecidedBy, Evidence, Limit, Need, Text, Why};

/// Restrictions that the configuration demands and that are not in force on the object, or, with
/// `require = "assigned"`, not by a custom policy assigned to it. With the restrictions demanded by
/// default this is every object whose secret creation is allowed.
pub(super) fn no_restrictive_policy(case: &Case<'_>) -> Vec<Ruling> {
    if !case.policies_matter() {
        return Vec::new();
    }
    let need = case.settings.require;
    let (mut missing, mut doubts) = (Vec::new(), Vec::new());
    for demand in &case.settings.restrictive {
        let effective = case.policies.effective(case.object, RestrictionType::of(&demand.kind));
        match met(demand, need, &effective) {
            Met::Yes => (),
            Met::No => missing.push(demand.kind.clone()),
            Met::Unknown(why) => doubts.push(Ruling::Undecided(why)),
        }
    }
    if missing.is_empty() { doubts } else { vec![Ruling::Broken(Evidence::Unrestricted { missing, need })] }
}

enum Met {
    Yes,
    No,
    Unknown(Text),
}

fn met(demand: &Demand, need: Need, effective: &Effective<'_>) -> Met {
    if need == Need::Assigned && comes_from_elsewhere(effective) {
        return Met::No;
    }
    let entry = match effective.outcome {
        Outcome::Open => return Met::No,
        Outcome::Unknown => return Met::Unknown(words::restriction(&demand.kind, &effective.why)),
        Outcome::Enforced(entry) => entry,
    };
    match (demand.max, &entry.limit) {
        (None, _) => Met::Yes,
        (Some(accepted), Limit::Max { max, .. }) if *max <= accepted => Met::Yes,
        (Some(_), Limit::Max { .. }) => Met::No,
        (Some(_), Limit::Missing | Limit::Unreadable(_)) => {
            Met::Unknown(words::unreadable_limit(&demand.kind))
        }
    }
}

/// Whether it is known that no assigned custom policy decides. An unread tenant default comes into
/// play only where none does.
fn comes_from_elsewhere(effective: &Effective<'_>) -> bool {
    match effective.decided_by {
        Some(DecidedBy::Policy(_)) => false,
        Some(DecidedBy::TenantDefault | DecidedBy::Nothing) => true,
        None => effective.why == Why::DefaultUnread,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::compliance::Settings;
    use crate::domain::{
        Assigned, Inventory, MaxLifetime, Object, Restriction, RestrictionKind, State, Text,
    };

    fn addition() -> Restriction {
        entry(RestrictionKind::PasswordAddition)
    }

    fn unknown_state() -> Restriction {
        Restriction { state: State::Other(Text::new("paused")), ..addition() }
    }

    fn unread(inventory: Inventory) -> Inventory {
        Inventory { tenant_default: None, ..inventory }
    }

    #[test]
    #[rustfmt::skip]
    fn the_route_to_a_block_matters_where_an_assigned_policy_is_asked_for() {
        let free = application();
        let held = under_policy(application());
        let several = Object { assigned: Assigned::Several(vec![POLICY]), ..application() };
        let unseen = Object { assigned: Assigned::Unread, ..application() };
        let none = || tenant(&[]);
        let blocking = || tenant(&[addition()]);
        let with = |on, entries| tenant_with(&[addition()], custom(on, entries));
        for (case, object, inventory, effective, assigned) in [
            ("nothing blocks",             &free,    none(),                              "broken",    "broken"),
            ("the default blocks",         &free,    blocking(),                          "kept",      "broken"),
            ("the policy blocks",          &held,    with(true, vec![addition()]),        "kept",      "kept"),
            ("the policy has no entry",    &held,    with(true, vec![]),                  "kept",      "broken"),
            ("the policy is off",          &held,    with(false, vec![addition()]),       "undecided", "undecided"),
            ("off, the default open too",  &held,    tenant_with(&[], custom(false, vec![addition()])), "broken", "broken"),
            ("its state is unknown",       &held,    with(true, vec![unknown_state()]),   "undecided", "undecided"),
            ("the default's is unknown",   &free,    tenant(&[unknown_state()]),          "undecided", "broken"),
            ("the default is unread",      &free,    unread(none()),                      "undecided", "broken"),
            ("unread, the policy blocks",  &held,    unread(with(true, vec![addition()])), "kept",     "kept"),
            ("the assignment is unread",   &unseen,  blocking(),                          "undecided", "undecided"),
            ("several are assigned",       &several, blocking(),                          "undecided", "undecided"),
        ] {
            for (require, expected) in [(Need::Effective, effective), (Need::Assigned, assigned)] {
                let settings = Settings { require, ..Settings::default() };
                let found = rulings_by(no_restrictive_policy, object, &inventory, &settings);
                assert_eq!(gist(&found), expected, "{case}, {require:?}");
            }
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_demanded_lifetime_is_met_by_a_limit_up_to_its_maximum() {
        let kind = RestrictionKind::PasswordLifetime;
        let max = |text| MaxLifetime::parse(text).ok();
        let entry = |text| Some(lifetime(kind.clone(), text));
        for (case, entry, accepted, expected) in [
            ("a second under", entry("P89DT23H59M59S"), max("P90D"), "kept"),
            ("exactly",        entry("P90D"),           max("P90D"), "kept"),
            ("a second over",  entry("P90DT1S"),        max("P90D"), "broken"),
            ("unreadable",     entry("soon"),           max("P90D"), "undecided"),
            ("any will do",    entry("P20Y"),           None,        "kept"),
            ("none there",     None,                    max("P90D"), "broken"),
        ] {
            let demand = Demand { kind: kind.clone(), max: accepted };
            let settings = Settings { restrictive: vec![demand], ..Settings::default() };
            let inventory = tenant(entry.as_slice());
            let found = rulings_by(no_restrictive_policy, &application(), &inventory, &settings);
            assert_eq!(gist(&found), expected, "{case}");
        }
    }

    #[test]
    fn all_that_is_missing_is_named_and_managed_identities_are_left_alone() {
        let demands = [RestrictionKind::PasswordAddition, RestrictionKind::SymmetricKeyAddition];
        let restrictive = demands.clone().map(|kind| Demand { kind, max: None }).to_vec();
        let settings = Settings { restrictive, ..Settings::default() };
        let missing = Evidence::Unrestricted { missing: demands.to_vec(), need: Need::Effective };
        let inventory = tenant(&[]);
        let found = rulings_by(no_restrictive_policy, &application(), &inventory, &settings);
        assert_eq!(found, [Ruling::Broken(missing)]);
        assert_eq!(rulings_by(no_restrictive_policy, &managed_identity(), &inventory, &settings), []);
    }
}
