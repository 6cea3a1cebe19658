//! What the mail says of remediation.

use keysweep::domain::{ObjectId, ObjectKind, RuleId, RunId, Severity, TenantId, Text};
use keysweep::remediation::{
    Action, Cause, Change, Consequence, LeftOut, Outcome, Plan, PlanId, Purpose, Reversal, Skipped, Step,
    StepOutcome, Stopped, Target, WhyLeftOut,
};
use keysweep::report::{Carried, Kept, Letter, Remedied, letter};
use uuid::Uuid;

use crate::markup::elements;
use crate::sample::{self, Files};

const ROOM: u64 = 1 << 30;

fn target(number: u128, name: &str) -> Target {
    Target {
        object_type: ObjectKind::ServicePrincipal,
        object_id: ObjectId(Uuid::from_u128(number)),
        app_id: None,
        display_name: Text::new(name),
        personal_accounts: false,
    }
}

fn step(number: u32, name: &str) -> Step {
    let object = target(u128::from(number), name);
    Step {
        number,
        action: Some(Action::DisableServicePrincipal),
        change: Change::SetAccountEnabled { object, before: Some(true), after: Some(false) },
        because: vec![Cause {
            finding: "foreign-secret/…".to_owned(),
            rule: RuleId::ForeignSecret,
            severity: Severity::Critical,
            first_seen: Some("2026-11-01T06:00:00Z".parse().unwrap()),
        }],
        fresh: false,
        reversal: Reversal::Full,
        consequences: vec![Consequence::UseUnknown],
    }
}

fn plan(steps: Vec<Step>) -> Plan {
    let left_out = |why, more| LeftOut {
        action: Action::DisableServicePrincipal,
        object: Some(target(99, "Vendor")),
        key_id: None,
        why,
        more,
    };
    let plan = Plan {
        schema_version: 0,
        plan_id: PlanId::new(""),
        purpose: Purpose::Remediation { unattended: true },
        tenant: "contoso".to_owned(),
        tenant_id: TenantId(Uuid::from_u128(1)),
        run_id: RunId::parse("20261123T060000Z"),
        created: "2026-11-23T06:01:00Z".parse().unwrap(),
        expires: "2026-11-30T06:01:00Z".parse().unwrap(),
        steps,
        left_out: vec![
            left_out(WhyLeftOut::Fresh { first_seen: None }, 1233),
            left_out(WhyLeftOut::Protected, 0),
        ],
        seal: String::new(),
    };
    plan.sealed().unwrap()
}

fn write(remedied: &Remedied, files: &Files, limit: u64) -> Letter {
    let report = sample::empty();
    letter(&report, &files.files, limit, Kept::InDirectory, files, Some(remedied)).unwrap()
}

fn files() -> Files {
    sample::files([900, 800, 700, 600])
}

fn carried(outcomes: Vec<Outcome>, stopped: Option<Stopped>) -> Remedied {
    let names = ["Payroll", "Ledger", "Vendor CRM", "Backup", "Old"];
    let steps: Vec<Step> = (1..).zip(names).take(outcomes.len()).map(|(n, name)| step(n, name)).collect();
    let plan = plan(steps.clone());
    let steps =
        steps.into_iter().zip(outcomes).map(|(step, outcome)| StepOutcome { step, outcome }).collect();
    Remedied::Applied(Box::new(Carried { plan, steps, stopped, trouble: None }))
}

fn done() -> Outcome {
    Outcome::Done { created: None, found: false }
}

fn failed() -> Outcome {
    Outcome::Failed { reason: Text::new("Graph answered 403. Grant `Application.ReadWrite.All`.") }
}

/// The section alone.
fn section(letter: &Letter) -> String {
    let start = letter.text.find("\nRemediation\n").expect("a section") + 1;
    let end = letter.text[start..].find("\nNo findings").expect("the figures");
    letter.text[start..start + end].to_owned()
}

#[test]
fn a_plan_reads_as_expected() {
    let remedied = Remedied::Planned(Box::new(plan(vec![step(1, "Payroll"), step(2, "Ledger")])));
    let letter = write(&remedied, &files(), ROOM);
    insta::assert_snapshot!("remedied_planned", section(&letter));
    insta::assert_snapshot!("remedied_planned_html", letter.html);
    let attached = letter.attachments.last().unwrap();
    assert_eq!(
        (attached.name.as_str(), &*attached.media_type),
        ("contoso-20261123T060000Z-plan.json", "application/json")
    );
    let read = Plan::read(std::str::from_utf8(&attached.bytes).unwrap()).unwrap();
    assert_eq!(read.steps.len(), 2);
    assert!(letter.text.contains("contoso-20261123T060000Z-plan.json"), "{}", letter.text);
}

#[test]
fn what_was_done_reads_as_expected() {
    let gone = Outcome::Skipped(Skipped::Gone);
    let unclear = Outcome::Unclear { reason: Text::new("The connection was cut.") };
    let remedied = carried(
        vec![done(), gone, failed(), unclear, Outcome::NotReached],
        Some(Stopped::Failures { failed: 2 }),
    );
    insta::assert_snapshot!("remedied_applied", section(&write(&remedied, &files(), ROOM)));
}

#[test]
fn the_subject_says_what_somebody_has_to_look_after() {
    let stopped = Some(Stopped::Changes { made: 1 });
    let mut trouble = carried(vec![Outcome::NotReached], None);
    if let Remedied::Applied(carried) = &mut trouble {
        carried.trouble = Some("The sign-in that writes does not work.".to_owned());
    }
    for (remedied, remark) in [
        (Remedied::Withheld("Nothing was changed: the run is incomplete.".to_owned()), ""),
        (Remedied::Planned(Box::new(plan(vec![step(1, "Payroll")]))), ""),
        (carried(vec![done()], None), ""),
        (carried(vec![done(), failed()], None), ", remediation FAILED in part"),
        (carried(vec![done(), Outcome::NotReached], stopped), ", remediation STOPPED"),
        (trouble, ", remediation STOPPED"),
    ] {
        let subject = write(&remedied, &files(), ROOM).subject;
        let expected =
            letter(&sample::empty(), &[], ROOM, Kept::InDirectory, &files(), None).unwrap().subject;
        assert_eq!(subject, format!("{expected}{remark}"));
    }
}

#[test]
fn what_there_is_nothing_to_say_about_is_not_said() {
    let nothing = Remedied::Planned(Box::new(Plan { left_out: vec![], ..plan(vec![]) }));
    let said = write(&nothing, &files(), ROOM);
    assert_eq!(section(&said).trim(), "Remediation\nNothing was changed, and nothing is to be done.");
    assert!(said.attachments.iter().all(|file| !file.name.ends_with("plan.json")));
    let unsaid = letter(&sample::empty(), &[], ROOM, Kept::InDirectory, &files(), None).unwrap();
    assert!(!unsaid.text.contains("Remediation") && !unsaid.html.contains("Remediation"));
}

#[test]
fn a_plan_has_its_share_of_the_room() {
    let remedied = Remedied::Planned(Box::new(plan(vec![step(1, "Payroll")])));
    let files = files();
    let all = write(&remedied, &files, ROOM);
    let encoded = |bytes: usize| {
        let characters = bytes.div_ceil(3) * 4;
        (characters + characters.div_ceil(76) * 2) as u64
    };
    let of = |letter: &Letter, last: &str| {
        letter
            .attachments
            .iter()
            .filter(|file| file.name.ends_with(last))
            .map(|file| encoded(file.bytes.len()))
            .sum::<u64>()
    };
    let (csvs, plan) = (of(&all, ".csv"), of(&all, ".json"));
    assert!(0 < csvs && 0 < plan);
    let fits = write(&remedied, &files, csvs + plan);
    assert_eq!((of(&fits, ".csv"), of(&fits, ".json")), (csvs, plan), "to the byte");
    let less = write(&remedied, &files, csvs + plan - 1);
    assert_eq!((of(&less, ".csv"), of(&less, ".json")), (0, plan), "the plan comes first");
    let none = write(&remedied, &files, plan - 1);
    assert_eq!(of(&none, ".json"), 0);
    assert!(none.text.contains("The plan is too large to be attached."), "{}", none.text);
}

#[test]
fn no_name_breaks_a_line_or_adds_markup() {
    let plain = Remedied::Planned(Box::new(plan(vec![step(1, "Payroll")])));
    let hostile = "<b onclick=x>\r\nBcc: a@b\u{202e}</p>{{ 7*7 }}";
    let evil = Remedied::Planned(Box::new(plan(vec![step(1, hostile)])));
    let (plain, evil) = (write(&plain, &files(), ROOM), write(&evil, &files(), ROOM));
    let shape = |letter: &Letter| {
        let all = elements(&letter.html).into_iter();
        all.map(|element| (element.tag, element.attributes)).collect::<Vec<_>>()
    };
    assert_eq!(shape(&plain), shape(&evil));
    assert_eq!(plain.subject, evil.subject);
    assert!(!evil.text.lines().any(|line| line.starts_with("Bcc")), "{}", evil.text);
    assert!(!evil.text.contains('\u{202e}') && !evil.html.contains('\u{202e}'));
}

#[test]
fn a_long_plan_is_cut_and_says_so() {
    let steps = (1..=100).map(|number| step(number, "Payroll")).collect();
    let letter = write(&Remedied::Planned(Box::new(plan(steps))), &files(), ROOM);
    assert!(letter.text.contains("would take 100 steps"), "{}", letter.text);
    assert!(letter.text.contains("and 70 more."), "{}", letter.text);
    assert_eq!(letter.text.matches("Switch service principal").count(), 30);
}
