//! The top of the page: how complete, how bad, what first.

use std::collections::HashSet;

use chrono::SecondsFormat;
use serde::Serialize;

use super::link;
use crate::domain::{CredentialKind, CredentialState, Severity};
use crate::report::phrases::{counted, grouped, spoken};
use crate::report::summary::{RuleCount, Summary, advice};
use crate::report::{CredentialRow, GapRow, Report};

/// Rules named under "What matters first". More would bury the first; fewer would hide a severity.
const FIRST_RULES: usize = 8;
/// Objects named for each of them.
const EXAMPLES: usize = 3;

#[derive(Serialize)]
pub(super) struct Head<'a> {
    complete: bool,
    missing: String,
    tenant: &'a str,
    tenant_id: String,
    run_id: &'a str,
    started: String,
    started_exactly: String,
    portal: Option<&'a str>,
}

impl<'a> Head<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let header = &report.header;
        let parts: Vec<&str> = report.gaps.iter().map(|gap| gap.part.as_str()).collect();
        Self {
            complete: report.gaps.is_empty(),
            missing: spoken(&parts),
            tenant: &header.tenant,
            tenant_id: header.tenant_id.to_string(),
            run_id: header.run_id.as_str(),
            started: header.started.format("%Y-%m-%d %H:%M UTC").to_string(),
            started_exactly: header.started.to_rfc3339_opts(SecondsFormat::Secs, true),
            portal: link(header.portal),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Gap<'a> {
    part: &'a str,
    reason: &'a str,
}

pub(super) fn gaps(report: &Report) -> Vec<Gap<'_>> {
    report.gaps.iter().map(|GapRow { part, reason }| Gap { part, reason }).collect()
}

#[derive(Serialize)]
pub(super) struct Overview<'a> {
    headline: String,
    tiles: Vec<Tile>,
    figures: Vec<Figure>,
    rules: Vec<Rule<'a>>,
    rules_left: Option<String>,
    charts: Vec<Chart>,
    sections: Vec<Section>,
}

#[derive(Serialize)]
struct Tile {
    severity: &'static str,
    count: String,
    any: bool,
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
    examples: Vec<&'a str>,
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
    pub(super) fn of(report: &'a Report, summary: &Summary) -> Self {
        let tile = |&(severity, count): &(Severity, usize)| Tile {
            severity: severity.as_str(),
            count: grouped(count),
            any: count > 0,
        };
        let (first, rest) = summary.rules.split_at(summary.rules.len().min(FIRST_RULES));
        let left: usize = rest.iter().map(|rule| rule.findings).sum();
        Self {
            headline: headline(summary),
            tiles: summary.severities.iter().map(tile).collect(),
            figures: figures(summary),
            rules: first.iter().map(|rule| Rule::of(report, rule)).collect(),
            rules_left: (left > 0).then(|| {
                format!("{} more with {} stand below.", counted(rest.len(), "rule"), counted(left, "finding"))
            }),
            charts: vec![severities(summary), secrets_by_days_left(&report.credentials)],
            sections: sections(report),
        }
    }
}

fn headline(summary: &Summary) -> String {
    let objects = counted(summary.objects.total, "object");
    match (summary.findings(), summary.complete) {
        (0, true) => format!("No findings in {objects}"),
        (0, false) => format!("No findings in what could be read ({objects})"),
        (findings, _) => format!("{} in {objects}", counted(findings, "finding")),
    }
}

fn figures(summary: &Summary) -> Vec<Figure> {
    let objects = summary.objects;
    let of_all = || format!("of {}", counted(objects.total, "object"));
    vec![
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
    ]
}

impl<'a> Rule<'a> {
    fn of(report: &'a Report, count: &RuleCount) -> Self {
        let of_rule = || report.findings.iter().filter(|finding| finding.rule == count.rule);
        let mut seen = HashSet::new();
        let places: Vec<&str> = of_rule()
            .filter(|finding| seen.insert((finding.object_type, finding.object_id.as_str())))
            .map(|finding| match finding.display_name.as_str() {
                "" => finding.object_id.as_str(),
                name => name,
            })
            .collect();
        let others = places.len().saturating_sub(EXAMPLES);
        Self {
            severity: count.worst.as_str(),
            rule: count.rule.as_str(),
            title: count.title,
            count: grouped(count.findings),
            examples: places.into_iter().take(EXAMPLES).collect(),
            others: (others > 0).then(|| format!("{} more", grouped(others))),
            advice: advice(count.rule, of_rule()),
        }
    }
}

fn sections(report: &Report) -> Vec<Section> {
    let Report { findings, objects, credentials, policies, undecided, .. } = report;
    let section = |id, label, count| Section { id, label, count: grouped(count) };
    vec![
        section("findings", "Findings", findings.len()),
        section("objects", "Objects", objects.len()),
        section("credentials", "Credentials", credentials.len()),
        section("policies", "Policies", policies.len()),
        section("undecided", "Undecided", undecided.len()),
    ]
}

#[derive(Serialize)]
struct Chart {
    title: &'static str,
    severities: bool,
    bars: Vec<Bar>,
}

#[derive(Serialize)]
struct Bar {
    label: &'static str,
    class: &'static str,
    count: String,
    percent: usize,
}

impl Chart {
    /// Bars are drawn against the longest; a bar that stands for anything is visible.
    fn new(title: &'static str, severities: bool, counts: &[(&'static str, &'static str, usize)]) -> Self {
        let longest = counts.iter().map(|(_, _, count)| *count).max().unwrap_or_default().max(1);
        let bar = |&(label, class, count): &(&'static str, &'static str, usize)| Bar {
            label,
            class,
            count: grouped(count),
            percent: (count * 100).div_ceil(longest),
        };
        Self { title, severities, bars: counts.iter().map(bar).collect() }
    }
}

fn severities(summary: &Summary) -> Chart {
    let counts = summary.severities.map(|(severity, count)| (severity.as_str(), severity.as_str(), count));
    Chart::new("Findings by severity", true, &counts)
}

fn secrets_by_days_left(credentials: &[CredentialRow]) -> Chart {
    let mut counts = [
        ("Expired", "expired", 0),
        ("0 to 7 days", "soon", 0),
        ("8 to 30 days", "soon", 0),
        ("31 to 90 days", "later", 0),
        ("91 to 180 days", "later", 0),
        ("Over 180 days", "later", 0),
        ("Never ends", "expired", 0),
    ];
    let secret = CredentialKind::ClientSecret.as_str();
    for row in credentials.iter().filter(|row| row.credential_type == secret) {
        let bucket = match row.days_left {
            _ if row.state == CredentialState::Expired.as_str() => 0,
            Some(..=7) => 1,
            Some(8..=30) => 2,
            Some(31..=90) => 3,
            Some(91..=180) => 4,
            Some(_) => 5,
            None => 6,
        };
        if let Some((_, _, count)) = counts.get_mut(bucket) {
            *count += 1;
        }
    }
    Chart::new("Client secrets by days left", false, &counts)
}
