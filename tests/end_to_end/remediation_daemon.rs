//! What the daemon puts right after a run, or says that it would.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use chrono::TimeDelta;
use keysweep::config::StoreUrl;
use keysweep::emulator::{
    Fault, LoggedRequest, ObjectKind, Side, TenantData, WRITER_ROLES, scenario, shapes,
};
use keysweep::remediation::Plan;
use keysweep::store::{KeptPlan, PlanState, Store, TenantKey};
use mailparse::MailHeaderMap as _;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::cluster::within;
use crate::mail::parts;
use crate::world::{World, now, text};

const EVERY_SECOND: &str = "[schedule]\ncron = \"* * * * * *\"\n";
const MAIL: &str = "[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"from@contoso.example\"\n\
     to = [\"to@contoso.example\"]\n";

/// A tenant that is well but for applications that still hold an expired secret each.
struct Tenant {
    world: World,
    /// Their ids.
    applications: Vec<String>,
}

impl Tenant {
    fn new(names: &[&str]) -> Self {
        let mut tenant: TenantData = scenario::perfect(now());
        let applications = names.iter().map(|name| tenant.add_application(expired(name))).collect();
        let world = World::new(tenant);
        world.emulator.grant_writer(&WRITER_ROLES);
        let certificate = world.path("writer.pem");
        fs::write(&certificate, world.emulator.writer_certificate_pem()).unwrap();
        fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600)).unwrap();
        Self { world, applications }
    }

    /// Expired secrets are removed in this mode.
    fn configure(&self, mode: &str, more: &str) {
        let writer = self.world.emulator.writer_client_id();
        self.world.configure(&format!(
            "{EVERY_SECOND}{MAIL}[remediation]\nmode = \"{mode}\"\nactions = [\"remove-expired-secrets\"]\n{more}\
             [remediation.credential]\ntype = \"certificate\"\nclient_id = \"{writer}\"\n\
             certificate_file = \"writer.pem\"\n"
        ));
    }

    fn log(&self) -> String {
        fs::read_to_string(self.world.path("log")).unwrap_or_default()
    }

    /// Waits for a mail whose plain text says so.
    fn mail(&self, says: &str) -> Mail {
        let mut found = None;
        let logs = || format!("{}\n{:#?}", self.log(), self.mails().pop().map(|mail| mail.text));
        within(60, &format!("a mail that says `{says}`"), logs, || {
            found = self.mails().into_iter().find(|mail| mail.text.contains(says));
            found.is_some()
        });
        found.unwrap()
    }

    /// All mails, oldest first.
    fn mails(&self) -> Vec<Mail> {
        let Ok(entries) = fs::read_dir(self.world.path("mail")) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
        files.sort();
        files.iter().map(|path| Mail::read(&fs::read(path).unwrap())).collect()
    }

    /// How many secrets an application has.
    fn secrets(&self, id: &str) -> usize {
        let object = self.world.emulator.edit(|tenant| tenant.object(ObjectKind::Application, id));
        object.unwrap()["passwordCredentials"].as_array().map_or(0, Vec::len)
    }

    fn all_secrets(&self) -> Vec<usize> {
        self.applications.iter().map(|id| self.secrets(id)).collect()
    }

    /// Where the secret of the first application is removed.
    fn removal(&self) -> String {
        format!("/v1.0/applications/{}/removePassword", self.applications[0])
    }

    /// What was asked of Graph other than to tell something.
    fn writes(&self) -> Vec<LoggedRequest> {
        let mut requests = self.world.requests();
        requests.retain(|request| request.method != "GET" && !request.path.ends_with("/$batch"));
        requests
    }

    /// Who signed in.
    fn signed_in(&self) -> Vec<String> {
        let log = self.world.emulator.log().into_iter();
        log.filter(|request| request.side == Side::Authority).filter_map(|request| request.client).collect()
    }

    fn plans(&self) -> Vec<KeptPlan> {
        let url = StoreUrl::Sqlite(self.world.path("data/keysweep.db"));
        let tenant_id = serde_json::from_value(json!(self.world.emulator.tenant_id())).unwrap();
        let key = TenantKey { name: "contoso".to_owned(), tenant_id };
        Runtime::new()
            .unwrap()
            .block_on(async { Store::open(&url).await.unwrap().plans(&key).await.unwrap() })
    }

    fn stop(&self, mut daemon: crate::world::Running) {
        daemon.signal("TERM");
        assert_eq!(daemon.0.wait().unwrap().code(), Some(0), "{}", self.log());
    }
}

fn expired(name: &str) -> Value {
    let start = now() - TimeDelta::days(100);
    json!({
        "displayName": name,
        "passwordCredentials": [shapes::secret("old", start, Some(now() - TimeDelta::days(1)))],
    })
}

/// A mail as it was written.
struct Mail {
    subject: String,
    text: String,
    html: String,
    attachments: Vec<(String, Vec<u8>)>,
}

impl Mail {
    fn read(bytes: &[u8]) -> Self {
        let mail = mailparse::parse_mail(bytes).unwrap();
        let subject = mail.headers.get_first_value("Subject").unwrap();
        let attachments = parts(&mail);
        let of = |kind: &str| {
            let part = attachments.iter().find(|(name, _)| name == kind);
            part.map(|(_, bytes)| text(bytes)).unwrap_or_default()
        };
        // Lines are broken where they are long.
        let text = of("text/plain").split_whitespace().collect::<Vec<_>>().join(" ");
        let html = of("text/html");
        Self { subject, text, html, attachments }
    }

    /// The plan that is attached.
    fn plan(&self) -> Option<Plan> {
        let (_, bytes) = self.attachments.iter().find(|(name, _)| name.ends_with("-plan.json"))?;
        Some(Plan::read(&text(bytes)).unwrap())
    }
}

#[test]
fn in_mode_plan_the_mail_carries_the_plan_and_nothing_is_changed() {
    let tenant = Tenant::new(&["Payroll", "Ledger"]);
    tenant.configure("plan", "grace = \"0d\"\nprotected = [\"Ledger\"]\n");
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("would take 1 step");
    tenant.stop(daemon);
    let plan = mail.plan().unwrap();
    assert_eq!(plan.steps.len(), 1);
    for said in [
        format!("Nothing was changed. Plan {} would take 1 step.", plan.plan_id),
        format!("`keysweep apply {}`", plan.plan_id),
        "1. Remove the client secret “old”".to_owned(),
        "It CANNOT be taken back.".to_owned(),
        "1: `[remediation] protected` names it.".to_owned(),
    ] {
        assert!(mail.text.contains(&said), "{said}: {}", mail.text);
    }
    assert!(mail.html.contains("Remediation") && mail.html.contains(plan.plan_id.as_str()), "{}", mail.html);
    assert!(!mail.subject.contains("remediation"), "{}", mail.subject);
    let kept = tenant.plans();
    assert!(kept.iter().any(|kept| kept.plan == plan), "it is on record");
    assert!(kept.iter().all(|kept| kept.state == PlanState::Made));
    assert_eq!(tenant.writes(), []);
    assert!(!tenant.signed_in().contains(&tenant.world.emulator.writer_client_id().to_owned()));
    assert_eq!(tenant.all_secrets(), [1, 1]);
}

#[test]
fn in_mode_apply_the_mail_says_what_was_done() {
    let tenant = Tenant::new(&["Payroll", "Ledger"]);
    tenant.configure("apply", "grace = \"0d\"\nprotected = [\"Ledger\"]\n");
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("1 step done");
    tenant.mail("nothing is to be done");
    tenant.stop(daemon);
    assert_eq!(tenant.all_secrets(), [0, 1]);
    assert_eq!(tenant.writes().len(), 1, "{:#?}", tenant.writes());
    let applied = tenant.plans().into_iter().find(|kept| kept.state == PlanState::Applied).unwrap();
    for said in [
        format!("Plan {}: 1 step done.", applied.plan.plan_id),
        "Done, and read back.".to_owned(),
        "Steps done: 1".to_owned(),
        "1: `[remediation] protected` names it.".to_owned(),
    ] {
        assert!(mail.text.contains(&said), "{said}: {}", mail.text);
    }
    assert!(mail.plan().is_none() && !mail.subject.contains("remediation"), "{}", mail.subject);
    assert!(tenant.log().contains("Remove the client secret"), "{}", tenant.log());
}

#[test]
fn what_was_found_today_waits_for_grace() {
    let tenant = Tenant::new(&["Payroll"]);
    tenant.configure("apply", "");
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("nothing is to be done");
    tenant.stop(daemon);
    assert!(mail.text.contains("1: It was first seen less than `grace` ago"), "{}", mail.text);
    assert_eq!((tenant.writes(), tenant.all_secrets()), (vec![], vec![1]));
}

#[test]
fn after_an_incomplete_run_nothing_is_changed() {
    let tenant = Tenant::new(&["Payroll"]);
    tenant.configure("apply", "grace = \"0d\"\n");
    let refused = Fault::on(Side::Graph, "GET", "/v1.0/policies/appManagementPolicies")
        .answer(403, &Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges."));
    tenant.world.emulator.fault(refused.always());
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("Nothing was changed: the run is incomplete.");
    tenant.stop(daemon);
    assert!(mail.subject.starts_with("INCOMPLETE"), "{}", mail.subject);
    assert_eq!((tenant.writes(), tenant.plans().len(), tenant.all_secrets()), (vec![], 0, vec![1]));
}

#[test]
fn an_audit_by_hand_changes_nothing_and_says_nothing_of_it() {
    let tenant = Tenant::new(&["Payroll"]);
    tenant.configure("apply", "grace = \"0d\"\n");
    let output = tenant.world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mails = tenant.mails();
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].text.contains("Remediation"), "{}", mails[0].text);
    assert_eq!((tenant.writes(), tenant.plans().len(), tenant.all_secrets()), (vec![], 0, vec![1]));
}

#[test]
fn what_the_writer_may_not_is_said_and_the_service_goes_on() {
    let tenant = Tenant::new(&["Payroll"]);
    tenant.world.emulator.grant_writer(&[]);
    tenant.configure("apply", "grace = \"0d\"\n");
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("NOT carried out to its end");
    assert!(mail.subject.contains("remediation STOPPED"), "{}", mail.subject);
    assert!(mail.text.contains("Application.ReadWrite.All"), "{}", mail.text);
    assert!(mail.text.contains("Steps not reached: 1"), "{}", mail.text);
    assert_eq!(tenant.all_secrets(), [1]);
    tenant.world.emulator.grant_writer(&WRITER_ROLES);
    tenant.mail("1 step done");
    tenant.stop(daemon);
    assert_eq!(tenant.all_secrets(), [0]);
}

#[test]
fn a_refused_step_is_in_the_subject() {
    let tenant = Tenant::new(&["Payroll"]);
    tenant.configure("apply", "grace = \"0d\"\nmax_failures = 1\n");
    let refused = Fault::on(Side::Graph, "POST", &tenant.removal())
        .answer(403, &Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges."));
    tenant.world.emulator.fault(refused.always());
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("Steps failed: 1");
    tenant.stop(daemon);
    assert!(mail.subject.contains("remediation STOPPED"), "{}", mail.subject);
    assert!(mail.text.contains("use `keysweep apply"), "{}", mail.text);
    assert_eq!(tenant.all_secrets(), [1]);
}

/// The secret is gone, and the process dies before it hears so: the next one finds out, does nothing twice, and sends
/// the mail of that run.
#[test]
fn a_process_that_dies_over_a_step_leaves_it_to_the_next_one() {
    for mail in [true, false] {
        let tenant = Tenant::new(&["Payroll"]);
        tenant.configure("apply", "grace = \"0d\"\n");
        if !mail {
            let configured = fs::read_to_string(tenant.world.path("keysweep.toml")).unwrap();
            fs::write(tenant.world.path("keysweep.toml"), configured.replace(MAIL, "")).unwrap();
        }
        let silent = Fault::on(Side::Graph, "POST", &tenant.removal()).hang().acting();
        tenant.world.emulator.fault(silent);
        let daemon = tenant.world.start(&["daemon"]);
        within(60, "the removal", || tenant.log(), || tenant.all_secrets() == [0]);
        drop(daemon);
        let interrupted: Vec<KeptPlan> = tenant.plans();
        assert_eq!(interrupted.len(), 1);
        assert_eq!(interrupted[0].state, PlanState::Applying);

        let daemon = tenant.world.start(&["daemon"]);
        let applied = || tenant.plans().iter().any(|kept| kept.state == PlanState::Applied);
        within(90, "the end of the plan", || tenant.log(), applied);
        if mail {
            let mail = tenant.mail("It was found done");
            let plan_id = &interrupted[0].plan.plan_id;
            assert!(mail.text.contains(&format!("Plan {plan_id}: 1 step done.")), "{}", mail.text);
        }
        tenant.stop(daemon);
        assert_eq!(tenant.writes().len(), 1, "{:#?}", tenant.writes());
        let same_run =
            tenant.plans().iter().filter(|kept| kept.plan.run_id == interrupted[0].plan.run_id).count();
        assert_eq!(same_run, 1, "no second plan for the same run");
    }
}

#[test]
fn what_a_run_goes_on_with_is_in_its_mail_and_is_all_that_it_does() {
    let tenant = Tenant::new(&["Payroll", "Ledger"]);
    tenant.configure("plan", "grace = \"0d\"\n");
    let daemon = tenant.world.start(&["daemon"]);
    let planned = tenant.mail("would take 2 steps").plan().unwrap();
    tenant.stop(daemon);
    let silent = Fault::on(Side::Graph, "POST", &tenant.removal()).hang().acting();
    tenant.world.emulator.fault(silent);
    let process = tenant.world.start(&["apply", planned.plan_id.as_str(), "--yes"]);
    within(60, "the removal", || tenant.log(), || tenant.secrets(&tenant.applications[0]) == 0);
    drop(process);
    let before = tenant.plans().len();

    tenant.configure("apply", "grace = \"0d\"\n");
    let daemon = tenant.world.start(&["daemon"]);
    let mail = tenant.mail("this run went on with it");
    tenant.mail("nothing is to be done");
    tenant.stop(daemon);
    assert!(mail.text.contains(&format!("Plan {}: 2 steps done.", planned.plan_id)), "{}", mail.text);
    assert!(mail.text.contains("No other plan was made"), "{}", mail.text);
    assert_eq!(tenant.all_secrets(), [0, 0]);
    assert_eq!(tenant.plans().len(), before, "no second plan, and no empty ones");
}
