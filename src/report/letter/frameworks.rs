//! What a letter says about the controls of published frameworks: how many, and which are not met.

use serde::Serialize;

use crate::compliance::frameworks::Verdict;
use crate::report::frameworks::{FrameworkRow, in_numbers};

/// The controls, in a few lines.
#[derive(Serialize)]
pub(super) struct Frameworks {
    /// All of them in numbers; none where no control was judged.
    pub(super) sentence: Option<String>,
    /// A line for each framework with controls that fail or are unknown.
    pub(super) lines: Vec<Line>,
}

/// The controls of a framework that are not met.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) framework: &'static str,
    pub(super) version: &'static str,
    pub(super) groups: Vec<Group>,
}

/// Those with one verdict.
#[derive(Serialize)]
pub(super) struct Group {
    pub(super) verdict: &'static str,
    pub(super) controls: String,
}

impl Frameworks {
    pub(super) fn of(rows: &[FrameworkRow]) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        for row in rows {
            let framework = row.control.framework;
            if lines.last().is_none_or(|line| line.framework != framework.name()) {
                let of_framework = rows.iter().filter(|row| row.control.framework == framework);
                let groups = groups(&of_framework.collect::<Vec<_>>());
                lines.push(Line { framework: framework.name(), version: framework.version(), groups });
            }
        }
        lines.retain(|line| !line.groups.is_empty());
        let sentence = (!rows.is_empty()).then(|| format!("{}.", in_numbers(rows)));
        Self { sentence, lines }
    }
}

fn groups(rows: &[&FrameworkRow]) -> Vec<Group> {
    let of = |verdict: Verdict| {
        let controls = rows.iter().filter(|row| row.verdict == verdict).map(|row| row.control.id);
        let controls = controls.collect::<Vec<_>>().join(", ");
        (!controls.is_empty()).then(|| Group { verdict: verdict.as_str(), controls })
    };
    [Verdict::Fail, Verdict::Unknown].into_iter().filter_map(of).collect()
}
