//! Graph's limits, and keeping to them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many users a tenant has, by which Graph measures out its resource units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantSize {
    /// Fewer than 50 users.
    Small,
    /// 50 to 500.
    Medium,
    /// More than 500.
    Large,
}

/// So much in so long a time. What was used comes back evenly, as into a bucket that is filled drop by
/// drop and holds `amount` at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How much the bucket holds.
    pub amount: u32,
    /// How long an empty one takes to fill. Nothing makes it bottomless.
    pub window: Duration,
}

/// What Graph allows. Resource units, writes and reports are counted for each application by itself, the
/// others for the tenant, whoever asks. Time is real time, whatever the emulator's clock says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Resource units.
    pub units: Limit,
    /// Requests that select `keyCredentials`, whatever they cost.
    pub key_reads: Limit,
    /// Writes.
    pub writes: Limit,
    /// Writes to applications that let personal accounts sign in.
    pub personal_writes: Limit,
    /// Requests for audit entries and reports, which use no resource units.
    pub reports: Limit,
    /// Whether `Retry-After` has fractions of a second. Without, it is rounded up.
    pub fractional_retry_after: bool,
}

impl Limits {
    /// The limits that are documented for a tenant of this size.
    #[must_use]
    pub fn of(size: TenantSize) -> Self {
        let units = match size {
            TenantSize::Small => 3_500,
            TenantSize::Medium => 5_000,
            TenantSize::Large => 8_000,
        };
        let limit = |amount, seconds| Limit { amount, window: Duration::from_secs(seconds) };
        Self {
            units: limit(units, 10),
            key_reads: limit(150, 60),
            writes: limit(3_000, 150),
            personal_writes: limit(60, 60),
            reports: limit(5, 10),
            fractional_retry_after: false,
        }
    }

    /// The same amounts in a time so many times shorter, with fractions in `Retry-After`: for tests that
    /// cannot wait.
    #[must_use]
    pub fn faster(self, times: u32) -> Self {
        let faster = |limit: Limit| Limit { window: limit.window / times.max(1), ..limit };
        Self {
            units: faster(self.units),
            key_reads: faster(self.key_reads),
            writes: faster(self.writes),
            personal_writes: faster(self.personal_writes),
            reports: faster(self.reports),
            fractional_retry_after: true,
        }
    }
}

/// What a request uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) units: u32,
    pub(super) key_read: bool,
    pub(super) write: bool,
    pub(super) personal_write: bool,
    pub(super) report: bool,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// It passes. How full the fullest measure is; 1 is the limit.
    Pass { share: f64 },
    /// It has to wait this long, for this limit.
    Wait { time: Duration, share: f64, because: Measure },
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Measure {
    Units,
    KeyReads,
    Writes,
    PersonalWrites,
    Reports,
}

/// Refused requests count too, up to this share of the limit.
const MOST: f64 = 1.8;

/// The present state of the limits.
#[derive(Debug)]
pub(super) struct Throttle {
    pub(super) limits: Limits,
    /// By the client they are for; those of the tenant have no name.
    buckets: Mutex<BTreeMap<(String, Measure), Bucket>>,
}

impl Measure {
    const ALL: [Self; 5] = [Self::Units, Self::KeyReads, Self::Writes, Self::PersonalWrites, Self::Reports];

    fn limit(self, limits: &Limits) -> Limit {
        match self {
            Self::Units => limits.units,
            Self::KeyReads => limits.key_reads,
            Self::Writes => limits.writes,
            Self::PersonalWrites => limits.personal_writes,
            Self::Reports => limits.reports,
        }
    }

    fn amount(self, cost: Cost) -> u32 {
        match self {
            Self::Units => cost.units,
            Self::KeyReads => u32::from(cost.key_read),
            Self::Writes => u32::from(cost.write),
            Self::PersonalWrites => u32::from(cost.personal_write),
            Self::Reports => u32::from(cost.report),
        }
    }

    /// That writes to applications with personal accounts are counted for the tenant is inferred.
    fn is_of_the_tenant(self) -> bool {
        matches!(self, Self::KeyReads | Self::PersonalWrites)
    }
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    limit: Limit,
    used: f64,
    at: Instant,
}

impl Throttle {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, buckets: Mutex::default() }
    }

    /// Charges a client's request, passed or not: retries count.
    pub(super) fn charge(&self, client: &str, cost: Cost, now: Instant) -> Verdict {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut share: f64 = 0.0;
        let mut wait = None;
        for measure in Measure::ALL {
            let (amount, limit) = (measure.amount(cost), measure.limit(&self.limits));
            if amount == 0 || limit.window.is_zero() {
                continue;
            }
            let whose = if measure.is_of_the_tenant() { "" } else { client };
            let empty = Bucket { limit, used: 0.0, at: now };
            let bucket = buckets.entry((whose.to_owned(), measure)).or_insert(empty);
            bucket.drain(now);
            bucket.used += f64::from(amount);
            let holds = f64::from(bucket.limit.amount.max(1));
            share = share.max(bucket.used / holds);
            if bucket.used > holds {
                bucket.used = bucket.used.min(MOST * holds);
                // Asked again then, it needs its own amount once more.
                let excess = bucket.used + f64::from(amount) - holds;
                let time = bucket.limit.window.mul_f64(excess / holds);
                if wait.is_none_or(|(longest, _)| longest < time) {
                    wait = Some((time, measure));
                }
            }
        }
        match wait {
            None => Verdict::Pass { share },
            Some((time, because)) => Verdict::Wait { time, share: share.min(MOST), because },
        }
    }
}

impl Bucket {
    fn drain(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        let rate = f64::from(self.limit.amount.max(1)) / self.limit.window.as_secs_f64();
        self.used = (self.used - elapsed * rate).max(0.0);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Cost = Cost { units: 1, key_read: true, write: false, personal_write: false, report: false };

    #[test]
    fn the_bucket_gives_what_it_holds_and_then_what_drips_in() {
        let start = Instant::now();
        let throttle = Throttle::new(Limits::of(TenantSize::Small));
        for _ in 0..150 {
            assert!(matches!(throttle.charge("one", READ, start), Verdict::Pass { .. }));
        }
        let Verdict::Wait { time, because, .. } = throttle.charge("one", READ, start) else {
            panic!("passed")
        };
        assert_eq!(because, Measure::KeyReads);
        // One that was refused, and the one that is to pass: two at 2.5 a second.
        assert_eq!(time, Duration::from_millis(800));
        assert!(matches!(throttle.charge("one", READ, start + time), Verdict::Pass { .. }));
        assert!(matches!(throttle.charge("one", READ, start + time), Verdict::Wait { .. }));
        let other = Cost { key_read: false, ..READ };
        assert!(matches!(throttle.charge("one", other, start + time), Verdict::Pass { .. }));
    }

    #[test]
    fn refused_requests_count_but_not_without_end() {
        let start = Instant::now();
        let throttle = Throttle::new(Limits::of(TenantSize::Small));
        let mut longest = Duration::ZERO;
        for _ in 0..1_000 {
            if let Verdict::Wait { time, share, .. } = throttle.charge("one", READ, start) {
                assert!(share <= MOST);
                longest = time;
            }
        }
        assert_eq!(longest.as_millis(), 48_400, "eight tenths of the limit, and the one that asks");
        assert!(matches!(throttle.charge("one", READ, start + longest), Verdict::Pass { .. }));
    }

    #[test]
    fn the_share_tells_how_near_the_limit_is() {
        let start = Instant::now();
        let throttle = Throttle::new(Limits::of(TenantSize::Small));
        let cost = Cost { units: 2_800, key_read: false, ..READ };
        assert_eq!(throttle.charge("one", cost, start), Verdict::Pass { share: 0.8 });
        assert_eq!(
            throttle.charge("one", cost, start + Duration::from_secs(8)),
            Verdict::Pass { share: 0.8 }
        );
    }
}
