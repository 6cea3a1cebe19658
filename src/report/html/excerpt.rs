//! The rows that the page shows: of a large tenant not all, because a browser would not bear them.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{RuleId, Severity};
use crate::report::{CredentialRow, FindingRow, ObjectRow, Report, Summary, UndecidedRow};

/// Rows of a report, at most a certain number of each table, in its order.
pub(in crate::report) struct Excerpt {
    most: usize,
    /// How many findings there is room for, by their rule; none where there is room for all.
    by_rule: Option<BTreeMap<RuleId, usize>>,
    /// How many objects there is room for, by their worst finding.
    by_worst: Vec<(Option<Severity>, usize)>,
    /// The ids of `objects`, where there are others.
    ids: Option<HashSet<String>>,
    /// Some of every rule, so that whoever asks for one sees what it is about.
    pub(super) findings: Vec<FindingRow>,
    /// Those with the worst findings.
    pub(super) objects: Vec<ObjectRow>,
    /// Where there are other objects, those of these.
    pub(super) credentials: Vec<CredentialRow>,
    /// The first.
    pub(super) undecided: Vec<UndecidedRow>,
}

impl Excerpt {
    /// Begins an excerpt with at most `most` rows of each table.
    pub(in crate::report) fn new(summary: &Summary, most: usize) -> Self {
        let objects = summary.objects;
        let sound = objects.total.saturating_sub(objects.by_worst.iter().sum());
        let severities = Severity::ALL.map(Some).into_iter().chain([None]);
        let mut left = most;
        let by_worst = severities.zip(objects.by_worst.into_iter().chain([sound])).map(|(worst, count)| {
            let taken = count.min(left);
            left -= taken;
            (worst, taken)
        });
        Self {
            most,
            by_rule: (most < summary.findings() + summary.excepted).then(|| shares(summary, most)),
            by_worst: by_worst.collect(),
            ids: (most < objects.total).then(HashSet::new),
            findings: Vec::new(),
            objects: Vec::new(),
            credentials: Vec::new(),
            undecided: Vec::new(),
        }
    }

    /// Goes through all rows of a report.
    pub(super) fn of(report: &Report, most: usize) -> Self {
        let mut excerpt = Self::new(&report.summary, most);
        report.findings.iter().for_each(|row| excerpt.finding(row));
        report.objects.iter().for_each(|row| excerpt.object(row));
        report.credentials.iter().for_each(|row| excerpt.credential(row));
        report.undecided.iter().take(most).for_each(|row| excerpt.undecided(row));
        excerpt
    }

    /// Looks at a finding, in the order of the report.
    pub(in crate::report) fn finding(&mut self, row: FindingRow) {
        let left = self.by_rule.as_mut().map(|left| left.entry(row.rule).or_default());
        match left {
            Some(0) => return,
            Some(left) => *left -= 1,
            None => (),
        }
        self.findings.push(row);
    }

    /// Looks at an object, in the order of the report. The first ones with a worst finding as bad have room.
    pub(in crate::report) fn object(&mut self, row: ObjectRow) {
        let room = self.by_worst.iter_mut().find(|(worst, _)| *worst == row.worst_severity);
        let Some((_, left @ 1..)) = room else { return };
        *left -= 1;
        if let Some(ids) = &mut self.ids {
            ids.insert(row.object_id.clone());
        }
        self.objects.push(row);
    }

    /// Looks at a credential, once all objects were looked at.
    pub(in crate::report) fn credential(&mut self, row: CredentialRow) {
        if self.credentials.len() == self.most {
            return;
        }
        if self.ids.as_ref().is_none_or(|ids| ids.contains(&row.object_id)) {
            self.credentials.push(row);
        }
    }

    /// Looks at what could not be decided.
    pub(in crate::report) fn undecided(&mut self, row: UndecidedRow) {
        if self.undecided.len() < self.most {
            self.undecided.push(row);
        }
    }
}

/// Divides the room for findings among the rules: what the rare ones leave is for the frequent ones.
fn shares(summary: &Summary, most: usize) -> BTreeMap<RuleId, usize> {
    let mut rules: Vec<(usize, RuleId)> =
        summary.rules.iter().map(|count| (count.findings, count.rule)).collect();
    rules.sort_unstable();
    let (mut left, several) = (most, rules.len());
    let share = |(place, (count, rule)): (usize, (usize, RuleId))| {
        let share = count.min(left / (several - place));
        left -= share;
        (rule, share)
    };
    rules.into_iter().enumerate().map(share).collect()
}
