//! Whether anybody signs in with something, as far as the reports on sign-in activity tell (FACTS §15).

use chrono::{DateTime, TimeDelta, Utc};

use super::{Ask, Basis};
use crate::domain::{Beside, KeyId, LastUse, Object};
use crate::remediation::Consequence;

/// What counts as recent where a plan says what would break.
const RECENT_DAYS: u32 = 30;

/// Who signed in when.
pub(super) struct Activity<'a> {
    beside: &'a Beside,
    unused_after: TimeDelta,
    now: DateTime<Utc>,
}

/// Whether something was used of late.
enum Used {
    At(DateTime<Utc>),
    No,
    Unknown,
}

impl<'a> Activity<'a> {
    pub(super) fn of(basis: &Basis<'a>, ask: &Ask<'_>) -> Self {
        let Basis { inventory, settings, .. } = basis;
        Self { beside: &inventory.beside, unused_after: settings.unused_after, now: ask.now }
    }

    /// Whether it is known that nobody has signed in to an application for long, neither to the application, in
    /// whatever way, nor with one of the object's credentials.
    pub(super) fn is_idle(&self, object: &Object) -> bool {
        let Some(app_id) = object.app_id else { return false };
        let applications = self.beside.application_use.read();
        let credentials = self.beside.credential_use.read();
        let idle = |used| matches!(used, Used::No);
        idle(self.in_any_way(self.unused_after, applications, app_id))
            && keys(object).all(|key| idle(self.within(self.unused_after, credentials, key)))
            // Without a credential that has an id, nothing above says that this report was read.
            && credentials.is_some_and(|report| !report.is_empty())
    }

    /// The latest sign-in with a credential.
    pub(super) fn last(&self, key: KeyId) -> Option<DateTime<Utc>> {
        self.beside.credential_use.read()?.of(key)
    }

    /// What is known of the use of a secret.
    pub(super) fn of_secret(&self, key: KeyId) -> Option<Consequence> {
        let report = self.beside.credential_use.read();
        match self.within(recent(), report, key) {
            Used::At(last) => Some(Consequence::RecentlyUsed { secrets: 1, days: RECENT_DAYS, last }),
            Used::No => None,
            Used::Unknown => Some(Consequence::UseUnknown),
        }
    }

    /// What is known of the use of a service principal.
    pub(super) fn of_principal(&self, object: &Object) -> Option<Consequence> {
        let report = self.beside.application_use.read();
        let application = match object.app_id {
            Some(id) => self.within(recent(), report, id),
            None => Used::Unknown,
        };
        let credentials = self.beside.credential_use.read();
        let used = keys(object).filter_map(|key| match self.within(recent(), credentials, key) {
            Used::At(at) => Some(at),
            Used::No | Used::Unknown => None,
        });
        let used: Vec<DateTime<Utc>> = used.collect();
        let signed_in = match application {
            Used::At(at) => Some(at),
            Used::No | Used::Unknown => None,
        };
        match (used.iter().copied().chain(signed_in).max(), application) {
            (Some(last), _) => {
                let secrets = u32::try_from(used.len()).unwrap_or(u32::MAX);
                Some(Consequence::RecentlyUsed { secrets, days: RECENT_DAYS, last })
            }
            (None, Used::Unknown) => Some(Consequence::UseUnknown),
            (None, _) => None,
        }
    }

    /// As [`Self::within`], of every kind of sign-in. One that signs users in uses its credential to redeem their
    /// codes, and the report counts that as a sign-in of the user.
    fn in_any_way<K: Ord + Copy>(&self, span: TimeDelta, report: Option<&LastUse<K>>, id: K) -> Used {
        let other = report.and_then(|report| report.of_any_kind(id));
        match (other, self.within(span, report, id)) {
            (None, _) => Used::Unknown,
            (Some(Some(at)), _) if self.now - at <= span => Used::At(at),
            // An entry of the report that tells of nothing later says as much of it as none.
            (Some(_), used) => used,
        }
    }

    /// How long activity is kept is not documented: no sign-in on record says something only where the reports
    /// tell of older ones.
    fn within<K: Ord + Copy>(&self, span: TimeDelta, report: Option<&LastUse<K>>, id: K) -> Used {
        let Some(report) = report.filter(|report| !report.is_empty()) else { return Used::Unknown };
        let long_ago = |at: DateTime<Utc>| span < self.now - at;
        match report.of(id) {
            Some(at) if !long_ago(at) => Used::At(at),
            _ if report.is_unclear(id) => Used::Unknown,
            Some(_) => Used::No,
            None if self.beside.activity_since().is_some_and(long_ago) => Used::No,
            None => Used::Unknown,
        }
    }
}

fn recent() -> TimeDelta {
    TimeDelta::days(RECENT_DAYS.into())
}

fn keys(object: &Object) -> impl Iterator<Item = KeyId> + '_ {
    object.passwords.iter().map(|it| it.key_id).chain(object.keys.iter().map(|it| it.key_id)).flatten()
}
