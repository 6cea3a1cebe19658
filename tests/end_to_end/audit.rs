//! `keysweep audit`, run once.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use keysweep::emulator::{Fault, Options, Side, TenantData, scenario};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::installed::{PYTHON, python_has};
use crate::world::{World, now, rows, text, until};

const FILES: [&str; 9] = [
    "changes.csv",
    "credentials.csv",
    "findings.csv",
    "frameworks.csv",
    "manifest.json",
    "objects.csv",
    "policies.csv",
    "report.html",
    "report.json",
];

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn an_audit_leaves_a_complete_directory_for_its_owner_only() {
    let world = World::new(TenantData::sample(now()));
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let runs = world.runs();
    assert_eq!(runs.len(), 1);
    let mut names: Vec<String> =
        fs::read_dir(&runs[0]).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, FILES);
    for name in FILES {
        let mode = fs::metadata(runs[0].join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
    let manifest = json(&fs::read(runs[0].join("manifest.json")).unwrap());
    for name in FILES.iter().filter(|name| **name != "manifest.json") {
        let hash = Sha256::digest(fs::read(runs[0].join(name)).unwrap());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(manifest.to_string().contains(&hex), "{name}");
    }
    let run_id = runs[0].file_name().unwrap().to_str().unwrap();
    assert!(
        world.rows("objects.csv").iter().all(|row| row["run_id"] == run_id && row["tenant"] == "contoso")
    );
}

/// What a spreadsheet sees: Python's `csv`, which is nobody's of ours.
#[test]
fn another_parser_reads_the_same_cells() {
    if !python_has("csv", "python3", "reading the CSV with a parser of somebody else's") {
        return;
    }
    let world = World::new(TenantData::sample(now()));
    world.keysweep(&["audit"]);
    let script = "import csv, json, sys\n\
                  rows = list(csv.DictReader(open(sys.argv[1], encoding='utf-8-sig', newline=''), strict=True))\n\
                  json.dump(rows, sys.stdout)\n";
    for file in ["findings.csv", "objects.csv", "credentials.csv", "policies.csv", "frameworks.csv"] {
        let path = world.runs()[0].join(file);
        let output = Command::new(PYTHON).args(["-c", script]).arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let seen: Vec<BTreeMap<String, String>> = serde_json::from_slice(&output.stdout).unwrap();
        assert!(seen.len() > 5, "{file}");
        assert_eq!(seen, rows(&path), "{file}");
    }
}

#[test]
fn nothing_is_written_to_graph_and_the_token_goes_nowhere_else() {
    let world = World::new(TenantData::sample(now()));
    world.keysweep(&["audit"]);
    let requests = world.requests();
    assert!(!requests.is_empty());
    for request in &requests {
        let reads = request.method == "GET" || (request.method == "POST" && request.path == "/v1.0/$batch");
        assert!(reads, "{} {}", request.method, request.path);
        assert!(request.headers.contains_key("client-request-id") || request.batch_member.is_some());
    }
}

/// Pages of 999, one request a policy, one listing of the ownerless, owners of the flagged by twenties.
#[test]
fn an_audit_needs_pages_and_not_one_request_an_application() {
    let world = World::new(TenantData::generated(1000, 7, now()));
    world.configure("[audit]\nowners = false\n");
    let output = world.keysweep(&["audit", "--no-mail"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let objects = world.rows("objects.csv");
    let pages = |kind: &str| objects.iter().filter(|row| row["object_type"] == kind).count().div_ceil(999);
    let policies = world
        .rows("policies.csv")
        .into_iter()
        .filter(|row| row["policy_type"] == "custom")
        .map(|row| row["policy_id"].clone());
    let policies = policies.collect::<std::collections::BTreeSet<_>>().len();
    let most = pages("application") + pages("service-principal") + policies + 6;
    let made = world.requests().iter().filter(|request| request.batch_member.is_none()).count();
    assert!(made <= most, "{made} requests, {most} expected at the most");
}

#[test]
fn the_threshold_decides_between_0_and_1() {
    let world = World::new(scenario::perfect(now()));
    assert_eq!(world.keysweep(&["audit", "--fail-on", "info"]).status.code(), Some(0));
    let world = World::new(TenantData::sample(now()));
    assert_eq!(world.keysweep(&["audit", "--fail-on", "critical"]).status.code(), Some(1));
    let output = world.keysweep(&["audit", "--fail-on", "severe"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("critical, high, medium, low"), "{}", text(&output.stderr));
}

#[test]
fn policies_that_may_not_be_read_leave_nothing_compliant() {
    let world = World::new(scenario::perfect(now()));
    world.emulator.grant(&["Application.Read.All"]);
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(3));
    let shown = text(&output.stdout);
    assert!(shown.contains("INCOMPLETE") && shown.contains("Policy.Read.All"), "{shown}");
    let objects = world.rows("objects.csv");
    assert!(objects.len() > 1);
    for row in &objects {
        let managed = row["service_principal_type"] == "ManagedIdentity";
        assert_eq!((row["secret_creation"].as_str(), row["decided_by"].as_str()), ("unknown", ""), "{row:?}");
        assert!(managed || row["compliance"] != "compliant", "{row:?}");
    }
}

#[test]
fn a_listing_that_breaks_off_leaves_its_objects_and_an_incomplete_run() {
    let world = World::new(scenario::page_3_of_5_fails(now()));
    let output = world.keysweep(&["audit", "--format", "json"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let report = json(&output.stdout);
    assert_eq!(report["complete"], false);
    assert!(text(&output.stderr).contains("applications"), "{}", text(&output.stderr));
    assert!(!world.rows("objects.csv").is_empty());
}

#[test]
fn an_endless_failure_of_one_part_is_named_and_the_rest_is_judged() {
    let world = World::new(TenantData::sample(now()));
    let refusal = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    world.emulator.fault(
        Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").times(usize::MAX).answer(403, &refusal),
    );
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(3));
    let objects = world.rows("objects.csv");
    assert!(objects.len() > 5 && objects.iter().all(|row| row["object_type"] == "application"));
    assert!(text(&output.stdout).contains("service principals"), "{}", text(&output.stdout));
}

#[test]
fn a_refused_sign_in_is_a_report_of_its_own_with_the_remedy() {
    let mut world = World::new(TenantData::sample(now()));
    world.set("KEYSWEEP__TENANT__0__CLIENT_ID", "99999999-9999-4999-8999-999999999999");
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("AADSTS700016"), "{}", text(&output.stdout));
    assert!(world.rows("objects.csv").is_empty());
    let report = json(&fs::read(world.runs()[0].join("report.json")).unwrap());
    assert_eq!(report["complete"], false);
}

#[test]
fn a_client_secret_signs_in_with_a_warning_and_a_finding() {
    let mut world = World::new(scenario::perfect(now()));
    world.set("KEYSWEEP__TENANT__0__CREDENTIAL__TYPE", "client-secret");
    world.set("SWEEPING_SECRET", world.emulator.client_secret().to_owned().as_str());
    let text_of = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    let text_of = text_of.replace("certificate_file = \"client.pem\"", "secret_env = \"SWEEPING_SECRET\"");
    fs::write(world.path("keysweep.toml"), text_of).unwrap();
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("warning"), "{}", text(&output.stderr));
    let rules: Vec<String> = world.rows("findings.csv").iter().map(|row| row["rule"].clone()).collect();
    assert_eq!(rules, ["auditor-uses-secret"]);
}

#[test]
fn data_goes_to_standard_output_and_words_elsewhere() {
    let world = World::new(TenantData::sample(now()));
    let output = world.keysweep(&["audit", "--format", "json"]);
    let run = world.runs().pop().unwrap();
    assert_eq!(output.stdout, fs::read(run.join("report.json")).unwrap());
    let output = world.keysweep(&["audit", "--format", "csv"]);
    let run = world.runs().pop().unwrap();
    let file = fs::read(run.join("findings.csv")).unwrap();
    assert_eq!(output.stdout, file.strip_prefix(b"\xef\xbb\xbf").unwrap());
}

#[test]
fn the_owners_of_what_is_flagged_are_told_with_their_addresses() {
    let world = World::new(TenantData::sample(now()));
    let report = json(&world.keysweep(&["audit", "--format", "json"]).stdout);
    let objects = report["objects"].as_array().unwrap();
    let told: Vec<&Value> = objects.iter().flat_map(|o| o["owner_contacts"].as_array().unwrap()).collect();
    assert!(told.len() > 10, "{told:?}");
    let reached = |owner: &&&Value| owner["address"].is_string();
    let fits = |owner: &&Value| (owner["kind"] == "user") == reached(&owner);
    assert!(told.iter().all(fits) && told.iter().any(|owner| !reached(&owner)), "{told:?}");
    let joni =
        serde_json::json!({"name": "Joni Sherman", "address": "jonisherman@contoso.com", "kind": "user"});
    assert!(told.contains(&&joni), "{told:?}");
}

#[test]
fn a_report_directory_that_cannot_be_written_is_known_before_anything_is_read() {
    let world = World::new(TenantData::sample(now()));
    fs::write(world.path("reports"), "in the way").unwrap();
    let output = world.keysweep(&["audit"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("reports/contoso"), "{}", text(&output.stderr));
    assert_eq!(world.requests().len(), 0);
}

#[test]
fn plain_http_is_taken_on_loopback() {
    let options = Options {
        graph_transport: keysweep::emulator::Transport::PlainHttp,
        ..Options::new(scenario::perfect(now()), now(), now)
    };
    let world = World::with(options);
    assert_eq!(world.keysweep(&["audit"]).status.code(), Some(0));
}

#[test]
fn no_output_holds_a_secret_or_a_token() {
    let world = World::new(TenantData::sample(now()));
    world.configure("[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"a@contoso.example\"\nto = [\"b@contoso.example\"]\n");
    let output = world.keysweep(&["audit"]);
    let mut everything = vec![text(&output.stdout), text(&output.stderr)];
    for directory in [world.runs().pop().unwrap(), world.path("mail")] {
        for entry in fs::read_dir(directory).unwrap() {
            everything.push(text(&fs::read(entry.unwrap().path()).unwrap()));
        }
    }
    let secret = regex::Regex::new(r"[A-Za-z0-9_~.\-]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34}").unwrap();
    for text in &everything {
        assert!(!text.contains("eyJ"), "a token");
        assert!(secret.find(text).is_none(), "{:?}", secret.find(text));
    }
    assert!(everything.iter().any(|text| text.contains("secret-in-plain-sight")));
}

fn full() -> fs::File {
    fs::File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn an_output_that_takes_nothing_keeps_no_tenant_from_being_audited() {
    let world = World::new(scenario::perfect(now()));
    let first = fs::read_to_string(world.path("keysweep.toml")).unwrap();
    world.configure(&first.replace("\"contoso\"", "\"fabrikam\""));
    let status = world.command(&["audit"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(3));
    for tenant in ["contoso", "fabrikam"] {
        assert_eq!(fs::read_dir(world.path("reports").join(tenant)).unwrap().count(), 1, "{tenant}");
    }
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let world = World::new(scenario::perfect(now()));
    let status = world.command(&["audit"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(world.runs().len(), 1);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let world = World::new(scenario::perfect(now()));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = world.command(&["audit", "--format", "json"]).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn an_audit_that_is_interrupted_leaves_nothing() {
    let world = World::new(scenario::perfect(now()));
    world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/applications").hang());
    let mut audit = world.start(&["audit"]);
    until("the request that hangs", || !world.requests().is_empty());
    audit.signal("TERM");
    assert_eq!(audit.0.wait().unwrap().code(), Some(3));
    assert_eq!(fs::read_dir(world.path("reports/contoso")).unwrap().count(), 0);
}

#[test]
fn an_audit_that_mails_no_summary_since_the_daemon_does_says_so() {
    let world = World::new(scenario::perfect(now()));
    let mail = "[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"k@contoso.com\"\n\
                to = [\"a@contoso.com\"]\n";
    let digest = "[digest]\ncron = \"0 7 * * *\"\n";
    for (summary, warned) in [("per-tenant", false), ("both", false), ("digest", true)] {
        let digest = if summary == "per-tenant" { "" } else { digest };
        world.configure(&format!("{mail}summary = \"{summary}\"\n{digest}"));
        let output = world.keysweep(&["audit"]);
        let said = text(&output.stderr);
        let words = "this audit mails no summary; the daemon mails one";
        assert_eq!((output.status.code(), said.contains(words)), (Some(0), warned), "{summary}: {said}");
        assert!(!text(&world.keysweep(&["audit", "--no-mail"]).stderr).contains(words), "{summary}");
    }
}
