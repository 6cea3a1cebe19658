//! How long a request is tried, and how long it pauses in between (FACTS §9.3, §11).

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// How much a single request may cost before it is given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// For one attempt, from the connection to the last byte. Too low cuts off large pages on a slow
    /// line; too high, and a silent Graph is noticed late. 30 s by default.
    pub attempt: Duration,
    /// How often a request is sent that meets silence, a broken connection, a 5xx or an unreadable
    /// answer. 4 by default, so that a passing fault is survived and a lasting one reported.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles from there up to 30 s, plus as much again of
    /// jitter. Half a second by default.
    pub pause: Duration,
    /// For all attempts and pauses together, waits that Graph asked for not counted: what a Graph
    /// that hangs costs. 2 minutes by default.
    pub total: Duration,
    /// For all waits together that Graph asked for by throttling. A `Retry-After` that no longer
    /// fits ends the request at once, and all others of the tenant wait for as long as this. 4 minutes by
    /// default: longer than the windows in which Graph counts (FACTS §9.1), shorter than a run should
    /// stand still.
    pub throttled: Duration,
    /// Bytes of one decompressed answer. Too low refuses pages of 999 applications with many keys
    /// each; too high, and a hostile answer takes the memory. 64 MiB by default.
    pub body_limit: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            attempts: 4,
            pause: Duration::from_millis(500),
            total: Duration::from_secs(120),
            throttled: Duration::from_secs(240),
            body_limit: 64 << 20,
        }
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What to do about a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Sending it again would not help.
    Stop,
    /// The token was refused.
    Renew,
    /// The fault may pass.
    Again,
    /// Graph asks to wait, for so long if it says.
    Throttled(Option<Duration>),
}

/// The patience that is left for one request. Knows no clock: it is told how long an attempt took.
pub(super) struct Pacing<'a> {
    patience: &'a Patience,
    failures: u32,
    worked: Duration,
    throttled: Duration,
    pauses: ExponentialBackoff,
}

impl<'a> Pacing<'a> {
    pub(super) fn new(patience: &'a Patience) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(patience.pause)
            .with_max_delay(LONGEST_PAUSE.max(patience.pause))
            .without_max_times()
            .with_jitter()
            .build();
        Self { patience, failures: 0, worked: Duration::ZERO, throttled: Duration::ZERO, pauses }
    }

    /// The waits that Graph asked for and that were obeyed so far.
    pub(super) fn throttled(&self) -> Duration {
        self.throttled
    }

    /// How long the next attempt may take.
    pub(super) fn attempt(&self) -> Duration {
        self.patience.attempt.min(self.left())
    }

    /// How long to pause after an attempt that took so long; none when it is time to give up.
    pub(super) fn pause(&mut self, then: Then, took: Duration) -> Option<Duration> {
        self.worked = self.worked.saturating_add(took);
        let pause = self.pauses.next()?;
        match then {
            Then::Stop | Then::Renew => None,
            Then::Again => {
                self.failures += 1;
                let fits = self.failures < self.patience.attempts && pause < self.left();
                self.worked = self.worked.saturating_add(pause);
                fits.then_some(pause)
            }
            // The own pause is the least, so that a `Retry-After: 0` for ever does not become a storm.
            Then::Throttled(asked) => {
                let pause = asked.unwrap_or_default().max(pause);
                let throttled = self.throttled.saturating_add(pause);
                let fits = throttled <= self.patience.throttled && !self.left().is_zero();
                fits.then(|| {
                    self.throttled = throttled;
                    pause
                })
            }
        }
    }

    fn left(&self) -> Duration {
        self.patience.total.saturating_sub(self.worked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_a_graph_that_hangs_costs_two_minutes() {
        let patience = Patience::default();
        let mut pacing = Pacing::new(&patience);
        let mut spent = Duration::ZERO;
        loop {
            let took = pacing.attempt();
            spent += took;
            let Some(pause) = pacing.pause(Then::Again, took) else { break };
            spent += pause;
        }
        assert!(Duration::from_secs(90) <= spent && spent <= Duration::from_secs(120), "{spent:?}");
    }

    #[test]
    fn waits_are_obeyed_to_the_fraction_until_their_budget_is_spent() {
        let patience = Patience {
            pause: Duration::from_millis(1),
            throttled: Duration::from_secs(4),
            ..Patience::default()
        };
        let wait = Duration::from_millis(1500);
        let mut pacing = Pacing::new(&patience);
        for (expected, why) in [(Some(wait), "1.5 s"), (Some(wait), "3 s"), (None, "4.5 s do not fit into 4")]
        {
            assert_eq!(pacing.pause(Then::Throttled(Some(wait)), Duration::ZERO), expected, "{why}");
        }
        assert_eq!(pacing.throttled(), 2 * wait);
        let for_ever = Then::Throttled(Some(Duration::MAX));
        assert_eq!(Pacing::new(&patience).pause(for_ever, Duration::ZERO), None);
    }

    #[test]
    fn a_throttling_that_asks_for_nothing_is_given_up_all_the_same() {
        let patience = Patience { pause: Duration::ZERO, ..Patience::default() };
        let mut pacing = Pacing::new(&patience);
        let nothing = Then::Throttled(Some(Duration::ZERO));
        assert_eq!(pacing.pause(nothing, patience.total / 2), Some(Duration::ZERO));
        assert_eq!(pacing.pause(nothing, patience.total / 2), None);
    }

    #[test]
    fn pauses_grow_and_are_jittered() {
        let patience = Patience { attempts: 10, ..Patience::default() };
        let mut pacing = Pacing::new(&patience);
        for floor in [0.5, 1.0, 2.0, 4.0] {
            let pause = pacing.pause(Then::Again, Duration::ZERO).map_or(0.0, |pause| pause.as_secs_f64());
            assert!(floor <= pause && pause <= 2.0 * floor, "{floor}: {pause}");
        }
    }
}
