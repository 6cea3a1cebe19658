//! App management policies from wire to domain (FACTS §5).

use serde_json::Value;

use super::convert::{each, text};
use super::entry::Entry;
use super::wire;
use crate::domain::{
    Actor, Collection, CustomPolicy, Limit, ObjectId, ObjectKey, ObjectKind, PolicyId, Reach, Restriction,
    RestrictionKind, State, TenantDefault, Text,
};

/// So much of something unknown in `excludeActors` is shown.
const SHOWN: usize = 200;

/// The tenant default. None, and a problem noted, where it cannot be read: a restriction lost from it
/// could make all the difference.
pub(super) fn tenant_default(mut entry: Entry<'_>) -> Option<TenantDefault> {
    let wire: wire::TenantDefault = entry.read()?;
    let id = PolicyId(entry.id(wire.id.as_deref())?);
    Some(TenantDefault {
        id,
        display_name: text(wire.display_name).unwrap_or_default(),
        is_enabled: enabled(&mut entry, wire.is_enabled)?,
        application_restrictions: restrictions(&mut entry, wire.application_restrictions)?,
        service_principal_restrictions: restrictions(&mut entry, wire.service_principal_restrictions)?,
    })
}

/// A custom policy, as [`tenant_default`]; what it applies to is still to be read.
pub(super) fn custom_policy(mut entry: Entry<'_>) -> Option<CustomPolicy> {
    let wire: wire::CustomPolicy = entry.read()?;
    let id = PolicyId(entry.id(wire.id.as_deref())?);
    let (both, applications) = match wire.restrictions {
        Some(wire) => (Some(wire.both), wire.application_restrictions),
        None => (None, None),
    };
    let mut all = restrictions(&mut entry, both)?;
    for restriction in restrictions(&mut entry, applications)? {
        if restriction.collection.applications_only() {
            all.push(restriction);
        } else {
            // Taken for what it looks like, it would be said to reach service principals too.
            entry.wrong("`applicationRestrictions` holds credential restrictions, which is not documented");
        }
    }
    Some(CustomPolicy {
        id,
        display_name: text(wire.display_name).unwrap_or_default(),
        description: text(wire.description),
        is_enabled: enabled(&mut entry, wire.is_enabled)?,
        restrictions: all,
        applies_to: Reach::Partly(Vec::new()),
    })
}

/// An entry of `appliesTo`. Agent identities count as what they derive from (FACTS §1.1).
pub(super) fn assignment(mut entry: Entry<'_>) -> Option<ObjectKey> {
    let wire: wire::Reference<'_> = entry.read()?;
    let id = ObjectId(entry.id(wire.id.as_deref())?);
    let odata_type = wire.odata_type.as_deref().unwrap_or_default();
    let kind = match odata_type.trim_start_matches('#') {
        "microsoft.graph.application" | "microsoft.graph.agentIdentityBlueprint" => ObjectKind::Application,
        "microsoft.graph.servicePrincipal"
        | "microsoft.graph.agentIdentity"
        | "microsoft.graph.agentIdentityBlueprintPrincipal" => ObjectKind::ServicePrincipal,
        _ => {
            entry.wrong("`@odata.type` is neither an application nor a service principal");
            return None;
        }
    };
    Some(ObjectKey { kind, id })
}

/// Nothing can be concluded from a policy that does not say whether it is enabled.
fn enabled(entry: &mut Entry<'_>, wire: Option<bool>) -> Option<bool> {
    if wire.is_none() {
        entry.wrong("`isEnabled` is missing");
    }
    wire
}

fn restrictions(entry: &mut Entry<'_>, wire: Option<wire::Restrictions>) -> Option<Vec<Restriction>> {
    let Some(wire) = wire else { return Some(Vec::new()) };
    let mut all = Vec::new();
    for (collection, listed) in [
        (Collection::PasswordCredentials, wire.password_credentials),
        (Collection::KeyCredentials, wire.key_credentials),
    ] {
        for mut wire in each(listed) {
            if wire.restriction_type.is_none() {
                entry.wrong(format_args!("a restriction in `{}` has no type", collection.as_str()));
            }
            let kind = wire.restriction_type.take().unwrap_or_default();
            all.push(restriction(entry, collection, &kind, wire));
        }
    }
    for (collection, members) in [
        (Collection::IdentifierUris, wire.identifier_uris),
        (Collection::Audiences, wire.audiences),
        (Collection::RedirectUris, wire.redirect_uris),
    ] {
        for (name, member) in members.unwrap_or_default() {
            if !member.is_object() {
                continue; // null, or an annotation
            }
            let Ok(wire) = serde_json::from_value(member) else {
                entry.wrong(format_args!("a restriction in `{}` is not as documented", collection.as_str()));
                return None;
            };
            all.push(restriction(entry, collection, &name, wire));
        }
    }
    Some(all)
}

fn restriction(
    entry: &mut Entry<'_>,
    collection: Collection,
    kind: &str,
    wire: wire::Restriction,
) -> Restriction {
    let state = match wire.state.as_deref() {
        None => State::Missing,
        Some("enabled") => State::Enabled,
        Some("disabled") => State::Disabled,
        Some(other) => State::Other(Text::new(other)),
    };
    let text = wire.restrict_for_apps_created_after_date_time;
    let date = entry.time("restrictForAppsCreatedAfterDateTime", text.as_deref());
    // Without its date it would seem to hold for every object.
    let dateless = text.is_some() && date.is_none();
    let state = match state {
        State::Enabled | State::Missing if dateless => {
            State::Other(Text::new("enabled from a date that cannot be read"))
        }
        state => state,
    };
    Restriction {
        collection,
        kind: RestrictionKind::from_graph(kind),
        state,
        limit: limit(wire.max_lifetime),
        created_on_or_after: date,
        exempted_actors: wire.exclude_actors.as_ref().map(actors).unwrap_or_default(),
    }
}

fn limit(wire: Option<String>) -> Limit {
    wire.map_or(Limit::Missing, |text| Limit::from_graph(&text))
}

/// Everything that names somebody. What is not known to is taken to: a block with exemptions must not
/// pass for one without.
fn actors(wire: &Value) -> Vec<Actor> {
    let Value::Object(members) = wire else { return actor(wire).into_iter().collect() };
    let members = members.iter().filter(|(name, _)| !name.starts_with("@odata"));
    let of_member = |(name, member): (&String, &Value)| match member {
        Value::Array(entries) => entries.iter().filter_map(actor).collect::<Vec<_>>(),
        _ => actor(member)
            .map(|Actor(text)| Actor(Text::new(&format!("{name}: {text}"))))
            .into_iter()
            .collect(),
    };
    members.flat_map(of_member).collect()
}

fn actor(wire: &Value) -> Option<Actor> {
    let nobody = match wire {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(entries) => entries.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    };
    if nobody {
        return None;
    }
    let word = |name| wire.get(name).and_then(Value::as_str);
    let shown = match (word("id"), word("operator"), word("value")) {
        (Some(id), operator, Some(value)) => format!("{id} {} {value}", operator.unwrap_or("equals")),
        _ => wire.as_str().map_or_else(|| wire.to_string(), str::to_owned).chars().take(SHOWN).collect(),
    };
    Some(Actor(Text::new(&shown)))
}
