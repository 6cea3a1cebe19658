//! The one place that asks what time it is.

use chrono::{DateTime, Utc};

/// Tells the time: [`system`], or a literal in tests and for the sample report.
pub type Clock = fn() -> DateTime<Utc>;

/// The machine's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "time enters the program here and is passed on as a value")]
pub fn system() -> DateTime<Utc> {
    Utc::now()
}
