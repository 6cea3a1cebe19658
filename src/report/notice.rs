//! Letters about runs that did not come about: silence must not pass for good news.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::dress::{Dressed, NOTICE, Templates};
use super::letter::plain::Page;
use super::phrases::{counted, minute, plain, spoken};
use super::template::PageError;

/// Characters of a name, and of what went wrong, before they are cut.
const NAME: usize = 80;
const REASON: usize = 1000;

/// Missed instants that are listed.
const LISTED: usize = 5;

/// A planned run that has no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedRun {
    /// The tenant's name.
    pub tenant: String,
    /// When it was planned.
    pub planned: DateTime<Utc>,
    /// What happened.
    pub how: NoRun,
    /// When the next run is planned, where one is.
    pub next: Option<DateTime<Utc>>,
}

/// Why a planned run has no report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRun {
    /// It failed each time.
    Error {
        /// What was wrong the last time, why, and what to do about it.
        reason: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// Its process ended before it did, each time.
    GivenUp {
        /// How often it was begun.
        attempts: u32,
    },
    /// The run before it had not begun yet, and makes up for it.
    LeftOut,
}

/// Planned runs that nobody was there to carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedRuns {
    /// The tenant's name.
    pub tenant: String,
    /// The planned instants, oldest first. At least one.
    pub instants: Vec<DateTime<Utc>>,
    /// Whether there were more than those before them.
    pub more: bool,
    /// Whether a run makes up for them now (`[schedule] catch_up`).
    pub caught_up: bool,
    /// The last run before, where there was one.
    pub last: Option<DateTime<Utc>>,
    /// When the next run is planned, where one is.
    pub next: Option<DateTime<Utc>>,
}

/// What such a letter says.
#[derive(Serialize)]
struct Notice {
    good: bool,
    first_line: String,
    title: String,
    subtitle: String,
    sentences: Vec<String>,
    groups: Vec<Group>,
    footer: Vec<String>,
}

#[derive(Serialize)]
struct Group {
    title: String,
    lines: Vec<String>,
}

/// The letter about a planned run that failed, was given up, or was left out.
///
/// # Errors
/// When a built-in template does not fit, which is a defect of this program.
pub fn failure_letter(templates: &Templates, run: &FailedRun) -> Result<Dressed, PageError> {
    let FailedRun { tenant, planned, how, next } = run;
    let (tenant, when) = (plain(tenant, NAME), minute(*planned));
    let (word, first_line, mut sentences) = match how {
        NoRun::Error { reason, attempts } => (
            "run FAILED",
            format!("FAILED: the run of {tenant} planned for {when} has no report."),
            vec![
                format!("It was tried {}. The last time: {}", times(*attempts), plain(reason, REASON)),
                "It is not tried again.".to_owned(),
            ],
        ),
        NoRun::GivenUp { attempts } => (
            "run GIVEN UP",
            format!("GIVEN UP: the run of {tenant} planned for {when} has no report."),
            vec![
                format!(
                    "It was begun {}, and each time the process ended before the run did, as when it is \
                     killed or runs out of memory.",
                    times(*attempts)
                ),
                "It is not tried again. The log of the service and that of the system say more.".to_owned(),
            ],
        ),
        NoRun::LeftOut => (
            "run LEFT OUT",
            format!("LEFT OUT: the run of {tenant} planned for {when} did not take place."),
            vec![
                "The run planned before it was still waiting to begin, and makes up for it.".to_owned(),
                "Runs take longer than the schedule allows, or too many tenants are audited at one time: plan \
                 them further apart, or raise `[schedule] concurrency`. Until the waiting run has begun, no \
                 further mail tells of runs left out."
                    .to_owned(),
            ],
        ),
    };
    sentences.push("Nothing is known of what changed in the tenant since its last report.".to_owned());
    sentences.extend(coming(*next));
    write(
        templates,
        format!("Keysweep {tenant}: {word}, planned for {when}"),
        Notice {
            good: false,
            first_line,
            title: format!("No report on {tenant}"),
            subtitle: format!("Run planned for {when}"),
            sentences,
            groups: Vec::new(),
            footer: footer(),
        },
    )
}

/// The letter about planned runs that were missed while no service ran.
///
/// # Errors
/// When a built-in template does not fit, which is a defect of this program.
pub fn missed_letter(templates: &Templates, missed: &MissedRuns) -> Result<Dressed, PageError> {
    let MissedRuns { tenant, instants, more, caught_up, last, next } = missed;
    let tenant = plain(tenant, NAME);
    let count = match (more, instants.len()) {
        (true, several) => format!("more than {}", counted(several, "planned run")),
        (false, several) => counted(several, "planned run"),
    };
    let mut sentences = vec![match last {
        Some(last) => format!(
            "No service ran between the last run, which began {}, and now. {} of {tenant} did not take place.",
            minute(*last),
            capital(&count)
        ),
        None => format!("No service ran. {} of {tenant} did not take place.", capital(&count)),
    }];
    let is_one = instants.len() == 1 && !more;
    let made_up = match (caught_up, is_one) {
        (true, true) => "A run makes up for it now; its report follows.",
        (true, false) => "One run makes up for all of them now; its report follows.",
        (false, true) => "It is not made up for (`[schedule] catch_up`).",
        (false, false) => "They are not made up for (`[schedule] catch_up`).",
    };
    sentences.push(made_up.to_owned());
    sentences.extend(coming(*next));
    let shown: Vec<String> = instants.iter().rev().take(LISTED).map(|instant| minute(*instant)).collect();
    let title = if shown.len() < instants.len() || *more { "The latest of them" } else { "Planned for" };
    let groups = vec![Group { title: title.to_owned(), lines: shown }];
    write(
        templates,
        format!("Keysweep {tenant}: {count} MISSED"),
        Notice {
            good: false,
            first_line: format!("MISSED: {count} of {tenant}."),
            title: format!("Missed runs of {tenant}"),
            subtitle: "Nothing ran while they were planned".to_owned(),
            sentences,
            groups,
            footer: footer(),
        },
    )
}

fn times(attempts: u32) -> String {
    match attempts {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        several => format!("{several} times"),
    }
}

fn coming(next: Option<DateTime<Utc>>) -> Option<String> {
    next.map(|next| format!("The next run is planned for {}.", minute(next)))
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest.as_str().chars()).collect()
}

fn footer() -> Vec<String> {
    let commands = ["`keysweep history list`", "`keysweep doctor`"];
    vec![format!("Where Keysweep runs, its log, {} say more.", spoken(&commands))]
}

fn write(templates: &Templates, subject: String, notice: Notice) -> Result<Dressed, PageError> {
    templates.dress(NOTICE, subject, &notice, || text(&notice))
}

fn text(notice: &Notice) -> String {
    let Notice { good: _, first_line, title, subtitle, sentences, groups, footer } = notice;
    let mut page = Page::default();
    page.wrapped("", "", first_line);
    page.blank();
    page.wrapped("", "", title);
    page.wrapped("", "", subtitle);
    page.blank();
    for sentence in sentences {
        page.wrapped("", "", sentence);
    }
    for Group { title, lines } in groups {
        page.blank();
        page.wrapped("", "", title);
        for line in lines {
            page.wrapped("  - ", "    ", line);
        }
    }
    page.blank();
    for sentence in footer {
        page.wrapped("", "", sentence);
    }
    page.end()
}
