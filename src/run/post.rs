//! The mail of a run: written, handed over at most once, and what became of it noted.

use std::path::Path;

use async_trait::async_trait;

use super::files::Lying;
use super::render::{Anew, heavy};
use super::{Job, Keeping, RunError, Sending};
use crate::config::{Mail, Transport};
use crate::delivery::{self, AlwaysOpen, Delivery, DeliveryError, Gate, Identity, NoTokens};
use crate::domain::RunId;
use crate::graph;
use crate::report::{self, Kept, Letter, PageError, Remedied, Report, ReportFile};
use crate::store::{MailState, RunProgress, Store, StoreError, Turn};

/// The mail of a job, where one is to be sent.
pub(super) fn wanted<'a>(job: &Job<'a>) -> Option<&'a Mail> {
    job.config.mail.as_ref().filter(|_| job.sending == Sending::Send)
}

/// Whether handing the same letter over twice is the same as handing it over once.
pub(super) fn is_repeatable(job: &Job<'_>) -> bool {
    wanted(job).is_some_and(|mail| matches!(mail.transport, Transport::Directory(_)))
}

/// What a mail is about.
#[derive(Clone, Copy)]
pub(super) struct Enclosed<'a> {
    pub(super) report: &'a Report,
    pub(super) files: &'a [ReportFile],
    /// Whether a byte order mark stands before each CSV file.
    pub(super) csv_bom: bool,
    /// Where the files lie; none where they could not be written.
    pub(super) directory: Option<&'a Path>,
    /// What came of remediation; none where there is nothing to say about it.
    pub(super) remedied: Option<&'a Remedied>,
}

impl Enclosed<'_> {
    /// Files that are not there, or not as they were written, are made once more.
    fn write(&self, limit: u64) -> Result<Letter, PageError> {
        let Self { report, files, csv_bom, directory, remedied } = *self;
        let anew = Anew { report, csv_bom };
        let Some(directory) = directory else {
            return report::letter(report, files, limit, Kept::Nowhere, &anew, remedied);
        };
        match report::letter(report, files, limit, Kept::InDirectory, &Lying(directory), remedied) {
            Err(error @ PageError::Attachment { .. }) => {
                let reason = graph::explain(&error, None);
                tracing::warn!(
                    reason,
                    "a file of the reports is not there for the mail; it is made once more"
                );
                report::letter(report, files, limit, Kept::InDirectory, &anew, remedied)
            }
            written => written,
        }
    }
}

/// Sends the mail about a report. None where none is to be sent.
pub(super) async fn send(
    job: &Job<'_>,
    enclosed: Enclosed<'_>,
    recorded: bool,
) -> Result<Option<Delivery>, RunError> {
    let Some(mail) = wanted(job) else { return Ok(None) };
    let letter = heavy(|| enclosed.write(mail.attachment_limit))?;
    let header = &enclosed.report.header;
    let identity = Identity::new(&header.tenant, &header.run_id, &mail.from, header.started);
    let patience = delivery::Patience::default();
    let to = &job.tenant.mail_to;
    let delivery = match job.keeping {
        Keeping::Store { store, turn, .. } if recorded => {
            let gate = Agreed { store, turn, run: &header.run_id };
            let delivery = delivery::deliver(mail, to, &letter, &identity, &patience, &gate, &NoTokens).await;
            gate.conclude(&delivery).await;
            delivery
        }
        Keeping::Store { .. } | Keeping::Nowhere { .. } => {
            delivery::deliver(mail, to, &letter, &identity, &patience, &AlwaysOpen, &NoTokens).await
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
