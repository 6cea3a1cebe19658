//! What each scenario of the emulator comes to, worked out by hand from the contract: the findings, the
//! verdict and the counts of every object, the credentials, and whether the run is complete.
//!
//! Tables are written as text, a row a line, cells apart by `|`, and `-` for an empty cell. Order does not
//! matter. Everything is read back from the files that the binary wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::emulator::scenario;
use mailparse::{MailHeaderMap, ParsedMail};
use serde_json::Value;

use crate::world::{World, now, text};

type Row = BTreeMap<String, String>;
type Table = Vec<Vec<String>>;

/// What is expected of a scenario.
struct Case {
    /// Its name in the emulator.
    scenario: &'static str,
    exit: i32,
    complete: bool,
    /// `rule | severity | object_type | display_name`
    findings: &'static str,
    /// `object_type | display_name | secret_creation | decided_by | policy_effect | compliance |
    /// worst_severity | counts`, the policy that decides by its name, and the six counts in the order of
    /// the columns: active and expired secrets, active and expired certificates, symmetric keys,
    /// federated credentials.
    objects: &'static str,
    /// `object_type | display_name | credential_type | credential_name | lifetime_days | days_left | state`.
    /// Federated ones are left out here: the objects count them.
    credentials: &'static str,
    /// `object_type | display_name | rule`: what could not be decided.
    undecided: &'static str,
}

const CLEAN: &str = "
    application       | Payroll Export | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 1
    service-principal | Payroll Export | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 0";

/// Nothing stands in the way of a secret, and nothing decides it.
const OPEN: &str = "
    application       | Payroll Export | allowed | none | - | non-compliant | high | 0 0 0 0 0 1
    service-principal | Payroll Export | allowed | none | - | non-compliant | high | 0 0 0 0 0 0";

/// The block holds for everything, and the application has a secret nevertheless.
const SECRET_ON_APPLICATION: &str = "
    application       | Payroll Export | blocked | tenant-default | - | non-compliant | high | 1 0 0 0 0 1
    service-principal | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 0";

const PERFECT: Case = Case {
    scenario: "perfect",
    exit: 0,
    complete: true,
    findings: "",
    objects: CLEAN,
    credentials: "",
    undecided: "",
};

const TENANT_DEFAULTS: [Case; 8] = [
    PERFECT,
    // Never configured is disabled (FACTS §5.1), which is not the same finding as enabled and open.
    Case {
        scenario: "fresh_tenant",
        findings: "tenant-default-off | high | tenant | contoso",
        objects: "",
        ..PERFECT
    },
    Case {
        scenario: "default_policy_off",
        findings: "
            tenant-default-off    | high | tenant            | contoso
            no-restrictive-policy | high | application       | Payroll Export
            no-restrictive-policy | high | service-principal | Payroll Export",
        objects: OPEN,
        ..PERFECT
    },
    Case {
        scenario: "default_on_but_empty",
        findings: "
            tenant-default-allows-secrets | high | tenant            | contoso
            no-restrictive-policy         | high | application       | Payroll Export
            no-restrictive-policy         | high | service-principal | Payroll Export",
        objects: OPEN,
        ..PERFECT
    },
    // Nothing in a tenant default that is switched off is enforced (FACTS §5.5).
    Case {
        scenario: "all_restrictions_but_off",
        findings: "
            tenant-default-off    | high | tenant            | contoso
            no-restrictive-policy | high | application       | Payroll Export
            no-restrictive-policy | high | service-principal | Payroll Export",
        objects: OPEN,
        ..PERFECT
    },
    // Application and service principal are judged each on their own.
    Case {
        scenario: "application_half_only",
        findings: "
            tenant-default-allows-secrets | high | tenant            | contoso
            no-restrictive-policy         | high | service-principal | Payroll Export",
        objects: "
            application       | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 1
            service-principal | Payroll Export | allowed | none           | - | non-compliant | high | 0 0 0 0 0 0",
        ..PERFECT
    },
    Case { scenario: "missing_state", ..PERFECT },
    // The entry of the default decides, only not against these objects: both were there before its date.
    Case {
        scenario: "future_creation_date",
        findings: "
            tenant-default-allows-secrets | high | tenant            | contoso
            no-restrictive-policy         | high | application       | Payroll Export
            no-restrictive-policy         | high | service-principal | Payroll Export",
        objects: "
            application       | Payroll Export | allowed | tenant-default | - | non-compliant | high | 0 0 0 0 0 1
            service-principal | Payroll Export | allowed | tenant-default | - | non-compliant | high | 0 0 0 0 0 0",
        ..PERFECT
    },
];

/// A limit on lifetimes alone still allows secrets.
const LIFETIMES: [Case; 3] = [
    // 150 days are within six months and within 180 days, 200 days are within neither.
    Case {
        scenario: "lifetime_p6m",
        findings: "
            tenant-default-allows-secrets | high   | tenant            | contoso
            no-restrictive-policy         | high   | application       | Payroll Export
            no-restrictive-policy         | high   | service-principal | Payroll Export
            client-secret                 | high   | application       | Payroll Export
            client-secret                 | high   | application       | Payroll Export
            client-secret-long-lived      | medium | application       | Payroll Export
            grandfathered-secret          | medium | application       | Payroll Export",
        objects: LIFETIME_OBJECTS,
        credentials: "
            application | Payroll Export | client-secret | short | 150 | 148 | active
            application | Payroll Export | client-secret | long  | 200 | 198 | active",
        ..PERFECT
    },
    // Ten years are within twenty, twenty-five are not; both are more than 180 days.
    Case {
        scenario: "lifetime_p20y",
        findings: "
            tenant-default-allows-secrets | high   | tenant            | contoso
            no-restrictive-policy         | high   | application       | Payroll Export
            no-restrictive-policy         | high   | service-principal | Payroll Export
            client-secret                 | high   | application       | Payroll Export
            client-secret                 | high   | application       | Payroll Export
            client-secret-long-lived      | medium | application       | Payroll Export
            client-secret-long-lived      | medium | application       | Payroll Export
            grandfathered-secret          | medium | application       | Payroll Export",
        objects: LIFETIME_OBJECTS,
        credentials: "
            application | Payroll Export | client-secret | short | 3650 | 3648 | active
            application | Payroll Export | client-secret | long  | 9130 | 9128 | active",
        ..PERFECT
    },
    // Exactly the limit is within it, a second more is not. Both end within 30 days.
    Case {
        scenario: "lifetime_p4dt12h30m5s",
        findings: "
            tenant-default-allows-secrets | high   | tenant            | contoso
            no-restrictive-policy         | high   | application       | Payroll Export
            no-restrictive-policy         | high   | service-principal | Payroll Export
            client-secret                 | high   | application       | Payroll Export
            client-secret                 | high   | application       | Payroll Export
            client-secret-expiring        | medium | application       | Payroll Export
            client-secret-expiring        | medium | application       | Payroll Export
            grandfathered-secret          | medium | application       | Payroll Export",
        objects: LIFETIME_OBJECTS,
        credentials: "
            application | Payroll Export | client-secret | short | 4 | 3 | active
            application | Payroll Export | client-secret | long  | 4 | 3 | active",
        ..PERFECT
    },
];

const LIFETIME_OBJECTS: &str = "
    application       | Payroll Export | allowed | none | - | non-compliant | high | 2 0 0 0 0 1
    service-principal | Payroll Export | allowed | none | - | non-compliant | high | 0 0 0 0 0 0";

const CUSTOM_POLICIES: [Case; 4] = [
    // `disabled` in a custom policy exempts, whatever the default says. An entry that exempts was not meant
    // to restrict, so `policy-not-in-force` is silent.
    Case {
        scenario: "custom_policy_exempting",
        findings: "
            no-restrictive-policy  | high | application | Payroll Export
            policy-weakens-default | high | application | Payroll Export",
        objects: "
            application       | Payroll Export | allowed | policy:Allow secrets | weakens | non-compliant | high | 0 0 0 0 0 1
            service-principal | Payroll Export | blocked | tenant-default       | -       | compliant     | -    | 0 0 0 0 0 0",
        ..PERFECT
    },
    // The policy that blocks gives the application what the default alone would give it.
    Case {
        scenario: "two_custom_policies",
        findings: "
            no-restrictive-policy  | high | service-principal | Payroll Export
            policy-weakens-default | high | service-principal | Payroll Export",
        objects: "
            application       | Payroll Export | blocked | policy:No secrets    | none    | compliant     | -    | 0 0 0 0 0 1
            service-principal | Payroll Export | allowed | policy:Allow secrets | weakens | non-compliant | high | 0 0 0 0 0 0",
        ..PERFECT
    },
    // The default's block on additions reaches past a policy that does not name them.
    Case {
        scenario: "custom_policy_weaker",
        findings: "policy-weakens-default | high | application | Payroll Export",
        objects: "
            application       | Payroll Export | blocked | tenant-default | weakens | non-compliant | high | 0 0 0 0 0 1
            service-principal | Payroll Export | blocked | tenant-default | -       | compliant     | -    | 0 0 0 0 0 0",
        ..PERFECT
    },
    Case {
        scenario: "merge_of_one_restriction_each",
        findings: "
            tenant-default-allows-secrets | high | tenant            | contoso
            no-restrictive-policy         | high | service-principal | Payroll Export",
        objects: "
            application       | Payroll Export | blocked | policy:No passwords | strengthens | compliant     | -    | 0 0 0 0 0 1
            service-principal | Payroll Export | allowed | none                | -           | non-compliant | high | 0 0 0 0 0 0",
        ..PERFECT
    },
];

const CREDENTIALS: [Case; 9] = [
    Case {
        scenario: "grandfathered_secret",
        findings: "
            client-secret            | high   | application | Payroll Export
            client-secret-long-lived | medium | application | Payroll Export
            grandfathered-secret     | medium | application | Payroll Export",
        objects: SECRET_ON_APPLICATION,
        credentials: "application | Payroll Export | client-secret | ci | 365 | 64 | active",
        ..PERFECT
    },
    // Three entries, one certificate, no client secret; 300 days are within a year.
    Case {
        scenario: "saml_pair",
        objects: "
            application       | Payroll Export | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 1
            service-principal | Payroll Export | blocked | tenant-default | - | compliant | - | 0 0 1 0 0 0",
        credentials: "
            service-principal | Payroll Export | saml-signing-password | CN=Microsoft Azure Federated SSO Certificate (Expenses) | 300 | 199 | active
            service-principal | Payroll Export | certificate           | CN=Microsoft Azure Federated SSO Certificate (Expenses) | 300 | 199 | active
            service-principal | Payroll Export | certificate           | CN=Microsoft Azure Federated SSO Certificate (Expenses) | 300 | 199 | active",
        ..PERFECT
    },
    Case {
        scenario: "secret_on_application_only",
        findings: "
            client-secret        | high   | application | Payroll Export
            grandfathered-secret | medium | application | Payroll Export",
        objects: SECRET_ON_APPLICATION,
        credentials: "application | Payroll Export | client-secret | ci | 90 | 79 | active",
        ..PERFECT
    },
    Case {
        scenario: "secret_on_service_principal_only",
        findings: "
            service-principal-secret | high   | service-principal | Payroll Export
            grandfathered-secret     | medium | service-principal | Payroll Export",
        objects: "
            application       | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 1
            service-principal | Payroll Export | blocked | tenant-default | - | non-compliant | high | 1 0 0 0 0 0",
        credentials: "service-principal | Payroll Export | client-secret | hidden | 90 | 79 | active",
        ..PERFECT
    },
    // Low is below the threshold of `non-compliant`.
    Case {
        scenario: "expired_only",
        findings: "client-secret-expired | low | application | Payroll Export",
        objects: "
            application       | Payroll Export | blocked | tenant-default | - | compliant | low | 0 1 0 0 0 1
            service-principal | Payroll Export | blocked | tenant-default | - | compliant | -   | 0 0 0 0 0 0",
        credentials: "application | Payroll Export | client-secret | ci | 90 | -6 | expired",
        ..PERFECT
    },
    Case {
        scenario: "expires_today",
        findings: "
            client-secret          | high   | application | Payroll Export
            client-secret-expiring | medium | application | Payroll Export
            grandfathered-secret   | medium | application | Payroll Export",
        objects: SECRET_ON_APPLICATION,
        credentials: "application | Payroll Export | client-secret | ci | 89 | 0 | active",
        ..PERFECT
    },
    // No end is longer than any limit, and no number of days.
    Case {
        scenario: "no_end_date",
        findings: "
            client-secret            | high   | application | Payroll Export
            client-secret-long-lived | medium | application | Payroll Export
            grandfathered-secret     | medium | application | Payroll Export",
        objects: SECRET_ON_APPLICATION,
        credentials: "application | Payroll Export | client-secret | ci | - | - | active",
        ..PERFECT
    },
    Case {
        scenario: "ends_in_23_hours",
        findings: "
            client-secret          | high   | application | Payroll Export
            client-secret-expiring | medium | application | Payroll Export
            grandfathered-secret   | medium | application | Payroll Export",
        objects: SECRET_ON_APPLICATION,
        credentials: "application | Payroll Export | client-secret | ci | 89 | 0 | active",
        ..PERFECT
    },
    // No owner tenant on record: `service-principal-secret`, not `foreign-secret`.
    Case {
        scenario: "owner_organization_null",
        findings: "
            service-principal-secret | high   | service-principal | Old Connector
            grandfathered-secret     | medium | service-principal | Old Connector",
        objects: "
            application       | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 1
            service-principal | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 0
            service-principal | Old Connector  | blocked | tenant-default | - | non-compliant | high | 1 0 0 0 0 0",
        credentials: "service-principal | Old Connector | client-secret | legacy | 90 | 79 | active",
        ..PERFECT
    },
];

/// Two pages of two were read, and what was read is judged; the run is not complete.
const BROKEN_OFF: Case = Case {
    scenario: "page_3_of_5_fails",
    exit: 3,
    complete: false,
    objects: "
        application       | Payroll Export | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 1
        application       | Service 2      | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 0
        application       | Service 3      | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 0
        application       | Service 4      | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 0
        service-principal | Payroll Export | blocked | tenant-default | - | compliant | - | 0 0 0 0 0 0",
    ..PERFECT
};

/// Null collections are empty ones and a year-1 date is for everybody, so an application without a creation
/// time is blocked all the same. A password of which nothing is known has no end: it is live and as old as
/// can be. From a key of no known type nothing is concluded. The state `audited` stands on a limit of
/// lifetimes, on which nothing hangs where additions are blocked.
const ODD: Case = Case {
    scenario: "odd_bodies",
    findings: "
        client-secret            | high   | application | Nulls Inside
        client-secret-long-lived | medium | application | Nulls Inside
        grandfathered-secret     | medium | application | Nulls Inside
        client-secret-expired    | low    | application | Nulls Inside
        idle-policy              | low    | policy      | Null restrictions",
    objects: "
        application       | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 1
        application       | Nothing Known  | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 0
        application       | Nulls Inside   | blocked | tenant-default | - | non-compliant | high | 1 1 1 0 0 0
        service-principal | Payroll Export | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 0
        service-principal | Silent         | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 0
        service-principal | Shorter Answer | blocked | tenant-default | - | compliant     | -    | 0 0 0 0 0 0",
    undecided: "
        application | Nulls Inside | symmetric-key
        application | Nulls Inside | grandfathered-secret
        application | Nulls Inside | certificate-long-lived",
    credentials: "
        application | Nulls Inside | client-secret | -            | - | -   | active
        application | Nulls Inside | client-secret | seven digits | 0 | -11 | expired
        application | Nulls Inside | certificate   | -            | - | -   | active",
    ..PERFECT
};

/// The scenarios of names, which have a test of their own below.
const NAMES: [&str; 3] = ["names_with_formulas", "names_with_markup", "names_with_line_breaks"];

/// A scenario and what the binary made of it.
struct Audited {
    world: World,
    output: Output,
    /// The moment that the scenario is made for.
    then: DateTime<Utc>,
}

impl Audited {
    /// The scenario is a minute old when it is audited, so that 80 days from then are always 79 whole ones.
    fn of(scenario: &str) -> Self {
        let then = now() - TimeDelta::minutes(1);
        let tenants = scenario::all(then);
        let found = tenants.into_iter().find(|(name, _)| *name == scenario);
        let (_, tenant) = found.unwrap_or_else(|| panic!("no scenario {scenario}"));
        let world = World::new(tenant);
        world.configure(
            "[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"keysweep@contoso.example\"\n\
             to = [\"security@contoso.example\"]\n",
        );
        let output = world.keysweep(&["audit"]);
        Self { world, output, then }
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.world.runs()[0].join(name)).unwrap()
    }

    fn report(&self) -> Value {
        serde_json::from_slice(&self.file("report.json")).unwrap()
    }

    fn mail(&self) -> Vec<u8> {
        let mut mails: Vec<_> =
            fs::read_dir(self.world.path("mail")).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(mails.len(), 1, "{mails:?}");
        fs::read(mails.remove(0)).unwrap()
    }

    fn table(&self, file: &str, columns: &[&str]) -> Table {
        sorted(self.world.rows(file).iter().map(|row| cells(row, columns)).collect())
    }

    fn findings(&self) -> Table {
        self.table("findings.csv", &["rule", "severity", "object_type", "display_name"])
    }

    fn objects(&self) -> Table {
        let policies = self.world.rows("policies.csv");
        let rows = self.world.rows("objects.csv").into_iter().map(|mut row| {
            if let Some(id) = row["decided_by"].strip_prefix("policy:") {
                let policy = policies.iter().find(|policy| policy["policy_id"] == id);
                let name = policy.map_or("not in policies.csv", |policy| policy["policy_name"].as_str());
                let named = format!("policy:{name}");
                row.insert("decided_by".to_owned(), named);
            }
            let counts = [
                "active_secrets",
                "expired_secrets",
                "active_certificates",
                "expired_certificates",
                "symmetric_keys",
                "federated_credentials",
            ];
            let counts = cells(&row, &counts).join(" ");
            row.insert("counts".to_owned(), counts);
            let columns = [
                "object_type",
                "display_name",
                "secret_creation",
                "decided_by",
                "policy_effect",
                "compliance",
                "worst_severity",
                "counts",
            ];
            cells(&row, &columns)
        });
        sorted(rows.collect())
    }

    fn credentials(&self) -> Table {
        let columns = [
            "object_type",
            "display_name",
            "credential_type",
            "credential_name",
            "lifetime_days",
            "days_left",
            "state",
        ];
        let mut rows = self.table("credentials.csv", &columns);
        rows.retain(|row| row[2] != "federated");
        rows
    }

    /// The row of a CSV file in which these cells stand.
    fn row(&self, file: &str, wanted: &[(&str, &str)]) -> Row {
        let rows = self.world.rows(file);
        let is_wanted = |row: &&Row| wanted.iter().all(|(column, cell)| row[*column] == *cell);
        let mut found = rows.iter().filter(is_wanted);
        let row = found.next().unwrap_or_else(|| panic!("no row with {wanted:?} in {file}: {rows:#?}"));
        assert_eq!(found.next(), None, "two rows with {wanted:?} in {file}");
        row.clone()
    }

    /// The day so many days from the moment of the scenario, as the sentences write it.
    fn day(&self, days: i64) -> String {
        (self.then + TimeDelta::days(days)).format("%Y-%m-%d").to_string()
    }

    /// The sentence on an object why a secret may be made, or may not.
    fn reason(&self, object_type: &str) -> String {
        self.row("objects.csv", &[("object_type", object_type), ("display_name", scenario::PAYROLL)])["reason"].clone()
    }
}

fn cells(row: &Row, columns: &[&str]) -> Vec<String> {
    columns
        .iter()
        .map(|column| row.get(*column).unwrap_or_else(|| panic!("no column {column}")).clone())
        .collect()
}

fn sorted(mut table: Table) -> Table {
    table.sort();
    table
}

/// A table written as text.
fn table(text: &str) -> Table {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let cell = |cell: &str| if cell == "-" { String::new() } else { cell.to_owned() };
    sorted(lines.map(|line| line.split('|').map(|text| cell(text.trim())).collect()).collect())
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name].as_array().map(Vec::as_slice).unwrap_or_else(|| panic!("no list {name}"))
}

/// Audits a scenario and holds the files against the expectation.
fn check(case: &Case) -> Audited {
    let audited = Audited::of(case.scenario);
    let name = case.scenario;
    let shown = (text(&audited.output.stdout), text(&audited.output.stderr));
    assert_eq!(audited.output.status.code(), Some(case.exit), "{name}: {} {}", shown.0, shown.1);
    let report = audited.report();
    assert_eq!(report["complete"], case.complete, "{name}");
    assert_eq!(list(&report, "gaps").is_empty(), case.complete, "{name}: {}", report["gaps"]);
    assert_eq!(shown.0.contains("INCOMPLETE"), !case.complete, "{name}: {}", shown.0);
    assert_eq!(audited.findings(), table(case.findings), "findings of {name}");
    assert_eq!(audited.objects(), table(case.objects), "objects of {name}");
    assert_eq!(audited.credentials(), table(case.credentials), "credentials of {name}");
    let word = |row: &Value, member: &str| row[member].as_str().unwrap_or_default().to_owned();
    let undecided = list(&report, "undecided")
        .iter()
        .map(|row| ["object_type", "display_name", "rule"].map(|member| word(row, member)).to_vec());
    assert_eq!(
        sorted(undecided.collect()),
        table(case.undecided),
        "undecided of {name}: {}",
        report["undecided"]
    );
    findings_repeat_their_credential(&audited);
    audited
}

/// A finding about a credential bears the days of its credential, whole days rounded down.
fn findings_repeat_their_credential(audited: &Audited) {
    let columns =
        ["object_id", "credential_type", "credential_id", "credential_name", "start", "end", "days_left"];
    let credentials = audited.table("credentials.csv", &columns);
    for finding in audited.world.rows("findings.csv") {
        assert!(
            finding["credential_id"].is_empty() || credentials.contains(&cells(&finding, &columns)),
            "{finding:?}"
        );
    }
}

fn holds_all(sentence: &str, words: &[&str]) {
    for word in words {
        assert!(sentence.contains(word), "{word:?} is missing in {sentence:?}");
    }
}

#[test]
fn no_scenario_is_left_out() {
    let cases = TENANT_DEFAULTS.iter().chain(&LIFETIMES).chain(&CUSTOM_POLICIES).chain(&CREDENTIALS);
    let stated: BTreeSet<&str> =
        cases.chain([&BROKEN_OFF, &ODD]).map(|case| case.scenario).chain(NAMES).collect();
    let there: BTreeSet<&str> = scenario::all(now()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(there.len(), 29);
    assert_eq!(stated, there);
}

#[test]
fn tenant_defaults_come_to_what_they_say() {
    for case in &TENANT_DEFAULTS {
        let audited = check(case);
        match case.scenario {
            "perfect" => {
                let row = audited.row("credentials.csv", &[("object_type", "application")]);
                let columns =
                    ["display_name", "credential_type", "credential_name", "start", "end", "days_left"];
                assert_eq!(
                    cells(&row, &columns),
                    [scenario::PAYROLL, "federated", "main-branch", "", "", ""]
                );
            }
            "default_policy_off" => {
                holds_all(&audited.reason("application").to_lowercase(), &["tenant default"])
            }
            "missing_state" => {
                let mut states = audited.table("policies.csv", &["state"]);
                states.dedup();
                assert_eq!(states, [[""]]);
            }
            "future_creation_date" => {
                let (date, created) = (audited.day(30), audited.day(-400));
                holds_all(&audited.reason("application"), &[&date, &created]);
                holds_all(&audited.reason("service-principal"), &[&date, &created]);
            }
            _ => {}
        }
    }
}

#[test]
fn lifetimes_are_compared_as_durations_and_shown_as_graph_gave_them() {
    let shown = [
        ("P6M", ["200 days", "180 days"]),
        ("P20Y", ["9130 days", "7300 days"]),
        ("P4DT12H30M5S", ["4 days 12h30m06s", "4 days 12h30m05s"]),
    ];
    for (case, (lifetime, sentence)) in LIFETIMES.iter().zip(shown) {
        let audited = check(case);
        let mut expected = Table::new();
        for kind in ["application", "service-principal"] {
            expected.push(
                ["tenant-default", kind, "passwordLifetime", "enabled", lifetime].map(str::to_owned).to_vec(),
            );
            expected.push(
                ["tenant-default", kind, "symmetricKeyAddition", "enabled", ""].map(str::to_owned).to_vec(),
            );
            expected.push(
                ["tenant-default", kind, "asymmetricKeyLifetime", "enabled", "P365D"]
                    .map(str::to_owned)
                    .to_vec(),
            );
        }
        let columns = ["policy_type", "object_type", "restriction_type", "state", "max_lifetime"];
        assert_eq!(audited.table("policies.csv", &columns), sorted(expected), "{lifetime}");
        let finding = audited.row("findings.csv", &[("rule", "grandfathered-secret")]);
        assert_eq!(finding["credential_name"], "long", "{lifetime}");
        holds_all(&finding["detail"], &["long", sentence[0], sentence[1]]);
    }
}

#[test]
fn custom_policies_are_merged_with_the_default_entry_by_entry() {
    for case in &CUSTOM_POLICIES {
        let audited = check(case);
        match case.scenario {
            "custom_policy_exempting" => {
                holds_all(&audited.reason("application"), &["Allow secrets"]);
                let finding = audited.row("findings.csv", &[("rule", "policy-weakens-default")]);
                assert_eq!(finding["policy_name"], "Allow secrets");
                holds_all(&finding["detail"], &["Allow secrets"]);
            }
            "two_custom_policies" => {
                let reason = audited.reason("application");
                // A custom policy reaches what it is assigned to: here, one application.
                holds_all(&reason, &["No secrets", "all applications it is assigned to"]);
            }
            "custom_policy_weaker" => {
                let finding = audited.row("findings.csv", &[("rule", "policy-weakens-default")]);
                holds_all(&finding["detail"], &["A year"]);
                let row = audited.row("objects.csv", &[("object_type", "application")]);
                assert_eq!(row["assigned_policy_name"], "A year");
            }
            _ => {}
        }
    }
}

#[test]
fn credentials_are_told_apart_and_counted() {
    for case in &CREDENTIALS {
        let audited = check(case);
        match case.scenario {
            "secret_on_application_only" => {
                let finding = audited.row("findings.csv", &[("rule", "client-secret")]);
                holds_all(&finding["detail"], &["ci", &audited.day(80)]);
                assert_eq!(finding["owners"], "Adele Vance");
            }
            "no_end_date" => {
                let finding = audited.row("findings.csv", &[("rule", "client-secret-long-lived")]);
                assert_eq!((finding["end"].as_str(), finding["days_left"].as_str()), ("", ""));
            }
            "saml_pair" => {
                let mut usages = audited.table("credentials.csv", &["credential_type", "usage"]);
                usages.retain(|row| row[0] == "certificate");
                assert_eq!(usages, [["certificate", "Sign"], ["certificate", "Verify"]]);
            }
            "owner_organization_null" => {
                let row = audited.row("objects.csv", &[("display_name", "Old Connector")]);
                assert_eq!(
                    (row["owned_by"].as_str(), row["service_principal_type"].as_str()),
                    ("unknown", "Legacy")
                );
            }
            _ => {}
        }
    }
}

#[test]
fn a_listing_that_breaks_off_is_named_and_what_was_read_is_judged() {
    let audited = check(&BROKEN_OFF);
    assert!(audited.report()["gaps"].to_string().contains("applications"), "{}", audited.report()["gaps"]);
    let mail = audited.mail();
    let mail = mailparse::parse_mail(&mail).unwrap();
    assert!(mail.headers.get_first_value("Subject").unwrap().contains("INCOMPLETE"));
}

#[test]
fn odd_bodies_are_read_and_shown_as_they_are() {
    let audited = check(&ODD);
    let columns = ["object_type", "restriction_type", "state", "created_on_or_after"];
    let mut rows = audited.table("policies.csv", &columns);
    rows.retain(|row| !row[1].is_empty());
    let expected = table(
        "application       | passwordAddition        | enabled | 0001-01-01T00:00:00Z
         application       | passwordLifetime        | audited | -
         application       | quantumPasswordAddition | enabled | -
         application       | symmetricKeyAddition    | enabled | -
         application       | asymmetricKeyLifetime   | enabled | -
         service-principal | passwordAddition        | enabled | -",
    );
    assert_eq!(rows, expected);
    let row = audited.row("objects.csv", &[("display_name", "Nothing Known")]);
    assert_eq!((row["created"].as_str(), row["sign_in_audience"].as_str()), ("", ""));
    let row = audited.row("credentials.csv", &[("credential_name", "seven digits")]);
    assert_eq!(row["start"], row["end"]);
    assert!(row["end"].starts_with(&audited.day(-10)) && row["end"].ends_with('Z'), "{}", row["end"]);
}

/// Applications with these names, as they stand in a CSV file once it is read: each holds a secret of its
/// own name that the default would refuse today, and has a clean service principal.
fn check_names(scenario: &str, names: &[&str]) -> Audited {
    let audited = Audited::of(scenario);
    let shown = (text(&audited.output.stdout), text(&audited.output.stderr));
    assert_eq!(audited.output.status.code(), Some(0), "{scenario}: {} {}", shown.0, shown.1);
    let report = audited.report();
    assert_eq!(report["complete"], true, "{scenario}");
    assert!(list(&report, "gaps").is_empty() && list(&report, "undecided").is_empty(), "{scenario}");
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let (mut findings, mut objects, mut credentials) = (Table::new(), table(CLEAN), Table::new());
    for name in names {
        findings.push(row(&["client-secret", "high", "application", name]));
        findings.push(row(&["grandfathered-secret", "medium", "application", name]));
        let verdict = ["blocked", "tenant-default", ""];
        let application = [&["application", name], &verdict[..], &["non-compliant", "high", "1 0 0 0 0 0"]];
        objects.push(row(&application.concat()));
        let principal = [&["service-principal", name], &verdict[..], &["compliant", "", "0 0 0 0 0 0"]];
        objects.push(row(&principal.concat()));
        credentials.push(row(&["application", name, "client-secret", name, "90", "79", "active"]));
    }
    assert_eq!(audited.findings(), sorted(findings), "{scenario}");
    assert_eq!(audited.objects(), sorted(objects), "{scenario}");
    assert_eq!(audited.credentials(), sorted(credentials), "{scenario}");
    findings_repeat_their_credential(&audited);
    mail_has_no_header_of_a_name(&audited.mail());
    no_word_breaks_out(&audited);
    audited
}

/// The raw cells of names, between the neighbours they have in `objects.csv` and `credentials.csv`; a byte
/// order mark at the start, CRLF at the end.
fn check_raw(audited: &Audited, cells: &[(&str, &str)]) {
    for file in ["objects.csv", "credentials.csv", "findings.csv"] {
        let raw = String::from_utf8(audited.file(file)).unwrap();
        assert!(raw.starts_with("\u{feff}tenant,run_id,") && raw.ends_with("\r\n"), "{file}");
        for (read, cell) in cells {
            let rows = audited.world.rows(file);
            let rows: Vec<_> = rows.iter().filter(|row| row["display_name"] == *read).collect();
            assert!(!rows.is_empty(), "{read:?} in {file}");
            for row in rows {
                let expected = match file {
                    "objects.csv" => format!(",{},{cell},{},", row["app_id"], row["created"]),
                    "credentials.csv" => {
                        format!(",{},{cell},client-secret,,{},{cell},", row["app_id"], row["credential_id"])
                    }
                    _ => format!(",{},{cell},client-secret,{},{cell},", row["app_id"], row["credential_id"]),
                };
                assert!(raw.contains(&expected), "{expected:?} in {file}: {raw:?}");
            }
        }
    }
}

/// The parts of a mail that hold something, with their type.
fn parts(mail: &ParsedMail<'_>) -> Vec<(String, String)> {
    mail.parts()
        .map(|part| (part.ctype.mimetype.clone(), text(&part.get_body_raw().unwrap_or_default())))
        .collect()
}

fn part(mail: &[u8], wanted: &str) -> String {
    let mail = mailparse::parse_mail(mail).unwrap();
    let found = parts(&mail).into_iter().find(|(kind, _)| kind == wanted);
    found.unwrap_or_else(|| panic!("no {wanted}")).1
}

fn mail_has_no_header_of_a_name(bytes: &[u8]) {
    let mail = mailparse::parse_mail(bytes).unwrap();
    assert_eq!(mail.headers.get_all_values("To"), ["security@contoso.example"]);
    assert_eq!(mail.headers.get_all_values("From"), ["keysweep@contoso.example"]);
    assert_eq!(mail.headers.get_all_values("Subject").len(), 1);
    for part in mail.parts() {
        for header in &part.headers {
            let key = header.get_key().to_lowercase();
            assert!(!["bcc", "cc", "reply-to"].contains(&key.as_str()), "{key}");
            let value = header.get_value();
            assert!(!value.contains("everyone@") && !value.contains("second line"), "{key}: {value}");
        }
    }
}

/// What people read has no line that a name began, and no control character but the ends of lines.
fn no_word_breaks_out(audited: &Audited) {
    let mail = audited.mail();
    let shown = [
        ("the page", text(&audited.file("report.html"))),
        ("the mail", part(&mail, "text/html")),
        ("the text of the mail", part(&mail, "text/plain").replace("\r\n", "\n")),
        ("standard output", text(&audited.output.stdout)),
        ("standard error", text(&audited.output.stderr)),
    ];
    for (place, shown) in shown {
        let shown = shown.replace("\r\n", "\n");
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{place}: {shown:?}");
        for line in shown.lines() {
            assert!(
                !["Bcc:", "second line", "separated"].iter().any(|start| line.starts_with(start)),
                "{place}: {line}"
            );
        }
    }
}

/// What a browser's reader of tags sees, Python's, which is nobody's of ours: every element with the names
/// of its attributes, and every text.
struct Markup {
    elements: Vec<String>,
    texts: BTreeSet<String>,
}

fn markup(directory: &Path, html: &str) -> Markup {
    let script = "import html.parser, json, sys\n\
                  class Reader(html.parser.HTMLParser):\n\
                  \x20   elements, texts = [], []\n\
                  \x20   def handle_starttag(self, tag, attrs): self.elements.append(' '.join([tag] + [a for a, _ in attrs]))\n\
                  \x20   def handle_data(self, data): self.texts.append(data.strip())\n\
                  reader = Reader()\n\
                  reader.feed(open(sys.argv[1], encoding='utf-8', newline='').read())\n\
                  reader.close()\n\
                  json.dump([reader.elements, reader.texts], sys.stdout)\n";
    let file = directory.join("seen.html");
    fs::write(&file, html).unwrap();
    let output = Command::new("python3").args(["-c", script]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (mut elements, texts): (Vec<String>, BTreeSet<String>) =
        serde_json::from_slice(&output.stdout).unwrap();
    elements.sort();
    Markup { elements, texts }
}

fn markups(audited: &Audited) -> [(&'static str, Markup); 2] {
    let directory = audited.world.directory.path();
    [
        ("the page", markup(directory, &text(&audited.file("report.html")))),
        ("the mail", markup(directory, &part(&audited.mail(), "text/html"))),
    ]
}

#[test]
fn names_start_no_formula_and_add_no_markup() {
    let formulas = check_names(
        "names_with_formulas",
        &[
            "'=HYPERLINK(\"https://example.com/?\"&A1,\"Payroll\")",
            "'+1+1",
            "'-2+3",
            "'@SUM(A1:A9)",
            "'\t=1+1",
            "'\r=1+1",
        ],
    );
    check_raw(
        &formulas,
        &[
            (
                "'=HYPERLINK(\"https://example.com/?\"&A1,\"Payroll\")",
                "\"'=HYPERLINK(\"\"https://example.com/?\"\"&A1,\"\"Payroll\"\")\"",
            ),
            ("'+1+1", "'+1+1"),
            ("'-2+3", "'-2+3"),
            ("'@SUM(A1:A9)", "'@SUM(A1:A9)"),
            ("'\t=1+1", "'\t=1+1"),
            ("'\r=1+1", "\"'\r=1+1\""),
        ],
    );
    let plain: BTreeSet<String> =
        list(&formulas.report(), "objects").iter().map(|row| row["display_name"].to_string()).collect();
    assert!(
        plain.contains("\"+1+1\"") && plain.contains("\"\\t=1+1\""),
        "JSON has names as they are: {plain:?}"
    );

    let names = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</title></style><h1>Payroll</h1>",
        "{{ 7 * 7 }} {% raw %}",
        "\"' onmouseover='alert(1)",
        "&lt;already&gt; &amp; escaped",
    ];
    let hostile = check_names("names_with_markup", &names);
    check_raw(&hostile, &[(names[0], names[0]), (names[4], "\"\"\"' onmouseover='alert(1)\"")]);
    for ((place, seen), (_, tame)) in markups(&hostile).into_iter().zip(markups(&formulas)) {
        assert_eq!(seen.elements, tame.elements, "{place}");
        assert!(seen.elements.len() > 20, "{place}");
        let shown = names.iter().filter(|name| seen.texts.iter().any(|text| text.contains(**name))).count();
        // The mail names examples only.
        let least = if place == "the page" { names.len() } else { 3 };
        assert!(shown >= least, "{shown} names in {place}: {:?}", seen.texts);
    }
}

#[test]
fn names_with_line_breaks_stay_in_their_cell_and_out_of_the_headers() {
    let audited = check_names(
        "names_with_line_breaks",
        &[
            "Payroll\r\nBcc: everyone@example.com",
            "Payroll\nsecond line",
            "Payroll\u{2028}separated",
            "Payroll \u{202e}txe.exe",
            "Payroll\u{fffd}\u{fffd}",
            "",
        ],
    );
    check_raw(
        &audited,
        &[
            ("Payroll\r\nBcc: everyone@example.com", "\"Payroll\r\nBcc: everyone@example.com\""),
            ("Payroll\nsecond line", "\"Payroll\nsecond line\""),
            ("Payroll\u{2028}separated", "Payroll\u{2028}separated"),
            ("Payroll\u{fffd}\u{fffd}", "Payroll\u{fffd}\u{fffd}"),
            ("", ""),
        ],
    );
    for part in ["text/html", "text/plain"] {
        let shown = self::part(&audited.mail(), part);
        assert!(!shown.contains(['\u{2028}', '\u{202e}']), "{part}");
    }
}
