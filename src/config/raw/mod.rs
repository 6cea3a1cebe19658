//! The configuration as it is written. The comments are the descriptions of the published schema.

mod exception;
mod mail;
mod messages;
mod remediation;
mod server;
mod webhook;
mod words;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{Cloud, TenantSize};
use crate::domain::{RuleId, Severity};
pub(super) use exception::RawException;
pub(super) use mail::{RawAuth, RawGraphMail, RawMail, RawSmtp};
pub(super) use messages::{RawDigest, RawOwners, RawRoute, RawWhen};
pub(super) use remediation::{RawMode, RawRemediation, RawTemplate};
pub(super) use server::RawServer;
pub(super) use webhook::{RawHeartbeat, RawWebhook};
pub(super) use words::{
    RawCredentialType, RawLevel, RawRequire, RawRestriction, RawScope, RawSeverity, RawTransport,
};

/// Configuration of Keysweep. Durations read `45s`, `90m`, `12h`, `30d`, `2w`, or several as `1d 12h`.
/// Relative paths start at the working directory; a bare file name that is not there is looked up among
/// the systemd credentials.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Keysweep")]
pub(in crate::config) struct RawConfig {
    /// When the daemon audits. Without it, and without `schedule` of a tenant, audits start by hand only.
    pub(in crate::config) schedule: Option<RawSchedule>,
    /// Where what earlier runs saw is kept.
    pub(in crate::config) store: Option<RawStore>,
    /// Where the reports go.
    pub(in crate::config) reports: Option<RawReports>,
    /// The audited tenants.
    #[schemars(required, length(min = 1))]
    pub(in crate::config) tenant: Option<Vec<RawTenant>>,
    /// What is read, and the limits to judge by.
    pub(in crate::config) audit: Option<RawAudit>,
    /// Which app management policies count as restrictive.
    pub(in crate::config) policy: Option<RawPolicy>,
    /// What counts as the whole tenant (`privileged-with-secret`).
    pub(in crate::config) privileged: Option<RawPrivileged>,
    /// Severities of single rules.
    #[serde(default)]
    #[schemars(schema_with = "rules")]
    pub(in crate::config) rules: Option<BTreeMap<String, RawLevel>>,
    /// What is accepted for a while: its findings stay in the reports as `excepted`.
    pub(in crate::config) exception: Option<Vec<RawException>>,
    /// What may be put right, and by whom. Without it, nothing is.
    pub(in crate::config) remediation: Option<RawRemediation>,
    /// How reports are mailed. Without it, nothing is.
    pub(in crate::config) mail: Option<RawMail>,
    /// Who else gets letters about runs.
    pub(in crate::config) route: Option<Vec<RawRoute>>,
    /// One mail over all tenants.
    pub(in crate::config) digest: Option<RawDigest>,
    /// Letters to the owners of applications.
    pub(in crate::config) owners: Option<RawOwners>,
    /// What is posted to chats and other programs after a run.
    pub(in crate::config) webhook: Option<Vec<RawWebhook>>,
    /// What is called after every good run, so that silence is noticed.
    pub(in crate::config) heartbeat: Option<RawHeartbeat>,
    /// The status page and the service endpoints of the daemon. Without it, there are none.
    pub(in crate::config) server: Option<RawServer>,
}

/// When the daemon audits.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawSchedule {
    /// A cron expression of five fields (minute, hour, day, month, weekday), or six with seconds first.
    pub(in crate::config) cron: Option<String>,
    /// The IANA time zone in which `cron` is meant. Default: `UTC`.
    pub(in crate::config) timezone: Option<String>,
    /// A run starts up to this much later than planned, so that many installations do not call at once.
    /// Default: `0s`.
    pub(in crate::config) jitter: Option<String>,
    /// Whether a run that was missed while the daemon was stopped is made up for at its start. Default: true.
    pub(in crate::config) catch_up: Option<bool>,
    /// How many tenants are audited at one time. Default: 8.
    #[schemars(range(min = 1, max = 64))]
    pub(in crate::config) concurrency: Option<u8>,
}

/// Where what earlier runs saw is kept.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawStore {
    /// `sqlite://` and the path of a file, relative or absolute (`sqlite:///var/lib/keysweep/keysweep.db`),
    /// or `postgres://user@host:port/database`, which several daemons can share. Default:
    /// `sqlite://data/keysweep.db`.
    pub(in crate::config) url: Option<String>,
    /// PostgreSQL: a file that holds the password.
    pub(in crate::config) password_file: Option<String>,
    /// PostgreSQL: the environment variable that holds the password.
    pub(in crate::config) password_env: Option<String>,
    /// Runs older than this are forgotten. Default: `400d`.
    pub(in crate::config) keep: Option<String>,
}

/// Where the reports go.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawReports {
    /// The folder; each run gets `<tenant>/<run id>/` in it. Default: `reports`.
    pub(in crate::config) directory: Option<String>,
    /// Runs older than this are deleted. Default: nothing is.
    pub(in crate::config) keep: Option<String>,
    /// Whether CSV files begin with a byte order mark, which Excel needs. Default: true.
    pub(in crate::config) csv_bom: Option<bool>,
}

/// An audited tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawTenant {
    /// A short name of letters, digits, `.`, `_` and `-`, used as folder name and in mails.
    #[schemars(required)]
    pub(in crate::config) name: Option<String>,
    /// The tenant id (directory id), a GUID.
    #[schemars(required)]
    pub(in crate::config) tenant_id: Option<String>,
    /// The application (client) id of the app registration that Keysweep signs in as, a GUID. Not needed
    /// with a system-assigned managed identity or the Azure CLI.
    pub(in crate::config) client_id: Option<String>,
    /// The national cloud. Default: `public`.
    pub(in crate::config) cloud: Option<Cloud>,
    /// How many users the tenant has: `small` fewer than 50, `medium` up to 500, `large` more. Graph allows
    /// larger tenants to be asked more at a time, and Keysweep asks no more than that. Default: `small`.
    pub(in crate::config) size: Option<TenantSize>,
    /// The root of Microsoft Graph without version, where it is not the cloud's: a private endpoint, an
    /// inspection proxy, a test. https, or http on loopback.
    pub(in crate::config) graph_url: Option<String>,
    /// The root of the login authority, where it is not the cloud's. https.
    pub(in crate::config) authority_url: Option<String>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub(in crate::config) ca_file: Option<String>,
    /// A cron expression for this tenant in place of `schedule.cron`.
    pub(in crate::config) schedule: Option<String>,
    /// Who receives the mail of this tenant in place of `mail.to`.
    pub(in crate::config) mail_to: Option<Vec<String>>,
    /// How Keysweep signs in.
    #[schemars(schema_with = "reading_credential")]
    pub(in crate::config) credential: Option<RawCredential>,
    /// How Keysweep signs in to write to this tenant, in place of `remediation.credential`.
    pub(in crate::config) remediation_credential: Option<RawCredential>,
}

/// How Keysweep signs in.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawCredential {
    /// The application (client) id of the app registration that may write, a GUID. Not needed with a
    /// system-assigned managed identity or the Azure CLI.
    pub(in crate::config) client_id: Option<String>,
    /// The kind of sign-in.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(in crate::config) kind: Option<RawCredentialType>,
    /// `certificate`: the certificate with its private key, PEM or PKCS#12.
    pub(in crate::config) certificate_file: Option<String>,
    /// `certificate`: a file that holds the password of a PKCS#12 file.
    pub(in crate::config) certificate_password_file: Option<String>,
    /// `certificate`: the environment variable that holds that password.
    pub(in crate::config) certificate_password_env: Option<String>,
    /// `workload-identity`: the token file that the platform keeps fresh.
    pub(in crate::config) token_file: Option<String>,
    /// `client-secret`: a file that holds the secret.
    pub(in crate::config) secret_file: Option<String>,
    /// `client-secret`: the environment variable that holds the secret.
    pub(in crate::config) secret_env: Option<String>,
}

/// The sign-in of a tenant, whose `client_id` stands in the tenant's own table.
fn reading_credential(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = RawCredential::json_schema(generator);
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        properties.remove("client_id");
    }
    schema
}

/// What is read, and the limits to judge by.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawAudit {
    /// Which objects are audited. Default: both kinds.
    #[schemars(length(min = 1))]
    pub(in crate::config) scope: Option<Vec<RawScope>>,
    /// A credential that ends within this time is about to expire. Default: `30d`.
    pub(in crate::config) expiring_within: Option<String>,
    /// The longest accepted lifetime of a client secret. Default: `180d`.
    pub(in crate::config) max_secret_lifetime: Option<String>,
    /// The longest accepted lifetime of a certificate. Default: `365d`.
    pub(in crate::config) max_certificate_lifetime: Option<String>,
    /// The least severity that makes an object non-compliant. Default: `medium`.
    pub(in crate::config) compliance_threshold: Option<RawSeverity>,
    /// A client secret that nobody signed in with for this long is unused. Default: `90d`.
    pub(in crate::config) unused_after: Option<String>,
    /// Whether it is read who holds application permissions; without that and `directory_roles`,
    /// `privileged-with-secret` is not checked. Default: true.
    pub(in crate::config) application_permissions: Option<bool>,
    /// Whether the directory roles of service principals are read. Needs `RoleManagement.Read.Directory` or
    /// `Directory.Read.All`. Default: false.
    pub(in crate::config) directory_roles: Option<bool>,
    /// Whether it is read when credentials last signed in; without that, `client-secret-unused` is not checked.
    /// Needs `AuditLog.Read.All` and Entra ID P1 or P2; public cloud only. Default: false.
    pub(in crate::config) sign_in_activity: Option<bool>,
    /// Whether the audit log is asked who added new credentials. Needs `AuditLog.Read.All` and
    /// `Directory.Read.All`. Default: false.
    pub(in crate::config) audit_log: Option<bool>,
    /// Whether deleted applications that can still be restored are read. Default: false.
    pub(in crate::config) deleted_applications: Option<bool>,
    /// Whether agent identity blueprints are listed by themselves too, for tenants whose listing of applications
    /// leaves them out. Default: false.
    pub(in crate::config) agent_blueprints: Option<bool>,
    /// Whether owners are read; without them, `no-owner` is not checked. Default: true.
    pub(in crate::config) owners: Option<bool>,
    /// A tenant is read in full when the last full read is this old. In between, only what changed is read,
    /// where `Directory.Read.All` is granted. Default: `7d`.
    pub(in crate::config) full_every: Option<String>,
}

/// Which app management policies count as restrictive.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawPolicy {
    /// Which route to a restriction is accepted. Default: `effective`.
    pub(in crate::config) require: Option<RawRequire>,
    /// The restrictions that must all be in force. Default: `["passwordAddition"]`.
    #[schemars(length(min = 1))]
    pub(in crate::config) restrictive: Option<Vec<RawDemand>>,
}

/// What counts as the whole tenant: application permissions by their value, directory roles by their name.
/// `keysweep rules privileged-with-secret` lists what does.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawPrivileged {
    /// What counts too. Default: nothing.
    pub(in crate::config) also: Option<Vec<String>>,
    /// What of the built-in list does not count. Default: nothing.
    pub(in crate::config) except: Option<Vec<String>>,
}

/// A restriction, alone or with the longest accepted limit.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum RawDemand {
    /// Its type alone.
    Type(RawRestriction),
    /// Its type and a limit.
    Limited(RawLimited),
}

/// A restriction with the longest accepted limit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawLimited {
    /// Its type.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(in crate::config) kind: Option<RawRestriction>,
    /// For the lifetime types: the longest limit that still counts as restrictive.
    pub(in crate::config) max: Option<String>,
}

/// `[rules]`: one property for every rule there is.
fn rules(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.as_str()).chain(["off"]).collect();
    let properties: serde_json::Map<_, _> = RuleId::ALL
        .iter()
        .map(|rule| {
            let description = format!("Default: `{}`. `off` switches the rule off.", rule.default_severity());
            (rule.to_string(), serde_json::json!({ "description": description, "enum": words }))
        })
        .collect();
    schemars::json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}
