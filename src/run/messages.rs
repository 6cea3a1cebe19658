//! The messages of a run.

use super::Job;
use super::further::{Further, further};
use super::post::{self, Enclosed};
use crate::domain::Told;
use crate::report::{Message, MessageKey, MessageKind, PageError, Parcel};

/// What a run has to say.
pub(super) struct Said {
    pub(super) messages: Vec<Message>,
    /// What stands told to owners once that is posted; none where nothing changes.
    pub(super) told: Option<Vec<Told>>,
}

/// What a run has to say, and to whom. Made again from what is recorded of the run, it is the same. `told` is what
/// owners were told before, where they are to be told.
///
/// # Errors
/// When a letter cannot be written.
pub(super) fn messages(
    job: &Job<'_>,
    enclosed: &Enclosed<'_>,
    told: Option<&[Told]>,
) -> Result<Said, PageError> {
    let mut messages: Vec<Message> = summary(job, enclosed)?.into_iter().collect();
    let Further { messages: more, told } = further(job, enclosed, told)?;
    messages.extend(more);
    Ok(Said { messages, told })
}

fn summary(job: &Job<'_>, enclosed: &Enclosed<'_>) -> Result<Option<Message>, PageError> {
    let Some(mail) = post::wanted(job).filter(|mail| mail.summary.per_tenant()) else { return Ok(None) };
    let header = &enclosed.report.header;
    let letter = enclosed.write(mail)?;
    let to = job.tenant.mail_to.iter().map(ToString::to_string).collect();
    Ok(Some(Message {
        key: MessageKey::of(&[header.run_id.as_str(), &header.tenant]),
        kind: MessageKind::Summary,
        date: header.started,
        parcel: Parcel::Mail { to, letter },
    }))
}
