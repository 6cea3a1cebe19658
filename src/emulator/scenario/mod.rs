//! Small tenants, each of which shows one case. All but the first few start from [`perfect`], which has
//! nothing to complain about, and change one thing.
//!
//! Every tenant but `fresh_tenant` holds the application [`PAYROLL`] and its service principal, owned by
//! Adele Vance and created 400 days before `now`, unless a scenario says otherwise.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{ObjectKind, TenantData};
use crate::emulator::shapes::{self, disabled, lifetime, restriction, since};

mod credentials;
mod names;
mod policies;

pub use credentials::{
    ends_in_23_hours, expired_only, expires_today, grandfathered_secret, no_end_date, saml_pair,
    secret_on_application_only, secret_on_service_principal_only,
};
pub use names::{
    names_with_formulas, names_with_line_breaks, names_with_markup, owner_organization_null,
    page_3_of_5_fails,
};
pub use policies::{
    all_restrictions_but_off, application_half_only, custom_policy_exempting, custom_policy_weaker,
    default_on_but_empty, default_policy_off, future_creation_date, lifetime_p4dt12h30m5s, lifetime_p6m,
    lifetime_p20y, merge_of_one_restriction_each, missing_state, two_custom_policies,
};

/// The display name of the application in most scenarios.
pub const PAYROLL: &str = "Payroll Export";

/// Every scenario with its name.
#[must_use]
#[rustfmt::skip]
pub fn all(now: DateTime<Utc>) -> Vec<(&'static str, TenantData)> {
    type Make = fn(DateTime<Utc>) -> TenantData;
    let scenarios: [(&'static str, Make); 29] = [
        ("fresh_tenant",                     fresh_tenant),
        ("perfect",                          perfect),
        ("default_policy_off",               default_policy_off),
        ("default_on_but_empty",             default_on_but_empty),
        ("all_restrictions_but_off",         all_restrictions_but_off),
        ("application_half_only",            application_half_only),
        ("missing_state",                    missing_state),
        ("lifetime_p6m",                     lifetime_p6m),
        ("lifetime_p20y",                    lifetime_p20y),
        ("lifetime_p4dt12h30m5s",            lifetime_p4dt12h30m5s),
        ("future_creation_date",             future_creation_date),
        ("custom_policy_exempting",          custom_policy_exempting),
        ("two_custom_policies",              two_custom_policies),
        ("custom_policy_weaker",             custom_policy_weaker),
        ("merge_of_one_restriction_each",    merge_of_one_restriction_each),
        ("grandfathered_secret",             grandfathered_secret),
        ("saml_pair",                        saml_pair),
        ("secret_on_application_only",       secret_on_application_only),
        ("secret_on_service_principal_only", secret_on_service_principal_only),
        ("expired_only",                     expired_only),
        ("expires_today",                    expires_today),
        ("no_end_date",                      no_end_date),
        ("ends_in_23_hours",                 ends_in_23_hours),
        ("page_3_of_5_fails",                page_3_of_5_fails),
        ("names_with_formulas",              names_with_formulas),
        ("names_with_markup",                names_with_markup),
        ("names_with_line_breaks",           names_with_line_breaks),
        ("owner_organization_null",          owner_organization_null),
        ("odd_bodies",                       odd_bodies),
    ];
    scenarios.into_iter().map(|(name, tenant)| (name, tenant(now))).collect()
}

/// A tenant in which nobody has done anything: no objects, a default policy never configured.
#[must_use]
pub fn fresh_tenant(now: DateTime<Utc>) -> TenantData {
    TenantData::empty(now)
}

/// A default policy that blocks passwords and symmetric keys for everything and limits certificates, an
/// application with an owner and a federated credential, its service principal without credentials.
#[must_use]
pub fn perfect(now: DateTime<Utc>) -> TenantData {
    let mut tenant = TenantData::empty(now);
    tenant.set_default_policy(json!({
        "isEnabled": true,
        "applicationRestrictions": strict(),
        "servicePrincipalRestrictions": strict(),
    }));
    let payroll = tenant.add_application(json!({
        "displayName": PAYROLL,
        "createdDateTime": shapes::stamp(now - TimeDelta::days(400)),
        "owners": [shapes::user("Adele Vance")],
        "federatedIdentityCredentials": [shapes::federated(
            "main-branch",
            "https://token.actions.githubusercontent.com",
            "repo:contoso/payroll:ref:refs/heads/main",
        )],
    }));
    tenant.add_service_principal_of(&payroll);
    tenant
}

/// Bodies as the schema allows them and nobody expects them: null collections, credentials of which every
/// member is null, seven fractional digits, a date in year 1, an application and a service principal
/// without a creation time, a restriction type and a state that no version knows.
#[must_use]
pub fn odd_bodies(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let mut half = strict();
    half = shapes::with(
        half,
        "passwordCredentials",
        json!([
            shapes::with(
                restriction("passwordAddition"),
                "restrictForAppsCreatedAfterDateTime",
                json!("0001-01-01T00:00:00Z")
            ),
            shapes::with(restriction("passwordLifetime"), "state", json!("audited")),
            restriction("quantumPasswordAddition"),
            restriction("symmetricKeyAddition"),
        ]),
    );
    tenant.set_default_policy(json!({ "applicationRestrictions": half }));
    tenant.set_default_policy(json!({
        "servicePrincipalRestrictions": { "passwordCredentials": [restriction("passwordAddition")], "keyCredentials": null },
    }));
    tenant.add_application(json!({
        "displayName": "Nothing Known", "createdDateTime": null, "owners": [shapes::user("Lee Gu")],
        "passwordCredentials": null, "keyCredentials": null, "tags": null, "signInAudience": null,
    }));
    let start = format!("{}.3086381Z", (now - TimeDelta::days(10)).format("%Y-%m-%dT%H:%M:%S"));
    tenant.add_application(json!({
        "displayName": "Nulls Inside", "owners": [shapes::user("Lee Gu")],
        "passwordCredentials": [
            { "displayName": null, "startDateTime": null, "endDateTime": null, "hint": null, "customKeyIdentifier": null },
            { "displayName": "seven digits", "startDateTime": start, "endDateTime": start },
        ],
        "keyCredentials": [{ "type": null, "usage": null, "displayName": null, "startDateTime": null, "endDateTime": null }],
    }));
    let silent =
        tenant.add_service_principal(json!({ "displayName": "Silent", "passwordCredentials": null }));
    tenant.edit(ObjectKind::ServicePrincipal, &silent, |object| {
        object.insert("createdDateTime".to_owned(), Value::Null);
    });
    tenant.add_service_principal(
        json!({ "displayName": "Shorter Answer", "@absent": ["createdDateTime", "tags"] }),
    );
    tenant
        .add_policy(json!({ "displayName": "Null restrictions", "description": null, "restrictions": null }));
    tenant
}

/// Blocks passwords and symmetric keys, limits certificates: for every object.
fn strict() -> Value {
    json!({
        "passwordCredentials": [restriction("passwordAddition"), restriction("symmetricKeyAddition")],
        "keyCredentials": [lifetime("asymmetricKeyLifetime", "P365D")],
    })
}

/// The object id of the application or service principal named [`PAYROLL`].
fn payroll(tenant: &TenantData, kind: ObjectKind) -> String {
    let collection = tenant.collection(kind);
    let named = |position: &usize| collection.read(*position).get("displayName") == Some(&json!(PAYROLL));
    let position = (0..collection.places()).find(named);
    position.map(|position| collection.id(position).to_owned()).unwrap_or_default()
}

/// Sets a member of Payroll Export or of its service principal.
fn set(tenant: &mut TenantData, kind: ObjectKind, name: &str, value: Value) {
    let id = payroll(tenant, kind);
    tenant.edit(kind, &id, |object| {
        object.insert(name.to_owned(), value);
    });
}

/// Sets the password restrictions of both halves of the default policy, and leaves the keys limited.
fn passwords(tenant: &mut TenantData, restrictions: &[Value]) {
    let half = shapes::with(strict(), "passwordCredentials", json!(restrictions));
    tenant
        .set_default_policy(json!({ "applicationRestrictions": half, "servicePrincipalRestrictions": half }));
}
