//! What a letter says, once for both of its parts. Every text in here is harmless in a line.

use serde::Serialize;

use super::Kept;
use super::attachments::{Enclosure, Outcome};
use super::changes::Changes;
use super::frameworks::Frameworks;
use super::pictures::Pictures;
use super::remedied::{Remedied, Section};
use super::standing::{Group, standing};
use crate::domain::{ExceptionState, Severity};
use crate::report::html::link;
use crate::report::phrases::{counted, grouped, minute, plain, size, spoken};
use crate::report::{DeletedRow, GapRow, Report, ReportFile, RiskRow, Subject, Summary, reading};

/// Characters of a name, and of a sentence, before they are cut.
pub(super) const NAME: usize = 80;
pub(super) const SENTENCE: usize = 400;

/// Objects named as where an attacker would begin. The page has more.
const RISKS: usize = 3;

/// The content of a letter.
#[derive(Serialize)]
pub(super) struct Digest {
    pub(super) complete: bool,
    /// How complete the run was, and what is missing.
    pub(super) first_line: String,
    pub(super) gaps: Vec<Gap>,
    /// Optional parts that are not to be had.
    pub(super) unavailable: Vec<Gap>,
    /// What a reader has to know about the history.
    pub(super) notices: Vec<String>,
    pub(super) tenant: String,
    pub(super) run: String,
    pub(super) changes: Changes,
    /// What was put right, or would be.
    pub(super) remedied: Section,
    pub(super) counts: Vec<Count>,
    /// The numbers, one sentence each.
    pub(super) figures: Vec<String>,
    /// Where an attacker would begin.
    pub(super) risks: Vec<Risk>,
    pub(super) groups: Vec<Group>,
    /// The controls of published frameworks.
    pub(super) frameworks: Frameworks,
    pub(super) pictures: Pictures,
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

/// An object that an attacker would begin with.
#[derive(Serialize)]
pub(super) struct Risk {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) url: Option<String>,
    /// What makes it one, in one paragraph.
    pub(super) why: String,
}

#[derive(Serialize)]
pub(super) struct Count {
    pub(super) severity: &'static str,
    pub(super) count: String,
    pub(super) any: bool,
}

impl Digest {
    pub(super) fn of(
        report: &Report,
        files: &[ReportFile],
        enclosure: &Enclosure,
        kept: Kept,
        remedied: Option<&Remedied>,
        pictures: Pictures,
    ) -> Self {
        let Report { header, summary, .. } = report;
        let gap = |part: &str, reason: &str| Gap { part: plain(part, NAME), reason: plain(reason, SENTENCE) };
        let count = |&(severity, count): &(Severity, usize)| Count {
            severity: severity.as_str(),
            count: grouped(count),
            any: count > 0,
        };
        let changes = Changes::of(report);
        let groups = standing(&summary.rules, &changes.listed, &report.findings);
        let listed = changes.listed.len() + groups.iter().map(|group| group.lines.len()).sum::<usize>();
        Self {
            complete: summary.complete,
            first_line: first_line(report),
            gaps: report.gaps.iter().map(|row| gap(&row.part, &row.reason)).collect(),
            unavailable: report.unavailable.iter().map(|row| gap(&row.part, &row.reason)).collect(),
            notices: report.notices.iter().map(|notice| plain(notice, SENTENCE)).collect(),
            tenant: plain(&header.tenant, NAME),
            run: format!("{}, started {}", header.run_id, minute(header.started)),
            changes,
            remedied: Section::of(remedied, enclosure.holds_plan),
            counts: summary.severities.iter().map(count).collect(),
            figures: figures(report, summary),
            risks: report.risks.iter().take(RISKS).map(risk).collect(),
            groups,
            frameworks: Frameworks::of(&report.frameworks),
            pictures,
            rest: rest(summary.findings().saturating_sub(listed), enclosure),
            files: whereabouts(report, files, enclosure, kept),
        }
    }
}

fn risk(row: &RiskRow) -> Risk {
    let RiskRow { object_type, object_id: _, app_id: _, display_name, severity: _, reasons, portal_url } =
        row;
    Risk {
        name: plain(display_name, NAME),
        subject: subject(*object_type),
        url: link(portal_url).map(str::to_owned),
        why: plain(&reasons.join(" "), SENTENCE),
    }
}

/// How complete a run was, and what is missing, in a sentence.
pub(in crate::report) fn first_line(report: &Report) -> String {
    let parts = |rows: &[GapRow]| rows.iter().map(|row| plain(&row.part, NAME)).collect::<Vec<_>>();
    let (missing, without) = (parts(&report.gaps), parts(&report.unavailable));
    match (missing.is_empty(), without.is_empty()) {
        (true, true) => "Complete: everything the audit asked for was read.".to_owned(),
        (true, false) => {
            format!("Complete, but without {}.", spoken(&without))
        }
        (false, _) => format!("INCOMPLETE: not read: {}.", spoken(&missing)),
    }
}

fn figures(report: &Report, summary: &Summary) -> Vec<String> {
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
    figures.extend(accepted(report, summary.excepted));
    figures.extend(report.deleted.as_deref().and_then(restorable));
    figures
}

/// Deleted applications that come back with what opens them.
fn restorable(deleted: &[DeletedRow]) -> Option<String> {
    let open = |row: &&DeletedRow| row.active_secrets + row.symmetric_keys > 0;
    let with_secrets = deleted.iter().filter(open).count();
    (with_secrets > 0).then(|| {
        format!(
            "{} can be restored, {} with unexpired secrets: report.html lists them.",
            counted(deleted.len(), "deleted application"),
            grouped(with_secrets)
        )
    })
}

/// What somebody has accepted, in one sentence, and what is wrong with that, in another.
fn accepted(report: &Report, excepted: usize) -> Vec<String> {
    let mut sentences = Vec::new();
    if excepted > 0 {
        let (verb, them) = if excepted == 1 { ("is", "it") } else { ("are", "them all") };
        sentences.push(format!(
            "{} {verb} excepted, and neither counted nor listed here: findings.csv has {them}, report.html \
             says who accepted what.",
            counted(excepted, "finding")
        ));
    }
    let in_state = |state| report.exceptions.iter().filter(|row| row.state == state).count();
    let said = |count, one: &str, several: &str| {
        (count > 0)
            .then(|| format!("{} {}", counted(count, "exception"), if count == 1 { one } else { several }))
    };
    let wrong = [
        said(in_state(ExceptionState::Expired), "has expired", "have expired"),
        said(in_state(ExceptionState::Stale), "matches nothing", "match nothing"),
    ];
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    if !wrong.is_empty() {
        sentences.push(format!("{}: see report.html.", spoken(&wrong)));
    }
    sentences
}

/// The kind of an object as it is spoken of.
pub(super) fn subject(kind: Subject) -> String {
    kind.as_str().replace('-', " ")
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", rest.as_str())
}

fn rest(left: usize, enclosure: &Enclosure) -> Option<String> {
    let place = match enclosure.outcome {
        Outcome::Whole | Outcome::Packed { .. } => "in the attachment",
        Outcome::Nothing | Outcome::LeftOut { .. } => "in the reports",
    };
    (left > 0).then(|| format!("{} not listed here: all are {place}.", counted(left, "finding")))
}

fn whereabouts(report: &Report, files: &[ReportFile], enclosure: &Enclosure, kept: Kept) -> Vec<String> {
    let mut names: Vec<&str> = enclosure.attachments.iter().map(|file| file.name.as_str()).collect();
    let plan = if enclosure.holds_plan { names.pop() } else { None };
    let too_large = |whole: u64, limit: u64| {
        format!(
            "As they are, the CSV files would add {} to this mail; {} are allowed.",
            size(whole),
            size(limit)
        )
    };
    let mut sentences = match enclosure.outcome {
        Outcome::Nothing if plan.is_some() => Vec::new(),
        Outcome::Nothing => vec!["Nothing is attached.".to_owned()],
        Outcome::Whole => vec![format!("Attached: {}.", spoken(&names))],
        Outcome::Packed { whole, limit } => {
            vec![format!("Attached as one archive: {}.", spoken(&names)), too_large(whole, limit)]
        }
        Outcome::LeftOut { whole, limit } => vec![
            match plan {
                None => "Nothing is attached: even compressed, the CSV files would be too large.".to_owned(),
                Some(_) => {
                    "Nothing but the plan is attached: even compressed, the CSV files would be too large."
                        .to_owned()
                }
            },
            too_large(whole, limit),
        ],
    };
    sentences.extend(plan.map(|name| format!("Attached, too: {name}, the plan.")));
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
    sentences.push(reading::sentence(&report.header.read));
    sentences
}
