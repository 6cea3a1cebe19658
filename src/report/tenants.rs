//! The digest: one letter over all tenants, worst first. Made of what the store has, without a run.

use std::cmp::Reverse;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::dress::{DIGEST, Dressed, Templates};
use super::letter::plain::Page;
use super::phrases::{counted, grouped, minute, plain};
use super::template::PageError;
use crate::domain::{RunCounts, Severity};

const NAME: usize = 80;
const SENTENCE: usize = 400;

/// Troubles of one tenant that are listed.
const LISTED: usize = 5;

/// A last complete run that is older than this says little about today, whatever the schedule.
const STALE: TimeDelta = TimeDelta::days(8);

/// A tenant in a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestTenant {
    /// Its name.
    pub name: String,
    /// Its last complete run; none where there was none.
    pub complete: Option<RunCounts>,
    /// Its last run, where that came after it and was not complete.
    pub incomplete: Option<RunCounts>,
    /// What changed since the digest before.
    pub changes: DigestChanges,
    /// Planned runs since then that have no report.
    pub troubles: Vec<DigestTrouble>,
}

/// How the findings of a tenant changed from one digest to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestChanges {
    /// There was no complete run before to compare with.
    First,
    /// There was none since.
    NoRun,
    /// In numbers, excepted findings among them.
    Counted {
        /// Findings that were not there and are now.
        new: u64,
        /// Findings that were there and are not now.
        fixed: u64,
    },
}

/// A planned run without a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestTrouble {
    /// When it was planned.
    pub planned: DateTime<Utc>,
    /// What became of it.
    pub how: DigestTroubleKind,
}

/// What became of a planned run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DigestTroubleKind {
    /// It failed, or was given up.
    Failed,
    /// The run before it still waited.
    LeftOut,
    /// It is still to begin, or is going on.
    Waiting,
    /// Nothing ran.
    Missed,
}

#[derive(Serialize)]
struct Digest {
    good: bool,
    first_line: String,
    title: String,
    subtitle: String,
    period: String,
    tenants: Vec<Row>,
    footer: Vec<String>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    good: bool,
    state: String,
    run: String,
    counts: Vec<Count>,
    by_severity: String,
    changes: String,
    troubles: Vec<String>,
}

#[derive(Serialize)]
struct Count {
    severity: &'static str,
    count: String,
    any: bool,
}

/// The letter over all tenants at `planned`, since the digest before, where there was one.
///
/// # Errors
/// When a built-in template does not fit, which is a defect of this program.
pub fn digest_letter(
    templates: &Templates,
    planned: DateTime<Utc>,
    since: Option<DateTime<Utc>>,
    tenants: &[DigestTenant],
) -> Result<Dressed, PageError> {
    let mut tenants: Vec<&DigestTenant> = tenants.iter().collect();
    // Of the worst severity the number counts; a tenant of which nothing is known comes before all.
    tenants.sort_by_key(|tenant| {
        let counts = tenant.complete.as_ref().map(|run| run.findings);
        (counts.is_some(), Reverse(counts), !in_trouble(tenant, planned), tenant.name.as_str())
    });
    let rows: Vec<Row> = tenants.iter().map(|tenant| row(tenant, planned)).collect();
    let bad = rows.iter().filter(|row| !row.good).count();
    let known = tenants.iter().filter(|tenant| tenant.complete.is_some()).count();
    let findings = by_severity(sum(&tenants));
    let (in_subject, in_all) = match known {
        0 => ("open findings not known".to_owned(), "not known".to_owned()),
        _ if known == tenants.len() => (findings.clone(), findings),
        _ => {
            let some = format!("{findings} in {known} of {} tenants", tenants.len());
            (some.clone(), some)
        }
    };
    let first_line = match bad {
        0 => format!("Every tenant was audited to the end: {}.", counted(rows.len(), "tenant")),
        bad => format!(
            "NOT ALL IS KNOWN: {} of {} without a recent complete run, or with runs that failed.",
            bad,
            rows.len()
        ),
    };
    let mark = if bad == 0 { String::new() } else { format!("{bad} IN TROUBLE, ") };
    let digest = Digest {
        good: bad == 0,
        first_line,
        title: "Keysweep digest".to_owned(),
        subtitle: format!("As of {}", minute(planned)),
        period: match since {
            Some(since) => {
                format!("Open findings in all: {in_all}. Changes since the digest before, {}.", minute(since))
            }
            None => format!("Open findings in all: {in_all}. This is the first digest."),
        },
        tenants: rows,
        footer: vec![
            "The reports of each run lie where Keysweep runs; `keysweep history list` names them.".to_owned(),
        ],
    };
    let subject = format!("Keysweep digest: {}: {mark}{in_subject}", counted(tenants.len(), "tenant"));
    templates.dress(DIGEST, subject, &digest, || text(&digest))
}

fn in_trouble(tenant: &DigestTenant, now: DateTime<Utc>) -> bool {
    let waits = |trouble: &DigestTrouble| trouble.how == DigestTroubleKind::Waiting;
    let stale = tenant.complete.as_ref().is_none_or(|run| now - run.run.started > STALE);
    stale || tenant.incomplete.is_some() || !tenant.troubles.iter().all(waits)
}

fn row(tenant: &DigestTenant, now: DateTime<Utc>) -> Row {
    let DigestTenant { name, complete, incomplete, changes, troubles } = tenant;
    let state = match (complete, incomplete) {
        (None, None) => "NEVER AUDITED",
        (None, Some(_)) => "NEVER COMPLETE",
        (Some(_), Some(_)) => "last run INCOMPLETE",
        (Some(run), None) if now - run.run.started > STALE => "complete, but OLD",
        (Some(_), None) => "complete",
    };
    let mut run = match complete {
        Some(run) => {
            format!("Last complete run {}, {}.", minute(run.run.started), ago(now - run.run.started))
        }
        None => "No complete run.".to_owned(),
    };
    if let Some(incomplete) = incomplete {
        run.push_str(&format!(
            " Since then only incomplete ones, the last {}.",
            minute(incomplete.run.started)
        ));
    }
    let findings = complete.as_ref().map(|run| run.findings);
    let count = |(severity, count): (Severity, u64)| Count {
        severity: severity.as_str(),
        count: grouped(usize::try_from(count).unwrap_or(usize::MAX)),
        any: count > 0,
    };
    let mut said: Vec<String> = troubles.iter().take(LISTED).map(trouble).collect();
    if troubles.len() > LISTED {
        said.push(format!("and {} more.", counted(troubles.len() - LISTED, "planned run")));
    }
    Row {
        name: plain(name, NAME),
        good: !in_trouble(tenant, now),
        state: state.to_owned(),
        run: plain(&run, SENTENCE),
        counts: findings
            .map(|counts| Severity::ALL.into_iter().zip(counts).map(count).collect())
            .unwrap_or_default(),
        by_severity: findings.map_or_else(|| "not known".to_owned(), by_severity),
        changes: match *changes {
            DigestChanges::First if complete.is_some() => "Nothing to compare with yet.".to_owned(),
            DigestChanges::First => "What stands is not known.".to_owned(),
            DigestChanges::NoRun => "No complete run since the digest before.".to_owned(),
            DigestChanges::Counted { new: 0, fixed: 0 } => "No finding is new or fixed.".to_owned(),
            DigestChanges::Counted { new, fixed } => format!("Findings: {new} new, {fixed} fixed."),
        },
        troubles: said,
    }
}

fn trouble(trouble: &DigestTrouble) -> String {
    let DigestTrouble { planned, how } = trouble;
    let what = match how {
        DigestTroubleKind::Failed => "FAILED",
        DigestTroubleKind::LeftOut => "was LEFT OUT: the one before still waited",
        DigestTroubleKind::Waiting => "is not done yet",
        DigestTroubleKind::Missed => "was MISSED: nothing ran",
    };
    format!("The run planned for {} {what}.", minute(*planned))
}

fn ago(age: TimeDelta) -> String {
    match (age.num_days(), age.num_hours()) {
        (_, ..=0) => "just now".to_owned(),
        (0, 1) => "1 hour ago".to_owned(),
        (0, hours) => format!("{hours} hours ago"),
        (1, _) => "1 day ago".to_owned(),
        (days, _) => format!("{days} days ago"),
    }
}

fn sum(tenants: &[&DigestTenant]) -> [u64; 5] {
    let mut all = [0; 5];
    for run in tenants.iter().filter_map(|tenant| tenant.complete.as_ref()) {
        for (sum, count) in all.iter_mut().zip(run.findings) {
            *sum += count;
        }
    }
    all
}

fn by_severity(findings: [u64; 5]) -> String {
    let parts: Vec<String> = Severity::ALL
        .into_iter()
        .zip(findings)
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| {
            format!("{} {severity}", grouped(usize::try_from(count).unwrap_or(usize::MAX)))
        })
        .collect();
    if parts.is_empty() { "no open findings".to_owned() } else { parts.join(", ") }
}

fn text(digest: &Digest) -> String {
    let Digest { good: _, first_line, title, subtitle, period, tenants, footer } = digest;
    let mut page = Page::default();
    page.wrapped("", "", first_line);
    page.blank();
    page.wrapped("", "", title);
    page.wrapped("", "", subtitle);
    page.blank();
    page.wrapped("", "", period);
    for Row { name, good: _, state, run, counts: _, by_severity, changes, troubles } in tenants {
        page.blank();
        page.wrapped("", "  ", &format!("{name}: {by_severity} ({state})"));
        page.wrapped("  ", "  ", run);
        page.wrapped("  ", "  ", changes);
        for trouble in troubles {
            page.wrapped("  ! ", "    ", trouble);
        }
    }
    page.blank();
    for sentence in footer {
        page.wrapped("", "", sentence);
    }
    page.end()
}
