//! What an operator sees of an audit in which something went wrong.

use std::fs;

use keysweep::emulator::{Emulator, Fault, Options, Side, TenantData, Transport};
use serde_json::Value;

use crate::world::{World, now, text};

const MAIL: &str = "[mail]\ntransport = \"directory\"\ndirectory = \"mail\"\nfrom = \"k@contoso.example\"\nto = [\"a@contoso.example\"]\n";

/// A tenant of which everything there is takes several pages.
fn paged() -> TenantData {
    let mut tenant = TenantData::sample(now());
    tenant.page_size = Some(20);
    tenant
}

/// Audits under a fault: it ends with 3, and the report, the summary and the letter name this part first,
/// with this reason.
fn ends_incomplete(fault: impl FnOnce(Fault) -> Fault, aim: Fault, part: &str, reason: &str) {
    let world = World::new(paged());
    world.configure(MAIL);
    world.emulator.fault(fault(aim));
    let output = world.keysweep(&["audit"]);
    let (shown, log) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{part}: {log}");
    assert!(
        shown.contains("INCOMPLETE") && shown.contains(part) && shown.contains(reason),
        "{part}: {shown}"
    );
    let report: Value =
        serde_json::from_slice(&fs::read(world.runs()[0].join("report.json")).unwrap()).unwrap();
    assert_eq!(report["complete"], false, "{part}");
    let gaps = report["gaps"].as_array().unwrap();
    let named = gaps.iter().filter(|gap| gap.to_string().contains(reason)).count();
    assert!(named == 1 && gaps[0].to_string().contains(part), "{part}: {gaps:?}");
    let letters = fs::read_dir(world.path("mail")).unwrap();
    let letters: Vec<String> = letters.map(|file| text(&fs::read(file.unwrap().path()).unwrap())).collect();
    assert_eq!(letters.len(), 1, "{part}");
    let mail = mailparse::parse_mail(letters[0].as_bytes()).unwrap();
    let plain = mail.parts().find(|part| part.ctype.mimetype == "text/plain").unwrap().get_body().unwrap();
    let first = plain.lines().next().unwrap();
    assert!(first.to_lowercase().starts_with("incomplete"), "{part}: {first}");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" "); // it is wrapped
    assert!(plain.contains(part) && plain.contains(reason), "{part}: {plain}");
}

#[test]
fn whatever_cannot_be_read_is_named_in_the_report_the_summary_and_the_letter() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = Options::new(TenantData::empty(now()), now(), now);
    let options = Options { graph_transport: Transport::PlainHttp, ..options };
    let elsewhere = runtime.block_on(Emulator::start(options)).unwrap();
    let get = |path: &str| Fault::on(Side::Graph, "GET", &format!("/v1.0/{path}")).always();
    let policy = paged().policies()[0]["id"].as_str().unwrap().to_owned();
    let astray = elsewhere.graph_url();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let aim = get("applications").with_query("keyCredentials").on_page(2);
            ends_incomplete(Fault::truncated, aim, "applications", "broke off after 20 entries");
        });
        scope.spawn(|| {
            let aim = get("servicePrincipals").on_page(1);
            let fault = |fault: Fault| fault.foreign_link(astray);
            ends_incomplete(fault, aim, "service principals", "which is not the configured Graph");
        });
        scope.spawn(|| {
            let aim = get("policies/defaultAppManagementPolicy");
            let fault = |fault: Fault| fault.redirect(&format!("{astray}/v1.0/policies"));
            ends_incomplete(fault, aim, "tenant default policy", "was redirected (302)");
        });
        scope.spawn(|| {
            let aim = get("policies/appManagementPolicies");
            ends_incomplete(Fault::circle, aim, "custom policies", "go round in a circle");
        });
        scope.spawn(|| {
            let aim = get(&format!("policies/appManagementPolicies/{policy}/appliesTo"));
            ends_incomplete(
                Fault::malformed,
                aim,
                &format!("assignments of policy {policy}"),
                "cut off at line",
            );
        });
        scope.spawn(|| {
            let aim = Fault::on(Side::Graph, "POST", "/v1.0/$batch").always();
            ends_incomplete(Fault::forbidden, aim, "owners", "lacks `Application.Read.All`");
        });
        scope.spawn(|| {
            let path = format!("/{}/oauth2/v2.0/token", paged().tenant_id());
            let aim = Fault::on(Side::Authority, "POST", &path).always();
            let fault = |fault: Fault| fault.answer(503, &Value::Null);
            ends_incomplete(fault, aim, "sign-in", "answered with status 503");
        });
    });
    assert_eq!(elsewhere.log(), [], "somebody was led astray");
}
