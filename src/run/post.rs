//! The messages of a run: posted into the outbox and tried right away, or sent directly where there is none.

use std::path::Path;

use lettre::message::Mailbox;

use super::clock::Clock;
use super::files::Lying;
use super::further::{told_before, undressed};
use super::messages::{Said, messages};
use super::outbox::{Office, Posted, mailbox};
use super::render::{Anew, heavy};
use super::{Job, Keeping, MailTokens, RunError, Sending, TakenOver};
use crate::config::{Config, Mail};
use crate::delivery::{self, AlwaysOpen, Identity, Patience, TokenSource, webhook};
use crate::graph;
use crate::report::{self, Kept, Letter, Message, PageError, Parcel, Remedied, Report, ReportFile};
use crate::store::StoreError;

/// The mail of a job, where one is to be sent.
pub(super) fn wanted<'a>(job: &Job<'a>) -> Option<&'a Mail> {
    job.config.mail.as_ref().filter(|_| job.sending == Sending::Send)
}

/// Whether a job may have something to tell anybody.
pub(super) fn speaks(job: &Job<'_>) -> bool {
    job.sending == Sending::Send && (job.config.mail.is_some() || !job.config.webhooks.is_empty())
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
    pub(super) fn write(&self, mail: &Mail) -> Result<Letter, PageError> {
        let (templates, limit) = (&mail.templates, mail.attachment_limit);
        let Self { report, files, csv_bom, directory, remedied } = *self;
        let anew = Anew { report, csv_bom };
        let Some(directory) = directory else {
            return report::letter_by(templates, report, files, limit, Kept::Nowhere, &anew, remedied)
                .map(undressed);
        };
        let kept = Kept::InDirectory;
        match report::letter_by(templates, report, files, limit, kept, &Lying(directory), remedied) {
            Err(error @ PageError::Attachment { .. }) => {
                let reason = graph::explain(&error, None);
                tracing::warn!(
                    reason,
                    "a file of the reports is not there for the mail; it is made once more"
                );
                report::letter_by(templates, report, files, limit, kept, &anew, remedied)
            }
            written => written,
        }
        .map(undressed)
    }
}

/// Posts the messages about a report and tries them. None where none is to be sent.
pub(super) async fn send(
    job: &Job<'_>,
    enclosed: Enclosed<'_>,
    recorded: bool,
) -> Result<Option<Posted>, RunError> {
    if !speaks(job) {
        return Ok(None);
    }
    let told = told_before(job, recorded).await;
    let Said { messages, told } = heavy(|| messages(job, &enclosed, told.as_deref()))?;
    let run = &enclosed.report.header.run_id;
    let tokens = &MailTokens::of(job.config, job.clock);
    match job.keeping {
        Keeping::Store { store, turn, .. } if recorded => {
            let office =
                Office { config: job.config, store, holder: turn.holder(), clock: job.clock, tokens };
            match office.post((turn, run), &messages, told.as_deref()).await {
                Ok(posted) => Ok(Some(posted)),
                Err(StoreError::Lost) => Err(TakenOver.into()),
                Err(error) => {
                    let reason = graph::explain(&error, error.advice());
                    tracing::error!(
                        reason,
                        "the mail cannot be put into the outbox; whoever finishes the run does so"
                    );
                    Ok(Some(Posted::all_wait(&messages, reason)))
                }
            }
        }
        Keeping::Store { .. } | Keeping::Nowhere { .. } => {
            Ok(Some(directly(job.config, job.clock, &messages, tokens).await))
        }
    }
}

/// Without an outbox, there is one call and its patience.
pub(super) async fn directly(
    config: &Config,
    clock: Clock,
    messages: &[Message],
    tokens: &dyn TokenSource,
) -> Posted {
    let mut posted = Posted::default();
    for message in messages {
        match (&message.parcel, &config.mail) {
            (Parcel::Mail { to, letter }, Some(mail)) => {
                let to: Vec<Mailbox> = to.iter().filter_map(|to| mailbox(to)).collect();
                let identity = Identity::of(&message.key, &mail.from, message.date);
                let patience = Patience::default();
                let delivery =
                    delivery::deliver(mail, &to, letter, &identity, &patience, &AlwaysOpen, tokens).await;
                for refused in &delivery.refused {
                    let reason = graph::explain(&refused.error, refused.error.advice());
                    tracing::error!(reason, "the mail was not accepted for a recipient");
                }
                posted.add(delivery);
            }
            (Parcel::Mail { .. }, None) => {}
            (Parcel::Webhook { name, body }, _) => {
                let Some(hook) = config.webhooks.iter().find(|hook| hook.name == *name) else { continue };
                let called = webhook::call(hook, &message.key, body, clock(), &Patience::default()).await;
                match called {
                    Ok(()) => posted.accepted.push(name.clone()),
                    Err(error) => {
                        let reason = graph::explain(&error, error.advice());
                        tracing::error!(webhook = name, reason, "webhook `{name}` did not take the message");
                        posted.refused.push((name.clone(), reason));
                    }
                }
            }
        }
    }
    posted
}
