//! Reading from a replica that is behind.

use std::sync::Arc;

use super::Fault;
use super::effects::Effect;
use crate::emulator::TenantData;

/// A replica that takes over a write late.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct Lag {
    /// How many reads after a write it is behind.
    reads: usize,
    /// The path of the writes it is late with; none for those at the path that is read, and below.
    pub(super) behind: Option<String>,
    left: usize,
    before: Option<Arc<TenantData>>,
}

impl Lag {
    /// From now on so many reads answer from this tenant.
    pub(super) fn start(&mut self, before: Arc<TenantData>) {
        self.left = self.reads;
        self.before = Some(before);
    }

    /// What one more read answers from, while it is behind.
    pub(super) fn next(&mut self) -> Option<Option<Arc<TenantData>>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.before.clone())
    }
}

/// A replica that is late with a write.
impl Fault {
    /// After a write, the next so many matching requests answer from before that write; give it `GET` for
    /// its method. It waits for writes to the path that is read or below it that were carried out, whatever
    /// their client got to hear ([`Fault::behind`] names others), and counts them: [`Fault::after`] and
    /// [`Fault::times`] are about writes here, and unless told otherwise it lags once. A write while it lags
    /// makes it lag anew, from before that write.
    #[must_use]
    pub fn lagging(self, reads: usize) -> Self {
        self.with(Effect::Lagging(Lag { reads, behind: None, left: 0, before: None }))
    }

    /// Waits for writes to this path instead (with an asterisk at the end, a prefix); only after
    /// [`Fault::lagging`].
    #[must_use]
    pub fn behind(mut self, path: &str) -> Self {
        if let Effect::Lagging(lag) = &mut self.effect {
            lag.behind = Some(path.to_owned());
        }
        self
    }
}
