//! `[[route]]`, `[digest]`, and which summaries are mailed. `[owners]` is [`crate::report::OwnerTerms`].

use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Schedule;
use crate::domain::Severity;
use crate::report::When;

/// `[mail] summary`: which summaries are mailed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Summaries {
    /// One after each run.
    #[default]
    PerTenant,
    /// One over all tenants, at the time of `[digest]`.
    Digest,
    /// Both.
    Both,
}

impl Summaries {
    /// Whether there is one after each run.
    #[must_use]
    pub fn per_tenant(self) -> bool {
        matches!(self, Self::PerTenant | Self::Both)
    }

    /// Whether there is one over all tenants.
    #[must_use]
    pub fn digest(self) -> bool {
        matches!(self, Self::Digest | Self::Both)
    }
}

/// One of `[[route]]`: who else gets a letter about a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `name`. Safe in a message key.
    pub name: String,
    /// `to`.
    pub to: Vec<Mailbox>,
    /// `min_severity`: the letter tells of nothing below.
    pub min_severity: Severity,
    /// `tenants`: the names of those it tells of. None is all.
    pub tenants: Option<Vec<String>>,
    /// `when`.
    pub when: When,
}

impl Route {
    /// Whether it tells of a tenant of this name.
    #[must_use]
    pub fn concerns(&self, tenant: &str) -> bool {
        self.tenants.as_ref().is_none_or(|names| names.iter().any(|name| name == tenant))
    }
}

/// `[digest]`, where `[mail] summary` wants one.
#[derive(Debug, Clone)]
pub struct Digest {
    /// `cron` and `timezone`.
    pub schedule: Schedule,
    /// `to`, or `[mail] to`.
    pub to: Vec<Mailbox>,
}
