//! When a message is tried again. Pure: chance comes in as a value.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::config::Retry;

/// How much longer than the first pause it is waited where an answer was lost: ten times a minute, because a
/// server may take ten minutes to answer the final dot (RFC 5321 §4.5.3.2.6), and has the message until then.
const UNCONFIRMED: u32 = 10;

/// That is no longer than this: the store takes a pause of more than two days for one begun before the clock was set
/// back.
const LONGEST_UNCONFIRMED: Duration = Duration::from_secs(24 * 3600);

/// How much of a pause is left to chance, up or down: messages that failed together do not come together again.
const SPREAD: f64 = 0.2;

/// The pause after so many attempts, counted from one. `chance` lies between nothing and one.
pub(super) fn next_attempt(retry: &Retry, attempts: u32, chance: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(31);
    let pause = retry.first.saturating_mul(1 << doublings).min(retry.longest);
    pause.mul_f64(1.0 - SPREAD + 2.0 * SPREAD * chance.clamp(0.0, 1.0))
}

/// The pause after an attempt of which nobody knows whether it came to anything.
pub(super) fn after_lost_answer(retry: &Retry, attempts: u32, chance: f64) -> Duration {
    let least = retry.first.saturating_mul(UNCONFIRMED).min(LONGEST_UNCONFIRMED);
    next_attempt(retry, attempts, chance).max(least)
}

/// What stands for chance: nobody can tell it from one, and it needs no source.
pub(super) fn chance(key: &str, attempts: u32) -> f64 {
    let digest = Sha256::new().chain_update(key).chain_update(attempts.to_le_bytes()).finalize();
    let number = digest.first_chunk().copied().map_or(0, u32::from_le_bytes);
    f64::from(number) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LONGEST_PAUSE;

    const RETRY: Retry = Retry {
        first: Duration::from_secs(60),
        longest: Duration::from_secs(4 * 3600),
        give_up_after: Duration::from_secs(5 * 86_400),
    };

    #[test]
    fn pauses_are_doubled_up_to_the_longest() {
        let minutes = |attempts| next_attempt(&RETRY, attempts, 0.5).as_secs_f64() / 60.0;
        let first: Vec<f64> = (0..6).map(minutes).collect();
        assert_eq!(first, [1.0, 1.0, 2.0, 4.0, 8.0, 16.0]);
        for attempts in [9, 10, 32, 33, u32::MAX] {
            assert_eq!(minutes(attempts), 240.0, "{attempts}");
        }
    }

    #[test]
    fn chance_moves_a_pause_by_a_fifth_at_most() {
        for (chance, seconds) in [(0.0, 48.0), (0.5, 60.0), (1.0, 72.0), (-3.0, 48.0), (7.0, 72.0)] {
            let pause = next_attempt(&RETRY, 1, chance).as_secs_f64();
            assert!((pause - seconds).abs() < 0.001, "{chance}: {pause}");
        }
    }

    #[test]
    fn after_a_lost_answer_it_is_waited_for_ten_minutes_at_least() {
        for (attempts, minutes) in [(1, 10.0), (4, 10.0), (5, 16.0), (20, 240.0)] {
            assert_eq!(after_lost_answer(&RETRY, attempts, 0.5).as_secs_f64() / 60.0, minutes, "{attempts}");
        }
    }

    #[test]
    fn no_pause_is_so_long_that_the_store_takes_it_for_over() {
        // As long as the configuration allows.
        let day = Duration::from_secs(86_400);
        for first in [1, 60, 4 * 3600, 5 * 3600, 86_400].map(Duration::from_secs) {
            let retry = Retry { first, longest: day, give_up_after: 30 * day };
            for attempts in [1, 2, 5, 20, u32::MAX] {
                for pause in [next_attempt(&retry, attempts, 1.0), after_lost_answer(&retry, attempts, 1.0)] {
                    assert!(pause < LONGEST_PAUSE, "{first:?} {attempts}: {pause:?}");
                }
            }
        }
    }

    #[test]
    fn what_stands_for_chance_is_spread_and_always_the_same() {
        let drawn: Vec<f64> = (0..1000).map(|number| chance("20261123T060000Z.contoso", number)).collect();
        assert_eq!(drawn[7], chance("20261123T060000Z.contoso", 7));
        assert!(drawn.iter().all(|drawn| (0.0..=1.0).contains(drawn)));
        let low = drawn.iter().filter(|drawn| **drawn < 0.5).count();
        assert!((400..600).contains(&low), "{low}");
    }

    #[test]
    fn five_days_are_tried_some_forty_times() {
        let mut waited = Duration::ZERO;
        let mut attempts = 1;
        while waited < RETRY.give_up_after {
            waited += next_attempt(&RETRY, attempts, 0.5);
            attempts += 1;
        }
        assert!((35..45).contains(&attempts), "{attempts}");
    }
}
