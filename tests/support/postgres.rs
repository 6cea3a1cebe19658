//! A real PostgreSQL for tests, from Debian's package: a cluster in a directory of its own, on a port of its
//! own on loopback, that asks for a password. It ends with the test process, however that ends.
//!
//! ```ignore
//! let Some(server) = Postgres::shared("what is tested on it") else { return };
//! let url = server.create_database();        // postgres://keysweep:…@127.0.0.1:…/test_1
//!
//! let Some(server) = Postgres::start("what is tested on it") else { return };   // one to stop and start
//! server.stop(Stop::Crash);
//! server.start_again();
//! ```

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::left_out::leave_out;

pub(crate) const USER: &str = "keysweep";
/// Has to be escaped in a URL.
pub(crate) const PASSWORD: &str = "p@ss/wörd";
const ESCAPED: &str = "p%40ss%2Fw%C3%B6rd";
/// The same as the server keeps it, hashed once instead of 4096 times: without optimisation, that costs
/// more than anything else a test does.
const VERIFIER: &str = "SCRAM-SHA-256$1:a2V5c3dlZXAgb2YgdGVzdA==$ft064HE8Uwe9vPFaLLX9RFNY5zChKPYdqnyzlV6vH6I=:P6rntkoou+NfL7HeP5RibWyKRhdIiAB+dZBe8q3pSds=";

/// A running cluster.
pub(crate) struct Postgres {
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Waits for the end of what is written to it, stops the server and removes its files.
    guard: Child,
    held: Option<ChildStdin>,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// As an administrator does: connections are cut, what is committed is written.
    Restart,
    /// As when the machine dies: nothing is put in order.
    Crash,
}

impl Postgres {
    /// The cluster of this test process. None where PostgreSQL is not installed; that is said.
    pub(crate) fn shared(what: &str) -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Postgres>> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(what)).as_ref()
    }

    /// A cluster of one's own.
    pub(crate) fn start(what: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            leave_out(what, "postgresql");
            return None;
        };
        let directory = tempfile::Builder::new().prefix("keysweep-pg-").tempdir().unwrap().keep();
        if let Some((user, group)) = other_user() {
            chown(&directory, Some(user), Some(group)).unwrap();
        }
        let mut guard = guard(&programs, &directory);
        let held = guard.stdin.take();
        let mut server =
            Self { programs, directory, port: free_port(), databases: AtomicU32::new(0), guard, held };
        server.make();
        Some(server)
    }

    fn make(&mut self) {
        let password = self.directory.join("password");
        fs::write(&password, PASSWORD).unwrap();
        let data = self.data();
        let made = run(as_server(&self.programs.join("initdb"))
            .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", "-U", USER])
            .arg("--pwfile")
            .arg(&password)
            .arg("-D")
            .arg(&data));
        assert!(made.status.success(), "{made:?}");
        fs::remove_file(&password).unwrap();
        let settings = "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n\
            max_connections = 200\nfsync = off\nfull_page_writes = off\n";
        let file = data.join("postgresql.conf");
        let text = fs::read_to_string(&file).unwrap() + settings;
        fs::write(&file, text).unwrap();
        // Between looking for a port and using it somebody else may have taken it.
        let started = (0..5).any(|_| {
            self.port = free_port();
            self.try_start()
        });
        assert!(started, "{}", fs::read_to_string(self.log()).unwrap_or_default());
        self.sql("postgres", &format!("ALTER USER {USER} PASSWORD '{VERIFIER}'"));
    }

    /// A new, empty database, as a URL with its password.
    pub(crate) fn create_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed) + 1);
        self.sql("postgres", &format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"));
        self.url(&name)
    }

    /// The URL of a database, with its password.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{ESCAPED}@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Has the server's own client do something.
    pub(crate) fn sql(&self, database: &str, statement: &str) {
        let port = self.port.to_string();
        let done = run(Command::new(self.programs.join("psql"))
            .env("PGPASSWORD", PASSWORD)
            .args(["-h", "127.0.0.1", "-p", &port, "-U", USER, "-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(["-d", database, "-c", statement]));
        assert!(done.status.success(), "{statement}: {done:?}");
    }

    /// Stops the server, and waits until it has stopped.
    pub(crate) fn stop(&self, how: Stop) {
        let mode = if how == Stop::Restart { "fast" } else { "immediate" };
        let stopped = run(self.control().args(["-w", "-m", mode, "stop"]));
        assert!(stopped.status.success(), "{stopped:?}");
    }

    /// Starts it after [`Postgres::stop`], where it was, and waits until it takes connections.
    pub(crate) fn start_again(&self) {
        assert!(self.try_start(), "{}", fs::read_to_string(self.log()).unwrap_or_default());
    }

    fn try_start(&self) -> bool {
        let options = format!("-p {}", self.port);
        let log = self.log();
        run(self.control().args(["-w", "-t", "60", "-o", &options]).arg("-l").arg(log).arg("start"))
            .status
            .success()
    }

    fn control(&self) -> Command {
        let mut command = as_server(&self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.data());
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.held.take());
        let _ = self.guard.wait();
    }
}

/// Where the programs are: of the newest version in Debian's place, else wherever they are found.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").exists())
        .max();
    if let Some((_, programs)) = newest {
        return Some(programs);
    }
    let found = Command::new("sh").args(["-c", "command -v initdb"]).output().ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    Some(fs::canonicalize(path.trim()).ok()?.parent()?.to_owned())
}

/// Who runs the server where root runs the tests: PostgreSQL refuses root.
fn other_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    ["postgres", "nobody"].iter().find_map(|name| Some((id(&["-u", name])?, id(&["-g", name])?)))
}

fn as_server(program: &Path) -> Command {
    let mut command = match other_user() {
        None => Command::new(program),
        Some((user, group)) => {
            let mut command = Command::new("setpriv");
            command.args([&format!("--reuid={user}"), &format!("--regid={group}"), "--clear-groups"]);
            command.arg(program);
            command
        }
    };
    // Where the tests run from may not be readable to that user.
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// A process that outlives this one by as long as it takes to stop the server. It is in a group of its own:
/// what ends the tests at the terminal does not end it.
fn guard(programs: &Path, directory: &Path) -> Child {
    const SCRIPT: &str =
        "cat >/dev/null; \"$@\" -D \"$0/data\" -w -m immediate stop >/dev/null 2>&1; rm -rf \"$0\"";
    let stop = as_server(&programs.join("pg_ctl"));
    Command::new("sh")
        .args(["-c", SCRIPT])
        .arg(directory)
        .arg(stop.get_program())
        .args(stop.get_args())
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// A port outside the range from which outgoing connections get theirs: it is still free after a stop.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let offset = (std::process::id() * 7 + NEXT.fetch_add(1, Ordering::Relaxed)) % 15_000;
        let port = 15_000 + u16::try_from(offset).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Runs a command. Its output goes to files: a server that is started keeps it open.
fn run(command: &mut Command) -> Output {
    let said = tempfile::NamedTempFile::new().unwrap();
    let status = command
        .stdout(said.reopen().unwrap())
        .stderr(said.reopen().unwrap())
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Output { status, stdout: fs::read(said.path()).unwrap(), stderr: Vec::new() }
}
