//! What came of a plan, or would, as it is told at the end.

use std::io::{self, Write};

use comfy_table::{Cell, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::cli::args::PlanFormat;
use crate::cli::exit::Failure;
use crate::cli::show;
use crate::remediation::{Plan, Step};
use crate::report::plain;
use crate::report::remedy::title;

/// Rows of the table; more do not help on a terminal.
const ROWS: usize = 200;

/// What came of a step, or would.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    number: u32,
    /// One word.
    outcome: &'static str,
    /// What the step does.
    change: String,
    object_type: Option<&'static str>,
    object_id: Option<String>,
    display_name: Option<String>,
    /// What came of it, in a sentence.
    detail: String,
    /// The policy that was created.
    created: Option<String>,
}

impl Line {
    pub(super) fn of(step: &Step, outcome: &'static str, detail: String, created: Option<String>) -> Self {
        let object = step.change.object();
        Self {
            number: step.number,
            outcome,
            change: title(&step.change),
            object_type: object.map(|object| object.object_type.as_str()),
            object_id: object.map(|object| object.object_id.to_string()),
            display_name: object.map(|object| object.display_name.as_str().to_owned()),
            detail,
            created,
        }
    }

    /// As it is told while the plan is carried out: `[3/7] done: Remove …`.
    pub(super) fn running(&self, of: usize) -> String {
        let Self { number, outcome, change, detail, .. } = self;
        match *outcome {
            "done" => format!("[{number}/{of}] done: {change}"),
            outcome => format!("[{number}/{of}] {}: {change} {detail}", outcome.to_uppercase()),
        }
    }
}

/// What is told at the end.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    pub(super) plan_id: &'a str,
    pub(super) tenant: &'a str,
    pub(super) tenant_id: String,
    /// Whether nothing was changed.
    pub(super) dry_run: bool,
    pub(super) steps: Vec<Line>,
    /// How it went as a whole, in a sentence.
    pub(super) summary: String,
    /// Why it was not carried out to its end, in a sentence.
    pub(super) stopped: Option<String>,
    /// What to do next, in sentences.
    pub(super) next: Vec<String>,
}

impl<'a> Told<'a> {
    pub(super) fn of(plan: &'a Plan, dry_run: bool) -> Self {
        Self {
            plan_id: plan.plan_id.as_str(),
            tenant: &plan.tenant,
            tenant_id: plan.tenant_id.to_string(),
            dry_run,
            steps: Vec::new(),
            summary: String::new(),
            stopped: None,
            next: Vec::new(),
        }
    }

    /// Prints it. What a person reads goes to standard error where data goes to standard output.
    pub(super) fn print(&self, format: PlanFormat) -> Result<(), Failure> {
        match format {
            PlanFormat::Text => show::written(self.text(&mut anstream::stdout().lock())),
            PlanFormat::Json => {
                let text = serde_json::to_string_pretty(self).map_err(|error| Failure::run(error.into()))?;
                show::written(writeln!(io::stdout(), "{text}"))?;
                for sentence in self.stopped.iter().chain(&self.next) {
                    show::note(sentence);
                }
                Ok(())
            }
        }
    }

    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        let listed: Vec<&Line> = self.steps.iter().filter(|line| self.lists(line)).collect();
        if !listed.is_empty() {
            writeln!(out, "{}", table(&listed).trim_fmt())?;
            let more = listed.len().saturating_sub(ROWS);
            if more > 0 {
                writeln!(out, "{more} more are not listed; `--format json` has all.")?;
            }
            writeln!(out)?;
        }
        writeln!(out, "{}", self.summary)?;
        for sentence in self.stopped.iter().chain(&self.next) {
            writeln!(out, "{sentence}")?;
        }
        out.flush()
    }

    /// What was done was told when it was done.
    fn lists(&self, line: &Line) -> bool {
        self.dry_run || line.outcome != "done"
    }
}

fn table(lines: &[&Line]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(show::terminal_width());
    table.set_header(["STEP", "OUTCOME", "CHANGE", "DETAIL"]);
    for line in lines.iter().take(ROWS) {
        table.add_row([
            Cell::new(line.number),
            Cell::new(line.outcome),
            Cell::new(plain(&line.change, 300)),
            Cell::new(plain(&line.detail, 400)),
        ]);
    }
    table
}
