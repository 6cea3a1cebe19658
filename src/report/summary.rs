//! What a report amounts to in numbers: shared by the terminal, the page and the letter.

use std::collections::BTreeMap;

use super::phrases::{counted, grouped};
use super::{ChangeKind, ChangeWord, Compared, FindingChange, FindingRow, ObjectRow, Report, catalogue};
use crate::domain::{Compliance, CredentialKind, CredentialState, RuleId, SecretCreation, Severity};

/// The numbers of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whether everything asked for was read. Where not, every other number is a lower bound.
    pub complete: bool,
    /// Open findings of each severity, worst first, those without any included.
    pub severities: [(Severity, usize); 5],
    /// Open findings of each broken rule: the worst first, then the most frequent.
    pub rules: Vec<RuleCount>,
    /// Findings that somebody has accepted.
    pub excepted: usize,
    /// What changed since the last complete run; none where that could not be consulted.
    pub changes: Option<ChangeCounts>,
    /// The objects.
    pub objects: ObjectCounts,
    /// The client secrets.
    pub secrets: SecretCounts,
    /// What could not be decided.
    pub undecided: usize,
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
}

/// Client secrets, SAML signing passwords not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SecretCounts {
    /// All of them.
    pub total: usize,
    /// Those that have expired.
    pub expired: usize,
}

impl Summary {
    /// Counts a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            complete: report.gaps.is_empty(),
            severities: Severity::ALL.map(|severity| {
                let these = open(&report.findings).filter(|finding| finding.severity == severity);
                (severity, these.count())
            }),
            rules: rules(&report.findings),
            excepted: report.findings.len() - open(&report.findings).count(),
            changes: changes(report),
            objects: objects(&report.objects),
            secrets: secrets(report),
            undecided: report.undecided.len(),
        }
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
    /// where some are excepted.
    #[must_use]
    pub fn by_severity(&self) -> String {
        let present = self.severities.iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> =
            present.map(|(severity, count)| format!("{} {severity}", grouped(*count))).collect();
        let none = if self.excepted == 0 { "no findings" } else { "no open findings" };
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
        let ObjectCounts { total, compliant, non_compliant, unknown, excepted, open_to_secrets: _ } =
            self.objects;
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

/// What to do about findings of one rule: what they all say, or what the catalogue says where they differ.
pub(super) fn advice<'a>(rule: RuleId, findings: impl IntoIterator<Item = &'a FindingRow>) -> &'a str {
    let mut advice = findings.into_iter().map(|row| row.recommendation.as_str());
    match advice.next() {
        Some(first) if !first.is_empty() && advice.all(|other| other == first) => first,
        _ => catalogue(rule).remedy,
    }
}

fn open(findings: &[FindingRow]) -> impl Iterator<Item = &FindingRow> {
    findings.iter().filter(|finding| finding.status.is_open())
}

fn changes(report: &Report) -> Option<ChangeCounts> {
    if report.compared == Compared::Unknown {
        return None;
    }
    let mut counts = ChangeCounts::default();
    for finding in open(&report.findings) {
        match finding.change {
            Some(FindingChange::New) => counts.new += 1,
            Some(FindingChange::Reopened) => counts.reopened += 1,
            Some(FindingChange::Standing) | None => (),
        }
    }
    for row in &report.changes {
        match (row.change, row.kind) {
            (ChangeWord::Fixed, _) => counts.fixed += 1,
            (_, ChangeKind::Finding) | (ChangeWord::Reopened, _) => (),
            (ChangeWord::Appeared, _) => counts.appeared += 1,
            (ChangeWord::Changed, _) => counts.changed += 1,
            (ChangeWord::Gone, _) => counts.gone += 1,
        }
    }
    Some(counts)
}

fn rules(findings: &[FindingRow]) -> Vec<RuleCount> {
    let mut counts: BTreeMap<RuleId, (Severity, usize)> = BTreeMap::new();
    for finding in open(findings) {
        let (worst, count) = counts.entry(finding.rule).or_insert((finding.severity, 0));
        *worst = finding.severity.max(*worst);
        *count += 1;
    }
    let mut rules: Vec<RuleCount> = counts
        .into_iter()
        .map(|(rule, (worst, findings))| RuleCount { rule, title: catalogue(rule).title, worst, findings })
        .collect();
    rules.sort_by_key(|count| std::cmp::Reverse((count.worst, count.findings)));
    rules
}

fn objects(rows: &[ObjectRow]) -> ObjectCounts {
    let with = |word: &str| rows.iter().filter(|row| row.compliance == word).count();
    let compliant = with(Compliance::Compliant.as_str());
    let non_compliant = with(Compliance::NonCompliant.as_str());
    let excepted = with(Compliance::Excepted.as_str());
    ObjectCounts {
        total: rows.len(),
        compliant,
        non_compliant,
        unknown: rows.len() - compliant - non_compliant - excepted,
        excepted,
        open_to_secrets: rows
            .iter()
            .filter(|row| row.secret_creation == SecretCreation::Allowed.as_str())
            .count(),
    }
}

fn secrets(report: &Report) -> SecretCounts {
    let secret = CredentialKind::ClientSecret.as_str();
    let expired = CredentialState::Expired.as_str();
    let mut counts = SecretCounts::default();
    for credential in report.credentials.iter().filter(|row| row.credential_type == secret) {
        counts.total += 1;
        counts.expired += usize::from(credential.state == expired);
    }
    counts
}
