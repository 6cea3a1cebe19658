//! The tenant default and custom policies that appeared, changed or went.

use std::collections::BTreeMap;

use super::Present;
use super::aspect::{Aspect, Bearing};
use super::restrictions::{self, Whose, enforces, phrase};
use super::rows::{Ranked, bare, with_aspect};
use crate::domain::{
    CustomPolicy, Differences, ObjectKind, PolicyId, Reach, Restriction, State, Subject, TenantDefault, Text,
};
use crate::report::phrases::{counted, spoken};
use crate::report::words::{plural, quoted};
use crate::report::{ChangeKind, ChangeRow, ChangeWord};

/// Everything that changed about policies.
pub(super) fn changes(differences: &Differences, present: &Present<'_>) -> Vec<Ranked> {
    let mut rows = tenant_default(differences.tenant_default.as_ref(), present);
    let mut before: BTreeMap<PolicyId, &CustomPolicy> =
        differences.custom_policies.iter().map(|policy| (policy.id, policy)).collect();
    for now in &present.inventory.custom_policies {
        match before.remove(&now.id) {
            None => rows.push(appeared(now)),
            Some(then) => {
                let row = row(ChangeWord::Changed, now);
                rows.extend(custom(then, now).into_iter().map(|aspect| with_aspect(&row, aspect)));
            }
        }
    }
    if present.is_complete() {
        rows.extend(before.into_values().map(gone));
    }
    rows
}

fn tenant_default(then: Option<&TenantDefault>, present: &Present<'_>) -> Vec<Ranked> {
    let now = present.inventory.tenant_default.as_ref();
    let about = |change, policy: &TenantDefault| ChangeRow {
        object_id: present.header.tenant_id.to_string(),
        display_name: present.header.tenant.clone(),
        policy_id: policy.id.to_string(),
        policy_name: policy.display_name.as_str().to_owned(),
        ..bare(change, ChangeKind::Policy, Subject::Tenant)
    };
    match (then, now) {
        (None, None) => Vec::new(),
        (None, Some(now)) => {
            let detail = format!("The tenant default is there; it is {}.", switch(now.is_enabled));
            let aspect = Aspect::new("", switch(now.is_enabled), detail);
            vec![with_aspect(&about(ChangeWord::Appeared, now), aspect)]
        }
        (Some(then), None) if present.is_complete() => {
            let detail = "The tenant default is not there any more.".to_owned();
            let aspect = Aspect::new(switch(then.is_enabled), "", detail);
            vec![with_aspect(&about(ChangeWord::Gone, then), aspect)]
        }
        (Some(_), None) => Vec::new(),
        (Some(then), Some(now)) => {
            let row = about(ChangeWord::Changed, now);
            default(then, now).into_iter().map(|aspect| with_aspect(&row, aspect)).collect()
        }
    }
}

/// In what the tenant default changed.
fn default(then: &TenantDefault, now: &TenantDefault) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    aspects.extend(renamed("The tenant default", &then.display_name, &now.display_name));
    if then.is_enabled != now.is_enabled {
        let bearing = if now.is_enabled { Bearing::Stronger } else { Bearing::Weaker };
        aspects.push(switched("the tenant default", bearing, now.is_enabled));
    }
    let idle = !then.is_enabled && !now.is_enabled;
    for kind in [ObjectKind::Application, ObjectKind::ServicePrincipal] {
        let whose = Whose::Default(plural(kind));
        let (then, now) = (of(then.restrictions(kind)), of(now.restrictions(kind)));
        aspects.extend(restrictions::changes(&then, &now, whose, idle));
    }
    aspects
}

/// In what a custom policy changed, its description aside.
fn custom(then: &CustomPolicy, now: &CustomPolicy) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    aspects.extend(renamed("The custom policy", &then.display_name, &now.display_name));
    if then.is_enabled != now.is_enabled {
        // What Entra does with an exemption in a policy that is off is not documented.
        let exempts = now.restrictions.iter().any(|entry| entry.state == State::Disabled);
        let bearing = match (now.is_enabled, now.restrictions.iter().any(enforces) && !exempts) {
            (_, false) => Bearing::Neither,
            (true, true) => Bearing::Stronger,
            (false, true) => Bearing::Weaker,
        };
        aspects.push(switched("the custom policy", bearing, now.is_enabled));
    }
    let idle = !then.is_enabled && !now.is_enabled;
    let (then, now) = (of(&then.restrictions), of(&now.restrictions));
    aspects.extend(restrictions::changes(&then, &now, Whose::Custom, idle));
    aspects
}

fn of(restrictions: &[Restriction]) -> Vec<&Restriction> {
    restrictions.iter().collect()
}

fn renamed(what: &str, then: &Text, now: &Text) -> Option<Aspect> {
    let (before, after) = (then.as_str(), now.as_str());
    (before != after).then(|| {
        let detail = format!("{what} was renamed from {} to {}.", quoted(before), quoted(after));
        Aspect::new(before, after, detail)
    })
}

fn switched(what: &str, bearing: Bearing, enabled: bool) -> Aspect {
    let (before, after) = (switch(!enabled), switch(enabled));
    let detail = format!("{}: {what} was {before} and is {after}.", bearing.word());
    Aspect { bearing, ..Aspect::new(before, after, detail) }
}

fn switch(enabled: bool) -> &'static str {
    if enabled { "enabled" } else { "disabled" }
}

fn appeared(now: &CustomPolicy) -> Ranked {
    let entries: Vec<String> = now.restrictions.iter().map(|entry| phrase(entry, Whose::Custom)).collect();
    let holds = if entries.is_empty() { "no restrictions".to_owned() } else { spoken(&entries) };
    let reach = match &now.applies_to {
        Reach::Known(objects) if objects.is_empty() => ", and is assigned to nothing".to_owned(),
        Reach::Known(objects) => format!(", and is assigned to {}", counted(objects.len(), "object")),
        Reach::Partly(_) => String::new(),
    };
    let detail =
        format!("The custom policy was added; it is {}, has {holds}{reach}.", switch(now.is_enabled));
    with_aspect(&row(ChangeWord::Appeared, now), Aspect::new("", switch(now.is_enabled), detail))
}

fn gone(then: &CustomPolicy) -> Ranked {
    let entries: Vec<String> = then.restrictions.iter().map(|entry| phrase(entry, Whose::Custom)).collect();
    let held = if entries.is_empty() { "no restrictions".to_owned() } else { spoken(&entries) };
    let detail = format!(
        "The custom policy is not there any more; it was {} and had {held}.",
        switch(then.is_enabled)
    );
    with_aspect(&row(ChangeWord::Gone, then), Aspect::new(switch(then.is_enabled), "", detail))
}

fn row(change: ChangeWord, policy: &CustomPolicy) -> ChangeRow {
    let (id, name) = (policy.id.to_string(), policy.display_name.as_str().to_owned());
    ChangeRow {
        object_id: id.clone(),
        display_name: name.clone(),
        policy_id: id,
        policy_name: name,
        ..bare(change, ChangeKind::Policy, Subject::Policy)
    }
}
