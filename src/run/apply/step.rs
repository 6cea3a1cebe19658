//! One step: looked at again, then sent if it is still as the plan saw it.

use std::collections::BTreeMap;

use super::look::{self, Seen};
use super::said::told;
use super::sending::Sending;
use super::{ApplyError, ApplyJob, guard};
use crate::domain::{PolicyId, Text};
use crate::graph::GraphError;
use crate::remediation::{Change, Outcome, PolicyRef, Skipped, Standing, Step, Target};
use crate::store::Entry;

/// What came of a step.
#[derive(Debug)]
pub(super) struct Concluded {
    pub(super) outcome: Outcome,
    /// Why the next ones would not fare better; none where they may.
    pub(super) hopeless: Option<Text>,
}

impl From<Outcome> for Concluded {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, hopeless: None }
    }
}

/// Whether an earlier start, or an earlier sending, may have done it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// Nothing was sent, or what was sent surely was not carried out.
    Untouched,
    /// It was on record as about to be sent, and nobody knows what became of it.
    PerhapsSent,
}

impl Past {
    pub(super) fn of(entry: Option<&Entry>) -> Self {
        match entry {
            Some(Entry { intended: Some(_), outcome: None | Some(Outcome::Unclear { .. }), .. }) => {
                Self::PerhapsSent
            }
            Some(_) | None => Self::Untouched,
        }
    }

    /// It is not as it shall be, or that cannot be found out.
    pub(super) fn not_done(self, reason: &str) -> Outcome {
        let reason = Text::new(reason);
        match self {
            Self::Untouched => Outcome::Failed { reason },
            Self::PerhapsSent => Outcome::Unclear { reason },
        }
    }

    /// What is concluded without sending anything; none where it is as expected.
    pub(super) fn judge(self, change: &Change, standing: &Standing) -> Option<Outcome> {
        Some(match (standing, self) {
            (Standing::Expected, _) => return None,
            (Standing::Reached { created }, Self::PerhapsSent) => {
                Outcome::Done { created: *created, found: true }
            }
            (Standing::Reached { .. }, Self::Untouched) => Outcome::Skipped(match change {
                Change::RemovePassword { .. } | Change::DeletePolicy { .. } => Skipped::Gone,
                Change::SetTenantDefault { .. }
                | Change::CreatePolicy { .. }
                | Change::AssignPolicy { .. }
                | Change::UnassignPolicy { .. }
                | Change::SetAccountEnabled { .. } => Skipped::AlreadySo,
            }),
            (Standing::Gone, Self::Untouched) => Outcome::Skipped(Skipped::Gone),
            (Standing::Gone, Self::PerhapsSent) => {
                self.not_done("It was sent, Graph did not say what became of it, and the object is gone now.")
            }
            (Standing::Other { taken_away: true, .. }, Self::PerhapsSent) => {
                Outcome::Done { created: None, found: true }
            }
            (Standing::Other { how, .. }, Self::Untouched) => {
                Outcome::Skipped(Skipped::Changed { how: Text::new(how) })
            }
            (Standing::Other { how, .. }, Self::PerhapsSent) => self.not_done(&format!(
                "It was sent, Graph did not say what became of it, and it is neither as before nor as it shall be. {how}"
            )),
        })
    }
}

/// Carries out one step, as far as it is not concluded. `earlier` are the changes that were done before it,
/// `created` the policies they made, by the numbers of their steps.
pub(super) async fn step(
    job: ApplyJob<'_>,
    step: &Step,
    entry: Option<&Entry>,
    earlier: &[Change],
    created: &BTreeMap<u32, PolicyId>,
) -> Result<Concluded, ApplyError> {
    let past = Past::of(entry);
    let forbidden = |sight| guard::forbids(job.config, job.tenant, step, sight, (job.clock)());
    if let (Past::Untouched, Some(why)) = (past, forbidden(None)) {
        return Ok(Outcome::Skipped(why).into());
    }
    let change = match resolved(&step.change, created) {
        Ok(change) => change,
        Err(step) => return Ok(Outcome::Skipped(Skipped::Unfounded { step }).into()),
    };
    let seen = match first_look(job, &change, past, earlier).await {
        Ok(seen) => seen,
        Err(error) => return Ok(unread(past, &error)),
    };
    if let Some(outcome) = past.judge(&change, &seen.standing) {
        return Ok(outcome.into());
    }
    if let Some(why) = forbidden(Some(&seen.sight)) {
        return Ok(Outcome::Skipped(why).into());
    }
    // Time has passed over the looking.
    if job.plan.expires <= (job.clock)() {
        let reason = "It was not done, and the plan has expired.";
        return Ok(Concluded { outcome: past.not_done(reason), hopeless: Some(expired(job)) });
    }
    let before = (past == Past::Untouched).then(|| change.record_of(&seen.sight));
    Sending { job, number: step.number, change: &change, past, before }.carry_out().await
}

/// A plan that is too old sends nothing more.
pub(super) fn expired(job: ApplyJob<'_>) -> Text {
    Text::new(&format!("The plan expired at {}. Make a new one.", job.plan.expires.to_rfc3339()))
}

/// The change with the id of the policy that an earlier step created; that step's number where it created none.
pub(super) fn resolved(change: &Change, created: &BTreeMap<u32, PolicyId>) -> Result<Change, u32> {
    let Change::AssignPolicy { object, policy: PolicyRef::CreatedBy { step, display_name } } = change else {
        return Ok(change.clone());
    };
    let policy = *created.get(step).ok_or(*step)?;
    let policy = PolicyRef::Existing { policy, display_name: display_name.clone() };
    Ok(Change::AssignPolicy { object: object.clone(), policy })
}

/// A look before anything is sent. What was perhaps sent may show late, and so may what this plan has just done to
/// the same object or policy.
async fn first_look(
    job: ApplyJob<'_>,
    change: &Change,
    past: Past,
    earlier: &[Change],
) -> Result<Seen, GraphError> {
    let ApplyJob { reader, patience, .. } = job;
    match past {
        Past::PerhapsSent => look::until(reader, patience, change, None, has_come_about).await,
        Past::Untouched if earlier.iter().any(|earlier| touch(earlier, change)) => {
            let settled =
                |standing: &Standing| matches!(standing, Standing::Expected | Standing::Reached { .. });
            look::until(reader, patience, change, None, settled).await
        }
        Past::Untouched => look::once(reader, change, None).await,
    }
}

/// Whether it is as it shall be, or what was to be taken away is not there.
pub(super) fn has_come_about(standing: &Standing) -> bool {
    matches!(standing, Standing::Reached { .. } | Standing::Other { taken_away: true, .. })
}

/// Whether the later of two changes may build on the earlier one. Two assignments of one policy do not.
pub(super) fn builds_on(later: &Change, earlier: &Change) -> bool {
    let is_assignment =
        |change: &Change| matches!(change, Change::AssignPolicy { .. } | Change::UnassignPolicy { .. });
    let object = |change: &Change| change.object().map(Target::key);
    let two_objects = object(later) != object(earlier);
    touch(earlier, later) && !(is_assignment(later) && is_assignment(earlier) && two_objects)
}

/// Whether two changes are about the same object or the same policy. A policy that is created is told by its name.
fn touch(one: &Change, other: &Change) -> bool {
    let object = |change: &Change| change.object().map(Target::key);
    let same_object = object(one).is_some() && object(one) == object(other);
    same_object || (policy(one).is_some() && policy(one) == policy(other))
}

fn policy(change: &Change) -> Option<String> {
    let name = |name: &Text| Some(name.as_str().to_owned());
    match change {
        Change::CreatePolicy { body } => body.get("displayName")?.as_str().map(str::to_owned),
        Change::DeletePolicy { display_name, .. } | Change::UnassignPolicy { display_name, .. } => {
            name(display_name)
        }
        Change::AssignPolicy { policy, .. } => match policy {
            PolicyRef::Existing { display_name, .. } | PolicyRef::CreatedBy { display_name, .. } => {
                name(display_name)
            }
        },
        Change::SetTenantDefault { .. } => Some("the tenant default".to_owned()),
        Change::RemovePassword { .. } | Change::SetAccountEnabled { .. } => None,
    }
}

/// It could not be looked at, so nothing was sent.
fn unread(past: Past, error: &GraphError) -> Concluded {
    let said = told(error);
    let hopeless = match error {
        // A refusal (403) may be about this object alone. Where it is not, `max_failures` ends it.
        GraphError::SignIn(_) | GraphError::Unauthorized { .. } => Some(Text::new(&said)),
        _ => None,
    };
    let reason = match past {
        Past::Untouched => format!("It could not be looked at before, so nothing was sent. {said}"),
        Past::PerhapsSent => format!("Whether it was done could not be looked up. {said}"),
    };
    Concluded { outcome: past.not_done(&reason), hopeless }
}
