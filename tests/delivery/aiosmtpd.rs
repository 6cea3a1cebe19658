//! A second opinion: Debian's aiosmtpd, written by others, over STARTTLS and over implicit TLS.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use keysweep::config::{Smtp, SmtpTls, Transport};
use keysweep::delivery::{AlwaysOpen, Delivery, DeliveryError, NoTokens, deliver};
use mailparse::{MailHeaderMap as _, parse_mail};

use crate::installed::{PYTHON, python_has};
use crate::smtp_server::Certificates;
use crate::{GUARD, PASSWORD, identity, letter, login, mail, patience, three};

/// Whether the server is there.
pub(crate) fn installed() -> bool {
    python_has("aiosmtpd", "python3-aiosmtpd", "mail to a second, independent server")
}

pub(crate) struct Aiosmtpd {
    child: Child,
    pub(crate) smtp: Smtp,
    pub(crate) directory: tempfile::TempDir,
}

impl Aiosmtpd {
    pub(crate) fn start(tls: SmtpTls) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| -> PathBuf { directory.path().join(name) };
        let certificates = Certificates::issue();
        std::fs::write(file("ca.pem"), &certificates.ca).unwrap();
        std::fs::write(file("server.pem"), &certificates.server).unwrap();
        std::fs::write(file("key.pem"), &certificates.key).unwrap();
        let protection = if tls == SmtpTls::Implicit { "implicit" } else { "starttls" };
        let mut child = Command::new(PYTHON)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/aiosmtpd_server.py"))
            .arg(protection)
            .args([file("server.pem"), file("key.pem")])
            .args(["audit", PASSWORD])
            .arg(file("received"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let smtp = Smtp {
            host: "127.0.0.1".to_owned(),
            port: port.trim().parse().unwrap(),
            tls,
            login: Some(login(PASSWORD)),
            ca_file: Some(file("ca.pem")),
        };
        Self { child, smtp, directory }
    }

    async fn deliver(&self, password: &str) -> Delivery {
        let smtp = Smtp { login: Some(login(password)), ..self.smtp.clone() };
        let mail = mail(Transport::Smtp(smtp));
        let (to, letter, identity, patience) = (three(), letter(), identity(&mail), patience());
        let delivery = deliver(&mail, &to, &letter, &identity, &patience, &AlwaysOpen, &NoTokens);
        tokio::time::timeout(GUARD, delivery).await.expect("delivery is bounded in time")
    }
}

impl Drop for Aiosmtpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn aiosmtpd_takes_the_letter_over_starttls_and_over_implicit_tls() {
    if !installed() {
        return;
    }
    for tls in [SmtpTls::StartTls, SmtpTls::Implicit] {
        let server = Aiosmtpd::start(tls);
        let delivery = server.deliver(PASSWORD).await;
        assert!(delivery.is_complete(), "{tls:?}: {delivery:?}");
        let received = std::fs::read(server.directory.path().join("received")).unwrap();
        let end = received.iter().position(|&byte| byte == b'\n').unwrap();
        assert_eq!(&received[..end], b"ann@contoso.com,bob@contoso.com,cid@contoso.com");
        let message = parse_mail(&received[end + 1..]).unwrap();
        assert_eq!(message.headers.get_first_value("Subject"), Some(letter().subject));
        assert_eq!(message.subparts[1].get_body_raw().unwrap(), letter().attachments[0].bytes);
    }
}

#[tokio::test]
async fn aiosmtpd_refuses_a_wrong_password() {
    if !installed() {
        return;
    }
    let delivery = Aiosmtpd::start(SmtpTls::StartTls).deliver("wrong").await;
    assert_eq!(delivery.refused.len(), 3);
    let error = &delivery.refused[0].error;
    assert!(matches!(error, DeliveryError::Login { answer, .. } if answer.code == 535), "{error:?}");
}
