//! From one object to what is concluded about it.

use chrono::{DateTime, Utc};

use super::exceptions::{Exceptions, Named};
use super::rules::{self, Case, ObjectRule, Ruling, World};
use super::settings::Settings;
use crate::domain::{
    Compliance, Finding, Inventory, Object, ObjectAssessment, RuleId, Severity, Status, Undecided,
};

/// All that judging an object takes, at hand for any number of them.
pub struct Judge<'a> {
    world: World<'a>,
    rules: Vec<(RuleId, Severity, ObjectRule)>,
    pub(super) exceptions: Exceptions<'a>,
}

impl<'a> Judge<'a> {
    /// Judges by the policies of an inventory and by every rule that is not switched off. `now` is the
    /// moment everything is judged by.
    #[must_use]
    pub fn new(inventory: &'a Inventory, settings: &'a Settings, now: DateTime<Utc>) -> Self {
        Self {
            world: World::new(inventory, settings, now),
            rules: switched_on(rules::OF_OBJECTS, settings),
            exceptions: Exceptions::of(settings, now),
        }
    }

    /// What is concluded about an object of that inventory.
    #[must_use]
    pub fn object(&self, object: &Object) -> ObjectAssessment {
        self.under(object, &self.exceptions.naming(object))
    }

    /// As [`Judge::object`], where the exceptions that speak of it are known.
    pub(super) fn under(&self, object: &Object, named: &Named) -> ObjectAssessment {
        let case = Case::new(object, &self.world);
        let mut sheet = Sheet::default();
        for (rule, severity, judge) in &self.rules {
            sheet.enter(*rule, *severity, judge(&case));
        }
        self.exceptions.judge(named, &mut sheet.findings);
        let compliance =
            compliance(&sheet, self.world.settings.compliance_threshold, &self.exceptions, named);
        ObjectAssessment {
            policy_effect: case.comparison.effect(),
            secret_creation: case.secret_creation,
            findings: sheet.findings,
            undecided: sheet.undecided,
            compliance,
            rotated: case.rotated,
        }
    }
}

/// The sum of what was found on an object (DESIGN §4). An undecided rule that an exception covers cannot
/// make an open finding, so it changes nothing about an object that has an excepted one; without one it
/// is not known whether the object is compliant or excepted.
fn compliance(sheet: &Sheet, threshold: Severity, exceptions: &Exceptions<'_>, named: &Named) -> Compliance {
    let mut found = sheet.findings.iter().filter(|finding| threshold <= finding.severity).peekable();
    let mut doubts = sheet.undecided.iter().filter(|undecided| threshold <= undecided.severity).peekable();
    let (any_found, any_doubt) = (found.peek().is_some(), doubts.peek().is_some());
    if found.any(|finding| finding.status.is_open()) {
        Compliance::NonCompliant
    } else if doubts.any(|undecided| !exceptions.cover(named, undecided.rule)) {
        Compliance::Unknown
    } else if any_found {
        Compliance::Excepted
    } else if any_doubt {
        Compliance::Unknown
    } else {
        Compliance::Compliant
    }
}

pub(super) fn switched_on<R: Copy>(rules: &[(RuleId, R)], settings: &Settings) -> Vec<(RuleId, Severity, R)> {
    rules
        .iter()
        .filter_map(|(rule, judge)| settings.severity(*rule).map(|severity| (*rule, severity, *judge)))
        .collect()
}

/// Rulings as they add up for one subject.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) findings: Vec<Finding>,
    pub(super) undecided: Vec<Undecided>,
}

impl Sheet {
    pub(super) fn enter(&mut self, rule: RuleId, severity: Severity, rulings: Vec<Ruling>) {
        for ruling in rulings {
            match ruling {
                Ruling::Broken(evidence) => {
                    self.findings.push(Finding { rule, severity, evidence, status: Status::Open })
                }
                Ruling::Undecided(why) => {
                    // Ten credentials without a start are one reason, not ten.
                    let undecided = Undecided { rule, severity, why };
                    if !self.undecided.contains(&undecided) {
                        self.undecided.push(undecided);
                    }
                }
            }
        }
    }
}
