//! `[[route]]`, `[digest]`, `[owners]` and `[mail] templates`.

use std::fs;

use chrono::TimeDelta;
use keysweep::config::{Digest, Summaries};
use keysweep::domain::Severity;
use keysweep::report::{OwnerTerms, When};

use crate::common::{and, config, problems, read};

const MAIL: &str = "[mail]\ntransport = 'directory'\nfrom = 'k@contoso.com'\nto = ['a@contoso.com']\n";

fn mailed(more: &str) -> String {
    and(&format!("{MAIL}{more}"))
}

#[test]
fn nobody_else_is_written_to_unless_it_is_configured() {
    let config = config(&mailed(""));
    assert!(config.routes.is_empty() && config.digest.is_none() && config.owners.is_none());
    let mail = config.mail.unwrap();
    assert_eq!(mail.summary, Summaries::PerTenant);
    assert!(mail.templates.is_empty());
    assert!(crate::common::config(&mailed("[owners]\nenabled = false\n")).owners.is_none());
}

#[test]
fn every_key_of_a_route_is_taken() {
    let config = config(&mailed(
        "[[route]]\nname = 'on-call'\nto = ['b@contoso.com', 'C <c@contoso.com>']\nmin_severity = 'high'\n\
         tenants = ['contoso']\nwhen = 'findings'\n[[route]]\nname = 'all'\nto = ['d@contoso.com']\n",
    ));
    let [first, second] = config.routes.as_slice() else { panic!("{:?}", config.routes) };
    assert_eq!((first.name.as_str(), first.to.len()), ("on-call", 2));
    assert_eq!((first.min_severity, first.when), (Severity::High, When::Findings));
    assert!(first.concerns("contoso") && !first.concerns("fabrikam") && second.concerns("fabrikam"));
    assert_eq!((second.min_severity, second.when), (Severity::Info, When::New));
}

#[test]
fn a_digest_is_planned_in_the_zone_of_the_audits_and_goes_to_whom_the_mail_goes() {
    let both = MAIL.replace("to =", "summary = 'both'\nto =");
    let zone = "[schedule]\ncron = '0 6 * * *'\ntimezone = 'Europe/Berlin'\n";
    let Digest { schedule, to } =
        config(&and(&format!("{zone}{both}[digest]\ncron = '0 7 * * MON'\n"))).digest.unwrap();
    assert_eq!(schedule.timezone, chrono_tz::Europe::Berlin);
    assert_eq!(to.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a@contoso.com"]);
    let own = "[digest]\ncron = '0 7 * * MON'\ntimezone = 'Asia/Tokyo'\nto = ['b@contoso.com']\n";
    let Digest { schedule, to } = config(&and(&format!("{zone}{both}{own}"))).digest.unwrap();
    assert_eq!(schedule.timezone, chrono_tz::Asia::Tokyo);
    assert_eq!(to.iter().map(ToString::to_string).collect::<Vec<_>>(), ["b@contoso.com"]);
    let unused = read(&mailed("[digest]\ncron = '0 7 * * MON'\n")).unwrap();
    assert!(unused.config.digest.is_none());
    assert!(unused.warnings[0].contains("digest: is never sent"), "{:?}", unused.warnings);
}

#[test]
fn every_key_of_the_owners_is_taken() {
    let owners = |lines: &str| config(&mailed(&format!("[owners]\nenabled = true\n{lines}"))).owners.unwrap();
    let terms = owners(
        "domains = ['Contoso.com', 'fabrikam.example']\nmin_severity = 'high'\ndeadline = '2w'\nremind_after = '7d'\n\
         fallback = ['it@elsewhere.example']\nescalate_after = '21d'\nescalate_to = ['CISO <c@contoso.com>']\n\
         max_per_run = 5\n",
    );
    let expected = OwnerTerms {
        least: Severity::High,
        deadline: TimeDelta::days(14),
        remind_after: TimeDelta::days(7),
        fallback: vec!["it@elsewhere.example".to_owned()],
        escalate_after: TimeDelta::days(21),
        escalate_to: vec!["CISO <c@contoso.com>".to_owned()],
        domains: vec!["contoso.com".to_owned(), "fabrikam.example".to_owned()],
        max_per_run: 5,
    };
    assert_eq!(terms, expected);
    let terms = owners("domains = ['contoso.com']\n");
    let days = TimeDelta::days;
    assert_eq!((terms.deadline, terms.remind_after, terms.escalate_after), (days(30), days(30), days(60)));
    assert_eq!((terms.least, terms.max_per_run), (Severity::Medium, 200));
    assert!(terms.fallback.is_empty() && terms.escalate_to.is_empty());
}

#[test]
#[rustfmt::skip]
fn what_does_not_hold_is_refused_with_key_and_remedy() {
    let digest = MAIL.replace("to =", "summary = 'digest'\nto =");
    for (text, key, words) in [
        (and("[[route]]\nname = 'a'\nto = ['a@b.com']\n"),                  "route",              "needs `[mail]`"),
        (mailed("[[route]]\nto = ['a@b.com']\n"),                           "route[0].name",      "is missing"),
        (mailed("[[route]]\nname = 'a b'\nto = ['a@b.com']\n"),             "route[0].name",      "name of a message"),
        (mailed("[[route]]\nname = 'a'\n"),                                 "route[0].to",        "is missing"),
        (mailed("[[route]]\nname = 'a'\nto = []\n"),                        "route[0].to",        "is empty"),
        (mailed("[[route]]\nname = 'a'\nto = ['nobody']\n"),                "route[0].to[0]",     "no mail address"),
        (mailed("[[route]]\nname = 'a'\nto = ['a@b.com']\ntenants = ['x']\n"), "route[0].tenants[0]", "no tenant"),
        (mailed("[[route]]\nname = 'a'\nto = ['a@b.com']\n[[route]]\nname = 'A'\nto = ['a@b.com']\n"), "route[1].name", "another route"),
        (mailed("[[route]]\nname = 'a'\nto = ['a@b.com']\nwhen = 'never'\n"), "route[0].when",      "none of the words"),
        (and(&digest),                                                      "digest",             "is missing"),
        (and(&format!("{digest}[digest]\n")),                               "digest.cron",        "is missing"),
        (and(&format!("{digest}[digest]\ncron = '0 0 30 2 *'\n")),          "digest.cron",        "never comes due"),
        (and(&format!("{digest}[digest]\ncron = '0 7 * * *'\ntimezone = 'Mars'\n")), "digest.timezone", "no time zone"),
        (and("[digest]\ncron = '0 7 * * *'\n"),                             "digest",             "needs `[mail]`"),
        (and("[owners]\nenabled = true\ndomains = ['contoso.com']\n"),      "owners",             "needs `[mail]`"),
        (mailed("[owners]\nenabled = true\n"),                              "owners.domains",     "is missing"),
        (mailed("[owners]\nenabled = true\ndomains = []\n"),               "owners.domains",     "is empty"),
        (mailed("[owners]\ndomains = ['*.com']\n"),                         "owners.domains[0]",  "no mail domain"),
        (mailed("[owners]\ndomains = ['@contoso.com']\n"),                  "owners.domains[0]",  "no mail domain"),
        (mailed("[owners]\ndeadline = '0d'\n"),                             "owners.deadline",    "too short"),
        (mailed("[owners]\nescalate_to = ['x']\n"),                         "owners.escalate_to[0]", "no mail address"),
        (mailed("[audit]\nowners = false\n[owners]\nenabled = true\ndomains = ['a.com']\n"), "owners.enabled", "audit.owners"),
        (and(&MAIL.replace("to =", "templates = 'no/such/folder'\nto =")),  "mail.templates",     "is not there"),
    ] {
        let said = problems(&text);
        assert!(said.contains(&format!(" {key}: ")) && said.contains(words), "{key}: {said}");
    }
}

#[test]
fn templates_are_read_and_tried_when_the_configuration_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = and(&MAIL.replace("to =", &format!("templates = '{}'\nto =", folder.path().display())));
    fs::write(folder.path().join("notice.txt"), "{{ letter.first_line }}").unwrap();
    fs::write(folder.path().join(".notice.txt.swp"), "x").unwrap();
    let mail = config(&text).mail.unwrap();
    assert!(!mail.templates.is_empty());
    for (name, source, words) in [
        ("letter.htm", "x", "holds `letter.htm`, which is no template. There are letter.html, letter.txt, "),
        ("digest.html", "{{ letter.oops }}", "the template `digest.html` cannot be filled in"),
        ("owner.html", "{% if %}", "the template `owner.html` cannot be filled in"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, source).unwrap();
        let said = problems(&text);
        assert!(said.contains("mail.templates: ") && said.contains(words), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        fs::remove_file(file).unwrap();
    }
    fs::write(folder.path().join("letter.txt"), [0xff, 0xfe]).unwrap();
    assert!(problems(&text).contains("cannot be read"), "{}", problems(&text));
}
