//! `keysweep doctor`: what it says of what works and of what does not, and what it sends.

use std::process::Output;

use keysweep::emulator::scenario;
use mailparse::MailHeaderMap as _;

use crate::http_server::{HttpServer, Reply};
use crate::mail::configure;
use crate::smtp::{Protection, Script, SmtpServer};
use crate::world::{World, now, text};

fn world() -> World {
    World::new(scenario::perfect(now()))
}

/// Exit code and what was printed.
fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

fn server() -> SmtpServer {
    SmtpServer::start(Script::new(Protection::StartTls).login("keysweep", "open sesame"))
}

#[test]
fn without_being_asked_nothing_is_sent() {
    let (world, server) = (world(), server());
    configure(&world, &server, "\"security@contoso.example\"");
    let (code, said) = said(&world.keysweep(&["doctor"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("ok       configuration: `") && said.contains("`contoso`"), "{said}");
    assert!(said.contains("ok       mail by SMTP: `localhost:"), "{said}");
    assert!(said.contains("accepts the sign-in"), "{said}");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn a_test_mail_goes_to_whom_it_is_asked_for_and_to_nobody_else() {
    let (world, server) = (world(), server());
    configure(&world, &server, "\"security@contoso.example\"");
    let (code, said) = said(&world.keysweep(&["doctor", "--send-test-mail", "ann@contoso.example"]));
    assert_eq!(code, Some(0), "{said}");
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].to, ["ann@contoso.example"]);
    let mail = mailparse::parse_mail(&received[0].bytes).unwrap();
    assert_eq!(mail.headers.get_first_value("Subject").as_deref(), Some("Keysweep: test mail"));
}

#[test]
fn what_would_keep_mail_from_arriving_is_named_with_its_remedy() {
    let (world, server) = (world(), server());
    configure(&world, &server, "\"security@contoso.example\"");
    std::fs::write(world.path("password"), "wrong\n").unwrap();
    for arguments in [&["doctor"][..], &["doctor", "--send-test-mail", "ann@contoso.example"]] {
        let (code, said) = said(&world.keysweep(arguments));
        assert_eq!(code, Some(4), "{said}");
        assert!(said.contains("failed   mail by SMTP: ") && said.contains("535"), "{said}");
        assert!(said.contains("\n         Check `mail.smtp.username`"), "{said}");
    }
    assert_eq!(server.received().len(), 0);
}

#[test]
fn bad_usage_and_a_bad_configuration_are_what_they_are_everywhere() {
    let world = world();
    world.configure("");
    for arguments in [
        &["doctor", "--send-test-mail", "ann"][..],
        &["doctor", "--send-test-mail", "a@b.example\nBcc: c@d.example"],
    ] {
        let (code, said) = said(&world.keysweep(arguments));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("is no mail address"), "{said}");
    }
    let (code, without) = said(&world.keysweep(&["doctor"]));
    assert_eq!(code, Some(0), "{without}");
    assert!(without.contains("warning  mail: nothing is mailed"), "{without}");
    assert_eq!(said(&world.keysweep(&["doctor", "--send-test-mail", "a@b.example"])).0, Some(4));
    world.configure("[mail]\ntransport = \"smtp\"\n");
    let (code, said) = said(&world.keysweep(&["doctor"]));
    assert_eq!(code, Some(2));
    assert!(said.contains("mail.from") && said.contains("mail.smtp"), "{said}");
}

#[test]
fn webhooks_are_told_only_when_that_is_asked_for() {
    let world = world();
    let (good, bad) = (HttpServer::start([Reply::status(202)]), HttpServer::start([Reply::status(404)]));
    std::fs::write(world.path("good"), good.url("/Zq9secret")).unwrap();
    std::fs::write(world.path("bad"), bad.url("/Zq9secret")).unwrap();
    let hook = |kind, file| format!("[[webhook]]\nkind = \"{kind}\"\nurl_file = \"{file}\"\n");
    let hooks = format!("{}{}", hook("teams", "good"), hook("slack", "good"));
    world.configure(&hooks);
    let (code, printed) = said(&world.keysweep(&["doctor"]));
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("ok       webhook `teams`: posts to `127.0.0.1:"), "{printed}");
    assert_eq!(good.asked().len(), 0);

    world.configure(&format!("{hooks}{}", hook("generic", "bad")));
    let (code, printed) = said(&world.keysweep(&["doctor", "--send-test-webhooks"]));
    assert_eq!(code, Some(4), "{printed}");
    assert!(
        printed.contains("ok       webhook `slack`: ") && printed.contains("failed   webhook `generic`: "),
        "{printed}"
    );
    assert!(!printed.contains("Zq9"), "{printed}");
    let bodies: Vec<serde_json::Value> =
        good.asked().iter().map(|asked| serde_json::from_slice(&asked.body).unwrap()).collect();
    assert_eq!(bodies[0]["attachments"][0]["content"]["type"], "AdaptiveCard");
    assert_eq!(bodies[1]["blocks"][0]["type"], "section");
}

#[test]
fn by_graph_the_permissions_in_the_token_are_looked_at() {
    let world = world();
    world.configure(
        "[mail]\nfrom = \"keysweep@contoso.com\"\nto = [\"s@contoso.com\"]\ntransport = \"graph\"\n\
         attachment_limit = \"8MiB\"\n",
    );
    for (roles, state, words) in [
        (&["Application.Read.All"][..], "warning  mail by Graph: ", "does not hold `Mail.Send`"),
        (&["Mail.Send"], "warning  mail by Graph: ", "`Mail.ReadWrite`"),
        (&["Mail.Send", "Mail.ReadWrite"], "ok       mail by Graph: ", "it holds `Mail.Send`"),
    ] {
        world.emulator.grant(roles);
        let (code, said) = said(&world.keysweep(&["doctor"]));
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(state) && said.contains(words), "{said}");
    }
    assert_eq!(world.emulator.mails().len(), 0);
    let (code, sent) = said(&world.keysweep(&["doctor", "--send-test-mail", "ann@contoso.com"]));
    assert_eq!(code, Some(0), "{sent}");
    assert_eq!(world.emulator.mails()[0].to, ["ann@contoso.com"]);
    world.emulator.grant(&[]);
    let (code, refused) = said(&world.keysweep(&["doctor", "--send-test-mail", "ann@contoso.com"]));
    assert_eq!(code, Some(4), "{refused}");
    assert!(
        refused.contains("failed   test mail: ")
            && refused.contains("Grant the app registration `Mail.Send`")
    );
}

/// A heartbeat follows each good run and no other.
#[test]
fn a_good_run_calls_the_heartbeat_and_an_incomplete_one_does_not() {
    let world = world();
    let server = HttpServer::start([Reply::status(200)]);
    std::fs::write(world.path("beat"), server.url("/Zq9secret/{tenant}")).unwrap();
    world.configure("[heartbeat]\nurl_file = \"beat\"\n");
    let (code, printed) = said(&world.keysweep(&["audit"]));
    assert_eq!(code, Some(0), "{printed}");
    let targets: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(targets, ["/Zq9secret/contoso"]);
    world.emulator.grant(&["Application.Read.All"]);
    let (code, printed) = said(&world.keysweep(&["audit"]));
    assert_eq!(code, Some(3), "{printed}");
    assert_eq!(server.asked().len(), 1, "not after an incomplete run");
    world.emulator.grant(&["Application.Read.All", "Policy.Read.All"]);
    drop(server);
    let (code, printed) = said(&world.keysweep(&["audit"]));
    assert_eq!(code, Some(0), "a heartbeat that fails is only warned of: {printed}");
    assert!(printed.contains("the heartbeat was not answered") && !printed.contains("Zq9"), "{printed}");
}
