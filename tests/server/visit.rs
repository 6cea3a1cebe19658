//! A daemon that serves, and a visitor who says exactly what is written here.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use keysweep::emulator::{TenantData, scenario};

use crate::world::{Running, World, now, until};

/// A token of the right length.
pub(crate) const TOKEN: &str = "correct-horse-battery-staple";

/// A schedule that comes due at no time near.
pub(crate) const NEVER: &str = "[schedule]\ncron = \"0 0 29 2 *\"\n";

/// A daemon with its surroundings.
pub(crate) struct Service {
    pub(crate) daemon: Running,
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
}

impl Service {
    /// A daemon that needs no token.
    pub(crate) fn open() -> Self {
        Self::of(scenario::perfect(now()), "")
    }

    /// A daemon that needs one.
    pub(crate) fn closed() -> Self {
        Self::of(scenario::perfect(now()), "token_env = \"TOKEN\"\n")
    }

    /// A daemon with more lines in its `[server]`.
    pub(crate) fn of(tenant: TenantData, more: &str) -> Self {
        let mut world = World::new(tenant);
        world.configure(&format!("{NEVER}[server]\nlisten = \"127.0.0.1:0\"\n{more}"));
        world.set("TOKEN", TOKEN);
        Self::start(world)
    }

    /// A daemon in a world that is configured.
    pub(crate) fn start(world: World) -> Self {
        let daemon = world.start(&["daemon"]);
        until("the server", || !addresses(&world).is_empty());
        let address = addresses(&world)[0];
        Self { daemon, world, address }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.world.path("log")).unwrap_or_default()
    }

    /// Waits until it is ready.
    pub(crate) fn ready(self) -> Self {
        until("readiness", || self.get("/readyz").status == 200);
        self
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// As a program that has the token.
    pub(crate) fn with_token(&self, method: &str, path: &str) -> Answer {
        self.ask(method, path, &[("Authorization", &format!("Bearer {TOKEN}"))], "")
    }

    /// A request with these headers; `Host` is ours unless it is among them.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        ask(self.address, method, path, headers, body)
    }

    /// A form, as a browser sends it from our own page.
    pub(crate) fn send(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let origin = format!("http://{}", self.address);
        let headers = [
            ("Cookie", cookie),
            ("Origin", &origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.ask("POST", path, &headers, body)
    }

    /// Opens the form to sign in by: the cookie, and what belongs to the form.
    pub(crate) fn sign_in_form(&self) -> (String, String) {
        let page = self.get("/sign-in");
        assert_eq!(page.status, 200, "{page:?}");
        (page.cookie(), page.form())
    }

    /// Signs in: the cookie.
    pub(crate) fn sign_in(&self) -> String {
        let (cookie, form) = self.sign_in_form();
        let answer = self.send("/sign-in", &cookie, &format!("form={form}&token={TOKEN}"));
        assert_eq!(answer.status, 303, "{answer:?}");
        answer.cookie()
    }

    /// The page as somebody sees it who has this cookie.
    pub(crate) fn page(&self, cookie: &str) -> Answer {
        self.ask("GET", "/", &[("Cookie", cookie), ("Accept", "text/html")], "")
    }

    /// Has a run carried out, to its end; the name of its directory.
    pub(crate) fn run(&self) -> String {
        let before = self.world.runs().len();
        let cookie = self.page("").cookie();
        let form = self.page(&cookie).form();
        let answer = self.send("/run-now/contoso", &cookie, &format!("form={form}"));
        assert_eq!(answer.status, 303, "{answer:?}");
        until("a run", || self.world.runs().len() > before);
        self.world.runs()[before].file_name().unwrap().to_str().unwrap().to_owned()
    }
}

/// Where the daemon says that it serves, in the order in which it says so.
pub(crate) fn addresses(world: &World) -> Vec<SocketAddr> {
    let log = fs::read_to_string(world.path("log")).unwrap_or_default();
    let lines = log.lines().filter(|line| line.contains("status page, health and metrics at"));
    let address = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["address"].as_str()?.parse().ok()
    };
    lines.filter_map(address).collect()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} twice: {:?}", self.headers);
        value
    }

    /// The cookie that was set, as it is sent back.
    pub(crate) fn cookie(&self) -> String {
        let cookie = self.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {self:?}"));
        cookie.split(';').next().unwrap().to_owned()
    }

    /// What belongs to the forms of the page.
    pub(crate) fn form(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"form\" value=\"").unwrap_or_else(|| panic!("{self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }
}

pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request += &format!("Host: {address}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() || method == "POST" {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    raw(address, format!("{request}\r\n{body}").as_bytes()).expect("an answer")
}

/// Sends bytes, and reads until the other side ends. None where it says nothing.
pub(crate) fn raw(address: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // The other side may have heard enough before all is said.
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let text = String::from_utf8_lossy(&all).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let headers: Vec<_> = lines.map(header).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunked(body) } else { body.to_owned() };
    Some(Answer { status, headers, body })
}

fn unchunked(mut text: &str) -> String {
    let mut body = String::new();
    while let Some((length, rest)) = text.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        body += &rest[..length];
        text = &rest[length + 2..];
    }
    body
}
