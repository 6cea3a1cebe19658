//! All that must hold before anything is changed.

use chrono::{DateTime, Utc};

use crate::config::{Config, Tenant};
use crate::graph::{self, GraphError, GraphWriter, WriteKind};
use crate::remediation::{Change, Plan, Step};
use crate::store::{KeptPlan, PlanState, Store, StoreError, TenantKey};

/// What is asked.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// The configuration as it is now.
    pub config: &'a Config,
    /// The tenant that is meant.
    pub tenant: &'a Tenant,
    /// Where plans are on record.
    pub store: &'a Store,
    /// The plan, whose seal was found intact ([`Plan::read`]).
    pub plan: &'a Plan,
    /// Who would write; none for a dry run, which holds none: permissions are not looked at then.
    pub writer: Option<&'a GraphWriter>,
    /// What time it is.
    pub now: DateTime<Utc>,
}

/// A plan that may be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleared {
    /// How it stands: [`PlanState::Applying`] and [`PlanState::Stopped`] are gone on with.
    pub state: PlanState,
    /// What is worth saying before, a sentence each.
    pub warnings: Vec<String>,
}

/// Why a plan may not be applied. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is meant for another tenant of the configuration.
    #[error("the plan is for the tenant `{of}`, not for `{meant}`")]
    OtherTenant {
        /// Whose it is.
        of: String,
        /// Which is meant.
        meant: String,
    },
    /// Its tenant has another id now.
    #[error("the plan is for the tenant id {of}, and `{tenant}` has the id {configured} now")]
    OtherId {
        /// Whose it is.
        of: String,
        /// The tenant.
        tenant: String,
        /// Its id by the configuration.
        configured: String,
    },
    /// It changes nothing.
    #[error("there is nothing to do: the plan has no steps")]
    Empty,
    /// It is not on record here.
    #[error("the plan `{0}` is not on record in this store")]
    NotOnRecord(String),
    /// The one on record differs.
    #[error("the plan `{0}` is not the one that is on record under this name")]
    Differs(String),
    /// It was applied.
    #[error("the plan `{id}` was applied{}", at(*.ended))]
    Applied {
        /// Which.
        id: String,
        /// When that ended.
        ended: Option<DateTime<Utc>>,
    },
    /// Somebody began to take it back.
    #[error("the plan `{0}` was taken back")]
    TakenBack(String),
    /// It is too old.
    #[error("the plan `{id}` expired at {expired}")]
    Expired {
        /// Which.
        id: String,
        /// When.
        expired: DateTime<Utc>,
    },
    /// It does more than is allowed.
    #[error("the plan changes {steps} things, and `remediation.max_changes` allows {allowed}")]
    TooMany {
        /// How many steps.
        steps: usize,
        /// How many are allowed.
        allowed: u32,
    },
    /// The writer's token lacks permissions.
    #[error("the sign-in that writes lacks {}", quoted(.missing))]
    Lacking {
        /// Those.
        missing: Vec<&'static str>,
    },
    /// There is no token for the writer.
    #[error("the sign-in that writes does not work")]
    SignIn(#[source] GraphError),
    /// The store cannot be asked.
    #[error("the plan cannot be looked up")]
    Store(#[source] StoreError),
}

impl Refusal {
    /// What to do next, in a sentence.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let advice = match self {
            Self::OtherTenant { of, .. } => return Some(format!("Name that tenant with `--tenant {of}`.")),
            Self::Empty => return None,
            Self::Applied { id, .. } => {
                return Some(format!(
                    "Make a new plan; `keysweep undo {id}` says what of this one can be taken back."
                ));
            }
            Self::Lacking { .. } => {
                return Some(
                    "Grant them to the app registration of `remediation.credential` as application permissions and give admin consent; nothing was changed.".to_owned(),
                );
            }
            Self::SignIn(error) => return error.advice(),
            Self::Store(error) => return error.advice(),
            Self::OtherId { .. } => "Make a new plan for the tenant as it is configured now.",
            Self::NotOnRecord(_) => {
                "Apply it where it was made, with the same `store.url`, or make a new plan here."
            }
            Self::Differs(_) => "Make a new plan, and leave its file as it is.",
            Self::TakenBack(_) => "It is not gone on with. Make a new plan.",
            Self::Expired { .. } => "Make a new plan: the directory has moved on since.",
            Self::TooMany { .. } => "Make a new plan, or raise `remediation.max_changes`.",
        };
        Some(advice.to_owned())
    }

    /// What is wrong and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        graph::explain(self, self.advice())
    }
}

fn at(time: Option<DateTime<Utc>>) -> String {
    time.map(|time| format!(" at {}", time.to_rfc3339())).unwrap_or_default()
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" and ")
}

/// Whether a plan may be applied: everything is looked at before anything is changed.
///
/// # Errors
/// When it may not.
pub async fn check(asked: Check<'_>) -> Result<Cleared, Refusal> {
    let Check { config, tenant, store, plan, writer, now } = asked;
    fits(plan, tenant)?;
    if plan.steps.is_empty() {
        return Err(Refusal::Empty);
    }
    let kept = on_record(plan, tenant, store).await?;
    let mut warnings = Vec::new();
    let id = || plan.plan_id.to_string();
    if plan.expires <= now {
        if kept.state != PlanState::Applying {
            return Err(Refusal::Expired { id: id(), expired: plan.expires });
        }
        warnings.push(format!(
            "The plan `{}` has expired: what was interrupted is looked at, and nothing more is sent.",
            plan.plan_id
        ));
    }
    let allowed = config.remediation.orders.max_changes;
    if usize::try_from(allowed).unwrap_or(usize::MAX) < plan.steps.len() {
        return Err(Refusal::TooMany { steps: plan.steps.len(), allowed });
    }
    if let Some(writer) = writer {
        warnings.extend(permitted(plan, writer).await?);
    }
    Ok(Cleared { state: kept.state, warnings })
}

/// Whether it is for this tenant.
fn fits(plan: &Plan, tenant: &Tenant) -> Result<(), Refusal> {
    if plan.tenant != tenant.name {
        return Err(Refusal::OtherTenant { of: plan.tenant.clone(), meant: tenant.name.clone() });
    }
    if plan.tenant_id != tenant.tenant_id {
        return Err(Refusal::OtherId {
            of: plan.tenant_id.to_string(),
            tenant: tenant.name.clone(),
            configured: tenant.tenant_id.to_string(),
        });
    }
    Ok(())
}

/// The plan on record, which is this one, and was neither applied nor taken back.
pub(super) async fn on_record(plan: &Plan, tenant: &Tenant, store: &Store) -> Result<KeptPlan, Refusal> {
    fits(plan, tenant)?;
    let id = || plan.plan_id.to_string();
    let kept = store.kept_plan(&TenantKey::from(tenant), &plan.plan_id).await.map_err(Refusal::Store)?;
    let kept = kept.ok_or_else(|| Refusal::NotOnRecord(id()))?;
    if kept.plan != *plan {
        return Err(Refusal::Differs(id()));
    }
    if kept.state == PlanState::Applied {
        return Err(Refusal::Applied { id: id(), ended: kept.ended });
    }
    if kept.state == PlanState::TakenBack {
        return Err(Refusal::TakenBack(id()));
    }
    Ok(kept)
}

/// Reaches what the app registration owns, and nothing else (FACTS §12).
const OWNED: &str = "Application.ReadWrite.OwnedBy";

/// Whether the writer holds what the steps need, and what is to be said of it.
async fn permitted(plan: &Plan, writer: &GraphWriter) -> Result<Option<String>, Refusal> {
    let needed = permissions(&plan.steps);
    let held = writer.permissions().await.map_err(Refusal::SignIn)?;
    if held == graph::Held::Unknown {
        let known = "The token of the sign-in that writes cannot be read: whether it has the permissions shows when it is used.";
        return Ok(Some(known.to_owned()));
    }
    let missing = held.lacks(&needed);
    if missing.is_empty() {
        return Ok(None);
    }
    let all = WriteKind::Object.permissions();
    if missing.iter().all(|missing| all.contains(missing)) && held.lacks(&[OWNED]).is_empty() {
        return Ok(Some(format!("The sign-in that writes has `{OWNED}`: it reaches only what it owns.")));
    }
    Err(Refusal::Lacking { missing })
}

/// The application permissions that steps take, in their order, each once.
#[must_use]
pub fn permissions(steps: &[Step]) -> Vec<&'static str> {
    let mut needed = Vec::new();
    for name in steps.iter().flat_map(|step| kind(&step.change).permissions()) {
        if !needed.contains(name) {
            needed.push(*name);
        }
    }
    needed
}

/// What kind of write a change takes.
pub(super) fn kind(change: &Change) -> WriteKind {
    match change {
        Change::SetTenantDefault { .. } | Change::CreatePolicy { .. } | Change::DeletePolicy { .. } => {
            WriteKind::Policy
        }
        Change::AssignPolicy { .. } | Change::UnassignPolicy { .. } => WriteKind::Assignment,
        Change::RemovePassword { .. } | Change::SetAccountEnabled { .. } => WriteKind::Object,
    }
}
