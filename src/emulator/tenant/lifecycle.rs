//! Deleting, restoring, and telling one tenant from the next.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::collection::Slot;
use super::{ObjectKind, TenantData};

/// How long an object that was deleted can be restored.
const RESTORABLE: TimeDelta = TimeDelta::days(30);

/// Which tenant this is among those of the process that were served; zero before it is. A clone is another
/// tenant: what was noted of this one does not hold for it.
#[derive(Debug, Default)]
pub(super) struct Epoch(u64);

impl Clone for Epoch {
    fn clone(&self) -> Self {
        Self(0)
    }
}

impl TenantData {
    /// Deletes an object as Graph's `DELETE` does: it is no longer shown, and can be restored. Its policy
    /// assignments come back with it. `false` when it is not there. Deleting an application leaves its
    /// service principal alone; delete that one too where the test is about it.
    pub fn soft_delete(&mut self, kind: ObjectKind, id: &str) -> bool {
        self.soft_delete_at(kind, id, self.now)
    }

    /// The same, at another time than now. What was deleted 30 days ago is among the deleted items no more.
    pub fn soft_delete_at(&mut self, kind: ObjectKind, id: &str, at: DateTime<Utc>) -> bool {
        self.collection_mut(kind).soft_delete(id, at)
    }

    /// Restores an object that was deleted; `false` when there is none.
    pub fn restore(&mut self, kind: ObjectKind, id: &str) -> bool {
        self.collection_mut(kind).restore(id)
    }

    /// Takes an object away for good, and every assignment of it, whether it was deleted before or not.
    /// `false` when there is none.
    pub fn remove(&mut self, kind: ObjectKind, id: &str) -> bool {
        for policy in self.assigned_to(kind, id).to_vec() {
            self.unassign(&policy, kind, id);
        }
        self.collection_mut(kind).remove(id)
    }

    /// The object ids of a kind, in the order in which they are listed.
    #[must_use]
    pub fn ids(&self, kind: ObjectKind) -> Vec<String> {
        let slots = self.collection(kind).slots_from(0).iter();
        slots.filter(|slot| slot.live().is_some()).map(|slot| slot.id().to_owned()).collect()
    }

    /// The ids of the objects that can be restored.
    #[must_use]
    pub fn deleted_ids(&self, kind: ObjectKind) -> Vec<String> {
        let slots = self.collection(kind).slots_from(0).iter();
        slots.filter(|slot| matches!(slot, Slot::Deleted(..))).map(|slot| slot.id().to_owned()).collect()
    }

    /// Makes it a tenant that is served: its changes are noted from now on, which is the time in which it
    /// lives. One that is served already stays as it is.
    pub(in crate::emulator) fn take_into_service(&mut self, now: DateTime<Utc>) {
        static SERVED: AtomicU64 = AtomicU64::new(0);
        if self.epoch.0 == 0 {
            self.epoch = Epoch(SERVED.fetch_add(1, Ordering::SeqCst) + 1);
            self.applications.keep_journal(self.changes_kept);
            self.service_principals.keep_journal(self.changes_kept);
            self.now = now;
        }
    }

    /// Whether its changes are noted.
    pub(super) fn is_served(&self) -> bool {
        self.epoch.0 > 0
    }

    /// Whether what was deleted then can still be restored.
    pub(in crate::emulator) fn is_restorable(&self, deleted: DateTime<Utc>) -> bool {
        self.now < deleted + RESTORABLE
    }

    /// The time in which the tenant lives.
    pub(in crate::emulator) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Tells apart the tenants that were served: delta tokens are good for one of them.
    pub(in crate::emulator) fn epoch(&self) -> u64 {
        self.epoch.0
    }

    /// The tenant as it is now, with the journal: what a replica would show that is behind.
    pub(in crate::emulator) fn snapshot(&self) -> Self {
        Self {
            epoch: Epoch(self.epoch.0),
            applications: self.applications.copy(),
            service_principals: self.service_principals.copy(),
            ..self.clone()
        }
    }
}
