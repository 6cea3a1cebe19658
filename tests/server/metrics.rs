//! `/metrics`.

use std::collections::BTreeMap;

use keysweep::emulator::{Fault, Side, TenantData};

use crate::prometheus::{Samples, read};
use crate::visit::{NEVER, Service};
use crate::world::{now, rows, until};

fn scrape(service: &Service) -> Samples {
    let answer = service.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    read(&answer.body)
}

/// A sample; none counts as no sample.
fn at(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let labels: BTreeMap<String, String> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    samples.get(&(name.to_owned(), labels)).copied()
}

fn sample_tenant() -> TenantData {
    TenantData::sample(now())
}

const CONTOSO: (&str, &str) = ("tenant", "contoso");

#[test]
fn a_service_that_has_done_nothing_says_so_in_the_right_form() {
    let service = Service::open().ready();
    let samples = scrape(&service);
    for (name, value) in [
        ("keysweep_up", 1.0),
        ("keysweep_store_up", 1.0),
        ("keysweep_configuration_valid", 1.0),
        ("keysweep_outbox_messages", 0.0),
        ("keysweep_outbox_oldest_age_seconds", 0.0),
        ("keysweep_outbox_given_up", 0.0),
    ] {
        assert_eq!(at(&samples, name, &[]), Some(value), "{name}");
    }
    assert_eq!(at(&samples, "keysweep_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    let next = at(&samples, "keysweep_next_run_timestamp_seconds", &[CONTOSO]).unwrap();
    assert!(next > now().timestamp() as f64, "{next}");
    assert_eq!(at(&samples, "keysweep_last_complete_run_timestamp_seconds", &[CONTOSO]), None);
}

#[test]
fn runs_findings_and_waits_are_counted_and_findings_are_known_after_a_restart() {
    let service = Service::of(sample_tenant(), "").ready();
    let throttled = Fault::on(Side::Graph, "GET", "/v1.0/applications");
    service
        .world
        .emulator
        .fault(throttled.answer(429, &Fault::graph_error("TooManyRequests", "")).header("Retry-After", "1"));
    let run = service.run();
    let counted = || at(&scrape(&service), "keysweep_last_complete_run_timestamp_seconds", &[CONTOSO]);
    until("the counts", || counted().is_some());
    let samples = scrape(&service);
    assert_eq!(at(&samples, "keysweep_runs_total", &[CONTOSO, ("outcome", "complete")]), Some(1.0));
    assert_eq!(at(&samples, "keysweep_run_duration_seconds_count", &[CONTOSO]), Some(1.0));
    let asked = [CONTOSO, ("reason", "asked")];
    assert_eq!(at(&samples, "keysweep_graph_wait_seconds_count", &asked), Some(1.0), "{samples:?}");
    assert!(at(&samples, "keysweep_graph_wait_seconds_sum", &asked).unwrap() >= 1.0, "{samples:?}");
    assert_eq!(at(&samples, "keysweep_graph_requests_total", &[CONTOSO, ("class", "429")]), Some(1.0));
    let answered = at(&samples, "keysweep_graph_requests_total", &[CONTOSO, ("class", "2xx")]).unwrap();
    assert!(answered >= 5.0 && answered <= service.world.requests().len() as f64, "{answered}");
    let findings = rows(&service.world.path(&format!("reports/contoso/{run}/findings.csv")));
    assert!(findings.len() > 10, "{}", findings.len());
    let expected = by_rule(&findings);
    assert_eq!(told(&samples), expected);
    for severity in ["critical", "high", "medium", "low", "info"] {
        let open =
            findings.iter().filter(|row| row["severity"] == severity && row["status"] == "open").count();
        let labels = [CONTOSO, ("severity", severity)];
        assert_eq!(at(&samples, "keysweep_open_findings", &labels), Some(open as f64), "{severity}");
    }

    let Service { mut daemon, world, .. } = service;
    daemon.signal("TERM");
    assert_eq!(daemon.0.wait().unwrap().code(), Some(0));
    std::fs::remove_file(world.path("log")).unwrap();
    let service = Service::start(world).ready();
    until("the findings of before", || told(&scrape(&service)) == expected);
    assert_eq!(at(&scrape(&service), "keysweep_runs_total", &[CONTOSO, ("outcome", "complete")]), None);
}

/// `keysweep_findings`, by rule and severity.
fn told(samples: &Samples) -> BTreeMap<(String, String), f64> {
    let of_rules = samples.iter().filter(|((name, _), _)| name == "keysweep_findings");
    of_rules
        .map(|((_, labels), value)| ((labels["rule"].clone(), labels["severity"].clone()), *value))
        .collect()
}

/// The same of the rows of `findings.csv`.
fn by_rule(findings: &[BTreeMap<String, String>]) -> BTreeMap<(String, String), f64> {
    let mut counts: BTreeMap<(String, String), f64> = BTreeMap::new();
    for row in findings {
        *counts.entry((row["rule"].clone(), row["severity"].clone())).or_default() += 1.0;
    }
    counts
}

/// A rule that is off leaves its findings on record, since nobody looked whether they are fixed.
#[test]
fn findings_are_those_of_the_last_complete_run_by_its_own_settings() {
    let service = Service::of(sample_tenant(), "").ready();
    let first = service.run();
    let of = |run: &str| by_rule(&rows(&service.world.path(&format!("reports/contoso/{run}/findings.csv"))));
    let before = of(&first);
    until("the counts", || told(&scrape(&service)) == before);
    until("the turn to end", || !service.get("/").body.contains("data-busy"));
    let config = std::fs::read_to_string(service.world.path("keysweep.toml")).unwrap();
    let rules = "[rules]\nclient-secret = \"off\"\nno-owner = \"critical\"\n";
    std::fs::write(service.world.path("keysweep.toml"), format!("{config}{rules}")).unwrap();
    service.daemon.signal("HUP");
    until("the settings", || service.log().contains("configuration read again"));
    let after = of(&service.run());
    let has = |counts: &BTreeMap<(String, String), f64>, rule: &str, severity: &str| {
        counts.contains_key(&(rule.to_owned(), severity.to_owned()))
    };
    assert!(has(&before, "client-secret", "high") && has(&before, "no-owner", "low"), "{before:?}");
    assert!(!has(&after, "client-secret", "high") && has(&after, "no-owner", "critical"), "{after:?}");
    until("the counts of the second run", || told(&scrape(&service)) == after);
}

#[test]
fn an_incomplete_run_counts_as_such_and_leaves_the_findings_as_they_were() {
    let service = Service::of(sample_tenant(), "").ready();
    service.run();
    let last =
        |service: &Service| at(&scrape(service), "keysweep_last_complete_run_timestamp_seconds", &[CONTOSO]);
    until("the first run", || last(&service).is_some());
    let before = last(&service);
    until("the turn to end", || !service.get("/").body.contains("data-busy"));
    service.world.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/policies/*").forbidden().always());
    service.run();
    let incomplete =
        || at(&scrape(&service), "keysweep_runs_total", &[CONTOSO, ("outcome", "incomplete")]) == Some(1.0);
    until("the incomplete run", incomplete);
    assert_eq!(last(&service), before);
    let page = service.get("/").body;
    assert!(page.contains("Last complete run") && page.contains("incomplete"), "{page}");
}

#[test]
fn no_label_holds_what_the_directory_says_and_a_tenant_that_is_gone_is_gone() {
    let service = Service::of(sample_tenant(), "").ready();
    service.run();
    until("the counts", || scrape(&service).keys().any(|(name, _)| name == "keysweep_findings"));
    for ((name, labels), _) in scrape(&service) {
        for (label, value) in labels {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.+".contains(letter);
            assert!(value.chars().all(plain) && value.len() < 40, "{name} {label}={value}");
        }
    }
    let config = std::fs::read_to_string(service.world.path("keysweep.toml")).unwrap();
    assert!(config.contains(NEVER));
    std::fs::write(service.world.path("keysweep.toml"), config.replace("\"contoso\"", "\"fabrikam\""))
        .unwrap();
    service.daemon.signal("HUP");
    let of_states = |samples: &Samples| -> Vec<String> {
        let states =
            samples.keys().filter(|(name, _)| !name.ends_with("_total") && !name.contains("_seconds_"));
        states.filter_map(|(_, labels)| labels.get("tenant").cloned()).collect()
    };
    until("the other tenant", || of_states(&scrape(&service)).iter().all(|tenant| tenant == "fabrikam"));
}
