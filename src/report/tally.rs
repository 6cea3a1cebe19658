//! Counting the rows of a report, each once and one at a time.

mod changes;
mod credentials;

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    ChangeRow, Compared, Coverage, CredentialRow, Endings, FindingChange, FindingRow, Fresh, ObjectCounts,
    ObjectRow, RuleCount, SecretCounts, Subject, Summary, UndecidedRow, catalogue,
};
use crate::domain::{Compliance, FindingCounts, RuleId, SecretCreation, Severity};

/// Places named for each rule. More would not be read.
const EXAMPLES: usize = 3;

/// Counts rows as they are made.
#[derive(Debug, Default)]
pub struct Tally {
    /// The moment everything is judged by.
    now: DateTime<Utc>,
    severities: [usize; 5],
    fresh: [Fresh; 5],
    rules: BTreeMap<RuleId, OfRule>,
    all: FindingCounts,
    excepted: usize,
    excepted_fresh: usize,
    objects: ObjectCounts,
    secrets: SecretCounts,
    endings: Endings,
    coverage: [Coverage; 2],
    undecided: usize,
}

/// The open findings of a rule.
#[derive(Debug)]
struct OfRule {
    worst: Severity,
    findings: usize,
    places: usize,
    /// The place of the last one counted.
    last: (Subject, String),
    examples: Vec<Place>,
    /// What all of them recommend; none where they differ.
    advice: Option<String>,
}

/// Where a finding is, in the order of the report.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    name: String,
    id: String,
    subject: Subject,
}

impl Tally {
    /// Begins to count a report of a run that judges everything by `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, ..Self::default() }
    }

    /// Counts a finding that was told how it stands to earlier runs. Those of one rule about one object
    /// come one after another, as they do in a report.
    pub fn finding(&mut self, row: &FindingRow) {
        *self.all.entry((row.rule, row.severity)).or_default() += 1;
        if !row.status.is_open() {
            self.excepted += 1;
            let fresh = matches!(row.change, Some(FindingChange::New | FindingChange::Reopened));
            self.excepted_fresh += usize::from(fresh);
            return;
        }
        let place = rank(row.severity);
        if let (Some(count), Some(fresh)) = (self.severities.get_mut(place), self.fresh.get_mut(place)) {
            *count += 1;
            fresh.new += usize::from(row.change == Some(FindingChange::New));
            fresh.reopened += usize::from(row.change == Some(FindingChange::Reopened));
        }
        self.rules.entry(row.rule).or_insert_with(|| OfRule::begin(row)).count(row);
    }

    /// Counts an object.
    pub fn object(&mut self, row: &ObjectRow) {
        let objects = &mut self.objects;
        objects.total += 1;
        match row.compliance {
            word if word == Compliance::Compliant.as_str() => objects.compliant += 1,
            word if word == Compliance::NonCompliant.as_str() => objects.non_compliant += 1,
            word if word == Compliance::Excepted.as_str() => objects.excepted += 1,
            _ => objects.unknown += 1,
        }
        objects.open_to_secrets += usize::from(row.secret_creation == SecretCreation::Allowed.as_str());
        if let Some(count) = row.worst_severity.and_then(|worst| objects.by_worst.get_mut(rank(worst))) {
            *count += 1;
        }
        self.cover(row);
    }

    fn cover(&mut self, row: &ObjectRow) {
        let [applications, service_principals] = &mut self.coverage;
        let coverage = match row.object_type {
            Subject::Application => applications,
            Subject::ServicePrincipal => service_principals,
            Subject::Tenant | Subject::Policy => return,
        };
        *match row.secret_creation {
            word if word == SecretCreation::Blocked.as_str() => &mut coverage.blocked,
            word if word == SecretCreation::BlockedWithExemptions.as_str() => &mut coverage.with_exemptions,
            word if word == SecretCreation::Allowed.as_str() => &mut coverage.allowed,
            _ => &mut coverage.unknown,
        } += 1;
    }

    /// Counts a credential.
    pub fn credential(&mut self, row: &CredentialRow) {
        credentials::secret(&mut self.secrets, row, self.now);
        credentials::ending(&mut self.endings, row, self.now);
    }

    /// Counts what could not be decided.
    pub fn undecided(&mut self, _row: &UndecidedRow) {
        self.undecided += 1;
    }

    /// The numbers of a report: whether everything was read, what it was compared with, and what changed.
    #[must_use]
    pub fn finish(self, complete: bool, compared: &Compared, rows: &[ChangeRow]) -> Summary {
        let Self {
            now: _,
            severities,
            fresh,
            rules,
            all,
            excepted,
            excepted_fresh,
            objects,
            secrets,
            endings,
            coverage,
            undecided,
        } = self;
        let mut rules: Vec<RuleCount> = rules.into_iter().map(|(rule, of_it)| of_it.finish(rule)).collect();
        rules.sort_by_key(|count| std::cmp::Reverse((count.worst, count.findings)));
        let mut severities = severities.into_iter();
        Summary {
            complete,
            severities: Severity::ALL.map(|severity| (severity, severities.next().unwrap_or_default())),
            fresh,
            rules,
            all,
            excepted,
            excepted_fresh,
            changes: (*compared != Compared::Unknown).then(|| changes::counts(&fresh, rows)),
            things: changes::things(rows),
            objects,
            secrets,
            endings,
            coverage,
            undecided,
            narrowed_to: None,
        }
    }
}

impl OfRule {
    fn begin(row: &FindingRow) -> Self {
        let advice = Some(row.recommendation.clone()).filter(|advice| !advice.is_empty());
        Self {
            worst: row.severity,
            findings: 0,
            places: 0,
            last: (row.object_type, String::new()),
            examples: Vec::with_capacity(EXAMPLES),
            advice,
        }
    }

    fn count(&mut self, row: &FindingRow) {
        self.worst = self.worst.max(row.severity);
        self.findings += 1;
        if self.advice.as_ref().is_some_and(|advice| *advice != row.recommendation) {
            self.advice = None;
        }
        let (subject, id) = &mut self.last;
        if self.places == 0 || *subject != row.object_type || *id != row.object_id {
            *subject = row.object_type;
            id.clone_from(&row.object_id);
            self.places += 1;
            self.name(row);
        }
    }

    /// Keeps the first places by name: rows may come in another order.
    fn name(&mut self, row: &FindingRow) {
        let this = (row.display_name.as_str(), row.object_id.as_str(), row.object_type);
        let after = |place: &Place| this < (place.name.as_str(), place.id.as_str(), place.subject);
        let full = self.examples.len() == EXAMPLES;
        if full && !self.examples.last().is_some_and(after) {
            return;
        }
        let place =
            Place { name: row.display_name.clone(), id: row.object_id.clone(), subject: row.object_type };
        if full {
            self.examples.pop();
        }
        let at = self.examples.partition_point(|other| *other <= place);
        self.examples.insert(at, place);
    }

    fn finish(self, rule: RuleId) -> RuleCount {
        let Self { worst, findings, places, last: _, examples, advice } = self;
        let named = |place: Place| if place.name.is_empty() { place.id } else { place.name };
        RuleCount {
            rule,
            title: catalogue(rule).title,
            worst,
            findings,
            places,
            examples: examples.into_iter().map(named).collect(),
            advice: advice.map_or(Cow::Borrowed(catalogue(rule).remedy), Cow::Owned),
        }
    }
}

/// The place of a severity in [`Severity::ALL`].
pub(super) fn rank(severity: Severity) -> usize {
    match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
        Severity::Info => 4,
    }
}
