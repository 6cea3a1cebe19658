//! An emulated tenant, a store, and the two sign-ins.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::{Config, Environment, StoreUrl, Tenant, parse};
use keysweep::emulator::{
    AUDITOR_ROLES, Emulator, LoggedRequest, ObjectKind, Options, Side, TenantData, Transport, WRITER_ROLES,
    shapes,
};
use keysweep::graph::{Budget, Graph, GraphWriter, Limits, Patience, client, sign_in};
use keysweep::remediation::{Change, Outcome, Plan, PlanId, Purpose, Reversal, Step, StepOutcome};
use keysweep::run::apply::{self, Applied, ApplyError, ApplyJob, Watcher};
use keysweep::store::{Entry, Store, Taken, TenantKey, Turn};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

/// 2026-11-23T06:00:00Z.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_413_600, 0).unwrap()
}

pub(crate) fn days(days: i64) -> DateTime<Utc> {
    now() + TimeDelta::days(days)
}

/// What the tests work on. Ids are literal, so that plans can be written down.
pub(crate) const PAYROLL: &str = "a0000000-0000-4000-8000-000000000001";
pub(crate) const PORTAL: &str = "b0000000-0000-4000-8000-000000000001";
/// These two have a custom policy.
pub(crate) const BOUND_APPLICATION: &str = "a0000000-0000-4000-8000-000000000002";
pub(crate) const BOUND_PRINCIPAL: &str = "b0000000-0000-4000-8000-000000000002";
pub(crate) const STRICT: &str = "c0000000-0000-4000-8000-000000000001";
pub(crate) const LOOSE: &str = "c0000000-0000-4000-8000-000000000002";
/// Assigned to nothing.
pub(crate) const IDLE: &str = "c0000000-0000-4000-8000-000000000003";
pub(crate) const KEY: &str = "d0000000-0000-4000-8000-000000000001";
pub(crate) const OTHER_KEY: &str = "d0000000-0000-4000-8000-000000000002";
pub(crate) const APP_ID: &str = "e0000000-0000-4000-8000-000000000001";

pub(crate) fn secret(id: &str) -> Value {
    shapes::with(shapes::secret("ci", days(-10), Some(days(10))), "keyId", json!(id))
}

fn tenant() -> TenantData {
    let mut tenant = TenantData::empty(now());
    tenant.set_default_policy(json!({
        "id": "f0000000-0000-4000-8000-000000000001",
        "isEnabled": false,
        "applicationRestrictions": {
            "passwordCredentials": [shapes::lifetime("passwordLifetime", "P180D")],
            "keyCredentials": [shapes::lifetime("asymmetricKeyLifetime", "P365D")],
        },
    }));
    tenant.add_application(json!({ "id": PAYROLL, "appId": APP_ID, "displayName": "Payroll",
        "passwordCredentials": [secret(KEY), secret(OTHER_KEY)] }));
    tenant.add_application(json!({ "id": BOUND_APPLICATION, "displayName": "Bound" }));
    tenant.add_service_principal(json!({ "id": PORTAL, "displayName": "Portal", "accountEnabled": true,
        "passwordCredentials": [secret(KEY), secret(OTHER_KEY)] }));
    tenant.add_service_principal(json!({ "id": BOUND_PRINCIPAL, "displayName": "Bound" }));
    for (id, name) in [(STRICT, "Strict"), (LOOSE, "Loose"), (IDLE, "Idle")] {
        tenant.add_policy(json!({ "id": id, "displayName": name, "description": name,
            "restrictions": { "passwordCredentials": [shapes::restriction("passwordAddition")] } }));
    }
    tenant.assign(STRICT, ObjectKind::Application, BOUND_APPLICATION);
    tenant.assign(STRICT, ObjectKind::ServicePrincipal, BOUND_PRINCIPAL);
    tenant
}

/// Waiting is not what is tested: as often as by default, without the pauses.
pub(crate) fn patience() -> apply::Patience {
    let pause = Duration::from_millis(1);
    apply::Patience { pause, longest: pause, ..apply::Patience::default() }
}

/// No attempt ends by the clock, however slow the machine is.
pub(crate) fn steady() -> Patience {
    Patience {
        attempt: Duration::from_secs(60),
        attempts: 2,
        pause: Duration::from_millis(1),
        total: Duration::from_secs(120),
        throttled: Duration::from_secs(5),
        body_limit: 1 << 20,
    }
}

/// For what hangs: whoever waits gives up soon. What is given up here may have been slow alone, which the engine has
/// to find out like anything else.
pub(crate) fn hasty() -> Patience {
    Patience { attempt: Duration::from_millis(500), attempts: 20, ..steady() }
}

/// A budget that is never spent.
fn plenty() -> Arc<Budget> {
    let (most, no_time) = (u32::MAX, Duration::from_nanos(1));
    Arc::new(Budget::new(Limits {
        units: most,
        units_per: no_time,
        key_reads: most,
        key_reads_per: no_time,
        reports: most,
        reports_per: no_time,
        writes: most,
        writes_per: no_time,
        personal_writes: most,
        personal_writes_per: no_time,
    }))
}

/// Remembers what it was told.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<StepOutcome>>);

impl Watcher for Told {
    fn concluded(&self, outcome: &StepOutcome) {
        self.0.lock().unwrap().push(outcome.clone());
    }
}

impl Told {
    pub(crate) fn steps(&self) -> Vec<u32> {
        self.0.lock().unwrap().iter().map(|told| told.step.number).collect()
    }
}

pub(crate) struct Rig {
    pub(crate) emulator: Emulator,
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) turn: Turn,
    pub(crate) told: Told,
    pub(crate) patience: apply::Patience,
    reader: Graph,
    writer: GraphWriter,
    http: reqwest::Client,
    original: TenantData,
    plans: AtomicI64,
    folder: TempDir,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// With these lines below `[remediation]`, and whatever comes after it.
    pub(crate) async fn with(remediation: &str) -> Self {
        let original = tenant();
        let options = Options::new(original.clone(), now(), now);
        let emulator =
            Emulator::start(Options { graph_transport: Transport::PlainHttp, ..options }).await.unwrap();
        emulator.grant(&AUDITOR_ROLES);
        emulator.grant_writer(&WRITER_ROLES);
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, emulator.ca_pem()).unwrap();
        let config = config(&emulator, &ca_file, remediation);
        let http = client::build(Some(&ca_file), client::Proxies::Direct).unwrap();
        let store = Store::open(&StoreUrl::Sqlite(folder.path().join("keysweep.db"))).await.unwrap();
        let turn = take(&store, &config.tenants[0]).await;
        let reader = graph(&config.tenants[0], &http, steady());
        let writer = GraphWriter::new(graph(&config.tenants[0].for_writing().unwrap(), &http, steady()));
        Self {
            emulator,
            config,
            store,
            turn,
            told: Told::default(),
            patience: patience(),
            reader,
            writer,
            http,
            original,
            plans: AtomicI64::new(0),
            folder,
        }
    }

    pub(crate) fn tenant(&self) -> &Tenant {
        &self.config.tenants[0]
    }

    pub(crate) fn key(&self) -> TenantKey {
        TenantKey::from(self.tenant())
    }

    pub(crate) fn writer(&self) -> &GraphWriter {
        &self.writer
    }

    /// From now on both sign-ins wait like this, with new tokens.
    pub(crate) fn wait_like(&mut self, patience: Patience) {
        self.reader = graph(self.tenant(), &self.http, patience.clone());
        self.writer = GraphWriter::new(graph(&self.tenant().for_writing().unwrap(), &self.http, patience));
    }

    /// The tenant as it was, and nothing goes wrong any more.
    pub(crate) fn reset(&self) {
        self.emulator.clear_faults();
        self.emulator.edit(|tenant| *tenant = self.original.clone());
        self.emulator.clear_log();
    }

    /// A plan of these changes, kept.
    pub(crate) async fn plan(&self, changes: Vec<Change>) -> Plan {
        let plan = self.sealed(changes);
        self.store.keep_plan(&self.key(), &plan).await.unwrap();
        plan
    }

    /// A plan that is not kept. No two are the same.
    pub(crate) fn sealed(&self, changes: Vec<Change>) -> Plan {
        let created = now() + TimeDelta::seconds(self.plans.fetch_add(1, Ordering::Relaxed));
        let steps = (1..).zip(changes).map(|(number, change)| step(number, change)).collect();
        let plan = Plan {
            schema_version: 0,
            plan_id: PlanId::new(""),
            purpose: Purpose::Manual { command: "a test".to_owned() },
            tenant: self.tenant().name.clone(),
            tenant_id: self.tenant().tenant_id,
            run_id: None,
            created,
            expires: created + TimeDelta::days(7),
            steps,
            left_out: Vec::new(),
            seal: String::new(),
        };
        plan.sealed().unwrap()
    }

    pub(crate) fn job<'a>(&'a self, plan: &'a Plan) -> ApplyJob<'a> {
        ApplyJob {
            config: &self.config,
            tenant: self.tenant(),
            store: &self.store,
            turn: &self.turn,
            plan,
            reader: &self.reader,
            writer: &self.writer,
            clock: now,
            patience: self.patience,
            watcher: &self.told,
        }
    }

    /// The turn passes to another process, which is us from now on.
    pub(crate) async fn take_over(&mut self) -> Turn {
        self.sql("UPDATE tenant SET lease_until = 0").await;
        let turn = take(&self.store, self.tenant()).await;
        std::mem::replace(&mut self.turn, turn)
    }

    pub(crate) async fn apply(&self, plan: &Plan) -> Result<Applied, ApplyError> {
        apply::apply(self.job(plan)).await
    }

    /// What came of each step, which must be what is on record.
    pub(crate) async fn outcomes(&self, plan: &Plan) -> Vec<Outcome> {
        let applied = self.apply(plan).await.unwrap();
        let outcomes: Vec<Outcome> = applied.steps.into_iter().map(|step| step.outcome).collect();
        let reached = outcomes.iter().filter(|outcome| **outcome != Outcome::NotReached);
        let recorded: Vec<Outcome> =
            self.journal(plan).await.into_iter().map(|entry| entry.outcome.unwrap()).collect();
        assert_eq!(recorded, reached.cloned().collect::<Vec<_>>());
        outcomes
    }

    /// What came of a plan of one change.
    pub(crate) async fn outcome(&self, change: Change) -> Outcome {
        let plan = self.plan(vec![change]).await;
        self.outcomes(&plan).await.remove(0)
    }

    pub(crate) async fn journal(&self, plan: &Plan) -> Vec<Entry> {
        self.store.journal(&self.key(), &plan.plan_id).await.unwrap()
    }

    /// What was sent to change something, in order.
    pub(crate) fn writes(&self) -> Vec<LoggedRequest> {
        let mut log = self.emulator.log();
        log.retain(|request| request.side == Side::Graph && request.method != "GET");
        log
    }

    /// Of those, the ones that were carried out.
    pub(crate) fn carried_out(&self) -> Vec<LoggedRequest> {
        let mut writes = self.writes();
        writes.retain(|request| request.served.is_some_and(|status| status < 300));
        writes
    }

    /// Does something behind the store's back.
    pub(crate) async fn sql(&self, statement: &str) {
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("keysweep.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// All that a plan could change.
    pub(crate) fn state(&self) -> Value {
        self.emulator.edit(|tenant| state(tenant))
    }
}

pub(crate) fn state(tenant: &TenantData) -> Value {
    let mut objects = serde_json::Map::new();
    for kind in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
        for id in tenant.ids(kind) {
            let object = tenant.object(kind, &id).unwrap();
            let of = |name: &str| object.get(name).cloned().unwrap_or_default();
            let assigned = tenant.assigned_to(kind, &id);
            objects.insert(id, json!([of("passwordCredentials"), of("accountEnabled"), assigned]));
        }
    }
    let mut default = tenant.default_policy().clone();
    default.as_object_mut().unwrap().remove("id");
    let policies: Vec<&Value> = tenant.policies().iter().collect();
    json!({ "default": default, "policies": policies, "objects": objects })
}

/// A step that a person asked for.
pub(crate) fn step(number: u32, change: Change) -> Step {
    let reversal = Reversal::Full;
    Step {
        number,
        action: None,
        change,
        because: Vec::new(),
        fresh: false,
        reversal,
        consequences: Vec::new(),
    }
}

fn graph(tenant: &Tenant, http: &reqwest::Client, patience: Patience) -> Graph {
    let tokens = sign_in::sign_in(tenant, http, Arc::new(now)).unwrap();
    Graph::new(http.clone(), tenant.graph_url.clone(), tokens, patience).within(plenty())
}

pub(crate) async fn take(store: &Store, tenant: &Tenant) -> Turn {
    match store.take_turn(&TenantKey::from(tenant), "this process").await.unwrap() {
        Taken::Ours { turn, unfinished: _ } => turn,
        Taken::Busy { holder } => panic!("{holder} has it"),
    }
}

fn config(emulator: &Emulator, ca_file: &Path, remediation: &str) -> Config {
    let text = format!(
        "[[tenant]]\nname = 'contoso'\ntenant_id = '{}'\nclient_id = '{}'\n\
         graph_url = '{}'\nauthority_url = '{}'\nca_file = '{}'\n\
         [tenant.credential]\ntype = 'client-secret'\nsecret_env = 'AUDITOR'\n\
         [remediation.credential]\ntype = 'client-secret'\nclient_id = '{}'\nsecret_env = 'WRITER'\n\
         [remediation]\n{remediation}\n",
        emulator.tenant_id(),
        emulator.client_id(),
        emulator.graph_url(),
        emulator.authority_url(),
        ca_file.display(),
        emulator.writer_client_id(),
    );
    let secrets = [("AUDITOR", emulator.client_secret()), ("WRITER", emulator.writer_secret())];
    let environment = Environment::from_iter(secrets);
    parse(&text, Path::new("keysweep.toml"), &environment)
        .unwrap_or_else(|problems| panic!("{problems}"))
        .config
}
