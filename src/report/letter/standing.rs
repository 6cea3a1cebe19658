//! What a letter says about what stands: the open findings, rule by rule.

use std::collections::HashSet;

use serde::Serialize;

use super::digest::{NAME, SENTENCE, subject};
use crate::domain::FindingKey;
use crate::report::FindingRow;
use crate::report::html::link;
use crate::report::phrases::{counted, grouped, plain};
use crate::report::summary::{RuleCount, advice};

/// Findings listed of one rule: more of the same would push the next rule out of sight.
const LISTED_PER_RULE: usize = 5;
/// Findings listed in all, new ones included. A letter is read in a minute; the rest is in the
/// attachment.
const LISTED: usize = 40;

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

/// Groups the open findings by rule. Those `listed` among the changes are counted, but not repeated.
pub(super) fn standing<'a>(
    findings: &'a [FindingRow],
    rules: &[RuleCount],
    listed: &HashSet<&FindingKey>,
) -> Vec<Group<'a>> {
    let mut left = LISTED.saturating_sub(listed.len());
    let mut groups = Vec::with_capacity(rules.len());
    for rule in rules {
        let of_rule = |row: &&FindingRow| row.rule == rule.rule && row.status.is_open();
        let all: Vec<&FindingRow> = findings.iter().filter(of_rule).collect();
        let others: Vec<&FindingRow> = all.iter().copied().filter(|row| !listed.contains(&row.key)).collect();
        let shown = others.len().min(LISTED_PER_RULE).min(left);
        left -= shown;
        let more = others.len() - shown;
        groups.push(Group {
            severity: rule.worst.as_str(),
            rule: rule.rule.as_str(),
            title: rule.title,
            count: count(all.len(), all.len() - others.len()),
            lines: others.iter().take(shown).map(|row| line(row)).collect(),
            more: (more > 0 && shown > 0).then(|| format!("and {} more", grouped(more))),
            advice: plain(advice(rule.rule, all.iter().copied()), SENTENCE),
        });
    }
    groups
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

fn line(row: &FindingRow) -> Line<'_> {
    let name = plain(&row.display_name, NAME);
    Line {
        name: if name.is_empty() { row.object_id.clone() } else { name },
        subject: subject(row.object_type),
        detail: plain(&row.detail, SENTENCE),
        url: link(&row.portal_url),
    }
}
