//! CISA SCuBA MS.AAD.5.5v1 to 5.7v1 at each boundary.

use keysweep::compliance::frameworks::Verdict;
use keysweep::domain::{
    Actor, Assigned, CustomPolicy, Limit, ObjectId, ObjectKey, ObjectKind, Part, PolicyId, Reach,
    Restriction, RestrictionKind, State, Subject, Text,
};
use uuid::Uuid;

use super::frameworks::*;
use super::tenant::*;
use crate::draft::Draft;

const ADDITION: &str = "MS.AAD.5.5v1";
const PASSWORDS: &str = "MS.AAD.5.6v1";
const CERTIFICATES: &str = "MS.AAD.5.7v1";

fn blocks() -> [Restriction; 2] {
    [restriction(RestrictionKind::PasswordAddition), restriction(RestrictionKind::SymmetricKeyAddition)]
}

fn lifetimes(text: &str) -> [Restriction; 2] {
    [limited(RestrictionKind::PasswordLifetime, text), limited(RestrictionKind::SymmetricKeyLifetime, text)]
}

fn certificates(text: &str) -> Restriction {
    limited(RestrictionKind::AsymmetricKeyLifetime, text)
}

fn in_both(entries: impl Into<Vec<Restriction>>) -> Draft {
    let entries = entries.into();
    with_default(entries.clone(), entries)
}

/// Additions are open, so that their lifetime is asked for.
fn open() -> Draft {
    let entries: Vec<_> = lifetimes("P180D").into_iter().chain([certificates("P365D")]).collect();
    in_both(entries)
}

fn of_passwords(entries: [Restriction; 2]) -> Verdict {
    verdict(&in_both(entries), PASSWORDS)
}

#[test]
#[rustfmt::skip]
fn additions_have_to_be_blocked_for_secrets_and_symmetric_keys_of_all() {
    let date = |date: &str| blocks().map(|entry| from(entry, date)).to_vec();
    let state = |state: State| blocks().map(|entry| Restriction { state: state.clone(), ..entry }).to_vec();
    let [secrets, keys] = blocks();
    let exempting = Restriction { exempted_actors: vec![Actor(Text::new("Team equals ops"))], ..secrets.clone() };
    for (case, entries, expected, lifetimes) in [
        ("both",               blocks().to_vec(),                      Pass,    NotApplicable),
        ("secrets only",       vec![secrets.clone()],                  Fail,    Fail),
        ("symmetric keys only", vec![keys.clone()],                    Fail,    Fail),
        ("no state",           state(State::Missing),                  Pass,    NotApplicable),
        ("disabled",           state(State::Disabled),                 Fail,    Fail),
        ("unknown state",      state(paused()),                        Unknown, Unknown),
        ("year 1",             date("0001-01-01T00:00:00Z"),           Pass,    NotApplicable),
        ("year 1, its end",    date("0001-12-31T23:59:59Z"),           Pass,    NotApplicable),
        ("year 2",             date("0002-01-01T00:00:00Z"),           Fail,    Fail),
        ("past date",          date("2020-01-01T00:00:00Z"),           Fail,    Fail),
        ("future date",        date("2027-01-01T00:00:00Z"),           Fail,    Fail),
        ("exempted actors",    vec![exempting, keys],                  Pass,    NotApplicable),
        ("custom ones only",   vec![restriction(RestrictionKind::CustomPasswordAddition)], Fail, Fail),
    ] {
        let draft = in_both(entries);
        assert_eq!((verdict(&draft, ADDITION), verdict(&draft, PASSWORDS)), (expected, lifetimes), "{case}");
    }
    let actors = Restriction { exempted_actors: vec![Actor(Text::new("Team equals ops"))], ..secrets };
    let [_, keys] = blocks();
    let said = one(&in_both([actors, keys]), ADDITION).reasons.join(" ");
    assert!(said.contains("`Team equals ops`"), "{said}");
}

#[test]
#[rustfmt::skip]
fn password_lifetimes_are_180_days_stored_as_181() {
    for (text, expected) in [
        ("P180D", Pass), ("P181D", Pass), ("P182D", Fail), ("P181DT1S", Fail), ("P6M", Pass), ("P20Y", Fail), ("P4DT12H", Pass), ("P1Y", Fail),
    ] {
        assert_eq!(of_passwords(lifetimes(text)), expected, "{text}");
    }
    let [passwords, keys] = lifetimes("P180D");
    let too_long = limited(RestrictionKind::SymmetricKeyLifetime, "P1Y");
    let unreadable = Restriction { limit: Limit::Unreadable(Text::new("-P1D")), ..passwords.clone() };
    for (case, entries, expected) in [
        ("keys too long",      [passwords.clone(), too_long],                                             Fail),
        ("no limit",           [restriction(RestrictionKind::PasswordLifetime), keys.clone()],            Fail),
        ("no duration",        [unreadable, keys.clone()],                                                Unknown),
        ("past date",          [from(passwords.clone(), "2020-01-01T00:00:00Z"), keys.clone()],           Fail),
        ("year 1",             [from(passwords.clone(), "0001-01-01T00:00:00Z"), keys.clone()],           Pass),
        ("disabled",           [Restriction { state: State::Disabled, ..passwords.clone() }, keys.clone()], Fail),
        ("no state",           [Restriction { state: State::Missing, ..passwords.clone() }, keys.clone()], Pass),
        ("unknown state",      [Restriction { state: paused(), ..passwords.clone() }, keys.clone()],      Unknown),
    ] {
        assert_eq!(of_passwords(entries), expected, "{case}");
    }
    assert_eq!(verdict(&in_both([passwords]), PASSWORDS), Fail, "of secrets only");
}

#[test]
#[rustfmt::skip]
fn certificate_lifetimes_are_365_days_stored_as_366() {
    for (case, entry, expected) in [
        ("365",           certificates("P365D"),                                              Pass),
        ("a year",        certificates("P1Y"),                                                Pass),
        ("366",           certificates("P366D"),                                              Pass),
        ("367",           certificates("P367D"),                                              Fail),
        ("a second more", certificates("P366DT1S"),                                           Fail),
        ("20 years",      certificates("P20Y"),                                               Fail),
        ("no limit",      restriction(RestrictionKind::AsymmetricKeyLifetime),                Fail),
        ("past date",     from(certificates("P365D"), "2020-01-01T00:00:00Z"),                Fail),
        ("future date",   from(certificates("P365D"), "2030-01-01T00:00:00Z"),                Fail),
        ("year 1",        from(certificates("P365D"), "0001-01-01T00:00:00Z"),                Pass),
        ("disabled",      of(RestrictionKind::AsymmetricKeyLifetime, State::Disabled),        Fail),
        ("unknown state", Restriction { state: paused(), ..certificates("P365D") },           Unknown),
    ] {
        assert_eq!(verdict(&in_both([entry]), CERTIFICATES), expected, "{case}");
    }
}

/// The object under the policy was created on 2024-06-01.
#[test]
#[rustfmt::skip]
fn a_custom_policy_that_exempts_or_loosens_for_some_object_fails_the_control() {
    use RestrictionKind::{AsymmetricKeyLifetime, PasswordAddition, PasswordLifetime, SymmetricKeyAddition};
    for (case, base, id, entry, expected) in [
        ("nothing of the kind",   exemplary(), ADDITION,     restriction(RestrictionKind::CustomPasswordAddition), Pass),
        ("exempts secrets",       exemplary(), ADDITION,     of(PasswordAddition, State::Disabled),                Fail),
        ("exempts keys",          exemplary(), ADDITION,     of(SymmetricKeyAddition, State::Disabled),            Fail),
        ("blocks too",            exemplary(), ADDITION,     restriction(PasswordAddition),                        Pass),
        ("without state",         exemplary(), ADDITION,     of(PasswordAddition, State::Missing),                 Pass),
        ("unknown state",         exemplary(), ADDITION,     of(PasswordAddition, paused()),                       Unknown),
        ("for older ones",        exemplary(), ADDITION,     from(restriction(PasswordAddition), "2024-06-02T00:00:00Z"), Fail),
        ("for none of its own",   exemplary(), ADDITION,     from(restriction(PasswordAddition), "2024-06-01T00:00:00Z"), Pass),
        ("exempts lifetimes",     open(),      PASSWORDS,    of(PasswordLifetime, State::Disabled),                Fail),
        ("181 days",              open(),      PASSWORDS,    limited(PasswordLifetime, "P181D"),                   Pass),
        ("a year",                open(),      PASSWORDS,    limited(PasswordLifetime, "P1Y"),                     Fail),
        ("no limit",              open(),      PASSWORDS,    restriction(PasswordLifetime),                        Fail),
        ("shorter",               open(),      PASSWORDS,    limited(PasswordLifetime, "P30D"),                    Pass),
        ("exempts certificates",  exemplary(), CERTIFICATES, of(AsymmetricKeyLifetime, State::Disabled),           Fail),
        ("looser, but no longer", exemplary(), CERTIFICATES, limited(AsymmetricKeyLifetime, "P366D"),              Pass),
        ("two years",             exemplary(), CERTIFICATES, limited(AsymmetricKeyLifetime, "P2Y"),                Fail),
        ("20 years",              exemplary(), CERTIFICATES, limited(AsymmetricKeyLifetime, "P20Y"),               Fail),
    ] {
        let mut draft = base;
        draft.custom_policies[0].restrictions = vec![entry];
        assert_eq!(verdict(&draft, id), expected, "{case}");
        // Assigned to nothing, it loosens nothing.
        draft.custom_policies[0].applies_to = Reach::Known(Vec::new());
        draft.objects[UNDER_POLICY].assigned = Assigned::Nothing;
        assert_eq!(verdict(&draft, id), Pass, "{case}, assigned to nothing");
    }
}

#[test]
fn an_exempted_application_is_named_with_its_policy() {
    let draft = with_policy(vec![
        of(RestrictionKind::PasswordAddition, State::Disabled),
        of(RestrictionKind::SymmetricKeyAddition, State::Disabled),
    ]);
    let found = one(&draft, ADDITION);
    assert_eq!(found.verdict, Fail);
    assert_eq!(
        found.reasons,
        [
            format!("Custom policy “Short certificates” ({POLICY}) exempts 1 object from passwordAddition."),
            format!(
                "Custom policy “Short certificates” ({POLICY}) exempts 1 object from symmetricKeyAddition."
            ),
        ]
    );
    let named: Vec<_> =
        found.objects.iter().map(|one| (one.kind, one.id.clone(), one.name.as_str())).collect();
    let ledger = &draft.objects[UNDER_POLICY];
    assert_eq!(
        named,
        [
            (Subject::Policy, POLICY.to_string(), "Short certificates"),
            (Subject::Application, ledger.id.to_string(), "Ledger"),
        ]
    );
    assert_eq!(found.object_count, 2);
    // Its secrets are open, so how long they live is asked for, and kept to.
    assert_eq!(verdict(&draft, PASSWORDS), Pass);
}

#[test]
fn a_custom_policy_that_is_off_leaves_it_open() {
    for entry in [
        of(RestrictionKind::PasswordAddition, State::Disabled),
        restriction(RestrictionKind::PasswordAddition),
    ] {
        let mut draft = with_policy(vec![entry]);
        draft.custom_policies[0].is_enabled = false;
        let found = one(&draft, ADDITION);
        assert_eq!(found.verdict, Unknown);
        assert!(found.reasons[0].contains("is not enabled"), "{:?}", found.reasons);
        assert_eq!(verdict(&draft, PASSWORDS), Unknown);
        assert_eq!(verdict(&draft, CERTIFICATES), Pass);
    }
}

#[test]
fn whatever_a_policy_exempts_is_seen_without_the_tenant_default_too() {
    let mut draft = with_policy(vec![of(RestrictionKind::PasswordAddition, State::Disabled)]);
    draft.tenant_default = None;
    assert_eq!(verdict(&draft, ADDITION), Fail);
    assert_eq!(verdict(&draft, PASSWORDS), Unknown);
}

#[test]
fn assignments_that_were_not_read_leave_it_open_unless_it_fails_anyway() {
    let exempting = of(RestrictionKind::PasswordAddition, State::Disabled);
    let unread = |mut draft: Draft, seen: Vec<ObjectKey>| {
        for object in &mut draft.objects {
            let known = seen.contains(&object.key());
            object.assigned = if known { Assigned::Policy(POLICY) } else { Assigned::Unread };
        }
        draft.custom_policies[0].applies_to = Reach::Partly(seen);
        draft.gaps = vec![gap(Part::Assignments(POLICY))];
        draft
    };
    let none = unread(with_policy(vec![exempting.clone()]), Vec::new());
    assert_eq!((verdict(&none, ADDITION), verdict(&none, CERTIFICATES)), (Unknown, Pass));
    assert!(one(&none, ADDITION).reasons[0].contains("could not be read to which objects"));

    let base = with_policy(vec![exempting]);
    let ledger = base.objects[UNDER_POLICY].key();
    let some = unread(base, vec![ledger]);
    assert_eq!(verdict(&some, ADDITION), Fail);

    // Wherever it is assigned, it asks for no less.
    let strict = unread(with_policy(vec![restriction(RestrictionKind::PasswordAddition)]), Vec::new());
    assert_eq!(verdict(&strict, ADDITION), Pass);
    let mut off = strict;
    off.custom_policies[0].is_enabled = false;
    assert_eq!(verdict(&off, ADDITION), Unknown);
}

#[test]
fn custom_policies_that_could_not_all_be_listed_leave_it_open() {
    let mut draft = exemplary();
    draft.gaps = vec![gap(Part::CustomPolicies)];
    for id in [ADDITION, PASSWORDS, CERTIFICATES] {
        assert_eq!(verdict(&draft, id), Unknown, "{id}");
    }
    draft.custom_policies[0].restrictions = vec![of(RestrictionKind::PasswordAddition, State::Disabled)];
    assert_eq!(verdict(&draft, ADDITION), Fail);
}

#[test]
fn an_object_under_two_policies_at_once_is_undecided() {
    let mut draft = exemplary();
    let second = PolicyId(Uuid::from_u128(0x2001));
    let exempting = vec![of(RestrictionKind::PasswordAddition, State::Disabled)];
    let first = &draft.custom_policies[0];
    let other = CustomPolicy { id: second, restrictions: exempting, ..first.clone() };
    draft.custom_policies.push(other);
    draft.objects[UNDER_POLICY].assigned = Assigned::Several(vec![POLICY, second]);
    assert_eq!(verdict(&draft, ADDITION), Unknown);
    // Neither of them says anything about certificates that would matter.
    assert_eq!(verdict(&draft, CERTIFICATES), Pass);
}

#[test]
fn objects_that_were_not_listed_count_by_what_is_known_of_their_policy() {
    let stranger = ObjectKey { kind: ObjectKind::ServicePrincipal, id: ObjectId(Uuid::from_u128(0xFACE)) };
    let with = |entry: Restriction| {
        let mut draft = with_policy(vec![entry]);
        draft.objects[UNDER_POLICY].assigned = Assigned::Nothing;
        draft.custom_policies[0].applies_to = Reach::Known(vec![stranger]);
        draft
    };
    let found = one(&with(of(RestrictionKind::PasswordAddition, State::Disabled)), ADDITION);
    assert_eq!(found.verdict, Fail);
    assert_eq!(
        (found.objects[1].kind, found.objects[1].id.clone()),
        (Subject::ServicePrincipal, stranger.id.to_string())
    );
    let dated = from(restriction(RestrictionKind::PasswordAddition), "2020-01-01T00:00:00Z");
    assert_eq!(verdict(&with(dated), ADDITION), Unknown);
    assert_eq!(verdict(&with(restriction(RestrictionKind::PasswordAddition)), ADDITION), Pass);
}

#[test]
fn a_managed_identity_under_a_policy_is_none_of_its_business() {
    let mut draft = with_policy(vec![of(RestrictionKind::PasswordAddition, State::Disabled)]);
    draft.objects[UNDER_POLICY].assigned = Assigned::Nothing;
    draft.custom_policies[0].applies_to = Reach::Known(vec![draft.objects[IDENTITY].key()]);
    draft.objects[IDENTITY].assigned = Assigned::Policy(POLICY);
    assert_eq!(verdict(&draft, ADDITION), Pass);
}

#[test]
fn of_many_exempted_objects_a_hundred_are_named_and_all_counted() {
    let mut draft = with_policy(vec![of(RestrictionKind::PasswordAddition, State::Disabled)]);
    let more: Vec<_> = (0..500)
        .map(|number| keysweep::domain::Object {
            assigned: Assigned::Policy(POLICY),
            ..object(1000 + number, "Batch", draft.objects[UNDER_POLICY].details.clone())
        })
        .collect();
    draft.objects.extend(more);
    let found = one(&draft, ADDITION);
    assert_eq!((found.objects.len(), found.object_count), (100, 502));
    assert_eq!(found.reasons.len(), 1);
}
