//! The mail about a run: a subject that counts, a first line that says how complete the run was, and
//! what changed before what stands. No text of the directory can break a line or add markup.

mod attachments;
mod changes;
mod digest;
mod frameworks;
mod pictures;
pub(super) mod plain;
mod remedied;
mod room;
mod standing;

use std::io::{self, Write};

use self::attachments::Enclosure;
use self::digest::Digest;
pub(super) use self::digest::first_line;
use self::pictures::Pictures;
pub use self::remedied::{Carried, Remedied};
use super::dress::{Dressed, LETTER, Templates};
use super::phrases::{grouped, plain as harmless};
use super::since::Since;
use super::template::PageError;
use super::{Letter, Report, ReportFile, Summary};

/// Whether the files of a report lie where they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the run's directory.
    InDirectory,
    /// They could not be written; the letter is all there is.
    Nowhere,
}

/// What is in the files of a report.
pub trait Contents {
    /// Copies the content of one of them.
    ///
    /// # Errors
    /// When it cannot be had, or `out` does not take it.
    fn copy(&self, name: &str, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes the letter about a report and its `files`. The CSVs among them are attached when
/// all attachments together, as encoded in the mail, take at most `attachment_limit` bytes; else as
/// one archive when that does; else not at all, and the letter says so. Pictures do not count: they are part of
/// what is read, and take less than 200 kB. The same input gives the same
/// bytes. What came of remediation has a section of its own, and a plan that was made is attached, too, where there
/// is room for it.
///
/// # Errors
/// When a file or the plan cannot be had, or a template does not fit, which is a defect of this program.
pub fn letter(
    report: &Report,
    files: &[ReportFile],
    attachment_limit: u64,
    kept: Kept,
    contents: &dyn Contents,
    remedied: Option<&Remedied>,
) -> Result<Letter, PageError> {
    let templates = Templates::default();
    letter_by(&templates, report, files, attachment_limit, kept, contents, remedied).map(|it| it.letter)
}

/// The same by templates of the operator's.
///
/// # Errors
/// As [`letter`].
pub fn letter_by(
    templates: &Templates,
    report: &Report,
    files: &[ReportFile],
    attachment_limit: u64,
    kept: Kept,
    contents: &dyn Contents,
    remedied: Option<&Remedied>,
) -> Result<Dressed, PageError> {
    let plan = remedied.and_then(Remedied::plan);
    let enclosure = Enclosure::of(&report.header, files, plan, attachment_limit, contents)?;
    let (shown, pictures) = Pictures::of(report)?;
    let digest = Digest::of(report, files, &enclosure, kept, remedied, shown);
    let mut subject = subject(report, &report.summary);
    if let Some(remark) = remedied.and_then(Remedied::in_subject) {
        subject.push_str(", ");
        subject.push_str(remark);
    }
    let dressed = templates.dress(LETTER, subject, &digest, || plain::text(&digest))?;
    // A template of the operator's may show none of them, or some.
    let shown = |letter: &Letter, name: &str| letter.html.contains(&format!("cid:{name}"));
    Ok(dressed.map(|letter| Letter {
        pictures: pictures.into_iter().filter(|picture| shown(&letter, &picture.name)).collect(),
        attachments: enclosure.attachments,
        ..letter
    }))
}

/// `Keysweep contoso: 2 critical, 11 high (3 new, 1 fixed)`; `INCOMPLETE` stands first where something
/// was not read, and what could not be decided keeps a run without findings from passing for a clean one.
fn subject(report: &Report, summary: &Summary) -> String {
    let tenant = harmless(&report.header.tenant, 80);
    let counts = match (summary.complete, summary.findings()) {
        (true, 0) if summary.undecided > 0 => {
            format!("complete, {}, {} undecided", summary.by_severity(), grouped(summary.undecided))
        }
        (true, 0) => format!("complete, {}", summary.by_severity()),
        _ => summary.by_severity(),
    };
    if !summary.complete {
        return format!("INCOMPLETE Keysweep {tenant}: {counts}");
    }
    match Since::of(report).map(|since| since.findings()) {
        Some(changes) if !changes.is_empty() => format!("Keysweep {tenant}: {counts} ({changes})"),
        _ => format!("Keysweep {tenant}: {counts}"),
    }
}
