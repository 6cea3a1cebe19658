//! What a letter says about changes, before what stands.

use serde::Serialize;

use super::digest::{NAME, SENTENCE, subject};
use crate::domain::Severity;
use crate::report::html::link;
use crate::report::phrases::{counted, grouped, plain};
use crate::report::since::{INCOMPLETE, Since, instead_of_changes, is_open};
use crate::report::{
    ChangeCounts, ChangeKind, ChangeRow, ChangeWord, FindingChange, FindingRow, Report, Summary, ThingCounts,
    catalogue,
};

/// New and reopened findings listed in full. Whatever is new is what the letter is for; the limit is for
/// the day on which a rule is switched on.
const FRESH: usize = 15;
/// Fixed findings listed: good news is read less closely.
const FIXED: usize = 6;
/// Changes of any other kind listed, of each.
const OTHERS: usize = 3;

/// The part of a letter about changes.
#[derive(Serialize)]
pub(super) struct Changes {
    /// `What changed since 2026-11-16 06:00 UTC`; none where nothing is listed.
    pub(super) title: Option<String>,
    /// The sentences above the list, or in place of it.
    pub(super) sentences: Vec<String>,
    pub(super) groups: Vec<Group>,
    /// The findings that are listed here, and need not be again.
    #[serde(skip)]
    pub(super) listed: Vec<FindingRow>,
}

/// Changes of one kind.
#[derive(Serialize)]
pub(super) struct Group {
    /// `new`, `reopened`, `fixed` or `other`, for its sign and colour.
    pub(super) class: &'static str,
    /// `3 new findings`, `Policies: 1 changed`.
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
    /// How many are not listed, and where they are.
    pub(super) more: Option<String>,
}

/// A change.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) severity: Option<&'static str>,
    pub(super) name: String,
    pub(super) subject: String,
    /// What the rule of a fixed finding is called.
    pub(super) title: &'static str,
    pub(super) detail: String,
    pub(super) url: Option<String>,
}

impl Changes {
    pub(super) fn of(report: &Report) -> Self {
        let since = Since::of(report);
        let Some(since) = since.filter(|_| instead_of_changes(report).is_none()) else {
            let sentences = instead_of_changes(report).into_iter().collect();
            return Self { title: None, sentences, groups: Vec::new(), listed: Vec::new() };
        };
        let mut sentences = vec![since.sentence()];
        if !report.gaps.is_empty() {
            sentences.push(INCOMPLETE.to_owned());
        }
        let listed = fresh(report);
        let mut groups = found(&report.summary, &listed);
        groups.extend(fixed(&report.summary, &report.changes));
        groups.extend(report.summary.things.iter().map(|things| others(things, &report.changes)));
        Self { title: Some(format!("What changed since {}", since.when())), sentences, groups, listed }
    }
}

/// The findings that are listed as new or back.
fn fresh(report: &Report) -> Vec<FindingRow> {
    let Some(ChangeCounts { new, reopened, .. }) = report.summary.changes else { return Vec::new() };
    let new = new.min(FRESH);
    let mut left = [(FindingChange::New, new), (FindingChange::Reopened, reopened.min(FRESH - new))];
    let mut listed = Vec::with_capacity(left.iter().map(|(_, count)| count).sum());
    let mut rows = report.findings.iter();
    while left.iter().any(|(_, count)| *count > 0)
        && let Some(row) = rows.next()
    {
        let of_it = |(change, count): &&mut (FindingChange, usize)| *count > 0 && is_open(&row, *change);
        if let Some((_, count)) = left.iter_mut().find(of_it) {
            *count -= 1;
            listed.push(row);
        }
    }
    listed
}

/// New findings, then those that are back, each worst first.
fn found(summary: &Summary, listed: &[FindingRow]) -> Vec<Group> {
    let Some(ChangeCounts { new, reopened, .. }) = summary.changes else { return Vec::new() };
    let group = |(change, count): (FindingChange, usize)| {
        let shown: Vec<Line> = listed.iter().filter(|row| row.change == Some(change)).map(finding).collect();
        (count > 0).then(|| Group {
            class: change.as_str(),
            title: counted(count, &format!("{} finding", change.as_str())),
            more: more(count.saturating_sub(shown.len()), "findings.csv"),
            lines: shown,
        })
    };
    [(FindingChange::New, new), (FindingChange::Reopened, reopened)].into_iter().filter_map(group).collect()
}

fn finding(row: &FindingRow) -> Line {
    Line {
        severity: Some(row.severity.as_str()),
        name: named(&row.display_name, &row.object_id),
        subject: subject(row.object_type),
        title: "", // what is so says it already
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url).map(str::to_owned),
    }
}

fn fixed(summary: &Summary, changes: &[ChangeRow]) -> Option<Group> {
    let fixed = summary.changes.map_or(0, |changes| changes.fixed);
    let these = changes.iter().filter(|row| row.change == ChangeWord::Fixed);
    (fixed > 0).then(|| Group {
        class: ChangeWord::Fixed.as_str(),
        title: counted(fixed, "fixed finding"),
        lines: these.take(FIXED).map(line).collect(),
        more: more(fixed.saturating_sub(FIXED), "changes.csv"),
    })
}

fn others(things: &ThingCounts, changes: &[ChangeRow]) -> Group {
    let ThingCounts { kind, things: _, by_word, rows } = things;
    let counts: Vec<String> =
        by_word.iter().map(|(word, count)| format!("{} {}", grouped(*count), word.as_str())).collect();
    let these = changes.iter().filter(|row| row.kind == *kind);
    let plural = match *kind {
        ChangeKind::Finding => "Findings",
        ChangeKind::Policy => "Policies",
        ChangeKind::Assignment => "Policy assignments",
        ChangeKind::Credential => "Credentials",
        ChangeKind::Object => "Objects",
    };
    Group {
        class: "other",
        title: format!("{plural}: {}", counts.join(", ")),
        lines: these.take(OTHERS).map(line).collect(),
        more: more(rows.saturating_sub(OTHERS), "changes.csv"),
    }
}

fn line(row: &ChangeRow) -> Line {
    Line {
        severity: row.severity.map(Severity::as_str),
        name: named(&row.display_name, &row.object_id),
        subject: subject(row.object_type),
        title: row.rule.map_or("", |rule| catalogue(rule).title),
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url).map(str::to_owned),
    }
}

fn named(name: &str, id: &str) -> String {
    let name = plain(name, NAME);
    if name.is_empty() { plain(id, NAME) } else { name }
}

fn more(left: usize, file: &str) -> Option<String> {
    (left > 0).then(|| format!("and {} more, in {file}", grouped(left)))
}
