//! What somebody has accepted (DESIGN §2.4): the exceptions against the findings of one run.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::pattern::{Folded, Pattern};
use super::settings::Settings;
use crate::domain::{
    Covered, Evidence, Exception, ExceptionReview, ExceptionState, Finding, Idleness, Inventory, Object,
    RuleId, Status, Undecided, Whom,
};

/// The exceptions of the settings, at hand for a whole inventory.
pub(super) struct Exceptions<'a> {
    settings: &'a Settings,
    by_id: HashMap<Uuid, Vec<usize>>,
    by_name: Vec<(usize, Pattern)>,
    expired: Vec<bool>,
}

/// What the exceptions did so far, each by its place.
pub(super) struct Tallies(Vec<Tally>);

/// What one exception did.
#[derive(Default)]
struct Tally {
    /// Those it excepts; of an expired one, the open ones it covers.
    findings: usize,
    /// Whether it speaks of anything at all.
    named: bool,
    /// Whether it covers a finding, or may.
    used: bool,
}

impl Tallies {
    /// None has done anything yet.
    pub(super) fn of(settings: &Settings) -> Self {
        Self(settings.exceptions.iter().map(|_| Tally::default()).collect())
    }

    fn at(&mut self, place: usize, note: impl FnOnce(&mut Tally)) {
        if let Some(tally) = self.0.get_mut(place) {
            note(tally);
        }
    }
}

/// The exceptions that speak of one subject, by their places, in order.
pub(super) struct Named(Vec<usize>);

impl<'a> Exceptions<'a> {
    pub(super) fn of(settings: &'a Settings, now: DateTime<Utc>) -> Self {
        let (mut by_id, mut by_name): (HashMap<Uuid, Vec<usize>>, _) = (HashMap::new(), Vec::new());
        for (place, exception) in settings.exceptions.iter().enumerate() {
            match &exception.whom {
                Whom::Id(id) => by_id.entry(*id).or_default().push(place),
                Whom::Name(pattern) => by_name.push((place, Pattern::new(pattern))),
            }
        }
        let expired = settings.exceptions.iter().map(|exception| exception.has_expired(now)).collect();
        Self { settings, by_id, by_name, expired }
    }

    /// Those that speak of an object: by its id, its app id or its name.
    pub(super) fn naming(&self, object: &Object) -> Named {
        if self.expired.is_empty() {
            return Named(Vec::new());
        }
        let ids = [Some(object.id.0), object.app_id.map(|id| id.0)];
        let mut places: Vec<usize> =
            ids.into_iter().flatten().filter_map(|id| self.by_id.get(&id)).flatten().copied().collect();
        if !self.by_name.is_empty() {
            let name = Folded::new(object.display_name.as_str());
            let fitting = self.by_name.iter().filter(|(_, pattern)| pattern.fits(&name));
            places.extend(fitting.map(|(place, _)| *place));
        }
        places.sort_unstable();
        places.dedup();
        Named(places)
    }

    /// Those that speak of a custom policy, or of the tenant, by its id.
    pub(super) fn naming_id(&self, id: Uuid) -> Named {
        Named(self.by_id.get(&id).cloned().unwrap_or_default())
    }

    /// Whether a finding of a rule is excepted, or would be.
    pub(super) fn cover(&self, named: &Named, rule: RuleId) -> bool {
        self.first(named, rule).is_some()
    }

    /// The first that holds.
    fn first(&self, named: &Named, rule: RuleId) -> Option<usize> {
        let holds = |place: &usize| self.expired.get(*place) == Some(&false);
        self.covering(named, rule).find(holds)
    }

    /// Those that speak of the rule too, expired ones included.
    fn covering<'n>(&'n self, named: &'n Named, rule: RuleId) -> impl Iterator<Item = usize> + 'n {
        let covers = move |place: &usize| {
            self.settings.exceptions.get(*place).is_some_and(|exception| exception.rules.covers(rule))
        };
        named.0.iter().copied().filter(covers)
    }

    /// Excepts what is to be excepted of what was found on one subject.
    pub(super) fn judge(&self, named: &Named, findings: &mut [Finding]) {
        if named.0.is_empty() {
            return;
        }
        for finding in findings {
            if let Some(place) = self.first(named, finding.rule) {
                finding.status = Status::Excepted(place);
            }
        }
    }

    /// Keeps count of what they did to one subject.
    pub(super) fn count(
        &self,
        tallies: &mut Tallies,
        named: &Named,
        findings: &[Finding],
        undecided: &[Undecided],
    ) {
        named.0.iter().for_each(|place| tallies.at(*place, |tally| tally.named = true));
        for finding in findings {
            let first = self.first(named, finding.rule);
            for place in self.covering(named, finding.rule) {
                let expired = self.expired.get(place) == Some(&true);
                let counts = first.map_or(expired, |first| first == place);
                tallies.at(place, |tally| {
                    tally.used = true;
                    tally.findings += usize::from(counts);
                });
            }
        }
        for Undecided { rule, .. } in undecided {
            self.covering(named, *rule).for_each(|place| tallies.at(place, |tally| tally.used = true));
        }
    }

    /// What each did in the end, and the findings about those that have expired or match nothing. An
    /// exception is stale only where everything was read that its rules hang on, and where no other tenant has a
    /// use for it.
    pub(super) fn close(
        &self,
        tallies: &Tallies,
        inventory: &Inventory,
    ) -> (Vec<ExceptionReview>, Vec<Finding>) {
        let complete = inventory.is_complete();
        let (mut reviews, mut findings) = (Vec::new(), Vec::new());
        for (place, (exception, tally)) in self.settings.exceptions.iter().zip(&tallies.0).enumerate() {
            let used = tally.used || !complete || self.is_kept_from(exception, inventory);
            let elsewhere = self.settings.used_elsewhere.contains(&place);
            let expired = self.expired.get(place) == Some(&true);
            let state = match (expired, used || elsewhere) {
                (true, _) => ExceptionState::Expired,
                (false, true) => ExceptionState::InForce,
                (false, false) => ExceptionState::Stale,
            };
            findings.extend(self.finding(exception, tally, state));
            let (findings, matches_objects) = (tally.findings, tally.named);
            reviews.push(ExceptionReview { state, findings, matches_objects, used });
        }
        (reviews, findings)
    }

    /// Whether one of the rules that an exception names could not find what it accepts.
    fn is_kept_from(&self, exception: &Exception, inventory: &Inventory) -> bool {
        match &exception.rules {
            Covered::All => false,
            Covered::These(rules) => rules
                .iter()
                .any(|rule| self.settings.severity(*rule).is_some() && inventory.is_kept_from(*rule)),
        }
    }

    fn finding(&self, exception: &Exception, tally: &Tally, state: ExceptionState) -> Option<Finding> {
        let named = Box::new(exception.clone());
        let (rule, evidence) = match state {
            ExceptionState::InForce => return None,
            ExceptionState::Expired => {
                let evidence = Evidence::ExceptionExpired { exception: named, findings: tally.findings };
                (RuleId::ExceptionExpired, evidence)
            }
            ExceptionState::Stale => {
                let because = self.idleness(exception, tally);
                (RuleId::ExceptionStale, Evidence::ExceptionStale { exception: named, because })
            }
        };
        let severity = self.settings.severity(rule)?;
        Some(Finding { rule, severity, evidence, status: Status::Open })
    }

    fn idleness(&self, exception: &Exception, tally: &Tally) -> Idleness {
        let off = |rules: &Covered| match rules {
            Covered::All => false,
            Covered::These(rules) => rules.iter().all(|rule| self.settings.severity(*rule).is_none()),
        };
        match &exception.rules {
            _ if !tally.named => Idleness::NoObject,
            rules if off(rules) => Idleness::RulesOff,
            _ => Idleness::NothingBroken,
        }
    }
}
