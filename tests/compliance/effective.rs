//! The effective restriction, case by case, with who decides it and why (DESIGN §2.1).

use chrono::TimeDelta;
use keysweep::compliance::{Outcome, Policies, RestrictionType, Settings};
use keysweep::domain::{
    Actor, Assigned, Collection, DecidedBy, Object, Restriction, RestrictionKind, SecretCreation, State,
    Text, Why,
};

use super::tenant::*;
use crate::draft::Draft;

const ADDITION: RestrictionKind = RestrictionKind::PasswordAddition;

fn addition(state: State) -> Restriction {
    Restriction { state, ..restriction(ADDITION) }
}

fn paused() -> State {
    State::Other(Text::new("paused"))
}

/// The application under the policy, in a tenant whose default and custom policy have these entries.
fn tenant(default: &[Restriction], custom: &[Restriction], custom_on: bool) -> Draft {
    let mut inventory = compliant_tenant();
    tenant_default(&mut inventory).application_restrictions = default.to_vec();
    tenant_default(&mut inventory).service_principal_restrictions = default.to_vec();
    inventory.custom_policies[0].restrictions = custom.to_vec();
    inventory.custom_policies[0].is_enabled = custom_on;
    inventory
}

fn verdict(inventory: &Draft, index: usize) -> (SecretCreation, Option<DecidedBy>, Why) {
    let assessment = assess(inventory, &Settings::default());
    let verdict = assessment.objects[index].secret_creation.clone();
    (verdict.creation, verdict.decided_by, verdict.why)
}

#[test]
#[rustfmt::skip]
fn the_custom_entry_decides_and_the_default_where_there_is_none() {
    use SecretCreation::{Allowed, Blocked, Unknown};
    use State::{Disabled, Enabled, Missing};
    let policy = Some(DecidedBy::Policy(POLICY));
    let default = Some(DecidedBy::TenantDefault);
    let nothing = Some(DecidedBy::Nothing);
    let state = || Why::UnknownState(Text::new("paused"));
    for (case, on, custom, alone, expected) in [
        ("neither has an entry",        true,  None,           None,           (Allowed, nothing, Why::NoEntry)),
        ("the default blocks",          true,  None,           Some(Enabled),  (Blocked, default, Why::ForAll)),
        ("the default's has no state",  true,  None,           Some(Missing),  (Blocked, default, Why::ForAll)),
        ("the default's is disabled",   true,  None,           Some(Disabled), (Allowed, default, Why::EntryDisabled)),
        ("the default's is unknown",    true,  None,           Some(paused()), (Unknown, default, state())),
        ("the policy blocks",           true,  Some(Enabled),  None,           (Blocked, policy, Why::ForAll)),
        ("its entry has no state",      true,  Some(Missing),  None,           (Blocked, policy, Why::ForAll)),
        ("it exempts",                  true,  Some(Disabled), Some(Enabled),  (Allowed, policy, Why::Exempted)),
        ("it exempts from nothing",     true,  Some(Disabled), None,           (Allowed, policy, Why::Exempted)),
        ("its state is unknown",        true,  Some(paused()), Some(Enabled),  (Unknown, policy, state())),
        ("unknown, nothing beneath",    true,  Some(paused()), None,           (Unknown, policy, state())),
        ("off, the default blocks",     false, Some(Enabled),  Some(Enabled),  (Unknown, policy, Why::PolicyOff)),
        ("off, the default may block",  false, Some(Enabled),  Some(paused()), (Unknown, policy, Why::PolicyOff)),
        ("off, nothing beneath",        false, Some(Enabled),  None,           (Allowed, policy, Why::PolicyOffDefaultOpen)),
        ("off, a disabled one beneath", false, Some(Enabled),  Some(Disabled), (Allowed, policy, Why::PolicyOffDefaultOpen)),
        ("off, it would exempt",        false, Some(Disabled), Some(Enabled),  (Unknown, policy, Why::PolicyOff)),
        ("off, without an entry",       false, None,           Some(Enabled),  (Blocked, default, Why::ForAll)),
    ] {
        let entries = |state: Option<State>| state.map(addition).into_iter().collect::<Vec<_>>();
        let inventory = tenant(&entries(alone), &entries(custom), on);
        assert_eq!(verdict(&inventory, UNDER_POLICY), expected, "{case}");
    }
}

#[test]
fn a_default_that_is_off_restricts_nothing_and_lets_the_policy_stand() {
    let mut inventory = tenant(&[addition(State::Enabled)], &[addition(State::Enabled)], true);
    tenant_default(&mut inventory).is_enabled = false;
    let open = (SecretCreation::Allowed, Some(DecidedBy::Nothing), Why::DefaultOff);
    assert_eq!(verdict(&inventory, APPLICATION), open);
    let blocked = (SecretCreation::Blocked, Some(DecidedBy::Policy(POLICY)), Why::ForAll);
    assert_eq!(verdict(&inventory, UNDER_POLICY), blocked);

    inventory.custom_policies[0].is_enabled = false;
    let open = (SecretCreation::Allowed, Some(DecidedBy::Policy(POLICY)), Why::PolicyOffDefaultOpen);
    assert_eq!(verdict(&inventory, UNDER_POLICY), open);
    inventory.tenant_default = None;
    let unknown = (SecretCreation::Unknown, Some(DecidedBy::Policy(POLICY)), Why::PolicyOff);
    assert_eq!(verdict(&inventory, UNDER_POLICY), unknown, "the default unread");
}

#[test]
fn each_kind_of_object_has_its_own_half() {
    let mut inventory = tenant(&[addition(State::Enabled)], &[], true);
    tenant_default(&mut inventory).service_principal_restrictions.clear();
    assert_eq!(verdict(&inventory, APPLICATION).0, SecretCreation::Blocked);
    assert_eq!(verdict(&inventory, PRINCIPAL).0, SecretCreation::Allowed);
}

#[test]
#[rustfmt::skip]
fn a_date_covers_objects_created_on_it_or_later() {
    use SecretCreation::{Allowed, Blocked, Unknown};
    let second = TimeDelta::seconds(1);
    let (created, start_of_2019) = (day("2024-06-01"), day("2019-01-01"));
    let year_1 = (day("0001-01-01"), "0001-12-31T23:59:59Z".parse().unwrap());
    for (case, index, known, date, expected) in [
        ("a second before",        APPLICATION, true,  created - second,       Blocked),
        ("the second itself",      APPLICATION, true,  created,                Blocked),
        ("a second after",         APPLICATION, true,  created + second,       Allowed),
        ("a part of a second",     APPLICATION, true,  created + TimeDelta::nanoseconds(100), Allowed),
        ("a future date",          APPLICATION, true,  day("2099-01-01"),      Allowed),
        ("the start of year 1",    APPLICATION, false, year_1.0,               Blocked),
        ("the end of year 1",      APPLICATION, false, year_1.1,               Blocked),
        ("the year 2",             APPLICATION, false, day("0002-01-01"),      Unknown),
        ("no creation time",       APPLICATION, false, created,                Unknown),
        ("principal, before",      PRINCIPAL,   true,  created - second,       Blocked),
        ("principal, after",       PRINCIPAL,   true,  created + second,       Allowed),
        ("assumed, before",        PRINCIPAL,   false, start_of_2019 - second, Blocked),
        ("assumed, the second",    PRINCIPAL,   false, start_of_2019,          Blocked),
        ("assumed, after",         PRINCIPAL,   false, start_of_2019 + second, Allowed),
    ] {
        let dated = Restriction { created_on_or_after: Some(date), ..addition(State::Enabled) };
        let mut inventory = tenant(&[dated], &[], true);
        if !known {
            inventory.objects[index].created = None;
        }
        assert_eq!(verdict(&inventory, index).0, expected, "{case}");
    }
}

#[test]
fn the_reason_gives_the_dates() {
    let (date, created) = (day("2025-01-01"), day("2024-06-01"));
    let dated = Restriction { created_on_or_after: Some(date), ..addition(State::Enabled) };
    let mut inventory = tenant(&[dated], &[], true);
    inventory.objects[VENDOR].created = None;
    let why = |index| verdict(&inventory, index).2;
    assert_eq!(why(APPLICATION), Why::OlderThanDate { date, created, assumed: false });
    let created = day("2019-01-01");
    assert_eq!(why(VENDOR), Why::OlderThanDate { date, created, assumed: true });

    inventory.objects[APPLICATION].created = None;
    assert_eq!(verdict(&inventory, APPLICATION).2, Why::NoCreationTime { date });
    inventory.objects[APPLICATION].created = Some(date);
    assert_eq!(verdict(&inventory, APPLICATION).2, Why::Since { date, created: date, assumed: false });
}

#[test]
fn exempted_actors_leave_a_block_for_everybody_else() {
    let exempted_actors = vec![Actor(Text::new("Auditors_Exempt equals yes"))];
    let leaky = Restriction { exempted_actors, ..addition(State::Enabled) };
    let inventory = tenant(&[leaky], &[], true);
    assert_eq!(verdict(&inventory, APPLICATION).0, SecretCreation::BlockedWithExemptions);
}

#[test]
fn neither_a_lifetime_nor_a_ban_on_chosen_secrets_blocks() {
    let entries = [
        limited(RestrictionKind::PasswordLifetime, "P30D"),
        restriction(RestrictionKind::CustomPasswordAddition),
    ];
    assert_eq!(verdict(&tenant(&entries, &[], true), APPLICATION).0, SecretCreation::Allowed);
}

#[test]
fn policies_are_merged_restriction_by_restriction() {
    let lifetime = RestrictionKind::PasswordLifetime;
    let inventory = tenant(&[addition(State::Enabled)], &[limited(lifetime.clone(), "P30D")], true);
    let whole = inventory.inventory();
    let policies = Policies::of(&whole);
    let decided_by = |kind: &RestrictionKind| {
        policies.effective(&inventory.objects[UNDER_POLICY], RestrictionType::of(kind)).decided_by
    };
    assert_eq!(decided_by(&ADDITION), Some(DecidedBy::TenantDefault));
    assert_eq!(decided_by(&lifetime), Some(DecidedBy::Policy(POLICY)));
}

#[test]
fn a_word_in_another_collection_is_another_type() {
    let misplaced = Restriction { collection: Collection::KeyCredentials, ..addition(State::Enabled) };
    let inventory = tenant(&[], &[misplaced], true);
    assert_eq!(verdict(&inventory, UNDER_POLICY).0, SecretCreation::Allowed);
}

#[test]
fn restrictions_for_applications_alone_do_not_reach_service_principals() {
    let kind = RestrictionKind::Other(Text::new("nonDefaultUriAddition"));
    let uris = Restriction { collection: Collection::IdentifierUris, ..restriction(kind.clone()) };
    let inventory = tenant(&[], &[uris], true);
    let whole = inventory.inventory();
    let policies = Policies::of(&whole);
    let outcome = |object: &Object| policies.effective(object, RestrictionType::of(&kind)).outcome;
    assert!(matches!(outcome(&inventory.objects[UNDER_POLICY]), Outcome::Enforced(_)));
    let held = Object { assigned: Assigned::Policy(POLICY), ..inventory.objects[PRINCIPAL].clone() };
    assert_eq!(outcome(&held), Outcome::Open);
}
