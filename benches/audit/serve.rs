//! The process that emulates the tenant. It is asked and answers in lines of JSON, and ends with its input.
#![expect(clippy::print_stdout, reason = "how it answers")]

use std::collections::BTreeMap;
use std::fmt;
use std::io::BufRead as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Args;
use keysweep::emulator::{
    Emulator, Limits, LoggedRequest, ObjectKind, Options, Side, TenantData, TenantSize,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::downloader::Chain;

/// How the emulator answers.
#[derive(Debug, Clone, Args)]
pub(crate) struct Service {
    /// How long each answer takes at least, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 60)]
    pub(crate) latency: u64,
    /// Enforce the documented limits
    #[arg(long)]
    pub(crate) enforce_limits: bool,
}

impl Service {
    /// As the arguments of the process that serves.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--latency".to_owned(), self.latency.to_string()];
        if self.enforce_limits {
            arguments.push("--enforce-limits".to_owned());
        }
        arguments
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = if self.enforce_limits { "limits enforced" } else { "no limits" };
        write!(f, "{} ms latency, {limits}", self.latency)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[arg(long)]
    objects: usize,
    #[command(flatten)]
    service: Service,
}

/// What there is to know of a running emulator.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Running {
    pub(crate) graph_url: String,
    pub(crate) authority_url: String,
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) ca_pem: String,
}

/// What the emulator is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// What was requested since this was asked last.
    Requests,
    /// To change so many objects.
    Change(usize),
}

/// What was requested of Graph.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Requests {
    /// All of them; a batch is one.
    pub(crate) graph: u64,
    pub(crate) batches: u64,
    /// Those that select `keyCredentials`, of which there may be 150 a minute.
    pub(crate) key_reads: u64,
    /// Those answered with 429, alone or inside a batch.
    pub(crate) throttled: u64,
    /// How each listing began.
    pub(crate) chains: Vec<Chain>,
}

/// What the generated tenants grow from.
const SEED: u64 = 1;

/// Applications of a generated tenant come with a service principal each, and three of others.
const OBJECTS_OF_AN_APPLICATION: usize = 5;

#[tokio::main]
pub(crate) async fn serve(serve: &Serve) -> anyhow::Result<()> {
    let applications = serve.objects.div_ceil(OBJECTS_OF_AN_APPLICATION);
    let tenant = TenantData::generated(applications, SEED, now());
    let mut options = Options::new(tenant, now(), now);
    options.latency = Duration::from_millis(serve.service.latency);
    options.limits = serve.service.enforce_limits.then(|| Limits::of(TenantSize::Large));
    options.roles.push("Directory.Read.All".to_owned()); // without it there is no reading of changes
    let emulator = Emulator::start(options).await?;
    println!(
        "{}",
        serde_json::to_string(&Running {
            graph_url: emulator.graph_url().to_owned(),
            authority_url: emulator.authority_url().to_owned(),
            tenant_id: emulator.tenant_id().to_owned(),
            client_id: emulator.client_id().to_owned(),
            client_secret: emulator.client_secret().to_owned(),
            ca_pem: emulator.ca_pem().to_owned(),
        })?
    );
    // Requests are answered by other threads meanwhile.
    tokio::task::block_in_place(|| {
        for line in std::io::stdin().lock().lines() {
            let answer = match serde_json::from_str(&line?)? {
                Ask::Requests => serde_json::to_value(requests(&emulator))?,
                Ask::Change(count) => json!(change(&emulator, count, applications)),
            };
            println!("{answer}");
        }
        anyhow::Ok(())
    })?;
    emulator.stop().await;
    Ok(())
}

fn requests(emulator: &Emulator) -> Requests {
    let log = emulator.log();
    emulator.clear_log();
    let mut requests = Requests::default();
    let mut chains: BTreeMap<(String, String), Chain> = BTreeMap::new();
    for request in log.into_iter().filter(|request| request.side == Side::Graph) {
        requests.throttled += u64::from(request.status == Some(429));
        if request.batch_member.is_some() {
            continue;
        }
        requests.graph += 1;
        requests.key_reads += u64::from(request.query.contains("keyCredentials"));
        let LoggedRequest { method, path, query, headers, .. } = request;
        if method != "GET" {
            requests.batches += 1;
        } else if !query.contains("token=") {
            // Not a later page; repeated, it counts once.
            chains.entry((path.clone(), query.clone())).or_insert(Chain { path, query, headers });
        }
    }
    requests.chains = chains.into_values().collect();
    requests
}

/// Renames applications, spread over all of them.
fn change(emulator: &Emulator, count: usize, applications: usize) -> usize {
    let step = (applications / count.max(1)).max(1);
    emulator.edit(|tenant| {
        let ids = (0..applications).step_by(step).map(id);
        ids.filter(|id| {
            tenant.edit(ObjectKind::Application, id, |object| {
                object.insert("displayName".to_owned(), json!(format!("Renamed {id}")));
            })
        })
        .count()
    })
}

/// As the generator makes the ids of applications.
fn id(number: usize) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{SEED}/application/{number}").as_bytes()).to_string()
}

/// Real time: the binary that is measured lives in it.
#[expect(clippy::disallowed_methods, reason = "the binary under measurement lives in real time")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
