//! `keysweep outbox`: what is on its way, and what is done about it by hand.

mod list;

use std::io::{self, Write};

use super::archive::holder;
use super::args;
use super::exit::{End, Failure};
use super::history::is_missing;
use super::show;
use crate::config::Config;
use crate::graph::explain;
use crate::report::plain;
use crate::run::clock::Clock;
use crate::run::{Came, MailTokens, Office, Sent, Tried};
use crate::store::{Dropped, OutboxEntry, RecipientState, Store, StoreError, Wanted};

pub(super) async fn outbox(args: &args::Outbox, config: &Config, clock: Clock) -> Result<End, Failure> {
    let store = match is_missing(&config.store.url) {
        // To look into it is no reason to make one.
        true => None,
        false => Some(Store::open(&config.store.url).await.map_err(|error| failure(&error))?),
    };
    match &args.command {
        args::OutboxCommand::List(args) => list::list(args, store.as_ref()).await,
        args::OutboxCommand::Send(args) => send(args, config, store, clock).await,
        args::OutboxCommand::Drop(args) => drop_one(args, store.as_ref()).await,
    }
}

async fn send(
    args: &args::OutboxSend,
    config: &Config,
    store: Option<Store>,
    clock: Clock,
) -> Result<End, Failure> {
    let keys = match (&args.key, &store) {
        (Some(key), Some(store)) => vec![waiting(store, key).await?.key],
        (Some(key), None) => return Err(unknown(key)),
        (None, Some(store)) => open(store).await?.into_iter().map(|entry| entry.key).collect(),
        (None, None) => Vec::new(),
    };
    let Some(store) = store else { return told("Nothing waits in the outbox.", End::Done) };
    if keys.is_empty() {
        return told("Nothing waits in the outbox.", End::Done);
    }
    let holder = holder(clock);
    let tokens = &MailTokens::of(config, clock);
    let office = Office { config, store: &store, holder: &holder, clock, tokens };
    let mut end = End::Done;
    for key in keys {
        let taken = store.take_message(&holder, Wanted::Key(&key)).await.map_err(|error| failure(&error))?;
        let line = match taken {
            Some(held) => {
                let sent = office.send(held, true).await;
                end = end.max(judged(&sent));
                words(&key, &sent)
            }
            // Another process may have delivered it since it was listed.
            None if open(&store).await?.iter().all(|entry| entry.key != key) => continue,
            None => {
                end = end.max(End::NotDelivered);
                format!(
                    "{key}: still waits: another process has it in hand; one that died lets go of it within a minute"
                )
            }
        };
        end = told(&line, end)?;
    }
    store.close(&holder).await;
    Ok(end)
}

fn judged(sent: &Sent) -> End {
    if sent.tried.iter().all(|one| one.came == Came::Accepted) { End::Done } else { End::NotDelivered }
}

/// What came of a message, a line for each of those it was for.
fn words(key: &str, sent: &Sent) -> String {
    let line = |one: &Tried| {
        let to = plain(&one.address, 320);
        match &one.came {
            Came::Accepted => format!("{key}: accepted for `{to}`"),
            Came::Refused(why) => format!("{key}: refused for `{to}`, for good: {}", plain(why, 1000)),
            Came::Waits(why, _) if sent.until.is_some() => {
                format!("{key}: `{to}` still waits: {}", plain(why, 1000))
            }
            Came::Waits(why, _) => format!("{key}: given up for `{to}`: {}", plain(why, 1000)),
        }
    };
    sent.tried.iter().map(line).collect::<Vec<_>>().join("\n")
}

async fn drop_one(args: &args::OutboxDrop, store: Option<&Store>) -> Result<End, Failure> {
    let (Some(store), key) = (store, &args.key) else { return Err(unknown(&args.key)) };
    let entry = waiting(store, key).await?;
    let missing = entry.recipients.iter().filter(|one| one.state == RecipientState::Waiting);
    let missing: Vec<String> = missing.map(|one| format!("  {}", plain(&one.address, 320))).collect();
    let missing = missing.join("\n");
    if !args.yes {
        let words = format!(
            "{key} ({}) is not delivered to anybody any more, and its content is forgotten. Without it stay:\n{missing}\n\
             Nothing was changed: say so with --yes.",
            entry.kind
        );
        return told(&words, End::Done);
    }
    match store.drop_message(key).await.map_err(|error| failure(&error))? {
        Dropped::Yes => told(&format!("Dropped {key}. Without it stay:\n{missing}"), End::Done),
        Dropped::InHand => Err(Failure {
            end: End::NotCompleted,
            message: format!("{key} is being sent just now; try again in a minute"),
        }),
        Dropped::NotThere => Err(unknown(key)),
    }
}

/// Messages that wait.
async fn open(store: &Store) -> Result<Vec<OutboxEntry>, Failure> {
    let mut all = store.outbox_list(u32::MAX).await.map_err(|error| failure(&error))?;
    all.retain(|entry| entry.state.is_open());
    Ok(all)
}

async fn waiting(store: &Store, key: &str) -> Result<OutboxEntry, Failure> {
    open(store).await?.into_iter().find(|entry| entry.key == key).ok_or_else(|| unknown(key))
}

fn unknown(key: &str) -> Failure {
    let key = plain(key, 200);
    Failure::usage(format!("nothing of the key `{key}` waits; `keysweep outbox list` shows what does"))
}

fn failure(error: &StoreError) -> Failure {
    let message = format!("the outbox cannot be used: {}", explain(error, error.advice()));
    Failure { end: End::NotCompleted, message }
}

fn told(words: &str, end: End) -> Result<End, Failure> {
    let mut out = io::stdout().lock();
    show::written(writeln!(out, "{words}").and_then(|()| out.flush()))?;
    Ok(end)
}
