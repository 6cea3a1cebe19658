//! Cases of policies.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{TenantData, disabled, lifetime, passwords, payroll, perfect, restriction, set, since, strict};
use crate::emulator::ObjectKind::{Application, ServicePrincipal};
use crate::emulator::shapes::{self, secret, without};

/// Never configured, but with an application and its service principal.
#[must_use]
pub fn default_policy_off(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let none = json!({ "passwordCredentials": [], "keyCredentials": [] });
    tenant.set_default_policy(json!({
        "isEnabled": false, "applicationRestrictions": none, "servicePrincipalRestrictions": none,
    }));
    tenant
}

/// Switched on without a single restriction.
#[must_use]
pub fn default_on_but_empty(now: DateTime<Utc>) -> TenantData {
    let mut tenant = default_policy_off(now);
    tenant.set_default_policy(json!({ "isEnabled": true }));
    tenant
}

/// Every restriction is there and enabled; the policy itself is switched off.
#[must_use]
pub fn all_restrictions_but_off(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let every = [
        restriction("passwordAddition"),
        lifetime("passwordLifetime", "P180D"),
        restriction("symmetricKeyAddition"),
        lifetime("symmetricKeyLifetime", "P180D"),
        restriction("customPasswordAddition"),
    ];
    passwords(&mut tenant, &every);
    tenant.set_default_policy(json!({ "isEnabled": false }));
    tenant
}

/// The half for applications blocks; the one for service principals is empty.
#[must_use]
pub fn application_half_only(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    tenant.set_default_policy(json!({
        "servicePrincipalRestrictions": { "passwordCredentials": [], "keyCredentials": [] },
    }));
    tenant
}

/// No restriction has a `state`, as in tenants configured before it came.
#[must_use]
pub fn missing_state(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let stateless = |entry| without(entry, "state");
    let half = json!({
        "passwordCredentials": [
            stateless(restriction("passwordAddition")),
            stateless(restriction("symmetricKeyAddition")),
        ],
        "keyCredentials": [stateless(lifetime("asymmetricKeyLifetime", "P365D"))],
    });
    tenant
        .set_default_policy(json!({ "applicationRestrictions": half, "servicePrincipalRestrictions": half }));
    tenant
}

/// Secrets of at most six months are allowed. The application has one of 150 days (`short`) and one of 200
/// (`long`), both live.
#[must_use]
pub fn lifetime_p6m(now: DateTime<Utc>) -> TenantData {
    lifetimes(now, "P6M", TimeDelta::days(150), TimeDelta::days(200))
}

/// Secrets of at most twenty years are allowed. The application has one of ten years (`short`) and one of
/// twenty-five (`long`), both live.
#[must_use]
pub fn lifetime_p20y(now: DateTime<Utc>) -> TenantData {
    lifetimes(now, "P20Y", TimeDelta::days(3650), TimeDelta::days(9130))
}

/// Secrets of at most 4 days, 12 hours, 30 minutes and 5 seconds are allowed. The application has one of
/// exactly that (`short`) and one a second longer (`long`), both live.
#[must_use]
pub fn lifetime_p4dt12h30m5s(now: DateTime<Utc>) -> TenantData {
    let limit = TimeDelta::days(4) + TimeDelta::hours(12) + TimeDelta::minutes(30) + TimeDelta::seconds(5);
    lifetimes(now, "P4DT12H30M5S", limit, limit + TimeDelta::seconds(1))
}

fn lifetimes(now: DateTime<Utc>, max: &str, short: TimeDelta, long: TimeDelta) -> TenantData {
    let mut tenant = perfect(now);
    let restrictions = [lifetime("passwordLifetime", max), restriction("symmetricKeyAddition")];
    passwords(&mut tenant, &restrictions);
    let start = now - TimeDelta::days(1);
    let secrets =
        json!([secret("short", start, Some(start + short)), secret("long", start, Some(start + long))]);
    set(&mut tenant, Application, "passwordCredentials", secrets);
    tenant
}

/// The block holds for objects created 30 days from now or later: for none there is.
#[must_use]
pub fn future_creation_date(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let date = now + TimeDelta::days(30);
    let restrictions =
        [since(restriction("passwordAddition"), date), since(restriction("symmetricKeyAddition"), date)];
    passwords(&mut tenant, &restrictions);
    tenant
}

/// The application's own policy has `passwordAddition` disabled: the portal's "exclusions" make this.
#[must_use]
pub fn custom_policy_exempting(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    assigned(&mut tenant, "Allow secrets", &[disabled("passwordAddition")]);
    tenant
}

/// Two custom policies: the application has one that blocks, its service principal one that exempts.
#[must_use]
pub fn two_custom_policies(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    assigned(&mut tenant, "No secrets", &[restriction("passwordAddition")]);
    let exempting = custom(&mut tenant, "Allow secrets", &[disabled("passwordAddition")]);
    let principal = payroll(&tenant, ServicePrincipal);
    tenant.assign(&exempting, ServicePrincipal, &principal);
    tenant
}

/// The default limits secrets to 90 days, the application's own policy to 365.
#[must_use]
pub fn custom_policy_weaker(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let restrictions = [
        restriction("passwordAddition"),
        lifetime("passwordLifetime", "P90D"),
        restriction("symmetricKeyAddition"),
    ];
    passwords(&mut tenant, &restrictions);
    assigned(&mut tenant, "A year", &[lifetime("passwordLifetime", "P365D")]);
    tenant
}

/// The default blocks symmetric keys and the application's own policy blocks passwords: together they
/// block both, and the service principal, which has the default alone, may still get a password.
#[must_use]
pub fn merge_of_one_restriction_each(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    passwords(&mut tenant, &[restriction("symmetricKeyAddition")]);
    assigned(&mut tenant, "No passwords", &[restriction("passwordAddition")]);
    tenant
}

/// A custom policy with these password restrictions.
fn custom(tenant: &mut TenantData, name: &str, restrictions: &[Value]) -> String {
    let restrictions = shapes::with(strict(), "passwordCredentials", json!(restrictions));
    let restrictions = shapes::with(restrictions, "keyCredentials", json!([]));
    tenant.add_policy(json!({ "displayName": name, "description": name, "restrictions": restrictions }))
}

/// The same, assigned to the application.
fn assigned(tenant: &mut TenantData, name: &str, restrictions: &[Value]) {
    let policy = custom(tenant, name, restrictions);
    let application = payroll(tenant, Application);
    tenant.assign(&policy, Application, &application);
}
