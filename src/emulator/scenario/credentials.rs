//! Cases of credentials.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{TenantData, perfect, set};
use crate::emulator::ObjectKind::{Application, ServicePrincipal};
use crate::emulator::shapes::{saml_signing, secret};

/// A secret from before the block: 300 days old, of one year.
#[must_use]
pub fn grandfathered_secret(now: DateTime<Utc>) -> TenantData {
    with_secret(now, TimeDelta::days(-300), Some(TimeDelta::days(65)))
}

/// A gallery application that signs SAML tokens. Its service principal holds a Sign and a Verify key, and
/// a password that opens the first: no client secret at all. The certificate holds another 200 days.
#[must_use]
pub fn saml_pair(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let start = now - TimeDelta::days(100);
    let signing = saml_signing("Expenses", start, start + TimeDelta::days(300));
    if let serde_json::Value::Object(members) = signing {
        for (name, value) in members {
            set(&mut tenant, ServicePrincipal, &name, value);
        }
    }
    tenant
}

/// A live secret of 90 days on the application; its service principal has none.
#[must_use]
pub fn secret_on_application_only(now: DateTime<Utc>) -> TenantData {
    with_secret(now, TimeDelta::days(-10), Some(TimeDelta::days(80)))
}

/// A live secret of 90 days on the service principal, where the portal does not show it; the application
/// has none.
#[must_use]
pub fn secret_on_service_principal_only(now: DateTime<Utc>) -> TenantData {
    let mut tenant = perfect(now);
    let hidden = secret("hidden", now - TimeDelta::days(10), Some(now + TimeDelta::days(80)));
    set(&mut tenant, ServicePrincipal, "passwordCredentials", json!([hidden]));
    tenant
}

/// One secret, which ended five days ago.
#[must_use]
pub fn expired_only(now: DateTime<Utc>) -> TenantData {
    with_secret(now, TimeDelta::days(-95), Some(TimeDelta::days(-5)))
}

/// One secret, which ends six hours from now.
#[must_use]
pub fn expires_today(now: DateTime<Utc>) -> TenantData {
    with_secret(now, TimeDelta::days(-89), Some(TimeDelta::hours(6)))
}

/// One secret without an end.
#[must_use]
pub fn no_end_date(now: DateTime<Utc>) -> TenantData {
    with_secret(now, TimeDelta::days(-10), None)
}

/// One secret, which ends 23 hours from now: no whole day is left.
#[must_use]
pub fn ends_in_23_hours(now: DateTime<Utc>) -> TenantData {
    with_secret(now, TimeDelta::days(-89), Some(TimeDelta::hours(23)))
}

/// A perfect tenant, but the application has a secret; times are relative to `now`.
fn with_secret(now: DateTime<Utc>, start: TimeDelta, end: Option<TimeDelta>) -> TenantData {
    let mut tenant = perfect(now);
    let secret = secret("ci", now + start, end.map(|end| now + end));
    set(&mut tenant, Application, "passwordCredentials", json!([secret]));
    tenant
}
