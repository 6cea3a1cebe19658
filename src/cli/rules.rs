//! `keysweep rules`: the catalogue.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use terminal_size::{Width, terminal_size_of};

use super::args;
use super::exit::{End, Failure};
use super::show;
use crate::domain::RuleId;
use crate::report::{catalogue, served_by, takeovers};

pub(super) fn rules(args: &args::Rules) -> Result<End, Failure> {
    let text = match args.rule {
        Some(rule) => explain(rule),
        None => list(),
    };
    show::written(io::stdout().write_all(text.as_bytes()))?;
    Ok(End::Done)
}

fn list() -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // One line for each rule where a program may read it; wrapped where a person does.
    if let Some((Width(width), _)) = terminal_size_of(io::stdout()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(["RULE", "DEFAULT", "BREAKS WHEN"]);
    for rule in RuleId::ALL {
        table.add_row([rule.as_str(), rule.default_severity().as_str(), catalogue(*rule).breaks_when]);
    }
    format!("{}\n\n`keysweep rules RULE` explains one.\n", table.trim_fmt())
}

fn explain(rule: RuleId) -> String {
    let explanation = catalogue(rule);
    let controls: String = served_by(rule).into_iter().map(|line| format!("Serves {line}\n")).collect();
    let gap = if controls.is_empty() { "" } else { "\n" };
    let text = format!(
        "{rule}: {}\n\nDefault severity: {}\nBreaks when: {}\n\nWhy it matters: {}\n\nWhat to do: {}\n{gap}{controls}",
        explanation.title,
        rule.default_severity(),
        explanation.breaks_when,
        explanation.why,
        explanation.remedy
    );
    if rule == RuleId::PrivilegedWithSecret { format!("{text}\n{}", takeovers()) } else { text }
}
