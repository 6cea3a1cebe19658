//! Signing in to a mail server with a token.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use keysweep::config::{Login, MailSignIn, Proof, Smtp, SmtpTls, Transport};
use keysweep::delivery::{AlwaysOpen, Delivery, DeliveryError, Token, TokenError, TokenSource, deliver};

use crate::aiosmtpd::{Aiosmtpd, installed};
use crate::smtp_server::{Instead, Protection, Script};
use crate::{GUARD, PASSWORD, Post, identity, letter, mail, patience, three};

/// Gives one token, or none.
struct Giver(Option<&'static str>);

#[async_trait]
impl TokenSource for Giver {
    async fn token(&self) -> Result<Token, TokenError> {
        let away = || TokenError {
            text: "`login.example` cannot be reached".to_owned(),
            advice: Some("Check DNS.".to_owned()),
            temporary: true,
        };
        self.0.map(Token::new).ok_or_else(away)
    }

    async fn renewed(&self, _: &Token) -> Result<Token, TokenError> {
        self.token().await
    }
}

fn with_token(smtp: &Smtp) -> Smtp {
    let sign_in =
        MailSignIn { tenant: "contoso".to_owned(), scope: "https://mail.example/.default".to_owned() };
    let login = Login { username: "audit".to_owned(), proof: Proof::Token(sign_in) };
    Smtp { login: Some(login), ..smtp.clone() }
}

async fn send(smtp: &Smtp, tokens: &dyn TokenSource) -> Delivery {
    let mail = mail(Transport::Smtp(with_token(smtp)));
    let (to, letter, identity, patience) = (three(), letter(), identity(&mail), patience());
    let delivery = deliver(&mail, &to, &letter, &identity, &patience, &AlwaysOpen, tokens);
    tokio::time::timeout(GUARD, delivery).await.expect("delivery is bounded in time")
}

fn error(delivery: &Delivery) -> &DeliveryError {
    assert_eq!((delivery.accepted.len(), delivery.refused.len()), (0, 3), "{delivery:?}");
    &delivery.refused[0].error
}

#[tokio::test]
async fn a_token_opens_the_mailbox() {
    if !installed() {
        return;
    }
    for tls in [SmtpTls::StartTls, SmtpTls::Implicit] {
        let server = Aiosmtpd::start(tls);
        let delivery = send(&server.smtp, &Giver(Some(PASSWORD))).await;
        assert!(delivery.is_complete(), "{delivery:?}");
        assert!(server.directory.path().join("received").exists());
    }
}

#[tokio::test]
async fn a_token_that_opens_nothing_says_what_to_do_in_exchange() {
    if !installed() {
        return;
    }
    let server = Aiosmtpd::start(SmtpTls::StartTls);
    let delivery = send(&server.smtp, &Giver(Some("Zq9-token"))).await;
    let error = error(&delivery);
    assert!(matches!(error, DeliveryError::TokenLogin { answer, .. } if answer.code == 535), "{error:?}");
    assert!(error.to_string().contains("535 5.7.3 Authentication unsuccessful"), "{error}");
    let advice = error.advice().unwrap();
    for word in ["SMTP.SendAsApp", "New-ServicePrincipal", "SMTP AUTH"] {
        assert!(advice.contains(word), "{advice}");
    }
    assert!(!error.is_temporary());
    assert!(!format!("{error:?} {error}").contains("Zq9") && !error.to_string().contains('@'));
}

/// Gives a token that has been revoked, and another one where it is refused.
#[derive(Default)]
struct Revoked {
    renewals: AtomicUsize,
}

#[async_trait]
impl TokenSource for Revoked {
    async fn token(&self) -> Result<Token, TokenError> {
        Ok(Token::new("revoked"))
    }

    async fn renewed(&self, refused: &Token) -> Result<Token, TokenError> {
        assert_eq!(refused.secret(), "revoked");
        self.renewals.fetch_add(1, Ordering::Relaxed);
        Ok(Token::new(PASSWORD))
    }
}

#[tokio::test]
async fn a_token_that_is_refused_for_good_is_renewed_once() {
    for (refusals, say, accepted, signed_in, renewals) in [
        (1, "535 5.7.3 Authentication unsuccessful", 3, 2, 1),
        (9, "535 5.7.3 Authentication unsuccessful", 0, 2, 1),
        (9, "454 4.7.0 Temporary authentication failure", 0, 3, 0),
    ] {
        let tokens = Revoked::default();
        let script = |sound: Script| sound.mechanisms("XOAUTH2").on("AUTH", Instead::Say(say), refusals);
        let post = Post::scripted(script);
        let delivery = send(&post.smtp, &tokens).await;
        let case = format!("{refusals} times {say}: {delivery:?}");
        assert_eq!(delivery.accepted.len(), accepted, "{case}");
        assert_eq!(post.count("AUTH"), signed_in, "{case}");
        assert_eq!(tokens.renewals.load(Ordering::Relaxed), renewals, "{case}");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn however_a_token_is_refused_nothing_is_sent() {
    for (script, code) in [
        (vec![("AUTH", "535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox")], Some(535)),
        (vec![("AUTH", "454 4.7.0 Temporary authentication failure")],                       Some(454)),
        (vec![("AUTH", "334 eyJzdGF0dXMiOiI0MDAifQ==")],                                     Some(502)),
    ] {
        let rules = |sound: Script| {
            let sound = sound.mechanisms("LOGIN XOAUTH2");
            script.iter().fold(sound, |sound, (at, say)| sound.on(at, Instead::Say(say), 9))
        };
        let post = Post::scripted(rules);
        let delivery = send(&post.smtp, &Giver(Some(PASSWORD))).await;
        let error = error(&delivery);
        let DeliveryError::TokenLogin { answer, .. } = error else { panic!("{error:?}") };
        assert_eq!(Some(answer.code), code);
        assert_eq!(error.is_temporary(), code == Some(454));
        assert!(error.advice().is_some());
        assert_eq!(post.count("MAIL"), 0);
    }
    let post = Post::scripted(|sound| sound.mechanisms("XOAUTH2").on("AUTH", Instead::HangUp, 9));
    let delivery = send(&post.smtp, &Giver(Some(PASSWORD))).await;
    assert!(matches!(error(&delivery), DeliveryError::Interrupted { .. }), "{delivery:?}");
}

#[tokio::test]
async fn a_server_without_xoauth2_is_not_told_the_token() {
    let post = Post::sound();
    let delivery = send(&post.smtp, &Giver(Some("token"))).await;
    let error = error(&delivery);
    assert!(matches!(error, DeliveryError::NoXoauth2 { .. }), "{error:?}");
    assert!(error.advice().unwrap().contains("mail.smtp.auth"));
    assert_eq!(post.count("AUTH"), 0);
}

#[tokio::test]
async fn without_a_token_the_server_is_not_called_and_it_is_tried_again_later() {
    let script = Script::new(Protection::StartTls).login("audit", PASSWORD).mechanisms("XOAUTH2");
    let post = Post::with(script, SmtpTls::StartTls);
    let delivery = send(&post.smtp, &Giver(None)).await;
    let error = error(&delivery);
    assert_eq!(error.to_string(), "no token to send mail with: `login.example` cannot be reached");
    assert_eq!(error.advice().as_deref(), Some("Check DNS."));
    assert!(error.is_temporary());
    assert_eq!(post.server.commands().len(), 0);
}
