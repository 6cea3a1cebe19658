//! The controls of published frameworks, as rows: `frameworks.csv`, and what the other outputs show of them.

use super::phrases::{counted, spoken};
use crate::compliance::frameworks::{Behind, Control, ControlVerdict, Verdict, served_by as controls_of};
use crate::domain::{RuleId, Subject};

/// A row of `frameworks.csv`: `tenant,run_id,framework,version,control,title,verdict,reasons,objects,
/// object_count,nist,attack,url`. There is one for every control, whatever was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkRow {
    /// `framework`, `version`, `control`, `title`, `nist`, `attack` and `url`.
    pub control: &'static Control,
    /// `verdict`.
    pub verdict: Verdict,
    /// `reasons`, a sentence each.
    pub reasons: Vec<String>,
    /// `objects`, the first of them.
    pub objects: Vec<FrameworkObject>,
    /// `object_count`: all of them.
    pub object_count: usize,
}

/// A policy or an object behind a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkObject {
    /// What it is.
    pub object_type: Subject,
    /// Its id.
    pub object_id: String,
    /// Its name; empty where it has none or was not read.
    pub display_name: String,
}

impl From<ControlVerdict> for FrameworkRow {
    fn from(verdict: ControlVerdict) -> Self {
        let ControlVerdict { control, verdict, reasons, objects, object_count } = verdict;
        let objects = objects.into_iter().map(FrameworkObject::from).collect();
        Self { control, verdict, reasons, objects, object_count }
    }
}

impl From<Behind> for FrameworkObject {
    fn from(behind: Behind) -> Self {
        let Behind { kind, id, name } = behind;
        Self { object_type: kind, object_id: id, display_name: name.as_str().to_owned() }
    }
}

impl FrameworkObject {
    /// As it stands in a cell: `application:<id> <name>`.
    pub(super) fn cell(&self) -> String {
        let Self { object_type, object_id, display_name } = self;
        let name = if display_name.is_empty() { String::new() } else { format!(" {display_name}") };
        format!("{}:{object_id}{name}", object_type.as_str())
    }
}

/// The controls that a rule serves, by framework, as a person reads them: `CISA SCuBA: MS.AAD.5.5v1`.
#[must_use]
pub fn served_by(rule: RuleId) -> Vec<String> {
    let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
    for Control { id, framework, .. } in controls_of(rule) {
        match lines.last_mut().filter(|(name, _)| *name == framework.name()) {
            Some((_, ids)) => ids.push(id),
            None => lines.push((framework.name(), vec![id])),
        }
    }
    lines.into_iter().map(|(name, ids)| format!("{name}: {}", ids.join(", "))).collect()
}

/// `13 controls: 9 fail, 1 unknown, 2 pass and 1 not-applicable`.
pub(super) fn in_numbers(rows: &[FrameworkRow]) -> String {
    let counts = Verdict::ALL.map(|verdict| {
        let count = rows.iter().filter(|row| row.verdict == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.as_str()))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    format!("{}: {}", counted(rows.len(), "control"), spoken(&counts))
}
