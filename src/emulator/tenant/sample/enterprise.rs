//! Service principals of applications that live elsewhere.

use serde_json::{Value, json};

use super::{Contoso, Policies, id, permissions};
use crate::emulator::ObjectKind;
use crate::emulator::shapes::{federated, saml_signing};

/// Microsoft's own tenant.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";

pub(super) fn add(contoso: &mut Contoso, policies: &Policies) {
    microsoft(contoso);
    vendors(contoso, policies);
    managed_identities(contoso);
    odd_ones(contoso);
}

/// The first-party applications that every tenant has.
fn microsoft(contoso: &mut Contoso) {
    for (name, app_id) in [
        ("Microsoft Graph", "00000003-0000-0000-c000-000000000000"),
        ("Windows Azure Active Directory", "00000002-0000-0000-c000-000000000000"),
        ("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
        ("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"),
        ("Microsoft Intune", "0000000a-0000-0000-c000-000000000000"),
    ] {
        // The oldest of them have no date.
        let mut members = json!({ "appId": app_id, "createdDateTime": null });
        if name == "Microsoft Graph" {
            super::add_members(&mut members, json!({ "appRoles": permissions::graph_roles() }));
        }
        contoso.enterprise(name, 2900, Some(MICROSOFT), members);
    }
}

fn vendors(contoso: &mut Contoso, policies: &Policies) {
    let fabrikam = id("tenant", "Fabrikam");
    let planted = json!({
        "passwordCredentials": [contoso.secret("restore-test", -75, 290)],
        "notes": "Cloud backup, contract until next year",
    });
    contoso.enterprise("Fabrikam Cloud Backup", 800, Some(&fabrikam), planted);

    let signing = saml_signing("Tailspin Travel", contoso.days(-300), contoso.days(25));
    contoso.enterprise("Tailspin Travel", 760, Some(&id("tenant", "Tailspin")), signing);

    let late = contoso.enterprise("Litware Surveys", 90, Some(&id("tenant", "Litware")), json!({}));
    contoso.tenant.assign(&policies.from_next_month, ObjectKind::ServicePrincipal, &late);

    for (name, vendor, age) in [
        ("Northwind Signatures", "Northwind", 340),
        ("Adatum Analytics", "Adatum", 230),
        ("Proseware Recruiting", "Proseware", 610),
    ] {
        contoso.enterprise(name, age, Some(&id("tenant", vendor)), json!({}));
    }
}

/// Their certificates are the platform's business.
fn managed_identities(contoso: &mut Contoso) {
    for (name, group) in
        [("vm-payroll-01", "payroll"), ("func-invoices", "finance"), ("aks-ingress", "platform")]
    {
        let certificate = contoso.certificate(&id("managed identity", name), -50, 40);
        let resource = format!(
            "/subscriptions/{}/resourcegroups/{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
            id("subscription", "contoso")
        );
        let mut members = json!({
            "servicePrincipalType": "ManagedIdentity",
            "keyCredentials": [certificate],
            "alternativeNames": ["isExplicit=True", resource],
        });
        if name == "aks-ingress" {
            let subject = "system:serviceaccount:ingress:default";
            let pods = federated("ingress", "https://oidc.example.com/contoso", subject);
            super::add_members(&mut members, json!({ "federatedIdentityCredentials": [pods] }));
        }
        contoso.enterprise(name, 400, None, members);
    }
}

/// What is left of older times.
fn odd_ones(contoso: &mut Contoso) {
    let secrets: Value = json!([contoso.secret("adfs", -2000, -900), contoso.secret("adfs 2", -700, 395)]);
    contoso.enterprise(
        "Directory Sync (old)",
        2700,
        None,
        json!({ "servicePrincipalType": "Legacy", "createdDateTime": null, "passwordCredentials": secrets }),
    );
    contoso.enterprise(
        "Woodgrove Chat",
        1500,
        Some(&id("tenant", "Woodgrove")),
        json!({ "accountEnabled": false, "disabledByMicrosoftStatus": "DisabledDueToViolationOfServicesAgreement" }),
    );
}
