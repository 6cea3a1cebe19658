//! Rows about objects and their credentials.

use schemars::JsonSchema;
use serde::Serialize;

use super::vocabulary::{
    compliances, credential_states, credential_types, object_types, or_null, owned_by, policy_effects,
    secret_creations, severities,
};
use super::{filled, moment};
use crate::domain::{Owner, OwnerKind, Severity, Text};
use crate::report::moment::Moment;
use crate::report::{CredentialRow, ObjectRow};

/// An application or service principal; the members are the columns of `objects.csv`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Object<'a> {
    /// Which of the two.
    #[schemars(extend("enum" = object_types()))]
    object_type: &'static str,
    /// Its id.
    #[schemars(extend("format" = "uuid"))]
    object_id: &'a str,
    /// Its client id.
    app_id: Option<&'a str>,
    /// Its name.
    display_name: &'a str,
    /// When it was created.
    #[schemars(extend("format" = "date-time"))]
    created: Option<Moment>,
    /// Who may sign in to it.
    sign_in_audience: Option<&'a str>,
    /// Where its application is registered.
    #[schemars(extend("enum" = owned_by()))]
    owned_by: &'static str,
    /// What kind of service principal it is.
    service_principal_type: Option<&'a str>,
    /// Whether it is enabled.
    enabled: Option<bool>,
    /// The names of its owners, where they were read.
    owners: &'a [String],
    /// The same owners in the same order, with their addresses.
    owner_contacts: Vec<OwnerContact<'a>>,
    /// Unexpired client secrets.
    active_secrets: usize,
    /// Expired client secrets.
    expired_secrets: usize,
    /// Unexpired certificates; a SAML signing pair counts once.
    active_certificates: usize,
    /// Expired certificates, likewise.
    expired_certificates: usize,
    /// Unexpired symmetric keys.
    symmetric_keys: usize,
    /// Federated credentials.
    federated_credentials: usize,
    /// The custom policy assigned to it.
    assigned_policy_id: Option<&'a str>,
    /// That policy's name.
    assigned_policy_name: Option<&'a str>,
    /// That policy against the tenant default.
    #[schemars(extend("enum" = or_null(policy_effects())))]
    policy_effect: Option<&'static str>,
    /// Whether it may be given a new client secret.
    #[schemars(extend("enum" = secret_creations()))]
    secret_creation: &'static str,
    /// What decides that: `tenant-default`, `policy:<id>` or `none`.
    decided_by: Option<&'a str>,
    /// Why, in a sentence a person can check.
    reason: &'a str,
    /// The sum of it.
    #[schemars(extend("enum" = compliances()))]
    compliance: &'static str,
    /// The severity of its worst finding.
    #[schemars(extend("enum" = or_null(severities())))]
    worst_severity: Option<&'static str>,
    /// Where the admin centre shows it.
    portal_url: Option<&'a str>,
    /// When it last signed in as itself; null where no such sign-in is recorded or that was not read.
    #[schemars(extend("format" = "date-time"))]
    last_sign_in: Option<Moment>,
    /// The application permissions it signs in with; null where they were not read.
    permissions: Option<&'a [String]>,
    /// The directory roles it signs in with; null where they were not read.
    directory_roles: Option<&'a [String]>,
    /// Whether it is an agent identity blueprint, from which agent identities are made.
    agent_blueprint: bool,
}

/// An owner, and where mail reaches it.
#[derive(Serialize, JsonSchema)]
struct OwnerContact<'a> {
    /// Its name.
    name: &'a str,
    /// Its mail address; null where it has none, or none that can stand in a mail header.
    address: Option<&'a str>,
    /// What it is.
    #[schemars(extend("enum" = OwnerKind::ALL.map(OwnerKind::as_str)))]
    kind: &'static str,
}

impl<'a> From<&'a Owner> for OwnerContact<'a> {
    fn from(owner: &'a Owner) -> Self {
        let Owner { name, address, kind } = owner;
        Self { name: name.as_str(), address: address.as_ref().map(Text::as_str), kind: kind.as_str() }
    }
}

impl<'a> From<&'a ObjectRow> for Object<'a> {
    fn from(row: &'a ObjectRow) -> Self {
        let ObjectRow {
            object_type,
            object_id,
            app_id,
            display_name,
            created,
            sign_in_audience,
            owned_by,
            service_principal_type,
            enabled,
            owners,
            owner_contacts,
            active_secrets,
            expired_secrets,
            active_certificates,
            expired_certificates,
            symmetric_keys,
            federated_credentials,
            assigned_policy_id,
            assigned_policy_name,
            policy_effect,
            secret_creation,
            decided_by,
            reason,
            compliance,
            worst_severity,
            portal_url,
            last_sign_in,
            permissions,
            directory_roles,
            agent_blueprint,
        } = row;
        Self {
            object_type: object_type.as_str(),
            object_id,
            app_id: filled(app_id),
            display_name,
            created: moment(*created),
            sign_in_audience: filled(sign_in_audience),
            owned_by,
            service_principal_type: filled(service_principal_type),
            enabled: *enabled,
            owners,
            owner_contacts: owner_contacts.iter().map(OwnerContact::from).collect(),
            active_secrets: *active_secrets,
            expired_secrets: *expired_secrets,
            active_certificates: *active_certificates,
            expired_certificates: *expired_certificates,
            symmetric_keys: *symmetric_keys,
            federated_credentials: *federated_credentials,
            assigned_policy_id: filled(assigned_policy_id),
            assigned_policy_name: filled(assigned_policy_name),
            policy_effect: filled(policy_effect),
            secret_creation,
            decided_by: filled(decided_by),
            reason,
            compliance,
            worst_severity: worst_severity.map(Severity::as_str),
            portal_url: filled(portal_url),
            last_sign_in: moment(*last_sign_in),
            permissions: permissions.as_deref(),
            directory_roles: directory_roles.as_deref(),
            agent_blueprint: *agent_blueprint,
        }
    }
}

/// A credential; the members are the columns of `credentials.csv`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Credential<'a> {
    /// What holds it.
    #[schemars(extend("enum" = object_types()))]
    object_type: &'static str,
    /// The holder's id.
    #[schemars(extend("format" = "uuid"))]
    object_id: &'a str,
    /// The holder's client id.
    app_id: Option<&'a str>,
    /// The holder's name.
    display_name: &'a str,
    /// What it is.
    #[schemars(extend("enum" = credential_types()))]
    credential_type: &'static str,
    /// What a key credential is for.
    usage: Option<&'a str>,
    /// Its id.
    credential_id: Option<&'a str>,
    /// Its name.
    credential_name: Option<&'a str>,
    /// When it begins.
    #[schemars(extend("format" = "date-time"))]
    start: Option<Moment>,
    /// When it ends.
    #[schemars(extend("format" = "date-time"))]
    end: Option<Moment>,
    /// Whole days from start to end, rounded down.
    lifetime_days: Option<i64>,
    /// Whole days until its end, rounded down.
    days_left: Option<i64>,
    /// Where in its life it is.
    #[schemars(extend("enum" = credential_states()))]
    state: &'static str,
    /// The last sign-in with it that is recorded; null where none is, or where that was not read.
    #[schemars(extend("format" = "date-time"))]
    last_used: Option<Moment>,
    /// Why no rule speaks of it, where none does.
    not_flagged: Option<&'a str>,
}

impl<'a> From<&'a CredentialRow> for Credential<'a> {
    fn from(row: &'a CredentialRow) -> Self {
        let CredentialRow {
            object_type,
            object_id,
            app_id,
            display_name,
            credential_type,
            usage,
            credential_id,
            credential_name,
            start,
            end,
            lifetime_days,
            days_left,
            state,
            last_used,
            not_flagged,
            repeats: _,
        } = row;
        Self {
            object_type: object_type.as_str(),
            object_id,
            app_id: filled(app_id),
            display_name,
            credential_type,
            usage: filled(usage),
            credential_id: filled(credential_id),
            credential_name: filled(credential_name),
            start: moment(*start),
            end: moment(*end),
            lifetime_days: *lifetime_days,
            days_left: *days_left,
            state,
            last_used: moment(*last_used),
            not_flagged: filled(not_flagged),
        }
    }
}
