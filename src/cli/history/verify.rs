//! `keysweep history verify`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;

use super::find::known;
use super::{Records, is_missing};
use crate::cli::args;
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::config::{Config, StoreUrl};
use crate::domain::ChainLink;
use crate::graph::explain;
use crate::report::plain;
use crate::run::clock::Clock;
use crate::run::{self, CheckedRun, Flaw, Found, Mismatch, Print, Shelf, Terms, Verified, Witness};
use crate::store::RunEntry;

/// The longest path that is shown.
const PATH: usize = 1000;

pub(super) async fn verify(args: &args::Verify, config: &Config, clock: Clock) -> Result<End, Failure> {
    let configured = config.tenants.iter().map(|tenant| tenant.name.as_str());
    let mut shelves = Vec::new();
    for name in configured {
        shelves.push(shelf(config, name)?);
    }
    let records = Records::read(config).await;
    let recorded = match &records {
        Ok(records) => records.runs.as_slice(),
        Err(_) => &[],
    };
    let on_record: BTreeSet<&str> = recorded.iter().map(|run| run.tenant.name.as_str()).collect();
    known(config, &on_record.iter().copied().collect::<Vec<_>>(), args.tenant.as_deref())?;
    if args.all || args.tenant.is_some() {
        let configured = |name: &str| config.tenants.iter().any(|tenant| tenant.name == name);
        for name in on_record.iter().filter(|name| !configured(name)) {
            shelves.push(shelf(config, name)?);
        }
    }
    shelves.retain(|shelf| args.tenant.as_deref().is_none_or(|name| name == shelf.tenant()));
    let trusted = match &records {
        // That the store is gone must not pass for a history that has not begun.
        Ok(_) if is_missing(&config.store.url) && shelves.iter().any(|shelf| !shelf.is_empty()) => {
            show::error(
                "there is no store, so nothing is on record: the directories are held against each other",
            );
            None
        }
        Ok(records) => Some(records),
        Err(failure) => {
            show::error(&format!(
                "{} The directories are held against each other.",
                sentence(&failure.message)
            ));
            None
        }
    };
    let now = clock();
    let host = run::host();
    let mut verified = Vec::new();
    for shelf in &shelves {
        let of_tenant = |run: &&RunEntry| run.tenant.name == shelf.tenant();
        let recorded: Option<Vec<RunEntry>> =
            trusted.map(|records| records.runs.iter().filter(of_tenant).cloned().collect());
        let terms = Terms {
            recorded: recorded.as_deref(),
            host: &host,
            kept_since: config.reports.keep.and_then(|keep| now.checked_sub_signed(keep)),
            on_record_since: now.checked_sub_signed(config.store.keep),
            shared: matches!(config.store.url, StoreUrl::Postgres(_)),
        };
        verified.push(run::heavy(|| shelf.verify(&terms)));
    }
    show::written(print(&mut anstream::stdout().lock(), &verified, trusted.is_some()))?;
    let unread = verified.iter().any(|tenant| !tenant.unread.is_empty());
    Ok(match verified.iter().any(|tenant| !tenant.wrong.is_empty()) {
        _ if trusted.is_none() || unread => End::NotCompleted,
        true => End::ThresholdMet,
        false => End::Done,
    })
}

fn shelf(config: &Config, tenant: &str) -> Result<Shelf, Failure> {
    Shelf::list(&config.reports.directory, tenant)
        .map_err(|error| Failure { end: End::NotCompleted, message: explain(&error, None) })
}

fn print(out: &mut impl Write, verified: &[Verified], stored: bool) -> io::Result<()> {
    for tenant in verified {
        one(out, tenant, stored)?;
    }
    writeln!(out, "{}", verdict(verified, stored))?;
    out.flush()
}

/// With a full stop.
fn sentence(message: &str) -> String {
    format!("{}.", message.trim_end_matches('.'))
}

/// What is to be said about a tenant; nothing where everything is as it was.
fn one(out: &mut impl Write, verified: &Verified, stored: bool) -> io::Result<()> {
    let Verified { tenant, runs, wrong, unread } = verified;
    let mut lines = Vec::new();
    for mismatch in wrong {
        lines.extend(words(mismatch));
    }
    for (path, kind) in unread {
        lines.push(format!("{} cannot be read: {kind}", shown(path)));
    }
    lines.extend(runs.iter().filter_map(|run| unchecked(run, stored)));
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{tenant}")?;
    for line in lines {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)
}

fn shown(path: &Path) -> String {
    format!("`{}`", plain(&path.display().to_string(), PATH))
}

/// What does not match, with what was expected and what was found.
fn words(mismatch: &Mismatch) -> Vec<String> {
    match mismatch {
        Mismatch::Altered { path, expected, found, witnesses, belongs_to } => {
            let instead =
                belongs_to.as_ref().map_or_else(String::new, |run| format!(": it is that of run {run}"));
            vec![
                format!("{} is not what it was{instead}", shown(path)),
                format!("  expected  {}, {}", print_of(*expected), by(witnesses)),
                format!("  found     {}", print_of(*found)),
            ]
        }
        Mismatch::Missing { path, expected } => {
            let expected = expected.map_or_else(|| "a manifest".to_owned(), |sum| format!("sha256 {sum}"));
            vec![
                format!("{} is missing", shown(path)),
                format!("  expected  {expected}"),
                "  found     nothing".to_owned(),
            ]
        }
        Mismatch::MissingRun { path, expected, witnesses } => vec![
            format!("{} is missing: the whole run, which is too young to have been removed", shown(path)),
            format!("  expected  a manifest with sha256 {expected}, {}", by(witnesses)),
            "  found     nothing".to_owned(),
        ],
        Mismatch::Added { path } => vec![
            format!("{} was added", shown(path)),
            "  expected  nothing: manifest.json does not list it".to_owned(),
            "  found     a file or directory".to_owned(),
        ],
        Mismatch::NoFile { path } => vec![
            format!("{} is no file", shown(path)),
            "  expected  a file".to_owned(),
            "  found     a link, a directory or something else".to_owned(),
        ],
        Mismatch::Unusable { path, found, flaw } => vec![
            format!("{} cannot be used: {}", shown(path), flawed(flaw)),
            "  expected  the manifest of this run".to_owned(),
            format!("  found     sha256 {found}"),
        ],
        Mismatch::Previous { path, expected, found } => vec![
            format!("{} names another run before it than the store does", shown(path)),
            format!("  expected  {}", link(expected.as_ref())),
            format!("  found     {}", link(found.as_ref())),
        ],
        Mismatch::Record { run, expected, found } => vec![
            format!("the record of run {run} in the store does not follow the one before it"),
            format!("  expected  {}", link(expected.as_ref())),
            format!("  found     {}", link(found.as_ref())),
        ],
    }
}

fn print_of(print: Print) -> String {
    let Print { sum, bytes } = print;
    bytes.map_or_else(|| format!("sha256 {sum}"), |bytes| format!("sha256 {sum}, {bytes} bytes"))
}

fn by(witnesses: &[Witness]) -> String {
    let names: Vec<String> = witnesses
        .iter()
        .map(|witness| match witness {
            Witness::Store => "the store".to_owned(),
            Witness::Manifest => "the manifest of the run".to_owned(),
            Witness::Run(run) => format!("run {run}, which came after it"),
        })
        .collect();
    format!("by {}", names.join(" and by "))
}

fn link(link: Option<&ChainLink>) -> String {
    link.map_or_else(
        || "no run before it".to_owned(),
        |link| format!("run {} with sha256 {}", plain(link.run_id.as_str(), 40), link.manifest),
    )
}

fn flawed(flaw: &Flaw) -> String {
    match flaw {
        Flaw::TooLarge => "it is too large for a manifest".to_owned(),
        Flaw::Unreadable(why) => plain(why, 400),
        Flaw::Foreign { tenant, run } => {
            format!("it is that of run {} of tenant `{}`", plain(run.as_str(), 40), plain(tenant, 80))
        }
    }
}

/// Why a run, or a part of it, was not checked.
fn unchecked(run: &CheckedRun, stored: bool) -> Option<String> {
    let CheckedRun { id, recorded, found } = run;
    Some(match found {
        Found::Elsewhere { host: Some(host) } => {
            format!("run {id} was not checked: its files were written on `{}`", plain(host, 255))
        }
        Found::Elsewhere { host: None } => {
            format!(
                "run {id} was not checked: it is neither on record nor here, and may be on another machine"
            )
        }
        Found::Waiting => format!("run {id} was not checked: its files are still to be written"),
        Found::NeverWritten => format!("run {id} was not checked: its files could not be written then"),
        Found::Here { unchecked, .. } if *unchecked > 0 => format!(
            "run {id}: {unchecked} other file{} could not be checked, because the manifest that lists them is not \
             what it was. `keysweep history show {id} --write DIR` makes them again",
            if *unchecked == 1 { "" } else { "s" }
        ),
        Found::Here { .. } if !recorded && stored => {
            format!("run {id} is not on record: its files were checked by its own manifest and by later runs")
        }
        Found::Here { .. } | Found::Removed | Found::Missing => return None,
    })
}

/// One line that says it all.
fn verdict(verified: &[Verified], stored: bool) -> String {
    let runs = || verified.iter().flat_map(|tenant| &tenant.runs);
    let files: usize = verified.iter().map(Verified::files_checked).sum();
    let here = runs().filter(|run| matches!(run.found, Found::Here { .. })).count();
    let removed = runs().filter(|run| run.found == Found::Removed).count();
    let elsewhere = runs()
        .filter(|run| matches!(run.found, Found::Elsewhere { .. } | Found::Waiting | Found::NeverWritten));
    let elsewhere = elsewhere.count();
    let wrong: usize = verified.iter().map(|tenant| tenant.wrong.len()).sum();
    let unread: usize = verified.iter().map(|tenant| tenant.unread.len()).sum();
    if runs().next().is_none() {
        return "There are no runs to verify yet.".to_owned();
    }
    let mut counts = vec![format!("{} and {} checked", counted(here, "run"), counted(files, "file"))];
    counts.extend((removed > 0).then(|| format!("{} removed in time", counted(removed, "run"))));
    counts.extend((elsewhere > 0).then(|| format!("{} not here", counted(elsewhere, "run"))));
    counts.extend((unread > 0).then(|| format!("{unread} unreadable")));
    let counts = counts.join(", ");
    match (wrong, verified.iter().flat_map(|tenant| &tenant.wrong).next()) {
        (0, _) | (_, None) if stored => format!("INTACT: every file is what it was: {counts}."),
        (0, _) | (_, None) => format!("No file contradicts another, but nothing is on record: {counts}."),
        (_, Some(first)) => {
            let first = words(first).into_iter().next().unwrap_or_default();
            format!("NOT INTACT: {} not match, the first: {first}; {counts}.", does(wrong))
        }
    }
}

fn does(count: usize) -> String {
    if count == 1 { "1 thing does".to_owned() } else { format!("{count} things do") }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
