//! A second reading of DESIGN §2.4 and of `compliance` in §4, written from the text: it asks of every
//! finding which exceptions speak of it, and decides what is undecided by trying every way in which it
//! may turn out. Both readings have to agree on whatever is generated.

use std::collections::BTreeSet;

use keysweep::compliance::Settings;
use keysweep::domain::{
    AppId, Compliance, Covered, Evidence, Exception, ExceptionState, Finding, Gap, KeyType, ObjectId, Owners,
    Part, RuleId, Severity, Status, Text, Undecided, Whom,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::exceptions::{date, excepting};
use super::generated::inventories;
use super::tenant::*;
use crate::draft::Draft;

const NAMES: [&str; 6] = ["Legacy A", "legacy b", "LEGACY", "Straße 7", "*", ""];
const PATTERNS: [&str; 9] =
    ["Legacy*", "*A", "?egacy b", "legacy", "straße ?", "STRASSE 7", "*", "**?", "x*"];

/// Objects with names, ids, secrets and owners; some share an app id.
fn tenants() -> impl Strategy<Value = Draft> {
    let object = (prop::sample::select(&NAMES[..]), 0..4_u128, 0..5_u8, 0..3_u8);
    (inventories(), prop::collection::vec(object, 8), prop::bool::weighted(0.2)).prop_map(
        |(mut inventory, objects, cut)| {
            let traits = inventory.objects.iter_mut().zip(objects).enumerate();
            for (index, (object, (name, app, credential, owners))) in traits {
                object.id = ObjectId(Uuid::from_u128(0x100 + index as u128));
                object.app_id = (app > 0).then(|| AppId(Uuid::from_u128(0x200 + app)));
                object.display_name = Text::new(name);
                match credential {
                    0 => object.passwords = vec![secret(1, 90), secret(1, 10)],
                    1 => object.passwords = vec![secret(90, -1)],
                    2 => object.keys = vec![key(KeyType::Certificate, 0, 500)],
                    3 => object.keys = vec![key(KeyType::Other(None), 1, 90)],
                    _ => (),
                }
                object.owners = match owners {
                    0 => Owners::Nobody,
                    1 => Owners::Unread,
                    _ => Owners::Somebody,
                };
            }
            if cut {
                inventory.gaps = vec![Gap { part: Part::Owners, reason: Text::new("refused") }];
            }
            inventory
        },
    )
}

fn exceptions() -> impl Strategy<Value = Vec<Exception>> {
    let id = prop_oneof![
        4 => (0x100..0x109_u128).prop_map(Uuid::from_u128),
        2 => (0x201..0x205_u128).prop_map(Uuid::from_u128),
        1 => Just(POLICY.0),
        1 => Just(TENANT.0),
    ];
    let whom = prop_oneof![
        id.prop_map(Whom::Id),
        prop::sample::select(&PATTERNS[..]).prop_map(|pattern| Whom::Name(pattern.to_owned())),
    ];
    let rules = prop_oneof![
        1 => Just(Vec::new()),
        3 => prop::sample::subsequence(RuleId::ALL.to_vec(), 1..8),
    ];
    let day =
        prop::sample::select(vec!["2026-02-28", "2026-03-01", "2026-03-02", "2020-01-01", "2027-01-01"]);
    let exception = (whom, rules, day)
        .prop_map(|(whom, rules, day)| Exception { expires: date(day), ..excepting(whom, &rules) });
    prop::collection::vec(exception, 0..6)
}

fn all_settings() -> impl Strategy<Value = Settings> {
    let threshold =
        prop::sample::select(vec![Severity::Info, Severity::Low, Severity::Medium, Severity::High]);
    let off = prop::sample::subsequence(RuleId::ALL.to_vec(), 0..4);
    let elsewhere = prop::collection::btree_set(0..6_usize, 0..2);
    (exceptions(), threshold, off, elsewhere).prop_map(
        |(exceptions, compliance_threshold, off, used_elsewhere)| Settings {
            exceptions,
            compliance_threshold,
            severities: off.into_iter().map(|rule| (rule, None)).collect(),
            used_elsewhere,
            ..Settings::default()
        },
    )
}

/// What a finding is about, as far as exceptions can name it.
struct Subject {
    ids: Vec<Uuid>,
    name: Option<String>,
}

impl Subject {
    fn of_object(inventory: &Draft, index: usize) -> Self {
        let object = &inventory.objects[index];
        let ids = [Some(object.id.0), object.app_id.map(|id| id.0)].into_iter().flatten().collect();
        Self { ids, name: Some(object.display_name.to_string()) }
    }

    fn of_id(id: Uuid) -> Self {
        Self { ids: vec![id], name: None }
    }

    fn is_named_by(&self, exception: &Exception) -> bool {
        match (&exception.whom, &self.name) {
            (Whom::Id(id), _) => self.ids.contains(id),
            (Whom::Name(_), None) => false,
            (Whom::Name(pattern), Some(name)) => {
                let signs: Vec<char> = pattern.to_lowercase().chars().collect();
                let letters: Vec<char> = name.to_lowercase().chars().collect();
                like(&signs, &letters)
            }
        }
    }

    fn is_covered(&self, rule: RuleId, exception: &Exception) -> bool {
        let about_exceptions = ["exception-expired", "exception-stale"].contains(&rule.as_str());
        let listed = match &exception.rules {
            Covered::All => true,
            Covered::These(rules) => rules.iter().any(|listed| *listed == rule),
        };
        !about_exceptions && listed && self.is_named_by(exception)
    }

    /// The place of the first exception that holds on the day everything is judged by.
    fn excepted_by(&self, rule: RuleId, exceptions: &[Exception]) -> Option<usize> {
        exceptions.iter().position(|exception| holds(exception) && self.is_covered(rule, exception))
    }
}

fn holds(exception: &Exception) -> bool {
    exception.expires >= now().date_naive()
}

fn like(signs: &[char], letters: &[char]) -> bool {
    match (signs, letters) {
        ([], []) => true,
        (['*', rest @ ..], _) => (0..=letters.len()).any(|taken| like(rest, &letters[taken..])),
        (['?', rest @ ..], [_, later @ ..]) => like(rest, later),
        ([sign, rest @ ..], [letter, later @ ..]) => sign == letter && like(rest, later),
        _ => false,
    }
}

/// In every way in which what is undecided may turn out: is there an open finding that counts, and an
/// excepted one?
fn compliance(
    subject: &Subject,
    findings: &[Finding],
    undecided: &[Undecided],
    settings: &Settings,
) -> Compliance {
    let add = |(open, excepted): (bool, bool), rule: RuleId, severity: Severity| {
        let counts = severity >= settings.compliance_threshold;
        let accepted = subject.excepted_by(rule, &settings.exceptions).is_some();
        (open || (counts && !accepted), excepted || (counts && accepted))
    };
    let certain =
        findings.iter().fold((false, false), |world, finding| add(world, finding.rule, finding.severity));
    let mut verdicts = BTreeSet::from([certain]);
    for doubt in undecided {
        let broken: Vec<_> = verdicts.iter().map(|world| add(*world, doubt.rule, doubt.severity)).collect();
        verdicts.extend(broken);
    }
    if verdicts.iter().all(|(open, _)| *open) {
        Compliance::NonCompliant
    } else if verdicts.iter().any(|(open, _)| *open) {
        Compliance::Unknown
    } else if certain.1 {
        Compliance::Excepted
    } else if verdicts.iter().any(|(_, excepted)| *excepted) {
        Compliance::Unknown
    } else {
        Compliance::Compliant
    }
}

proptest! {
    /// `PROPTEST_CASES` says how many inventories, of eight objects each, are tried.
    #[test]
    fn both_readings_agree_on_what_is_excepted(inventory in tenants(), settings in all_settings()) {
        let exceptions = &settings.exceptions;
        let plain = assess(&inventory, &Settings { exceptions: vec![], ..settings.clone() });
        let found = assess(&inventory, &settings);
        let mut seen = Vec::new();

        let excepted = |subject: &Subject, finding: &Finding| {
            let place = subject.excepted_by(finding.rule, exceptions);
            Finding { status: place.map_or(Status::Open, Status::Excepted), ..finding.clone() }
        };
        for (index, (plain, found)) in plain.objects.iter().zip(&found.objects).enumerate() {
            let subject = Subject::of_object(&inventory, index);
            let expected: Vec<_> = plain.findings.iter().map(|finding| excepted(&subject, finding)).collect();
            prop_assert_eq!(&found.findings, &expected);
            prop_assert_eq!(&found.undecided, &plain.undecided);
            prop_assert_eq!(&found.secret_creation, &plain.secret_creation);
            let expected = compliance(&subject, &plain.findings, &plain.undecided, &settings);
            prop_assert_eq!(found.compliance, expected);
            let worst = found.findings.iter().filter(|finding| finding.status == Status::Open);
            prop_assert_eq!(found.worst_severity(), worst.map(|finding| finding.severity).max());
            prop_assert!(
                !(plain.compliance != Compliance::Compliant && found.compliance == Compliance::Compliant),
                "nothing becomes compliant by being accepted"
            );
            seen.push((subject, found.findings.clone(), found.undecided.clone()));
        }

        prop_assert_eq!(&found.undecided, &plain.undecided);
        prop_assert_eq!(found.policies.len(), plain.policies.len());
        for policy in &inventory.custom_policies {
            let subject = Subject::of_id(policy.id.0);
            let of = |all: &[(_, Finding)]| -> Vec<Finding> {
                let of_it = all.iter().filter(|(id, _)| *id == policy.id);
                of_it.map(|(_, finding)| finding.clone()).collect()
            };
            let expected: Vec<_> = of(&plain.policies).iter().map(|one| excepted(&subject, one)).collect();
            prop_assert_eq!(of(&found.policies), expected);
            let doubts = found.undecided.iter().filter(|(id, _)| *id == Some(policy.id));
            seen.push((subject, of(&found.policies), doubts.map(|(_, doubt)| doubt.clone()).collect()));
        }

        let subject = Subject::of_id(inventory.tenant.0);
        let (of_tenant, about): (Vec<_>, Vec<_>) =
            found.tenant.iter().cloned().partition(|finding| finding.evidence.exception().is_none());
        let expected: Vec<_> = plain.tenant.iter().map(|finding| excepted(&subject, finding)).collect();
        prop_assert_eq!(&of_tenant, &expected);
        let doubts = found.undecided.iter().filter(|(id, _)| id.is_none());
        seen.push((subject, of_tenant, doubts.map(|(_, doubt)| doubt.clone()).collect()));

        prop_assert_eq!(found.exceptions.len(), exceptions.len());
        let mut expected_rules = Vec::new();
        for (place, (exception, review)) in exceptions.iter().zip(&found.exceptions).enumerate() {
            let mut matched = 0;
            let mut counted = 0;
            let mut doubtful = !inventory.gaps.is_empty();
            for (subject, findings, undecided) in &seen {
                for finding in findings.iter().filter(|one| subject.is_covered(one.rule, exception)) {
                    matched += 1;
                    let mine = if holds(exception) { Status::Excepted(place) } else { Status::Open };
                    counted += usize::from(finding.status == mine);
                }
                doubtful |= undecided.iter().any(|doubt| subject.is_covered(doubt.rule, exception));
            }
            let state = if !holds(exception) {
                ExceptionState::Expired
            } else if matched == 0 && !doubtful && !settings.used_elsewhere.contains(&place) {
                ExceptionState::Stale
            } else {
                ExceptionState::InForce
            };
            let named = seen.iter().any(|(subject, ..)| subject.is_named_by(exception));
            prop_assert_eq!(review.state, state);
            prop_assert_eq!(review.findings, counted);
            prop_assert_eq!(review.matches_objects, named);
            prop_assert_eq!(review.used, matched > 0 || doubtful);
            match state {
                ExceptionState::Expired => expected_rules.push((RuleId::ExceptionExpired, exception)),
                ExceptionState::Stale => expected_rules.push((RuleId::ExceptionStale, exception)),
                ExceptionState::InForce => (),
            }
        }
        expected_rules.retain(|(rule, _)| !settings.severities.contains_key(rule));
        let about: Vec<_> =
            about.iter().map(|finding| (finding.rule, finding.evidence.exception().unwrap())).collect();
        prop_assert_eq!(about, expected_rules);
    }

    #[test]
    fn an_expired_exception_changes_nothing_but_that_it_is_reported(
        inventory in tenants(),
        mut settings in all_settings(),
    ) {
        for exception in &mut settings.exceptions {
            exception.expires = date("2026-02-28");
        }
        let plain = assess(&inventory, &Settings { exceptions: vec![], ..settings.clone() });
        let mut found = assess(&inventory, &settings);
        let reported = found.tenant.len();
        found.tenant.retain(|finding| !matches!(finding.evidence, Evidence::ExceptionExpired { .. }));
        let reported = reported - found.tenant.len();
        let off = settings.severities.contains_key(&RuleId::ExceptionExpired);
        prop_assert_eq!(reported, if off { 0 } else { settings.exceptions.len() });
        found.exceptions.clear();
        prop_assert_eq!(found, plain);
    }
}
