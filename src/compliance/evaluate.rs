//! From an inventory to an assessment.

use chrono::{DateTime, Utc};

use super::effective::Policies;
use super::exceptions::{Exceptions, Named};
use super::rules::{self, Case, ObjectRule, Ruling};
use super::settings::Settings;
use crate::domain::{
    Assessment, Compliance, Finding, Inventory, Object, ObjectAssessment, ObjectKey, RuleId, Severity,
    SignInMethod, Status, Undecided,
};

/// Judges everything in an inventory by every rule that is not switched off. `now` is the moment
/// everything is judged by; `sign_in` is how Keysweep reached the tenant. Exceptions take nothing away:
/// they mark what is accepted. The work grows with the number of objects.
#[must_use]
pub fn evaluate(
    inventory: &Inventory,
    settings: &Settings,
    sign_in: SignInMethod,
    now: DateTime<Utc>,
) -> Assessment {
    let policies = Policies::of(inventory);
    let object_rules = switched_on(rules::OF_OBJECTS, settings);
    let mut exceptions = Exceptions::of(settings, now);
    let objects = inventory
        .objects
        .iter()
        .map(|object| {
            let case = Case::new(object, inventory.tenant, &policies, settings, now);
            judge_object(&case, &object_rules, &mut exceptions)
        })
        .collect();

    let mut tenant = Sheet::default();
    for (rule, severity, judge) in switched_on(rules::OF_THE_TENANT, settings) {
        tenant.enter(rule, severity, judge(inventory, sign_in));
    }
    let named = exceptions.naming_id(inventory.tenant.0);
    exceptions.judge(&named, &mut tenant.findings, &tenant.undecided);
    let mut policy_findings = Vec::new();
    let mut undecided: Vec<_> = tenant.undecided.into_iter().map(|undecided| (None, undecided)).collect();
    let policy_rules = switched_on(rules::OF_POLICIES, settings);
    for policy in &inventory.custom_policies {
        let mut sheet = Sheet::default();
        for (rule, severity, judge) in &policy_rules {
            sheet.enter(*rule, *severity, judge(policy));
        }
        let named = exceptions.naming_id(policy.id.0);
        exceptions.judge(&named, &mut sheet.findings, &sheet.undecided);
        policy_findings.extend(sheet.findings.into_iter().map(|finding| (policy.id, finding)));
        undecided.extend(sheet.undecided.into_iter().map(|undecided| (Some(policy.id), undecided)));
    }
    let (exceptions, about_exceptions) = exceptions.close(inventory);
    tenant.findings.extend(about_exceptions);
    Assessment { objects, tenant: tenant.findings, policies: policy_findings, undecided, exceptions }
}

/// The objects of the inventory that break at least one rule.
#[must_use]
pub fn flagged(assessment: &Assessment, inventory: &Inventory) -> Vec<ObjectKey> {
    let judged = inventory.objects.iter().zip(&assessment.objects);
    judged.filter(|(_, judged)| !judged.findings.is_empty()).map(|(object, _)| Object::key(object)).collect()
}

fn judge_object(
    case: &Case<'_>,
    rules: &[(RuleId, Severity, ObjectRule)],
    exceptions: &mut Exceptions<'_>,
) -> ObjectAssessment {
    let mut sheet = Sheet::default();
    for (rule, severity, judge) in rules {
        sheet.enter(*rule, *severity, judge(case));
    }
    let named = exceptions.naming(case.object);
    exceptions.judge(&named, &mut sheet.findings, &sheet.undecided);
    let compliance = compliance(&sheet, case.settings.compliance_threshold, exceptions, &named);
    ObjectAssessment {
        secret_creation: case.secret_creation.clone(),
        policy_effect: case.comparison.effect(),
        findings: sheet.findings,
        undecided: sheet.undecided,
        compliance,
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

fn switched_on<R: Copy>(rules: &[(RuleId, R)], settings: &Settings) -> Vec<(RuleId, Severity, R)> {
    rules
        .iter()
        .filter_map(|(rule, judge)| settings.severity(*rule).map(|severity| (*rule, severity, *judge)))
        .collect()
}

/// Rulings as they add up for one subject.
#[derive(Default)]
struct Sheet {
    findings: Vec<Finding>,
    undecided: Vec<Undecided>,
}

impl Sheet {
    fn enter(&mut self, rule: RuleId, severity: Severity, rulings: Vec<Ruling>) {
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
