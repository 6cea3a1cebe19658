//! The rows that the page shows: of a large tenant not all, because a browser would not bear them.

use std::collections::HashSet;

use crate::domain::Severity;
use crate::report::{CredentialRow, FindingRow, ObjectRow, Report, Rows, Subject, UndecidedRow};

/// Rows of a report, at most a certain number of each table, in its order.
pub(super) struct Excerpt {
    /// The worst.
    pub(super) findings: Vec<FindingRow>,
    /// Those with the worst findings.
    pub(super) objects: Vec<ObjectRow>,
    /// Where there are too many, those of the objects.
    pub(super) credentials: Vec<CredentialRow>,
    /// The first.
    pub(super) undecided: Vec<UndecidedRow>,
    /// Findings about the objects that are not among `findings`.
    pub(super) further: Vec<FindingRow>,
}

impl Excerpt {
    pub(super) fn of(report: &Report, most: usize) -> Self {
        let Report { findings, objects, credentials, undecided, .. } = report;
        let objects: Vec<ObjectRow> = worst(report, objects, most);
        let ids: HashSet<(Subject, &str)> =
            objects.iter().map(|row| (row.object_type, row.object_id.as_str())).collect();
        let is_shown = |subject: Subject, id: &str| ids.contains(&(subject, id));
        let mut rows = findings.iter();
        let findings: Vec<FindingRow> = rows.by_ref().take(most).collect();
        let further = rows.filter(|row| is_shown(row.object_type, &row.object_id)).collect();
        let all = credentials.len() <= most;
        let credentials = credentials.iter().filter(|row| all || is_shown(row.object_type, &row.object_id));
        Self {
            credentials: credentials.take(most).collect(),
            undecided: undecided.iter().take(most).collect(),
            findings,
            further,
            objects,
        }
    }
}

/// The objects with the worst findings. The first ones of those whose worst is as bad.
fn worst(report: &Report, rows: &Rows<ObjectRow>, most: usize) -> Vec<ObjectRow> {
    let objects = report.summary.objects;
    let sound = rows.len().saturating_sub(objects.by_worst.iter().sum());
    let severities = Severity::ALL.map(Some).into_iter().chain([None]);
    let mut left = most;
    let mut room: Vec<(Option<Severity>, usize)> = severities
        .zip(objects.by_worst.into_iter().chain([sound]))
        .map(|(severity, count)| {
            let taken = count.min(left);
            left -= taken;
            (severity, taken)
        })
        .collect();
    let mut fits = |row: &ObjectRow| match room.iter_mut().find(|(worst, _)| *worst == row.worst_severity) {
        Some((_, left)) if *left > 0 => {
            *left -= 1;
            true
        }
        _ => false,
    };
    rows.iter().filter(|row| fits(row)).take(most).collect()
}
