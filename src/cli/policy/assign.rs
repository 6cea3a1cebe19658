//! `keysweep policy assign` and `unassign`.

use serde_json::Value;

use super::counter::{Counter, Known, name_of, unread};
use super::which;
use crate::cli::args;
use crate::cli::exit::{End, Failure};
use crate::domain::{PolicyId, Text};
use crate::graph::look;
use crate::remediation::{Change, PolicyRef, Target, custom_policy, tenant_default};
use crate::report::remedy::who;

pub(super) async fn assign(args: &args::Assign, counter: &Counter<'_>) -> Result<End, Failure> {
    let policies = look::policies(&counter.reader).await.map_err(|error| unread(&error))?;
    let (id, policy) = which::policy(&policies, &args.policy)?;
    let object = which::object(&counter.reader, &args.object, args.kind).await?;
    let display_name = custom_policy::name(policy);
    let assigned = assigned(counter, &object).await?;
    if assigned.contains(&id) {
        let (policy, object) = (name_of(display_name.as_str()), who(&object));
        return counter.nothing(&format!("There is nothing to do: {policy} ({id}) is assigned to {object}."));
    }
    if let Some(other) = assigned.first() {
        return Err(Failure::usage(format!(
            "{} has the custom policy {} already, and can have one only. Unassign that first: `keysweep policy \
             unassign {}`",
            who(&object),
            called(&policies, *other),
            object.object_id
        )));
    }
    let mut notes = Vec::new();
    if !tenant_default::is_enabled(policy) {
        notes.push(format!(
            "{} is not enabled: assigned, it restricts nothing",
            name_of(display_name.as_str())
        ));
    }
    let policy = PolicyRef::Existing { policy: id, display_name };
    counter.go("policy assign", vec![Change::AssignPolicy { object, policy }], Known::default(), &notes).await
}

pub(super) async fn unassign(args: &args::Unassign, counter: &Counter<'_>) -> Result<End, Failure> {
    let object = which::object(&counter.reader, &args.object, args.kind).await?;
    let policies = look::policies(&counter.reader).await.map_err(|error| unread(&error))?;
    let assigned = assigned(counter, &object).await?;
    let wanted = args.policy.as_deref().map(|meant| which::policy(&policies, meant)).transpose()?;
    let policy = match (wanted, assigned.as_slice()) {
        (_, []) => {
            return counter
                .nothing(&format!("There is nothing to do: {} has no custom policy.", who(&object)));
        }
        (Some((wanted, _)), assigned) if assigned.contains(&wanted) => wanted,
        (Some((wanted, _)), [other, ..]) => {
            return Err(Failure::usage(format!(
                "{} does not have the custom policy {}; it has {}",
                who(&object),
                called(&policies, wanted),
                called(&policies, *other)
            )));
        }
        (None, [only]) => *only,
        (None, several) => {
            let words = several.iter().map(|id| called(&policies, *id));
            return Err(Failure::usage(format!(
                "{} has several custom policies: {}. Say which one",
                who(&object),
                which::list(words, several.len())
            )));
        }
    };
    let display_name = name_in(&policies, policy);
    counter
        .go(
            "policy unassign",
            vec![Change::UnassignPolicy { object, policy, display_name }],
            Known::default(),
            &[],
        )
        .await
}

async fn assigned(counter: &Counter<'_>, object: &Target) -> Result<Vec<PolicyId>, Failure> {
    let assigned = look::assigned(&counter.reader, object.key()).await.map_err(|error| unread(&error))?;
    assigned.ok_or_else(|| Failure::usage(format!("{} is not there any more", who(object))))
}

fn name_in(policies: &[Value], id: PolicyId) -> Text {
    let policy = policies.iter().find(|policy| custom_policy::id(policy) == Some(id));
    policy.map(custom_policy::name).unwrap_or_default()
}

/// A policy by name and id.
fn called(policies: &[Value], id: PolicyId) -> String {
    format!("{} ({id})", name_of(name_in(policies, id).as_str()))
}
