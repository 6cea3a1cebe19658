//! Progress on a terminal: a line for each part that is being read.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::stage::{Stage, Wait};
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
    bars: Mutex<BTreeMap<String, Bar>>,
}

/// A line, and what it tells.
#[derive(Clone)]
struct Bar {
    bar: ProgressBar,
    stage: Arc<Mutex<Stage>>,
}

impl Progress for Parts {
    fn event(&self, event: Event) {
        let (Event::Expected { part, .. }
        | Event::Page { part, .. }
        | Event::Waiting { part, .. }
        | Event::Held { part, .. }
        | Event::Done { part, .. }
        | Event::Unavailable { part }
        | Event::Failed { part, .. }) = event;
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let label = label(part);
        let bar = bars.entry(label.clone()).or_insert_with(|| self.bar(label));
        let read = bar.update(event);
        bar.bar.set_position(read as u64);
        match event {
            Event::Done { .. } => bar.bar.finish(),
            Event::Unavailable { .. } | Event::Failed { .. } => bar.bar.abandon(),
            Event::Expected { .. } | Event::Page { .. } | Event::Waiting { .. } | Event::Held { .. } => {
                bar.bar.tick();
            }
        }
    }

    fn wants_totals(&self) -> bool {
        true
    }
}

impl Bar {
    /// Takes note of an event, and says how many entries were read.
    fn update(&self, event: Event) -> usize {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let until = |pause| Instant::now().checked_add(pause);
        match event {
            Event::Expected { total, .. } => stage.expected = Some(total),
            Event::Page { total, .. } => stage.page(total),
            Event::Waiting { pause, .. } => stage.wait = until(pause).map(Wait::Again),
            Event::Held { pause, .. } => stage.wait = until(pause).map(Wait::Held),
            Event::Done { total, .. } => stage.end(total, "done"),
            Event::Unavailable { .. } => stage.end(0, "not available"),
            Event::Failed { total, .. } => stage.end(total, "failed"),
        }
        stage.read()
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
    fn bar(&self, label: String) -> Bar {
        let stage = Arc::new(Mutex::new(Stage::default()));
        let told = Arc::clone(&stage);
        let line = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let stage = told.lock().unwrap_or_else(PoisonError::into_inner);
            // Where it cannot be written there is nobody to tell.
            stage.write(out, state.per_sec(), Instant::now()).unwrap_or_default();
        };
        let style = ProgressStyle::with_template("{spinner:.cyan} {prefix:<25} {line}")
            .map(|style| style.with_key("line", line));
        let bar = self.all.add(ProgressBar::new_spinner());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(label);
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar { bar, stage }
    }
}
