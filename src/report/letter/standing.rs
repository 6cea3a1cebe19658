//! What a letter says about what stands: the open findings, rule by rule.

use std::collections::HashSet;

use serde::Serialize;

use super::digest::{NAME, SENTENCE, subject};
use crate::domain::FindingKey;
use crate::report::html::link;
use crate::report::phrases::{counted, grouped, plain};
use crate::report::{FindingRow, Rows, RuleCount};

/// Findings listed of one rule: more of the same would push the next rule out of sight.
const LISTED_PER_RULE: usize = 5;
/// Findings listed in all, new ones included. A letter is read in a minute; the rest is in the
/// attachment.
const LISTED: usize = 40;

/// The findings of a rule.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) severity: &'static str,
    pub(super) rule: &'static str,
    pub(super) title: &'static str,
    pub(super) count: String,
    /// What to do.
    pub(super) advice: String,
    pub(super) lines: Vec<Line>,
    /// How many of them are not listed.
    pub(super) more: Option<String>,
}

/// A finding.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) detail: String,
    pub(super) url: Option<String>,
}

/// Groups the open findings by rule. Those `listed` among the changes are counted, but not repeated.
pub(super) fn standing(rules: &[RuleCount], listed: &[FindingRow], rows: &Rows<FindingRow>) -> Vec<Group> {
    let keys: HashSet<&FindingKey> = listed.iter().map(|row| &row.key).collect();
    let mut left = LISTED.saturating_sub(listed.len());
    let mut drafts: Vec<Draft<'_>> = rules
        .iter()
        .map(|rule| {
            let above = listed.iter().filter(|row| row.rule == rule.rule).count();
            let others = rule.findings.saturating_sub(above);
            let shown = others.min(LISTED_PER_RULE).min(left);
            left -= shown;
            Draft { rule, above, shown, lines: Vec::with_capacity(shown) }
        })
        .collect();
    let mut wanted: usize = drafts.iter().map(|draft| draft.shown).sum();
    let mut others = rows.iter().filter(|row| row.status.is_open() && !keys.contains(&row.key));
    while wanted > 0
        && let Some(row) = others.next()
    {
        let of_its_rule =
            |draft: &&mut Draft<'_>| draft.rule.rule == row.rule && draft.lines.len() < draft.shown;
        if let Some(draft) = drafts.iter_mut().find(of_its_rule) {
            draft.lines.push(line(&row));
            wanted -= 1;
        }
    }
    drafts.into_iter().map(Draft::finish).collect()
}

/// What is to be said about a rule.
struct Draft<'a> {
    rule: &'a RuleCount,
    /// Its findings that are listed among the changes.
    above: usize,
    /// How many are to be listed here.
    shown: usize,
    lines: Vec<Line>,
}

impl Draft<'_> {
    fn finish(self) -> Group {
        let Self { rule, above, shown, lines } = self;
        let more = rule.findings.saturating_sub(above + shown);
        Group {
            severity: rule.worst.as_str(),
            rule: rule.rule.as_str(),
            title: rule.title,
            count: count(rule.findings, above),
            lines,
            more: (more > 0 && shown > 0).then(|| format!("and {} more", grouped(more))),
            advice: plain(&rule.advice, SENTENCE),
        }
    }
}

/// How many there are, and how many of them the reader has seen already.
fn count(all: usize, above: usize) -> String {
    let findings = counted(all, "finding");
    match above {
        0 => findings,
        _ if above == all => format!("{findings}, listed above"),
        _ => format!("{findings}, {} of them listed above", grouped(above)),
    }
}

fn line(row: &FindingRow) -> Line {
    let name = plain(&row.display_name, NAME);
    Line {
        name: if name.is_empty() { row.object_id.clone() } else { name },
        subject: subject(row.object_type),
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url).map(str::to_owned),
    }
}
