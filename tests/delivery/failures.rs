//! Conversations that fail: bounded in time, told apart, and with a remedy.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use keysweep::config::SmtpTls;
use keysweep::delivery::{AlwaysOpen, Delivery, DeliveryError, NoTokens, Patience, deliver};
use keysweep::report::Letter;

use crate::smtp_server::{Instead, Protection, Script, SmtpServer};
use crate::{
    PASSWORD, Post, addresses, attachment, identity, letter, login, mailbox, patience, refused, three,
};

/// Everybody is refused for the same reason; here it is.
fn reason(delivery: &Delivery) -> &DeliveryError {
    assert_eq!(addresses(&delivery.accepted), Vec::<String>::new());
    assert_eq!(refused(delivery), addresses(&three()));
    let error = &delivery.refused[0].error;
    assert!(delivery.refused.iter().all(|refused| refused.error == *error), "{delivery:?}");
    error
}

fn advice(error: &DeliveryError) -> String {
    error.advice().unwrap()
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_named() {
    let mut post = Post::sound();
    post.smtp.login = Some(login("wrong"));
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Login { answer, .. } if answer.code == 535), "{error}");
    assert!(advice(error).contains("mail.smtp.username"));
    assert_eq!(post.count("AUTH"), 1, "a second try could lock the account");
    assert!(!format!("{error} {error:?} {}", advice(error)).contains("wrong"));
}

#[tokio::test]
async fn exchange_online_without_passwords_says_so() {
    let refusal = "550 5.7.30 Basic authentication is not supported for Client Submission";
    for at in ["AUTH", "MAIL"] {
        let post = Post::scripted(|script| script.on(at, Instead::Say(refusal), 9));
        let delivery = post.deliver(&three(), &patience()).await;
        let error = reason(&delivery);
        assert!(matches!(error, DeliveryError::BasicAuthentication { .. }), "{at}: {error}");
        assert!(error.to_string().contains("no longer accepts passwords: 550 5.7.30 Basic authentication"));
        assert!(advice(error).contains("Exchange Online"));
        assert_eq!(post.count("AUTH"), 1);
    }
}

#[tokio::test]
async fn a_server_that_wants_a_sign_in_says_so() {
    let mut post = Post::sound();
    post.smtp.login = None;
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Login { answer, .. } if answer.code == 530), "{error}");
    assert!(advice(error).contains("set `mail.smtp.username`"));
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_before_the_password_is_said() {
    for (protection, tls) in
        [(Protection::StartTls, SmtpTls::StartTls), (Protection::Implicit, SmtpTls::Implicit)]
    {
        let other = SmtpServer::start(Script::new(protection));
        let mut post = Post::with(Script::new(protection).login("audit", PASSWORD), tls);
        let strangers = post.file("other.pem", other.ca_pem());
        for ca_file in [Some(strangers), None] {
            post.smtp.ca_file = ca_file;
            let delivery = post.deliver(&three(), &patience()).await;
            let error = reason(&delivery);
            assert!(matches!(error, DeliveryError::Certificate { .. }), "{protection:?}: {error:?}");
            assert!(advice(error).contains("mail.smtp.ca_file"));
        }
        assert_eq!(post.count("AUTH") + post.count("MAIL"), 0);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_with_its_own_remedy() {
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
    let post = Post::sound();
    let mut elsewhere = Post::sound();
    elsewhere.smtp.host = "127.0.0.2".to_owned();
    elsewhere.smtp.port = listener.local_addr().unwrap().port();
    elsewhere.smtp.ca_file = Some(post.file("trusted.pem", post.server.ca_pem()));
    let relay = tokio::spawn(relay(listener, post.server.port()));
    let delivery = elsewhere.deliver(&three(), &patience()).await;
    relay.abort();
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Certificate { .. }), "{error:?}");
    assert!(advice(error).contains("mail.smtp.host"), "{}", advice(error));
}

/// Passes connections on, so that a server answers under a name its certificate does not have.
async fn relay(listener: TcpListener, port: u16) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    while let Ok((mut near, _)) = listener.accept().await {
        let mut far = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said() {
    let script = Script::new(Protection::None).login("audit", PASSWORD);
    let post = Post::with(script, SmtpTls::StartTls);
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::NoStartTls { .. }), "{error}");
    assert!(advice(error).contains("implicit"));
    assert_eq!(post.count("AUTH") + post.count("MAIL"), 0);
}

/// Otherwise somebody on the way could answer for the server inside of TLS, and say that it took the
/// letter.
#[tokio::test]
async fn what_is_slipped_in_before_tls_is_not_taken_for_the_servers_word() {
    let post = Post::scripted(|script| script.on("STARTTLS", Instead::Add("250 slipped in"), 1));
    let delivery = post.deliver(&three(), &Patience { retries: 0, ..patience() }).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Tls { .. }), "{error:?}");
    assert_eq!(post.count("AUTH") + post.count("MAIL"), 0);
}

#[tokio::test]
async fn tls_on_a_port_that_speaks_none_is_told_from_a_bad_certificate() {
    let post = Post::with(Script::new(Protection::None), SmtpTls::Implicit);
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Tls { .. }), "{error:?}");
    assert!(advice(error).contains("587"));
}

#[tokio::test]
async fn a_server_without_plain_and_login_is_named() {
    let post = Post::scripted(|script| script.mechanisms("GSSAPI XOAUTH2"));
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::NoMechanism { .. }), "{error}");
    assert_eq!(post.count("AUTH"), 0);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let mut post = Post::sound();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let missing = post.directory.path().join("missing.pem");
    for path in [missing, post.file("empty.pem", ""), post.file("broken.pem", broken)] {
        post.smtp.ca_file = Some(path.clone());
        let delivery = post.deliver(&three(), &patience()).await;
        let error = reason(&delivery);
        assert!(matches!(error, DeliveryError::CaFile { .. }), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(advice(error).contains("PEM"));
    }
    assert_eq!(post.server.commands(), Vec::<String>::new());
}

#[tokio::test]
async fn a_host_name_that_does_not_resolve_is_named() {
    let mut post = Post::sound();
    // Too long for a label: refused by the resolver without asking a name server.
    post.smtp.host = format!("{}.example", "x".repeat(64));
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::NotResolved { .. }), "{error:?}");
    assert!(advice(error).contains("mail.smtp.host"));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named() {
    let mut post = Post::sound();
    post.smtp.port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(&post.smtp.port.to_string()));
    assert!(advice(error).contains("mail.smtp.port"));
}

#[tokio::test]
async fn a_silent_server_is_left_in_time_wherever_it_falls_silent() {
    let patience = Patience {
        connect: Duration::from_secs(1),
        answer: Duration::from_secs(1),
        retries: 0,
        ..patience()
    };
    // What stands first may be a wrong port; who has come further has found the server.
    for (at, remedy) in [
        ("GREETING", "mail.smtp.tls"),
        ("EHLO", "mail.smtp.tls"),
        ("STARTTLS", "mail.smtp.tls"),
        ("AUTH", "wait for the next run"),
        ("MAIL", "wait for the next run"),
        ("RCPT TO:<bob@", "wait for the next run"),
        ("DATA", "wait for the next run"),
    ] {
        let post = Post::scripted(|script| script.on(at, Instead::Silence, 9));
        let begun = Instant::now();
        let delivery = post.deliver(&three(), &patience).await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{at}: {:?}", begun.elapsed());
        let error = reason(&delivery);
        assert!(matches!(error, DeliveryError::Silent { .. }), "{at}: {error:?}");
        assert!(advice(error).contains(remedy), "{at}: {}", advice(error));
    }
}

#[tokio::test]
async fn everything_together_is_bounded_too() {
    let patience = Patience { total: Duration::from_secs(1), retries: 1000, ..patience() };
    let post = Post::scripted(|script| script.on("MAIL", Instead::Silence, usize::MAX));
    let begun = Instant::now();
    let delivery = post.deliver(&three(), &patience).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(matches!(reason(&delivery), DeliveryError::Silent { .. }), "{delivery:?}");

    let unhurried = Patience { pause: Duration::from_secs(3600), ..crate::patience() };
    let post = Post::scripted(|script| script.on("MAIL", Instead::Say("451 4.3.0 Later"), usize::MAX));
    let delivery = post.deliver(&three(), &unhurried).await;
    assert!(matches!(reason(&delivery), DeliveryError::Sender { .. }), "{delivery:?}");
    assert_eq!(post.count("MAIL"), 1, "a pause beyond the total is not begun");
}

#[tokio::test]
async fn whoever_is_put_off_every_time_is_refused_in_the_end() {
    let post = Post::scripted(|script| script.on("RCPT TO:<bob@", Instead::Say("451 4.7.1 Greylisted"), 99));
    let delivery = post.deliver(&three(), &patience()).await;
    assert_eq!(refused(&delivery), ["bob@contoso.com"]);
    assert!(advice(&delivery.refused[0].error).contains("later"));
    assert_eq!(post.count("RCPT TO:<bob@"), 1 + patience().retries);
    assert_eq!(post.count("RCPT TO:<ann@"), 1);
}

/// Delivered or not, only the server knows: it is said, and not sent twice.
#[tokio::test]
async fn a_message_handed_over_without_an_answer_is_not_sent_again() {
    let hasty = Patience { message: Duration::from_secs(2), ..patience() };
    for instead in [Instead::HangUp, Instead::Silence] {
        let post = Post::scripted(|script| script.on("MESSAGE", instead, 1));
        let delivery = post.deliver(&three(), &hasty).await;
        let error = reason(&delivery);
        assert!(matches!(error, DeliveryError::Unconfirmed { .. }), "{instead:?}: {error:?}");
        assert!(advice(error).contains("mailbox"));
        assert_eq!(post.count("MESSAGE"), 1);
        assert_eq!(post.count("MAIL"), 1);
    }
}

#[tokio::test]
async fn a_message_too_large_for_the_server_is_not_even_begun() {
    let post = Post::scripted(|script| script.size(10_000));
    let letter =
        Letter { attachments: vec![attachment("all.zip", "application/zip", &[7; 20_000])], ..letter() };
    let delivery = post.deliver_letter(&three(), &letter, &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::TooLarge { limit: Some(10_000), .. }), "{error:?}");
    assert!(advice(error).contains("mail.attachment_limit") && advice(error).contains("10000"));
    assert_eq!(post.count("MAIL"), 0);
}

#[tokio::test]
async fn a_message_the_server_finds_too_large_afterwards_is_named_so() {
    let post = Post::scripted(|script| script.on("MESSAGE", Instead::Say("552 5.3.4 Too big"), 9));
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::TooLarge { limit: None, .. }), "{error:?}");
    assert_eq!(post.count("MESSAGE"), 1);
}

#[tokio::test]
async fn a_refused_sender_is_told_from_a_refused_recipient() {
    let post = Post::scripted(|script| script.on("MAIL", Instead::Say("550 5.7.60 Not as this sender"), 9));
    let delivery = post.deliver(&three(), &patience()).await;
    let error = reason(&delivery);
    assert!(matches!(error, DeliveryError::Sender { .. }), "{error:?}");
    assert!(advice(error).contains("mail.from"));
    assert_eq!(post.count("MAIL"), 1);
}

#[tokio::test]
async fn when_all_recipients_are_refused_no_message_is_sent() {
    let post = Post::scripted(|script| script.on("RCPT", Instead::Say("550 5.7.1 Relaying denied"), 9));
    let delivery = post.deliver(&three(), &patience()).await;
    assert!(matches!(reason(&delivery), DeliveryError::Recipient { .. }));
    assert_eq!(post.count("DATA"), 0);
}

#[tokio::test]
async fn an_address_smtp_cannot_say_is_refused_and_the_others_served() {
    let post = Post::sound();
    let to = ["ann@contoso.com", "größe@contoso.com", "bob@größe.example"].map(mailbox);
    let delivery = post.deliver(&to, &patience()).await;
    assert_eq!(addresses(&delivery.accepted), ["ann@contoso.com"]);
    assert!(delivery.refused.iter().all(|refused| refused.error == DeliveryError::NotAscii));
    assert_eq!(refused(&delivery), ["größe@contoso.com", "bob@größe.example"]);
}

#[tokio::test]
async fn a_sender_smtp_cannot_say_is_named_before_anybody_is_asked() {
    let post = Post::sound();
    let mut mail = post.mail();
    mail.from = mailbox("Keysweep <größe@contoso.com>");
    let delivery =
        deliver(&mail, &three(), &letter(), &identity(&mail), &patience(), &AlwaysOpen, &NoTokens).await;
    assert_eq!(*reason(&delivery), DeliveryError::NotAscii);
    assert_eq!(post.server.commands(), Vec::<String>::new());
}
