//! A real mail server: Postfix with STARTTLS and SASL.

use keysweep::config::{Login, Proof, Smtp, SmtpTls, Transport};
use keysweep::delivery::{AlwaysOpen, Delivery, DeliveryError, NoTokens, Passable, check, deliver};
use keysweep::report::Letter;
use lettre::message::Mailbox;
use mailparse::{MailHeaderMap as _, parse_mail};

use crate::postfix::{Postfix, SIZE_LIMIT, installed};
use crate::{GUARD, PASSWORD, attachment, identity, letter, mail, mailbox, patience, refused};

fn way(postfix: &Postfix, password: &str) -> Smtp {
    let proof = Proof::Password(password.to_owned().into());
    Smtp {
        host: "127.0.0.1".to_owned(),
        port: postfix.port(),
        tls: SmtpTls::StartTls,
        login: Some(Login { username: "audit@contoso.com".to_owned(), proof }),
        ca_file: Some(postfix.ca_file()),
    }
}

async fn send(postfix: &Postfix, password: &str, to: &[Mailbox], letter: &Letter) -> Delivery {
    let mail = mail(Transport::Smtp(way(postfix, password)));
    let (identity, patience) = (identity(&mail), patience());
    let delivery = deliver(&mail, to, letter, &identity, &patience, &AlwaysOpen, &NoTokens);
    tokio::time::timeout(GUARD, delivery).await.expect("delivery is bounded in time")
}

/// One server for all: it takes a while to set up.
#[tokio::test]
async fn postfix_takes_what_it_should_and_each_refusal_is_understood() {
    if !installed() {
        return;
    }
    let mut postfix = Postfix::prepare(PASSWORD);
    let (ann, bob) = (mailbox("Ann <ann@contoso.com>"), mailbox("bob@contoso.com"));

    // Down.
    let delivery = send(&postfix, PASSWORD, std::slice::from_ref(&ann), &letter()).await;
    let error = &delivery.refused[0].error;
    assert!(matches!(error, DeliveryError::Unreachable { .. }) && error.is_temporary(), "{error:?}");

    // Up.
    postfix.start();
    let to = [ann.clone(), bob.clone()];
    let delivery = send(&postfix, PASSWORD, &to, &letter()).await;
    assert_eq!(delivery.accepted, to, "{delivery:?}");
    for name in ["ann", "bob"] {
        let messages = postfix.messages(name, 1);
        let message = parse_mail(&messages[0]).unwrap();
        assert_eq!(message.headers.get_first_value("Subject"), Some(letter().subject));
        let id = message.headers.get_first_value("Message-ID");
        assert_eq!(id.as_deref(), Some("<20261123T060000Z.contoso@contoso.com>"));
        for (part, given) in message.subparts[1..].iter().zip(letter().attachments) {
            assert_eq!(part.get_body_raw().unwrap(), given.bytes);
        }
    }

    // One of two is unknown.
    let to = [ann.clone(), mailbox("nobody@contoso.com")];
    let delivery = send(&postfix, PASSWORD, &to, &letter()).await;
    assert_eq!(delivery.accepted, std::slice::from_ref(&ann));
    assert_eq!(refused(&delivery), ["nobody@contoso.com"]);
    let error = &delivery.refused[0].error;
    assert!(matches!(error, DeliveryError::Recipient { answer, .. } if answer.code == 550), "{error:?}");
    assert!(!error.to_string().contains('@'), "{error}");
    assert_eq!(postfix.messages("ann", 2).len(), 2);

    // A wrong password.
    let delivery = send(&postfix, "wrong", std::slice::from_ref(&bob), &letter()).await;
    let error = &delivery.refused[0].error;
    assert!(matches!(error, DeliveryError::Login { answer, .. } if answer.code == 535), "{error:?}");

    // Too large.
    let attachments = vec![attachment("reports.zip", "application/zip", &vec![7; SIZE_LIMIT])];
    let delivery =
        send(&postfix, PASSWORD, std::slice::from_ref(&bob), &Letter { attachments, ..letter() }).await;
    let error = &delivery.refused[0].error;
    assert!(matches!(error, DeliveryError::TooLarge { limit: Some(SIZE_LIMIT), .. }), "{error:?}");

    // Looked at without sending anything.
    let looked = check(&mail(Transport::Smtp(way(&postfix, PASSWORD))), &patience(), &NoTokens).await;
    assert!(matches!(looked, Ok(Passable::Smtp { signed_in: true, .. })), "{looked:?}");
    let looked = check(&mail(Transport::Smtp(way(&postfix, "wrong"))), &patience(), &NoTokens).await;
    assert!(matches!(looked, Err(DeliveryError::Login { .. })), "{looked:?}");

    // Down, and up again.
    postfix.stop();
    let delivery = send(&postfix, PASSWORD, std::slice::from_ref(&bob), &letter()).await;
    assert!(matches!(delivery.refused[0].error, DeliveryError::Unreachable { .. }), "{delivery:?}");
    postfix.start();
    let delivery = send(&postfix, PASSWORD, std::slice::from_ref(&bob), &letter()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    assert_eq!(postfix.messages("bob", 2).len(), 2, "neither more nor less than was accepted");
}
