//! `keysweep outbox list`.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use super::failure;
use crate::cli::args::{self, OutboxFormat};
use crate::cli::exit::{End, Failure};
use crate::cli::show;
use crate::report::plain;
use crate::store::{OutboxEntry, OutboxRecipient, RecipientState, Store};

/// Longer reasons are cut in the table.
const LONGEST: usize = 100;

pub(super) async fn list(args: &args::OutboxList, store: Option<&Store>) -> Result<End, Failure> {
    let entries = match store {
        Some(store) => store.outbox_list(args.limit).await.map_err(|error| failure(&error))?,
        None => Vec::new(),
    };
    let mut out = io::stdout().lock();
    let printed = match args.format {
        OutboxFormat::Table => table(&mut out, &entries),
        OutboxFormat::Json => json(&mut out, &entries),
    };
    show::written(printed.and_then(|()| out.flush()))?;
    Ok(End::Done)
}

fn table(out: &mut impl Write, entries: &[OutboxEntry]) -> io::Result<()> {
    if entries.is_empty() {
        return writeln!(out, "The outbox is empty.");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["KEY", "KIND", "TO", "STATE", "ATTEMPTS", "NEXT ATTEMPT", "LAST ERROR"]);
    for entry in entries {
        table.add_row([
            entry.key.clone(),
            entry.kind.clone(),
            whom(entry),
            entry.state.as_str().to_owned(),
            entry.attempts.to_string(),
            entry.next_attempt.map(instant).unwrap_or_default(),
            plain(why(entry), LONGEST),
        ]);
    }
    if let Some(attempts) = table.column_mut(4) {
        attempts.set_cell_alignment(CellAlignment::Right);
    }
    writeln!(out, "{}\n", table.trim_fmt())?;
    let open = entries.iter().filter(|entry| entry.state.is_open()).count();
    match entries.len() {
        1 => writeln!(out, "1 message, of which {open} still waits."),
        count => writeln!(out, "{count} messages, of which {open} still wait."),
    }
}

/// Those who have not got a message; all where everybody has.
fn missing(entry: &OutboxEntry) -> Vec<&OutboxRecipient> {
    let missing: Vec<_> =
        entry.recipients.iter().filter(|one| one.state != RecipientState::Accepted).collect();
    if missing.is_empty() { entry.recipients.iter().collect() } else { missing }
}

/// Why the last attempt came to nothing, or why one of those who have not got it was refused.
fn why(entry: &OutboxEntry) -> &str {
    let refused = || missing(entry).into_iter().find_map(|one| one.error.as_deref());
    entry.error.as_deref().or_else(refused).unwrap_or_default()
}

/// Whom a message is for, or who of them has not got it.
fn whom(entry: &OutboxEntry) -> String {
    let to: Vec<String> = missing(entry).into_iter().map(|one| plain(&one.address, 80)).collect();
    match to.as_slice() {
        [first, second, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second} and {} more", rest.len())
        }
        all => all.join(", "),
    }
}

/// A message in words: what `--help` promises, in this order.
#[derive(Serialize)]
struct Row<'a> {
    key: &'a str,
    kind: &'a str,
    channel: &'a str,
    tenant: Option<&'a str>,
    run_id: Option<&'a str>,
    made: String,
    next_attempt: Option<String>,
    expires: String,
    attempts: u32,
    state: &'static str,
    error: Option<&'a str>,
    recipients: Vec<Recipient<'a>>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    address: &'a str,
    state: &'static str,
    error: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(entry: &'a OutboxEntry) -> Self {
        let OutboxEntry {
            key,
            kind,
            channel,
            run,
            made,
            next_attempt,
            expires,
            attempts,
            state,
            error,
            recipients,
        } = entry;
        let recipient = |one: &'a OutboxRecipient| Recipient {
            address: &one.address,
            state: one.state.as_str(),
            error: one.error.as_deref(),
        };
        Self {
            key,
            kind,
            channel,
            tenant: run.as_ref().map(|(tenant, _)| tenant.name.as_str()),
            run_id: run.as_ref().map(|(_, run)| run.as_str()),
            made: instant(*made),
            next_attempt: next_attempt.map(instant),
            expires: instant(*expires),
            attempts: *attempts,
            state: state.as_str(),
            error: error.as_deref(),
            recipients: recipients.iter().map(recipient).collect(),
        }
    }
}

fn json(out: &mut impl Write, entries: &[OutboxEntry]) -> io::Result<()> {
    let rows: Vec<Row<'_>> = entries.iter().map(Row::of).collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    writeln!(out)
}

fn instant(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
