//! How long it is waited for Graph to show what was written.

use std::time::Duration;

/// How often something is read back and sent, and the pauses in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often a step is read back until it shows. Reads lag writes by seconds (FACTS §7.1): too few take a change
    /// that came about for one that did not. 7 by default.
    pub readings: u32,
    /// The pause before the second reading; it doubles from there. 1 s by default.
    pub pause: Duration,
    /// The longest pause. 8 s by default: with the others that is half a minute.
    pub longest: Duration,
    /// How often a change is sent of which nobody knows whether it was carried out, each time after all readings
    /// said that it was not. 3 by default.
    pub sends: u32,
    /// How often a change is sent again that surely was not carried out, because something else was under way. 4 by
    /// default.
    pub repeats: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            readings: 7,
            pause: Duration::from_secs(1),
            longest: Duration::from_secs(8),
            sends: 3,
            repeats: 4,
        }
    }
}

impl Patience {
    /// The pause before each reading, from the first, which comes at once.
    pub(super) fn pauses(self) -> impl Iterator<Item = Duration> {
        (0..self.readings.max(1)).map(move |reading| self.before(reading))
    }

    /// The pause before a reading or sending of this number, from 0.
    pub(super) fn before(self, number: u32) -> Duration {
        match number.checked_sub(1) {
            None => Duration::ZERO,
            Some(doubled) => self.pause.saturating_mul(2_u32.saturating_pow(doubled)).min(self.longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_it_is_read_back_for_half_a_minute_at_growing_intervals() {
        let pauses: Vec<u64> = Patience::default().pauses().map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [0, 1, 2, 4, 8, 8, 8]);
    }

    #[test]
    fn it_is_read_back_at_least_once() {
        let none = Patience { readings: 0, ..Patience::default() };
        assert_eq!(none.pauses().count(), 1);
    }
}
