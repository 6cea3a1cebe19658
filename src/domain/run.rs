//! One audit of one tenant.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

/// The name of a run: its UTC start as `20261123T060000Z`, with `-2`, `-3` … where that directory
/// already exists (DESIGN §4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(String);

const FORMAT: &str = "%Y%m%dT%H%M%SZ";

impl RunId {
    /// The id of a run that starts at `start`; `attempt` counts from 1.
    #[must_use]
    pub fn new(start: DateTime<Utc>, attempt: u32) -> Self {
        let time = start.format(FORMAT);
        Self(if attempt <= 1 { time.to_string() } else { format!("{time}-{attempt}") })
    }

    /// Reads back what [`RunId::new`] wrote; none for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(text.to_owned());
        let attempt = text.split_once('-').map_or(Some(1), |(_, number)| number.parse().ok())?;
        (Self::new(id.start()?, attempt) == id).then_some(id)
    }

    /// When the run started, to the second.
    #[must_use]
    pub fn start(&self) -> Option<DateTime<Utc>> {
        let time = self.0.split('-').next()?;
        NaiveDateTime::parse_from_str(time, FORMAT).ok().map(|time| time.and_utc())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How Keysweep itself signs in to the audited tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInMethod {
    /// With a certificate.
    Certificate,
    /// With a federated token of the workload.
    WorkloadIdentity,
    /// As a managed identity.
    ManagedIdentity,
    /// As whoever is signed in to the Azure CLI.
    AzureCli,
    /// With a client secret, which is itself a finding.
    ClientSecret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_round_trip() {
        for text in ["20261123T060000Z", "20261123T060000Z-2", "20261123T060000Z-10"] {
            assert_eq!(RunId::parse(text).map(|id| id.to_string()), Some(text.to_owned()));
        }
        for text in ["", "20261123", "20261123T060000Z-", "20261123T060000Z-1", "20261323T060000Z", "sample"]
        {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
    }
}
