//! By what two objects are told apart.

use std::cmp::{Ordering, Reverse};

use chrono::{DateTime, Utc};

use super::Reason;
use crate::compliance::settings::Settings;
use crate::domain::{
    Aside, Credential, CredentialKind, Evidence, Finding, Inventory, Object, ObjectAssessment, ObjectKey,
    Owners, RuleId, Severity,
};

/// What objects are told apart by, in this order; the greater, the sooner an attacker would begin there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) severity: Severity,
    /// Nobody gets a token with what is switched off, until somebody switches it on.
    enabled: bool,
    takeover: bool,
    plain_sight: bool,
    foreign: bool,
    secrets: Lasting,
    in_use: bool,
    nobodys: bool,
    findings: usize,
    pub(super) key: Reverse<ObjectKey>,
}

/// For how long a shared secret can be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lasting {
    NoSecret,
    Until(DateTime<Utc>),
    Endless,
}

/// An object with its rank, by which it is compared.
#[derive(Debug)]
pub(super) struct Ranked {
    pub(super) rank: Rank,
    pub(super) reasons: Vec<Reason>,
}

impl Ranked {
    /// None where there is nothing to begin with.
    pub(super) fn of(
        object: &Object,
        judged: &ObjectAssessment,
        inventory: &Inventory,
        settings: &Settings,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let open: Vec<&Finding> = judged.findings.iter().filter(|finding| finding.status.is_open()).collect();
        let severity = open.iter().map(|finding| finding.severity).max()?;
        let breaks = |rule| open.iter().any(|finding| finding.rule == rule);
        let secrets = usable_secrets(object, judged, &open, now);
        let takeover = open.iter().find_map(|finding| match &finding.evidence {
            Evidence::Privileged { secrets: _, permissions, roles } => {
                Some(Reason::Takeover { permissions: permissions.clone(), roles: roles.clone() })
            }
            _ => None,
        });
        let plain_sight = breaks(RuleId::SecretInPlainSight);
        let unlocked = breaks(RuleId::InstanceLockOff);
        if secrets.is_empty() && takeover.is_none() && !plain_sight && !unlocked {
            return None;
        }
        let foreign = breaks(RuleId::ForeignSecret);
        let use_of = Use::of(&secrets, inventory, settings, now);
        let nobodys = match &object.owners {
            Owners::Nobody => true,
            Owners::Named(names) => names.is_empty(),
            Owners::Unread | Owners::Somebody => false,
        };
        let lasting = secrets.iter().map(|secret| secret.end.map_or(Lasting::Endless, Lasting::Until)).max();
        let until = secrets.iter().map(|secret| secret.end).max_by_key(|end| (end.is_none(), *end)).flatten();
        let rank = Rank {
            severity,
            enabled: object.enabled() != Some(false),
            takeover: takeover.is_some(),
            plain_sight,
            foreign,
            secrets: lasting.unwrap_or(Lasting::NoSecret),
            in_use: !secrets.is_empty() && !matches!(use_of, Use::LongAgo),
            nobodys,
            findings: open.len(),
            key: Reverse(object.key()),
        };
        let reasons = takeover.into_iter().chain(plain_sight.then_some(Reason::PlainSight));
        let reasons = reasons.chain(foreign.then_some(Reason::Foreign));
        let held = (!secrets.is_empty()).then_some(Reason::Secrets { count: secrets.len(), until });
        let reasons = reasons.chain(held).chain(unlocked.then_some(Reason::Unlocked));
        let reasons = reasons.chain(match use_of {
            Use::Lately(at) => Some(Reason::UsedLately(at)),
            Use::LongAgo => Some(Reason::LongUnused),
            Use::Unknown => None,
        });
        let reasons = reasons.chain(nobodys.then_some(Reason::NoOwner)).collect();
        Some(Self { rank, reasons })
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

/// The shared secrets that an open finding speaks of and that can be used, now or later.
fn usable_secrets<'a>(
    object: &'a Object,
    judged: &ObjectAssessment,
    open: &[&Finding],
    now: DateTime<Utc>,
) -> Vec<Credential<'a>> {
    let spoken_of = |credential: &Credential<'_>| {
        open.iter().any(|finding| match finding.evidence {
            Evidence::Privileged { .. } => credential.kind == CredentialKind::ClientSecret,
            _ => finding.evidence.credential() == Some(credential.at),
        })
    };
    let shared = |credential: &Credential<'_>| {
        matches!(credential.kind, CredentialKind::ClientSecret | CredentialKind::SymmetricKey)
    };
    let mut credentials = object.credentials_with(&judged.rotated);
    credentials.retain(|credential| {
        credential.rotated_by.is_none()
            && shared(credential)
            && credential.is_unexpired(now)
            && spoken_of(credential)
    });
    credentials
}

/// Whether secrets were used.
#[derive(Clone, Copy)]
enum Use {
    /// At last then.
    Lately(DateTime<Utc>),
    /// Not for long, as far as is known.
    LongAgo,
    /// Nobody knows, or there are none.
    Unknown,
}

impl Use {
    fn of(
        secrets: &[Credential<'_>],
        inventory: &Inventory,
        settings: &Settings,
        now: DateTime<Utc>,
    ) -> Self {
        let Aside::Read(report) = &inventory.beside.credential_use else { return Self::Unknown };
        let unclear = |secret: &Credential<'_>| secret.key_id.is_none_or(|key_id| report.is_unclear(key_id));
        let last = |secret: &Credential<'_>| secret.key_id.and_then(|key_id| report.of(key_id));
        match secrets.iter().map(last).max().flatten() {
            Some(at) if now - at <= settings.unused_after => Self::Lately(at),
            // One of several without a row may be the one in use.
            Some(_) if secrets.iter().all(|one| last(one).is_some() && !unclear(one)) => Self::LongAgo,
            Some(_) | None => Self::Unknown,
        }
    }
}
