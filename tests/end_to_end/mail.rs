//! The mail of a run, over a real SMTP conversation.

use std::fs;

use keysweep::emulator::{TenantData, scenario};
use mailparse::{MailHeaderMap, ParsedMail};

use crate::smtp::{Instead, Protection, Script, SmtpServer};
use crate::world::{World, now, text};

pub(crate) fn configure(world: &World, server: &SmtpServer, to: &str) {
    fs::write(world.path("smtp-ca.pem"), server.ca_pem()).unwrap();
    fs::write(world.path("password"), "open sesame\n").unwrap();
    world.configure(&format!(
        "[mail]\nfrom = \"Keysweep <keysweep@contoso.example>\"\nto = [{to}]\n[mail.smtp]\nhost = \"localhost\"\nport = {}\n\
         username = \"keysweep\"\npassword_file = \"password\"\nca_file = \"smtp-ca.pem\"\n",
        server.port()
    ));
}

pub(crate) fn parts(mail: &ParsedMail<'_>) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for part in mail.parts() {
        let name = part.get_content_disposition().params.get("filename").cloned();
        let name = name.unwrap_or_else(|| part.ctype.mimetype.clone());
        found.push((name, part.get_body_raw().unwrap()));
    }
    found
}

#[test]
fn the_reports_arrive_over_starttls_with_sign_in() {
    let world = World::new(TenantData::sample(now()));
    let server = SmtpServer::start(Script::new(Protection::StartTls).login("keysweep", "open sesame"));
    configure(&world, &server, "\"security@contoso.example\"");
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{} {}", text(&output.stdout), text(&output.stderr));
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].encrypted);
    assert_eq!(received[0].user.as_deref(), Some("keysweep"));
    assert_eq!(received[0].to, ["security@contoso.example"]);
    let mail = mailparse::parse_mail(&received[0].bytes).unwrap();
    let subject = mail.headers.get_first_value("Subject").unwrap();
    assert!(subject.contains("contoso") && subject.contains("critical"), "{subject}");
    let run = world.runs().pop().unwrap();
    let run_id = run.file_name().unwrap().to_str().unwrap();
    let parts = parts(&mail);
    for file in ["findings.csv", "objects.csv", "credentials.csv", "policies.csv"] {
        let name = format!("contoso-{run_id}-{file}");
        let (_, bytes) = parts.iter().find(|(part, _)| *part == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(*bytes, fs::read(run.join(file)).unwrap(), "{name}");
    }
    let plain = parts.iter().find(|(part, _)| part == "text/plain").map(|(_, bytes)| text(bytes)).unwrap();
    assert!(plain.lines().next().unwrap().starts_with("Complete"), "{plain}");
}

#[test]
fn an_incomplete_run_says_so_in_the_subject_and_the_first_line() {
    let world = World::new(scenario::perfect(now()));
    world.emulator.grant(&["Application.Read.All"]);
    let server = SmtpServer::start(Script::new(Protection::StartTls).login("keysweep", "open sesame"));
    configure(&world, &server, "\"security@contoso.example\"");
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(3));
    let received = server.received();
    let mail = mailparse::parse_mail(&received[0].bytes).unwrap();
    assert!(mail.headers.get_first_value("Subject").unwrap().contains("INCOMPLETE"));
    let plain = parts(&mail).into_iter().find(|(part, _)| part == "text/plain").unwrap().1;
    assert!(text(&plain).lines().next().unwrap().to_lowercase().contains("incomplete"), "{}", text(&plain));
}

#[test]
fn one_refused_recipient_of_three_costs_only_that_one_and_exit_code_4() {
    let world = World::new(scenario::perfect(now()));
    let script = Script::new(Protection::StartTls).login("keysweep", "open sesame").on(
        "RCPT TO:<gone@contoso.example>",
        Instead::Say("550 5.1.1 No such user"),
        usize::MAX,
    );
    let server = SmtpServer::start(script);
    configure(&world, &server, "\"a@contoso.example\", \"gone@contoso.example\", \"b@contoso.example\"");
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("gone@contoso.example"), "{}", text(&output.stdout));
    let received = server.received();
    let mut served = received[0].to.clone();
    served.sort();
    assert_eq!(served, ["a@contoso.example", "b@contoso.example"]);
    // They are told of it, and that is all.
    assert_eq!(received.len(), 2);
    let told = mailparse::parse_mail(&received[1].bytes).unwrap();
    let subject = told.headers.get_first_value("Subject").unwrap();
    assert_eq!(subject, "Keysweep: a message could not be delivered to 1 recipient");
    assert_eq!(world.runs().len(), 1);
}

#[test]
fn a_wrong_password_is_said_with_a_remedy_and_the_reports_stay() {
    let world = World::new(scenario::perfect(now()));
    let server = SmtpServer::start(Script::new(Protection::StartTls).login("keysweep", "another"));
    configure(&world, &server, "\"security@contoso.example\"");
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(4));
    let shown = text(&output.stdout);
    assert!(shown.contains("password") && !shown.contains("open sesame"), "{shown}");
    assert!(!text(&output.stderr).contains("security@contoso.example"), "{}", text(&output.stderr));
    assert_eq!(world.runs().len(), 1);
}

#[test]
fn no_mail_means_none() {
    let world = World::new(scenario::perfect(now()));
    let server = SmtpServer::start(Script::new(Protection::StartTls).login("keysweep", "open sesame"));
    configure(&world, &server, "\"security@contoso.example\"");
    assert_eq!(world.keysweep(&["audit", "--no-mail"]).status.code(), Some(0));
    assert_eq!(server.received().len(), 0);
    assert_eq!(server.commands().len(), 0);
}
