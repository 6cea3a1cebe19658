//! Letters to owners: who is told of what, when again, and never anybody elsewhere.

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::domain::{Owner, OwnerKind, RuleId, RunId, Severity, Status, Text, Told};
use keysweep::report::{
    FindingChange, FindingRow, ObjectRow, OwnerNotice, OwnerRound, OwnerTerms, Report, Subject, Templates,
    owner_round,
};

use crate::sample::{self, time};

fn terms() -> OwnerTerms {
    OwnerTerms {
        least: Severity::Medium,
        deadline: TimeDelta::days(30),
        remind_after: TimeDelta::days(30),
        fallback: vec!["it@contoso.com".to_owned()],
        escalate_after: TimeDelta::days(60),
        escalate_to: vec!["ciso@contoso.com".to_owned()],
        domains: vec!["contoso.com".to_owned()],
        max_per_run: 200,
    }
}

fn owner(name: &str, address: Option<&str>) -> Owner {
    let kind = if address.is_some() { OwnerKind::User } else { OwnerKind::ServicePrincipal };
    Owner { name: Text::new(name), address: address.map(Text::new), kind }
}

fn owned(number: usize, name: &str, addresses: &[&str]) -> ObjectRow {
    let mut row = sample::object(number, Subject::Application, name);
    row.owner_contacts = addresses.iter().map(|address| owner("Somebody", Some(address))).collect();
    row.worst_severity = Some(Severity::High);
    row
}

fn flaw(rule: RuleId, of: &ObjectRow) -> FindingRow {
    let mut row = sample::finding(rule, of, None, "It holds a client secret.", "Use a certificate.");
    (row.change, row.first_seen) = (Some(FindingChange::Standing), Some(time("2026-11-09")));
    row
}

/// A complete run at some time, over these objects, each with a client secret.
fn report(at: DateTime<Utc>, objects: &[ObjectRow]) -> Report {
    let mut report = sample::empty();
    report.header.started = at;
    report.header.run_id = RunId::new(at, 1);
    report.findings = objects.iter().map(|row| flaw(RuleId::ClientSecret, row)).collect();
    report.objects = objects.iter().cloned().collect();
    sample::counted(&report)
}

fn round(report: &Report, terms: &OwnerTerms, told: &[Told]) -> OwnerRound {
    let round = owner_round(&Templates::default(), report, terms, told).unwrap();
    assert!(round.flaws.is_empty(), "{:?}", round.flaws);
    round
}

fn to(round: &OwnerRound) -> Vec<&str> {
    round.notices.iter().flat_map(|notice| &notice.to).map(String::as_str).collect()
}

fn days(count: i64) -> DateTime<Utc> {
    time("2026-11-23") + TimeDelta::days(count)
}

#[test]
fn each_owner_reads_of_their_applications_only() {
    let objects = [
        owned(1, "Payroll", &["Adele@contoso.com"]),
        owned(2, "HR", &["adele@contoso.com", "lynne@contoso.com"]),
        owned(3, "Kiosk", &["lynne@contoso.com"]),
    ];
    let mut report = report(days(0), &objects);
    report.findings.change(|rows| rows.push(flaw(RuleId::ClientSecretExpiring, &objects[0])));
    let round = round(&report, &terms(), &[]);
    assert_eq!(to(&round), ["adele@contoso.com", "lynne@contoso.com"]);
    let [adele, lynne] = round.notices.as_slice() else { panic!("{}", round.notices.len()) };
    insta::assert_snapshot!("owner_text", adele.letter.text);
    insta::assert_snapshot!("owner_html", adele.letter.html);
    assert_eq!(
        adele.letter.subject,
        "Keysweep contoso: 3 findings on 2 applications that you own, act by 2026-12-23"
    );
    assert!(!adele.letter.text.contains("Kiosk") && !lynne.letter.text.contains("Payroll"));
    assert!(adele.key.starts_with("owner-") && !adele.key.contains('@') && adele.key != lynne.key);
}

#[test]
fn nobody_is_told_again_until_something_is_new_or_a_reminder_is_due() {
    let objects = [owned(1, "Payroll", &["adele@contoso.com"])];
    let first = round(&report(days(0), &objects), &terms(), &[]);
    assert_eq!(to(&first), ["adele@contoso.com"]);
    for (case, day, more, told) in [
        ("a week later", 7, false, false),
        ("something new", 7, true, true),
        ("a day before the reminder", 29, false, false),
        ("the reminder", 30, false, true),
    ] {
        let mut report = report(days(day), &objects);
        if more {
            report.findings.change(|rows| rows.push(flaw(RuleId::CertificateLongLived, &objects[0])));
            report.findings.change(|rows| rows[1].severity = Severity::Medium);
        }
        let next = round(&report, &terms(), &first.told);
        assert_eq!(!next.notices.is_empty(), told, "{case}");
        if told {
            let next = round(&report, &terms(), &next.told);
            assert_eq!(to(&next), [""; 0], "{case}: and not twice");
        } else {
            assert_eq!(next.told, first.told, "{case}");
        }
    }
}

#[test]
fn what_is_fixed_is_forgotten_so_that_it_is_told_of_when_it_is_back() {
    let objects = [owned(1, "Payroll", &["adele@contoso.com"])];
    let first = round(&report(days(0), &objects), &terms(), &[]);
    let mut fixed = report(days(7), &objects);
    fixed.findings.change(Vec::clear);
    let fixed = round(&fixed, &terms(), &first.told);
    assert_eq!((to(&fixed).len(), fixed.told.len()), (0, 0));
    let back = round(&report(days(8), &objects), &terms(), &fixed.told);
    assert_eq!(to(&back), ["adele@contoso.com"]);
}

#[test]
fn nobody_outside_the_domains_is_ever_written_to() {
    let addresses = [
        "eve@example.com",
        "eve@contoso.com.example.com",
        "eve@notcontoso.com",
        "eve@sub.contoso.com",
        "eve@contoso.co",
        "eve@contoso.com@example.com",
        "eve",
        "eve@",
    ];
    let objects = [owned(1, "Payroll", &addresses), owned(2, "HR", &["EVE@CONTOSO.COM", "eve@example.com"])];
    let found = round(&report(days(0), &objects), &terms(), &[]);
    assert_eq!(to(&found), ["eve@contoso.com", "it@contoso.com"]);
    assert_eq!((found.outside, found.nobody), (1, 0));
    let fallback = &found.notices[1].letter;
    assert!(fallback.subject.contains("without an owner who can be told"), "{}", fallback.subject);
    assert!(fallback.text.split_whitespace().collect::<Vec<_>>().join(" ").contains("outside the domains"));
    let none = round(&report(days(0), &objects), &OwnerTerms { domains: Vec::new(), ..terms() }, &[]);
    assert_eq!(to(&none), ["it@contoso.com"]);
}

#[test]
fn those_without_an_owner_who_can_be_told_go_to_the_fallback_or_are_counted() {
    let mut unowned = owned(1, "Payroll", &[]);
    unowned.owner_contacts = vec![owner("A service", None)];
    let report = report(days(0), &[unowned]);
    let found = round(&report, &terms(), &[]);
    assert_eq!(to(&found), ["it@contoso.com"]);
    insta::assert_snapshot!("owner_fallback", found.notices[0].letter.text);
    assert_eq!(to(&round(&report, &terms(), &found.told)), [""; 0], "not twice");
    let nobody = round(&report, &OwnerTerms { fallback: Vec::new(), ..terms() }, &[]);
    assert_eq!((to(&nobody).len(), nobody.nobody), (0, 1));
}

#[test]
fn what_stands_too_long_is_escalated_once() {
    let objects = [owned(1, "Payroll", &["adele@contoso.com"])];
    let mut told = Vec::new();
    let mut escalated = Vec::new();
    for day in [0, 30, 59, 60, 61, 90, 200] {
        let round = round(&report(days(day), &objects), &terms(), &told);
        if to(&round).contains(&"ciso@contoso.com") {
            escalated.push(day);
            let letter = &round.notices.last().unwrap().letter;
            insta::assert_snapshot!("owner_escalation", letter.text);
        }
        told = round.told;
    }
    assert_eq!(escalated, [60]);
    // A new owner does not begin it anew, and keeps it from nobody.
    let moved = [owned(1, "Payroll", &["lynne@contoso.com"])];
    let first = round(&report(days(0), &objects), &terms(), &[]);
    let second = round(&report(days(50), &moved), &terms(), &first.told);
    assert_eq!(to(&second), ["lynne@contoso.com"]);
    let third = round(&report(days(60), &moved), &terms(), &second.told);
    assert_eq!(to(&third), ["ciso@contoso.com"]);
    assert!(third.notices[0].letter.text.contains("adele@contoso.com"), "{}", third.notices[0].letter.text);
}

#[test]
fn an_escalation_names_each_with_the_day_on_which_they_were_told() {
    let first = round(&report(days(0), &[owned(1, "Payroll", &["adele@contoso.com"])]), &terms(), &[]);
    let moved = [owned(1, "Payroll", &["lynne@contoso.com"])];
    let second = round(&report(days(50), &moved), &terms(), &first.told);
    let letter = &round(&report(days(60), &moved), &terms(), &second.told).notices[0].letter;
    let words = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let who = "adele@contoso.com first told 2026-11-23 and lynne@contoso.com first told 2027-01-12";
    assert!(words.contains(who), "{words}");
    assert!(letter.subject.ends_with("stands 60 days after the owners were told"), "{}", letter.subject);
    // Where there were none, none were told.
    let unowned = [owned(1, "Payroll", &[])];
    let first = round(&report(days(0), &unowned), &terms(), &[]);
    let escalated = round(&report(days(60), &unowned), &terms(), &first.told);
    let letter = &escalated.notices.iter().find(|it| it.to == ["ciso@contoso.com"]).unwrap().letter;
    assert!(letter.subject.ends_with("after the fallback contacts were told"), "{}", letter.subject);
    assert!(!letter.text.contains("the owners") && !letter.text.contains("What owners"), "{}", letter.text);
}

#[test]
fn a_finding_whose_owner_left_is_escalated_from_when_they_were_told() {
    let terms = OwnerTerms { fallback: Vec::new(), ..terms() };
    let (owned, left) = ([owned(1, "Payroll", &["adele@contoso.com"])], [owned(1, "Payroll", &[])]);
    let first = round(&report(days(0), &owned), &terms, &[]);
    let gone = round(&report(days(30), &left), &terms, &first.told);
    assert_eq!((to(&gone).len(), gone.nobody), (0, 1));
    let escalated = round(&report(days(60), &left), &terms, &gone.told);
    assert_eq!(to(&escalated), ["ciso@contoso.com"]);
    let words = escalated.notices[0].letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("adele@contoso.com first told 2026-11-23"), "{words}");
    assert_eq!(to(&round(&report(days(61), &left), &terms, &escalated.told)), [""; 0], "once");
    let back = round(&report(days(59), &owned), &terms, &gone.told);
    assert_eq!(back.told[0].first, days(0), "who comes back was told then");
    assert_eq!(to(&round(&report(days(60), &owned), &terms, &back.told)), ["ciso@contoso.com"]);
}

#[test]
fn an_owner_who_has_to_wait_for_a_letter_does_not_begin_the_count_anew() {
    let few = OwnerTerms { max_per_run: 1, ..terms() };
    let first = round(&report(days(0), &[owned(1, "Payroll", &["adele@contoso.com"])]), &few, &[]);
    let objects = [owned(1, "Payroll", &["lynne@contoso.com"]), owned(2, "HR", &["bob@contoso.com"])];
    let run = |day| {
        let mut report = report(days(day), &objects);
        report.findings.change(|rows| rows[1].severity = Severity::Critical);
        report
    };
    let second = round(&run(59), &few, &first.told);
    assert_eq!((to(&second), second.left), (vec!["bob@contoso.com"], 1));
    let third = round(&run(60), &few, &second.told);
    assert_eq!(to(&third), ["lynne@contoso.com", "ciso@contoso.com"]);
    assert!(third.notices[1].letter.text.contains("adele@contoso.com"), "{}", third.notices[1].letter.text);
}

#[test]
fn a_run_that_begins_a_little_sooner_than_the_one_before_reminds_and_escalates_all_the_same() {
    let objects = [owned(1, "Payroll", &["adele@contoso.com"])];
    let late = TimeDelta::seconds(40);
    let first = round(&report(days(0) + late, &objects), &terms(), &[]);
    let early = round(&report(days(29) + TimeDelta::hours(17), &objects), &terms(), &first.told);
    assert_eq!(to(&early), [""; 0], "a day before");
    let reminded = round(&report(days(30), &objects), &terms(), &first.told);
    assert_eq!(to(&reminded), ["adele@contoso.com"]);
    let escalated = round(&report(days(60), &objects), &terms(), &reminded.told);
    assert_eq!(to(&escalated), ["adele@contoso.com", "ciso@contoso.com"]);
    let hourly = OwnerTerms { remind_after: TimeDelta::hours(12), ..terms() };
    let next = round(&report(days(0) + TimeDelta::hours(11), &objects), &hourly, &first.told);
    assert_eq!(to(&next), [""; 0], "less than a day is counted to the second");
}

#[test]
fn what_is_told_of_for_the_first_time_is_not_overdue_however_long_it_was_seen() {
    let objects = [owned(1, "Payroll", &["adele@contoso.com"])];
    let text = |day, told: &[Told]| {
        let found = round(&report(days(day), &objects), &terms(), told);
        (found.notices[0].letter.text.clone(), found.told)
    };
    // It was first seen long before, was fixed, and is back.
    let (first, told) = text(300, &[]);
    assert!(first.contains("Due by 2027-10-19.") && !first.contains("verdue"), "{first}");
    let (on_the_day, told) = text(330, &told);
    assert!(on_the_day.contains("Due by 2027-10-19."), "{on_the_day}");
    let (later, _) = text(360, &told);
    assert!(later.contains("Overdue since 2027-10-19."), "{later}");
}

#[test]
fn nobody_is_told_that_there_are_no_owners_where_their_addresses_may_not_be_read() {
    let unread = |number| {
        let mut row = owned(number, "Payroll", &[]);
        let name = Text::new("6c1a1b5e-0000-4000-8000-000000000000");
        row.owner_contacts =
            vec![Owner { name, address: None, kind: OwnerKind::User }, owner("A service", None)];
        row
    };
    let before = round(&report(days(0), &[owned(1, "Payroll", &["adele@contoso.com"])]), &terms(), &[]).told;
    let found = round(&report(days(60), &[unread(1), unread(2)]), &terms(), &before);
    assert_eq!((to(&found), found.unreadable, found.nobody), (vec![], true, 0));
    assert_eq!(found.told, before, "what was told stays known");
    let some = [unread(1), owned(2, "HR", &["adele@contoso.com"])];
    let found = round(&report(days(0), &some), &terms(), &[]);
    assert_eq!((to(&found), found.unreadable), (vec!["adele@contoso.com", "it@contoso.com"], false));
    let letter = &found.notices[1].letter.text;
    assert!(letter.contains("Applications in contoso whose owners cannot be told"), "{letter}");
}

#[test]
fn not_more_than_allowed_are_written_to_the_worst_first_and_the_others_the_next_time() {
    let mut objects: Vec<ObjectRow> =
        (1..=5).map(|number| owned(number, "App", &[&format!("o{number}@contoso.com")])).collect();
    objects[4].worst_severity = Some(Severity::Critical);
    let run = |day| {
        let mut report = report(days(day), &objects);
        report.findings.change(|rows| rows[4].severity = Severity::Critical);
        report
    };
    let few = OwnerTerms { max_per_run: 2, ..terms() };
    let first = round(&run(0), &few, &[]);
    assert_eq!((to(&first), first.left), (vec!["o1@contoso.com", "o5@contoso.com"], 3));
    let second = round(&run(7), &few, &first.told);
    assert_eq!((to(&second), second.left), (vec!["o2@contoso.com", "o3@contoso.com"], 1));
    let third = round(&run(14), &few, &second.told);
    assert_eq!((to(&third), third.left), (vec!["o4@contoso.com"], 0));
}

#[test]
fn owners_are_told_of_nothing_mild_excepted_or_not_theirs_and_not_after_an_incomplete_run() {
    let objects = [owned(1, "Payroll", &["adele@contoso.com"])];
    let run = |change: fn(&mut FindingRow)| {
        let mut report = report(days(0), &objects);
        report.findings.change(|rows| rows.iter_mut().for_each(change));
        report
    };
    let told = |report: &Report| to(&round(report, &terms(), &[])).len();
    assert_eq!(told(&run(|_| ())), 1);
    assert_eq!(told(&run(|row| row.severity = Severity::Low)), 0);
    assert_eq!(told(&run(|row| row.status = Status::Excepted(0))), 0);
    assert_eq!(told(&run(|row| row.object_id = "the tenant".to_owned())), 0);
    let before = round(&report(days(-1), &objects), &terms(), &[]).told;
    let incomplete = Report { gaps: sample::gaps(), ..report(days(200), &objects) };
    let found = round(&sample::counted(&incomplete), &terms(), &before);
    assert_eq!((to(&found).len(), found.told), (0, before), "what was told stays known");
}

#[test]
fn a_hostile_name_is_only_a_name() {
    for name in ["<script>alert(1)</script>", "x\r\nBcc: eve@example.com", "{{7*7}}", "\u{202e}gpj"] {
        let objects = [owned(1, name, &["adele@contoso.com"])];
        let found = round(&report(days(0), &objects), &terms(), &[]);
        let OwnerNotice { to, letter, .. } = &found.notices[0];
        assert_eq!(to, &["adele@contoso.com"]);
        assert!(!letter.subject.contains(name) && !letter.subject.contains('\n'));
        assert!(!letter.html.contains("<script>") && !letter.text.contains("\nBcc"), "{}", letter.text);
        assert!(!letter.text.contains('\u{202e}') && !letter.html.contains("49"), "{}", letter.html);
    }
}

#[test]
fn a_letter_lists_no_more_than_anybody_reads_and_says_how_many_are_left() {
    let objects: Vec<ObjectRow> =
        (1..=80).map(|number| owned(number, &format!("App {number}"), &["adele@contoso.com"])).collect();
    let found = round(&report(days(0), &objects), &terms(), &[]);
    let letter = &found.notices[0].letter;
    assert_eq!(letter.text.matches("What to do:").count(), 50);
    assert!(letter.text.contains("and 30 findings more"), "{}", letter.text);
    assert!(letter.subject.contains("80 findings on 80 applications"), "{}", letter.subject);
}
