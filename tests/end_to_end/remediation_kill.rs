//! `keysweep apply` killed with SIGKILL in the middle of a plan, and started again: in the end everything is done, and
//! done once.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::TimeDelta;
use keysweep::config::StoreUrl;
use keysweep::domain::{KeyId, ObjectId, ObjectKind, TenantId, Text};
use keysweep::emulator::{Fault, LoggedRequest, Options, Side, TenantData, WRITER_ROLES, shapes};
use keysweep::remediation::{
    Change, Outcome, Plan, PlanId, PolicyRef, Purpose, Reversal, Step, Target, tenant_default,
};
use keysweep::store::{Entry, PlanState, Store, TenantKey};
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tokio::runtime::Runtime;

use crate::world::{World, now, text, until};

const PAYROLL: &str = "a0000000-0000-4000-8000-000000000001";
const PORTAL: &str = "b0000000-0000-4000-8000-000000000001";
const KEY: &str = "d0000000-0000-4000-8000-000000000001";
const POLICIES: &str = "/v1.0/policies/appManagementPolicies";
const DEFAULT: &str = "/v1.0/policies/defaultAppManagementPolicy";
const ASSIGNED: &str = "/v1.0/applications/a0000000-0000-4000-8000-000000000001/appManagementPolicies";
const SECRETS: &str = "/v1.0/servicePrincipals/b0000000-0000-4000-8000-000000000001";

/// Each step: where it is looked at, and what is sent.
const STEPS: [(&str, &str, &str); 4] = [
    (POLICIES, "POST", POLICIES),
    (ASSIGNED, "POST", "/v1.0/applications/a0000000-0000-4000-8000-000000000001/appManagementPolicies/$ref"),
    (SECRETS, "POST", "/v1.0/servicePrincipals/b0000000-0000-4000-8000-000000000001/removePassword"),
    (DEFAULT, "PATCH", DEFAULT),
];

/// An emulated tenant, and a plan of four steps on record.
struct Stand {
    world: World,
    runtime: Runtime,
    plan: Plan,
}

impl Stand {
    fn new() -> Self {
        let options = Options::new(tenant(), now(), now);
        let writer_roles = WRITER_ROLES.map(str::to_owned).to_vec();
        let world = World::with(Options { writer_roles, ..options });
        let certificate = world.path("writer.pem");
        fs::write(&certificate, world.emulator.writer_certificate_pem()).unwrap();
        fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600)).unwrap();
        world.configure(&format!(
            "[remediation.credential]\nclient_id = '{}'\ntype = 'certificate'\ncertificate_file = 'writer.pem'\n",
            world.emulator.writer_client_id()
        ));
        let plan = plan(&world);
        let stand = Self { world, runtime: Runtime::new().unwrap(), plan };
        let store = stand.store();
        stand.runtime.block_on(store.keep_plan(&stand.key(), &stand.plan)).unwrap();
        stand
    }

    fn store(&self) -> Store {
        let file = self.world.path("data/keysweep.db");
        self.runtime.block_on(Store::open(&StoreUrl::Sqlite(file))).unwrap()
    }

    fn key(&self) -> TenantKey {
        TenantKey { name: self.plan.tenant.clone(), tenant_id: self.plan.tenant_id }
    }

    fn journal(&self) -> Vec<Entry> {
        let store = self.store();
        self.runtime.block_on(store.journal(&self.key(), &self.plan.plan_id)).unwrap()
    }

    fn apply(&self) -> [&str; 3] {
        ["apply", self.plan.plan_id.as_str(), "--yes"]
    }

    /// Starts applying, and kills it as soon as this request is not answered.
    fn kill_at(&self, what: &str, fault: Fault, method: &str, path: &str, has_acted: bool) {
        self.world.emulator.clear_log();
        self.world.emulator.fault(fault.hang());
        let mut process = self.world.start(&self.apply());
        until(what, || {
            if let Some(ended) = process.0.try_wait().unwrap() {
                panic!("{what}: {ended}: {}", fs::read_to_string(self.world.path("log")).unwrap());
            }
            let log = self.world.emulator.log();
            log.last().is_some_and(|last| hangs(last, method, path) && last.served.is_some() == has_acted)
        });
        process.signal("KILL");
        process.0.wait().unwrap();
        self.world.emulator.clear_faults();
        self.runtime.block_on(self.let_the_lease_run_out());
    }

    /// What a dead process holds, it holds for twenty seconds more.
    async fn let_the_lease_run_out(&self) {
        let options = SqliteConnectOptions::new().filename(self.world.path("data/keysweep.db"));
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::raw_sql("UPDATE tenant SET lease_until = 0").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Starts once more, and makes sure that everything is done.
    fn finish(&self) {
        let said = self.world.keysweep(&self.apply());
        assert_eq!(said.status.code(), Some(0), "{}{}", text(&said.stdout), text(&said.stderr));
        let outcomes: Vec<_> = self.journal().into_iter().map(|entry| entry.outcome).collect();
        let is_done = |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Done { .. }));
        assert!(outcomes.len() == 4 && outcomes.iter().all(is_done), "{outcomes:?}");
        let store = self.store();
        let kept = self.runtime.block_on(store.kept_plan(&self.key(), &self.plan.plan_id)).unwrap().unwrap();
        assert_eq!(kept.state, PlanState::Applied);
        self.world.emulator.edit(|tenant| {
            let policies: Vec<&str> =
                tenant.policies().iter().map(|policy| policy["id"].as_str().unwrap()).collect();
            let assigned = tenant.assigned_to(keysweep::emulator::ObjectKind::Application, PAYROLL);
            assert_eq!(policies, assigned, "one policy, which is assigned");
            let portal = tenant.object(keysweep::emulator::ObjectKind::ServicePrincipal, PORTAL).unwrap();
            assert_eq!(portal["passwordCredentials"], json!([]));
            let Change::SetTenantDefault { after, .. } = &self.plan.steps[3].change else { panic!() };
            assert!(tenant_default::same(tenant.default_policy(), after));
        });
    }
}

fn hangs(request: &LoggedRequest, method: &str, path: &str) -> bool {
    request.side == Side::Graph
        && request.method == method
        && request.path == path
        && request.status.is_none()
}

fn tenant() -> TenantData {
    let mut tenant = TenantData::empty(now());
    tenant.add_application(json!({ "id": PAYROLL, "displayName": "Payroll" }));
    let (start, end) = (now() - TimeDelta::days(9), now() + TimeDelta::days(9));
    let secret = shapes::with(shapes::secret("ci", start, Some(end)), "keyId", json!(KEY));
    tenant.add_service_principal(
        json!({ "id": PORTAL, "displayName": "Portal", "passwordCredentials": [secret] }),
    );
    tenant
}

fn plan(world: &World) -> Plan {
    let target = |object_type, id: &str| Target {
        object_type,
        object_id: ObjectId(id.parse().unwrap()),
        app_id: None,
        display_name: Text::new("x"),
        personal_accounts: false,
    };
    let default = world.emulator.edit(|tenant| tenant.default_policy().clone());
    let body = json!({ "displayName": "No secrets", "description": "None.", "isEnabled": true,
        "restrictions": { "passwordCredentials": [shapes::restriction("passwordAddition")], "keyCredentials": [] } });
    let portal = world
        .emulator
        .edit(|tenant| tenant.object(keysweep::emulator::ObjectKind::ServicePrincipal, PORTAL))
        .unwrap();
    let time = |member: &str| portal["passwordCredentials"][0][member].as_str().unwrap().parse().ok();
    let changes = [
        Change::CreatePolicy { body },
        Change::AssignPolicy {
            object: target(ObjectKind::Application, PAYROLL),
            policy: PolicyRef::CreatedBy { step: 1, display_name: Text::new("No secrets") },
        },
        Change::RemovePassword {
            object: target(ObjectKind::ServicePrincipal, PORTAL),
            key_id: KeyId(KEY.parse().unwrap()),
            name: Some(Text::new("ci")),
            start: time("startDateTime"),
            end: time("endDateTime"),
        },
        Change::SetTenantDefault {
            before: tenant_default::settings(&default),
            after: tenant_default::block(&default),
        },
    ];
    let step = |(number, change)| Step {
        number,
        action: None,
        change,
        because: Vec::new(),
        fresh: false,
        reversal: Reversal::Full,
        consequences: Vec::new(),
    };
    let plan = Plan {
        schema_version: 0,
        plan_id: PlanId::new(""),
        purpose: Purpose::Manual { command: "a test".to_owned() },
        tenant: "contoso".to_owned(),
        tenant_id: TenantId(world.emulator.tenant_id().parse().unwrap()),
        run_id: None,
        created: now(),
        expires: now() + TimeDelta::days(1),
        steps: (1..).zip(changes).map(step).collect(),
        left_out: Vec::new(),
        seal: String::new(),
    };
    plan.sealed().unwrap()
}

#[test]
fn a_process_killed_before_a_change_or_after_it_leaves_what_the_next_one_finishes() {
    let stand = Stand::new();
    for (look, method, path) in STEPS {
        let fault = Fault::on(Side::Graph, "GET", look);
        stand.kill_at(&format!("the look before {path}"), fault, "GET", look, false);
        let fault = Fault::on(Side::Graph, method, path).acting();
        stand.kill_at(&format!("the answer to {path}"), fault, method, path, true);
        assert_eq!(stand.journal().last().unwrap().outcome, None, "intended, and not concluded");
    }
    stand.world.emulator.clear_log();
    stand.finish();
    assert_eq!(sent(&stand), 0, "all was carried out before");
}

#[test]
fn a_process_killed_while_it_reads_back_leaves_what_the_next_one_finishes() {
    let stand = Stand::new();
    for (look, _, path) in STEPS {
        let fault = Fault::on(Side::Graph, "GET", look).after(1);
        stand.kill_at(&format!("the look after {path}"), fault, "GET", look, false);
        assert_eq!(stand.journal().last().unwrap().outcome, None, "intended, and not concluded");
    }
    stand.world.emulator.clear_log();
    stand.finish();
    assert_eq!(sent(&stand), 0, "all was carried out before");
}

fn sent(stand: &Stand) -> usize {
    let log = stand.world.emulator.log();
    log.iter().filter(|request| request.side == Side::Graph && request.method != "GET").count()
}

/// The next start waits for as long as a replica may lag before it believes that nothing was done.
fn killed_before_graph_acted(step: usize) {
    let stand = Stand::new();
    let (_, method, path) = STEPS[step];
    let fault = Fault::on(Side::Graph, method, path);
    stand.kill_at(&format!("the request {path}"), fault, method, path, false);
    stand.world.emulator.clear_log();
    stand.finish();
    assert_eq!(sent(&stand), STEPS.len() - step, "this one and those after it");
    assert_eq!(stand.journal()[step].attempts, 2);
}

#[test]
fn a_process_killed_before_graph_created_a_policy_creates_it_the_next_time() {
    killed_before_graph_acted(0);
}

#[test]
fn a_process_killed_before_graph_assigned_a_policy_assigns_it_the_next_time() {
    killed_before_graph_acted(1);
}

#[test]
fn a_process_killed_before_graph_removed_a_secret_removes_it_the_next_time() {
    killed_before_graph_acted(2);
}

#[test]
fn a_process_killed_before_graph_changed_the_tenant_default_changes_it_the_next_time() {
    killed_before_graph_acted(3);
}

#[test]
fn a_plan_whose_process_was_killed_over_a_change_is_taken_back_and_not_gone_on_with() {
    let stand = Stand::new();
    let fault = Fault::on(Side::Graph, "POST", POLICIES).acting();
    stand.kill_at("the answer", fault, "POST", POLICIES, true);
    let id = stand.plan.plan_id.as_str();
    let said = |arguments: &[&str], code: i32| {
        let output = stand.world.keysweep(arguments);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    };
    let named = said(&["policy", "block-all"], 0);
    assert!(named.contains(&format!("Plan {id} was interrupted")), "{named}");
    assert!(named.contains(&format!("`keysweep undo {id}` takes it back")), "{named}");
    let preview = said(&["undo", id], 0);
    assert!(preview.contains("Delete the custom policy"), "{preview}");
    assert_eq!(stand.journal()[0].outcome, None, "a preview writes nothing of it");
    let refused = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    stand.world.emulator.fault(Fault::on(Side::Graph, "GET", POLICIES).answer(403, &refused).always());
    let unclear = said(&["undo", id], 5);
    assert!(unclear.contains("nobody knows whether it was done"), "{unclear}");
    stand.world.emulator.clear_faults();
    said(&["undo", id, "--yes"], 0);
    stand.world.emulator.edit(|tenant| assert_eq!(tenant.policies().len(), 0));
    assert!(matches!(stand.journal()[0].outcome, Some(Outcome::Done { found: true, .. })));
    let again = said(&["apply", id, "--yes"], 2);
    assert!(again.contains(&format!("The plan `{id}` was taken back")), "{again}");
    assert!(said(&["undo"], 0).contains("taken-back"));
}
