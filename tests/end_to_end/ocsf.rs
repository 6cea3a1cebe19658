//! Findings for a SIEM, from the command line.

use keysweep::emulator::{Fault, Side, TenantData};

use crate::ocsf_schema::events;
use crate::world::{World, now, text};

#[test]
fn a_siem_is_told_of_each_finding_and_of_what_could_not_be_read() {
    let world = World::new(TenantData::sample(now()));
    let output = world.keysweep(&["audit", "--format", "ocsf"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = events(&output.stdout);
    let rows = world.rows("findings.csv");
    assert!(rows.len() > 20, "{}", rows.len());
    let rules = rows.iter().map(|row| row["rule"].as_str());
    assert!(told.iter().map(|event| event["metadata"]["event_code"].as_str().unwrap()).eq(rules));
    assert!(told.iter().all(|event| event["activity_name"] == "Create"), "it is the first run");
    let owned = |event: &&serde_json::Value| event["resources"][0]["owner"]["name"] == "Joni Sherman";
    assert!(told.iter().any(|event| owned(&event)));

    let shown = world.keysweep(&["history", "show", "latest", "--format", "ocsf"]);
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    assert_eq!(text(&shown.stdout), text(&output.stdout));

    let refusal = Fault::graph_error("Authorization_RequestDenied", "Insufficient privileges.");
    let refused = Fault::on(Side::Graph, "GET", "/v1.0/servicePrincipals").times(usize::MAX);
    world.emulator.fault(refused.answer(403, &refusal));
    let output = world.keysweep(&["audit", "--full", "--format", "ocsf"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let told = events(&output.stdout);
    assert_eq!(told[0]["finding_info"]["title"], "Audit not complete");
    assert_eq!(told[0]["compliance"]["status"], "Warning");
    assert!(told.len() > 1 && told.iter().all(|event| event["unmapped"]["complete"] == false));
}
