//! The sample tenant a week later: what changed, what is excepted, and how it went before.

use chrono::{NaiveDate, TimeDelta};
use keysweep::domain::{ExceptionState, FindingKey, RuleId, RunCounts, RunId, RunMark, Severity, Status};
use keysweep::report::{
    ChangeKind, ChangeRow, ChangeWord, Compared, ExceptionRow, FindingChange, FindingRow, Report, Subject,
};

use crate::sample::{guid, tenant, time};

/// The run that the sample is compared with.
pub(crate) fn last_week() -> RunMark {
    RunMark { run_id: RunId::new(time("2026-11-16"), 1), started: time("2026-11-16") }
}

/// The sample tenant, with a past: of its findings some are new, one is back and three are excepted.
pub(crate) fn later() -> Report {
    let mut report = tenant();
    report.compared = Compared::With(last_week());
    report.findings.change(|rows| {
        for (index, finding) in rows.iter_mut().enumerate() {
            (finding.change, finding.first_seen) = match index {
                0 | 2 | 24 => (Some(FindingChange::New), Some(time("2026-11-23"))),
                3 => (Some(FindingChange::Reopened), Some(time("2026-03-02"))),
                _ => (Some(FindingChange::Standing), Some(time("2026-10-05"))),
            };
            if [4, 25, 49].contains(&index) {
                finding.status = Status::Excepted(0);
            }
            if index == 25 {
                (finding.change, finding.first_seen) = (Some(FindingChange::New), Some(time("2026-11-23")));
            }
        }
    });
    let fresh = |row: &FindingRow| row.change != Some(FindingChange::Standing);
    report.changes = report.findings.iter().filter(fresh).map(|row| appeared(&row)).collect();
    report.changes.extend((0..4).map(fixed));
    report.changes.extend(others());
    report.exceptions = exceptions();
    report.trend = trend();
    report
}

/// A change with nothing but a kind and a word.
pub(crate) fn change(kind: ChangeKind, change: ChangeWord, name: &str, detail: &str) -> ChangeRow {
    ChangeRow {
        change,
        kind,
        key: None,
        rule: None,
        severity: None,
        object_type: Subject::Application,
        object_id: guid(300),
        app_id: guid(5300),
        display_name: name.to_owned(),
        credential_type: String::new(),
        credential_id: String::new(),
        credential_name: String::new(),
        policy_id: String::new(),
        policy_name: String::new(),
        before: String::new(),
        after: String::new(),
        detail: detail.to_owned(),
        portal_url: String::new(),
        added_by: String::new(),
    }
}

/// The change that a new or reopened finding is.
pub(crate) fn appeared(row: &FindingRow) -> ChangeRow {
    let word = match row.change {
        Some(FindingChange::Reopened) => ChangeWord::Reopened,
        _ => ChangeWord::Appeared,
    };
    ChangeRow {
        key: Some(row.key.clone()),
        rule: Some(row.rule),
        severity: Some(row.severity),
        object_type: row.object_type,
        object_id: row.object_id.clone(),
        credential_type: row.credential_type.to_owned(),
        credential_id: row.credential_id.clone(),
        credential_name: row.credential_name.clone(),
        after: row.status.as_str().to_owned(),
        portal_url: row.portal_url.clone(),
        ..change(ChangeKind::Finding, word, &row.display_name, &row.detail)
    }
}

fn fixed(number: usize) -> ChangeRow {
    let (rule, name, detail) = [
        (RuleId::ClientSecret, "Badge printer", "The client secret “prod” was removed."),
        (RuleId::ClientSecret, "Newsletter", "The client secret “2024” has ended on 2026-11-20."),
        (RuleId::NoOwner, "Newsletter", "It does not break the rule any more."),
        (RuleId::ClientSecretExpired, "Intranet search", "The application is not there any more."),
    ][number];
    ChangeRow {
        key: Some(FindingKey(format!("fixed-{number}"))),
        rule: Some(rule),
        severity: Some(rule.default_severity()),
        object_id: guid(300 + number),
        ..change(ChangeKind::Finding, ChangeWord::Fixed, name, detail)
    }
}

fn others() -> Vec<ChangeRow> {
    let secret = |word, number: usize, name: &str, detail: &str| ChangeRow {
        credential_type: "client-secret".to_owned(),
        credential_id: guid(9000 + number),
        credential_name: "ci".to_owned(),
        ..change(ChangeKind::Credential, word, name, detail)
    };
    let policy = |word, kind, detail: &str| ChangeRow {
        policy_id: guid(7001),
        policy_name: "Portal exclusions (do not edit)".to_owned(),
        ..change(kind, word, "Portal exclusions (do not edit)", detail)
    };
    let mut rows = vec![
        ChangeRow {
            object_type: Subject::Policy,
            object_id: guid(7001),
            before: "enabled".to_owned(),
            after: "disabled".to_owned(),
            ..policy(
                ChangeWord::Changed,
                ChangeKind::Policy,
                "Weakened: passwordAddition was enabled and is disabled.",
            )
        },
        ChangeRow {
            display_name: "SAP connector".to_owned(),
            object_id: guid(101),
            after: "Portal exclusions (do not edit)".to_owned(),
            ..policy(
                ChangeWord::Appeared,
                ChangeKind::Assignment,
                "The policy “Portal exclusions (do not edit)” was assigned to it.",
            )
        },
        secret(
            ChangeWord::Appeared,
            2,
            "HR onboarding",
            "A client secret “ci” was added on 2026-11-20; it ends on 2026-11-25.",
        ),
        secret(
            ChangeWord::Gone,
            310,
            "Badge printer",
            "The client secret “ci” was removed; it would have ended on 2027-03-01.",
        ),
    ];
    let created = |(number, name)| ChangeRow {
        object_id: guid(number),
        ..change(ChangeKind::Object, ChangeWord::Appeared, name, "The application was created on 2026-11-20.")
    };
    rows.extend([(2, "HR onboarding"), (320, "Kiosk"), (321, "Kiosk 2"), (322, "Kiosk 3")].map(created));
    rows
}

pub(crate) fn exceptions() -> Vec<ExceptionRow> {
    let row = |whom: &str, rules: &[&str], until: (i32, u32, u32), state, findings| ExceptionRow {
        whom: whom.to_owned(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        reason: "The vendor supports nothing but a secret until version 9, which is due in March.".to_owned(),
        accepted_by: "Ada Lovelace, CISO".to_owned(),
        expires: NaiveDate::from_ymd_opt(until.0, until.1, until.2).expect("a literal day"),
        state,
        findings,
    };
    vec![
        row("Legacy *", &["client-secret", "no-owner"], (2027, 3, 31), ExceptionState::InForce, 3),
        row(&guid(12), &["*"], (2026, 11, 20), ExceptionState::Expired, 0),
        row(&guid(999), &["client-secret-expired"], (2027, 1, 31), ExceptionState::Stale, 0),
    ]
}

/// Seven weekly runs, the fifth of them incomplete.
fn trend() -> Vec<RunCounts> {
    let weeks = [[3, 31, 12, 20, 0], [3, 30, 12, 21, 0], [2, 30, 11, 21, 0], [2, 27, 11, 20, 0]];
    let recent = [[0, 12, 4, 9, 0], [0, 24, 10, 20, 0], [0, 22, 9, 20, 0]];
    let runs = weeks.into_iter().chain(recent).enumerate();
    let counts = runs.map(|(index, findings)| {
        let weeks_ago = i64::try_from(7 - index).expect("a small number");
        let started = time("2026-11-23") - TimeDelta::weeks(weeks_ago);
        RunCounts {
            run: RunMark { run_id: RunId::new(started, 1), started },
            complete: index != 4,
            objects: 30,
            findings,
            excepted: 3,
        }
    });
    counts.collect()
}

/// The numbers of open findings by severity.
pub(crate) fn open(report: &Report) -> Vec<usize> {
    let count = |severity: &Severity| {
        let these = report.findings.iter().filter(|row| row.status.is_open() && row.severity == *severity);
        these.count()
    };
    Severity::ALL.iter().map(count).collect()
}
