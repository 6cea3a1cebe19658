//! Which rows the page shows: of a large tenant not all, because a browser would not bear them.

use std::collections::{BTreeMap, HashSet};

use crate::domain::{RuleId, Severity};
use crate::report::{CredentialRow, FindingRow, ObjectRow, Summary};

/// The room that is left for rows, at most a certain number of each table.
pub(super) struct Room {
    /// How many findings there is room for, by their rule; none where there is room for all.
    by_rule: Option<BTreeMap<RuleId, usize>>,
    /// How many objects there is room for, by their worst finding.
    by_worst: Vec<(Option<Severity>, usize)>,
    /// The ids of the objects that found room, where there are others.
    ids: Option<HashSet<String>>,
    credentials: usize,
    undecided: usize,
}

impl Room {
    /// Room for at most `most` rows of each table.
    pub(super) fn new(summary: &Summary, most: usize) -> Self {
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
            by_rule: (most < summary.findings() + summary.excepted).then(|| shares(summary, most)),
            by_worst: by_worst.collect(),
            ids: (most < objects.total).then(HashSet::new),
            credentials: most,
            undecided: most,
        }
    }

    /// Whether there is room for a finding, asked in the order of the report: some of every rule, so that whoever
    /// asks for one sees what it is about.
    pub(super) fn finding(&mut self, row: &FindingRow) -> bool {
        self.by_rule.as_mut().is_none_or(|left| take(left.entry(row.rule).or_default()))
    }

    /// Whether there is room for an object, asked in the order of the report. The first ones with a worst finding
    /// as bad have room.
    pub(super) fn object(&mut self, row: &ObjectRow) -> bool {
        let room = self.by_worst.iter_mut().find(|(worst, _)| *worst == row.worst_severity);
        let taken = room.is_some_and(|(_, left)| take(left));
        if let Some(ids) = self.ids.as_mut().filter(|_| taken) {
            ids.insert(row.object_id.clone());
        }
        taken
    }

    /// Whether there is room for a credential, asked once all objects were: where there are others, only for those
    /// of the objects that found room.
    pub(super) fn credential(&mut self, row: &CredentialRow) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&row.object_id)) && take(&mut self.credentials)
    }

    /// Whether there is room for what could not be decided.
    pub(super) fn undecided(&mut self) -> bool {
        take(&mut self.undecided)
    }
}

/// Takes one, where there is one.
fn take(left: &mut usize) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
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
