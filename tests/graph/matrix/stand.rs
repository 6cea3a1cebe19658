//! The tenant that is audited again and again, and the reader that goes on from run to run.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use keysweep::config::{Cloud, Credential, Tenant, TenantSize};
use keysweep::domain::{AppId, Basis, Inventory, ObjectKey, RunId, RunMark, Since, TenantId};
use keysweep::emulator::{DeltaHabits, Emulator, Options, Transport};
use keysweep::graph::{
    Ask, Graph, Patience, Refreshed, WhyFull, client, collect, name_owners, refresh, sign_in,
};
use reqwest::{Client, Url};

use super::tenants::{self, Phase};
use crate::tenant::{Watcher, everything, now, patience, plenty};

/// Which way the tenant is audited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Journey {
    /// Everything is read.
    Full,
    /// Only what changed since the last complete run.
    Delta,
    /// Everything, and all that can be read beside it.
    Beside,
    /// Everything was read of a tenant in which so many objects are flagged that their owners are listed.
    Naming,
}

/// What may be read; of it, the first three do for objects and policies.
const GRANTED: [&str; 6] = [
    "Application.Read.All",
    "Policy.Read.All",
    "Directory.Read.All",
    "AuditLog.Read.All",
    "RoleManagement.Read.Directory",
    "AgentIdentityBlueprint.Read.All",
];

/// Which of the tenants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Which {
    Small,
    Large,
    Beside,
}

impl Which {
    pub(super) fn of(journey: Journey) -> Self {
        match journey {
            Journey::Full | Journey::Delta => Self::Small,
            Journey::Naming => Self::Large,
            Journey::Beside => Self::Beside,
        }
    }
}

/// An emulated tenant, and what the last complete run left.
pub(super) struct Stand {
    pub(super) emulator: Emulator,
    pub(super) phase: Phase,
    tenant: Tenant,
    http: Client,
    /// Signed in once, and used by all audits that have nothing to do with the clock.
    steady: Graph,
    basis: Option<Basis>,
    runs: i64,
}

impl Stand {
    /// The token endpoint is HTTPS, Graph is not: thousands of handshakes would take the time of the rest.
    pub(super) async fn start(which: Which) -> Self {
        let (tenant, granted) = match which {
            Which::Small => (tenants::small(), &GRANTED[..3]),
            Which::Large => (tenants::large(), &GRANTED[..3]),
            Which::Beside => (tenants::beside(), &GRANTED[..]),
        };
        let options = Options::new(tenant, now(), now);
        let delta = DeltaHabits { page: 2, ..DeltaHabits::default() };
        let options = Options { graph_transport: Transport::PlainHttp, delta, ..options };
        let emulator = Emulator::start(options).await.unwrap();
        emulator.grant(granted);
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, emulator.ca_pem()).unwrap();
        let http = client::build(Some(&ca_file), client::Proxies::Direct).unwrap();
        let tenant = Tenant {
            name: "contoso".to_owned(),
            tenant_id: TenantId(emulator.tenant_id().parse().unwrap()),
            client_id: Some(AppId(emulator.client_id().parse().unwrap())),
            cloud: Cloud::Public,
            size: TenantSize::Small,
            graph_url: Url::parse(emulator.graph_url()).unwrap(),
            authority_url: Url::parse(emulator.authority_url()).unwrap(),
            ca_file: None,
            credential: Credential::ClientSecret { secret: emulator.client_secret().into() },
            writer: None,
            schedule: None,
            mail_to: Vec::new(),
        };
        let steady = connect(&tenant, &http, steady());
        Self { emulator, phase: Phase::One, tenant, http, steady, basis: None, runs: 0 }
    }

    /// From now on a token is asked for anew.
    pub(super) fn sign_out(&mut self) {
        self.steady = connect(&self.tenant, &self.http, steady());
    }

    pub(super) fn has_basis(&self) -> bool {
        self.basis.is_some()
    }

    /// The next audit starts from nothing.
    pub(super) fn forget(&mut self) {
        self.basis = None;
    }

    /// Somebody works on the tenant.
    pub(super) fn change(&mut self) {
        self.phase = self.phase.other();
        self.emulator.edit(|tenant| tenants::turn(tenant, self.phase));
    }

    /// One audit. The next one starts from it if it is complete.
    pub(super) async fn audit(&mut self, journey: Journey, patience: Option<Patience>) -> Refreshed {
        self.runs += 1;
        let started = now() + TimeDelta::seconds(self.runs);
        let basis = match (journey, self.basis.clone()) {
            (Journey::Delta, basis) => basis.ok_or(WhyFull::NoBasis),
            (Journey::Full | Journey::Naming | Journey::Beside, _) => Err(WhyFull::Asked),
        };
        let (mut reading, watcher) = (everything(), Watcher::default());
        let mut logged_until = None;
        if journey == Journey::Beside {
            (reading, logged_until) = (crate::optional::all(), Some(now()));
        }
        let ask = Ask { tenant: self.tenant.tenant_id, reading: &reading, started, basis, logged_until };
        let own = patience.map(|patience| connect(&self.tenant, &self.http, patience));
        let graph = own.as_ref().unwrap_or(&self.steady);
        let mut refreshed = refresh(graph, ask, &watcher).await;
        let of = refreshed.to_be_named(holders(&refreshed.inventory));
        name_owners(graph, &mut refreshed.inventory, &of, &watcher).await;
        if let (Some(state), true) = (&refreshed.state, refreshed.inventory.is_complete()) {
            let run = RunMark { run_id: RunId::new(started, 1), started };
            let objects = refreshed.inventory.objects.clone();
            self.basis = Some(Basis { since: Since { run, state: state.clone() }, objects });
        }
        refreshed
    }

    /// Everything, without the names of owners.
    pub(super) async fn unnamed(&self) -> Inventory {
        let graph = connect(&self.tenant, &self.http, patience());
        collect(&graph, self.tenant.tenant_id, &everything(), &Watcher::default()).await
    }

    /// What was read before, with the names of owners.
    pub(super) async fn name(&self, mut inventory: Inventory, patience: Option<Patience>) -> Inventory {
        let all = holders(&inventory);
        let own = patience.map(|patience| connect(&self.tenant, &self.http, patience));
        let graph = own.as_ref().unwrap_or(&self.steady);
        name_owners(graph, &mut inventory, &all, &Watcher::default()).await;
        inventory
    }
}

/// As the program does it. Nothing is asked for yet.
fn connect(tenant: &Tenant, http: &Client, patience: Patience) -> Graph {
    let tokens = sign_in::sign_in(tenant, http, Arc::new(now)).unwrap();
    Graph::new(http.clone(), tenant.graph_url.clone(), tokens, patience).within(plenty())
}

/// What has a finding in any audit worth its name.
fn holders(inventory: &Inventory) -> Vec<ObjectKey> {
    let objects = inventory.objects.iter();
    objects.filter(|object| !object.credentials().is_empty()).map(|object| object.key()).collect()
}

/// For all but silence: no attempt ends by the clock, however slow the machine is.
fn steady() -> Patience {
    let (attempt, total) = (Duration::from_secs(60), Duration::from_secs(90));
    Patience { attempt, total, throttled: Duration::from_millis(200), body_limit: 1 << 19, ..patience() }
}

/// For a silence that passes: an attempt is short, and on a slow machine some more may be lost.
pub(super) fn short_attempts() -> Patience {
    Patience { attempt: Duration::from_millis(500), attempts: 20, ..steady() }
}

/// For a silence that lasts.
pub(super) fn short_of_patience() -> Patience {
    Patience { attempt: Duration::from_secs(1), attempts: 3, ..steady() }
}
