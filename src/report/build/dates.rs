//! Since when findings are known.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::{Known, Past};
use crate::report::{FindingChange, FindingRow};

/// Since when findings are known, and how they stand to the last complete run.
pub(super) struct Dates {
    started: DateTime<Utc>,
    /// None where earlier runs could not be consulted.
    known: Option<Arc<Known>>,
}

impl Dates {
    /// As the past has it, for a run that started then.
    pub(super) fn of(past: &Past, started: DateTime<Utc>) -> Self {
        let known = match past {
            Past::Unknown => None,
            Past::First => Some(Arc::default()),
            Past::Since(memory) => Some(Arc::clone(&memory.known)),
        };
        Self { started, known }
    }

    /// Tells a finding.
    pub(super) fn tell(&self, row: &mut FindingRow) {
        let Some(known) = &self.known else { return };
        let (first_seen, change) = match known.get(&row.key.digest()) {
            None => (self.started, FindingChange::New),
            Some((first_seen, true)) => (first_seen, FindingChange::Standing),
            Some((first_seen, false)) => (first_seen, FindingChange::Reopened),
        };
        row.first_seen = Some(first_seen);
        row.change = Some(change);
    }
}
