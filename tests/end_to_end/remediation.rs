//! `keysweep plan`, `apply` and `undo` as an operator meets them: what they print, what they exit with, and what the
//! emulator saw of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use chrono::TimeDelta;
use keysweep::emulator::{Fault, ObjectKind, Side, TenantData, WRITER_ROLES, scenario, shapes};
use keysweep::remediation::Plan;
use serde_json::{Value, json};

use crate::world::{World, now, text, until};

const EXPIRED: &str = "[remediation]\nactions = ['remove-expired-secrets']\n";

/// A tenant with two expired secrets: one on each of two applications.
fn tenant() -> TenantData {
    let mut tenant = scenario::perfect(now());
    for (name, secret) in [("Alpha", "old"), ("Beta\u{202e}\u{1b}[31m", "older")] {
        tenant.add_application(json!({
            "displayName": name, "owners": [shapes::user("Lee Gu")],
            "createdDateTime": shapes::stamp(now() - TimeDelta::days(900)),
            "passwordCredentials":
                [shapes::secret(secret, now() - TimeDelta::days(800), Some(now() - TimeDelta::days(400)))],
        }));
    }
    tenant
}

/// A world with a sign-in that may write, and with these lines in its configuration.
pub(crate) fn world_of(tenant: TenantData, lines: &str) -> World {
    let world = World::new(tenant);
    let certificate = world.path("writer.pem");
    fs::write(&certificate, world.emulator.writer_certificate_pem()).unwrap();
    fs::set_permissions(&certificate, fs::Permissions::from_mode(0o600)).unwrap();
    world.emulator.grant_writer(&WRITER_ROLES);
    let writer = world.emulator.writer_client_id().to_owned();
    let credential = "type = 'certificate'\ncertificate_file = 'writer.pem'\n";
    world.configure(&format!("{lines}[remediation.credential]\nclient_id = '{writer}'\n{credential}"));
    world
}

/// The same, audited once.
pub(crate) fn audited(tenant: TenantData, lines: &str) -> World {
    let world = world_of(tenant, lines);
    world.run(&["audit"], 0);
    world.emulator.clear_log();
    world
}

/// An output as text.
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) trait Run {
    /// Runs the binary, which has to end so.
    fn run(&self, arguments: &[&str], code: i32) -> Said;
    /// Makes sure that nothing but reading was asked for, and nothing by the sign-in that may write.
    fn only_read(&self);
    /// Requests that changed something, or tried to.
    fn writes(&self) -> usize;
}

impl Run for World {
    fn run(&self, arguments: &[&str], code: i32) -> Said {
        let Output { status, stdout, stderr } = self.keysweep(arguments);
        let said = Said { out: text(&stdout), err: text(&stderr) };
        assert_eq!(status.code(), Some(code), "{arguments:?}\n{}\n{}", said.out, said.err);
        said
    }

    fn only_read(&self) {
        assert_eq!(self.writes(), 0);
        let writer = self.emulator.writer_client_id();
        let log = self.emulator.log();
        let by_writer: Vec<_> =
            log.iter().filter(|request| request.client.as_deref() == Some(writer)).collect();
        assert!(by_writer.is_empty(), "{by_writer:?}");
    }

    fn writes(&self) -> usize {
        let reads = |method: &str, path: &str| method == "GET" || path.ends_with("/$batch");
        let log = self.emulator.log();
        log.iter().filter(|it| it.side == Side::Graph && !reads(&it.method, &it.path)).count()
    }
}

/// The file of the only plan.
fn plan_file(world: &World) -> PathBuf {
    let mut files: Vec<_> =
        fs::read_dir(world.path("data/plans/contoso")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

fn read(file: &PathBuf) -> Plan {
    Plan::read(&fs::read_to_string(file).unwrap()).unwrap()
}

/// How many secrets there are.
fn secrets(world: &World) -> usize {
    let objects = world.keysweep(&["audit", "--format", "json", "--no-mail"]);
    let report: Value = serde_json::from_slice(&objects.stdout).unwrap();
    report["credentials"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["credential_type"] == "client-secret")
        .count()
}

#[test]
fn a_plan_is_a_file_for_its_owner_and_a_text_to_read_and_changes_nothing() {
    let world = audited(tenant(), EXPIRED);
    let said = world.run(&["plan"], 0);
    world.only_read();
    let file = plan_file(&world);
    let plan = read(&file);
    assert_eq!(plan.steps.len(), 2);
    assert_eq!(file.file_stem().unwrap().to_str().unwrap(), plan.plan_id.as_str());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    for part in [
        "2 steps, of which 2 CANNOT be taken back; 2 marked FRESH",
        "1. Remove the client secret “old”",
        "from application “Alpha”",
        "Why: client-secret-expired (low), first seen ",
        "It CANNOT be taken back.",
        &format!("keysweep apply {} --yes", plan.plan_id),
        "Nothing was changed.",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert!(!said.out.contains('\u{1b}') && !said.out.contains('\u{202e}'), "{:?}", said.out);
    let words: Vec<&str> = said.out.split_whitespace().collect();
    assert!(words.join(" ").contains("application “Beta [31m” ("), "{}", said.out);
}

#[test]
fn a_plan_can_go_elsewhere_but_never_over_another_file() {
    let world = audited(tenant(), EXPIRED);
    let said = world.run(&["plan", "--out", "mine/plan.json"], 0);
    assert!(said.out.contains("The plan is in mine/plan.json."), "{}", said.out);
    read(&world.path("mine/plan.json"));
    let other = fs::read(world.path("mine/plan.json")).unwrap();
    fs::write(world.path("mine/plan.json"), "something else").unwrap();
    let said = world.run(&["plan", "--out", "mine/plan.json"], 2);
    assert!(said.err.contains("--out mine/plan.json: there is another file"), "{}", said.err);
    assert_eq!(fs::read(world.path("mine/plan.json")).unwrap(), b"something else");
    let said = world.run(&["plan", "--out", "-"], 0);
    Plan::read(&said.out).unwrap();
    assert!(said.err.contains("Remove the client secret “old”"), "{}", said.err);
    let said = world.run(&["plan", "--format", "json"], 0);
    assert_eq!(read(&plan_file(&world)), Plan::read(&said.out).unwrap());
    assert!(said.err.contains("The plan is in "), "{}", said.err);
    assert!(!other.is_empty());
    fs::write(world.path("data/plans/contoso/taken"), "").unwrap();
    let said = world.run(&["plan", "--out", "data/plans/contoso/taken/plan.json"], 3);
    assert!(said.err.contains("cannot be written to `data/plans/contoso/taken/plan.json`"), "{}", said.err);
    world.only_read();
}

#[test]
fn a_plan_does_not_wait_for_whoever_writes_into_a_pipe() {
    let world = audited(tenant(), EXPIRED);
    let pipe = world.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let said = world.run(&["plan", "--out", "pipe"], 2);
    assert!(said.err.contains("--out pipe: there is another file"), "{}", said.err);
}

#[test]
fn a_plan_says_that_a_newer_run_is_incomplete() {
    let world = audited(tenant(), EXPIRED);
    let said = world.run(&["plan"], 0);
    assert!(!said.err.contains("incomplete"), "{}", said.err);
    let path = "/v1.0/policies/appManagementPolicies";
    world.emulator.fault(Fault::on(Side::Graph, "GET", path).forbidden().always());
    let incomplete = world.run(&["audit", "--format", "json"], 3);
    let report: Value = serde_json::from_str(&incomplete.out).unwrap();
    let said = world.run(&["plan"], 0);
    let sentence = format!("Run {} is newer, but incomplete", report["run_id"].as_str().unwrap());
    assert!(said.err.contains(&sentence), "{}", said.err);
}

#[test]
fn a_plan_for_nothing_says_so_and_leaves_no_file() {
    let world = audited(scenario::perfect(now()), EXPIRED);
    let said = world.run(&["plan"], 0);
    assert_eq!(said.out, "There is nothing to do.\n");
    assert!(!world.path("data/plans").exists());
    let protected = audited(tenant(), &format!("{EXPIRED}protected = ['Alpha', 'Beta*']\n"));
    let said = protected.run(&["plan"], 0);
    assert!(said.out.starts_with("There is nothing to do.\n"), "{}", said.out);
    assert!(said.out.contains("2: `[remediation] protected` names it."), "{}", said.out);
    assert!(said.out.contains("remove-expired-secrets: client secret "), "{}", said.out);
}

#[test]
fn a_plan_is_of_what_is_asked_for() {
    let world = audited(tenant(), EXPIRED);
    let said = world.run(&["plan", "--object", "alph?", "--action", "remove-expired-secrets"], 0);
    assert!(said.out.contains("“Alpha”") && !said.out.contains("“Beta"), "{}", said.out);
    for (arguments, words) in [
        (&["plan", "--object", "Gamma"][..], "saw nothing that goes by `Gamma`"),
        (&["plan", "--action", "assign-policy"], "`assign-policy` is not among `[remediation] actions`"),
        (&["plan", "--action", "make-coffee"], "possible values: block-tenant-default"),
        (
            &["plan", "--tenant", "fabrikam"],
            "--tenant fabrikam: the configuration has no such tenant. It has: contoso",
        ),
    ] {
        let said = world.run(arguments, 2);
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
}

#[test]
fn a_plan_needs_a_run_actions_and_a_store() {
    let world = world_of(tenant(), EXPIRED);
    let said = world.run(&["plan"], 3);
    assert!(said.err.contains("No complete run of `contoso` is on record"), "{}", said.err);
    assert!(said.err.contains("keysweep audit"), "{}", said.err);
    world.run(&["audit"], 0);
    world.configure("");
    let said = world.run(&["plan"], 2);
    assert!(said.err.contains("`[remediation] actions` allows nothing"), "{}", said.err);
    world.configure(&format!("{EXPIRED}[store]\nurl = 'sqlite://keysweep.toml/store.db'\n"));
    for command in
        [&["plan"][..], &["apply", "2026"], &["undo"], &["policy", "show"], &["policy", "block-all"]]
    {
        let said = world.run(command, 3);
        assert!(said.err.contains("the store cannot be used: "), "{command:?}: {}", said.err);
    }
}

#[test]
fn applying_without_yes_looks_at_every_step_and_only_reads() {
    let world = audited(tenant(), EXPIRED);
    world.run(&["plan"], 0);
    let file = plan_file(&world);
    let plan = read(&file);
    let gone = plan.steps[0].change.object().unwrap().object_id.to_string();
    world.emulator.edit(|tenant| {
        tenant.edit(ObjectKind::Application, &gone, |it| {
            it.insert("passwordCredentials".to_owned(), json!([]));
        })
    });
    world.emulator.clear_log();
    for extra in [&[][..], &["--dry-run"]] {
        let arguments: Vec<&str> = ["apply", file.to_str().unwrap()].iter().chain(extra).copied().collect();
        let said = world.run(&arguments, 0);
        for part in [
            "1 of 2 steps would be done now.",
            "would be skipped",
            "It is not there any more.",
            "would be done",
            &format!("Nothing was changed. `keysweep apply {} --yes` carries it out.", plan.plan_id),
        ] {
            assert!(said.out.contains(part), "{part}\n{}", said.out);
        }
        assert!(!said.out.contains('\u{1b}') && !said.out.contains('\u{202e}'), "{:?}", said.out);
    }
    let said = world.run(&["apply", plan.plan_id.as_str(), "--format", "json"], 0);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&told["dry_run"], &told["plan_id"]), (&json!(true), &json!(plan.plan_id)));
    assert_eq!(told["steps"][0]["outcome"], "would be skipped");
    assert_eq!(told["steps"][1]["object_type"], "application");
    assert!(said.err.contains("Nothing was changed."), "{}", said.err);
    world.only_read();
    assert_eq!(secrets(&world), 1, "the one that was not taken away by hand is still there");
    let both = world.run(&["apply", plan.plan_id.as_str(), "--yes", "--dry-run"], 2);
    assert!(both.err.contains("cannot be used with"), "{}", both.err);
}

#[test]
fn applying_with_yes_carries_it_out_once_and_undo_names_what_is_lost() {
    let world = audited(tenant(), EXPIRED);
    let said = world.run(&["undo"], 0);
    assert_eq!(said.out, "No plan was applied yet: there is nothing to take back.\n");
    world.run(&["undo", "latest"], 2);
    world.run(&["plan"], 0);
    let plan = read(&plan_file(&world));
    let id = plan.plan_id.as_str();
    let said = world.run(&["undo", id], 2);
    assert!(said.err.contains("was never applied"), "{}", said.err);
    let said = world.run(&["apply", &id[..18], "--yes"], 0);
    assert!(said.out.contains("[1/2] done: Remove the client secret “old”"), "{}", said.out);
    assert!(
        said.out.ends_with(&format!("{id}: 2 steps done.\nNothing of it can be taken back.\n")),
        "{}",
        said.out
    );
    assert_eq!((world.writes(), secrets(&world)), (2, 0));
    let writer = world.emulator.writer_client_id();
    let log = world.emulator.log();
    let by_writer = log.iter().filter(|it| it.client.as_deref() == Some(writer) && it.side == Side::Graph);
    assert!(by_writer.clone().all(|it| it.method == "POST"), "it does nothing but write");
    assert_eq!(by_writer.count(), 2, "and nobody else does");
    let again = world.run(&["apply", id, "--yes"], 2);
    assert!(again.err.contains(&format!("The plan `{id}` was applied")), "{}", again.err);
    world.run(&["apply", id], 2);
    assert_eq!(world.writes(), 2, "nothing was done twice");
    let listed = world.run(&["undo"], 0);
    let row: Vec<&str> = listed.out.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(
        (row[0], row[3], &row[4..]),
        (id, "applied", &["remediation", "2", "2", "0"][..]),
        "{}",
        listed.out
    );
    let rows: Value = serde_json::from_str(&world.run(&["undo", "--format", "json"], 0).out).unwrap();
    assert_eq!((&rows[0]["done"], &rows[0]["reversible"]), (&json!(2), &json!(0)));
    for meant in [id, "latest", plan.run_id.as_ref().unwrap().as_str()] {
        let said = world.run(&["undo", meant, "--yes"], 0);
        assert!(said.err.contains(&format!("Nothing of the plan {id} can be taken back.")), "{}", said.err);
        assert!(said.err.contains("A secret that was removed is gone"), "{}", said.err);
    }
    assert_eq!(world.writes(), 2);
}

#[test]
fn what_cannot_be_applied_is_refused_before_anything_is_asked() {
    let world = audited(tenant(), EXPIRED);
    world.run(&["plan"], 0);
    let file = plan_file(&world);
    let name = file.to_str().unwrap();
    let plan = read(&file);
    let id = plan.plan_id.as_str();
    let altered = fs::read_to_string(&file).unwrap().replacen("\"number\": 1", "\"number\": 7", 1);
    fs::write(world.path("altered.json"), altered).unwrap();
    fs::write(world.path("none.json"), "{}").unwrap();
    fs::write(
        world.path("other.json"),
        fs::read_to_string(&file).unwrap().replace("\"schema_version\": 1", "\"schema_version\": 2"),
    )
    .unwrap();
    world.emulator.clear_log();
    for (arguments, words) in [
        (["apply", "altered.json"], "it was altered after it was made"),
        (["apply", "none.json"], "it is no plan at line 1"),
        (["apply", "other.json"], "it is of version 2 of the format"),
        (["apply", "absent.json"], "`absent.json` is not there: name the file of a plan, or its id"),
        (["apply", "1999"], "no plan `1999` is on record. The nearest: "),
    ] {
        for extra in [&[][..], &["--yes"]] {
            let arguments: Vec<&str> = arguments.iter().chain(extra).copied().collect();
            let said = world.run(&arguments, 2);
            assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
        }
    }
    // Another plan of nearly the same name.
    world.run(&["plan", "--object", "Alpha"], 0);
    let said = world.run(&["apply", "20", "--yes"], 2);
    assert!(said.err.contains("`20` begins several plans: "), "{}", said.err);
    let elsewhere = "[store]\nurl = 'sqlite://data/elsewhere.db'\n";
    world.configure(&format!("{EXPIRED}{elsewhere}"));
    let said = world.run(&["apply", name], 2);
    assert!(said.err.contains(&format!("The plan `{id}` is not on record in this store")), "{}", said.err);
    let said = world.run(&["apply", id], 2);
    assert!(said.err.contains("nor any other: `keysweep plan` makes one"), "{}", said.err);
    world.only_read();
}

#[test]
fn a_plan_of_another_tenant_or_of_yesterday_is_refused() {
    let expired = audited(tenant(), &format!("{EXPIRED}plan_valid_for = '1s'\n"));
    expired.run(&["plan"], 0);
    let file = plan_file(&expired);
    let apply = ["apply", file.to_str().unwrap()];
    until("the plan has expired", || expired.keysweep(&apply).status.code() == Some(2));
    for extra in [&[][..], &["--yes"]] {
        let arguments: Vec<&str> = ["apply", file.to_str().unwrap()].iter().chain(extra).copied().collect();
        let said = expired.run(&arguments, 2);
        assert!(said.err.contains(" expired at ") && said.err.contains("Make a new plan"), "{}", said.err);
    }
    expired.only_read();
    let renamed =
        fs::read_to_string(expired.path("keysweep.toml")).unwrap().replace("\"contoso\"", "\"fabrikam\"");
    fs::write(expired.path("keysweep.toml"), renamed).unwrap();
    let said = expired.run(&["apply", file.to_str().unwrap()], 2);
    assert!(
        said.err.contains("is for the tenant `contoso`, which the configuration does not have"),
        "{}",
        said.err
    );
    let said = expired.run(&["apply", file.to_str().unwrap(), "--tenant", "fabrikam"], 2);
    assert!(said.err.contains("The plan is for the tenant `contoso`, not for `fabrikam`"), "{}", said.err);
}

#[test]
fn yes_takes_a_sign_in_that_may_write() {
    let world = audited(tenant(), EXPIRED);
    world.run(&["plan"], 0);
    let file = plan_file(&world);
    let id = read(&file).plan_id.to_string();
    world.configure(EXPIRED);
    for arguments in [
        &["apply", file.to_str().unwrap(), "--yes"][..],
        &["apply", &id, "--yes"],
        &["policy", "block-all", "--yes"],
        &["policy", "create", "--name", "X", "--yes"],
    ] {
        let said = world.run(arguments, 2);
        let words = "keysweep.toml: remediation.credential: is missing. Add `[remediation.credential]`";
        assert!(said.err.contains(words), "{arguments:?}: {}", said.err);
    }
    let said = world.run(&["apply", &id], 0);
    assert!(said.out.contains("`remediation.credential` is missing"), "{}", said.out);
    world.only_read();
}

#[test]
fn what_keeps_it_from_beginning_ends_with_3() {
    let world = audited(tenant(), EXPIRED);
    world.run(&["plan"], 0);
    let id = read(&plan_file(&world)).plan_id.to_string();
    world.emulator.grant_writer(&["Policy.Read.All"]);
    let said = world.run(&["apply", &id, "--yes"], 3);
    assert!(said.err.contains("The sign-in that writes lacks `Application.ReadWrite.All`"), "{}", said.err);
    assert_eq!(world.writes(), 0);
    world.emulator.grant_writer(&WRITER_ROLES);
    let away = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications/*").times(100).answer(403, &away));
    let said = world.run(&["apply", &id, "--yes"], 3);
    assert!(said.out.contains("FAILED") && said.out.contains("nothing was sent"), "{}", said.out);
    assert_eq!(world.writes(), 0);
    world.emulator.clear_faults();
    let auditor = world.emulator.client_id().to_owned();
    let text = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    let text = text.replace(world.emulator.writer_client_id(), &auditor).replacen(
        &auditor,
        "22222222-2222-4222-8222-222222222222",
        1,
    );
    fs::write(world.path("keysweep.toml"), text).unwrap();
    world.run(&["apply", &id, "--yes"], 3);
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_step_that_fails_ends_with_5_and_the_plan_goes_on_later() {
    let world = audited(tenant(), EXPIRED);
    world.run(&["plan"], 0);
    let plan = read(&plan_file(&world));
    let id = plan.plan_id.as_str();
    let first = plan.steps[0].change.object().unwrap().object_id;
    let path = format!("/v1.0/applications/{first}/removePassword");
    let refused = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    world.emulator.fault(Fault::on(Side::Graph, "POST", &path).answer(403, &refused));
    let said = world.run(&["apply", id, "--yes", "--format", "json"], 5);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["steps"][0]["outcome"], "failed");
    assert_eq!(told["dry_run"], false);
    assert!(said.err.contains("[1/2] FAILED: Remove the client secret “old”"), "{}", said.err);
    assert!(
        said.err.contains(&format!("`keysweep apply {id} --yes` goes on where it was left.")),
        "{}",
        said.err
    );
    let said = world.run(&["apply", id], 0);
    assert!(said.out.contains("would be done"), "{}", said.out);
    world.run(&["apply", id, "--yes"], 0);
    assert_eq!(secrets(&world), 0);
}

#[test]
fn what_was_done_is_taken_back_by_its_plan_and_what_took_it_back_too() {
    let mut tenant = scenario::perfect(now());
    tenant.set_default_policy(json!({ "isEnabled": false }));
    let before = tenant.default_policy().clone();
    let actions = "actions = ['block-tenant-default', 'create-policy', 'assign-policy']\n";
    let world = audited(tenant, &format!("[remediation]\n{actions}"));
    world.run(&["plan"], 0);
    let plan = read(&plan_file(&world));
    world.run(&["apply", plan.plan_id.as_str(), "--yes"], 0);
    let policies = world.emulator.edit(|tenant| tenant.policies().len());
    let blocked = world.emulator.edit(|tenant| tenant.default_policy().clone());
    assert_eq!((policies, &blocked["isEnabled"]), (1, &json!(true)));
    world.emulator.clear_log();
    let run = plan.run_id.as_ref().unwrap().as_str();
    let said = world.run(&["undo", run], 0);
    assert!(said.out.contains(&format!("to take back plan {}", plan.plan_id)), "{}", said.out);
    assert!(said.out.contains("Delete the custom policy “Keysweep: no client secrets”"), "{}", said.out);
    assert!(said.out.contains("enabled: yes -> no"), "{}", said.out);
    world.only_read();
    let reverse = said.out.lines().find_map(|line| line.strip_prefix("Plan ")?.split(' ').next()).unwrap();
    let preview = world.run(&["apply", reverse], 0);
    assert!(preview.out.contains("steps would be done now."), "{}", preview.out);
    assert!(!preview.out.contains("would be skipped"), "{}", preview.out);
    world.only_read();
    let said = world.run(&["undo", "latest", "--yes", "--out", "undo.json"], 0);
    assert!(world.path("undo.json").is_file(), "{}", said.out);
    let restored = world.emulator.edit(|tenant| (tenant.default_policy().clone(), tenant.policies().len()));
    assert!(keysweep::remediation::tenant_default::same(&restored.0, &before), "{}", restored.0);
    assert_eq!(restored.1, 0);
    world.run(&["undo", "latest"], 2);
    let undone = read(&world.path("undo.json"));
    world.run(&["undo", undone.plan_id.as_str(), "--yes"], 0);
    let again = world.emulator.edit(|tenant| tenant.default_policy().clone());
    assert!(keysweep::remediation::tenant_default::same(&again, &blocked), "{again}");
    let said = world.run(&["undo", "latest"], 0);
    assert!(said.out.contains(&format!("to take back plan {}", plan.plan_id)), "{}", said.out);
}

#[test]
fn what_could_not_be_taken_back_is_still_the_latest() {
    let mut tenant = scenario::perfect(now());
    tenant.set_default_policy(json!({ "isEnabled": false }));
    let world = audited(tenant, "[remediation]\nactions = ['block-tenant-default']\n");
    world.run(&["plan"], 0);
    let plan = read(&plan_file(&world));
    world.run(&["apply", plan.plan_id.as_str(), "--yes"], 0);
    let ours = world.emulator.edit(|tenant| tenant.default_policy().clone());
    let said = world.run(&["undo", "latest"], 0);
    let reverse = said.out.lines().find_map(|line| line.strip_prefix("Plan ")?.split(' ').next()).unwrap();
    // Somebody else changes it in between: the only step is skipped.
    let mut theirs = ours.clone();
    theirs["applicationRestrictions"]["passwordCredentials"] = json!([]);
    world.emulator.edit(|tenant| tenant.set_default_policy(theirs));
    let said = world.run(&["apply", reverse, "--yes"], 0);
    assert!(said.out.contains("1 skipped"), "{}", said.out);
    world.emulator.edit(|tenant| tenant.set_default_policy(ours));
    let said = world.run(&["undo", "latest"], 0);
    assert!(said.out.contains(&format!("to take back plan {}", plan.plan_id)), "{}", said.out);
}

#[test]
fn a_tenant_has_to_be_named_where_there_are_several() {
    let world = World::new(tenant());
    let other = format!(
        "[[tenant]]\nname = 'fabrikam'\ntenant_id = '{}'\n[tenant.credential]\ntype = 'azure-cli'\n{EXPIRED}",
        world.emulator.tenant_id()
    );
    world.configure(&other);
    for command in [&["plan"][..], &["policy", "show"], &["policy", "block-all"]] {
        let said = world.run(command, 2);
        assert!(
            said.err
                .contains("--tenant is missing: the configuration has several tenants: contoso, fabrikam"),
            "{}",
            said.err
        );
    }
    world.run(&["audit", "--tenant", "contoso"], 0);
    world.run(&["plan", "--tenant", "contoso"], 0);
}
