//! CIS Microsoft 365 Foundations v7.0.0, 5.1.5.3 to 5.1.5.6, at each boundary. Today is 2026-03-01.

use keysweep::compliance::frameworks::Verdict;
use keysweep::domain::{Actor, Limit, Restriction, RestrictionKind, State, Text};

use super::frameworks::*;
use super::tenant::*;

fn kinds() -> [(&'static str, RestrictionKind); 4] {
    [
        ("5.1.5.3", RestrictionKind::PasswordAddition),
        ("5.1.5.4", RestrictionKind::PasswordLifetime),
        ("5.1.5.5", RestrictionKind::CustomPasswordAddition),
        ("5.1.5.6", RestrictionKind::AsymmetricKeyLifetime),
    ]
}

fn entry(kind: &RestrictionKind) -> Restriction {
    if kind.is_lifetime() { limited(kind.clone(), "P180D") } else { restriction(kind.clone()) }
}

/// The verdict where both halves have this entry and nothing else.
fn of_both(id: &str, entry: Restriction) -> Verdict {
    verdict(&with_default(vec![entry.clone()], vec![entry]), id)
}

#[test]
#[rustfmt::skip]
fn each_asks_for_its_own_restriction_enabled_and_begun() {
    for (id, kind) in kinds() {
        for (case, entry, expected) in [
            ("enabled",           entry(&kind),                                                           Pass),
            ("no state",          Restriction { state: State::Missing, ..entry(&kind) },                  Pass),
            ("disabled",          Restriction { state: State::Disabled, ..entry(&kind) },                 Fail),
            ("unknown state",     Restriction { state: paused(), ..entry(&kind) },                        Unknown),
            ("year 1",            from(entry(&kind), "0001-01-01T00:00:00Z"),                             Pass),
            ("long past",         from(entry(&kind), "2019-10-19T10:37:00Z"),                             Pass),
            ("now",               from(entry(&kind), "2026-03-01T00:00:00Z"),                             Pass),
            ("a second from now", from(entry(&kind), "2026-03-01T00:00:01Z"),                             Fail),
            ("future",            from(entry(&kind), "2027-01-01T00:00:00Z"),                             Fail),
            ("unknown, future",   Restriction { state: paused(), ..from(entry(&kind), "2027-01-01T00:00:00Z") }, Fail),
            ("exempted actors",   Restriction { exempted_actors: vec![Actor(Text::new("Team equals ops"))], ..entry(&kind) }, Pass),
        ] {
            assert_eq!(of_both(id, entry), expected, "{id}: {case}");
        }
        assert_eq!(verdict(&with_default(vec![], vec![]), id), Fail, "{id}: no entry");
        assert_eq!(verdict(&with_default(vec![entry(&kind)], vec![]), id), Fail, "{id}: applications only");
        assert_eq!(verdict(&with_default(vec![], vec![entry(&kind)]), id), Fail, "{id}: service principals only");
        let unknown = Restriction { state: paused(), ..entry(&kind) };
        assert_eq!(verdict(&with_default(vec![unknown.clone()], vec![]), id), Fail, "{id}: unknown and none");
        assert_eq!(verdict(&with_default(vec![entry(&kind)], vec![unknown]), id), Unknown, "{id}: good and unknown");
    }
}

#[test]
#[rustfmt::skip]
fn lifetimes_are_compared_as_durations_with_no_day_to_spare() {
    for id in ["5.1.5.4", "5.1.5.6"] {
        let kind = kinds().into_iter().find(|(other, _)| *other == id).unwrap().1;
        for (text, expected) in [
            ("P180D", Pass), ("P181D", Fail), ("P179D", Pass), ("P6M", Pass), ("P20Y", Fail), ("P4DT12H", Pass),
            ("P4DT12H30M5S", Pass), ("P180DT1S", Fail), ("P25W", Pass), ("P26W", Fail), ("P7M", Fail), ("P1Y", Fail), ("PT0S", Pass),
        ] {
            assert_eq!(of_both(id, limited(kind.clone(), text)), expected, "{id}: {text}");
        }
        assert_eq!(of_both(id, restriction(kind.clone())), Fail, "{id}: no limit");
        let limit = Limit::Unreadable(Text::new("180 days"));
        assert_eq!(of_both(id, Restriction { limit, ..restriction(kind.clone()) }), Unknown, "{id}: no duration");
    }
}

#[test]
fn the_block_on_secrets_does_not_stand_for_their_lifetime_nor_for_custom_ones() {
    let blocked = vec![restriction(RestrictionKind::PasswordAddition)];
    let draft = with_default(blocked.clone(), blocked);
    let found: Vec<_> = kinds().map(|(id, _)| verdict(&draft, id)).into();
    assert_eq!(found, [Pass, Fail, Fail, Fail]);
}

/// "All applications with exclusions (if using exclusions, verify they are reviewed annually)."
#[test]
fn exclusions_are_accepted_and_said() {
    for (id, kind) in kinds() {
        let excluding = of(kind.clone(), State::Disabled);
        let found = one(&with_policy(vec![excluding.clone()]), id);
        assert_eq!(found.verdict, Pass, "{id}");
        assert!(found.reasons[1].contains("excludes 1 object from"), "{id}: {:?}", found.reasons);
        assert_eq!((found.objects[0].id.clone(), found.object_count), (POLICY.to_string(), 1), "{id}");

        let mut off = with_policy(vec![excluding]);
        off.custom_policies[0].is_enabled = false;
        assert_eq!(one(&off, id).reasons.len(), 1, "{id}: a policy that is off excludes nothing for sure");
    }
}
