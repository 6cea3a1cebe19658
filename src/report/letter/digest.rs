//! What a letter says, once for both of its parts. Every text in here is harmless in a line.

use serde::Serialize;

use super::Kept;
use super::attachments::{Enclosure, Outcome};
use crate::domain::Severity;
use crate::report::html::link;
use crate::report::phrases::{counted, grouped, plain, size, spoken};
use crate::report::summary::{RuleCount, Summary, advice};
use crate::report::{FindingRow, Report, ReportFile};

/// Findings listed of one rule: more of the same would push the next rule out of sight.
const LISTED_PER_RULE: usize = 5;
/// Findings listed in all. A letter is read in a minute; the rest is in the attachment.
const LISTED: usize = 40;
/// Characters of a name, and of a sentence, before they are cut.
const NAME: usize = 80;
const SENTENCE: usize = 400;

/// The content of a letter.
#[derive(Serialize)]
pub(super) struct Digest<'a> {
    pub(super) complete: bool,
    /// How complete the run was, and what is missing.
    pub(super) first_line: String,
    pub(super) gaps: Vec<Gap>,
    pub(super) tenant: String,
    pub(super) run: String,
    pub(super) counts: Vec<Count>,
    /// The numbers, one sentence each.
    pub(super) figures: Vec<String>,
    pub(super) groups: Vec<Group<'a>>,
    /// How many findings are not listed, and where they are.
    pub(super) rest: Option<String>,
    /// What is attached, and where everything lies.
    pub(super) files: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Gap {
    pub(super) part: String,
    pub(super) reason: String,
}

#[derive(Serialize)]
pub(super) struct Count {
    pub(super) severity: &'static str,
    pub(super) count: String,
    pub(super) any: bool,
}

/// The findings of a rule.
#[derive(Serialize)]
pub(super) struct Group<'a> {
    pub(super) severity: &'static str,
    pub(super) rule: &'static str,
    pub(super) title: &'static str,
    pub(super) count: String,
    /// What to do.
    pub(super) advice: String,
    pub(super) lines: Vec<Line<'a>>,
    /// How many of them are not listed.
    pub(super) more: Option<String>,
}

/// A finding.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) detail: String,
    pub(super) url: Option<&'a str>,
}

impl<'a> Digest<'a> {
    pub(super) fn of(
        report: &'a Report,
        summary: &Summary,
        files: &[ReportFile],
        enclosure: &Enclosure,
        kept: Kept,
    ) -> Self {
        let header = &report.header;
        let gap = |part: &str, reason: &str| Gap { part: plain(part, NAME), reason: plain(reason, SENTENCE) };
        let count = |&(severity, count): &(Severity, usize)| Count {
            severity: severity.as_str(),
            count: grouped(count),
            any: count > 0,
        };
        let groups = groups(&report.findings, &summary.rules);
        let listed: usize = groups.iter().map(|group| group.lines.len()).sum();
        Self {
            complete: summary.complete,
            first_line: first_line(report),
            gaps: report.gaps.iter().map(|row| gap(&row.part, &row.reason)).collect(),
            tenant: plain(&header.tenant, NAME),
            run: format!("{}, started {}", header.run_id, header.started.format("%Y-%m-%d %H:%M UTC")),
            counts: summary.severities.iter().map(count).collect(),
            figures: figures(summary),
            groups,
            rest: rest(summary.findings() - listed, enclosure),
            files: whereabouts(report, files, enclosure, kept),
        }
    }
}

fn first_line(report: &Report) -> String {
    let parts: Vec<String> = report.gaps.iter().map(|gap| plain(&gap.part, NAME)).collect();
    if parts.is_empty() {
        "Complete: everything the audit asked for was read.".to_owned()
    } else {
        format!("INCOMPLETE: not read: {}.", spoken(&parts))
    }
}

fn figures(summary: &Summary) -> Vec<String> {
    let (objects, secrets) = (summary.objects, summary.secrets);
    let mut figures = vec![match summary.findings() {
        0 => sentence(&summary.by_severity()),
        findings => format!("{}: {}.", counted(findings, "finding"), summary.by_severity()),
    }];
    figures.push(format!("{}.", summary.by_compliance()));
    figures.push(format!("{} open to new client secrets.", counted(objects.open_to_secrets, "object")));
    figures.push(format!(
        "{}, {} expired.",
        counted(secrets.total, "client secret"),
        grouped(secrets.expired)
    ));
    if summary.undecided > 0 {
        figures.push(format!("{} could not be decided.", counted(summary.undecided, "question")));
    }
    figures
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", rest.as_str())
}

fn groups<'a>(findings: &'a [FindingRow], rules: &[RuleCount]) -> Vec<Group<'a>> {
    let mut left = LISTED;
    let mut groups = Vec::with_capacity(rules.len());
    for rule in rules {
        let these: Vec<&FindingRow> = findings.iter().filter(|row| row.rule == rule.rule).collect();
        let listed = these.len().min(LISTED_PER_RULE).min(left);
        left -= listed;
        let more = these.len() - listed;
        groups.push(Group {
            severity: rule.worst.as_str(),
            rule: rule.rule.as_str(),
            title: rule.title,
            count: counted(rule.findings, "finding"),
            lines: these.iter().take(listed).map(|row| line(row)).collect(),
            more: (more > 0 && listed > 0).then(|| format!("and {} more", grouped(more))),
            advice: plain(advice(rule.rule, these.iter().copied()), SENTENCE),
        });
    }
    groups
}

fn line(row: &FindingRow) -> Line<'_> {
    let name = plain(&row.display_name, NAME);
    Line {
        name: if name.is_empty() { row.object_id.clone() } else { name },
        subject: row.object_type.as_str().replace('-', " "),
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url),
    }
}

fn rest(left: usize, enclosure: &Enclosure) -> Option<String> {
    let place = match enclosure.outcome {
        Outcome::Whole | Outcome::Packed { .. } => "in the attachment",
        Outcome::Nothing | Outcome::LeftOut { .. } => "in the reports",
    };
    (left > 0).then(|| format!("{} not listed here: all are {place}.", counted(left, "finding")))
}

fn whereabouts(report: &Report, files: &[ReportFile], enclosure: &Enclosure, kept: Kept) -> Vec<String> {
    let names: Vec<&str> = enclosure.attachments.iter().map(|file| file.name.as_str()).collect();
    let too_large = |whole: u64, limit: u64| {
        format!(
            "As they are, the CSV files would add {} to this mail; {} are allowed.",
            size(whole),
            size(limit)
        )
    };
    let mut sentences = match enclosure.outcome {
        Outcome::Nothing => vec!["Nothing is attached.".to_owned()],
        Outcome::Whole => vec![format!("Attached: {}.", spoken(&names))],
        Outcome::Packed { whole, limit } => {
            vec![format!("Attached as one archive: {}.", spoken(&names)), too_large(whole, limit)]
        }
        Outcome::LeftOut { whole, packed, limit } => vec![
            format!("Nothing is attached: even compressed, the CSV files would add {}.", size(packed)),
            too_large(whole, limit),
        ],
    };
    let folder = format!("{}/{}/", plain(&report.header.tenant, NAME), report.header.run_id);
    let all: Vec<&str> = files.iter().map(|file| file.name).collect();
    sentences.push(match (kept, all.is_empty()) {
        (Kept::Nowhere, _) => {
            "The reports could NOT be written where Keysweep runs: its log says why.".to_owned()
        }
        (Kept::InDirectory, true) => {
            format!("The reports lie where Keysweep runs, in {folder} of its reports directory.")
        }
        (Kept::InDirectory, false) => {
            format!("Where Keysweep runs, {folder} in its reports directory holds {}.", spoken(&all))
        }
    });
    sentences
}
