//! An SMTP server on loopback for tests: real sockets, real TLS, checked sign-in, and misbehaviour on
//! demand. It runs on a thread of its own, so that synchronous tests can use it too, and ends when dropped.
//!
//! ```ignore
//! let server = SmtpServer::start(Script::new(Protection::StartTls).login("audit", "secret"));
//! std::fs::write(&ca_file, server.ca_pem())?;   // host 127.0.0.1 or localhost, port server.port()
//! // … send …
//! assert_eq!(server.received()[0].to, ["a@contoso.com"]);
//! ```

use std::io;
use std::net::{Ipv4Addr, TcpListener as StdTcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// Offered, and required before anything else.
    StartTls,
    /// From the first byte.
    Implicit,
    /// None offered.
    None,
}

/// What the server does instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instead {
    /// Answers this line (without its end) and carries on.
    Say(&'static str),
    /// Answers as usual, with this line right behind it, as somebody on the way would add it.
    Add(&'static str),
    /// Never answers again.
    Silence,
    /// Closes the connection.
    HangUp,
    /// Answers as usual once [`SmtpServer::go_on`] is called.
    Wait,
}

/// How a server behaves.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    protection: Protection,
    login: Option<(String, String)>,
    mechanisms: &'static str,
    size: Option<usize>,
    rules: Vec<(String, Instead, usize)>,
}

impl Script {
    /// A sound server without sign-in.
    pub(crate) fn new(protection: Protection) -> Self {
        Self { protection, login: None, mechanisms: "PLAIN LOGIN", size: None, rules: Vec::new() }
    }

    /// Asks for this user and password before it takes mail.
    pub(crate) fn login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// The mechanisms `EHLO` lists: `PLAIN LOGIN` by default.
    pub(crate) fn mechanisms(mut self, mechanisms: &'static str) -> Self {
        self.mechanisms = mechanisms;
        self
    }

    /// Announces the largest message it takes, in bytes.
    pub(crate) fn size(mut self, bytes: usize) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Misbehaves up to `times` times, counted over all connections, when a command starts with `at`.
    /// Besides commands there are `GREETING`, `BODY` (the first line of a message was read) and `MESSAGE`
    /// (its final dot was).
    pub(crate) fn on(mut self, at: &str, instead: Instead, times: usize) -> Self {
        self.rules.push((at.to_owned(), instead, times));
        self
    }
}

/// A message the server said yes to.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The address of `MAIL FROM`.
    pub(crate) from: String,
    /// The addresses of the accepted `RCPT TO`.
    pub(crate) to: Vec<String>,
    /// The message, without dot-stuffing and the final dot.
    pub(crate) bytes: Vec<u8>,
    /// Who signed in.
    pub(crate) user: Option<String>,
    /// Whether it came through TLS.
    pub(crate) encrypted: bool,
}

/// A running server.
pub(crate) struct SmtpServer {
    port: u16,
    ca_pem: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    script: Script,
    acceptor: TlsAcceptor,
    rules: Mutex<Vec<(String, Instead, usize)>>,
    received: Mutex<Vec<Received>>,
    commands: Mutex<Vec<String>>,
    go_on: tokio::sync::Semaphore,
}

impl SmtpServer {
    /// Starts a server on a free port of 127.0.0.1, with a certificate authority of its own.
    pub(crate) fn start(script: Script) -> Self {
        Self::start_on(0, script)
    }

    /// Starts a server where there was one before.
    pub(crate) fn start_on(port: u16, script: Script) -> Self {
        let certificates = Certificates::issue();
        let listener = StdTcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            rules: Mutex::new(script.rules.clone()),
            script,
            acceptor: certificates.acceptor(),
            received: Mutex::default(),
            commands: Mutex::default(),
            go_on: tokio::sync::Semaphore::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, serving) => (),
                    _ = stopped => (),
                }
            });
        });
        Self { port, ca_pem: certificates.ca, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// Its port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The certificate authority of its certificate, which names `localhost` and `127.0.0.1`.
    pub(crate) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Lets one go on that waits.
    pub(crate) fn go_on(&self) {
        self.shared.go_on.add_permits(1);
    }

    /// The messages it said yes to, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// The commands it was given, over all connections; `MESSAGE` stands for a final dot.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.shared.commands.lock().unwrap().clone()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A certificate for `localhost` and `127.0.0.1`, its key, and the authority that issued it, as PEM.
pub(crate) struct Certificates {
    /// The authority's certificate.
    pub(crate) ca: String,
    /// The server's certificate.
    pub(crate) server: String,
    /// The server's private key.
    pub(crate) key: String,
}

impl Certificates {
    /// A new authority, key and certificate.
    pub(crate) fn issue() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Keysweep test mail authority");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let server = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        Self { ca: authority.pem(), server: server.pem(), key: key.serialize_pem() }
    }

    fn acceptor(&self) -> TlsAcceptor {
        let server = CertificateDer::from_pem_slice(self.server.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![server], key);
        TlsAcceptor::from(Arc::new(config.unwrap()))
    }
}

async fn serve(listener: StdTcpListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut peer = Peer {
                stream: BufReader::new(Box::new(stream)),
                shared,
                encrypted: false,
                user: None,
                mail: None,
                to: Vec::new(),
            };
            // A client that goes away is not this server's failure.
            let _ = peer.converse().await;
        });
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

struct Peer {
    stream: BufReader<Box<dyn Stream>>,
    shared: Arc<Shared>,
    encrypted: bool,
    user: Option<String>,
    mail: Option<String>,
    to: Vec<String>,
}

impl Peer {
    async fn converse(&mut self) -> io::Result<()> {
        if self.shared.script.protection == Protection::Implicit {
            self.encrypt().await?;
        }
        self.answer("GREETING", "220 localhost ESMTP test").await?;
        loop {
            let Some(line) = self.line().await? else { return Ok(()) };
            self.shared.commands.lock().unwrap().push(line.clone());
            let upper = line.to_ascii_uppercase();
            match upper.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => {
                    let offers = self.offers();
                    self.answer(&line, &offers).await?;
                }
                "STARTTLS" => {
                    if self.answer(&line, "220 2.0.0 Go ahead").await? {
                        self.encrypt().await?;
                    }
                }
                "AUTH" => self.authenticate(&line).await?,
                "MAIL" => {
                    let signed_in = self.shared.script.login.is_none() || self.user.is_some();
                    let protected = self.encrypted || self.shared.script.protection == Protection::None;
                    if !protected {
                        self.say("530 5.7.0 Must issue a STARTTLS command first").await?;
                    } else if !signed_in {
                        self.say("530 5.7.57 Client not authenticated to send mail").await?;
                    } else if self.answer(&line, "250 2.1.0 Sender ok").await? {
                        self.mail = Some(address(&line));
                        self.to.clear();
                    }
                }
                "RCPT" => {
                    if self.answer(&line, "250 2.1.5 Recipient ok").await? {
                        self.to.push(address(&line));
                    }
                }
                "DATA" => {
                    if self.answer(&line, "354 End with a dot").await? {
                        self.data().await?;
                    }
                }
                "QUIT" => {
                    self.answer(&line, "221 2.0.0 Bye").await?;
                    return Ok(());
                }
                _ => self.say("502 5.5.1 Not implemented").await?,
            }
        }
    }

    fn offers(&self) -> String {
        let script = &self.shared.script;
        let mut lines = vec!["localhost greets you".to_owned(), "8BITMIME".to_owned()];
        if script.protection == Protection::StartTls && !self.encrypted {
            lines.push("STARTTLS".to_owned());
        } else if script.login.is_some() {
            lines.push(format!("AUTH {}", script.mechanisms));
        }
        lines.extend(script.size.map(|size| format!("SIZE {size}")));
        lines.push("ENHANCEDSTATUSCODES".to_owned());
        let last = lines.len() - 1;
        let lines: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }))
            .collect();
        lines.join("\r\n")
    }

    async fn authenticate(&mut self, line: &str) -> io::Result<()> {
        let mut words = line.split(' ').skip(1);
        let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
        let initial = words.next().map(str::to_owned);
        if !self.shared.script.mechanisms.split(' ').any(|offered| offered == mechanism) {
            return self.say("504 5.5.4 Unrecognized authentication type").await;
        }
        let given = if mechanism == "PLAIN" {
            let plain = match initial {
                Some(initial) => decode(&initial),
                None => self.challenge("").await?,
            };
            let mut parts = plain.split('\0').skip(1).map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        } else if mechanism == "XOAUTH2" {
            let given = decode(&initial.unwrap_or_default());
            let parts = given.strip_prefix("user=").and_then(|rest| rest.split_once("\x01auth=Bearer "));
            let (user, token) = parts.unwrap_or_default();
            (user.to_owned(), token.trim_end_matches('\x01').to_owned())
        } else {
            let user = match initial {
                Some(initial) => decode(&initial),
                None => self.challenge("Username:").await?,
            };
            (user, self.challenge("Password:").await?)
        };
        let known = self.shared.script.login.as_ref() == Some(&given);
        let verdict = if known { "235 2.7.0 Welcome" } else { "535 5.7.3 Authentication unsuccessful" };
        if self.answer(line, verdict).await? && known {
            self.user = Some(given.0);
        }
        Ok(())
    }

    async fn challenge(&mut self, text: &str) -> io::Result<String> {
        self.say(&format!("334 {}", BASE64.encode(text))).await?;
        Ok(self.line().await?.map(|line| decode(&line)).unwrap_or_default())
    }

    async fn data(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            let start = bytes.len();
            if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
                return Ok(());
            }
            if start == 0 {
                self.perhaps("BODY").await?;
            }
            if &bytes[start..] == b".\r\n" {
                bytes.truncate(start);
                break;
            }
            if bytes[start] == b'.' {
                bytes.remove(start);
            }
        }
        self.shared.commands.lock().unwrap().push("MESSAGE".to_owned());
        let from = self.mail.take().unwrap_or_default();
        let (to, user) = (std::mem::take(&mut self.to), self.user.clone());
        if self.answer("MESSAGE", "250 2.0.0 Accepted").await? {
            let received = Received { from, to, bytes, user, encrypted: self.encrypted };
            self.shared.received.lock().unwrap().push(received);
        }
        Ok(())
    }

    /// Says the usual, unless a rule has something else in store; tells whether it was the usual.
    async fn answer(&mut self, at: &str, usual: &str) -> io::Result<bool> {
        match self.perhaps(at).await? {
            Some(Instead::Say(line)) => {
                self.say(line).await?;
                Ok(false)
            }
            Some(Instead::Add(line)) => {
                self.say(&format!("{usual}\r\n{line}")).await?;
                Ok(true)
            }
            _ => {
                self.say(usual).await?;
                Ok(true)
            }
        }
    }

    /// What a rule has in store here, carried out as far as it is not an answer.
    async fn perhaps(&mut self, at: &str) -> io::Result<Option<Instead>> {
        let found = {
            let mut rules = self.shared.rules.lock().unwrap();
            let rule =
                rules.iter_mut().find(|(start, _, times)| *times > 0 && at.starts_with(start.as_str()));
            rule.map(|(_, instead, times)| {
                *times -= 1;
                *instead
            })
        };
        match found {
            None | Some(Instead::Say(_) | Instead::Add(_)) => Ok(found),
            Some(Instead::Silence) => std::future::pending().await,
            Some(Instead::Wait) => {
                self.shared.go_on.acquire().await.unwrap().forget();
                Ok(None)
            }
            Some(Instead::HangUp) => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }

    async fn say(&mut self, lines: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{lines}\r\n").as_bytes()).await?;
        self.stream.get_mut().flush().await
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).await?;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn encrypt(&mut self) -> io::Result<()> {
        let plain: Box<dyn Stream> = Box::new(tokio::io::empty());
        let plain = std::mem::replace(&mut self.stream, BufReader::new(plain)).into_inner();
        self.stream = BufReader::new(Box::new(self.shared.acceptor.accept(plain).await?));
        self.encrypted = true;
        Ok(())
    }
}

fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

fn decode(text: &str) -> String {
    BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Whoever speaks plain text where TLS is asked for gets nowhere.
#[test]
fn the_test_server_takes_nothing_unprotected_where_it_should_not() {
    use std::io::{Read as _, Write as _};

    for (protection, refusal) in [(Protection::StartTls, "530 5.7.0"), (Protection::Implicit, "\u{15}")] {
        let server = SmtpServer::start(Script::new(protection));
        let mut client = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        client.write_all(b"MAIL FROM:<a@x.org>\r\nQUIT\r\n").unwrap();
        let mut answers = Vec::new();
        client.read_to_end(&mut answers).unwrap();
        let answers = String::from_utf8_lossy(&answers);
        assert!(answers.contains(refusal), "{protection:?}: {answers:?}");
        assert_eq!(server.received().len(), 0);
    }
}

/// The server by itself, spoken to line by line.
#[test]
fn the_test_server_takes_a_message_and_checks_the_password() {
    use std::io::{BufRead as _, Write as _};

    let script = Script::new(Protection::None)
        .login("audit", "secret")
        .mechanisms("PLAIN")
        .size(1000)
        .on("RCPT TO:<b@", Instead::Say("550 5.1.1 No"), 1)
        .on("NEVER", Instead::Silence, 1)
        .on("NEVER", Instead::Add("250 More"), 1)
        .on("NEVER", Instead::HangUp, 1);
    let server = SmtpServer::start(script);
    assert!(server.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    let mut client = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
    let mut answers = io::BufReader::new(client.try_clone().unwrap()).lines();
    let mut say = |line: &str| {
        client.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        loop {
            let answer = answers.next().unwrap().unwrap();
            if !answer.starts_with("220") && answer.as_bytes()[3] == b' ' {
                return answer;
            }
        }
    };
    for (line, answer) in [
        ("EHLO [127.0.0.1]", "250 ENHANCEDSTATUSCODES"),
        ("MAIL FROM:<a@x.org>", "530 5.7.57 Client not authenticated to send mail"),
        ("AUTH PLAIN AGF1ZGl0AHdyb25n", "535 5.7.3 Authentication unsuccessful"),
        ("AUTH PLAIN AGF1ZGl0AHNlY3JldA==", "235 2.7.0 Welcome"),
        ("MAIL FROM:<a@x.org>", "250 2.1.0 Sender ok"),
        ("RCPT TO:<b@x.org>", "550 5.1.1 No"),
        ("RCPT TO:<b@x.org>", "250 2.1.5 Recipient ok"),
        ("DATA", "354 End with a dot"),
        ("one\r\n..two\r\n.", "250 2.0.0 Accepted"),
        ("QUIT", "221 2.0.0 Bye"),
    ] {
        assert_eq!(say(line), answer, "{line}");
    }
    let [Received { from, to, bytes, user, encrypted }] = &server.received()[..] else {
        panic!("one message, not {:?}", server.received())
    };
    assert_eq!((from.as_str(), &to[..]), ("a@x.org", &["b@x.org".to_owned()][..]));
    assert_eq!(bytes, b"one\r\n.two\r\n");
    assert_eq!((user.as_deref(), *encrypted), (Some("audit"), false));
    assert_eq!(server.commands().last().map(String::as_str), Some("QUIT"));
}
