//! A report narrowed to what is at least of some severity, for those who want to read of nothing else.

use super::dress::{Dressed, Templates};
use super::hashed::Hashed;
use super::template::PageError;
use super::{
    ChangeKind, ChangeWord, Compared, Contents, Fresh, Kept, Letter, Report, ReportError, ReportFile, Rows,
    csv_file, letter_by,
};
use crate::domain::Severity;

/// When those of a route get a letter about a complete run. About an incomplete one they always do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// After every run.
    Always,
    /// Where there is an open finding.
    Findings,
    /// Where an open finding is new or back.
    New,
}

/// Open findings of at least a severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AtLeast {
    pub(super) open: usize,
    /// New or back; none where that is not known.
    pub(super) fresh: Option<usize>,
}

impl AtLeast {
    pub(super) fn of(report: &Report, least: Severity) -> Self {
        let summary = &report.summary;
        let open =
            summary.severities.iter().filter(|(severity, _)| least <= *severity).map(|(_, count)| count);
        let fresh = Severity::ALL.iter().zip(summary.fresh).filter(|(severity, _)| least <= **severity);
        let fresh = fresh.map(|(_, Fresh { new, reopened })| new + reopened).sum();
        // An incomplete run that has none to be compared with calls everything new.
        let known = match report.compared {
            Compared::With(_) => true,
            Compared::First => summary.complete,
            Compared::Unknown => false,
        };
        Self { open: open.sum(), fresh: known.then_some(fresh) }
    }

    /// Whether something of it is new or back. Where that is not known, whatever is there may be.
    pub(super) fn any_fresh(self) -> bool {
        self.fresh.unwrap_or(self.open) > 0
    }
}

/// Whether those of a route are told of a run. What is not known to be old counts as new.
#[must_use]
pub fn concerns(report: &Report, least: Severity, when: When) -> bool {
    let found = AtLeast::of(report, least);
    !report.summary.complete
        || match when {
            When::Always => true,
            When::Findings => found.open > 0,
            When::New => found.any_fresh(),
        }
}

/// The report as those see it who only want to know of findings of at least this severity: open ones, and those that
/// were fixed. What else changed, frameworks and exceptions are left out; what was not read stays.
#[must_use]
pub fn narrowed(report: &Report, least: Severity) -> Report {
    let mut narrow = report.clone();
    let Report { changes, findings, frameworks, risks, deleted, exceptions, trend, notices, summary, .. } =
        &mut narrow;
    changes.retain(|row| {
        row.kind == ChangeKind::Finding && row.severity.is_some_and(|severity| least <= severity)
    });
    summary.severities.iter_mut().filter(|(severity, _)| *severity < least).for_each(|(_, count)| *count = 0);
    let below = Severity::ALL.iter().zip(&mut summary.fresh).filter(|(severity, _)| **severity < least);
    below.for_each(|(_, fresh)| *fresh = Fresh::default());
    summary.rules.retain(|rule| least <= rule.worst);
    if let Some(counts) = &mut summary.changes {
        counts.new = summary.fresh.iter().map(|fresh| fresh.new).sum();
        counts.reopened = summary.fresh.iter().map(|fresh| fresh.reopened).sum();
        counts.fixed = changes.iter().filter(|row| row.change == ChangeWord::Fixed).count();
        (counts.appeared, counts.changed, counts.gone) = (0, 0, 0);
    }
    summary.things.clear();
    (summary.excepted, summary.excepted_fresh) = (0, 0);
    summary.narrowed_to = Some(least);
    let (all, len) = (findings.clone(), summary.findings());
    *findings = Rows::drawn(len, move || {
        let kept = move |row: &super::FindingRow| row.status.is_open() && least <= row.severity;
        Box::new(all.clone().into_iter().filter(kept))
    });
    frameworks.clear();
    risks.retain(|risk| least <= risk.severity);
    *deleted = None;
    exceptions.clear();
    trend.clear();
    notices.insert(0, notice(least));
    narrow
}

fn notice(least: Severity) -> String {
    let what = match least {
        Severity::Critical => "open findings of severity critical".to_owned(),
        _ => format!("open findings of severity {least} or worse"),
    };
    format!(
        "This mail is narrowed to {what}. There may be others: the reports of the run have them all, and what is \
         excepted too."
    )
}

/// The letter to those of a route, with `findings.csv` narrowed alike where it fits into `attachment_limit` bytes.
///
/// # Errors
/// When the file cannot be made, or a built-in template does not fit, which is a defect of this program.
pub fn route_letter(
    templates: &Templates,
    report: &Report,
    least: Severity,
    csv_bom: bool,
    attachment_limit: u64,
    kept: Kept,
) -> Result<Dressed, PageError> {
    let narrow = narrowed(report, least);
    let contents = Alone { report: &narrow, csv_bom };
    let mut out = Hashed::new(std::io::sink());
    let wrap = |source| PageError::Attachment { file: FINDINGS, source };
    contents.copy(FINDINGS, &mut out).map_err(wrap)?;
    let (_, sha256, bytes) = out.end();
    let files = [ReportFile { name: FINDINGS, bytes, sha256 }];
    let dressed = letter_by(templates, &narrow, &files, attachment_limit, kept, &contents, None)?;
    Ok(dressed.map(|letter| {
        let subject = match least {
            Severity::Info => letter.subject,
            Severity::Critical => format!("{}, critical only", letter.subject),
            _ => format!("{}, {least} and worse only", letter.subject),
        };
        Letter { subject, ..letter }
    }))
}

const FINDINGS: &str = "findings.csv";

/// The files of a narrowed report.
struct Alone<'a> {
    report: &'a Report,
    csv_bom: bool,
}

impl Contents for Alone<'_> {
    fn copy(&self, name: &str, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        csv_file(self.report, name, self.csv_bom, out).map_err(|error| match error {
            ReportError::Write(error) => error,
            other => std::io::Error::other(other),
        })
    }
}
