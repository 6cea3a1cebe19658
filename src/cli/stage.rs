//! How far the reading of a part is, in words.

use std::fmt::{self, Write};
use std::time::{Duration, Instant};

use indicatif::HumanCount;

/// How far the reading of a part is.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// How many entries there are, as far as is known.
    pub(super) expected: Option<u64>,
    /// What it waits for; over once its time has come.
    pub(super) wait: Option<Wait>,
    pages: usize,
    read: usize,
    /// Of listings of the same label that are over.
    before: usize,
    end: Option<&'static str>,
}

/// Why nothing moves, and until when.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    /// Graph throttles or fails.
    Again(Instant),
    /// The budget is spent.
    Held(Instant),
}

impl Stage {
    /// Another page has come, with which there are so many entries.
    pub(super) fn page(&mut self, total: usize) {
        self.pages += 1;
        self.read = total;
        self.wait = None;
        self.end = None;
    }

    /// It is over.
    pub(super) fn end(&mut self, total: usize, how: &'static str) {
        self.before += total;
        self.read = 0;
        self.wait = None;
        self.end = Some(how);
    }

    /// The entries so far.
    pub(super) fn read(&self) -> usize {
        self.before + self.read
    }

    /// Entries, pages, rate, the time left, and what it waits for.
    pub(super) fn write(&self, out: &mut dyn Write, per_second: f64, now: Instant) -> fmt::Result {
        let read = self.read() as u64;
        let expected = self.expected.filter(|expected| read < *expected && self.end.is_none());
        write!(out, "{:>9}", HumanCount(read).to_string())?;
        if let Some(expected) = expected {
            write!(out, " of {}", HumanCount(expected))?;
        }
        match self.pages {
            0 => {}
            1 => out.write_str(" · 1 page")?,
            pages => write!(out, " · {} pages", HumanCount(pages as u64))?,
        }
        if let Some(end) = self.end {
            return write!(out, " · {end}");
        }
        if 1.0 <= per_second {
            write!(out, " · {}/s", HumanCount(per_second as u64))?;
            if let Some(expected) = expected {
                let left = (expected - read) as f64 / per_second;
                write!(out, " · {} left", Rough(Duration::from_secs_f64(left.min(MOST))))?;
            }
        }
        let left = |until: Instant| until.saturating_duration_since(now);
        match self.wait {
            Some(Wait::Again(until)) if now < until => {
                write!(out, " · trying again in {}", Rough(left(until)))
            }
            Some(Wait::Held(until)) if now < until => write!(out, " · held back for {}", Rough(left(until))),
            Some(_) | None => Ok(()),
        }
    }
}

/// Nobody waits longer than that, and it can be told.
const MOST: f64 = 1e6;

/// A duration as somebody would say it who is asked.
struct Rough(Duration);

impl fmt::Display for Rough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64().ceil() as u64;
        match seconds {
            0..100 => write!(f, "{seconds} s"),
            100..6000 => write!(f, "{} min", seconds.div_ceil(60)),
            _ => write!(f, "{} h", seconds.div_ceil(3600)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(stage: &Stage, per_second: f64, now: Instant) -> String {
        let mut line = String::new();
        stage.write(&mut line, per_second, now).unwrap();
        line.trim_start().to_owned()
    }

    #[test]
    fn a_line_tells_what_there_is_to_tell() {
        let now = Instant::now();
        let mut stage = Stage::default();
        assert_eq!(line(&stage, 0.0, now), "0");
        stage.page(999);
        assert_eq!(line(&stage, 0.5, now), "999 · 1 page");
        stage.page(1998);
        assert_eq!(line(&stage, 1234.5, now), "1,998 · 2 pages · 1,234/s");
        stage.expected = Some(200_000);
        assert_eq!(line(&stage, 1234.5, now), "1,998 of 200,000 · 2 pages · 1,234/s · 3 min left");
        assert_eq!(line(&stage, 1e9, now), "1,998 of 200,000 · 2 pages · 1,000,000,000/s · 1 s left");
        stage.wait = Some(Wait::Held(now + Duration::from_millis(41_500)));
        assert_eq!(
            line(&stage, 10.0, now),
            "1,998 of 200,000 · 2 pages · 10/s · 6 h left · held back for 42 s"
        );
        stage.wait = Some(Wait::Again(now + Duration::from_secs(2)));
        assert_eq!(line(&stage, 0.0, now), "1,998 of 200,000 · 2 pages · trying again in 2 s");
        assert_eq!(line(&stage, 0.0, now + Duration::from_secs(2)), "1,998 of 200,000 · 2 pages");
        stage.page(200_001);
        assert_eq!(line(&stage, 0.0, now), "200,001 · 3 pages", "there were more than were counted");
        stage.end(200_001, "done");
        assert_eq!(line(&stage, 1e3, now), "200,001 · 3 pages · done");
    }

    #[test]
    fn listings_of_one_label_add_up() {
        let mut stage = Stage::default();
        for entries in [3, 4] {
            stage.page(entries);
            stage.end(entries, "done");
        }
        assert_eq!(stage.read(), 7);
    }
}
