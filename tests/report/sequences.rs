//! Sequences of runs against a simulation that keeps plain sets of what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::compliance::Settings;
use keysweep::domain::{Gap, Object, Owners, Part, PasswordCredential, RuleId, Text};
use keysweep::report::{ChangeKind, ChangeWord, FindingChange, Report};
use proptest::prelude::*;

use super::changes::tenant;
use super::diary::Diary;
use super::draft::Draft;
use super::fixture::{application, at, password};

/// What a run sees: for each of four applications nothing, or its secrets and whether anybody owns it.
#[derive(Debug, Clone)]
struct Seen {
    applications: [Option<(BTreeSet<u128>, Owner)>; 4],
    complete: bool,
    /// Whether `no-owner` is switched on.
    owners_judged: bool,
    reversed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Nobody,
    Somebody,
    Unread,
}

fn runs() -> impl Strategy<Value = Vec<Seen>> {
    let owner = prop_oneof![3 => Just(Owner::Nobody), 3 => Just(Owner::Somebody), 1 => Just(Owner::Unread)];
    let application = prop::option::weighted(0.8, (prop::collection::btree_set(1..4_u128, 0..3), owner));
    let applications = prop::array::uniform4(application);
    let seen = (applications, prop::bool::weighted(0.75), prop::bool::weighted(0.8), any::<bool>());
    let seen = seen.prop_map(|(applications, complete, owners_judged, reversed)| Seen {
        applications,
        complete,
        owners_judged,
        reversed,
    });
    prop::collection::vec(seen, 1..9)
}

impl Seen {
    fn inventory(&self) -> Draft {
        let object = |(number, seen): (usize, &Option<(BTreeSet<u128>, Owner)>)| {
            let (secrets, owner) = seen.as_ref()?;
            let number = number as u128 + 1;
            let secret = |which: &u128| PasswordCredential {
                // The third has no id, and is known all the same.
                key_id: (*which < 3).then(|| password(number * 10 + which, "", None, None).key_id.unwrap()),
                ..password(
                    0,
                    &format!("secret {which}"),
                    Some("2026-01-01T00:00:00Z"),
                    Some("2028-01-01T00:00:00Z"),
                )
            };
            Some(Object {
                passwords: secrets.iter().map(secret).collect(),
                owners: match owner {
                    Owner::Nobody => Owners::Nobody,
                    Owner::Somebody => Owners::Somebody,
                    Owner::Unread => Owners::Unread,
                },
                ..application(number, &format!("app {number}"))
            })
        };
        let mut objects: Vec<_> = self.applications.iter().enumerate().filter_map(object).collect();
        if self.reversed {
            objects.reverse();
            objects.iter_mut().for_each(|object| object.passwords.reverse());
        }
        let gap = Gap { part: Part::Applications, reason: Text::new("Graph answered 503.") };
        let gaps = if self.complete { Vec::new() } else { vec![gap] };
        Draft { objects, gaps, ..tenant() }
    }

    fn settings(&self) -> Settings {
        let judged = |rule: RuleId| match rule {
            RuleId::ClientSecret => true,
            RuleId::NoOwner => self.owners_judged,
            _ => false,
        };
        let off = RuleId::ALL.iter().filter(|rule| !judged(**rule)).map(|rule| (*rule, None));
        Settings { severities: off.collect(), ..Settings::default() }
    }

    /// What is wrong, as `rule application secret`.
    fn wrong(&self) -> BTreeSet<String> {
        let mut wrong = BTreeSet::new();
        for (number, seen) in self.applications.iter().enumerate() {
            let Some((secrets, owner)) = seen else { continue };
            let number = number + 1;
            wrong.extend(secrets.iter().map(|which| format!("client-secret app {number} secret {which}")));
            if self.owners_judged && *owner == Owner::Nobody && !secrets.is_empty() {
                wrong.insert(format!("no-owner app {number} "));
            }
        }
        wrong
    }

    /// Whether this run would have noticed it.
    fn would_notice(&self, wrong: &str) -> bool {
        let Some(name) = wrong.strip_prefix("no-owner app ") else { return true };
        let seen = &self.applications[name.trim().parse::<usize>().unwrap() - 1];
        let undecided =
            seen.as_ref().is_some_and(|(secrets, owner)| *owner == Owner::Unread && !secrets.is_empty());
        self.owners_judged && !undecided
    }
}

/// The same names, from the rows of a report.
fn name(rule: RuleId, display_name: &str, credential_name: &str) -> String {
    format!("{rule} {display_name} {credential_name}")
}

#[derive(Default)]
struct Simulation {
    ever: BTreeMap<String, DateTime<Utc>>,
    open: BTreeSet<String>,
    remembers: bool,
}

impl Simulation {
    fn check(&mut self, seen: &Seen, report: &Report) {
        let started = report.header.started;
        let wrong = seen.wrong();
        let found: BTreeSet<_> = report
            .findings
            .iter()
            .map(|row| name(row.rule, &row.display_name, &row.credential_name))
            .collect();
        assert_eq!(found, wrong);
        assert_eq!(report.findings.len(), wrong.len());
        for row in &report.findings {
            let name = name(row.rule, &row.display_name, &row.credential_name);
            let change = match (self.ever.contains_key(&name), self.open.contains(&name)) {
                (false, _) => FindingChange::New,
                (true, true) => FindingChange::Standing,
                (true, false) => FindingChange::Reopened,
            };
            assert_eq!(row.change, Some(change), "{name}");
            assert_eq!(row.first_seen, Some(*self.ever.get(&name).unwrap_or(&started)), "{name}");
        }
        let told = |word| -> BTreeSet<String> {
            let rows =
                report.changes.iter().filter(|row| row.kind == ChangeKind::Finding && row.change == word);
            rows.map(|row| name(row.rule.unwrap(), &row.display_name, &row.credential_name)).collect()
        };
        let missing = self.open.iter().filter(|name| !wrong.contains(*name) && seen.would_notice(name));
        let fixed: BTreeSet<_> = if seen.complete { missing.cloned().collect() } else { BTreeSet::new() };
        assert_eq!(told(ChangeWord::Fixed), fixed);
        if self.remembers {
            assert_eq!(
                told(ChangeWord::Appeared),
                wrong.iter().filter(|name| !self.ever.contains_key(*name)).cloned().collect()
            );
        } else {
            assert_eq!(report.changes, []);
        }
        if seen.complete {
            for name in wrong {
                self.ever.entry(name.clone()).or_insert(started);
                self.open.insert(name);
            }
            self.open.retain(|name| !fixed.contains(name));
            self.remembers = true;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn memory_agrees_with_plain_sets(runs in runs()) {
        let (mut diary, mut simulation) = (Diary::default(), Simulation::default());
        let mut started = at("2026-01-05T06:00:00Z");
        for seen in runs {
            let report = diary.run(&seen.inventory(), &seen.settings(), &started.to_rfc3339());
            simulation.check(&seen, &report);
            let lost = report.changes.iter().any(|row| matches!(row.change, ChangeWord::Gone | ChangeWord::Fixed));
            prop_assert!(seen.complete || !lost);
            let open = diary.on_record().values().filter(|(_, open)| *open).count();
            prop_assert_eq!(open, simulation.open.len());
            prop_assert_eq!(diary.on_record().len(), simulation.ever.len());
            started += TimeDelta::days(7);
        }
    }

    /// Also where the store says that everything differs, though nothing does.
    #[test]
    fn a_state_compared_with_itself_gives_nothing(mut runs in runs()) {
        let Some(seen) = runs.pop() else { return Ok(()) };
        let seen = Seen { complete: true, ..seen };
        let mut diary = Diary::default();
        diary.run(&seen.inventory(), &seen.settings(), "2026-01-05T06:00:00Z");
        let again = Seen { reversed: !seen.reversed, ..seen.clone() };
        let report = diary.run(&again.inventory(), &again.settings(), "2026-01-12T06:00:00Z");
        prop_assert_eq!(report.changes, []);
        prop_assert!(report.findings.iter().all(|row| row.change == Some(FindingChange::Standing)));
    }
}
