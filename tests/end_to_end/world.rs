//! A directory with a configuration, an emulated tenant, and the real binary.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::emulator::{Emulator, LoggedRequest, Options, TenantData};
use tokio::runtime::Runtime;

/// Real time to the second: the binary asks the system's clock.
#[expect(clippy::disallowed_methods, reason = "the binary under test lives in real time")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// An emulated tenant that the binary can audit from a directory of its own.
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) emulator: Emulator,
    /// What the emulator runs on.
    _runtime: Runtime,
    environment: BTreeMap<String, String>,
}

impl World {
    /// Serves the tenant and writes a configuration without mail.
    pub(crate) fn new(tenant: TenantData) -> Self {
        Self::with(Options::new(tenant, now(), now))
    }

    pub(crate) fn with(options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let emulator = runtime.block_on(Emulator::start(options)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), emulator.ca_pem()).unwrap();
        let certificate = directory.path().join("client.pem");
        fs::write(&certificate, emulator.client_certificate_pem()).unwrap();
        fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600)).unwrap();
        let world = Self { directory, emulator, _runtime: runtime, environment: BTreeMap::new() };
        world.configure("");
        world
    }

    /// Writes the configuration: the tenant, and what is given after it.
    pub(crate) fn configure(&self, rest: &str) {
        let text = format!(
            "[[tenant]]\nname = \"contoso\"\ntenant_id = \"{}\"\nclient_id = \"{}\"\ngraph_url = \"{}\"\n\
             authority_url = \"{}\"\nca_file = \"ca.pem\"\n[tenant.credential]\ntype = \"certificate\"\n\
             certificate_file = \"client.pem\"\n{rest}",
            self.emulator.tenant_id(),
            self.emulator.client_id(),
            self.emulator.graph_url(),
            self.emulator.authority_url(),
        );
        fs::write(self.path("keysweep.toml"), text).unwrap();
    }

    /// Sets an environment variable for the binary.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs the binary to its end.
    pub(crate) fn keysweep(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts the binary and lets it run.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let log = fs::File::create(self.path("log")).unwrap();
        let mut command = self.command(arguments);
        Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = keysweep();
        command.current_dir(self.directory.path()).args(["--config", "keysweep.toml"]).args(arguments);
        command.envs(&self.environment);
        command
    }

    /// The run directories, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path("reports/contoso")) else { return Vec::new() };
        let mut runs: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
        runs.sort();
        runs
    }

    /// The rows of a CSV file of the only run.
    pub(crate) fn rows(&self, file: &str) -> Vec<BTreeMap<String, String>> {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        rows(&runs[0].join(file))
    }

    /// Requests to Graph, the token endpoint left out.
    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.emulator.log().into_iter().filter(|request| request.path.starts_with("/v1.0")).collect()
    }
}

/// The binary with an environment in which nothing of the tester's own is left.
pub(crate) fn keysweep() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keysweep"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1");
    command
}

pub(crate) fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let bytes = fs::read(path).unwrap();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// A process that is ended with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("/bin/kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(kill.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap_or_default();
        self.0.wait().ok();
    }
}

/// Waits until something is so, for at most half a minute.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = now();
    while !is_so() {
        assert!(now() - start < TimeDelta::seconds(30), "waited in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
