//! What a letter says about changes, before what stands.

use std::collections::HashSet;

use serde::Serialize;

use super::digest::{NAME, SENTENCE, subject};
use crate::domain::{FindingKey, Severity};
use crate::report::html::link;
use crate::report::phrases::{counted, grouped, plain};
use crate::report::since::{INCOMPLETE, Since, distinct, instead_of_changes, is_open};
use crate::report::{ChangeKind, ChangeRow, ChangeWord, FindingChange, FindingRow, Report, catalogue};

/// New and reopened findings listed in full. Whatever is new is what the letter is for; the limit is for
/// the day on which a rule is switched on.
const FRESH: usize = 15;
/// Fixed findings listed: good news is read less closely.
const FIXED: usize = 6;
/// Changes of any other kind listed, of each.
const OTHERS: usize = 3;

/// The part of a letter about changes.
#[derive(Serialize)]
pub(super) struct Changes<'a> {
    /// `What changed since 2026-11-16 06:00 UTC`; none where nothing is listed.
    pub(super) title: Option<String>,
    /// The sentences above the list, or in place of it.
    pub(super) sentences: Vec<String>,
    pub(super) groups: Vec<Group<'a>>,
    /// The findings that are listed here, and need not be again.
    #[serde(skip)]
    pub(super) listed: HashSet<&'a FindingKey>,
}

/// Changes of one kind.
#[derive(Serialize)]
pub(super) struct Group<'a> {
    /// `new`, `reopened`, `fixed` or `other`, for its sign and colour.
    pub(super) class: &'static str,
    /// `3 new findings`, `Policies: 1 changed`.
    pub(super) title: String,
    pub(super) lines: Vec<Line<'a>>,
    /// How many are not listed, and where they are.
    pub(super) more: Option<String>,
}

/// A change.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) severity: Option<&'static str>,
    pub(super) name: String,
    pub(super) subject: String,
    /// What the rule of a fixed finding is called.
    pub(super) title: &'static str,
    pub(super) detail: String,
    pub(super) url: Option<&'a str>,
}

impl<'a> Changes<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let since = Since::of(report);
        let Some(since) = since.filter(|_| instead_of_changes(report).is_none()) else {
            let sentences = instead_of_changes(report).into_iter().collect();
            return Self { title: None, sentences, groups: Vec::new(), listed: HashSet::new() };
        };
        let mut sentences = vec![since.sentence()];
        if !report.gaps.is_empty() {
            sentences.push(INCOMPLETE.to_owned());
        }
        let mut listed = HashSet::new();
        let mut groups = fresh(&report.findings, &mut listed);
        groups.extend(fixed(&report.changes));
        groups.extend(since.others.iter().map(|(kind, _)| others(*kind, &report.changes)));
        Self { title: Some(format!("What changed since {}", since.when())), sentences, groups, listed }
    }
}

/// New findings, then those that are back, each worst first.
fn fresh<'a>(findings: &'a [FindingRow], listed: &mut HashSet<&'a FindingKey>) -> Vec<Group<'a>> {
    let mut left = FRESH;
    let mut groups = Vec::new();
    for change in [FindingChange::New, FindingChange::Reopened] {
        let these: Vec<&FindingRow> = findings.iter().filter(|row| is_open(row, change)).collect();
        if these.is_empty() {
            continue;
        }
        let shown = these.get(..left.min(these.len())).unwrap_or_default();
        left -= shown.len();
        listed.extend(shown.iter().map(|row| &row.key));
        groups.push(Group {
            class: change.as_str(),
            title: counted(these.len(), &format!("{} finding", change.as_str())),
            lines: shown.iter().map(|row| finding(row)).collect(),
            more: more(these.len() - shown.len(), "findings.csv"),
        });
    }
    groups
}

fn finding(row: &FindingRow) -> Line<'_> {
    Line {
        severity: Some(row.severity.as_str()),
        name: named(&row.display_name, &row.object_id),
        subject: subject(row.object_type),
        title: "", // what is so says it already
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url),
    }
}

fn fixed(changes: &[ChangeRow]) -> Option<Group<'_>> {
    let these: Vec<&ChangeRow> = changes.iter().filter(|row| row.change == ChangeWord::Fixed).collect();
    (!these.is_empty()).then(|| Group {
        class: ChangeWord::Fixed.as_str(),
        title: counted(these.len(), "fixed finding"),
        lines: these.iter().take(FIXED).map(|row| line(row)).collect(),
        more: more(these.len().saturating_sub(FIXED), "changes.csv"),
    })
}

fn others(kind: ChangeKind, changes: &[ChangeRow]) -> Group<'_> {
    let these: Vec<&ChangeRow> = changes.iter().filter(|row| row.kind == kind).collect();
    let words = [ChangeWord::Appeared, ChangeWord::Reopened, ChangeWord::Changed, ChangeWord::Gone];
    let counts = words.map(|word| {
        let of_word = these.iter().copied().filter(|row| row.change == word);
        (distinct(of_word), word.as_str())
    });
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", grouped(*count)))
        .collect();
    let plural = match kind {
        ChangeKind::Finding => "Findings",
        ChangeKind::Policy => "Policies",
        ChangeKind::Assignment => "Policy assignments",
        ChangeKind::Credential => "Credentials",
        ChangeKind::Object => "Objects",
    };
    Group {
        class: "other",
        title: format!("{plural}: {}", counts.join(", ")),
        lines: these.iter().take(OTHERS).map(|row| line(row)).collect(),
        more: more(these.len().saturating_sub(OTHERS), "changes.csv"),
    }
}

fn line(row: &ChangeRow) -> Line<'_> {
    Line {
        severity: row.severity.map(Severity::as_str),
        name: named(&row.display_name, &row.object_id),
        subject: subject(row.object_type),
        title: row.rule.map_or("", |rule| catalogue(rule).title),
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url),
    }
}

fn named(name: &str, id: &str) -> String {
    let name = plain(name, NAME);
    if name.is_empty() { plain(id, NAME) } else { name }
}

fn more(left: usize, file: &str) -> Option<String> {
    (left > 0).then(|| format!("and {} more, in {file}", grouped(left)))
}
