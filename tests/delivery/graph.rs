//! Letters by Graph, with an emulated one: what it gets, and what is made of each of its answers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use keysweep::config::{Config, Environment, parse};
use keysweep::delivery::{AlwaysOpen, Delivery, DeliveryError, GraphMailError, Patience, deliver};
use keysweep::emulator::{Emulator, Fault, Options, Side, TenantData, Transport};
use keysweep::report::Letter;
use keysweep::run::{MailTokens, clock};
use lettre::message::Mailbox;
use serde_json::{Value, json};

use crate::gate::Keeper;
use crate::{GUARD, attachment, identity, letter, mailbox, patience, three};

const SEND_MAIL: &str = "/v1.0/users/keysweep@contoso.com/sendMail";
const MESSAGES: &str = "/v1.0/users/keysweep@contoso.com/messages";

struct World {
    emulator: Emulator,
    config: Config,
    _folder: tempfile::TempDir,
}

impl World {
    async fn with(more: &str) -> Self {
        let options = Options {
            graph_transport: Transport::PlainHttp,
            roles: ["Mail.Send", "Mail.ReadWrite"].map(str::to_owned).to_vec(),
            ..Options::new(TenantData::empty(clock::system()), clock::system(), clock::system)
        };
        let emulator = Emulator::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, emulator.ca_pem()).unwrap();
        let text = format!(
            "[[tenant]]\nname = \"contoso\"\ntenant_id = \"{}\"\nclient_id = \"{}\"\ngraph_url = \"{}\"\n\
             authority_url = \"{}\"\nca_file = \"{}\"\n[tenant.credential]\ntype = \"client-secret\"\n\
             secret_env = \"SECRET\"\n[mail]\nfrom = \"Keysweep <keysweep@contoso.com>\"\n\
             to = [\"security@contoso.com\"]\ntransport = \"graph\"\n{more}",
            emulator.tenant_id(),
            emulator.client_id(),
            emulator.graph_url(),
            emulator.authority_url(),
            ca.display(),
        );
        let environment = Environment::from_iter([("SECRET", emulator.client_secret())]);
        let config = parse(&text, Path::new("keysweep.toml"), &environment).unwrap().config;
        Self { emulator, config, _folder: folder }
    }

    async fn sound() -> Self {
        Self::with("").await
    }

    async fn faulty(fault: Fault) -> Self {
        let world = Self::sound().await;
        world.emulator.fault(fault);
        world
    }

    async fn deliver_by(&self, to: &[Mailbox], letter: &Letter, patience: &Patience) -> Delivery {
        let tokens = MailTokens::of(&self.config, clock::system);
        let mail = self.config.mail.as_ref().unwrap();
        let identity = identity(mail);
        let delivery = deliver(mail, to, letter, &identity, patience, &AlwaysOpen, &tokens);
        tokio::time::timeout(GUARD, delivery).await.expect("delivery is bounded in time")
    }

    async fn deliver(&self, letter: &Letter) -> Delivery {
        self.deliver_by(&three(), letter, &patience()).await
    }

    async fn error(&self, letter: &Letter) -> DeliveryError {
        let delivery = self.deliver(letter).await;
        assert_eq!((delivery.accepted.len(), delivery.refused.len()), (0, 3), "{delivery:?}");
        delivery.refused[0].error.clone()
    }

    /// Methods and paths of what Graph was asked, drafts and uploads by one name each.
    fn asked(&self) -> Vec<String> {
        let graph = self.emulator.log().into_iter().filter(|request| request.side == Side::Graph);
        let short = |path: &str| {
            let path = path.strip_prefix("/v1.0/users/keysweep@contoso.com/").unwrap_or(path).to_owned();
            let parts: Vec<&str> = path.split('/').collect();
            match parts.as_slice() {
                ["messages", _, rest @ ..] => [&["draft"], rest].concat().join("/"),
                ["", "upload", _] => "upload".to_owned(),
                _ => path,
            }
        };
        graph.map(|request| format!("{} {}", request.method, short(&request.path))).collect()
    }
}

fn illustrated() -> Letter {
    Letter { pictures: vec![attachment("trend.png", "image/png", b"\x89PNG\r\n\x1a\n\0")], ..letter() }
}

/// Bytes that are not all alike.
fn file(name: &str, length: usize) -> keysweep::report::Attachment {
    let bytes: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
    attachment(name, "application/zip", &bytes)
}

fn large() -> Letter {
    Letter { attachments: vec![file("reports.zip", 9_000_001), file("plan.json", 10)], ..illustrated() }
}

#[tokio::test]
async fn a_letter_that_fits_goes_in_one_request() {
    let world = World::sound().await;
    let delivery = world.deliver(&illustrated()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    assert_eq!(delivery.accepted, three());
    assert_eq!(world.asked(), ["POST sendMail"]);

    let mails = world.emulator.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.to, ["ann@contoso.com", "bob@contoso.com", "cid@contoso.com"]);
    assert!(!mail.saved);
    assert_eq!(mail.message["subject"], letter().subject);
    assert_eq!(mail.message["body"], json!({ "contentType": "HTML", "content": letter().html }));
    assert_eq!(mail.message.get("from"), None, "the mailbox itself");
    let header =
        json!({ "name": "x-keysweep-message-id", "value": "<20261123T060000Z.contoso@contoso.com>" });
    assert_eq!(mail.message["internetMessageHeaders"][0], header);
    let names: Vec<_> =
        mail.attachments.iter().map(|file| (file.name.as_str(), file.content_id.as_deref())).collect();
    assert_eq!(names, [("trend.png", Some("trend.png")), ("findings.csv", None), ("reports.zip", None)]);
    for (got, given) in mail.attachments[1..].iter().zip(letter().attachments) {
        assert_eq!((&got.bytes, got.content_type.as_str()), (&given.bytes, &*given.media_type));
    }
}

#[tokio::test]
async fn another_mailbox_sends_as_it_is_told_and_keeps_what_it_sent() {
    let world =
        World::with("[mail.graph]\nmailbox = \"KEYSWEEP@contoso.com\"\nsave_to_sent_items = true\n").await;
    assert!(world.deliver(&letter()).await.is_complete());
    assert!(world.emulator.mails()[0].saved);
    let world = World::with("[mail.graph]\nmailbox = \"nobody@contoso.com\"\n").await;
    let error = world.error(&letter()).await;
    assert!(matches!(error, DeliveryError::Graph(GraphMailError::NoMailbox { .. })), "{error:?}");
    assert!(error.advice().unwrap().contains("mail.graph.mailbox"));
    assert!(!error.to_string().contains('@'), "{error}");
}

#[tokio::test]
async fn a_large_letter_becomes_a_draft_whose_files_are_uploaded_in_ranges() {
    let world = World::sound().await;
    let delivery = world.deliver(&large()).await;
    assert!(delivery.is_complete(), "{delivery:?}");
    let asked = world.asked();
    let expected = [
        "POST messages",
        "POST draft/attachments",
        "POST draft/attachments/createUploadSession",
        "PUT upload",
        "PUT upload",
        "PUT upload",
        "POST draft/attachments",
        "POST draft/send",
    ];
    assert_eq!(asked, expected);
    let mail = &world.emulator.mails()[0];
    let sizes: Vec<usize> = mail.attachments.iter().map(|file| file.bytes.len()).collect();
    assert_eq!(sizes, [9, 9_000_001, 10]);
    assert_eq!(mail.attachments[1].bytes, large().attachments[0].bytes);
    assert_eq!(world.emulator.drafts(), 0);
}

#[tokio::test]
#[rustfmt::skip]
async fn whatever_the_size_a_letter_arrives_whole() {
    let world = World::sound().await;
    for lengths in [
        vec![0], vec![2_900_000], vec![2_999_999], vec![3_000_000], vec![3_145_728], vec![3_932_160], vec![3_932_161],
        vec![1_500_000, 1_500_000], vec![1_480_000, 1_480_000], vec![2_000_000; 4],
    ] {
        let attachments = lengths.iter().enumerate().map(|(at, length)| file(&format!("{at}.zip"), *length));
        let letter = Letter { attachments: attachments.collect(), ..letter() };
        let delivery = world.deliver(&letter).await;
        assert!(delivery.is_complete(), "{lengths:?}: {:?}", delivery.refused.first().map(|refused| &refused.error));
        let mails = world.emulator.mails();
        let got: Vec<&[u8]> = mails.last().unwrap().attachments.iter().map(|file| file.bytes.as_slice()).collect();
        let given: Vec<&[u8]> = letter.attachments.iter().map(|file| file.bytes.as_slice()).collect();
        assert!(got == given, "{lengths:?}");
        assert_eq!(world.emulator.drafts(), 0);
    }
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    for (roles, letter, permission) in [
        (vec![], letter(), "`Mail.Send`"),
        (vec!["Mail.ReadWrite"], letter(), "`Mail.Send`"),
        (vec!["Mail.Send"], large(), "`Mail.ReadWrite`"),
        (vec!["Mail.ReadWrite"], large(), "`Mail.Send`"),
    ] {
        let world = World::sound().await;
        world.emulator.grant(&roles);
        let error = world.error(&letter).await;
        assert!(
            matches!(error, DeliveryError::Graph(GraphMailError::Forbidden { .. })),
            "{roles:?} {error:?}"
        );
        assert!(!error.is_temporary());
        assert!(error.advice().unwrap().contains(permission), "{roles:?}");
        assert_eq!((world.emulator.mails().len(), world.emulator.drafts()), (0, 0), "{roles:?}");
    }
}

fn kind(error: &DeliveryError) -> &'static str {
    match error {
        DeliveryError::Unconfirmed { .. } => "unconfirmed",
        DeliveryError::TooLarge { .. } => "too large",
        DeliveryError::NoToken(_) => "no token",
        DeliveryError::Graph(error) => match error {
            GraphMailError::Unreachable { .. } => "unreachable",
            GraphMailError::Silent { .. } => "silent",
            GraphMailError::Strange { .. } => "strange",
            GraphMailError::Unauthorized { .. } => "unauthorized",
            GraphMailError::Forbidden { .. } => "forbidden",
            GraphMailError::NoMailbox { .. } => "no mailbox",
            GraphMailError::PutOff { .. } => "put off",
            GraphMailError::Refused { .. } => "refused",
            GraphMailError::Client { .. } | GraphMailError::Untrusted { .. } => "client",
        },
        _ => "other",
    }
}

fn answering(method: &str, path: &str, status: u16) -> Fault {
    let body = Fault::graph_error("ErrorSomething", "No, bob@contoso.com.");
    Fault::on(Side::Graph, method, path).times(usize::MAX).answer(status, &body)
}

/// Whether the letter may be out of hand decides: what may is never repeated here.
#[tokio::test]
#[rustfmt::skip]
async fn each_answer_to_send_mail_is_told_apart() {
    for (status, expected, asked) in [
        (400, "refused",      1),
        (401, "unauthorized", 2),
        (403, "forbidden",    1),
        (404, "no mailbox",   1),
        (408, "unconfirmed",  1),
        (409, "refused",      1),
        (413, "too large",    1),
        (429, "put off",      3),
        (500, "unconfirmed",  1),
        (501, "refused",      1),
        (502, "unconfirmed",  1),
        (503, "put off",      3),
        (504, "unconfirmed",  1),
    ] {
        let world = World::faulty(answering("POST", SEND_MAIL, status)).await;
        let error = world.error(&letter()).await;
        assert_eq!(kind(&error), expected, "{status}");
        assert_eq!(world.asked().len(), asked, "{status}");
        assert_eq!(error.is_temporary(), expected == "put off", "{status}");
        assert!(error.advice().is_some() && !error.to_string().contains('@'), "{status} {error}");
    }
}

/// Before the draft is sent, nothing is lost by beginning anew; and no draft stays behind.
#[tokio::test]
#[rustfmt::skip]
async fn each_answer_on_the_way_of_a_large_letter_is_told_apart() {
    let steps = [("POST", MESSAGES.to_owned(), 0), ("POST", format!("{MESSAGES}/*"), 1),
                 ("PUT", "/upload/*".to_owned(), 0), ("POST", format!("{MESSAGES}/*"), 3)];
    for (status, expected) in [
        (400, ["refused",      "refused",      "refused", "refused"]),
        (401, ["unauthorized", "unauthorized", "put off", "unauthorized"]),
        (403, ["forbidden",    "forbidden",    "put off", "forbidden"]),
        (404, ["no mailbox",   "refused",      "put off", "refused"]),
        (413, ["too large",    "too large",    "too large", "too large"]),
        (429, ["put off",      "put off",      "put off", "put off"]),
        (500, ["put off",      "put off",      "put off", "unconfirmed"]),
        (503, ["put off",      "put off",      "put off", "put off"]),
        (504, ["put off",      "put off",      "put off", "unconfirmed"]),
    ] {
        for ((method, path, after), expected) in steps.iter().zip(expected) {
            let world = World::faulty(answering(method, path, status).after(*after)).await;
            let error = world.deliver_by(&three(), &large(), &Patience { retries: 0, ..patience() }).await;
            let error = error.refused[0].error.clone();
            assert_eq!(kind(&error), expected, "{status} at {method} {path}");
            assert!(!format!("{error:?}").contains("authtoken"), "{error:?}");
            assert_eq!(world.emulator.mails().len(), 0, "{status} at {method} {path}");
            assert_eq!(world.emulator.drafts(), usize::from(expected == "unconfirmed"), "{status} at {method} {path}");
        }
    }
}

#[tokio::test]
async fn what_graph_puts_off_gets_through_later() {
    for letter in [letter(), large()] {
        for path in [SEND_MAIL.to_owned(), format!("{MESSAGES}*"), "/upload/*".to_owned()] {
            let fault = Fault::on(Side::Graph, "*", &path).times(2);
            let error = Fault::graph_error("ApplicationThrottled", "Slow down.");
            let world = World::faulty(fault.answer(429, &error).header("Retry-After", "0")).await;
            let delivery = world.deliver(&letter).await;
            assert!(delivery.is_complete(), "{path} {delivery:?}");
            assert_eq!((world.emulator.mails().len(), world.emulator.drafts()), (1, 0), "{path}");
        }
    }
}

#[tokio::test]
async fn a_wait_longer_than_patience_is_put_off_with_how_long_it_is() {
    let error = Fault::graph_error("ApplicationThrottled", "Slow down.");
    for (asked, seconds) in [("600", 600.0), ("602.128", 602.128), ("18446744073709551615", 86_400.0)] {
        let fault =
            Fault::on(Side::Graph, "POST", SEND_MAIL).answer(429, &error).header("Retry-After", asked);
        let world = World::faulty(fault).await;
        let error = world.error(&letter()).await;
        assert_eq!(error.retry_after(), Some(Duration::from_secs_f64(seconds)), "{asked}");
        assert_eq!(world.asked().len(), 1, "{asked}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_asked_for_again() {
    for (fault, sent) in [
        (Fault::on(Side::Graph, "POST", SEND_MAIL).times(9).cut(), 0),
        (Fault::on(Side::Graph, "POST", SEND_MAIL).times(9).acting().cut(), 1),
    ] {
        let world = World::faulty(fault).await;
        let error = world.error(&letter()).await;
        assert_eq!(kind(&error), "unconfirmed", "{error:?}");
        assert_eq!((world.asked().len(), world.emulator.mails().len()), (1, sent));
        // Graph gives a Message-ID of its own, by which nobody recognises a duplicate.
        let advice = error.advice().unwrap();
        assert!(advice.contains("x-keysweep-message-id") && !advice.contains("Message-ID"), "{advice}");
        assert!(error.to_string().starts_with("Graph at `"), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let world = World::sound().await;
    let tokens = Arc::new(MailTokens::of(&world.config, clock::system));
    let mail = world.config.mail.as_ref().unwrap();
    for revoked in [false, true] {
        if revoked {
            world.emulator.revoke_tokens();
        }
        let identity = identity(mail);
        let to = three();
        let delivery = deliver(mail, &to, &letter(), &identity, &patience(), &AlwaysOpen, &*tokens).await;
        assert!(delivery.is_complete(), "{delivery:?}");
    }
    let sign_ins = world.emulator.log().iter().filter(|request| request.side == Side::Authority).count();
    assert_eq!(sign_ins, 2, "the first is used again until it is refused");
}

#[tokio::test]
async fn without_a_token_nothing_is_asked_of_graph() {
    let world =
        World::faulty(Fault::on(Side::Authority, "*", "/*").times(usize::MAX).sign_in_error(7_000_222)).await;
    let error = world.error(&letter()).await;
    assert_eq!(kind(&error), "no token");
    assert!(error.advice().is_some());
    assert_eq!(world.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_goes_nowhere_unprotected() {
    for url in
        ["http://192.0.2.1/upload/x", "http://evil@127.0.0.1/upload", "ftp://localhost/x", "no url", ""]
    {
        let fault = Fault::on(Side::Graph, "POST", &format!("{MESSAGES}/*")).after(1);
        let world = World::faulty(fault.answer(201, &json!({ "uploadUrl": url }))).await;
        let error = world.error(&large()).await;
        assert_eq!(kind(&error), "strange", "{url}");
        assert!(!world.asked().iter().any(|asked| asked.starts_with("PUT")), "{url}");
        assert!(url.is_empty() || !format!("{error:?}").contains(url), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_draft_is_none() {
    for answer in [json!({}), json!({ "id": 7 }), json!([]), Value::Null] {
        let world =
            World::faulty(Fault::on(Side::Graph, "POST", MESSAGES).times(9).answer(201, &answer)).await;
        assert_eq!(kind(&world.error(&large()).await), "strange", "{answer}");
    }
}

#[tokio::test]
async fn a_letter_that_is_held_back_reaches_nobody_and_leaves_no_draft() {
    for letter in [letter(), large()] {
        let world = World::sound().await;
        let (mail, keeper) = (world.config.mail.as_ref().unwrap(), Keeper::who(false));
        let tokens = MailTokens::of(&world.config, clock::system);
        let delivery = deliver(mail, &three(), &letter, &identity(mail), &patience(), &keeper, &tokens).await;
        assert_eq!(delivery.refused[0].error, DeliveryError::Withdrawn);
        assert_eq!((world.emulator.mails().len(), world.emulator.drafts()), (0, 0));
        assert_eq!(keeper.asked(), ["open"]);
    }
}

#[tokio::test]
async fn what_graph_put_off_is_nobodys_and_a_lost_answer_leaves_it_open() {
    let sound = |fault: Fault| async move {
        let world = World::faulty(fault).await;
        let (mail, keeper) = (world.config.mail.as_ref().unwrap(), Keeper::who(true));
        let tokens = MailTokens::of(&world.config, clock::system);
        deliver(mail, &three(), &letter(), &identity(mail), &patience(), &keeper, &tokens).await;
        keeper.asked()
    };
    let put_off = Fault::on(Side::Graph, "POST", SEND_MAIL).answer(503, &json!({}));
    assert_eq!(sound(put_off).await, ["open", "shut", "open"]);
    assert_eq!(sound(Fault::on(Side::Graph, "POST", SEND_MAIL).cut()).await, ["open"]);
}

#[tokio::test]
async fn hostile_text_adds_no_recipient_and_stays_on_its_line() {
    let world = World::sound().await;
    let hostile = "Bob\r\nBcc: eve@example.com\",\"address\":\"eve@example.com\0\u{202e}";
    let to = [
        Mailbox::new(Some(hostile.to_owned()), "bob@contoso.com".parse().unwrap()),
        mailbox("cid@contoso.com"),
    ];
    let letter = Letter { subject: hostile.to_owned(), html: format!("<p>{hostile}"), ..letter() };
    assert!(world.deliver_by(&to, &letter, &patience()).await.is_complete());
    let mail = &world.emulator.mails()[0];
    assert_eq!(mail.to, ["bob@contoso.com", "cid@contoso.com"]);
    assert_eq!(mail.message.get("bccRecipients"), None);
    let plain = "Bob Bcc: eve@example.com\",\"address\":\"eve@example.com";
    assert_eq!(mail.message["subject"], plain);
    assert_eq!(mail.message["toRecipients"][0]["emailAddress"]["name"], plain);
    assert!(!mail.message["body"]["content"].as_str().unwrap().contains('\0'));
}
