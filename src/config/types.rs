//! The validated configuration. What is in here needs no second look.

mod mail;
mod messages;
mod retry;
mod server;
mod webhook;

use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use lettre::message::Mailbox;
use reqwest::Url;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::compliance::Settings;
use crate::domain::{AppId, Exception, ObjectKind, SignInMethod, TenantId};
use crate::remediation::Orders;
use crate::report::OwnerTerms;
pub use server::{Server, ServerTls};

pub use mail::{GraphMail, Login, Mail, MailSignIn, Proof, Smtp, SmtpTls, Transport};
pub use messages::{Digest, Route, Summaries};
pub use retry::Retry;
pub use webhook::{Heartbeat, Webhook, WebhookKind};

/// The whole configuration (DESIGN §7).
#[derive(Debug, Clone)]
pub struct Config {
    /// `[[tenant]]`, at least one, names unique.
    pub tenants: Vec<Tenant>,
    /// `[store]`.
    pub store: Store,
    /// `[schedule] concurrency`: audits of the daemon that go on at one time.
    pub concurrency: usize,
    /// `[reports]`.
    pub reports: Reports,
    /// `[audit] scope`, `[audit] owners` and `[audit] full_every`.
    pub reading: Reading,
    /// `[audit]`, `[policy]`, `[privileged]`, `[rules]` and `[[exception]]`: how to judge, with the exceptions of all
    /// tenants. [`Config::settings_for`] says how to judge one.
    pub settings: Settings,
    /// `[remediation]`.
    pub remediation: Remediation,
    /// `[mail]`; none sends nothing.
    pub mail: Option<Mail>,
    /// `[[route]]`, names unique.
    pub routes: Vec<Route>,
    /// `[digest]`, where `[mail] summary` wants one.
    pub digest: Option<Digest>,
    /// `[owners]`; none where owners are not written to.
    pub owners: Option<OwnerTerms>,
    /// `[[webhook]]`, names unique.
    pub webhooks: Vec<Webhook>,
    /// `[heartbeat]`; none calls nothing.
    pub heartbeat: Option<Heartbeat>,
    /// `[server]`; none serves nothing.
    pub server: Option<Server>,
}

impl Config {
    /// How patiently messages are tried again.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.mail.as_ref().map(|mail| mail.retry).unwrap_or_default()
    }
}

/// `[remediation]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remediation {
    /// `mode`.
    pub mode: Mode,
    /// What may be changed, and how much.
    pub orders: Orders,
}

/// What the daemon does after a complete run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Off,
    /// It makes a plan, which the mail carries.
    Plan,
    /// It makes a plan and applies it.
    Apply,
}

impl Config {
    /// How to judge a tenant: with the exceptions that concern it, in their order. Those that are meant
    /// for every tenant may have their use in another one; where there are several tenants,
    /// `used_elsewhere` has them all, and whoever knows what the others found takes out those that
    /// match nothing there.
    #[must_use]
    pub fn settings_for(&self, tenant: &Tenant) -> Settings {
        let concerns =
            |exception: &&Exception| exception.tenant.as_ref().is_none_or(|name| *name == tenant.name);
        let exceptions: Vec<Exception> = self.settings.exceptions.iter().filter(concerns).cloned().collect();
        let several = self.tenants.len() > 1;
        let shared = |exception: &Exception| several && exception.tenant.is_none();
        let places = exceptions.iter().enumerate().filter(|(_, exception)| shared(exception));
        let used_elsewhere = places.map(|(place, _)| place).collect();
        Settings { exceptions, used_elsewhere, ..self.settings.clone() }
    }
}

/// One audited tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// `name`: safe as a directory name.
    pub name: String,
    /// `tenant_id`.
    pub tenant_id: TenantId,
    /// `client_id` of the app registration Keysweep signs in as. A system-assigned managed identity
    /// and the Azure CLI have none.
    pub client_id: Option<AppId>,
    /// `cloud`.
    pub cloud: Cloud,
    /// `size`: how much Graph allows to be asked of it.
    pub size: TenantSize,
    /// `graph_url`, or the cloud's: a root without version.
    pub graph_url: Url,
    /// `authority_url`, or the cloud's.
    pub authority_url: Url,
    /// `ca_file`: PEM, trusted in addition to the system's roots.
    pub ca_file: Option<PathBuf>,
    /// `[tenant.credential]`.
    pub credential: Credential,
    /// `[tenant.remediation_credential]`, or `[remediation.credential]`: the sign-in that may write. Only what
    /// applies a plan uses it, by [`Tenant::for_writing`].
    pub writer: Option<Writer>,
    /// `schedule` of the tenant with the rest of `[schedule]`; none is run by hand only.
    pub schedule: Option<Schedule>,
    /// `mail_to` of the tenant, else `[mail] to`. Empty where there is no `[mail]`.
    pub mail_to: Vec<Mailbox>,
}

impl Tenant {
    /// The tenant as the sign-in that may write reaches it; none where there is no such sign-in.
    #[must_use]
    pub fn for_writing(&self) -> Option<Self> {
        let Writer { client_id, credential } = self.writer.clone()?;
        Some(Self { client_id, credential, writer: None, ..self.clone() })
    }
}

/// The sign-in that may write.
#[derive(Debug, Clone)]
pub struct Writer {
    /// `client_id` of its app registration. A system-assigned managed identity and the Azure CLI have none.
    pub client_id: Option<AppId>,
    /// How it signs in.
    pub credential: Credential,
}

/// A national cloud (FACTS §13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cloud {
    /// Global, and GCC.
    Public,
    /// US Government L4.
    UsGov,
    /// US Government L5.
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
}

/// How many users a tenant has, by which Graph measures how much an app may ask of it (FACTS §9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TenantSize {
    /// Fewer than 50 users: 3,500 resource units in 10 seconds.
    Small,
    /// 50 to 500 users: 5,000.
    Medium,
    /// More than 500 users: 8,000.
    Large,
}

/// How to sign in. Secrets were read when the configuration was loaded and print as nothing.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A certificate with its private key: PEM, or PKCS#12 with an optional password.
    Certificate {
        /// Where it came from, for messages.
        file: PathBuf,
        /// The password of the PKCS#12 file or of nothing.
        password: Option<SecretString>,
    },
    /// A token file that the platform keeps fresh.
    WorkloadIdentity {
        /// Read anew whenever a token is needed.
        token_file: PathBuf,
    },
    /// The managed identity of the machine; user-assigned where the tenant has a `client_id`.
    ManagedIdentity,
    /// Whoever is signed in to `az`.
    AzureCli,
    /// A client secret.
    ClientSecret {
        /// The secret.
        secret: SecretString,
    },
}

impl Credential {
    /// The method, without its material.
    #[must_use]
    pub fn method(&self) -> SignInMethod {
        match self {
            Self::Certificate { .. } => SignInMethod::Certificate,
            Self::WorkloadIdentity { .. } => SignInMethod::WorkloadIdentity,
            Self::ManagedIdentity => SignInMethod::ManagedIdentity,
            Self::AzureCli => SignInMethod::AzureCli,
            Self::ClientSecret { .. } => SignInMethod::ClientSecret,
        }
    }
}

/// When a tenant is audited.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// `cron`, parsed.
    pub cron: croner::Cron,
    /// `timezone`.
    pub timezone: chrono_tz::Tz,
    /// `jitter`: a run starts up to this much after its planned time.
    pub jitter: Duration,
    /// `catch_up`: run at start what was missed while stopped.
    pub catch_up: bool,
}

/// `[store]`.
#[derive(Debug, Clone)]
pub struct Store {
    /// `url`.
    pub url: StoreUrl,
    /// `keep`: runs older than this are forgotten, with all that belongs to them alone.
    pub keep: TimeDelta,
}

/// Where the store is.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// `sqlite://path`: relative, or with a third slash absolute.
    Sqlite(PathBuf),
    /// `postgres://user@host/database`, with the password of `password_file` or `password_env` put in.
    Postgres(SecretString),
}

/// `[reports]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reports {
    /// `directory`.
    pub directory: PathBuf,
    /// `keep`: older run directories are removed; none keeps all.
    pub keep: Option<TimeDelta>,
    /// `csv_bom`.
    pub csv_bom: bool,
}

/// What is read of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// `[audit] scope`: one or both, each once.
    pub scope: Vec<ObjectKind>,
    /// `[audit] owners`. Where false, `no-owner` is switched off in [`Settings`] too.
    pub owners: bool,
    /// What is read beside objects, policies and owners.
    pub extras: Extras,
    /// `[audit] full_every`: in between, only what changed is read where Graph tells it.
    pub full_every: TimeDelta,
}

/// The optional reads of `[audit]`. Those that are off cost no request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// `application_permissions`. Where this and `directory_roles` are false, `privileged-with-secret` is switched
    /// off in [`Settings`] too.
    pub application_permissions: bool,
    /// `directory_roles`.
    pub directory_roles: bool,
    /// `sign_in_activity`. Where false, `client-secret-unused` is switched off in [`Settings`] too.
    pub sign_in_activity: bool,
    /// `audit_log`.
    pub audit_log: bool,
    /// `deleted_applications`.
    pub deleted_applications: bool,
    /// `agent_blueprints`.
    pub agent_blueprints: bool,
}
