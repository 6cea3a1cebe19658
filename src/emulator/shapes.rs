//! JSON in Graph's shape, for building tenants.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A time as Graph writes it when it has whole seconds.
#[must_use]
pub fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A time with the seven fractional digits that Graph writes for credentials made by `addPassword`.
#[must_use]
pub fn precise_stamp(at: DateTime<Utc>) -> String {
    format!("{}.{:07}Z", at.format("%Y-%m-%dT%H:%M:%S"), at.timestamp_subsec_nanos() / 100)
}

/// A client secret. Without an end it never expires. Its `keyId` is made when it is added to a tenant.
#[must_use]
pub fn secret(name: &str, start: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": name,
        "endDateTime": end.map(precise_stamp),
        "hint": hint(name),
        "secretText": null,
        "startDateTime": precise_stamp(start),
    })
}

/// A certificate to sign in with.
#[must_use]
pub fn certificate(name: &str, start: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Value {
    key(name, "AsymmetricX509Cert", "Verify", start, end)
}

/// A symmetric key: a shared secret among the key credentials.
#[must_use]
pub fn symmetric_key(name: &str, start: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Value {
    key(name, "Symmetric", "Verify", start, end)
}

/// The credentials of a service principal that signs SAML tokens: a Sign and a Verify key, and the password
/// that opens the first. An object with `keyCredentials`, `passwordCredentials`,
/// `preferredSingleSignOnMode` and `preferredTokenSigningKeyThumbprint`.
#[must_use]
pub fn saml_signing(name: &str, start: DateTime<Utc>, end: DateTime<Utc>) -> Value {
    let subject = format!("CN=Microsoft Azure Federated SSO Certificate ({name})");
    let mut sign = key(&subject, "X509CertAndPassword", "Sign", start, Some(end));
    let verify = key(&subject, "AsymmetricX509Cert", "Verify", start, Some(end));
    let thumbprint = verify.get("customKeyIdentifier").cloned();
    let sign_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("saml/{name}/{start}").as_bytes());
    if let Some(sign) = sign.as_object_mut() {
        sign.insert("keyId".to_owned(), json!(sign_id));
    }
    json!({
        "keyCredentials": [sign, verify],
        "passwordCredentials": [{
            "customKeyIdentifier": thumbprint,
            "displayName": subject,
            "endDateTime": stamp(end),
            "hint": null,
            "keyId": sign_id,
            "secretText": null,
            "startDateTime": stamp(start),
        }],
        "preferredSingleSignOnMode": "saml",
        "preferredTokenSigningKeyThumbprint": thumbprint,
    })
}

/// A federated credential of a workload elsewhere, GitHub Actions for instance.
#[must_use]
pub fn federated(name: &str, issuer: &str, subject: &str) -> Value {
    json!({
        "name": name,
        "issuer": issuer,
        "subject": subject,
        "description": null,
        "audiences": ["api://AzureADTokenExchange"],
    })
}

/// A user as owner; mail and sign-in name follow from the name.
#[must_use]
pub fn user(name: &str) -> Value {
    let (given, family) = name.rsplit_once(' ').unwrap_or((name, ""));
    let alias: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let address = format!("{alias}@contoso.com").to_lowercase();
    json!({
        "@odata.type": "#microsoft.graph.user",
        "id": Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("user/{name}").as_bytes()),
        "businessPhones": [],
        "displayName": name,
        "givenName": given,
        "jobTitle": null,
        "mail": address,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": family,
        "userPrincipalName": address,
    })
}

/// A user as `initiatedBy` of an audit entry.
#[must_use]
pub fn by_user(name: &str) -> Value {
    let user = user(name);
    let member = |name: &str| user.get(name).cloned().unwrap_or_default();
    json!({
        "app": null,
        "user": {
            "id": member("id"),
            "displayName": null, // as in live data
            "userPrincipalName": member("userPrincipalName"),
            "ipAddress": "203.0.113.7",
        },
    })
}

/// An application as `initiatedBy` of an audit entry.
#[must_use]
pub fn by_app(app_id: &str, service_principal: &str, name: &str) -> Value {
    json!({
        "app": {
            "appId": app_id,
            "displayName": name,
            "servicePrincipalId": service_principal,
            "servicePrincipalName": null,
        },
        "user": null,
    })
}

/// A sign-in as the reports of sign-in activity have it.
#[must_use]
pub fn sign_in(at: DateTime<Utc>) -> Value {
    let request = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("sign-in/{at}").as_bytes());
    json!({ "lastSignInDateTime": stamp(at), "lastSignInRequestId": request })
}

/// No sign-in, in the same place.
#[must_use]
pub fn no_sign_in() -> Value {
    json!({ "lastSignInDateTime": null, "lastSignInRequestId": null })
}

/// A time with an offset that readers of RFC 3339 refuse: `2021-04-01T21:36:48-8:00`, as the examples of
/// the reports of sign-in activity have it.
#[must_use]
pub fn pacific_stamp(at: DateTime<Utc>) -> String {
    format!("{}-8:00", (at - TimeDelta::hours(8)).format("%Y-%m-%dT%H:%M:%S"))
}

/// An app role that applications can hold: an entry of `appRoles`.
#[must_use]
pub fn app_role(id: &str, value: &str, name: &str) -> Value {
    json!({
        "allowedMemberTypes": ["Application"],
        "description": name,
        "displayName": name,
        "id": id,
        "isEnabled": true,
        "origin": "Application",
        "value": value,
    })
}

/// A text like the keys of assignments, which are no GUIDs, that follows from its parts.
pub(super) fn made_key(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("/").to_lowercase().as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// A restriction, enabled, for every object whenever it was created.
#[must_use]
pub fn restriction(kind: &str) -> Value {
    json!({
        "restrictionType": kind,
        "state": "enabled",
        "maxLifetime": null,
        "restrictForAppsCreatedAfterDateTime": null,
    })
}

/// A restriction on lifetimes, as [`restriction`] is on additions.
#[must_use]
pub fn lifetime(kind: &str, max: &str) -> Value {
    with(restriction(kind), "maxLifetime", json!(max))
}

/// A restriction that is expressly off: in a custom policy, an exemption.
#[must_use]
pub fn disabled(kind: &str) -> Value {
    with(restriction(kind), "state", json!("disabled"))
}

/// The same restriction for objects created on or after a date.
#[must_use]
pub fn since(restriction: Value, date: DateTime<Utc>) -> Value {
    with(restriction, "restrictForAppsCreatedAfterDateTime", json!(stamp(date)))
}

/// The same object with one member set.
#[must_use]
pub fn with(mut object: Value, name: &str, value: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    object
}

/// The same object without one member.
#[must_use]
pub fn without(mut object: Value, name: &str) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.remove(name);
    }
    object
}

fn key(name: &str, kind: &str, usage: &str, start: DateTime<Utc>, end: Option<DateTime<Utc>>) -> Value {
    let digest = Sha256::digest(format!("{name}/{start}").as_bytes());
    let thumbprint: String = digest.iter().take(20).map(|byte| format!("{byte:02X}")).collect();
    json!({
        "customKeyIdentifier": thumbprint,
        "displayName": name,
        "endDateTime": end.map(stamp),
        "key": STANDARD.encode(digest),
        "startDateTime": stamp(start),
        "type": kind,
        "usage": usage,
    })
}

fn hint(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let letters = digest.iter().take(3).map(|byte| char::from(b'a' + byte % 26));
    letters.collect()
}
