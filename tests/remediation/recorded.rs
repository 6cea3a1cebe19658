//! Plans that rest on a run on record, made with the real reading, the real store and an emulated tenant.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::config::{Config, Environment, StoreUrl, Tenant, parse};
use keysweep::domain::{RunId, Whom};
use keysweep::emulator::{Emulator, Fault, ObjectKind, Options, Side, TenantData, Transport, shapes};
use keysweep::graph::Budgets;
use keysweep::remediation::{Action, Plan, Selection};
use keysweep::run::{
    self, Extent, Job, Keeping, Lines, PlanJob, PlanningError, Remediating, Sending, plan_recorded,
};
use keysweep::store::{PlanState, Store, Taken, TenantKey};
use serde_json::json;
use tempfile::TempDir;

use crate::world::lines;

/// 2026-11-23T06:00:00Z, and as many seconds later as this test says.
static LATER: AtomicI64 = AtomicI64::new(0);

fn moving() -> DateTime<Utc> {
    start() + TimeDelta::seconds(LATER.load(Ordering::Relaxed))
}

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_413_600, 0).unwrap()
}

const PAYROLL: &str = "a0000000-0000-4000-8000-000000000001";

/// `Payroll` holds a secret that has expired; the tenant default was never configured.
fn tenant() -> TenantData {
    let mut tenant = TenantData::empty(start());
    let old = shapes::secret("old", start() - TimeDelta::days(100), Some(start() - TimeDelta::days(1)));
    let old = shapes::with(old, "keyId", json!("d0000000-0000-4000-8000-00000000000a"));
    tenant.add_application(json!({ "id": PAYROLL, "displayName": "Payroll", "passwordCredentials": [old] }));
    tenant
}

/// A tenant that is audited and planned for.
struct Rig {
    emulator: Emulator,
    store: Store,
    folder: TempDir,
    clock: fn() -> DateTime<Utc>,
}

impl Rig {
    async fn at(clock: fn() -> DateTime<Utc>) -> Self {
        let options = Options::new(tenant(), start(), clock);
        let emulator =
            Emulator::start(Options { graph_transport: Transport::PlainHttp, ..options }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), emulator.ca_pem()).unwrap();
        std::fs::write(folder.path().join("secret"), emulator.client_secret()).unwrap();
        let store = Store::open(&StoreUrl::Sqlite(folder.path().join("keysweep.db"))).await.unwrap();
        Self { emulator, store, folder, clock }
    }

    async fn new() -> Self {
        Self::at(start).await
    }

    /// The configuration with this at its end.
    fn config(&self, rest: &str) -> Config {
        let text = format!(
            "[reports]\ndirectory = \"{folder}/reports\"\n[[tenant]]\nname = \"contoso\"\ntenant_id = \"{}\"\n\
             client_id = \"{}\"\ngraph_url = \"{}\"\nauthority_url = \"{}\"\nca_file = \"{folder}/ca.pem\"\n\
             [tenant.credential]\ntype = \"client-secret\"\nsecret_file = \"{folder}/secret\"\n{rest}",
            self.emulator.tenant_id(),
            self.emulator.client_id(),
            self.emulator.graph_url(),
            self.emulator.authority_url(),
            folder = self.folder.path().display(),
        );
        let origin = self.folder.path().join("keysweep.toml");
        let loaded = parse(&text, &origin, &Environment::default());
        loaded.unwrap_or_else(|problems| panic!("{problems}")).config
    }

    /// Audits, and says which run that was.
    async fn audit(&self) -> RunId {
        let config = self.config("");
        let tenant = &config.tenants[0];
        let turn = match self.store.take_turn(&TenantKey::from(tenant), "here:1:1").await.unwrap() {
            Taken::Ours { turn, .. } => turn,
            Taken::Busy { holder } => panic!("{holder}"),
        };
        let keeping = Keeping::Store { store: &self.store, turn: &turn, planned: None };
        let budgets = Budgets::default();
        let outcome = run::audit(Job {
            config: &config,
            tenant,
            sending: Sending::Withhold,
            extent: Extent::Everything,
            remediating: Remediating::Never,
            clock: self.clock,
            progress: &Lines,
            budgets: &budgets,
            keeping,
        });
        let outcome = Box::pin(outcome).await.unwrap();
        self.store.end_turn(&turn).await.unwrap();
        self.emulator.clear_log();
        outcome.report.header.run_id
    }

    async fn plan(&self, config: &Config, ask: Ask<'_>) -> Result<Plan, PlanningError> {
        let tenant: &Tenant = &config.tenants[0];
        let reader = run::apply::reader(tenant, self.clock, &Budgets::default()).unwrap();
        let Ask { selection, run, unattended } = ask;
        let (store, reader, clock) = (&self.store, &reader, self.clock);
        Box::pin(plan_recorded(PlanJob { config, tenant, store, reader, run, selection, unattended, clock }))
            .await
    }

    /// What was asked of Graph.
    fn asked(&self) -> Vec<String> {
        let log = self.emulator.log().into_iter().filter(|request| request.side == Side::Graph);
        log.map(|request| format!("{} {}", request.method, request.path)).collect()
    }
}

#[derive(Clone, Copy)]
struct Ask<'a> {
    selection: &'a Selection,
    run: Option<&'a RunId>,
    unattended: bool,
}

const ALL: Ask<'_> =
    Ask { selection: &Selection { actions: None, objects: None }, run: None, unattended: false };

const REMOVING: &str = "[remediation]\nactions = [\"remove-expired-secrets\"]\n";

#[tokio::test]
async fn a_plan_rests_on_the_last_complete_run_and_is_kept() {
    let rig = Rig::new().await;
    let config = rig.config(REMOVING);
    let error = rig.plan(&config, ALL).await.unwrap_err();
    assert!(matches!(error, PlanningError::NoRun { incomplete: None, .. }), "{error:?}");
    assert!(error.explain().contains("Audit the tenant first"), "{}", error.explain());

    let first = rig.audit().await;
    let plan = rig.plan(&config, ALL).await.unwrap();
    assert_eq!(lines(&plan), ["remove-expired-secrets Payroll #a fresh"]);
    assert_eq!(plan.run_id.as_ref(), Some(&first));
    assert_eq!(plan.steps[0].because[0].first_seen, Some(start()));
    assert_eq!(rig.asked(), [""; 0], "nothing hangs on Graph");
    let kept = rig.store.plans(&TenantKey::from(&config.tenants[0])).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].plan, kept[0].state), (&plan, PlanState::Made));

    let refused = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").answer(403, &refused).always());
    let incomplete = rig.audit().await;
    assert_ne!(first, incomplete);
    let plan = rig.plan(&config, ALL).await.unwrap();
    assert_eq!(plan.run_id.as_ref(), Some(&first), "an incomplete run is no basis");
    let error = rig.plan(&config, Ask { run: Some(&incomplete), ..ALL }).await.unwrap_err();
    assert!(matches!(error, PlanningError::NotLast { .. }), "{error:?}");

    rig.emulator.clear_faults();
    let third = rig.audit().await;
    let error = rig.plan(&config, Ask { run: Some(&first), ..ALL }).await.unwrap_err();
    assert!(error.explain().contains(third.as_str()), "{}", error.explain());
    assert!(rig.plan(&config, Ask { run: Some(&third), ..ALL }).await.is_ok());
}

#[tokio::test]
async fn graph_is_asked_for_policies_where_an_action_hangs_on_them_and_never_written_to() {
    let rig = Rig::new().await;
    rig.audit().await;
    let (default, custom) =
        ("GET /v1.0/policies/defaultAppManagementPolicy", "GET /v1.0/policies/appManagementPolicies");
    for (actions, asked) in [
        ("\"remove-expired-secrets\", \"create-policy\"", vec![]),
        ("\"block-tenant-default\"", vec![default]),
        ("\"assign-policy\", \"create-policy\"", vec![custom]),
        ("\"assign-policy\", \"block-tenant-default\"", vec![default, custom]),
    ] {
        rig.emulator.clear_log();
        let config = rig.config(&format!("[remediation]\nactions = [{actions}]\n"));
        rig.plan(&config, ALL).await.unwrap();
        assert_eq!(rig.asked(), asked, "{actions}");
    }
    let refused = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    let path = "/v1.0/policies/defaultAppManagementPolicy";
    rig.emulator.fault(Fault::on(Side::Graph, "GET", path).answer(403, &refused).always());
    let config = rig.config("[remediation]\nactions = [\"block-tenant-default\"]\n");
    let error = rig.plan(&config, ALL).await.unwrap_err();
    assert!(error.explain().contains("Policy.Read"), "{}", error.explain());
}

#[tokio::test]
async fn what_is_planned_is_what_graph_says_now() {
    let rig = Rig::new().await;
    rig.audit().await;
    let config = rig.config("[remediation]\nactions = [\"assign-policy\", \"block-tenant-default\"]\n");
    let plan = rig.plan(&config, ALL).await.unwrap();
    assert_eq!(lines(&plan), ["block-tenant-default fresh", "- assign-policy Payroll (no-policy)"]);
    rig.emulator.edit(|tenant| {
        let name = config.remediation.orders.policy.name.clone();
        let blocking = shapes::restriction("passwordAddition");
        tenant.add_policy(json!({ "displayName": name, "description": "Ours.",
            "restrictions": { "passwordCredentials": [blocking] } }));
    });
    let plan = rig.plan(&config, ALL).await.unwrap();
    assert_eq!(lines(&plan), ["block-tenant-default fresh", "assign-policy Payroll fresh"]);
}

#[tokio::test]
async fn what_is_not_allowed_or_not_there_is_refused() {
    let rig = Rig::new().await;
    rig.audit().await;
    let nothing = rig.config("");
    let error = rig.plan(&nothing, ALL).await.unwrap_err();
    assert!(matches!(error, PlanningError::NothingAllowed), "{error:?}");
    let config = rig.config(REMOVING);
    let select = async |selection: Selection| rig.plan(&config, Ask { selection: &selection, ..ALL }).await;
    let of = |action| Selection { actions: Some([action].into()), objects: None };
    let error = select(of(Action::BlockTenantDefault)).await.unwrap_err();
    assert!(error.explain().contains("`block-tenant-default` is not among"), "{}", error.explain());
    assert!(select(of(Action::RemoveExpiredSecrets)).await.is_ok());
    let on = |whom: &str| {
        let whom = whom.parse().map_or_else(|_| Whom::Name(whom.to_owned()), Whom::Id);
        Selection { actions: None, objects: Some(vec![whom]) }
    };
    for (whom, steps) in
        [("pay*", Some(1)), (PAYROLL, Some(1)), (rig.emulator.tenant_id(), Some(0)), ("Ledger", None)]
    {
        let planned = select(on(whom)).await;
        assert_eq!(planned.as_ref().ok().map(|plan| plan.steps.len()), steps, "{whom}");
        if let Err(error) = planned {
            assert!(error.explain().contains("saw nothing that goes by `Ledger`"), "{}", error.explain());
        }
    }
}

#[tokio::test]
async fn what_was_accepted_or_protected_since_is_left_out() {
    let rig = Rig::new().await;
    rig.audit().await;
    let exception = "[[exception]]\nname = \"Payroll\"\nrules = [\"client-secret-expired\"]\nreason = \"Needed.\"\n\
                     accepted_by = \"Adele\"\nexpires = 2027-01-01\n";
    let plan = rig.plan(&rig.config(&format!("{REMOVING}{exception}")), ALL).await.unwrap();
    assert_eq!(lines(&plan), ["- remove-expired-secrets Payroll #a (excepted)"]);
    let plan = rig.plan(&rig.config(&format!("{REMOVING}protected = [\"{PAYROLL}\"]\n")), ALL).await.unwrap();
    assert_eq!(lines(&plan), ["- remove-expired-secrets Payroll #a (protected)"]);
}

/// Found on one day, still there two weeks later, gone and back the day after.
#[tokio::test]
async fn grace_counts_from_the_first_run_that_found_it() {
    let rig = Rig::at(moving).await;
    let config = rig.config(REMOVING);
    let alone = Ask { unattended: true, ..ALL };
    let left = ["- remove-expired-secrets Payroll #a (fresh)"];
    let day = 86_400;
    rig.audit().await;
    assert_eq!(lines(&rig.plan(&config, alone).await.unwrap()), left);
    LATER.store(14 * day - 1, Ordering::Relaxed);
    rig.audit().await;
    assert_eq!(lines(&rig.plan(&config, alone).await.unwrap()), left);
    LATER.store(14 * day, Ordering::Relaxed);
    let plan = rig.plan(&config, alone).await.unwrap();
    assert_eq!(lines(&plan), ["remove-expired-secrets Payroll #a"]);
    assert_eq!(plan.steps[0].because[0].first_seen, Some(start()));

    let take = |to: Option<serde_json::Value>| {
        rig.emulator.edit(|tenant| {
            let mut held = None;
            tenant.edit(ObjectKind::Application, PAYROLL, |object| {
                held = object.insert("passwordCredentials".to_owned(), to.unwrap_or_else(|| json!([])));
            });
            held
        })
    };
    let held = take(None);
    LATER.store(15 * day, Ordering::Relaxed);
    rig.audit().await;
    assert_eq!(lines(&rig.plan(&config, alone).await.unwrap()), [""; 0]);
    take(held);
    LATER.store(16 * day, Ordering::Relaxed);
    rig.audit().await;
    assert_eq!(lines(&rig.plan(&config, alone).await.unwrap()), left, "it is back since today");
}
