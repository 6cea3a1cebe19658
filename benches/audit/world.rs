//! An emulated tenant in a process of its own, and a directory to audit it from.

use std::fs;
use std::io::{self, BufRead, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde::de::DeserializeOwned;

use crate::Plan;
use crate::measure::{self, Cost};
use crate::serve::{Ask, Requests, Running};
use crate::table::Row;

pub(crate) struct World {
    directory: tempfile::TempDir,
    running: Running,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What the first audit asked for: what the downloader is to fetch.
    first: Option<Requests>,
    /// Stops by itself when `ask` is closed, which this process's end does.
    _emulator: Child,
}

impl World {
    pub(crate) fn new(plan: &Plan, objects: usize) -> anyhow::Result<Self> {
        let directory = match &plan.directory {
            Some(parent) => tempfile::tempdir_in(parent)?,
            None => tempfile::tempdir()?,
        };
        let mut emulator = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args(plan.service.arguments())
            .args(["--objects", &objects.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let ask = emulator.stdin.take().context("the emulator has no input")?;
        let mut answers = BufReader::new(emulator.stdout.take().context("the emulator has no output")?);
        let running: Running = answer(&mut answers)?;
        configure(directory.path(), &running)?;
        Ok(Self { directory, running, ask, answers, first: None, _emulator: emulator })
    }

    /// Runs the real binary.
    pub(crate) fn audit(&mut self, name: &str, arguments: &[&str]) -> anyhow::Result<Row> {
        self.requests()?;
        let (mut command, log) = (keysweep(), self.path("log"));
        command.current_dir(self.directory.path()).args(["--config", "keysweep.toml", "audit", "--no-mail"]);
        command.args(arguments).stdout(Stdio::null()).stderr(fs::File::create(&log)?);
        let (cost, status) = measure::run(&mut command)?;
        if !status.success() {
            bail!("the audit ended with {status}:\n{}", fs::read_to_string(&log)?);
        }
        let requests = self.requests()?;
        self.first.get_or_insert_with(|| requests.clone());
        self.row(name, cost, requests)
    }

    /// Fetches the pages of the first audit, and drops them.
    pub(crate) fn download(&mut self, name: &str) -> anyhow::Result<Row> {
        self.requests()?;
        let orders = self.path("orders.json");
        let first = self.first.as_ref().context("nothing was audited yet")?;
        fs::write(&orders, serde_json::to_vec(&(&self.running, &first.chains))?)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("download").current_dir(self.directory.path()).stdin(fs::File::open(&orders)?);
        let (cost, status) = measure::run(&mut command)?;
        if !status.success() {
            bail!("the downloader ended with {status}");
        }
        let requests = self.requests()?;
        self.row(name, cost, requests)
    }

    /// Whether `audit` has such an option.
    pub(crate) fn knows(&self, option: &str) -> anyhow::Result<bool> {
        let help = keysweep().args(["audit", "--help"]).output()?;
        Ok(String::from_utf8_lossy(&help.stdout).contains(option))
    }

    /// Changes about so many objects of the tenant. How many it were.
    pub(crate) fn change(&mut self, count: usize) -> anyhow::Result<usize> {
        let changed = self.send(Ask::Change(count))?;
        ensure!(changed > 0, "nothing was changed: the generator makes other ids now");
        Ok(changed)
    }

    /// What was asked of the emulator since this was called last.
    fn requests(&mut self) -> anyhow::Result<Requests> {
        self.send(Ask::Requests)
    }

    fn send<T: DeserializeOwned>(&mut self, ask: Ask) -> anyhow::Result<T> {
        writeln!(self.ask, "{}", serde_json::to_string(&ask)?)?;
        self.ask.flush()?;
        answer(&mut self.answers)
    }

    /// A row of the table. The files of the run are counted and removed: a large tenant's are large.
    fn row(&self, name: &str, cost: Cost, requests: Requests) -> anyhow::Result<Row> {
        let reports = self.path("reports");
        let files = bytes_below(&reports).context("cannot count the files")?;
        if reports.exists() {
            fs::remove_dir_all(&reports)?;
        }
        Ok(Row { name: name.to_owned(), cost, requests, files })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn configure(directory: &Path, running: &Running) -> anyhow::Result<()> {
    fs::write(directory.join("ca.pem"), &running.ca_pem)?;
    let secret = directory.join("secret");
    fs::write(&secret, &running.client_secret)?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600))?;
    let Running { graph_url, authority_url, tenant_id, client_id, .. } = running;
    let text = format!(
        "[store]\nurl = \"sqlite://keysweep.db\"\n[reports]\ndirectory = \"reports\"\n[[tenant]]\nname = \"bench\"\n\
         tenant_id = \"{tenant_id}\"\nclient_id = \"{client_id}\"\ngraph_url = \"{graph_url}\"\n\
         authority_url = \"{authority_url}\"\nca_file = \"ca.pem\"\n[tenant.credential]\n\
         type = \"client-secret\"\nsecret_file = \"secret\"\n"
    );
    Ok(fs::write(directory.join("keysweep.toml"), text)?)
}

/// The binary with an environment in which nothing of the user's own is left.
fn keysweep() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keysweep"));
    command.env_clear().env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1");
    command
}

fn answer<T: DeserializeOwned>(answers: &mut impl BufRead) -> anyhow::Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("the emulator said {line:?}"))
}

fn bytes_below(directory: &Path) -> io::Result<u64> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut bytes = 0;
    for entry in entries {
        let entry = entry?;
        let facts = entry.metadata()?;
        bytes += if facts.is_dir() { bytes_below(&entry.path())? } else { facts.len() };
    }
    Ok(bytes)
}
