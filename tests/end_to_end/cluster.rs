//! Several real daemons on one real PostgreSQL, with emulated tenants and one mail server.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::StoreUrl;
use keysweep::domain::Sha256Sum;
use keysweep::emulator::{Emulator, Options, scenario};
use keysweep::store::{RunEntry, Store};
use mailparse::MailHeaderMap as _;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Runtime;

use crate::postgres::{PASSWORD, Postgres, USER};
use crate::smtp::{Protection, Script, SmtpServer};
use crate::world::{Running, keysweep, now, text};

/// A schedule that comes due at no time near.
pub(crate) const NEVER: &str = "0 0 29 2 *";

/// A schedule that comes due once, this many seconds from now.
pub(crate) fn once_in(seconds: i64) -> String {
    (now() + TimeDelta::seconds(seconds)).format("%-S %-M %-H %-d %-m *").to_string()
}

/// Where the daemons leave their reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    /// All in one directory.
    Shared,
    /// Each in a directory of its own.
    Apart,
}

/// How a cluster is made.
pub(crate) struct Plan<'a> {
    pub(crate) daemons: &'a [&'a str],
    pub(crate) tenants: &'a [&'a str],
    pub(crate) reports: Reports,
    /// Audits of one daemon at a time.
    pub(crate) concurrency: u8,
    pub(crate) mail: Script,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(tenants: &'a [&'a str], reports: Reports) -> Self {
        Self {
            daemons: &["a", "b", "c"],
            tenants,
            reports,
            concurrency: 4,
            mail: Script::new(Protection::None),
        }
    }
}

/// The daemons' surroundings. Each tenant has an emulator of its own.
pub(crate) struct Cluster {
    directory: tempfile::TempDir,
    runtime: Runtime,
    emulators: BTreeMap<String, Emulator>,
    pub(crate) postgres: Postgres,
    url: String,
    pub(crate) mail: SmtpServer,
    daemons: Vec<String>,
    reports: Reports,
    concurrency: u8,
}

/// A planned run as the database has it: tenant, instant, state.
pub(crate) type Due = (String, i64, String);

impl Cluster {
    pub(crate) fn new(postgres: Postgres, plan: Plan<'_>) -> Self {
        let Plan { daemons, tenants, reports, concurrency, mail } = plan;
        let runtime = Runtime::new().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut emulators = BTreeMap::new();
        for tenant in tenants {
            let options = Options::new(scenario::perfect(now()), now(), now);
            let emulator = runtime.block_on(Emulator::start(options)).unwrap();
            fs::write(directory.path().join(format!("{tenant}-ca.pem")), emulator.ca_pem()).unwrap();
            let certificate = directory.path().join("client.pem");
            fs::write(&certificate, emulator.client_certificate_pem()).unwrap();
            fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600)).unwrap();
            emulators.insert((*tenant).to_owned(), emulator);
        }
        let password = directory.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        let cluster = Self {
            url: postgres.create_database(),
            postgres,
            mail: SmtpServer::start(mail),
            daemons: daemons.iter().map(|daemon| (*daemon).to_owned()).collect(),
            directory,
            runtime,
            emulators,
            reports,
            concurrency,
        };
        cluster.schedule(NEVER);
        cluster
    }

    pub(crate) fn emulator(&self, tenant: &str) -> &Emulator {
        &self.emulators[tenant]
    }

    /// Writes the daemons' configurations, with this schedule for every tenant.
    pub(crate) fn schedule(&self, cron: &str) {
        let mut tenants = String::new();
        for (name, emulator) in &self.emulators {
            tenants += &format!(
                "[[tenant]]\nname = \"{name}\"\ntenant_id = \"{}\"\nclient_id = \"{}\"\ngraph_url = \"{}\"\n\
                 authority_url = \"{}\"\nca_file = \"{name}-ca.pem\"\nmail_to = [\"{name}@contoso.example\"]\n\
                 [tenant.credential]\ntype = \"certificate\"\ncertificate_file = \"client.pem\"\n",
                emulator.tenant_id(),
                emulator.client_id(),
                emulator.graph_url(),
                emulator.authority_url(),
            );
        }
        let (_, database) = self.url.rsplit_once('/').unwrap();
        for daemon in &self.daemons {
            let text = format!(
                "[schedule]\ncron = \"{cron}\"\nconcurrency = {}\n\
                 [store]\nurl = \"postgres://{USER}@127.0.0.1:{}/{database}\"\npassword_file = \"password\"\n\
                 [reports]\ndirectory = \"{}\"\n\
                 [mail]\nfrom = \"keysweep@contoso.example\"\nretry_first = \"1s\"\n\
                 [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\n{tenants}",
                self.concurrency,
                self.postgres.port(),
                self.reports_of(daemon).display(),
                self.mail.port(),
            );
            fs::write(self.path(&format!("{daemon}.toml")), text).unwrap();
        }
    }

    /// Works on the store that the daemons share.
    pub(crate) fn in_store<T>(&self, work: impl AsyncFnOnce(&Store) -> T) -> T {
        self.runtime.block_on(async {
            let store = Store::open(&StoreUrl::Postgres(self.url.clone().into())).await.unwrap();
            let done = work(&store).await;
            store.close("nobody").await;
            done
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn reports_of(&self, daemon: &str) -> PathBuf {
        match self.reports {
            Reports::Shared => self.path("reports"),
            Reports::Apart => self.path(&format!("reports-{daemon}")),
        }
    }

    /// Starts a daemon; its log goes on where it ended.
    pub(crate) fn start(&self, daemon: &str) -> Running {
        let log =
            OpenOptions::new().create(true).append(true).open(self.path(&format!("{daemon}.log"))).unwrap();
        let mut command = keysweep();
        command.current_dir(self.directory.path()).args(["--config", &format!("{daemon}.toml"), "daemon"]);
        Running(command.stdout(Stdio::null()).stderr(log).spawn().unwrap())
    }

    /// What the binary says with the configuration of the first daemon, and how it ends.
    pub(crate) fn keysweep(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let mut command = keysweep();
        command.current_dir(self.directory.path()).args(["--config", &format!("{}.toml", self.daemons[0])]);
        let output = command.args(arguments).output().unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// Makes every recorded run again, and answers those that are not what was recorded, with what was said.
    pub(crate) fn not_made_again(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for run in self.runs() {
            let (tenant, id) = (run.tenant.name.as_str(), run.counts.run.run_id.to_string());
            let directory = format!("again/{tenant}/{id}");
            let (code, said) =
                self.keysweep(&["history", "show", &id, "--tenant", tenant, "--write", &directory]);
            let again = fs::read(self.path(&directory).join("manifest.json")).unwrap_or_default();
            if code != Some(0) || Sha256Sum(Sha256::digest(&again).into()) != run.manifest {
                wrong.push(format!("{tenant} {id}: {code:?} {said}"));
            }
        }
        wrong
    }

    /// Audits every tenant once by hand, without a mail: the daemons' runs have a past then.
    pub(crate) fn audit(&self) {
        let (code, said) = self.keysweep(&["audit", "--no-mail"]);
        assert_eq!(code, Some(0), "{said}");
    }

    /// Starts a daemon and has it audit every tenant once, in a few seconds: when it runs already, so that it
    /// does not come too late.
    pub(crate) fn start_for_one_run(&self, daemon: &str) -> Running {
        let running = self.start(daemon);
        within(60, "the schedule", || self.logs(), || self.log(daemon).contains("is scheduled"));
        self.schedule(&once_in(4));
        running.signal("HUP");
        running
    }

    pub(crate) fn log(&self, daemon: &str) -> String {
        fs::read_to_string(self.path(&format!("{daemon}.log"))).unwrap_or_default()
    }

    pub(crate) fn logs(&self) -> String {
        let log = |daemon: &String| format!("--- {daemon}\n{}", self.log(daemon));
        self.daemons.iter().map(log).collect()
    }

    /// The recorded runs, oldest first.
    pub(crate) fn runs(&self) -> Vec<RunEntry> {
        self.runtime.block_on(async {
            let store = Store::open(&StoreUrl::Postgres(self.url.clone().into())).await.unwrap();
            let runs = store.runs(None).await.unwrap();
            store.close("nobody").await;
            runs
        })
    }

    /// The planned runs.
    pub(crate) fn due(&self) -> Vec<Due> {
        self.query(
            "SELECT name, planned, state FROM due JOIN tenant ON number = tenant ORDER BY planned, name",
        )
    }

    /// The tenants whose turn somebody has, with the holder and the milliseconds that are left.
    pub(crate) fn held(&self) -> Vec<(String, i64, String)> {
        self.query(
            "SELECT name, lease_until - now, holder FROM tenant, clock WHERE lease_until > now ORDER BY name",
        )
    }

    fn query(&self, statement: &'static str) -> Vec<(String, i64, String)> {
        use sqlx::Connection as _;
        self.runtime.block_on(async {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
            sqlx::query_as(statement).fetch_all(&mut connection).await.unwrap()
        })
    }

    /// The complete run directories of all daemons, by tenant and run, with how many there are of each.
    pub(crate) fn directories(&self) -> BTreeMap<(String, String), usize> {
        let mut found = BTreeMap::new();
        let mut places: Vec<PathBuf> = self.daemons.iter().map(|daemon| self.reports_of(daemon)).collect();
        places.dedup();
        for place in places {
            for tenant in self.emulators.keys() {
                for entry in fs::read_dir(place.join(tenant)).into_iter().flatten() {
                    let run = entry.unwrap().file_name().into_string().unwrap();
                    if !run.starts_with('.') {
                        assert!(
                            place.join(tenant).join(&run).join("manifest.json").exists(),
                            "{tenant} {run}"
                        );
                        *found.entry((tenant.clone(), run)).or_default() += 1;
                    }
                }
            }
        }
        found
    }

    /// The mails about runs that were accepted, by tenant and run, with how many there are of each. How many instants
    /// are left out, which is told as well, depends on the machine.
    pub(crate) fn mails(&self) -> BTreeMap<(String, String), usize> {
        let mut found = BTreeMap::new();
        for mail in self.mail.received() {
            let (headers, _) = mailparse::parse_headers(&mail.bytes).unwrap();
            let id = headers.get_first_value("Message-ID").unwrap();
            let (run, tenant) =
                id.trim_start_matches('<').split_once('@').unwrap().0.split_once('.').unwrap();
            if ["failure", "missed"].contains(&run) {
                continue;
            }
            assert_eq!(mail.to, [format!("{tenant}@contoso.example")]);
            *found.entry((tenant.to_owned(), run.to_owned())).or_default() += 1;
        }
        found
    }

    /// Messages that somebody has not got yet, each with its state.
    fn undelivered(&self) -> Vec<(String, i64, String)> {
        self.query(
            "SELECT key, attempts, state FROM outbox WHERE state IN ('waiting', 'sending') ORDER BY key",
        )
    }

    /// Whether nothing waits and nobody is at anything.
    pub(crate) fn is_idle(&self) -> bool {
        let open = |due: &Due| due.2 == "waiting" || due.2 == "running";
        !self.due().iter().any(open) && self.held().is_empty() && self.undelivered().is_empty()
    }

    /// Every planned run is settled; each that was carried out has one record, one directory and one mail;
    /// and there is nothing else.
    pub(crate) fn assert_each_run_is_there_once(&self) -> Vec<RunEntry> {
        let (runs, due) = (self.runs(), self.due());
        let open: Vec<_> = due.iter().filter(|due| due.2 != "done" && due.2 != "left-out").collect();
        assert!(open.is_empty(), "{open:?}\n{}", self.logs());
        let done =
            due.iter().filter(|due| due.2 == "done").map(|(tenant, planned, _)| (tenant.clone(), *planned));
        let mut done: Vec<(String, i64)> = done.collect();
        let planned = |run: &RunEntry| (run.tenant.name.clone(), run.planned.map_or(0, |at| at.timestamp()));
        let mut carried_out: Vec<(String, i64)> = runs.iter().map(planned).collect();
        done.sort();
        carried_out.sort();
        assert_eq!(done, carried_out, "planned and carried out differ\n{}", self.logs());
        let names = runs.iter().map(|run| (run.tenant.name.clone(), run.counts.run.run_id.to_string()));
        let once: BTreeMap<(String, String), usize> = names.map(|name| (name, 1)).collect();
        assert_eq!(once.len(), runs.len());
        assert_eq!(self.directories(), once, "the directories are not those of the runs\n{}", self.logs());
        assert_eq!(self.mails(), once, "the mails are not those of the runs\n{}", self.logs());
        runs
    }
}

/// Waits until something is so, for at most this many seconds; answers how long that took.
pub(crate) fn within(
    seconds: i64,
    what: &str,
    logs: impl Fn() -> String,
    mut is_so: impl FnMut() -> bool,
) -> f64 {
    let start: DateTime<Utc> = now();
    while !is_so() {
        assert!(now() - start < TimeDelta::seconds(seconds), "waited in vain: {what}\n{}", logs());
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    (now() - start).as_seconds_f64()
}
