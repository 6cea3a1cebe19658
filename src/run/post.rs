//! The mail of a run: written, handed over at most once, and what became of it noted.

use async_trait::async_trait;

use super::{Job, Keeping, RunError, Sending};
use crate::config::{Mail, Transport};
use crate::delivery::{self, AlwaysOpen, Delivery, DeliveryError, Gate, Identity};
use crate::domain::RunId;
use crate::graph;
use crate::report::{self, Kept, Report, ReportFile};
use crate::store::{MailState, RunProgress, Store, StoreError, Turn};

/// The mail of a job, where one is to be sent.
pub(super) fn wanted<'a>(job: &Job<'a>) -> Option<&'a Mail> {
    job.config.mail.as_ref().filter(|_| job.sending == Sending::Send)
}

/// Whether handing the same letter over twice is the same as handing it over once.
pub(super) fn is_repeatable(job: &Job<'_>) -> bool {
    wanted(job).is_some_and(|mail| matches!(mail.transport, Transport::Directory(_)))
}

/// Sends the mail about a report. None where none is to be sent.
pub(super) async fn send(
    job: &Job<'_>,
    report: &Report,
    files: &[ReportFile],
    kept: Kept,
    recorded: bool,
) -> Result<Option<Delivery>, RunError> {
    let Some(mail) = wanted(job) else { return Ok(None) };
    let letter = report::letter(report, files, mail.attachment_limit, kept)?;
    let header = &report.header;
    let identity = Identity::new(&header.tenant, &header.run_id, &mail.from, header.started);
    let patience = delivery::Patience::default();
    let to = &job.tenant.mail_to;
    let delivery = match job.keeping {
        Keeping::Store { store, turn, .. } if recorded => {
            let gate = Agreed { store, turn, run: &header.run_id };
            let delivery = delivery::deliver(mail, to, &letter, &identity, &patience, &gate).await;
            gate.conclude(&delivery).await;
            delivery
        }
        Keeping::Store { .. } | Keeping::Nowhere { .. } => {
            delivery::deliver(mail, to, &letter, &identity, &patience, &AlwaysOpen).await
        }
    };
    for refused in &delivery.refused {
        let reason = graph::explain(&refused.error, refused.error.advice());
        tracing::error!(reason, "the mail was not accepted for a recipient");
    }
    Ok(Some(delivery))
}

/// Whoever holds the turn sends the mail, and says so in the store before it does.
struct Agreed<'a> {
    store: &'a Store,
    turn: &'a Turn,
    run: &'a RunId,
}

impl Agreed<'_> {
    async fn note(&self, state: MailState) -> Result<(), StoreError> {
        let noted = self.store.note(self.turn, self.run, RunProgress::Mail(state)).await;
        if let Err(error) = &noted {
            let reason = graph::explain(error, error.advice());
            tracing::warn!(reason, state = state.as_str(), "what becomes of the mail cannot be noted");
        }
        noted
    }

    /// Where it was held back, whoever takes up the run sends it: nothing is noted then.
    async fn conclude(&self, delivery: &Delivery) {
        let any = |wanted: fn(&DeliveryError) -> bool| {
            delivery.refused.iter().any(|refused| wanted(&refused.error))
        };
        if any(|error| matches!(error, DeliveryError::Withdrawn)) {
            return;
        }
        let state = if any(|error| matches!(error, DeliveryError::Unconfirmed { .. })) {
            MailState::Unknown
        } else if delivery.is_complete() {
            MailState::Accepted
        } else {
            MailState::Refused
        };
        // Logged above; the mail itself is where it is.
        let _ = self.note(state).await;
    }
}

#[async_trait]
impl Gate for Agreed<'_> {
    async fn open(&self) -> bool {
        self.note(MailState::Sending).await.is_ok()
    }

    async fn shut(&self) {
        // Logged above. At worst the mail counts as handed over, and is not sent again.
        let _ = self.note(MailState::Waiting).await;
    }
}
