//! The configuration as it is written. The comments are the descriptions of the published schema.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{Cloud, SmtpTls};
use crate::domain::{RestrictionKind, RuleId, Severity};

/// Configuration of Keysweep. Durations read `45s`, `90m`, `12h`, `30d`, `2w`, or several as `1d 12h`.
/// Relative paths start at the working directory; a bare file name that is not there is looked up among
/// the systemd credentials.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Keysweep")]
pub(super) struct RawConfig {
    /// When the daemon audits. Without it, and without `schedule` of a tenant, audits start by hand only.
    pub(super) schedule: Option<RawSchedule>,
    /// Where the reports go.
    pub(super) reports: Option<RawReports>,
    /// The audited tenants.
    #[schemars(required, length(min = 1))]
    pub(super) tenant: Option<Vec<RawTenant>>,
    /// What is read, and the limits to judge by.
    pub(super) audit: Option<RawAudit>,
    /// Which app management policies count as restrictive.
    pub(super) policy: Option<RawPolicy>,
    /// Severities of single rules.
    #[schemars(schema_with = "rules")]
    pub(super) rules: Option<BTreeMap<String, RawLevel>>,
    /// How reports are mailed. Without it, nothing is.
    pub(super) mail: Option<RawMail>,
}

/// When the daemon audits.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchedule {
    /// A cron expression of five fields (minute, hour, day, month, weekday), or six with seconds first.
    pub(super) cron: Option<String>,
    /// The IANA time zone in which `cron` is meant. Default: `UTC`.
    pub(super) timezone: Option<String>,
    /// A run starts up to this much later than planned, so that many installations do not call at once.
    /// Default: `0s`.
    pub(super) jitter: Option<String>,
    /// Whether a run that was missed while the daemon was stopped is made up for at its start. Default: true.
    pub(super) catch_up: Option<bool>,
}

/// Where the reports go.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReports {
    /// The folder; each run gets `<tenant>/<run id>/` in it. Default: `reports`.
    pub(super) directory: Option<String>,
    /// Runs older than this are deleted. Default: nothing is.
    pub(super) keep: Option<String>,
    /// Whether CSV files begin with a byte order mark, which Excel needs. Default: true.
    pub(super) csv_bom: Option<bool>,
}

/// An audited tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTenant {
    /// A short name of letters, digits, `.`, `_` and `-`, used as folder name and in mails.
    #[schemars(required)]
    pub(super) name: Option<String>,
    /// The tenant id (directory id), a GUID.
    #[schemars(required)]
    pub(super) tenant_id: Option<String>,
    /// The application (client) id of the app registration that Keysweep signs in as, a GUID. Not needed
    /// with a system-assigned managed identity or the Azure CLI.
    pub(super) client_id: Option<String>,
    /// The national cloud. Default: `public`.
    pub(super) cloud: Option<Cloud>,
    /// The root of Microsoft Graph without version, where it is not the cloud's: a private endpoint, an
    /// inspection proxy, a test. https, or http on loopback.
    pub(super) graph_url: Option<String>,
    /// The root of the login authority, where it is not the cloud's. https.
    pub(super) authority_url: Option<String>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub(super) ca_file: Option<String>,
    /// A cron expression for this tenant in place of `schedule.cron`.
    pub(super) schedule: Option<String>,
    /// Who receives the mail of this tenant in place of `mail.to`.
    pub(super) mail_to: Option<Vec<String>>,
    /// How Keysweep signs in.
    #[schemars(required)]
    pub(super) credential: Option<RawCredential>,
}

/// How Keysweep signs in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCredential {
    /// The kind of sign-in.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(super) kind: Option<RawCredentialType>,
    /// `certificate`: the certificate with its private key, PEM or PKCS#12.
    pub(super) certificate_file: Option<String>,
    /// `certificate`: a file that holds the password of a PKCS#12 file.
    pub(super) certificate_password_file: Option<String>,
    /// `certificate`: the environment variable that holds that password.
    pub(super) certificate_password_env: Option<String>,
    /// `workload-identity`: the token file that the platform keeps fresh.
    pub(super) token_file: Option<String>,
    /// `client-secret`: a file that holds the secret.
    pub(super) secret_file: Option<String>,
    /// `client-secret`: the environment variable that holds the secret.
    pub(super) secret_env: Option<String>,
}

/// The kinds of sign-in.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawCredentialType {
    /// A certificate: recommended outside Azure.
    Certificate,
    /// A federated token, as on Kubernetes: recommended where there is one.
    WorkloadIdentity,
    /// The managed identity of the Azure machine: recommended on Azure.
    ManagedIdentity,
    /// Whoever is signed in to `az`: for trying out.
    AzureCli,
    /// A client secret: works, warns, and is itself a finding.
    ClientSecret,
}

/// What is read, and the limits to judge by.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAudit {
    /// Which objects are audited. Default: both kinds.
    #[schemars(length(min = 1))]
    pub(super) scope: Option<Vec<RawScope>>,
    /// A credential that ends within this time is about to expire. Default: `30d`.
    pub(super) expiring_within: Option<String>,
    /// The longest accepted lifetime of a client secret. Default: `180d`.
    pub(super) max_secret_lifetime: Option<String>,
    /// The longest accepted lifetime of a certificate. Default: `365d`.
    pub(super) max_certificate_lifetime: Option<String>,
    /// The least severity that makes an object non-compliant. Default: `medium`.
    pub(super) compliance_threshold: Option<RawSeverity>,
    /// Whether owners are read; without them, `no-owner` is not checked. Default: true.
    pub(super) owners: Option<bool>,
}

/// The audited kinds of object.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawScope {
    /// App registrations.
    Applications,
    /// Enterprise applications.
    ServicePrincipals,
}

/// Which app management policies count as restrictive.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolicy {
    /// Which route to a restriction is accepted. Default: `effective`.
    pub(super) require: Option<RawRequire>,
    /// The restrictions that must all be in force. Default: `["passwordAddition"]`.
    #[schemars(length(min = 1))]
    pub(super) restrictive: Option<Vec<RawDemand>>,
}

/// The accepted routes to a restriction.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RawRequire {
    /// Any, the tenant default included.
    Effective,
    /// Only a custom policy assigned to the object itself.
    Assigned,
}

/// A restriction, alone or with the longest accepted limit.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RawDemand {
    /// Its type alone.
    Type(RawRestriction),
    /// Its type and a limit.
    Limited(RawLimited),
}

/// A restriction with the longest accepted limit.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimited {
    /// Its type.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(super) kind: Option<RawRestriction>,
    /// For the lifetime types: the longest limit that still counts as restrictive.
    pub(super) max: Option<String>,
}

/// The types of restriction (Microsoft Graph's words).
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum RawRestriction {
    /// No new client secrets.
    PasswordAddition,
    /// New client secrets end within a limit.
    PasswordLifetime,
    /// No client secrets chosen by the caller; generated ones still pass.
    CustomPasswordAddition,
    /// No new symmetric keys.
    SymmetricKeyAddition,
    /// New symmetric keys end within a limit.
    SymmetricKeyLifetime,
    /// New certificates end within a limit.
    AsymmetricKeyLifetime,
}

impl From<RawRestriction> for RestrictionKind {
    fn from(raw: RawRestriction) -> Self {
        match raw {
            RawRestriction::PasswordAddition => Self::PasswordAddition,
            RawRestriction::PasswordLifetime => Self::PasswordLifetime,
            RawRestriction::CustomPasswordAddition => Self::CustomPasswordAddition,
            RawRestriction::SymmetricKeyAddition => Self::SymmetricKeyAddition,
            RawRestriction::SymmetricKeyLifetime => Self::SymmetricKeyLifetime,
            RawRestriction::AsymmetricKeyLifetime => Self::AsymmetricKeyLifetime,
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawSeverity {
    /// To be done now.
    Critical,
    /// To be done soon.
    High,
    /// To be planned.
    Medium,
    /// To be tidied.
    Low,
    /// Worth knowing.
    Info,
}

impl From<RawSeverity> for Severity {
    fn from(raw: RawSeverity) -> Self {
        match raw {
            RawSeverity::Critical => Self::Critical,
            RawSeverity::High => Self::High,
            RawSeverity::Medium => Self::Medium,
            RawSeverity::Low => Self::Low,
            RawSeverity::Info => Self::Info,
        }
    }
}

/// What a rule is set to.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawLevel {
    Critical,
    High,
    Medium,
    Low,
    Info,
    Off,
}

impl RawLevel {
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Info => Some(Severity::Info),
            Self::Off => None,
        }
    }
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

/// How reports are mailed.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMail {
    /// The way mail leaves. Default: `smtp`.
    pub(super) transport: Option<RawTransport>,
    /// The sender: `name@example.com` or `Name <name@example.com>`.
    #[schemars(required)]
    pub(super) from: Option<String>,
    /// The recipients. Needed unless every tenant has `mail_to`.
    pub(super) to: Option<Vec<String>>,
    /// The most that all attachments of a mail take together, as encoded in it; past it, reports are left
    /// out, and the mail says so. In KB, MB (powers of 1000), KiB or MiB (of 1024). Default: `8MiB`.
    pub(super) attachment_limit: Option<String>,
    /// `directory`: the folder for the `.eml` files. Default: `data/mail`.
    pub(super) directory: Option<String>,
    /// `smtp`: the mail server.
    pub(super) smtp: Option<RawSmtp>,
}

/// The ways mail leaves.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawTransport {
    /// To a mail server.
    Smtp,
    /// As `.eml` files into a folder.
    Directory,
}

/// The mail server.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSmtp {
    /// Its name or address.
    #[schemars(required)]
    pub(super) host: Option<String>,
    /// Its port. Default: 587 with `starttls`, 465 with `implicit`, 25 with `none`.
    #[schemars(range(min = 1))]
    pub(super) port: Option<u16>,
    /// How the connection is protected. Default: `starttls`.
    pub(super) tls: Option<SmtpTls>,
    /// The name to log in with; without it, nobody logs in.
    pub(super) username: Option<String>,
    /// A file that holds the password.
    pub(super) password_file: Option<String>,
    /// The environment variable that holds the password.
    pub(super) password_env: Option<String>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub(super) ca_file: Option<String>,
}
