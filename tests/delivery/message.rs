//! The message itself: its structure, what makes it the same message, and what cannot get into it.

use keysweep::config::Mail;
use keysweep::delivery::{AlwaysOpen, Identity, NoTokens, deliver};
use keysweep::domain::RunId;
use keysweep::report::Letter;
use lettre::Address;
use lettre::message::Mailbox;
use mailparse::{DispositionType, MailHeaderMap as _, ParsedMail, parse_mail};
use proptest::prelude::*;

use crate::installed::{PYTHON, python_has};
use crate::{attachment, identity, letter, mailbox, now, patience, three, to_directory};

/// The bytes of the message, by way of a file.
fn composed(change: impl FnOnce(&mut Mail), to: &[Mailbox], letter: &Letter) -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    let mut mail = to_directory(root.path());
    change(&mut mail);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let identity = identity(&mail);
    let delivery =
        runtime.block_on(deliver(&mail, to, letter, &identity, &patience(), &AlwaysOpen, &NoTokens));
    assert!(delivery.is_complete(), "{delivery:?}");
    std::fs::read(delivery.file.unwrap()).unwrap()
}

fn header_names(message: &ParsedMail<'_>) -> Vec<String> {
    message.headers.iter().map(|header| header.get_key().to_lowercase()).collect()
}

const HEADERS: [&str; 9] = [
    "message-id",
    "date",
    "from",
    "subject",
    "auto-submitted",
    "x-auto-response-suppress",
    "to",
    "mime-version",
    "content-type",
];

#[test]
fn a_letter_is_text_and_html_side_by_side_and_then_its_attachments() {
    let bytes = composed(|_| (), &three(), &letter());
    let message = parse_mail(&bytes).unwrap();

    assert_eq!(message.ctype.mimetype, "multipart/mixed");
    let kinds: Vec<&str> = message.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
    assert_eq!(kinds, ["multipart/alternative", "text/csv", "application/zip"]);
    let words = &message.subparts[0].subparts;
    let kinds: Vec<(&str, &str)> =
        words.iter().map(|part| (part.ctype.mimetype.as_str(), part.ctype.charset.as_str())).collect();
    assert_eq!(kinds, [("text/plain", "utf-8"), ("text/html", "utf-8")]);
    assert!(words[0].get_body().unwrap().contains("- Payroll: größer"));
    assert!(words[1].get_body().unwrap().contains("<b>größer</b>"));
    for (part, attachment) in message.subparts[1..].iter().zip(letter().attachments) {
        let disposition = part.get_content_disposition();
        assert_eq!(disposition.disposition, DispositionType::Attachment);
        assert_eq!(disposition.params.get("filename"), Some(&attachment.name));
        assert_eq!(part.get_body_raw().unwrap(), attachment.bytes);
    }
}

/// A letter whose HTML part shows two pictures.
fn illustrated() -> Letter {
    let pictures =
        ["trend.png", "ages.png"].map(|name| attachment(name, "image/png", b"\x89PNG\r\n\x1a\n\0"));
    let html = "<p><img src=\"cid:trend.png\"><img src=\"cid:ages.png\"></p>\n".to_owned();
    Letter { html, pictures: pictures.to_vec(), ..letter() }
}

#[test]
fn pictures_lie_beside_the_html_part_which_names_them() {
    let bytes = composed(|_| (), &three(), &illustrated());
    assert_eq!(bytes, composed(|_| (), &three(), &illustrated()));
    let message = parse_mail(&bytes).unwrap();

    let kinds = |part: &ParsedMail<'_>| -> Vec<String> {
        part.subparts.iter().map(|part| part.ctype.mimetype.clone()).collect()
    };
    assert_eq!(kinds(&message), ["multipart/alternative", "text/csv", "application/zip"]);
    let words = &message.subparts[0];
    assert_eq!(kinds(words), ["text/plain", "multipart/related"]);
    let shown = &words.subparts[1];
    assert_eq!(kinds(shown), ["text/html", "image/png", "image/png"]);
    for (part, picture) in shown.subparts[1..].iter().zip(illustrated().pictures) {
        let id = part.headers.get_first_value("Content-ID").unwrap();
        assert_eq!(id, format!("<{}>", picture.name));
        assert!(shown.subparts[0].get_body().unwrap().contains(&format!("cid:{}", picture.name)));
        assert_eq!(part.get_content_disposition().disposition, DispositionType::Inline);
        assert_eq!(part.get_body_raw().unwrap(), picture.bytes);
    }
}

#[test]
fn a_pictures_name_cannot_leave_its_header() {
    let picture = attachment("a>\r\nX-Evil: 1\r\n\r\n<b>.png", "image/png", b"x");
    let bytes = composed(|_| (), &three(), &Letter { pictures: vec![picture], ..letter() });
    let message = parse_mail(&bytes).unwrap();
    let part = &message.subparts[0].subparts[1].subparts[1];
    assert_eq!(part.headers.get_first_value("Content-ID").as_deref(), Some("<a___X-Evil__1_____b_.png>"));
    assert!(part.headers.get_first_value("X-Evil").is_none());
}

/// What another reader makes of it: Python's, as Debian has it.
#[test]
fn another_reader_sees_the_same_parts() {
    if !python_has("email", "python3", "reading a letter with Python") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.eml");
    std::fs::write(&file, composed(|_| (), &three(), &illustrated())).unwrap();
    let script = "import email, email.policy, sys\n\
                  m = email.message_from_bytes(open(sys.argv[1], 'rb').read(), policy=email.policy.default)\n\
                  for p in m.walk(): print(p.get_content_type(), p.get('Content-ID'), p.get_filename(), p.defects)\n\
                  print(m['Subject'], len(m.get_body(('html',)).get_content().rstrip()))\n";
    let output = std::process::Command::new(PYTHON).args(["-c", script]).arg(&file).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let expected = format!(
        "multipart/mixed None None []\n\
         multipart/alternative None None []\n\
         text/plain None None []\n\
         multipart/related None None []\n\
         text/html None None []\n\
         image/png <trend.png> trend.png []\n\
         image/png <ages.png> ages.png []\n\
         text/csv None findings.csv []\n\
         application/zip None reports.zip []\n\
         {} {}\n",
        letter().subject,
        illustrated().html.trim_end().len()
    );
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn headers_say_who_when_what_and_that_no_answer_is_wanted() {
    let bytes = composed(|_| (), &three(), &letter());
    let message = parse_mail(&bytes).unwrap();
    let header = |name: &str| message.headers.get_first_value(name).unwrap();

    let mut names = header_names(&message);
    names.sort();
    let mut expected = HEADERS;
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(header("Message-ID"), "<20261123T060000Z.contoso@contoso.com>");
    assert_eq!(header("Date"), "Mon, 23 Nov 2026 06:00:00 +0000");
    assert!(header("From").ends_with("<keysweep@contoso.com>"), "{}", header("From"));
    assert_eq!(header("Subject"), letter().subject);
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("X-Auto-Response-Suppress"), "All");
    let to = mailparse::addrparse(&header("To")).unwrap().to_string();
    assert_eq!(to, "\"Ann\" <ann@contoso.com>, \"Bob\" <bob@contoso.com>, cid@contoso.com");
}

#[test]
fn the_same_letter_has_the_same_bytes_and_another_run_another_message_id() {
    assert_eq!(composed(|_| (), &three(), &letter()), composed(|_| (), &three(), &letter()));
    let from = mailbox("keysweep@contoso.com");
    let ids = [("contoso", 1), ("contoso", 2), ("fabrikam", 1)].map(|(tenant, attempt)| {
        Identity::new(tenant, &RunId::new(now(), attempt), &from, now()).message_id()
    });
    let expected = ["Z.contoso@", "Z-2.contoso@", "Z.fabrikam@"];
    for (id, expected) in ids.iter().zip(expected) {
        assert_eq!(*id, format!("<20261123T060000{expected}contoso.com>"));
    }
}

#[test]
fn hostile_text_adds_no_header_and_no_recipient() {
    let hostile = "Bob\r\nBcc: eve@example.com\r\n\r\n<b>\0\u{202e}\u{7f}";
    let to = [Mailbox::new(Some(hostile.to_owned()), "bob@contoso.com".parse().unwrap())];
    let letter = Letter { subject: format!("3 critical {hostile}"), ..letter() };
    let rename = |mail: &mut Mail| mail.from.name = Some(hostile.to_owned());
    let bytes = composed(rename, &to, &letter);
    let message = parse_mail(&bytes).unwrap();

    assert!(header_names(&message).iter().all(|name| HEADERS.contains(&name.as_str())), "{bytes:?}");
    let expected = "Bob Bcc: eve@example.com <b>";
    assert_eq!(message.headers.get_first_value("Subject"), Some(format!("3 critical {expected}")));
    for (name, address) in [("To", "bob@contoso.com"), ("From", "keysweep@contoso.com")] {
        let value = message.headers.get_first_header(name).unwrap();
        let single = mailparse::addrparse_header(value).unwrap().extract_single_info().unwrap();
        assert_eq!(single.addr, address);
        assert_eq!(single.display_name.as_deref(), Some(expected));
    }
    assert_eq!(message.subparts.len(), 3);
}

#[test]
fn a_name_of_control_characters_only_is_no_name() {
    let to = [Mailbox::new(Some("\r\n\0".to_owned()), "bob@contoso.com".parse().unwrap())];
    let bytes = composed(|_| (), &to, &letter());
    assert_eq!(parse_mail(&bytes).unwrap().headers.get_first_value("To").as_deref(), Some("bob@contoso.com"));
}

#[test]
fn text_cannot_end_its_part_even_with_the_boundary_of_an_earlier_message() {
    let earlier = String::from_utf8(composed(|_| (), &three(), &letter())).unwrap();
    let boundary = earlier.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
    let forged = format!("--{boundary}\nContent-Type: text/html\n\n<script>\n--{boundary}--\n");
    let bytes = composed(|_| (), &three(), &Letter { text: forged.clone(), ..letter() });
    let message = parse_mail(&bytes).unwrap();
    assert_eq!(message.subparts.len(), 3);
    let text = message.subparts[0].subparts[0].get_body().unwrap();
    assert_eq!(text.replace("\r\n", "\n").trim_end(), forged.trim_end());
}

#[test]
fn an_attachment_name_stays_ascii_and_inside_its_header() {
    let evil = "größe\"\r\nX-Evil: 1; ../f.csv";
    let letter = Letter { attachments: vec![attachment(evil, "text/csv", b"a\r\n")], ..letter() };
    let bytes = composed(|_| (), &three(), &letter);
    let message = parse_mail(&bytes).unwrap();
    let part = &message.subparts[1];
    let name = part.get_content_disposition().params.get("filename").cloned();
    assert_eq!(name.as_deref(), Some("gr__e___X-Evil__1__.._f.csv"));
    assert!(part.headers.get_first_value("X-Evil").is_none());
}

#[test]
fn an_address_cannot_carry_a_command() {
    let users =
        ["a\r\nRCPT TO:<eve@example.com>", "\"a\r\nb\"", "\"a\0b\"", "a> SIZE=1", "\"a\"\r\n", "a\nb"];
    for user in users {
        assert!(Address::new(user, "contoso.com").is_err(), "{user:?}");
        assert!(format!("{user}@contoso.com").parse::<Address>().is_err(), "{user:?}");
    }
    for domain in ["contoso.com\r\nDATA", "contoso.com>", "[127.0.0.1]\r\n", "con\0toso.com"] {
        assert!(Address::new("a", domain).is_err(), "{domain:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_whatever_changes_the_structure(
        name in any::<String>(), subject in any::<String>(), text in any::<String>(), html in any::<String>(),
    ) {
        let to = [Mailbox::new(Some(name), "bob@contoso.com".parse().unwrap())];
        let bytes = composed(|_| (), &to, &Letter { subject, text, html, ..letter() });
        let message = parse_mail(&bytes).unwrap();
        prop_assert!(bytes.is_ascii());
        prop_assert!(header_names(&message).iter().all(|name| HEADERS.contains(&name.as_str())));
        prop_assert_eq!(message.subparts.len(), 3);
        prop_assert_eq!(message.subparts[0].subparts.len(), 2);
        for (part, attachment) in message.subparts[1..].iter().zip(letter().attachments) {
            prop_assert_eq!(part.get_body_raw().unwrap(), attachment.bytes);
        }
    }
}
