//! What a report amounts to in numbers: shared by the terminal, the page and the letter.

use std::collections::BTreeMap;

use super::phrases::{counted, grouped};
use super::{FindingRow, ObjectRow, Report, catalogue};
use crate::domain::{Compliance, CredentialKind, CredentialState, RuleId, SecretCreation, Severity};

/// The numbers of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Whether everything asked for was read. Where not, every other number is a lower bound.
    pub complete: bool,
    /// Findings of each severity, worst first, those without any included.
    pub severities: [(Severity, usize); 5],
    /// Findings of each broken rule: the worst first, then the most frequent.
    pub rules: Vec<RuleCount>,
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
    /// Its findings.
    pub findings: usize,
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
            objects: objects(&report.objects),
            secrets: secrets(report),
            undecided: report.undecided.len(),
        }
    }

    /// All findings.
    #[must_use]
    pub fn findings(&self) -> usize {
        self.severities.iter().map(|(_, count)| count).sum()
    }

    /// The severity of the worst finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.severities.iter().find(|(_, count)| *count > 0).map(|(severity, _)| *severity)
    }

    /// The findings by severity on one line: `2 critical, 11 high, 5 medium`. Without any it speaks
    /// of no more than was read: `no findings`, or `no findings in what could be read`.
    #[must_use]
    pub fn by_severity(&self) -> String {
        let present = self.severities.iter().filter(|(_, count)| *count > 0);
        let parts: Vec<String> =
            present.map(|(severity, count)| format!("{} {severity}", grouped(*count))).collect();
        match (parts.is_empty(), self.complete) {
            (false, _) => parts.join(", "),
            (true, true) => "no findings".to_owned(),
            (true, false) => "no findings in what could be read".to_owned(),
        }
    }

    /// The objects by compliance on one line, those of which nobody thinks first left out where
    /// there are none: `60 objects: 12 non-compliant, 3 unknown, 45 compliant`.
    #[must_use]
    pub fn by_compliance(&self) -> String {
        let ObjectCounts { total, compliant, non_compliant, unknown, open_to_secrets: _ } = self.objects;
        let parts: Vec<String> =
            [(non_compliant, "non-compliant"), (unknown, "unknown"), (compliant, "compliant")]
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
    ObjectCounts {
        total: rows.len(),
        compliant,
        non_compliant,
        unknown: rows.len() - compliant - non_compliant,
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
