//! Webhooks and the heartbeat: what is said, what is made of each answer, and what is never said.

use std::time::Duration;

use keysweep::config::{Environment, Heartbeat, Webhook, WebhookKind, parse};
use keysweep::delivery::{Patience, WebhookError, heartbeat, webhook};
use keysweep::domain::Severity;
use keysweep::report::MessageKey;
use secrecy::SecretString;

use crate::http_server::{HttpServer, Reply};
use crate::{GUARD, now, patience};

const SECRET_PATH: &str = "/workflows/Zq9abcdef/triggers?sig=Zq9-signature";

fn hook(kind: WebhookKind, url: &str) -> Webhook {
    Webhook {
        name: kind.as_str().to_owned(),
        kind,
        url: SecretString::from(url),
        host: "hooks.example".to_owned(),
        secret: None,
        min_severity: Severity::Info,
        tenants: None,
        ca_file: None,
    }
}

fn key() -> MessageKey {
    MessageKey::of(&["20261123T060000Z", "contoso", "webhook-generic"])
}

async fn call(hook: &Webhook, body: &str, patience: &Patience) -> Result<(), WebhookError> {
    let key = key();
    let call = webhook::call(hook, &key, body, now(), patience);
    tokio::time::timeout(GUARD, call).await.expect("a call is bounded in time")
}

async fn told(replies: impl IntoIterator<Item = Reply>) -> (HttpServer, Result<(), WebhookError>) {
    let server = HttpServer::start(replies);
    let hook = hook(WebhookKind::Generic, &server.url(SECRET_PATH));
    let result = call(&hook, "{}", &patience()).await;
    (server, result)
}

#[tokio::test]
async fn a_webhook_is_told_once_with_what_identifies_the_message() {
    for status in [200, 202, 204] {
        let (server, result) = told([Reply::status(status)]).await;
        result.unwrap();
        let asked = server.asked();
        assert_eq!(asked.len(), 1);
        let asked = &asked[0];
        assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", SECRET_PATH));
        assert_eq!(asked.header("x-keysweep-delivery"), Some("20261123T060000Z.contoso.webhook-generic"));
        assert_eq!(asked.header("content-type"), Some("application/json; charset=utf-8"));
        assert!(asked.header("user-agent").unwrap().starts_with("keysweep/"));
        assert_eq!(asked.header("x-keysweep-signature"), None);
        assert_eq!(asked.text(), "{}");
    }
}

/// The signature was made with `printf '%s' '1795413600.{"größe":1}' | openssl dgst -sha256 -hmac 'a secret'`.
#[tokio::test]
async fn a_signed_message_can_be_checked_by_its_timestamp_and_its_bytes() {
    let server = HttpServer::start([Reply::status(200)]);
    let secret = Some(SecretString::from("a secret"));
    let hook = Webhook { secret, ..hook(WebhookKind::Generic, &server.url("/")) };
    call(&hook, r#"{"größe":1}"#, &patience()).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.header("x-keysweep-timestamp"), Some("1795413600"));
    assert_eq!(
        asked.header("x-keysweep-signature"),
        Some("sha256=403b59cbaf31ea3d9f61cfc9b65a31a5bfa0791dade52f3c686f9071ce085fcf")
    );
}

fn kind(error: &WebhookError) -> &'static str {
    match error {
        WebhookError::NoUrl => "no url",
        WebhookError::Client { .. } => "client",
        WebhookError::Unreachable { .. } => "unreachable",
        WebhookError::Tls { .. } => "tls",
        WebhookError::Unconfirmed { .. } => "unconfirmed",
        WebhookError::Redirected { .. } => "redirected",
        WebhookError::PutOff { .. } => "put off",
        WebhookError::Refused { .. } => "refused",
        WebhookError::TooLarge { .. } => "too large",
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn each_answer_is_told_apart_and_only_what_can_help_is_tried_again() {
    let elsewhere = HttpServer::start([Reply::status(200)]);
    let location: &'static str = format!("location: {}\r\n", elsewhere.url("/")).leak();
    for (reply, expected, asked) in [
        (Reply::Say(429, "retry-after: 0\r\n", "slow down".into()),            "put off",     3),
        (Reply::Say(429, "retry-after: soon\r\n", String::new()),              "put off",     3),
        (Reply::Say(429, "retry-after: 86400\r\n", String::new()),             "put off",     1),
        (Reply::status(425),                                                   "put off",     3),
        (Reply::status(408),                                                   "unconfirmed", 1),
        (Reply::Say(500, "", "no hook Zq9abcdef".into()),                      "unconfirmed", 1),
        (Reply::status(502),                                                   "unconfirmed", 1),
        (Reply::status(504),                                                   "unconfirmed", 1),
        (Reply::Say(503, "", "<html>down</html>".into()),                      "put off",     3),
        (Reply::status(501),                                                   "refused",     1),
        (Reply::Say(400, "", "invalid_payload".into()),                        "refused",     1),
        (Reply::status(401),                                                   "refused",     1),
        (Reply::Say(403, "", "invalid_token".into()),                          "refused",     1),
        (Reply::Say(404, "", "no_service Zq9abcdef".into()),                   "refused",     1),
        (Reply::status(410),                                                   "refused",     1),
        (Reply::status(413),                                                   "too large",   1),
        (Reply::Say(302, location, String::new()),                             "redirected",  1),
        (Reply::Say(307, location, String::new()),                             "redirected",  1),
        (Reply::Say(404, "", format!("{}Zq9-signature", "x".repeat(100_000))), "refused",     1),
        (Reply::HangUp,                                                        "unconfirmed", 1),
    ] {
        let case = format!("{reply:?}").chars().take(80).collect::<String>();
        let (server, result) = told([reply]).await;
        let error = result.unwrap_err();
        assert_eq!(kind(&error), expected, "{case}");
        assert_eq!(server.asked().len(), asked, "{case}");
        assert_eq!(error.is_temporary(), expected == "put off", "{case}");
        let words = format!("{error} {error:?} {}", error.advice().unwrap());
        assert!(!words.contains("Zq9"), "{words}");
        assert!(words.len() < 2000, "{words}");
        assert!(words.contains("hooks.example"), "{words}");
    }
    assert_eq!(elsewhere.asked().len(), 0, "nothing goes to where an answer points");
}

#[tokio::test]
async fn what_is_put_off_gets_through_later_and_the_wait_asked_for_is_told() {
    let (server, result) = told([Reply::status(503), Reply::status(429), Reply::status(202)]).await;
    result.unwrap();
    let keys: Vec<_> =
        server.asked().iter().map(|asked| asked.header("x-keysweep-delivery").map(str::to_owned)).collect();
    assert_eq!(keys, vec![Some(key().to_string()); 3]);
    let (_, result) = told([Reply::Say(429, "retry-after: 7200\r\n", String::new())]).await;
    assert_eq!(result.unwrap_err().retry_after(), Some(Duration::from_secs(7200)));
}

#[tokio::test]
async fn silence_and_an_absent_server_are_told_apart() {
    let server = HttpServer::start([Reply::Silence]);
    let quick =
        Patience { connect: Duration::from_millis(100), answer: Duration::from_millis(100), ..patience() };
    let error = call(&hook(WebhookKind::Slack, &server.url("/")), "{}", &quick).await.unwrap_err();
    assert_eq!(kind(&error), "unconfirmed");

    let gone = HttpServer::start([Reply::Silence]).url("/");
    let error = call(&hook(WebhookKind::Slack, &gone), "{}", &patience()).await.unwrap_err();
    assert_eq!(kind(&error), "unreachable");
    assert!(error.is_temporary());
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_told_nothing() {
    // Its certificate is of an authority that no system knows.
    let post = crate::smtp_server::SmtpServer::start(crate::smtp_server::Script::new(
        crate::smtp_server::Protection::Implicit,
    ));
    let url = format!("https://127.0.0.1:{}/Zq9", post.port());
    let error = call(&hook(WebhookKind::Teams, &url), "{}", &patience()).await.unwrap_err();
    assert_eq!(kind(&error), "tls", "{error:?}");
    assert!(error.advice().unwrap().contains("ca_file"));
}

#[tokio::test]
async fn more_than_teams_takes_is_not_sent_at_all() {
    let server = HttpServer::start([Reply::status(202)]);
    let teams = hook(WebhookKind::Teams, &server.url("/"));
    let limit = webhook::body_limit(WebhookKind::Teams).unwrap();
    call(&teams, &"x".repeat(limit), &patience()).await.unwrap();
    let error = call(&teams, &"x".repeat(limit + 1), &patience()).await.unwrap_err();
    assert!(matches!(error, WebhookError::TooLarge { size, .. } if size == limit + 1), "{error:?}");
    assert_eq!(server.asked().len(), 1);
}

fn configured(url: &str) -> Heartbeat {
    let text = "[[tenant]]\nname = \"contoso.com\"\ntenant_id = \"11111111-1111-4111-8111-111111111111\"\n\
                [tenant.credential]\ntype = \"azure-cli\"\n[heartbeat]\nurl_env = \"BEAT\"\n";
    let environment = Environment::from_iter([("BEAT", url)]);
    parse(text, std::path::Path::new("keysweep.toml"), &environment).unwrap().config.heartbeat.unwrap()
}

#[tokio::test]
async fn a_heartbeat_names_the_tenant_and_is_tried_three_times() {
    let server = HttpServer::start([Reply::HangUp, Reply::status(500), Reply::status(200)]);
    heartbeat(&configured(&server.url("/ping/Zq9abcdef/{tenant}?t={tenant}")), "contoso.com").await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    for asked in asked {
        assert_eq!(
            (asked.method.as_str(), asked.target.as_str()),
            ("GET", "/ping/Zq9abcdef/contoso.com?t=contoso.com")
        );
    }
    let server = HttpServer::start([Reply::Say(404, "", "no check Zq9abcdef".to_owned())]);
    let error = heartbeat(&configured(&server.url("/ping/Zq9abcdef")), "contoso").await.unwrap_err();
    assert_eq!(server.asked().len(), 3);
    assert!(!format!("{error} {error:?}").contains("Zq9"), "{error:?}");
}
