//! `keysweep rules`: the catalogue.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use terminal_size::{Width, terminal_size_of};

use super::args;
use super::exit::{End, Failure};
use super::show;
use crate::compliance::takeover;
use crate::domain::RuleId;
use crate::report::{catalogue, served_by};

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
    if rule == RuleId::PrivilegedWithSecret { text + &takeovers() } else { text }
}

/// What amounts to the whole tenant, each with what its holder can do.
fn takeovers() -> String {
    let mut text = "\nWhat leads to the whole tenant, unless `[privileged]` says otherwise:\n".to_owned();
    for (heading, resource) in [
        ("Application permissions of Microsoft Graph", takeover::GRAPH),
        ("Application permissions of Azure AD Graph", takeover::AZURE_AD_GRAPH),
    ] {
        let of_it = takeover::PERMISSIONS.iter().filter(|entry| entry.resource == resource);
        text.push_str(&section(heading, of_it.map(|entry| (entry.permission, entry.why))));
    }
    text.push_str(&section("Directory roles", takeover::ROLES.iter().map(|role| (role.name, role.why))));
    text
}

fn section(heading: &str, entries: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    entries.fold(format!("\n{heading}\n"), |text, (name, why)| format!("{text}  {name}: it can {why}.\n"))
}
