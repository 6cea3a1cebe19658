//! `[schedule]`, and the schedules of tenants.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use chrono_tz::{TZ_VARIANTS, Tz};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::{Desk, values};
use crate::config::Schedule;
use crate::config::hint;
use crate::config::raw::RawSchedule;

/// `[schedule]`: `cron` may be left to the tenants.
pub(super) struct Timing {
    cron: Option<Cron>,
    timezone: Tz,
    jitter: Duration,
    catch_up: bool,
}

impl Timing {
    /// `timezone`.
    pub(super) fn timezone(&self) -> Tz {
        self.timezone
    }

    /// The schedule of a tenant that has this expression of its own, or none.
    pub(super) fn schedule(&self, own: Option<Cron>) -> Option<Schedule> {
        let Self { cron, timezone, jitter, catch_up } = self;
        let cron = own.or_else(|| cron.clone())?;
        Some(Schedule { cron, timezone: *timezone, jitter: *jitter, catch_up: *catch_up })
    }
}

/// Checks `[schedule]`. `by_tenant`: some tenant has an expression of its own.
pub(super) fn timing(raw: Option<RawSchedule>, by_tenant: bool, desk: &mut Desk<'_>) -> Option<Timing> {
    let given = raw.is_some();
    let RawSchedule { cron, timezone, jitter, catch_up, concurrency: _ } = raw.unwrap_or_default();
    if given && cron.is_none() && !by_tenant {
        desk.missing("schedule.cron", "Add it, as `cron = \"0 6 * * MON\"`, or remove `[schedule]`");
    }
    let cron = match cron {
        Some(text) => self::cron(&text, "schedule.cron", desk).map(Some),
        None => Some(None),
    };
    let timezone = match timezone {
        Some(text) => self::timezone(&text, "schedule.timezone", desk),
        None => Some(Tz::UTC),
    };
    // A run that starts more than a day late is not late but another one.
    let (none, day) = (TimeDelta::zero(), TimeDelta::days(1));
    let jitter = match jitter {
        Some(text) => values::duration(&text, none, day, "schedule.jitter", desk),
        None => Some(none),
    };
    Some(Timing {
        cron: cron?,
        timezone: timezone?,
        jitter: jitter?.to_std().ok()?,
        catch_up: catch_up.unwrap_or(true),
    })
}

/// An expression of five or six fields that comes due at some time.
pub(super) fn cron(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<Cron> {
    let shown = hint::printable_value(text);
    let example =
        "Write five fields, minute hour day month weekday, as `0 6 * * MON`, or six with seconds first";
    if !(5..=6).contains(&text.split_whitespace().count()) {
        desk.problem(key, format!("{shown} has not five or six fields"), example);
        return None;
    }
    let parser = CronParser::builder().seconds(Seconds::Optional).year(Year::Disallowed).build();
    let Ok(cron) = parser.parse(text) else {
        desk.problem(key, format!("{shown} is no cron expression"), example);
        return None;
    };
    // Any start will do: what comes due at all comes due again within a few years.
    if cron.find_next_occurrence(&DateTime::UNIX_EPOCH, false).is_err() {
        desk.problem(key, format!("{shown} never comes due"), "Choose a day that its month has");
        return None;
    }
    Some(cron)
}

/// A name of the IANA database.
pub(super) fn timezone(text: &str, key: &str, desk: &mut Desk<'_>) -> Option<Tz> {
    let timezone = Tz::from_str(text).ok();
    if timezone.is_none() {
        let remedy = match hint::nearest(text, TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => "Use a name of the IANA database, as `Europe/Berlin` or `UTC`".to_owned(),
        };
        desk.problem(key, format!("{} is no time zone", hint::printable_value(text)), remedy);
    }
    timezone
}
