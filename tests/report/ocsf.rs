//! Findings as OCSF events.

use keysweep::compliance::Settings;
use keysweep::domain::{
    Covered, Gap, Owner, Owners, Part, RuleId, RunCounts, RunMark, Severity, Status, Text, Whom,
};
use keysweep::report::{Compared, GapRow, Report, ocsf};
use serde_json::{Value, json};

use super::changes::{eventful, tenant};
use super::diary::Diary;
use super::draft::Draft;
use super::fixture::{at, empty, exception, id, password, report, report_on};
use super::ocsf_schema::events;
use super::output::snapshot;

const FIRST: &str = "2026-11-09T06:00:00Z";
const SECOND: &str = "2026-11-16T06:00:00Z";
const THIRD: &str = "2026-11-23T06:00:00Z";
const FOURTH: &str = "2026-11-30T06:00:00Z";

fn told(report: &Report) -> Vec<Value> {
    let mut out = Vec::new();
    ocsf(report, &mut out).unwrap();
    events(&out)
}

fn millis(time: &str) -> i64 {
    at(time).timestamp_millis()
}

fn with_secret() -> Draft {
    let mut draft = tenant();
    draft.objects[1].passwords =
        vec![password(9, "ci", Some("2026-10-01T00:00:00Z"), Some("2027-03-01T00:00:00Z"))];
    draft
}

/// What is said of the secret of “Plain”.
fn of_secret(events: &[Value]) -> Value {
    let uid = format!("client-secret/application/{}/client-secret/{}", id(0xaaaa_0002), id(0xdddd_0009));
    let about: Vec<&Value> = events.iter().filter(|event| event["finding_info"]["uid"] == *uid).collect();
    let [event] = about.as_slice() else { panic!("{} events about {uid}", about.len()) };
    (*event).clone()
}

#[test]
fn there_is_one_event_for_each_finding_and_each_that_is_fixed() {
    for report in [report(), eventful(), empty()] {
        let events = told(&report);
        let fixed = report.summary.changes.as_ref().map_or(0, |changes| changes.fixed);
        let about_the_run = usize::from(!report.gaps.is_empty());
        assert_eq!(events.len(), report.findings.len() + fixed + about_the_run);
        let mut uids: Vec<&str> =
            events.iter().map(|event| event["metadata"]["uid"].as_str().unwrap()).collect();
        uids.sort_unstable();
        uids.dedup();
        assert_eq!(uids.len(), events.len(), "each event has an id of its own");
    }
}

#[test]
fn a_finding_is_created_updated_closed_and_updated_when_it_is_back() {
    let (secret, without) = (with_secret(), tenant());
    let mut diary = Diary::default();
    let runs = [(&secret, FIRST), (&secret, SECOND), (&without, THIRD), (&secret, FOURTH)];
    let said = runs.map(|(draft, started)| {
        let event = of_secret(&told(&diary.run(draft, &Settings::default(), started)));
        let info = &event["finding_info"];
        assert_eq!(event["time"], millis(started));
        json!([
            event["activity_name"],
            event["status"],
            event["compliance"]["status"],
            info["first_seen_time"],
            info["last_seen_time"],
            event["unmapped"]["change"],
        ])
    });
    assert_eq!(
        said,
        [
            json!(["Create", "New", "Fail", millis(FIRST), millis(FIRST), "new"]),
            json!(["Update", "New", "Fail", millis(FIRST), millis(SECOND), "standing"]),
            json!(["Close", "Resolved", "Pass", null, millis(SECOND), "fixed"]),
            json!(["Update", "New", "Fail", millis(FIRST), millis(FOURTH), "reopened"]),
        ]
    );
}

#[test]
fn a_fixed_finding_says_why() {
    let mut diary = Diary::default();
    diary.run(&with_secret(), &Settings::default(), FIRST);
    let event = of_secret(&told(&diary.run(&tenant(), &Settings::default(), SECOND)));
    assert_eq!(event["message"], "The client secret “ci” was removed.");
    assert_eq!(event["status_detail"], event["message"]);
    assert_eq!(event["evidences"][0]["name"], "ci");
}

#[test]
fn an_excepted_finding_is_suppressed_and_fails_all_the_same() {
    let settings = Settings {
        exceptions: vec![exception(Whom::Id(id(0xaaaa_0002)), Covered::These([RuleId::ClientSecret].into()))],
        ..Settings::default()
    };
    let report = Diary::default().run(&with_secret(), &settings, THIRD);
    assert!(report.findings.iter().any(|row| matches!(row.status, Status::Excepted(_))));
    let event = of_secret(&told(&report));
    assert_eq!((&event["status"], &event["compliance"]["status"]), (&json!("Suppressed"), &json!("Fail")));
}

#[test]
fn severities_have_the_numbers_of_the_schema() {
    let mut report = eventful();
    let row = report.findings.iter().next().unwrap();
    for (severity, id) in [
        (Severity::Info, 1),
        (Severity::Low, 2),
        (Severity::Medium, 3),
        (Severity::High, 4),
        (Severity::Critical, 5),
    ] {
        let row = keysweep::report::FindingRow { severity, ..row.clone() };
        report.findings.change(|rows| *rows = vec![row]);
        assert_eq!(told(&report)[0]["severity_id"], id, "{severity}");
    }
}

#[test]
fn without_history_the_activity_is_unknown_and_nothing_is_closed() {
    let mut report = eventful();
    let with_history = told(&report);
    assert!(with_history.iter().any(|event| event["activity_name"] == "Close"));
    report.compared = Compared::Unknown;
    report.changes.clear();
    report
        .findings
        .change(|rows| rows.iter_mut().for_each(|row| (row.first_seen, row.change) = (None, None)));
    for event in told(&report) {
        assert_eq!(event["activity_name"], "Unknown");
        assert!(event["finding_info"].get("first_seen_time").is_none());
        assert!(event["unmapped"].get("change").is_none());
    }
}

#[test]
fn an_audit_that_is_not_complete_says_so_first_and_on_each_event() {
    let mut draft = with_secret();
    let complete = told(&Diary::default().run(&draft, &Settings::default(), FIRST));
    assert!(complete.iter().all(|event| event.get("status_detail").is_none()));
    assert!(complete.iter().all(|event| event["unmapped"]["complete"] == true));

    let mut diary = Diary::default();
    diary.run(&draft, &Settings::default(), FIRST);
    draft.objects[1].passwords.clear();
    draft.gaps = vec![
        Gap { part: Part::Applications, reason: Text::new("Graph answered 503.") },
        Gap { part: Part::Owners, reason: Text::new("Graph answered 403.") },
    ];
    let report = diary.run(&draft, &Settings::default(), SECOND);
    let events = told(&report);
    let said = "The audit is not complete: applications, owners could not be read. Findings may be missing, and nothing \
                is reported as fixed.";
    assert!(events.iter().all(|event| event["status_detail"] == said));
    assert!(events.iter().all(|event| event["unmapped"]["complete"] == false));
    assert!(events.iter().all(|event| event["activity_name"] != "Close"));
    let about_the_run = &events[0];
    let tenant_id = report.header.tenant_id.to_string();
    assert_eq!(about_the_run["finding_info"]["uid"], format!("audit-incomplete/tenant/{tenant_id}"));
    assert_eq!(
        about_the_run["compliance"]["status_details"],
        json!(["applications: Graph answered 503.", "owners: Graph answered 403."])
    );
    assert_eq!(
        [&about_the_run["compliance"]["status"], &about_the_run["severity"], &about_the_run["status"]],
        ["Warning", "Unknown", "New"]
    );
}

/// What the last run on record came to decides.
#[test]
fn that_an_audit_is_not_complete_is_closed_by_the_next_that_is() {
    let ended = |complete| RunCounts {
        run: RunMark { run_id: report().header.run_id, started: at(FIRST) },
        complete,
        objects: 0,
        findings: [0; 5],
        excepted: 0,
    };
    let gap = || Gap { part: Part::Owners, reason: Text::new("Graph answered 503.") };
    let activity = |trend: Vec<RunCounts>, gaps: Vec<Gap>, compared: Compared| {
        let mut report = report_on(&Draft { gaps, ..tenant() });
        (report.trend, report.compared) = (trend, compared);
        let about =
            told(&report).into_iter().find(|event| event["metadata"]["event_code"] == "audit-incomplete");
        about.map(|event| event["activity_name"].as_str().unwrap().to_owned())
    };
    let compared = || Compared::With(ended(true).run);
    for (case, trend, gaps, compared, expected) in [
        ("complete, as before", vec![ended(false), ended(true)], vec![], compared(), None),
        ("complete again", vec![ended(true), ended(false)], vec![], compared(), Some("Close")),
        ("not any more", vec![ended(true)], vec![gap()], compared(), Some("Create")),
        ("the first run", vec![], vec![gap()], Compared::First, Some("Create")),
        ("still not", vec![ended(false)], vec![gap()], Compared::First, Some("Update")),
        ("nobody knows", vec![], vec![gap()], Compared::Unknown, Some("Unknown")),
    ] {
        assert_eq!(activity(trend, gaps, compared).as_deref(), expected, "{case}");
    }
}

#[test]
fn what_a_reader_has_to_know_stands_on_each_event() {
    let mut report = eventful();
    report.notices = vec!["The clock was set back.".to_owned()];
    let reason = "Graph refused\u{2028}it.".to_owned();
    report.unavailable = vec![GapRow { part: "sign-in activity".to_owned(), reason }];
    for event in told(&report) {
        assert_eq!(event["unmapped"]["notices"], json!(["The clock was set back."]));
        assert_eq!(event["unmapped"]["unavailable"], json!(["sign-in activity: Graph refused\u{2028}it."]));
    }
}

#[test]
fn foreign_text_comes_back_as_it_is_and_breaks_no_line() {
    let name = "a\r\nb\u{2028}c\u{2029}\u{85}d\u{b}\u{c}\u{7f}\u{202e}\"\\ü🔑";
    let mut draft = with_secret();
    draft.objects[1].display_name = Text::new(name);
    let people = ["Ada\u{2028}", "Bob"].map(|name| Owner::by_name(Text::new(name)));
    draft.objects[1].owners = Owners::Named(people.into());
    let event = of_secret(&told(&report_on(&draft)));
    let resource = &event["resources"][0];
    assert_eq!(resource["name"], name);
    assert_eq!(resource["owner"]["name"], "Ada\u{2028}");
    assert_eq!(resource["data"]["owners"], json!(["Ada\u{2028}", "Bob"]));
}

#[test]
fn events_read_as_their_snapshot() {
    let pretty: Vec<String> = told(&eventful())
        .iter()
        .filter(|event| {
            event["metadata"]["event_code"] == "client-secret" || event["activity_name"] == "Close"
        })
        .map(|event| serde_json::to_string_pretty(event).unwrap())
        .collect();
    snapshot("ocsf", &pretty.join("\n"));
}
