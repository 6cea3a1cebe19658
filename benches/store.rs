//! What it costs to remember: `cargo bench --bench store`. SQLite in a temporary directory always, PostgreSQL
//! where `KEYSWEEP_BENCH_POSTGRES` is the URL of an empty database. With `cargo bench --bench store -- N` a
//! tenant of N objects instead of 300,000, with a finding for each; the second tenant has 100,000 at most.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::StoreUrl;
use keysweep::domain::{
    AppId, ApplicationFacts, Assigned, Beside, CustomPolicy, Details, FindingCounts, FindingDigests,
    FindingKey, FindingRecord, Inventory, KeyId, Ledger, Object, ObjectId, ObjectKind, Objects, Owners,
    PasswordCredential, Past, PolicyId, Reach, Rows, RuleId, RunCounts, RunId, RunMark,
    ServicePrincipalFacts, Severity, Sha256Sum, Subject, TenantId, Text,
};
use keysweep::store::{MailState, NewRun, Recalled, Store, Taken, TenantKey, Turn};
use uuid::Uuid;

const BOTH: [ObjectKind; 2] = [ObjectKind::Application, ObjectKind::ServicePrincipal];
const TENANT: TenantId = TenantId(Uuid::from_u128(7));
const POLICY: PolicyId = PolicyId(Uuid::from_u128(8));

/// Runs whose growth is averaged.
const RUNS: u32 = 10;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let objects = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(300_000);
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("keysweep.db");
    measure(&StoreUrl::Sqlite(file.clone()), Some(&file), objects).await?;
    #[expect(clippy::disallowed_methods, reason = "a bench takes its server from outside")]
    if let Ok(url) = std::env::var("KEYSWEEP_BENCH_POSTGRES") {
        measure(&StoreUrl::Postgres(url.into()), None, objects).await?;
    }
    Ok(())
}

async fn measure(
    url: &StoreUrl,
    file: Option<&Path>,
    objects: u128,
) -> Result<(), Box<dyn std::error::Error>> {
    println!("{}", if file.is_some() { "SQLite" } else { "PostgreSQL" });
    let mut large = Desk::of(url, "large").await?;
    let seen = inventory(objects);
    println!("  {} objects in memory: {} MB", seen.objects.len(), resident());
    let findings = seen.objects.len();
    println!("  first run: {}, peak {} MB", large.run(&seen, 0).await?, peak());
    println!("  after it: {:.1} MB", megabytes(size(url, file).await?));
    println!("  a finding for each: {}, peak {} MB", large.run(&seen, findings).await?, peak());
    println!("  after it: {:.1} MB", megabytes(size(url, file).await?));
    println!("  nothing changed: {}, peak {} MB", large.run(&seen, findings).await?, peak());
    let began = Instant::now();
    let run = large.run_id();
    let found = large.store.last_objects(large.turn.tenant(), &run, &BOTH).await?;
    println!("  read {} objects again: {:.2?}", found.map_or(0, |found| found.len()), began.elapsed());
    let began = Instant::now();
    let found = large.store.reconstruct(large.turn.tenant(), &large.run_id()).await?;
    let found = found.map_or(0, |found| found.inventory.objects.len());
    println!("  reconstruct {found} objects: {:.2?}, peak {} MB", began.elapsed(), peak());
    drop(seen);

    let mut middle = Desk::of(url, "middle").await?;
    let mut seen = inventory(objects.min(100_000));
    middle.run(&seen, 200).await?;
    let before = size(url, file).await?;
    let (mut recalled, mut recorded) = (Duration::ZERO, Duration::ZERO);
    for round in 0..RUNS {
        change(&mut seen, round);
        // A tenth of the findings is new each time, and as many are fixed.
        middle.from += 20;
        let took = middle.run(&seen, 200).await?;
        recalled += took.recalling + took.looking_up;
        recorded += took.recording;
    }
    let grown = size(url, file).await?.saturating_sub(before);
    println!(
        "  {} objects, 0.1 % changed: recall {:.2?}, record {:.3?}, {} bytes a run",
        seen.objects.len(),
        recalled / RUNS,
        recorded / RUNS,
        grown / u64::from(RUNS)
    );
    let began = Instant::now();
    let forgotten = middle.store.forget(middle.turn.tenant(), middle.now()).await?;
    println!("  forget {forgotten} runs: {:.2?}", began.elapsed());
    Ok(())
}

/// Every thousandth object is renamed, others each time.
fn change(inventory: &mut Inventory, round: u32) {
    let skipped = usize::try_from(round).unwrap_or_default();
    let renamed = inventory.objects.iter().skip(skipped).step_by(1_000).map(|object| Object {
        display_name: Text::new(&format!("{} renamed", object.display_name)),
        ..object
    });
    let renamed: Vec<Object> = renamed.collect();
    inventory.objects = std::mem::take(&mut inventory.objects).amended(renamed, &HashSet::new());
}

/// One tenant's runs, a day apart.
struct Desk {
    store: Store,
    turn: Turn,
    days: i64,
    /// The first of its findings.
    from: usize,
}

/// How long a run took.
struct Took {
    recalling: Duration,
    looking_up: Duration,
    recording: Duration,
    /// Seconds of the processor for that.
    processor: f64,
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { recalling, looking_up, recording, processor } = self;
        write!(f, "recall {recalling:.2?}, look up findings {looking_up:.2?}, record {recording:.2?} ")?;
        write!(f, "({processor:.2} s of the processor)")
    }
}

impl Desk {
    async fn of(url: &StoreUrl, name: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let store = Store::open(url).await?;
        let tenant = TenantKey { name: name.to_owned(), tenant_id: TENANT };
        match store.take_turn(&tenant, "bench").await? {
            Taken::Ours { turn, unfinished: _ } => Ok(Self { store, turn, days: 0, from: 0 }),
            Taken::Busy { holder } => Err(format!("{holder} uses it").into()),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + self.days)
    }

    fn run_id(&self) -> RunId {
        RunId::new(self.now(), 1)
    }

    /// Records a run that has so many findings. How long it took.
    async fn run(
        &mut self,
        inventory: &Inventory,
        findings: usize,
    ) -> Result<Took, Box<dyn std::error::Error>> {
        self.days += 1;
        let began = Instant::now();
        let recalled: Recalled = self.store.recall(self.turn.tenant(), inventory, &BOTH).await?;
        let recalling = began.elapsed();
        let numbers = self.from..self.from + findings;
        let mut ledger = Ledger { opened: opened(numbers.clone()), closed: Vec::new() };
        let mut looking_up = Duration::ZERO;
        if let Past::Since(memory) = &recalled.history.past {
            let present: FindingDigests = numbers.map(|number| finding(number).0.digest()).collect();
            let began = Instant::now();
            let missing = self.store.missing(self.turn.tenant(), memory, &present).await?;
            looking_up = began.elapsed();
            ledger.closed = missing.into_iter().map(|finding| finding.key).collect();
            if !memory.known.is_empty() {
                let new = ledger.opened.iter().filter(|(key, _)| memory.known.get(&key.digest()).is_none());
                ledger.opened = new.collect();
            }
        }
        let run = NewRun {
            counts: RunCounts {
                run: RunMark { run_id: self.run_id(), started: self.now() },
                complete: true,
                objects: u64::try_from(inventory.objects.len())?,
                findings: [0; 5],
                excepted: 0,
            },
            findings: FindingCounts::new(),
            planned: None,
            host: "bench".to_owned(),
            manifest: Sha256Sum([0; 32]),
            previous: recalled.history.previous.clone(),
            context: "{\"settings\":\"as long as they are in a context\"}".repeat(40),
            inventory,
            ledger,
            mail: MailState::NotWanted,
            delta: None,
        };
        let (began, spent) = (Instant::now(), processor());
        self.store.record(&self.turn, &run, &recalled).await?;
        Ok(Took { recalling, looking_up, recording: began.elapsed(), processor: processor() - spent })
    }
}

/// Findings of these numbers, of which nobody holds all.
fn opened(numbers: Range<usize>) -> Rows<(FindingKey, FindingRecord)> {
    Rows::drawn(numbers.len(), move || Box::new(numbers.clone().map(finding)))
}

fn finding(number: usize) -> (FindingKey, FindingRecord) {
    let key = format!("client-secret/application/{}/client-secret/{number}", Uuid::nil());
    let record = FindingRecord {
        rule: RuleId::ClientSecret,
        severity: Severity::High,
        object_type: Subject::Application,
        object_id: Uuid::nil().to_string(),
        app_id: Uuid::nil().to_string(),
        display_name: "An application of ordinary length".to_owned(),
        credential_type: "client-secret".to_owned(),
        credential_id: key.clone(),
        credential_name: "deploy".to_owned(),
        policy_id: String::new(),
        policy_name: String::new(),
    };
    (FindingKey(key), record)
}

/// Two service principals to an application, half of the applications with a secret or two.
fn inventory(count: u128) -> Inventory {
    let objects: Objects = (0..count).map(object).collect();
    let holds = |place: &usize| objects.assigned(*place) != Some(&Assigned::Nothing);
    let applies_to = (0..objects.len()).filter(holds).filter_map(|place| objects.key(place)).collect();
    Inventory {
        tenant: TENANT,
        tenant_default: None,
        custom_policies: vec![CustomPolicy {
            id: POLICY,
            display_name: Text::new("Block secrets"),
            description: None,
            is_enabled: true,
            restrictions: Vec::new(),
            applies_to: Reach::Known(applies_to),
        }],
        objects,
        beside: Beside::default(),
        gaps: Vec::new(),
    }
}

fn object(number: u128) -> Object {
    // Ids in no order, as a directory has them, and the same each time.
    let id = Uuid::from_u128((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    let password = |at: u128| PasswordCredential {
        key_id: Some(KeyId(Uuid::from_u128(id.as_u128() ^ (at + 1)))),
        name: Some(Text::new("deploy from the pipeline")),
        start: DateTime::from_timestamp(1_700_000_000, 0),
        end: DateTime::from_timestamp(1_760_000_000, 0),
        custom_key_identifier: None,
        unreadable: false,
    };
    let application = number.is_multiple_of(3);
    Object {
        id: ObjectId(id),
        app_id: Some(AppId(Uuid::from_u128(!id.as_u128()))),
        display_name: Text::new(&format!("An application of ordinary length {number}")),
        created: DateTime::from_timestamp(1_650_000_000, 0),
        passwords: if application { (0..number % 4).map(password).collect() } else { Vec::new() },
        keys: Vec::new(),
        notes: None,
        description: None,
        tags: vec![Text::new("WindowsAzureActiveDirectoryIntegratedApp")],
        details: if application {
            Details::Application(ApplicationFacts {
                sign_in_audience: Some(Text::new("AzureADMyOrg")),
                ..ApplicationFacts::default()
            })
        } else {
            Details::ServicePrincipal(ServicePrincipalFacts {
                service_principal_type: Some(Text::new("Application")),
                app_owner_organization: Some(TENANT),
                owner_unreadable: false,
                account_enabled: Some(true),
            })
        },
        assigned: if application { Assigned::Policy(POLICY) } else { Assigned::Nothing },
        owners: Owners::Somebody,
    }
}

/// Bytes of the whole database, with what SQLite's journal still holds put into the file.
async fn size(url: &StoreUrl, file: Option<&Path>) -> Result<u64, Box<dyn std::error::Error>> {
    use sqlx::Connection as _;
    match (url, file) {
        (_, Some(file)) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
            let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
            connection.close().await?;
            Ok(fs::metadata(file)?.len())
        }
        (StoreUrl::Postgres(url), None) => {
            let mut connection =
                sqlx::PgConnection::connect(secrecy::ExposeSecret::expose_secret(url)).await?;
            let (size,): (i64,) = sqlx::query_as("SELECT pg_database_size(current_database())")
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            Ok(u64::try_from(size)?)
        }
        (StoreUrl::Sqlite(_), None) => Err("no file".into()),
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Memory of this process, in megabytes; nothing where the system does not tell.
fn resident() -> String {
    status("VmRSS:")
}

/// Seconds of the processor that this process has had.
fn processor() -> f64 {
    let all = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = all
        .rsplit(')')
        .next()
        .map(|rest| rest.split_whitespace().filter_map(|field| field.parse().ok()).collect())
        .unwrap_or_default();
    // Of the numbers after the state: utime and stime, in hundredths.
    fields.get(10..12).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}

/// The most it ever was.
fn peak() -> String {
    status("VmHWM:")
}

fn status(member: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(member));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.map_or_else(|| "?".to_owned(), |kilobytes| (kilobytes / 1_000).to_string())
}
