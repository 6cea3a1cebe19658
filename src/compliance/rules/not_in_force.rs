//! Custom policies that do not bite.

use super::super::effective::{Assignment, Scope, scope};
use super::super::words;
use super::{Case, Ruling};
use crate::domain::{CustomPolicy, Evidence, State, Why};

/// Entries of the assigned custom policy that are meant to restrict the object and do not: the
/// policy is not enabled, or their date is later than the object's creation.
pub(super) fn policy_not_in_force(case: &Case<'_>) -> Vec<Ruling> {
    if !case.policies_matter() {
        return Vec::new();
    }
    match case.policies.assignment(case.object) {
        Assignment::Nothing => Vec::new(),
        Assignment::Unknown(why) => vec![Ruling::Undecided(words::policies(&why))],
        Assignment::Policy(policy) => judge(case, policy),
    }
}

fn judge(case: &Case<'_>, policy: &CustomPolicy) -> Vec<Ruling> {
    let (mut idle, mut doubts) = (Vec::new(), Vec::new());
    for entry in policy.restrictions_for(case.object.kind()) {
        let mut doubt = |why: &Why| doubts.push(Ruling::Undecided(words::restriction(&entry.kind, why)));
        match &entry.state {
            State::Disabled => (),
            State::Other(word) => doubt(&Why::UnknownState(word.clone())),
            State::Enabled | State::Missing => match scope(case.object, entry) {
                Scope::Misses(_) => idle.push((entry.kind.clone(), entry.date())),
                Scope::Covers(_) | Scope::Unknown(_) if !policy.is_enabled => {
                    idle.push((entry.kind.clone(), None));
                }
                Scope::Covers(_) => (),
                Scope::Unknown(why) => doubt(&why),
            },
        }
    }
    if idle.is_empty() {
        return doubts;
    }
    let evidence = Evidence::NotInForce { policy: policy.id, policy_off: !policy.is_enabled, entries: idle };
    vec![Ruling::Broken(evidence)]
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{Assigned, Collection, Object, Restriction, RestrictionKind, Text};

    fn addition() -> Restriction {
        entry(RestrictionKind::PasswordAddition)
    }

    #[test]
    #[rustfmt::skip]
    fn an_entry_bites_objects_created_on_its_date_or_later() {
        let created = application().created.unwrap();
        let assumed = at("2019-01-01");
        let old = Object { created: None, ..service_principal(None) };
        for (case, object, date, expected) in [
            ("a second before",          application(), Some(created - SECOND), "kept"),
            ("the second itself",        application(), Some(created),          "kept"),
            ("a second after",           application(), Some(created + SECOND), "broken"),
            ("no date",                  application(), None,                   "kept"),
            ("the year 1",               application(), Some(at("0001-01-01")), "kept"),
            ("assumed, a second before", old.clone(),   Some(assumed - SECOND), "kept"),
            ("assumed, itself",          old.clone(),   Some(assumed),          "kept"),
            ("assumed, a second after",  old,           Some(assumed + SECOND), "broken"),
            ("no creation time",         Object { created: None, ..application() }, Some(created), "undecided"),
            ("managed identity",         managed_identity(), Some(created + SECOND), "kept"),
        ] {
            let dated = Restriction { created_on_or_after: date, ..addition() };
            let inventory = tenant_with(&[], custom(true, vec![dated]));
            let found = rulings(policy_not_in_force, &under_policy(object), &inventory);
            assert_eq!(gist(&found), expected, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn only_entries_meant_to_restrict_the_object_count() {
        let state = |state| Restriction { state, ..addition() };
        let uris = Restriction { collection: Collection::IdentifierUris, ..addition() };
        let principal = || service_principal(None);
        for (case, object, on, entry, expected) in [
            ("enabled",               application(), true,  addition(),                            "kept"),
            ("policy off",            application(), false, addition(),                            "broken"),
            ("off, state missing",    application(), false, state(State::Missing),                 "broken"),
            ("off, an exemption",     application(), false, state(State::Disabled),                "kept"),
            ("off, unknown state",    application(), false, state(State::Other(Text::new("x"))),   "undecided"),
            ("on, unknown state",     application(), true,  state(State::Other(Text::new("x"))),   "undecided"),
            ("off, for applications", application(), false, uris.clone(),                          "broken"),
            ("off, not for this kind", principal(),  false, uris,                                  "kept"),
        ] {
            let inventory = tenant_with(&[], custom(on, vec![entry]));
            let found = rulings(policy_not_in_force, &under_policy(object), &inventory);
            assert_eq!(gist(&found), expected, "{case}");
        }
    }

    #[test]
    fn what_is_assigned_has_to_be_known() {
        for (assigned, expected) in [
            (Assigned::Nothing, "kept"),
            (Assigned::Policy(POLICY), "broken"),
            (Assigned::Unread, "undecided"),
            (Assigned::Several(vec![POLICY]), "undecided"),
        ] {
            let object = Object { assigned, ..application() };
            let inventory = tenant_with(&[], custom(false, vec![addition()]));
            assert_eq!(gist(&rulings(policy_not_in_force, &object, &inventory)), expected);
        }
    }

    #[test]
    fn the_evidence_names_the_entries_and_why_each_misses() {
        let later = application().created.unwrap() + SECOND;
        let lifetime = lifetime(RestrictionKind::PasswordLifetime, "P90D");
        let dated = Restriction { created_on_or_after: Some(later), ..lifetime };
        let inventory = tenant_with(&[], custom(false, vec![addition(), dated]));
        let entries =
            vec![(RestrictionKind::PasswordAddition, None), (RestrictionKind::PasswordLifetime, Some(later))];
        let evidence = Evidence::NotInForce { policy: POLICY, policy_off: true, entries };
        let found = rulings(policy_not_in_force, &under_policy(application()), &inventory);
        assert_eq!(found, [Ruling::Broken(evidence)]);
    }
}
