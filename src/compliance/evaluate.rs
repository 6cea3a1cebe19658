//! From an inventory to an assessment.

use chrono::{DateTime, Utc};

use super::exceptions::Tallies;
use super::judge::{Judge, Sheet, switched_on};
use super::rules;
use super::settings::Settings;
use crate::domain::{Assessment, Brief, Inventory, ObjectKey, SignInMethod};

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
    let judge = Judge::new(inventory, settings, now);
    let exceptions = &judge.exceptions;
    let mut tallies = Tallies::of(settings);
    let mut briefs = Vec::with_capacity(inventory.objects.len());
    for object in inventory.objects.iter() {
        let named = exceptions.naming(&object);
        let judged = judge.under(&object, &named);
        exceptions.count(&mut tallies, &named, &judged.findings, &judged.undecided);
        briefs.push(Brief {
            broken: judged.findings.iter().map(|finding| finding.rule).collect(),
            undecided: judged.undecided.iter().map(|undecided| undecided.rule).collect(),
        });
    }

    let mut tenant = Sheet::default();
    for (rule, severity, judge) in switched_on(rules::OF_THE_TENANT, settings) {
        tenant.enter(rule, severity, judge(inventory, sign_in));
    }
    let mut accept = |id, sheet: &mut Sheet| {
        let named = exceptions.naming_id(id);
        exceptions.judge(&named, &mut sheet.findings);
        exceptions.count(&mut tallies, &named, &sheet.findings, &sheet.undecided);
    };
    accept(inventory.tenant.0, &mut tenant);
    let mut policy_findings = Vec::new();
    let mut undecided: Vec<_> = tenant.undecided.drain(..).map(|undecided| (None, undecided)).collect();
    let policy_rules = switched_on(rules::OF_POLICIES, settings);
    for policy in &inventory.custom_policies {
        let mut sheet = Sheet::default();
        for (rule, severity, judge) in &policy_rules {
            sheet.enter(*rule, *severity, judge(policy));
        }
        accept(policy.id.0, &mut sheet);
        policy_findings.extend(sheet.findings.into_iter().map(|finding| (policy.id, finding)));
        undecided.extend(sheet.undecided.into_iter().map(|undecided| (Some(policy.id), undecided)));
    }
    let (exceptions, about_exceptions) = exceptions.close(&tallies, inventory);
    tenant.findings.extend(about_exceptions);
    Assessment { briefs, tenant: tenant.findings, policies: policy_findings, undecided, exceptions }
}

/// The objects of the inventory that break at least one rule.
#[must_use]
pub fn flagged(assessment: &Assessment, inventory: &Inventory) -> Vec<ObjectKey> {
    let briefed = inventory.objects.keys().zip(&assessment.briefs);
    briefed.filter(|(_, brief)| !brief.broken.is_empty()).map(|(key, _)| key).collect()
}
