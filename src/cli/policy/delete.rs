//! `keysweep policy delete`.

use super::counter::{Counter, Known, last_seen, name_of, unread};
use super::which;
use crate::cli::args;
use crate::cli::exit::{End, Failure};
use crate::domain::{Inventory, ObjectKey};
use crate::graph::look;
use crate::remediation::{Change, custom_policy};

pub(super) async fn delete(args: &args::Delete, counter: &Counter<'_>) -> Result<End, Failure> {
    let policies = look::policies(&counter.reader).await.map_err(|error| unread(&error))?;
    let (policy, found) = which::policy(&policies, &args.policy)?;
    let display_name = custom_policy::name(found);
    let applies_to = look::applies_to(&counter.reader, policy).await.map_err(|error| unread(&error))?;
    let applies_to = applies_to.unwrap_or_default();
    if !applies_to.is_empty() && !args.unassign {
        return Err(assigned(&name_of(display_name.as_str()), &applies_to, counter).await?);
    }
    let allowed = counter.config.remediation.orders.max_changes;
    if usize::try_from(allowed).unwrap_or(usize::MAX) <= applies_to.len() {
        return Err(Failure::usage(format!(
            "{} is assigned to {} objects: that takes {} changes, and `[remediation] max_changes` allows {allowed}. \
             Raise it, or unassign some of them first",
            name_of(display_name.as_str()),
            applies_to.len(),
            applies_to.len() + 1
        )));
    }
    let mut changes = Vec::new();
    for key in applies_to {
        // One that has gone meanwhile has nothing assigned any more.
        if let Some(object) = which::object_of(&counter.reader, key).await? {
            let display_name = display_name.clone();
            changes.push(Change::UnassignPolicy { object, policy, display_name });
        }
    }
    let before = custom_policy::settings(found);
    changes.push(Change::DeletePolicy { policy, display_name, before });
    counter.go("policy delete", changes, Known::default(), &[]).await
}

/// Why a policy that is assigned is not deleted.
async fn assigned(name: &str, applies_to: &[ObjectKey], counter: &Counter<'_>) -> Result<Failure, Failure> {
    let seen = last_seen(&counter.store, counter.tenant).await?;
    let inventory = seen.as_ref().map(|(_, inventory)| inventory);
    let count = applies_to.len();
    let objects = which::list(applies_to.iter().map(|key| called(inventory, *key)), count);
    let noun = if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
    Ok(Failure::usage(format!(
        "{name} is assigned to {noun}: {objects}. `--unassign` unassigns it from them first, all in one plan"
    )))
}

/// An object by the name that the last complete run knew, and its id.
pub(super) fn called(inventory: Option<&Inventory>, key: ObjectKey) -> String {
    let known = inventory.and_then(|inventory| {
        let place = inventory.objects.find(&key)?;
        Some(inventory.objects.get(place)?.display_name)
    });
    let kind = key.kind.as_str().replace('-', " ");
    known.map_or_else(
        || format!("{kind} {}", key.id),
        |name| format!("{kind} {} ({})", name_of(name.as_str()), key.id),
    )
}
