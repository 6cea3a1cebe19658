//! Stories of this year: agents, proxies, rotation, and what was deleted.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Contoso, id};
use crate::emulator::ObjectKind::{Application, ServicePrincipal};
use crate::emulator::shapes::user;

/// Everybody who ever had a question at a town hall.
const COMMITTEE: [&str; 23] = [
    "Adele Vance",
    "Alex Wilber",
    "Allan Deyoung",
    "Ben Walters",
    "Bianca Pisani",
    "Cameron White",
    "Christie Cline",
    "Debra Berger",
    "Diego Siciliani",
    "Enrico Cattaneo",
    "Grady Archie",
    "Henrietta Mueller",
    "Irvin Sayers",
    "Isaiah Langer",
    "Johanna Lorenz",
    "Joni Sherman",
    "Lee Gu",
    "Lynne Robbins",
    "Megan Bowen",
    "Miriam Graham",
    "Nestor Wilke",
    "Patti Fernandez",
    "Pradeep Gupta",
];

pub(super) fn add(contoso: &mut Contoso) {
    rotation(contoso);
    owners(contoso);
    proxy(contoso);
    agents(contoso);
    deleted(contoso);
}

/// The successor of an ending secret is there already.
fn rotation(contoso: &mut Contoso) {
    let kiosk = json!({ "passwordCredentials": [
        contoso.secret("kiosk", -160, 20),
        contoso.secret("kiosk 2", -3, 177),
    ] });
    contoso.home("Visitor Check-in", 870, Some("Alex Wilber"), kiosk);
}

/// Too many owners, and one that is no person.
fn owners(contoso: &mut Contoso) {
    let committee: Vec<Value> = COMMITTEE.into_iter().map(user).collect();
    let members = json!({
        "owners": committee,
        "passwordCredentials": [contoso.secret("questions", -50, 130)],
    });
    contoso.home("Town Hall Questions", 1000, None, members);

    let terraform = contoso.principal_of("Terraform Cloud");
    let owner = json!({
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": terraform,
        "appId": id("appId", "Terraform Cloud"),
        "displayName": "Terraform Cloud",
        "servicePrincipalType": "Application",
    });
    let members = json!({
        "owners": [owner],
        "passwordCredentials": [contoso.secret("rotated", -1, 89)],
    });
    contoso.home("Newsletter", 900, None, members);
}

/// Application Proxy keeps a secret of its own on what it publishes.
fn proxy(contoso: &mut Contoso) {
    let published = json!({
        "tags": ["WindowsAzureActiveDirectoryOnPremApp"],
        "passwordCredentials": [contoso.secret("CWAP_AuthSecret", -60, 305)],
    });
    contoso.home("Timesheets (intranet)", 700, Some("Nestor Wilke"), published);
}

fn agents(contoso: &mut Contoso) {
    let blueprint = json!({
        "@odata.type": "#microsoft.graph.agentIdentityBlueprint",
        "passwordCredentials": [contoso.secret("agent-dev", -40, 140)],
    });
    let (_, principal) = contoso.home("Travel Assistant", 70, Some("Joni Sherman"), blueprint);
    let kind = json!({ "@odata.type": "#microsoft.graph.agentIdentityBlueprintPrincipal" });
    contoso.set(&principal, kind);
    let agent = json!({
        "@odata.type": "#microsoft.graph.agentIdentity",
        "agentIdentityBlueprintId": id("appId", "Travel Assistant"),
        "appOwnerOrganizationId": contoso.tenant.tenant_id(),
        "signInAudience": "AzureADMyOrg",
    });
    contoso.enterprise("Travel Assistant: Berlin office", 65, None, agent);
}

/// Deleted, and not yet gone: whoever restores one has its secrets back.
fn deleted(contoso: &mut Contoso) {
    for (name, age, secret, deleted) in [
        ("Chatbot Prototype", 430, ("bot", -100, 265), 5),
        ("Mailbox Migration 2024", 690, ("migration", -690, -325), 20),
    ] {
        let (secret, start, end) = secret;
        let members = json!({ "passwordCredentials": [contoso.secret(secret, start, end)] });
        let (application, principal) = contoso.home(name, age, Some("Isaiah Langer"), members);
        let at = contoso.days(-deleted) - TimeDelta::hours(2);
        contoso.tenant.soft_delete_at(Application, &application, at);
        contoso.tenant.soft_delete_at(ServicePrincipal, &principal, at);
    }
}
