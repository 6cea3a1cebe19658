//! Conversations that end with the letter delivered.

use keysweep::config::SmtpTls;
use keysweep::delivery::Delivery;
use keysweep::report::Letter;
use mailparse::{MailHeaderMap as _, parse_mail};

use crate::smtp_server::{Instead, Protection, Script};
use crate::{PASSWORD, Post, addresses, attachment, letter, mailbox, patience, refused, three};

#[tokio::test]
async fn every_way_to_protect_and_sign_in_gets_the_letter_through() {
    for (protection, tls, mechanisms) in [
        (Protection::StartTls, SmtpTls::StartTls, "PLAIN LOGIN"),
        (Protection::StartTls, SmtpTls::StartTls, "LOGIN XOAUTH2"),
        (Protection::Implicit, SmtpTls::Implicit, "PLAIN"),
        (Protection::Implicit, SmtpTls::Implicit, "LOGIN"),
        (Protection::None, SmtpTls::None, "PLAIN LOGIN"),
    ] {
        let script = Script::new(protection).login("audit", PASSWORD).mechanisms(mechanisms);
        let post = Post::with(script, tls);
        let delivery = post.deliver(&three(), &patience()).await;

        assert!(delivery.is_complete(), "{protection:?} {mechanisms}: {delivery:?}");
        assert_eq!(delivery.accepted, three());
        assert_eq!(delivery.file, None);
        let received = post.server.received();
        let [received] = &received[..] else { panic!("one message, not {}", received.len()) };
        assert_eq!(received.from, "keysweep@contoso.com");
        assert_eq!(received.to, addresses(&three()));
        assert_eq!(received.user.as_deref(), Some("audit"));
        assert_eq!(received.encrypted, protection != Protection::None);
    }
}

#[tokio::test]
async fn nothing_but_the_greeting_goes_unprotected_where_starttls_is_asked_for() {
    let post = Post::sound();
    post.deliver(&three(), &patience()).await;
    let commands = post.server.commands();
    let verbs: Vec<&str> = commands.iter().filter_map(|command| command.split(' ').next()).collect();
    let expected = [
        "EHLO", "STARTTLS", "EHLO", "EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "RCPT", "DATA", "MESSAGE", "QUIT",
    ];
    assert_eq!(verbs, expected);
}

#[tokio::test]
async fn a_relay_that_needs_no_sign_in_is_not_given_one() {
    let mut post = Post::with(Script::new(Protection::None), SmtpTls::None);
    post.smtp.login = None;
    let delivery = post.deliver(&three(), &patience()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    assert_eq!(post.count("AUTH"), 0);
}

#[tokio::test]
async fn the_message_arrives_byte_for_byte() {
    let post = Post::sound();
    let delivery = post.deliver(&three(), &patience()).await;
    assert!(delivery.is_complete(), "{delivery:?}");

    let received = post.server.received().remove(0);
    // One message in one encoding: no bare line feeds, nothing a relay would have to convert.
    assert!(received.bytes.is_ascii());
    let bare = received.bytes.windows(2).filter(|pair| pair[1] == b'\n' && pair[0] != b'\r').count();
    assert_eq!(bare, 0);
    let message = parse_mail(&received.bytes).unwrap();
    let Letter { subject, text, html, pictures: _, attachments } = letter();
    assert_eq!(message.headers.get_first_value("Subject"), Some(subject));
    let words = &message.subparts[0];
    assert_eq!(words.subparts[0].get_body().unwrap().replace("\r\n", "\n").trim_end(), text.trim_end());
    assert_eq!(words.subparts[1].get_body().unwrap().replace("\r\n", "\n").trim_end(), html.trim_end());
    for (part, attachment) in message.subparts[1..].iter().zip(&attachments) {
        assert_eq!(part.get_body_raw().unwrap(), attachment.bytes, "{}", attachment.name);
    }
}

#[tokio::test]
async fn twenty_five_megabytes_get_through() {
    let post = Post::scripted(|script| script.size(40_000_000));
    let bytes: Vec<u8> = (0..25_000_000_u32).map(|at| (at ^ (at >> 9)) as u8).collect();
    let letter = Letter { attachments: vec![attachment("all.zip", "application/zip", &bytes)], ..letter() };
    let delivery = post.deliver_letter(&three()[..1], &letter, &patience()).await;

    assert!(delivery.is_complete(), "{delivery:?}");
    assert_eq!(post.count("MAIL FROM:<keysweep@contoso.com> SIZE="), 1);
    let received = post.server.received().remove(0);
    let message = parse_mail(&received.bytes).unwrap();
    assert!(message.subparts[1].get_body_raw().unwrap() == bytes, "the attachment changed on its way");
}

#[tokio::test]
async fn one_refused_recipient_of_three_does_not_keep_it_from_the_others() {
    let post = Post::scripted(|script| {
        script.on("RCPT TO:<bob@", Instead::Say("550 5.1.1 <bob@contoso.com>: User unknown"), 9)
    });
    let delivery = post.deliver(&three(), &patience()).await;

    assert!(!delivery.is_complete());
    assert_eq!(addresses(&delivery.accepted), ["ann@contoso.com", "cid@contoso.com"]);
    assert_eq!(refused(&delivery), ["bob@contoso.com"]);
    let refusal = &delivery.refused[0];
    assert!(!refusal.error.to_string().contains("bob"), "{}", refusal.error);
    assert!(refusal.error.to_string().ends_with("refused the recipient: 550 5.1.1 <…>: User unknown"));
    assert!(refusal.to_string().starts_with("no mail to `bob@contoso.com`: "), "{refusal}");
    assert!(refusal.error.advice().unwrap().contains("mail_to"));
    assert_eq!(post.server.received().len(), 1);
    assert_eq!(post.server.received()[0].to, ["ann@contoso.com", "cid@contoso.com"]);
    assert_eq!(post.count("RCPT TO:<bob@"), 1, "a refusal for good is not repeated");
}

#[tokio::test]
async fn a_recipient_put_off_is_served_later_and_the_others_once() {
    let post = Post::scripted(|script| script.on("RCPT TO:<bob@", Instead::Say("451 4.7.1 Greylisted"), 1));
    let delivery = post.deliver(&three(), &patience()).await;

    assert!(delivery.is_complete(), "{delivery:?}");
    assert_each_got_it_once(&post, &delivery);
    let received = post.server.received();
    assert_eq!(received[0].to, ["ann@contoso.com", "cid@contoso.com"]);
    assert_eq!(received[1].to, ["bob@contoso.com"]);
    assert_eq!(received[0].bytes, received[1].bytes, "the same message, so the same Message-ID");
}

#[tokio::test]
async fn a_temporary_failure_anywhere_before_acceptance_is_tried_again() {
    for (at, instead) in [
        ("GREETING", Instead::Say("421 4.3.2 Shutting down")),
        ("GREETING", Instead::HangUp),
        ("EHLO", Instead::HangUp),
        ("STARTTLS", Instead::Say("454 4.7.0 TLS not available")),
        ("AUTH", Instead::Say("454 4.7.0 Temporary authentication failure")),
        ("MAIL", Instead::Say("452 4.3.1 Insufficient storage")),
        ("RCPT TO:<ann@", Instead::Say("421 4.3.2 Shutting down")),
        ("RCPT TO:<bob@", Instead::HangUp),
        ("DATA", Instead::Say("451 4.3.0 Try again")),
        ("DATA", Instead::HangUp),
        ("MESSAGE", Instead::Say("451 4.3.0 Try again")),
    ] {
        let post = Post::scripted(|script| script.on(at, instead, 1));
        let delivery = post.deliver(&three(), &patience()).await;
        assert!(delivery.is_complete(), "{at} {instead:?}: {delivery:?}");
        assert_each_got_it_once(&post, &delivery);
    }
}

#[tokio::test]
async fn a_connection_lost_in_the_middle_of_the_message_is_tried_again() {
    let post = Post::scripted(|script| script.on("BODY", Instead::HangUp, 1));
    let bytes: Vec<u8> = (0..12_000_000_u32).map(|at| at as u8).collect();
    let letter = Letter { attachments: vec![attachment("all.zip", "application/zip", &bytes)], ..letter() };
    let delivery = post.deliver_letter(&three(), &letter, &patience()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    assert_each_got_it_once(&post, &delivery);
    assert_eq!(post.count("DATA"), 2);
}

#[tokio::test]
async fn nobody_gets_it_twice_however_often_he_is_named() {
    let post = Post::sound();
    let to = ["Ann <ann@contoso.com>", "ANN@Contoso.com", "bob@contoso.com", "ann@contoso.com"].map(mailbox);
    let delivery = post.deliver(&to, &patience()).await;
    assert_eq!(addresses(&delivery.accepted), ["ann@contoso.com", "bob@contoso.com"]);
    assert_each_got_it_once(&post, &delivery);
}

#[tokio::test]
async fn a_server_that_does_not_say_goodbye_changes_nothing() {
    let post = Post::scripted(|script| script.on("QUIT", Instead::HangUp, 1));
    let delivery = post.deliver(&three(), &patience()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    assert_each_got_it_once(&post, &delivery);
}

#[tokio::test]
async fn nobody_to_write_to_needs_no_server() {
    let post = Post::sound();
    let delivery = post.deliver(&[], &patience()).await;
    assert_eq!(delivery, Delivery::default());
    assert!(delivery.is_complete());
    assert_eq!(post.server.commands(), Vec::<String>::new());
}

fn assert_each_got_it_once(post: &Post, delivery: &Delivery) {
    let mut got: Vec<String> = post.server.received().into_iter().flat_map(|received| received.to).collect();
    let mut accepted = addresses(&delivery.accepted);
    got.sort();
    accepted.sort();
    assert_eq!(got, accepted);
}
