//! How findings stand to earlier runs.

use keysweep::compliance::Settings;
use keysweep::compliance::takeover::GRAPH;
use keysweep::domain::{
    Aside, Covered, Exception, Grant, KeyId, KnownFinding, ObjectId, ObjectKind, Owners, Permission, RuleId,
    Severity, Status, Subject, Text, Whom,
};
use keysweep::report::{
    ChangeRow, ChangeWord, Compared, FindingChange, Report, Rows, Summary, counts, ledger,
};

use super::changes::tenant;
use super::diary::Diary;
use super::draft::Draft;
use super::fixture::{at, exception, id, password, report};

const FIRST: &str = "2026-11-09T06:00:00Z";
const SECOND: &str = "2026-11-16T06:00:00Z";
const THIRD: &str = "2026-11-23T06:00:00Z";

fn with_secret(end: &str) -> Draft {
    let mut inventory = tenant();
    inventory.objects[1].passwords = vec![password(9, "ci", Some("2026-10-01T00:00:00Z"), Some(end))];
    inventory
}

/// How the finding of a rule on the object “Plain” stands.
fn standing(report: &Report, rule: RuleId) -> Option<(FindingChange, String)> {
    let row = report.findings.iter().find(|row| row.rule == rule && row.display_name == "Plain")?;
    Some((row.change.unwrap(), row.first_seen.unwrap().to_rfc3339()))
}

fn row(report: &Report, rule: RuleId) -> Option<(ChangeWord, &str)> {
    let about = |row: &&ChangeRow| row.rule == Some(rule) && row.display_name == "Plain";
    report.changes.iter().find(about).map(|row| (row.change, row.detail.as_str()))
}

#[test]
fn a_finding_is_new_then_standing_then_fixed_then_back() {
    let (secret, without) = (with_secret("2027-03-01T00:00:00Z"), tenant());
    let settings = Settings::default();
    let rule = RuleId::ClientSecret;
    let mut diary = Diary::default();
    let first = diary.run(&secret, &settings, FIRST);
    assert_eq!(first.compared, Compared::First);
    assert_eq!(standing(&first, rule), Some((FindingChange::New, "2026-11-09T06:00:00+00:00".to_owned())));
    let second = diary.run(&secret, &settings, SECOND);
    assert_eq!(
        standing(&second, rule).unwrap(),
        (FindingChange::Standing, "2026-11-09T06:00:00+00:00".to_owned())
    );
    assert_eq!(row(&second, rule), None);
    let third = diary.run(&without, &settings, THIRD);
    assert_eq!(standing(&third, rule), None);
    assert_eq!(row(&third, rule), Some((ChangeWord::Fixed, "The client secret “ci” was removed.")));
    let fourth = diary.run(&secret, &settings, "2026-11-30T06:00:00Z");
    assert_eq!(
        standing(&fourth, rule).unwrap(),
        (FindingChange::Reopened, "2026-11-09T06:00:00+00:00".to_owned())
    );
    assert_eq!(row(&fourth, rule).map(|(word, _)| word), Some(ChangeWord::Reopened));
}

#[test]
fn without_memory_nothing_is_said_about_changes() {
    let report = report();
    assert_eq!((&report.compared, report.changes.len()), (&Compared::Unknown, 0));
    assert!(report.findings.iter().all(|row| (row.first_seen, row.change) == (None, None)));
    assert_eq!(ledger(&report), Default::default());
    assert_eq!(Summary::of(&report).changes, None);
}

type Edit = fn(&mut Draft, &mut Settings);

/// Today the secret “ci” ends on the 20th; a week ago it had not.
#[test]
#[rustfmt::skip]
fn a_fixed_finding_says_why() {
    let expiring = RuleId::ClientSecretExpiring;
    for (rule, edit, why) in [
        (expiring,             (|_, _| ()) as Edit,
            "The client secret “ci” expired on 2026-11-20 and is still listed."),
        (expiring,             |t, _| t.objects[1].passwords.clear(),
            "The client secret “ci” was removed."),
        (expiring,             |t, _| { t.objects.remove(1); },
            "The application is not there any more."),
        (expiring,             |t, _| t.objects[1].passwords[0].end = Some(at("2027-05-01T00:00:00Z")),
            "It does not break the rule any more."),
        (RuleId::NoOwner,      |t, _| t.objects[1].owners = Owners::Somebody,
            "It does not break the rule any more."),
    ] {
        let mut inventory = with_secret("2026-11-20T00:00:00Z");
        let mut settings = Settings::default();
        let mut diary = Diary::default();
        diary.run(&inventory, &settings, SECOND);
        edit(&mut inventory, &mut settings);
        let report = diary.run(&inventory, &settings, THIRD);
        assert_eq!(row(&report, rule), Some((ChangeWord::Fixed, why)), "{rule}");
    }
}

#[test]
#[rustfmt::skip]
fn what_was_not_looked_at_is_not_fixed() {
    let rule = RuleId::NoOwner;
    for (case, edit) in [
        ("the rule is off",      (|_, s| { s.severities.insert(RuleId::NoOwner, None); }) as Edit),
        ("its kind is not audited", |t, s| {
            t.objects.retain(|object| object.kind() != ObjectKind::Application);
            s.scope.remove(&ObjectKind::Application);
        }),
        ("it is undecided",      |t, _| t.objects[1].owners = Owners::Unread),
    ] {
        let inventory = with_secret("2027-03-01T00:00:00Z");
        let settings = Settings::default();
        let mut diary = Diary::default();
        assert!(standing(&diary.run(&inventory, &settings, FIRST), rule).is_some());
        let (mut blind, mut other) = (inventory.clone(), settings.clone());
        edit(&mut blind, &mut other);
        let second = diary.run(&blind, &other, SECOND);
        assert_eq!((standing(&second, rule), row(&second, rule)), (None, None), "{case}");
        let third = diary.run(&inventory, &settings, THIRD);
        assert_eq!(standing(&third, rule).map(|(change, _)| change), Some(FindingChange::Standing), "{case}");
    }
}

/// A tenant in which the application “Plain” has an old secret, nobody used it, and it leads to the whole tenant.
fn with_unused_and_privileged_secret() -> Draft {
    let mut draft = with_secret("2027-03-01T00:00:00Z");
    let object = &mut draft.objects[1];
    object.passwords[0].start = Some(at("2026-01-01T00:00:00Z"));
    let permission = Permission {
        resource: GRAPH,
        resource_name: Text::new("Microsoft Graph"),
        name: Text::new("Application.ReadWrite.All"),
    };
    let grant = Grant { principal: ObjectId(id(0x99)), app_id: object.app_id, permission };
    let report = [(KeyId(id(0x98)), Some(at("2026-01-01T00:00:00Z")))];
    draft.beside.permissions = Aside::Read([grant].into_iter().collect());
    draft.beside.credential_use = Aside::Read(report.into_iter().collect());
    draft
}

#[test]
#[rustfmt::skip]
fn what_hangs_on_something_not_read_is_not_fixed() {
    use RuleId::{ClientSecretUnused, PrivilegedWithSecret};
    let away = || Text::new("No licence.");
    for (case, rule, edit) in [
        ("not asked for",  ClientSecretUnused,   Box::new(|t: &mut Draft| t.beside.credential_use = Aside::NotAsked)
            as Box<dyn Fn(&mut Draft)>),
        ("not to be had",  ClientSecretUnused,   Box::new(move |t| t.beside.credential_use = Aside::Unavailable(away()))),
        ("empty",          ClientSecretUnused,   Box::new(|t| t.beside.credential_use = Aside::Read([].into_iter().collect()))),
        ("not asked for",  PrivilegedWithSecret, Box::new(|t| t.beside.permissions = Aside::NotAsked)),
        ("not to be had",  PrivilegedWithSecret, Box::new(move |t| t.beside.permissions = Aside::Unavailable(away()))),
        ("no roles",       PrivilegedWithSecret, Box::new(move |t| {
            t.beside.permissions = Aside::Read([].into_iter().collect());
            t.beside.roles = Aside::Unavailable(away());
        })),
    ] {
        let inventory = with_unused_and_privileged_secret();
        let settings = Settings::default();
        let mut diary = Diary::default();
        assert!(standing(&diary.run(&inventory, &settings, FIRST), rule).is_some(), "{rule}");
        let mut blind = inventory.clone();
        edit(&mut blind);
        let second = diary.run(&blind, &settings, SECOND);
        assert_eq!((standing(&second, rule), row(&second, rule)), (None, None), "{rule}: {case}");
        let third = diary.run(&inventory, &settings, THIRD);
        assert_eq!(standing(&third, rule).map(|(change, _)| change), Some(FindingChange::Standing), "{rule}: {case}");
    }
}

#[test]
fn what_was_read_and_is_no_more_is_fixed() {
    let inventory = with_unused_and_privileged_secret();
    let mut mended = inventory.clone();
    mended.beside.permissions = Aside::Read([].into_iter().collect());
    let used = [(mended.objects[1].passwords[0].key_id.unwrap(), Some(at(SECOND)))];
    mended.beside.credential_use = Aside::Read(used.into_iter().collect());
    let mut diary = Diary::default();
    diary.run(&inventory, &Settings::default(), FIRST);
    let second = diary.run(&mended, &Settings::default(), SECOND);
    let fixed = |why| Some((ChangeWord::Fixed, why));
    let plainly = fixed("It does not break the rule any more.");
    assert_eq!(row(&second, RuleId::ClientSecretUnused), plainly);
    let by_what_is_read =
        fixed("By what is read it does not break the rule any more; directory roles are not read.");
    assert_eq!(row(&second, RuleId::PrivilegedWithSecret), by_what_is_read);
    let mut diary = Diary::default();
    diary.run(&inventory, &Settings::default(), FIRST);
    mended.beside.roles = Aside::Read(Vec::new());
    let third = diary.run(&mended, &Settings::default(), SECOND);
    assert_eq!(row(&third, RuleId::PrivilegedWithSecret), plainly, "nothing else could have shown it");
}

#[test]
fn a_gone_object_fixes_its_findings_also_when_its_kind_was_not_audited_meanwhile() {
    let mut diary = Diary::default();
    let settings = Settings::default();
    diary.run(&with_secret("2027-03-01T00:00:00Z"), &settings, FIRST);
    let mut without = tenant();
    without.objects.remove(1);
    let mut narrow = settings.clone();
    narrow.severities.insert(RuleId::NoOwner, None);
    assert_eq!(row(&diary.run(&without, &narrow, SECOND), RuleId::NoOwner), None);
    let third = diary.run(&without, &settings, THIRD);
    assert_eq!(
        row(&third, RuleId::NoOwner),
        Some((ChangeWord::Fixed, "The application is not there any more."))
    );
}

fn accepting(settings: &Settings) -> Settings {
    let all = exception(Whom::Name("Plain".to_owned()), Covered::All);
    Settings { exceptions: vec![all], ..settings.clone() }
}

#[test]
fn an_excepted_finding_stays_and_says_so_but_does_not_count() {
    let inventory = with_secret("2027-03-01T00:00:00Z");
    let settings = Settings::default();
    let open = Diary::default().run(&inventory, &settings, FIRST);
    let accepted = Diary::default().run(&inventory, &accepting(&settings), FIRST);
    assert_eq!(open.findings.len(), accepted.findings.len());
    let of_plain: Vec<_> = accepted.findings.iter().filter(|row| row.display_name == "Plain").collect();
    assert!(of_plain.len() > 1);
    for row in &of_plain {
        assert_eq!(row.status, Status::Excepted(0));
        let accepted = " Excepted until 2027-03-31 by “=Jane Doe”: “The vendor supports nothing else”.";
        assert!(row.detail.ends_with(accepted), "{}", row.detail);
    }
    let (before, after) = (Summary::of(&open), Summary::of(&accepted));
    assert_eq!((before.excepted, after.excepted), (0, of_plain.len()));
    assert_eq!(before.findings(), after.findings() + of_plain.len());
    assert_eq!(after.rules.iter().map(|count| count.findings).sum::<usize>(), after.findings());
    assert_eq!((before.objects.excepted, after.objects.excepted), (0, 1));
    assert!(after.by_compliance().contains("1 excepted"), "{}", after.by_compliance());
    assert!(!before.by_compliance().contains("excepted"), "{}", before.by_compliance());
    assert_eq!(after.changes.unwrap().new, after.findings());
    let numbers = counts(&accepted);
    assert_eq!(numbers.excepted, of_plain.len() as u64);
    assert_eq!(numbers.findings.iter().sum::<u64>(), after.findings() as u64);
    assert_eq!(ledger(&accepted).opened.len(), accepted.findings.len(), "excepted ones are on record, too");
}

#[test]
fn an_exception_neither_fixes_a_finding_nor_opens_it_anew() {
    let inventory = with_secret("2027-03-01T00:00:00Z");
    let settings = Settings::default();
    let mut diary = Diary::default();
    diary.run(&inventory, &settings, FIRST);
    for (settings, started) in [(accepting(&settings), SECOND), (settings, THIRD)] {
        let report = diary.run(&inventory, &settings, started);
        assert_eq!(row(&report, RuleId::ClientSecret), None);
        assert_eq!(standing(&report, RuleId::ClientSecret).unwrap().0, FindingChange::Standing);
    }
}

#[test]
fn only_excepted_findings_are_no_findings_but_not_nothing() {
    let mut report = Diary::default().run(&tenant(), &Settings::default(), FIRST);
    report.findings.change(|rows| rows.iter_mut().for_each(|row| row.status = Status::Excepted(0)));
    assert_eq!(Summary::of(&report).by_severity(), "no open findings");
    assert_eq!(Summary::of(&report).worst(), None);
    report.findings = Rows::default();
    assert_eq!(Summary::of(&report).by_severity(), "no findings");
}

#[test]
fn each_expired_exception_is_a_finding_of_its_own() {
    let expired = |number, reason: &str| Exception {
        expires: at("2026-10-01T00:00:00Z").date_naive(),
        reason: Text::new(reason),
        ..exception(Whom::Id(id(number)), Covered::All)
    };
    let mut settings = Settings { exceptions: vec![expired(1, "a"), expired(2, "b")], ..Settings::default() };
    let mut diary = Diary::default();
    let about = |report: &Report| -> Vec<_> {
        let rows = report.findings.iter().filter(|row| row.rule == RuleId::ExceptionExpired);
        rows.map(|row| (row.key.0.clone(), row.change)).collect()
    };
    let first = about(&diary.run(&tenant(), &settings, FIRST));
    assert_eq!(first.len(), 2);
    assert_ne!(first[0].0, first[1].0);
    // In another order, with other words: still the same ones.
    settings.exceptions = vec![expired(2, "B"), expired(1, "A")];
    let second = diary.run(&tenant(), &settings, SECOND);
    assert_eq!(
        about(&second).iter().map(|(_, change)| *change).collect::<Vec<_>>(),
        [Some(FindingChange::Standing); 2]
    );
    settings.exceptions.remove(0);
    let third = diary.run(&tenant(), &settings, THIRD);
    let fixed: Vec<_> =
        third.changes.iter().filter(|row| row.rule == Some(RuleId::ExceptionExpired)).collect();
    assert_eq!(fixed.len(), 1);
    assert_eq!((fixed[0].change, fixed[0].object_type), (ChangeWord::Fixed, Subject::Tenant));
}

#[test]
fn exceptions_are_listed_as_configured_with_what_they_do() {
    let by_name = exception(Whom::Name("Plain".to_owned()), Covered::These([RuleId::NoOwner].into()));
    let by_id = exception(Whom::Id(id(0xaaaa_0001)), Covered::All);
    let settings = Settings { exceptions: vec![by_name, by_id], ..Settings::default() };
    let report = Diary::default().run(&with_secret("2027-03-01T00:00:00Z"), &settings, FIRST);
    let [first, second] = report.exceptions.as_slice() else { panic!("{:?}", report.exceptions) };
    assert_eq!(
        (first.whom.as_str(), first.rules.join(","), first.findings),
        ("Plain", "no-owner".to_owned(), 1)
    );
    assert_eq!(
        (second.whom.as_str(), second.rules.join(",")),
        ("00000000-0000-0000-0000-0000aaaa0001", "*".to_owned())
    );
}

#[test]
fn what_is_remembered_of_a_fixed_finding_is_told() {
    let mut diary = Diary::default();
    diary.run(&with_secret("2027-03-01T00:00:00Z"), &Settings::default(), FIRST);
    let known: Vec<KnownFinding> = diary.known();
    let record = known
        .iter()
        .find(|known| {
            known.record.credential_name == "ci"
                && known.record.rule == RuleId::ClientSecret
                && known.record.display_name == "Plain"
        })
        .unwrap();
    assert_eq!(record.record.severity, Severity::High);
    let report = diary.run(&tenant(), &Settings::default(), SECOND);
    let row = report.changes.iter().find(|row| row.rule == Some(RuleId::ClientSecret)).unwrap();
    assert_eq!((row.severity, row.credential_name.as_str()), (Some(Severity::High), "ci"));
    assert_eq!(row.key.as_ref(), Some(&record.key));
    assert!(row.portal_url.starts_with("https://entra.microsoft.com"), "{}", row.portal_url);
}
