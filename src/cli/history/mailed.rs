//! What became of a run's mail, in words.

use super::failure;
use crate::cli::exit::Failure;
use crate::report::{minute, plain};
use crate::store::{MailState, OutboxEntry, OutboxRecipient, RecipientState, RunEntry, Store};

/// What became of it, and below it who does not have it, for as long as that is on record.
pub(super) async fn mailed(store: &Store, run: &RunEntry) -> Result<Vec<String>, Failure> {
    let mut lines = vec![said(run.mail).to_owned()];
    if !matches!(run.mail, MailState::Queued | MailState::Refused) {
        return Ok(lines);
    }
    let id = &run.counts.run.run_id;
    let entries = store.outbox_list(u32::MAX).await.map_err(|error| failure(&error))?;
    let ours = |entry: &&OutboxEntry| {
        entry.run.as_ref().is_some_and(|(tenant, run_id)| *tenant == run.tenant && run_id == id)
    };
    for entry in entries.iter().filter(ours) {
        let missing = entry.recipients.iter().filter(|one| one.state != RecipientState::Accepted);
        lines.extend(missing.map(|one| missed(entry, one)));
    }
    Ok(lines)
}

fn said(mail: MailState) -> &'static str {
    match mail {
        MailState::NotWanted => "none was to be sent",
        MailState::Waiting => "still to be posted: its process died, or is at it",
        MailState::Queued => "waits in the outbox for somebody",
        MailState::Accepted => "accepted for everybody",
        MailState::Refused => "given up for somebody",
        MailState::Sending | MailState::Unknown => "nobody knows whether it was accepted",
    }
}

fn missed(entry: &OutboxEntry, one: &OutboxRecipient) -> String {
    let to = plain(&one.address, 320);
    let why = one.error.as_deref().map(|why| format!(": {}", plain(why, 1000))).unwrap_or_default();
    match (one.state, entry.next_attempt) {
        (RecipientState::Waiting, Some(next)) => {
            format!("`{to}` waits, tried again at {}, until {}{why}", minute(next), minute(entry.expires))
        }
        _ => format!("`{to}` does not get it{why}"),
    }
}
