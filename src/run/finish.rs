//! A recorded run whose process died before its files were written or its messages were posted.

use tracing::Instrument;

use super::audit::{Outcome, RunError, conclude, publish};
use super::directory::RunDirectory;
use super::render::{rebuild, write_up};
use super::{Job, Keeping};
use crate::domain::RunId;
use crate::report;
use crate::store::{MailState, RunProgress, Store, StoreError, Turn};

/// Finishes a recorded run: its reports are made again from the store, written where they are not there
/// yet, and its messages are posted where they were not. None where it cannot be finished: that is said in
/// the log and in the store, and it is not tried again.
///
/// # Errors
/// When the store fails, or the reports cannot be made or written. [`RunError::GivenUp`] where it is not tried again.
pub async fn finish(job: Job<'_>, run: &RunId) -> Result<Option<Outcome>, RunError> {
    let Keeping::Store { store, turn, .. } = job.keeping else { return Ok(None) };
    let span = tracing::info_span!("run", tenant = job.tenant.name, run_id = run.as_str());
    take_up(job, store, turn, run).instrument(span).await
}

async fn take_up(job: Job<'_>, store: &Store, turn: &Turn, run: &RunId) -> Result<Option<Outcome>, RunError> {
    tracing::warn!("the process that recorded this run did not finish it; finishing it now");
    let Some(recorded) = store.reconstruct(turn.tenant(), run).await? else {
        tracing::error!("what this run read is not in the store any more");
        give_up(store, turn, run).await?;
        return Ok(None);
    };
    let entry = recorded.entry.clone();
    let rebuilt = match rebuild(store, job.tenant, recorded).await {
        Ok(rebuilt) => rebuilt,
        Err(error) => {
            give_up(store, turn, run).await?;
            return Err(RunError::GivenUp(Box::new(error)));
        }
    };
    let directory = RunDirectory::claim_recorded(&job.config.reports.directory, &job.tenant.name, run);
    let drawn_up = match write_up(rebuilt, directory) {
        Ok(drawn_up) => drawn_up,
        Err(error) => {
            give_up(store, turn, run).await?;
            return Err(RunError::GivenUp(Box::new(error)));
        }
    };
    if report::manifest_sum(&drawn_up.files) != entry.manifest {
        tracing::error!(
            "the reports cannot be made again as they were recorded: another version of Keysweep recorded them"
        );
        give_up(store, turn, run).await?;
        return Ok(None);
    }
    let published = publish(drawn_up).await?;
    let job = match entry.mail {
        MailState::Waiting => job,
        MailState::Sending => {
            tracing::warn!(
                "the mail of this run was being handed over when its process died; it is sent again with the same \
                 Message-ID"
            );
            job
        }
        MailState::NotWanted
        | MailState::Queued
        | MailState::Accepted
        | MailState::Refused
        | MailState::Unknown => Job { sending: super::Sending::Withhold, ..job },
    };
    let outcome = published.follow_up(&job, None).await?;
    conclude(&outcome.report);
    // Whoever finishes it next, not before this lease is over, tries again.
    match outcome.posted.as_ref().and_then(|posted| posted.unposted.clone()) {
        Some(reason) => Err(RunError::Unposted(reason)),
        None => Ok(Some(outcome)),
    }
}

/// Says in the store that nobody needs to take this run up again.
async fn give_up(store: &Store, turn: &Turn, run: &RunId) -> Result<(), StoreError> {
    let files = RunProgress::Files { state: crate::store::FilesState::Failed, host: super::host() };
    store.note(turn, run, files).await?;
    note(store, turn, run, MailState::Unknown).await
}

async fn note(store: &Store, turn: &Turn, run: &RunId, mail: MailState) -> Result<(), StoreError> {
    store.note(turn, run, RunProgress::Mail(mail)).await
}
