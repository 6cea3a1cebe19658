//! The messages of a run.

use super::Job;
use super::post::{self, Enclosed};
use crate::report::{Message, MessageKey, MessageKind, PageError, Parcel};

/// What a run has to say, and to whom. Made again from what is recorded of the run, it is the same.
///
/// # Errors
/// When a letter cannot be written.
pub(super) fn messages(job: &Job<'_>, enclosed: &Enclosed<'_>) -> Result<Vec<Message>, PageError> {
    let Some(mail) = post::wanted(job) else { return Ok(Vec::new()) };
    let header = &enclosed.report.header;
    let letter = enclosed.write(mail.attachment_limit)?;
    let to = job.tenant.mail_to.iter().map(ToString::to_string).collect();
    Ok(vec![Message {
        key: MessageKey::of(&[header.run_id.as_str(), &header.tenant]),
        kind: MessageKind::Summary,
        date: header.started,
        parcel: Parcel::Mail { to, letter },
    }])
}
