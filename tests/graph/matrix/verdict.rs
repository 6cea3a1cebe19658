//! What came of an audit, held against what there is.

use keysweep::domain::{
    Aside, Assigned, Beside, CustomPolicy, HowRead, Inventory, Object, Owners, Part, Reach,
};

use super::expected::{End, Strikes};
use super::faults::{Ill, Nature};
use super::routes::{Place, Route};
use super::stand::Journey;
use crate::delta_emulated::difference;
use crate::tenant::{parts, reasons};

/// What was read, of what there is, and of what there was.
pub(super) struct Seen<'a> {
    pub(super) found: &'a Inventory,
    pub(super) how: &'a HowRead,
    pub(super) truth: &'a Inventory,
    pub(super) before: &'a Inventory,
}

/// Whether an audit ended as it had to; and if not, what is wrong.
pub(super) fn judge(
    seen: &Seen<'_>,
    route: &Route,
    ill: &Ill,
    strikes: Strikes,
    end: End,
) -> Result<(), String> {
    let Seen { found, how, truth, before } = seen;
    let ensure = |so: bool, what: &str| if so { Ok(()) } else { Err(what.to_owned()) };
    let complete = || ensure(found.is_complete(), &format!("it ends incomplete: {}", reasons(found)));
    match end {
        End::Same | End::SameInFull => {
            complete()?;
            ensure(found == truth, &format!("it is not what there is: {}", difference(found, truth)))?;
        }
        End::SameForHolders => {
            complete()?;
            let (found, truth) = (changed(found, pass_over_others), changed(truth, pass_over_others));
            ensure(found == truth, &format!("it is not what there is: {}", difference(&found, &truth)))?;
        }
        End::Earlier => {
            complete()?;
            let looked_at = |inventory: &Inventory| match route.place {
                Place::Anybody => changed(inventory, pass_over_others),
                _ => inventory.clone(),
            };
            earlier(&looked_at(found), &looked_at(truth), &looked_at(before))?;
        }
        End::Unavailable => {
            complete()?;
            ensure(
                unavailable(&found.beside) == [route.part],
                "it is not said that the part is not to be had",
            )?;
            // Blueprints are listed by themselves alone.
            if route.part != Part::AgentBlueprints {
                let beside = with_part(&truth.beside, &found.beside, route.part);
                let expected = Inventory { beside, ..(*truth).clone() };
                ensure(
                    **found == expected,
                    &format!("it is not what there is: {}", difference(found, &expected)),
                )?;
            }
        }
        End::Gap if route.journey == Journey::Beside => {
            gaps(found, route, ill, strikes)?;
            let expected = with_part(&truth.beside, &found.beside, route.part);
            ensure(found.beside == expected, "another part is not as it is")?;
            ensure(unavailable(&found.beside).is_empty(), "it is said not to be had")?;
            true_as_far_as_it_goes(found, truth)?;
        }
        End::Gap => {
            gaps(found, route, ill, strikes)?;
            if ill.nature != Nature::BadEntry {
                true_as_far_as_it_goes(found, truth)?;
            }
        }
    }
    let by_delta = matches!(how, HowRead::ByDelta { .. });
    match (route.journey, end) {
        (Journey::Delta, End::SameInFull) => ensure(!by_delta, "it was read by delta"),
        (Journey::Delta, End::Same) if route.place != Place::ListingAfterAll => {
            ensure(by_delta, "everything was read, without need")
        }
        _ => Ok(()),
    }
}

/// The parts that are said not to be had.
fn unavailable(beside: &Beside) -> Vec<Part> {
    let Beside { permissions, roles, credential_use, application_use, additions, deleted, blueprints } =
        beside;
    let parts = [
        (Part::Permissions, permissions.unavailable()),
        (Part::DirectoryRoles, roles.unavailable()),
        (Part::SignInActivity, credential_use.unavailable()),
        (Part::SignInActivity, application_use.unavailable()),
        (Part::AuditLog, additions.unavailable()),
        (Part::DeletedApplications, deleted.unavailable()),
        (Part::AgentBlueprints, blueprints.unavailable()),
    ];
    parts
        .into_iter()
        .filter(|(_, why)| why.is_some_and(|why| 20 < why.as_str().len()))
        .map(|(part, _)| part)
        .collect()
}

/// What there is, but for one part, of which it is what was found: not everything, and nothing else.
fn with_part(truth: &Beside, found: &Beside, part: Part) -> Beside {
    let (mut beside, found) = (truth.clone(), found.clone());
    match part {
        Part::Permissions => beside.permissions = missing(found.permissions),
        Part::DirectoryRoles => beside.roles = missing(found.roles),
        Part::SignInActivity => {
            // Of the two reports one was struck.
            if found.credential_use.read().is_none() {
                beside.credential_use = missing(found.credential_use);
            } else {
                beside.application_use = missing(found.application_use);
            }
        }
        Part::AuditLog => beside.additions = missing(found.additions),
        Part::DeletedApplications => beside.deleted = missing(found.deleted),
        Part::AgentBlueprints => beside.blueprints = missing(found.blueprints),
        other => panic!("{other} is not read beside"),
    }
    beside
}

/// A part that was not read; one that was is none.
fn missing<T>(found: Aside<T>) -> Aside<T> {
    if found.read().is_some() { Aside::NotAsked } else { found }
}

/// The part that was struck is named, with a reason, and no part that was not.
fn gaps(found: &Inventory, route: &Route, ill: &Ill, strikes: Strikes) -> Result<(), String> {
    let named = parts(found);
    if named.is_empty() {
        return Err("it ends complete".to_owned());
    }
    let struck = match (route.place, strikes) {
        // That of the new applications was made up for; then there are those for the names of owners.
        (Place::NewcomerEnvelope, Strikes::Always) => Part::Owners,
        _ => route.part,
    };
    let may_be_named = |part: &Part| match part {
        // The authority or the connection is believed to be down: the other policies are not asked about.
        Part::Assignments(_) => matches!(route.part, Part::Assignments(_)),
        part => *part == route.part || *part == struck,
    };
    let silence = |reason: &str| ill.nature == Nature::Silent && reason.contains("did not answer");
    let stray = found.gaps.iter().find(|gap| !may_be_named(&gap.part) && !silence(gap.reason.as_str()));
    let reasoned =
        found.gaps.iter().all(|gap| 20 < gap.reason.as_str().len() && !gap.reason.as_str().contains("eyJ"));
    if named.contains(&struck) && stray.is_none() && reasoned {
        Ok(())
    } else {
        Err(format!("its gaps are {}", reasons(found)))
    }
}

/// What an incomplete inventory does hold is so, and what it does not know it does not claim.
fn true_as_far_as_it_goes(found: &Inventory, truth: &Inventory) -> Result<(), String> {
    for object in found.objects.iter() {
        let Some(truth) = truth_of(truth, &object) else { return Err(format!("{object:?} is made up")) };
        let assigned = object.assigned == truth.assigned || object.assigned == Assigned::Unread;
        let owners = match &object.owners {
            Owners::Unread => true,
            Owners::Somebody => truth.owners != Owners::Nobody,
            known => *known == truth.owners,
        };
        if !assigned || !owners || bare(object.clone()) != bare(truth.clone()) {
            return Err(format!("it claims {object:?}, and the truth is {truth:?}"));
        }
    }
    let default = found.tenant_default.is_none() || found.tenant_default == truth.tenant_default;
    let custom = found.custom_policies.iter().all(|policy| {
        truth.custom_policy(policy.id).is_some_and(|truth| {
            let all = policy.applies_to.seen().iter().all(|key| truth.applies_to.seen().contains(key));
            let reach =
                policy.applies_to == truth.applies_to || matches!(policy.applies_to, Reach::Partly(_)) && all;
            reach && unassigned(policy) == unassigned(truth)
        })
    });
    if default && custom { Ok(()) } else { Err("it claims other policies than there are".to_owned()) }
}

/// Each part is as it was or as it is.
pub(super) fn earlier(found: &Inventory, truth: &Inventory, before: &Inventory) -> Result<(), String> {
    let two = [truth, before];
    for object in found.objects.iter() {
        let candidates: Vec<Object> = two.iter().filter_map(|of| truth_of(of, &object)).collect();
        let any = |holds: &dyn Fn(&Object) -> bool| candidates.iter().any(holds);
        let whole = any(&|of| bare(of.clone()) == bare(object.clone()));
        if !whole || !any(&|of| of.assigned == object.assigned) || !any(&|of| of.owners == object.owners) {
            return Err(format!("it is neither as it was nor as it is: {object:?}"));
        }
    }
    let missing = truth
        .objects
        .keys()
        .find(|key| before.objects.find(key).is_some() && found.objects.find(key).is_none());
    let default = two.iter().any(|of| of.tenant_default == found.tenant_default);
    let custom = found.custom_policies.len() == truth.custom_policies.len()
        && found.custom_policies.iter().all(|policy| {
            let mut candidates = two.iter().filter_map(|of| of.custom_policy(policy.id));
            candidates.clone().any(|of| unassigned(of) == unassigned(policy))
                && candidates.any(|of| of.applies_to == policy.applies_to)
        });
    if missing.is_none() && default && custom {
        Ok(())
    } else {
        Err(format!("{missing:?} is missing, or policies are made up"))
    }
}

fn truth_of(truth: &Inventory, object: &Object) -> Option<Object> {
    truth.objects.find(&object.key()).and_then(|place| truth.objects.get(place))
}

fn changed(inventory: &Inventory, change: fn(Object) -> Object) -> Inventory {
    Inventory { objects: inventory.objects.iter().map(change).collect(), ..inventory.clone() }
}

/// Nobody wants to know who owns an application that holds nothing.
fn pass_over_others(object: Object) -> Object {
    if object.credentials().is_empty() { Object { owners: Owners::Unread, ..object } } else { object }
}

/// Without what policies and owners add to it.
fn bare(object: Object) -> Object {
    Object { assigned: Assigned::Unread, owners: Owners::Unread, ..object }
}

fn unassigned(policy: &CustomPolicy) -> CustomPolicy {
    CustomPolicy { applies_to: Reach::Known(Vec::new()), ..policy.clone() }
}
