//! `[[webhook]]` and `[heartbeat]`.

use std::path::PathBuf;

use reqwest::Url;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::domain::Severity;

/// One of `[[webhook]]`: something that is told of runs by HTTP.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// `name`; by default the kind. Safe in a message key.
    pub name: String,
    /// `kind`.
    pub kind: WebhookKind,
    /// Where to. Whoever knows it can post: it is a secret as a whole, and its host alone is shown.
    pub url: SecretString,
    /// The host of `url`, with its port where there is one: for people.
    pub host: String,
    /// `secret_file` or `secret_env`: signs what is posted. Of the kind `generic` only.
    pub secret: Option<SecretString>,
    /// `min_severity`: findings below it are left out.
    pub min_severity: Severity,
    /// `tenants`: the names of those it is told of. None is all.
    pub tenants: Option<Vec<String>>,
    /// `ca_file`: PEM, trusted in addition to the system's roots.
    pub ca_file: Option<PathBuf>,
}

impl Webhook {
    /// Whether it is told of a tenant of this name.
    #[must_use]
    pub fn concerns(&self, tenant: &str) -> bool {
        self.tenants.as_ref().is_none_or(|names| names.iter().any(|name| name == tenant))
    }
}

/// Who reads what is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookKind {
    /// Microsoft Teams, by a flow of Workflows that takes an adaptive card.
    Teams,
    /// Slack, by an incoming webhook that takes blocks.
    Slack,
    /// Any program: JSON, signed where there is a secret.
    Generic,
}

impl WebhookKind {
    /// The word for it in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Teams => "teams",
            Self::Slack => "slack",
            Self::Generic => "generic",
        }
    }
}

/// `[heartbeat]`.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// What is called, perhaps with `{tenant}` in it. A secret as a whole.
    url: SecretString,
}

impl Heartbeat {
    pub(in crate::config) fn new(url: SecretString) -> Self {
        Self { url }
    }

    /// What is called for a tenant. None where no URL comes of it, which the configuration has ruled out for names
    /// that a tenant can have.
    #[must_use]
    pub fn url_for(&self, tenant: &str) -> Option<Url> {
        use secrecy::ExposeSecret as _;

        Url::parse(&self.url.expose_secret().trim().replace(Self::TENANT, tenant)).ok()
    }

    /// What stands for the name of the tenant.
    pub(in crate::config) const TENANT: &str = "{tenant}";
}
