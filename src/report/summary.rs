//! What a report amounts to in numbers: shared by the terminal, the page and the letter.

use std::borrow::Cow;

use super::phrases::{counted, grouped};
use super::{ChangeKind, ChangeWord, Report, Tally};
use crate::domain::{FindingCounts, RuleId, Severity};

/// The numbers of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whether everything asked for was read. Where not, every other number is a lower bound.
    pub complete: bool,
    /// Open findings of each severity, worst first, those without any included.
    pub severities: [(Severity, usize); 5],
    /// Of those, the ones that the run compared with did not have, likewise.
    pub fresh: [Fresh; 5],
    /// Open findings of each broken rule: the worst first, then the most frequent.
    pub rules: Vec<RuleCount>,
    /// All findings by rule and severity, excepted ones too.
    pub all: FindingCounts,
    /// Findings that somebody has accepted.
    pub excepted: usize,
    /// Those of them that are new or back.
    pub excepted_fresh: usize,
    /// What changed since the last complete run; none where that could not be consulted.
    pub changes: Option<ChangeCounts>,
    /// The things that changed other than findings, kind by kind, those without any left out.
    pub things: Vec<ThingCounts>,
    /// The objects.
    pub objects: ObjectCounts,
    /// The client secrets.
    pub secrets: SecretCounts,
    /// When client secrets and certificates end.
    pub endings: Endings,
    /// Who can be given a client secret: of applications, then of service principals.
    pub coverage: [Coverage; 2],
    /// What could not be decided.
    pub undecided: usize,
    /// Where findings below a severity, and all changes but those of findings, are left out: that severity.
    pub narrowed_to: Option<Severity>,
}

/// Open findings that the run compared with did not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fresh {
    /// Never seen before.
    pub new: usize,
    /// Fixed before.
    pub reopened: usize,
}

/// A broken rule and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule.
    pub rule: RuleId,
    /// Its title for people.
    pub title: &'static str,
    /// The severity of its worst finding.
    pub worst: Severity,
    /// Its open findings.
    pub findings: usize,
    /// The objects, policies and tenants that they are about.
    pub places: usize,
    /// The first of those, by name; by id where they have none.
    pub examples: Vec<String>,
    /// What to do: what all of them say, or what the catalogue says where they differ.
    pub advice: Cow<'static, str>,
}

/// What changed, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// Open findings never seen before: all of them where there was no complete run yet.
    pub new: usize,
    /// Open findings that were fixed before.
    pub reopened: usize,
    /// Findings that hold no more, excepted ones too.
    pub fixed: usize,
    /// Policies, assignments, credentials and objects that were not there.
    pub appeared: usize,
    /// What is otherwise than it was, one for each respect.
    pub changed: usize,
    /// What is not there any more.
    pub gone: usize,
}

/// Things of one kind that changed: what changed in two respects is one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingCounts {
    /// What they are.
    pub kind: ChangeKind,
    /// All of them.
    pub things: usize,
    /// By what happened to them, those words left out that nothing happened by. A thing can count under two.
    pub by_word: Vec<(ChangeWord, usize)>,
    /// Rows about them.
    pub rows: usize,
}

/// Objects by what was concluded about them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectCounts {
    /// All of them.
    pub total: usize,
    /// `compliant`.
    pub compliant: usize,
    /// `non-compliant`.
    pub non_compliant: usize,
    /// Neither is known.
    pub unknown: usize,
    /// `excepted`: they would be non-compliant, had nobody accepted that.
    pub excepted: usize,
    /// Those that anybody with the permission may still give a client secret.
    pub open_to_secrets: usize,
    /// Those with findings by the severity of the worst, in the order of [`Severity::ALL`].
    pub by_worst: [usize; 5],
}

/// Client secrets, SAML signing passwords not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecretCounts {
    /// All of them.
    pub total: usize,
    /// Those that have expired.
    pub expired: usize,
    /// The others by the whole days since their start: below 30, 90, 180, 365 and 730, and more. Those that are
    /// still to begin count among the first.
    pub by_age: [usize; 6],
    /// Those of the others whose start is not known.
    pub no_start: usize,
}

/// Client secrets and certificates by the month in which they end, a SAML signing pair once. Without those that are
/// replaced by what added them, since nobody has to see to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endings {
    /// Those that have ended and are still there.
    pub overdue: Ending,
    /// Those that end in the month of the run after it, in the month after that, and so on, by UTC.
    pub months: [Ending; 12],
    /// Those that end after these months.
    pub later: Ending,
    /// Those without an end.
    pub never: Ending,
}

/// What ends in some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ending {
    /// Client secrets.
    pub secrets: usize,
    /// Certificates.
    pub certificates: usize,
}

impl Ending {
    /// Both.
    #[must_use]
    pub fn total(self) -> usize {
        self.secrets + self.certificates
    }
}

/// Objects of a kind by whether somebody can give them a client secret: `secret_creation`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Nobody can.
    pub blocked: usize,
    /// Only those whom the policy exempts.
    pub with_exemptions: usize,
    /// Anybody with the permission.
    pub allowed: usize,
    /// It cannot be said.
    pub unknown: usize,
}

impl Summary {
    /// Counts a report by going through all its rows: for one that was put together by hand.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let mut tally = Tally::at(report.header.started);
        report.findings.iter().for_each(|row| tally.finding(&row));
        report.objects.iter().for_each(|row| tally.object(&row));
        report.credentials.iter().for_each(|row| tally.credential(&row));
        report.undecided.iter().for_each(|row| tally.undecided(&row));
        tally.finish(report.gaps.is_empty(), &report.compared, &report.changes)
    }

    /// All open findings.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.severities.iter().map(|(_, count)| count).sum()
    }

    /// The severity of the worst open finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.severities.iter().find(|(_, count)| *count > 0).map(|(severity, _)| *severity)
    }

    /// The open findings by severity on one line: `2 critical, 11 high, 5 medium`. Without any it speaks
    /// of no more than was read: `no findings`, or `no findings in what could be read`; `no open findings`
    /// where some are excepted, or left out.
    #[must_use]
    pub fn by_severity(&self) -> String {
        let present = self.severities.iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> =
            present.map(|(severity, count)| format!("{} {severity}", grouped(*count))).collect();
        let all = self.excepted == 0 && self.narrowed_to.is_none();
        let none = if all { "no findings" } else { "no open findings" };
        match (parts.is_empty(), self.complete) {
            (false, _) => parts.join(", "),
            (true, true) => none.to_owned(),
            (true, false) => format!("{none} in what could be read"),
        }
    }

    /// The objects by compliance on one line, those of which nobody thinks first left out where
    /// there are none: `60 objects: 12 non-compliant, 3 unknown, 45 compliant`.
    #[must_use]
    pub fn by_compliance(&self) -> String {
        let ObjectCounts {
            total,
            compliant,
            non_compliant,
            unknown,
            excepted,
            open_to_secrets: _,
            by_worst: _,
        } = self.objects;
        let counts = [
            (non_compliant, "non-compliant"),
            (unknown, "unknown"),
            (excepted, "excepted"),
            (compliant, "compliant"),
        ];
        let parts: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{} {word}", grouped(count)))
            .collect();
        if parts.is_empty() {
            counted(total, "object")
        } else {
            format!("{}: {}", counted(total, "object"), parts.join(", "))
        }
    }
}

impl Default for Summary {
    /// Of a complete run that found nothing and was compared with nothing.
    fn default() -> Self {
        Tally::default().finish(true, &super::Compared::Unknown, &[])
    }
}
