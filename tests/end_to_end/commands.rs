//! The commands that need no tenant, and what wrong ones answer.

use std::fs;
use std::process::{Output, Stdio};

use keysweep::emulator::scenario;

use crate::world::{Running, World, keysweep, now, rows, text, until};

fn run(arguments: &[&str]) -> Output {
    keysweep().args(arguments).output().unwrap()
}

#[test]
fn help_says_what_there_is() {
    let mut help = String::new();
    for command in [
        "",
        "demo",
        "audit",
        "daemon",
        "doctor",
        "plan",
        "apply",
        "undo",
        "policy",
        "policy show",
        "policy block-all",
        "policy unblock-all",
        "policy create",
        "policy assign",
        "policy unassign",
        "policy delete",
        "history",
        "history list",
        "history show",
        "history diff",
        "history verify",
        "rules",
        "schema",
        "emulator",
    ] {
        let arguments: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(0));
        help.push_str(&format!("$ keysweep {}\n{}\n", arguments.join(" "), text(&output.stdout)));
    }
    insta::assert_snapshot!(help);
}

#[test]
fn the_catalogue_lists_every_rule_and_explains_each() {
    let list = text(&run(&["rules"]).stdout);
    let rules: Vec<&str> = list.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(rules.contains(&"auditor-uses-secret"));
    for rule in keysweep::domain::RuleId::ALL {
        assert!(list.contains(rule.as_str()), "{rule}");
        let output = run(&["rules", rule.as_str()]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("What to do:"), "{rule}");
    }
    let unknown = run(&["rules", "client-secrets"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("keysweep rules"), "{}", text(&unknown.stderr));
}

#[test]
fn schemas_are_json() {
    for document in ["config", "report", "plan"] {
        let output = run(&["schema", document]);
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{document}");
    }
}

#[test]
fn a_wrong_configuration_ends_with_2_and_every_problem() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("bad.toml");
    fs::write(
        &file,
        "[[tenant]]\nname = \"contoso\"\ncloud = \"private\"\n[mail.smtp]\npassword = \"hunter2\"\n",
    )
    .unwrap();
    for command in ["audit", "daemon"] {
        let output = keysweep().arg("--config").arg(&file).arg(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}");
        let shown = text(&output.stderr);
        for part in ["bad.toml:3", "tenant[0].cloud", "tenant[0].tenant_id", "mail.smtp.password"] {
            assert!(shown.contains(part), "{part} is missing in {shown}");
        }
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_configuration_that_is_not_there_says_where_it_was_looked_for() {
    let directory = tempfile::tempdir().unwrap();
    for (named, looked_for) in
        [(None, "config/keysweep.toml"), (Some(""), "config/keysweep.toml"), (Some("my.toml"), "my.toml")]
    {
        let mut command = keysweep();
        command.envs(named.map(|named| ("KEYSWEEP_CONFIG", named)));
        let output = command.current_dir(directory.path()).arg("audit").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(looked_for), "{}", text(&output.stderr));
    }
}

#[test]
fn a_log_filter_that_is_none_is_bad_usage() {
    let output = keysweep().env("KEYSWEEP_LOG", "keysweep=loud").arg("rules").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("KEYSWEEP_LOG"), "{}", text(&output.stderr));
}

#[test]
fn a_daemon_without_a_schedule_is_bad_usage() {
    let world = World::new(scenario::perfect(now()));
    let output = world.keysweep(&["daemon"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[schedule]"), "{}", text(&output.stderr));
}

#[test]
fn a_tenant_that_is_not_configured_is_bad_usage_and_those_that_are_are_named() {
    let world = World::new(scenario::perfect(now()));
    let output = world.keysweep(&["audit", "--tenant", "fabrikam"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("contoso"), "{}", text(&output.stderr));
}

#[test]
fn the_emulator_alone_can_be_audited_with_the_configuration_it_writes() {
    let limited = ["--http", "--latency", "20ms", "--enforce-limits", "--tenant-size", "large"];
    for (flags, root) in [(&[][..], "https://localhost:"), (&limited[..], "http://localhost:")] {
        let directory = tempfile::tempdir().unwrap();
        let emulator = keysweep()
            .current_dir(directory.path())
            .args(["emulator", "--listen", "127.0.0.1:0", "--applications", "3", "--seed", "9"])
            .args(flags)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let _emulator = Running(emulator);
        let config = directory.path().join("data/emulator/keysweep.toml");
        until("the configuration", || config.metadata().is_ok_and(|file| file.len() > 0));
        let written = fs::read_to_string(&config).unwrap();
        assert!(written.contains(&format!("graph_url = \"{root}")), "{written}");
        let audit = ["--config", config.to_str().unwrap(), "audit"];
        let output = keysweep().current_dir(directory.path()).args(audit).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{flags:?}: {}", text(&output.stderr));
        let mut runs = fs::read_dir(directory.path().join("reports/emulated")).unwrap();
        let kinds = rows(&runs.next().unwrap().unwrap().path().join("objects.csv"));
        assert_eq!(kinds.iter().filter(|row| row["object_type"] == "application").count(), 3);
    }
}

#[test]
fn the_emulator_refuses_what_it_should() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tenant.json");
    fs::write(&file, "{\"applications\": 7}").unwrap();
    for (arguments, part) in [
        (["--listen", "192.0.2.1:8443"], "loopback"),
        (["--tenant-file", file.to_str().unwrap()], "applications"),
        (["--tenant-file", "nowhere.json"], "nowhere.json"),
        (["--seed", "9"], "--applications"),
        (["--latency", "soon"], "60ms"),
        (["--tenant-size", "large"], "--enforce-limits"),
    ] {
        let output = run(&[&["emulator"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
}
