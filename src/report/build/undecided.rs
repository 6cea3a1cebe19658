//! Rows of what could not be decided.

use super::Judged;
use super::source::{Desk, Source, tenant};
use crate::domain::{RuleId, Undecided};
use crate::report::{Subject, UndecidedRow};

/// About an object and these rules, in order.
pub(super) fn about(judged: &Judged<'_>, wanted: impl Fn(RuleId) -> bool) -> Vec<UndecidedRow> {
    let undecided = judged.assessment.undecided.iter().filter(|undecided| wanted(undecided.rule));
    let mut rows: Vec<UndecidedRow> = undecided
        .map(|Undecided { rule, severity: _, why }| UndecidedRow {
            object_type: Subject::from(judged.object.kind()),
            object_id: judged.object.id.to_string(),
            display_name: judged.object.display_name.as_str().to_owned(),
            rule: *rule,
            why: why.as_str().to_owned(),
        })
        .collect();
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    rows
}

/// About custom policies and the tenant, in order.
pub(super) fn elsewhere(source: &Source, desk: &Desk<'_>) -> Vec<UndecidedRow> {
    let undecided = source.audited.assessment.undecided.iter();
    let mut rows: Vec<UndecidedRow> = undecided
        .map(|(policy, Undecided { rule, severity: _, why })| {
            let (object_type, object_id, display_name) = match policy {
                Some(id) => (Subject::Policy, id.to_string(), desk.context.policies.name(*id).to_owned()),
                None => tenant(&source.header),
            };
            UndecidedRow { object_type, object_id, display_name, rule: *rule, why: why.as_str().to_owned() }
        })
        .collect();
    rows.sort_by(|a, b| order(a).cmp(&order(b)));
    rows
}

fn order(row: &UndecidedRow) -> impl Ord + '_ {
    let UndecidedRow { object_type, object_id, display_name, rule, why } = row;
    (rule, object_type, display_name, object_id, why)
}
