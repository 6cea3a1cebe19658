//! What is told to webhooks about a run: Teams, Slack, and a JSON of our own. The same counts and the same few
//! findings for all; names are one line each, and nothing in them is a link, a mention or markup.

mod generic;
mod slack;
mod teams;

use super::letter::first_line;
use super::narrowed::AtLeast;
use super::phrases::{counted, grouped, minute, plain};
use super::since::{Since, instead_of_changes};
use super::undelivered::Undelivered;
use super::{ChangeRow, ChangeWord, FindingChange, FindingRow, GapRow, Report, RiskRow};
use crate::domain::Severity;

pub use generic::{HOOK_VERSION, hook_schema};

/// Findings that are listed: new ones first.
const LISTED: usize = 10;
/// Objects listed as where an attacker would begin.
const RISKS: usize = 3;
/// Reasons that are listed.
const REASONS: usize = 5;
const NAME: usize = 80;
const SENTENCE: usize = 240;
/// The first line names what is missing.
const FIRST: usize = 400;

/// Who is told, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKind {
    /// A workflow of Teams: an adaptive card.
    Teams,
    /// An incoming webhook of Slack: blocks.
    Slack,
    /// Anybody else: JSON by [`hook_schema`].
    Generic,
}

/// Whether a webhook is told of a run: where a finding of at least this severity is new, back or fixed, and of every
/// run that is incomplete.
#[must_use]
pub fn hook_wanted(report: &Report, least: Severity) -> bool {
    let is_fixed = |row: &ChangeRow| {
        row.change == ChangeWord::Fixed && row.severity.is_some_and(|severity| least <= severity)
    };
    !report.summary.complete || AtLeast::of(report, least).any_fresh() || report.changes.iter().any(is_fixed)
}

/// What is told to a webhook: JSON. Counts are of all severities; findings are listed of at least `least`. The same
/// report gives the same bytes.
#[must_use]
pub fn hook_body(report: &Report, kind: HookKind, least: Severity) -> String {
    let news = News::of(report, least);
    match kind {
        HookKind::Teams => teams::body(&news),
        HookKind::Slack => slack::body(&news),
        HookKind::Generic => generic::body(report, &news),
    }
}

/// What is told to a webhook about a message that did not arrive elsewhere: the last way to say so. It names none of
/// those it was for, because a channel is read by many.
#[must_use]
pub fn hook_undelivered(what: &Undelivered<'_>, kind: HookKind) -> String {
    let lost = Lost::of(what);
    match kind {
        HookKind::Teams => teams::lost(&lost),
        HookKind::Slack => slack::lost(&lost),
        HookKind::Generic => generic::lost(&lost),
    }
}

/// A message that did not arrive, in words that are one line each.
struct Lost {
    title: String,
    key: String,
    about: String,
    recipients: usize,
    /// Without those who are named alike.
    reasons: Vec<String>,
}

impl Lost {
    fn of(what: &Undelivered<'_>) -> Self {
        let Undelivered { key, about, failed } = what;
        let mut reasons: Vec<String> = failed.iter().map(|one| plain(&one.reason, SENTENCE)).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons.truncate(REASONS);
        Self {
            title: format!(
                "Keysweep: a message could not be delivered to {}",
                counted(failed.len(), "recipient")
            ),
            key: plain(key, SENTENCE),
            about: plain(about, SENTENCE),
            recipients: failed.len(),
            reasons,
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("Message: {}", self.about), format!("Key: {}", self.key)];
        lines.extend(self.reasons.iter().cloned());
        lines.push("It is not tried again. keysweep outbox list names those it was for.".to_owned());
        lines
    }
}

/// What there is to tell, in words that are one line each.
struct News {
    complete: bool,
    tenant: String,
    run: String,
    /// How complete it was.
    first_line: String,
    /// Why parts were not read, and what to do.
    gaps: Vec<String>,
    /// Optional parts that are not to be had, likewise.
    unavailable: Vec<String>,
    /// Questions that could not be decided.
    undecided: usize,
    /// `2 critical, 11 high`.
    by_severity: String,
    counts: Vec<(Severity, usize)>,
    /// What changed since when.
    changes: String,
    /// Whether it is known which findings are new. Where it is not, all that are open stand for them.
    known: bool,
    /// Findings that are new or back.
    fresh: Vec<Item>,
    /// Of how many those are.
    fresh_in_all: usize,
    least: Severity,
    risks: Vec<Risk>,
}

/// A finding.
struct Item {
    severity: Severity,
    rule: &'static str,
    change: Option<FindingChange>,
    name: String,
    kind: &'static str,
    object_id: String,
    detail: String,
}

/// Where an attacker would begin.
struct Risk {
    severity: Severity,
    name: String,
    kind: &'static str,
    object_id: String,
    why: String,
}

impl News {
    fn of(report: &Report, least: Severity) -> Self {
        let Report { header, risks, summary, .. } = report;
        let found = AtLeast::of(report, least);
        let known = found.fresh.is_some();
        let fresh_in_all = found.fresh.unwrap_or(found.open);
        let wanted = |row: &FindingRow| {
            let standing = known && row.change == Some(FindingChange::Standing);
            row.status.is_open() && least <= row.severity && !standing
        };
        let listed = fresh_in_all.min(LISTED);
        let fresh = if listed == 0 {
            Vec::new()
        } else {
            report.findings.iter().filter(wanted).take(listed).collect()
        };
        let changes = match (Since::of(report), instead_of_changes(report)) {
            (_, Some(sentence)) => sentence,
            (Some(since), None) => format!("Since {}: {}", since.when(), since.sentence()),
            (None, None) => String::new(),
        };
        Self {
            complete: summary.complete,
            tenant: plain(&header.tenant, NAME),
            run: format!("Run {}, started {}", header.run_id, minute(header.started)),
            first_line: plain(&first_line(report), FIRST),
            gaps: report.gaps.iter().map(reason).collect(),
            unavailable: report.unavailable.iter().map(reason).collect(),
            undecided: summary.undecided,
            by_severity: summary.by_severity(),
            counts: summary.severities.to_vec(),
            changes,
            known,
            fresh: fresh.into_iter().map(|row| Item::of(row, known)).collect(),
            fresh_in_all,
            least,
            risks: risks.iter().filter(|risk| least <= risk.severity).take(RISKS).map(Risk::of).collect(),
        }
    }

    fn title(&self) -> String {
        let mark = if self.complete { "" } else { "INCOMPLETE " };
        plain(&format!("{mark}Keysweep {}: {}", self.tenant, self.by_severity), 140)
    }

    /// Above the list.
    fn heading(&self) -> String {
        let what = match self.least {
            Severity::Info => String::new(),
            Severity::Critical => ", critical".to_owned(),
            least => format!(", {least} and worse"),
        };
        let which = if self.known { "New or back" } else { "Open" };
        format!("{which}{what}: {}", grouped(self.fresh_in_all))
    }

    /// What could not be decided, in a sentence.
    fn questions(&self) -> Option<String> {
        (self.undecided > 0).then(|| format!("{} could not be decided.", counted(self.undecided, "question")))
    }

    fn more(&self) -> Option<String> {
        let left = self.fresh_in_all.saturating_sub(self.fresh.len());
        (left > 0).then(|| format!("and {} more, in the reports.", counted(left, "finding")))
    }
}

fn reason(row: &GapRow) -> String {
    format!("{}: {}", plain(&row.part, NAME), plain(&row.reason, SENTENCE))
}

impl Item {
    /// Whether it is new is said only where that is known.
    fn of(row: FindingRow, known: bool) -> Self {
        let name = plain(&row.display_name, NAME);
        Self {
            severity: row.severity,
            rule: row.rule.as_str(),
            change: row.change.filter(|_| known),
            name: if name.is_empty() { plain(&row.object_id, NAME) } else { name },
            kind: row.object_type.as_str(),
            detail: plain(&row.detail, SENTENCE),
            object_id: row.object_id,
        }
    }
}

impl Risk {
    fn of(row: &RiskRow) -> Self {
        let name = plain(&row.display_name, NAME);
        Self {
            severity: row.severity,
            name: if name.is_empty() { plain(&row.object_id, NAME) } else { name },
            kind: row.object_type.as_str(),
            object_id: row.object_id.clone(),
            why: plain(&row.reasons.join(" "), SENTENCE),
        }
    }
}
