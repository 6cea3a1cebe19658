//! Rows of policies, one for each restriction.

use crate::domain::{CustomPolicy, Inventory, Limit, ObjectKind, Reach, Restriction, TenantDefault};
use crate::report::PolicyRow;

/// The tenant default first, then the custom policies by name and id.
pub(super) fn rows(inventory: &Inventory) -> Vec<PolicyRow> {
    let mut rows = inventory.tenant_default.as_ref().map_or_else(Vec::new, of_default);
    let mut custom: Vec<_> = inventory.custom_policies.iter().collect();
    custom.sort_by(|a, b| (&a.display_name, a.id).cmp(&(&b.display_name, b.id)));
    rows.extend(custom.into_iter().flat_map(of_custom));
    rows
}

fn of_default(policy: &TenantDefault) -> Vec<PolicyRow> {
    let TenantDefault {
        id,
        display_name,
        is_enabled,
        application_restrictions: _,
        service_principal_restrictions: _,
    } = policy;
    let bare = PolicyRow {
        policy_type: "tenant-default",
        policy_id: id.to_string(),
        policy_name: display_name.as_str().to_owned(),
        policy_enabled: *is_enabled,
        ..nothing()
    };
    let half = |kind: ObjectKind| policy.restrictions(kind).iter().map(move |entry| (kind.as_str(), entry));
    spread(bare, half(ObjectKind::Application).chain(half(ObjectKind::ServicePrincipal)))
}

fn of_custom(policy: &CustomPolicy) -> Vec<PolicyRow> {
    let CustomPolicy { id, display_name, description: _, is_enabled, restrictions, applies_to } = policy;
    let bare = PolicyRow {
        policy_type: "custom",
        policy_id: id.to_string(),
        policy_name: display_name.as_str().to_owned(),
        policy_enabled: *is_enabled,
        applies_to: match applies_to {
            Reach::Known(objects) => Some(objects.len()),
            Reach::Partly(_) => None,
        },
        ..nothing()
    };
    let reached = |entry: &Restriction| {
        if entry.collection.applications_only() { ObjectKind::Application.as_str() } else { "both" }
    };
    spread(bare, restrictions.iter().map(|entry| (reached(entry), entry)))
}

/// One row for each restriction, or the policy's own where it has none.
fn spread<'a>(
    bare: PolicyRow,
    entries: impl Iterator<Item = (&'static str, &'a Restriction)>,
) -> Vec<PolicyRow> {
    let rows: Vec<_> = entries.map(|(object_type, entry)| with_entry(&bare, object_type, entry)).collect();
    if rows.is_empty() { vec![bare] } else { rows }
}

fn with_entry(bare: &PolicyRow, object_type: &'static str, entry: &Restriction) -> PolicyRow {
    let Restriction { collection, kind, state, limit, created_on_or_after, exempted_actors } = entry;
    PolicyRow {
        object_type,
        collection: collection.as_str(),
        restriction_type: kind.as_str().to_owned(),
        state: state.as_str().to_owned(),
        max_lifetime: match limit {
            Limit::Missing => String::new(),
            Limit::Max { max: _, text } => text.to_string(),
            Limit::Unreadable(text) => text.as_str().to_owned(),
        },
        created_on_or_after: *created_on_or_after,
        exempted_actors: exempted_actors.iter().map(|actor| actor.0.as_str().to_owned()).collect(),
        ..bare.clone()
    }
}

/// A row with every cell empty.
fn nothing() -> PolicyRow {
    PolicyRow {
        policy_type: "",
        policy_id: String::new(),
        policy_name: String::new(),
        policy_enabled: false,
        applies_to: None,
        object_type: "",
        collection: "",
        restriction_type: String::new(),
        state: String::new(),
        max_lifetime: String::new(),
        created_on_or_after: None,
        exempted_actors: Vec::new(),
    }
}
