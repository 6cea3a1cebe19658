//! The top of the page: how complete, how bad, what first.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::portal;
use crate::domain::Severity;
use crate::report::phrases::{counted, grouped, minute, spoken};
use crate::report::reading::fact;
use crate::report::{Compared, FindingChange, Fresh, GapRow, Report, RuleCount, Summary};

/// Rules named under "What matters first". More would bury the first; fewer would hide a severity.
const FIRST_RULES: usize = 8;

#[derive(Serialize)]
pub(super) struct Head<'a> {
    complete: bool,
    missing: String,
    /// The optional parts that are not to be had.
    without: String,
    tenant: &'a str,
    tenant_id: String,
    run_id: &'a str,
    started: String,
    started_exactly: String,
    portal: Option<&'a str>,
    compared: String,
    compared_exactly: Option<String>,
    compared_run: &'a str,
    read: String,
    notices: &'a [String],
}

impl<'a> Head<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let header = &report.header;
        let (compared, mark) = match &report.compared {
            Compared::With(mark) => (minute(mark.started), Some(mark)),
            Compared::First => ("no earlier complete run".to_owned(), None),
            Compared::Unknown => ("nothing: earlier runs are not known".to_owned(), None),
        };
        let parts: Vec<&str> = report.gaps.iter().map(|gap| gap.part.as_str()).collect();
        let without: Vec<&str> = report.unavailable.iter().map(|row| row.part.as_str()).collect();
        Self {
            complete: report.gaps.is_empty(),
            missing: spoken(&parts),
            without: spoken(&without),
            tenant: &header.tenant,
            tenant_id: header.tenant_id.to_string(),
            run_id: header.run_id.as_str(),
            started: minute(header.started),
            started_exactly: exactly(header.started),
            portal: portal(report, header.portal),
            compared,
            compared_exactly: mark.map(|mark| exactly(mark.started)),
            compared_run: mark.map_or("", |mark| mark.run_id.as_str()),
            read: fact(&header.read),
            notices: &report.notices,
        }
    }
}

/// A moment for programs.
fn exactly(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[derive(Serialize)]
pub(super) struct Gap<'a> {
    part: &'a str,
    reason: &'a str,
}

pub(super) fn gaps(rows: &[GapRow]) -> Vec<Gap<'_>> {
    rows.iter().map(|GapRow { part, reason }| Gap { part, reason }).collect()
}

#[derive(Serialize)]
pub(super) struct Overview<'a> {
    headline: String,
    tiles: Vec<Tile>,
    figures: Vec<Figure>,
    rules: Vec<Rule<'a>>,
    rules_left: Option<String>,
    sections: Vec<Section>,
}

#[derive(Serialize)]
struct Tile {
    severity: &'static str,
    count: String,
    any: bool,
    /// How many of them are new or back.
    fresh: Option<String>,
}

#[derive(Serialize)]
struct Figure {
    label: &'static str,
    value: String,
    note: String,
}

#[derive(Serialize)]
struct Rule<'a> {
    severity: &'static str,
    rule: &'static str,
    title: &'static str,
    count: String,
    examples: &'a [String],
    others: Option<String>,
    advice: &'a str,
}

#[derive(Serialize)]
struct Section {
    id: &'static str,
    label: &'static str,
    count: String,
}

impl<'a> Overview<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let summary = &report.summary;
        let is_later = matches!(report.compared, Compared::With(_));
        let tile = |(&(severity, count), new): (&(Severity, usize), &Fresh)| Tile {
            severity: severity.as_str(),
            count: grouped(count),
            any: count > 0,
            fresh: fresh(*new).filter(|_| is_later),
        };
        let (first, rest) = summary.rules.split_at(summary.rules.len().min(FIRST_RULES));
        let left: usize = rest.iter().map(|rule| rule.findings).sum();
        Self {
            headline: headline(summary),
            tiles: summary.severities.iter().zip(&summary.fresh).map(tile).collect(),
            figures: figures(summary),
            rules: first.iter().map(Rule::of).collect(),
            rules_left: (left > 0).then(|| {
                format!("{} more with {} stand below.", counted(rest.len(), "rule"), counted(left, "finding"))
            }),
            sections: sections(report),
        }
    }
}

fn headline(summary: &Summary) -> String {
    let objects = counted(summary.objects.total, "object");
    let none = if summary.excepted == 0 { "No findings" } else { "No open findings" };
    match (summary.findings(), summary.complete) {
        (0, true) => format!("{none} in {objects}"),
        (0, false) => format!("{none} in what could be read ({objects})"),
        (findings, _) => format!("{} in {objects}", counted(findings, "finding")),
    }
}

/// Those that the run compared with did not have.
fn fresh(fresh: Fresh) -> Option<String> {
    let Fresh { new, reopened } = fresh;
    let words = [(new, FindingChange::New), (reopened, FindingChange::Reopened)];
    let present = words.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> =
        present.map(|(count, change)| format!("{} {}", grouped(count), change.as_str())).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn figures(summary: &Summary) -> Vec<Figure> {
    let objects = summary.objects;
    let of_all = || format!("of {}", counted(objects.total, "object"));
    let mut figures = vec![
        Figure { label: "Non-compliant", value: grouped(objects.non_compliant), note: of_all() },
        Figure { label: "Compliance unknown", value: grouped(objects.unknown), note: of_all() },
        Figure {
            label: "Open to new client secrets",
            value: grouped(objects.open_to_secrets),
            note: of_all(),
        },
        Figure {
            label: "Client secrets",
            value: grouped(summary.secrets.total),
            note: format!("{} expired", grouped(summary.secrets.expired)),
        },
    ];
    if summary.excepted > 0 {
        let note = "counted nowhere above".to_owned();
        figures.push(Figure { label: "Excepted findings", value: grouped(summary.excepted), note });
    }
    figures
}

impl<'a> Rule<'a> {
    fn of(count: &'a RuleCount) -> Self {
        let RuleCount { rule, title, worst, findings, places, examples, advice } = count;
        let others = places.saturating_sub(examples.len());
        Self {
            severity: worst.as_str(),
            rule: rule.as_str(),
            title,
            count: grouped(*findings),
            examples,
            others: (others > 0).then(|| format!("{} more", grouped(others))),
            advice,
        }
    }
}

fn sections(report: &Report) -> Vec<Section> {
    let Report {
        changes,
        findings,
        objects,
        credentials,
        policies,
        deleted,
        frameworks,
        exceptions,
        undecided,
        ..
    } = report;
    let section = |id, label, count| Section { id, label, count: grouped(count) };
    let mut sections = vec![
        Section { id: "summary", label: "Summary", count: String::new() },
        section("changes", "Changes", changes.len()),
        section("findings", "Findings", findings.len()),
        section("objects", "Objects", objects.len()),
        section("credentials", "Credentials", credentials.len()),
        section("policies", "Policies", policies.len()),
        section("frameworks", "Frameworks", frameworks.len()),
        section("exceptions", "Exceptions", exceptions.len()),
        section("undecided", "Undecided", undecided.len()),
    ];
    if let Some(deleted) = deleted {
        sections.insert(6, section("deleted", "Deleted applications", deleted.len()));
    }
    sections
}
