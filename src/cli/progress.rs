//! Progress on a terminal: a line for each part that is being read.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::domain::Part;
use crate::graph::{Event, Progress};
use crate::run::Lines;

/// Where progress is shown: bars on a terminal, log lines elsewhere.
pub(super) struct Screen {
    bars: MultiProgress,
    parts: Option<Parts>,
}

impl Screen {
    pub(super) fn new() -> Self {
        let bars = MultiProgress::new();
        let parts = io::stderr().is_terminal().then(|| Parts { all: bars.clone(), bars: Mutex::default() });
        Self { bars, parts }
    }

    /// What log lines have to take turns with.
    pub(super) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    pub(super) fn progress(&self) -> &dyn Progress {
        match &self.parts {
            Some(parts) => parts,
            None => &Lines,
        }
    }

    /// Takes the bars away before a result is printed.
    pub(super) fn clear(&self) {
        if let Some(parts) = &self.parts {
            parts.bars.lock().unwrap_or_else(PoisonError::into_inner).clear();
            parts.all.clear().unwrap_or_default();
        }
    }
}

struct Parts {
    all: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Progress for Parts {
    fn event(&self, event: Event) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bar = |part| {
            let label = label(part);
            bars.entry(label.clone()).or_insert_with(|| self.bar(label)).clone()
        };
        match event {
            Event::Page { part, total } => {
                let bar = bar(part);
                bar.set_position(total as u64);
                bar.set_message("");
            }
            Event::Waiting { part, pause } => {
                bar(part).set_message(format!("waiting {:.0} s", pause.as_secs_f64()));
            }
            Event::Held { part, pause } => {
                bar(part).set_message(format!("held back {:.0} s", pause.as_secs_f64().ceil()));
            }
            Event::Done { part, total } => {
                let bar = bar(part);
                bar.set_position(total as u64);
                bar.finish_with_message("done");
            }
            Event::Failed { part, total } => {
                let bar = bar(part);
                bar.set_position(total as u64);
                bar.abandon_with_message("failed");
            }
        }
    }
}

/// One bar serves the assignments of all policies.
fn label(part: Part) -> String {
    match part {
        Part::Assignments(_) => "policy assignments".to_owned(),
        other => other.to_string(),
    }
}

impl Parts {
    fn bar(&self, label: String) -> ProgressBar {
        let style =
            ProgressStyle::with_template("{spinner:.cyan} {prefix:<26} {human_pos:>9}  {elapsed:>5}  {msg}");
        let bar = self.all.add(ProgressBar::new_spinner());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(label);
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}
