//! What a letter to an owner says.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::OwnerTerms;
use crate::domain::Told;
use crate::report::dress::{Dressed, OWNER, Templates};
use crate::report::html::link;
use crate::report::letter::plain::Page;
use crate::report::phrases::{counted, grouped, minute, plain, spoken};
use crate::report::template::PageError;
use crate::report::{FindingRow, Report, catalogue};

const NAME: usize = 80;
const SENTENCE: usize = 400;

/// Findings listed in one letter: more than anybody sees to before the next one.
const LISTED: usize = 50;
/// Addresses named beside a finding that is escalated.
const PEOPLE: usize = 3;

/// The findings of a letter, as they are gathered.
#[derive(Default)]
pub(super) struct Draft {
    applications: Vec<Application>,
    places: HashMap<String, Option<usize>>,
    findings: usize,
    listed: usize,
    earliest: Option<DateTime<Utc>>,
    overdue: usize,
}

#[derive(Serialize)]
struct Application {
    name: String,
    subject: String,
    url: Option<String>,
    findings: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    severity: &'static str,
    rule: &'static str,
    title: &'static str,
    detail: String,
    advice: String,
    due: String,
    overdue: bool,
    remark: String,
}

#[derive(Serialize)]
struct OwnerLetter {
    good: bool,
    first_line: String,
    title: String,
    subtitle: String,
    run: String,
    sentences: Vec<String>,
    applications: Vec<Application>,
    more: Option<String>,
    footer: Vec<String>,
}

impl Draft {
    pub(super) fn is_empty(&self) -> bool {
        self.findings == 0
    }

    /// Takes in a finding; it comes worst first.
    ///
    /// The deadline counts from when somebody was first told of it: what is back, or was known for long before anybody
    /// was told, is not overdue when it is told of.
    pub(super) fn take(
        &mut self,
        row: &FindingRow,
        report: &Report,
        terms: &OwnerTerms,
        since: Option<DateTime<Utc>>,
        remark: String,
    ) {
        let now = report.header.started;
        let since = since.unwrap_or(now);
        let since = row.first_seen.map_or(since, |first| first.max(since));
        let due = since.checked_add_signed(terms.deadline).unwrap_or(now);
        let overdue = due.date_naive() < now.date_naive();
        self.findings += 1;
        self.overdue += usize::from(overdue);
        self.earliest = Some(self.earliest.map_or(due, |earliest| earliest.min(due)));
        if self.listed >= LISTED {
            self.places.entry(row.object_id.clone()).or_insert(None);
            return;
        }
        self.listed += 1;
        let next = self.applications.len();
        let place = *self.places.entry(row.object_id.clone()).or_insert(Some(next));
        if place == Some(next) {
            let name = plain(&row.display_name, NAME);
            self.applications.push(Application {
                name: if name.is_empty() { plain(&row.object_id, NAME) } else { name },
                subject: row.object_type.as_str().replace('-', " "),
                url: link(&row.portal_url).map(str::to_owned),
                findings: Vec::new(),
            });
        }
        let Some(application) = place.and_then(|place| self.applications.get_mut(place)) else { return };
        application.findings.push(Line {
            severity: row.severity.as_str(),
            rule: row.rule.as_str(),
            title: catalogue(row.rule).title,
            detail: plain(&row.detail, SENTENCE),
            advice: plain(&row.recommendation, SENTENCE),
            due: if overdue {
                format!("Overdue since {}.", day(due))
            } else {
                format!("Due by {}.", day(due))
            },
            overdue,
            remark,
        });
    }

    fn objects(&self) -> usize {
        self.places.len()
    }

    /// `act by 2026-12-23`, or how much of it is late.
    fn by_when(&self) -> String {
        match (self.overdue, self.earliest) {
            (0, Some(earliest)) => format!("act by {}", day(earliest)),
            (overdue, _) => format!("{} overdue", grouped(overdue)),
        }
    }

    pub(super) fn into_owner(
        self,
        templates: &Templates,
        report: &Report,
        terms: &OwnerTerms,
        fallback: bool,
    ) -> Result<Dressed, PageError> {
        let tenant = plain(&report.header.tenant, NAME);
        let (findings, objects) = (counted(self.findings, "finding"), counted(self.objects(), "application"));
        let whose = if fallback { "without an owner who can be told" } else { "that you own" };
        let why = if fallback {
            "You get this because no owner of these applications can be told: they have none with a mail address, or \
             only with addresses outside the domains that Keysweep may write to. Please find out who is responsible, \
             and make them owners."
        } else {
            "You get this because the directory names you as an owner of these applications."
        };
        let subject = format!("Keysweep {tenant}: {findings} on {objects} {whose}, {}", self.by_when());
        let first_line = format!("{findings} on {objects} {whose}: {}.", self.by_when());
        let title = if fallback {
            format!("Applications in {tenant} whose owners cannot be told")
        } else {
            format!("Your applications in {tenant}")
        };
        self.write(
            templates,
            report,
            subject,
            Words { first_line, title, why: why.to_owned(), terms, again: true },
        )
    }

    pub(super) fn into_escalation(
        self,
        templates: &Templates,
        report: &Report,
        terms: &OwnerTerms,
        whom: &str,
    ) -> Result<Dressed, PageError> {
        let tenant = plain(&report.header.tenant, NAME);
        let days = counted(usize::try_from(terms.escalate_after.num_days()).unwrap_or_default(), "day");
        let (findings, objects) = (counted(self.findings, "finding"), counted(self.objects(), "application"));
        let verb = if self.findings == 1 { "stands" } else { "stand" };
        let subject =
            format!("ESCALATION Keysweep {tenant}: {findings} {verb} {days} after {whom} were told");
        let first_line = format!(
            "ESCALATION: {findings} on {objects} still {verb}, {days} or more after {whom} were told."
        );
        let why = format!(
            "You get this because Keysweep is configured to tell you when {whom} do not act. Each of \
                   these findings is escalated once."
        );
        let title = format!("What {whom} have not seen to in {tenant}");
        self.write(templates, report, subject, Words { first_line, title, why, terms, again: false })
    }

    fn write(
        self,
        templates: &Templates,
        report: &Report,
        subject: String,
        words: Words<'_>,
    ) -> Result<Dressed, PageError> {
        let Words { first_line, title, why, terms, again } = words;
        let left = self.findings - self.listed;
        let run = format!("Run {}, started {}", report.header.run_id, minute(report.header.started));
        let mut sentences = vec![why];
        sentences.push(
            "A client secret or certificate that leaks or is forgotten lets others sign in as the application. Where you \
             are in doubt, ask those who run Keysweep before you remove what may still be in use."
                .to_owned(),
        );
        let mut footer = vec![format!("{run}.")];
        if again {
            let days = counted(usize::try_from(terms.remind_after.num_days()).unwrap_or_default(), "day");
            footer.push(format!(
                "You are told again when something is new, or after {days} if this still stands."
            ));
        }
        let letter = OwnerLetter {
            good: false,
            first_line,
            title,
            subtitle: run.clone(),
            run,
            sentences,
            applications: self.applications,
            more: (left > 0)
                .then(|| format!("and {} more, which are not listed here.", counted(left, "finding"))),
            footer,
        };
        templates.dress(OWNER, subject, &letter, || text(&letter))
    }
}

/// What differs from letter to letter.
struct Words<'a> {
    first_line: String,
    title: String,
    why: String,
    terms: &'a OwnerTerms,
    /// Whether they are told again.
    again: bool,
}

/// The day of a time: `2026-11-23`.
pub(super) fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d").to_string()
}

/// Those who were told, each with the day on which they first were.
pub(super) fn people(told: &[(DateTime<Utc>, String)]) -> String {
    let name = |(first, address): &(DateTime<Utc>, String)| {
        let who = match address.as_str() {
            Told::FALLBACK => "the fallback contacts".to_owned(),
            address => plain(address, NAME),
        };
        format!("{who} first told {}", day(*first))
    };
    let mut named: Vec<String> = told.iter().take(PEOPLE).map(name).collect();
    if told.len() > PEOPLE {
        named.push(format!("{} more", grouped(told.len() - PEOPLE)));
    }
    spoken(&named)
}

fn text(letter: &OwnerLetter) -> String {
    let OwnerLetter { good: _, first_line, title, subtitle, run: _, sentences, applications, more, footer } =
        letter;
    let mut page = Page::default();
    page.wrapped("", "", first_line);
    page.blank();
    page.wrapped("", "", title);
    page.wrapped("", "", subtitle);
    page.blank();
    for sentence in sentences {
        page.wrapped("", "", sentence);
    }
    for Application { name, subject, url, findings } in applications {
        page.blank();
        page.wrapped("", "", &format!("{name} ({subject})"));
        if let Some(url) = url {
            page.unbroken("  ", url);
        }
        for Line { severity, rule, title, detail, advice, due, overdue: _, remark } in findings {
            page.wrapped("  - ", "    ", &format!("{}: {title} ({rule}; {remark})", severity.to_uppercase()));
            page.wrapped("    ", "    ", detail);
            page.wrapped("    What to do: ", "    ", advice);
            page.wrapped("    ", "    ", due);
        }
    }
    if let Some(more) = more {
        page.blank();
        page.wrapped("", "", more);
    }
    page.blank();
    for sentence in footer {
        page.wrapped("", "", sentence);
    }
    page.end()
}
