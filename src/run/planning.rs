//! A plan, from the last complete run that is on record.

use std::sync::Arc;

use chrono::SubsecRound;
use uuid::Uuid;

use super::clock::Clock;
use super::memory::Context;
use super::render::{header, heavy};
use crate::compliance::{Bearer, Names, evaluate};
use crate::config::{Config, Tenant};
use crate::domain::{
    AppId, KeyId, ObjectId, ObjectKey, ObjectKind, Past, RuleSet, RunId, RunMark, Status, Whom,
};
use crate::graph::{self, Graph, GraphError, look};
use crate::remediation::{self, About, Action, Ask, Basis, Cause, Found, Looks, Plan, PlanError, Selection};
use crate::report::{self, Audited, FindingChange, FindingRow, Subject};
use crate::store::{Reconstructed, Store, StoreError, TenantKey};

/// What a plan is made for.
#[derive(Clone, Copy)]
pub struct PlanJob<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// One of its tenants.
    pub tenant: &'a Tenant,
    /// Where runs are recorded, and the plan is kept.
    pub store: &'a Store,
    /// Signed in as the auditor. It is asked for policies only, and only where an action hangs on them.
    pub reader: &'a Graph,
    /// The run it is to rest on; none is the last complete one, and no other will do.
    pub run: Option<&'a RunId>,
    /// What of the allowed is wanted.
    pub selection: &'a Selection,
    /// Whether nobody looks at the plan before it is applied.
    pub unattended: bool,
    /// Asked once.
    pub clock: Clock,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// No action is allowed at all.
    #[error("`[remediation] actions` allows nothing")]
    NothingAllowed,
    /// An action is wanted that is not allowed.
    #[error("`{0}` is not among `[remediation] actions`")]
    NotAllowed(Action),
    /// There is nothing to rest on.
    #[error("no complete run of `{tenant}` is on record{}", .incomplete.as_ref().map(|run| format!(", and the last one, {run}, was incomplete")).unwrap_or_default())]
    NoRun {
        /// The tenant.
        tenant: String,
        /// The last run, which did not read everything; none where there is none at all.
        incomplete: Option<RunId>,
    },
    /// A run is asked for that is not the last complete one.
    #[error("run {asked} is not the last complete run of `{tenant}`, which is {last}")]
    NotLast {
        /// The tenant.
        tenant: String,
        /// The run that was asked for.
        asked: RunId,
        /// The last complete one.
        last: RunId,
    },
    /// An object is asked for that the run did not see.
    #[error("run {run} saw nothing that goes by `{object}`")]
    NoSuchObject {
        /// The run.
        run: RunId,
        /// What was asked for.
        object: String,
    },
    /// What is recorded of the run was written by a version that this one does not understand.
    #[error("what is recorded of run {run} cannot be understood")]
    Context {
        /// The run.
        run: RunId,
        /// Why not.
        source: serde_json::Error,
    },
    /// The policies could not be looked up.
    #[error("a policy cannot be looked up")]
    Look(#[from] GraphError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be planned.
    #[error("no plan can be made")]
    Plan(#[from] PlanError),
}

impl PlanningError {
    /// What is wrong, why, and what to do about it, on one line.
    #[must_use]
    pub fn explain(&self) -> String {
        let advice = match self {
            Self::NothingAllowed | Self::NotAllowed(_) => {
                Some("List there what may be done, as `[\"remove-expired-secrets\"]`.".to_owned())
            }
            Self::NoRun { incomplete: Some(_), .. } => Some(
                "A plan rests on a complete run only: see what it could not read, and audit again."
                    .to_owned(),
            ),
            Self::NoRun { incomplete: None, .. } => {
                Some("Audit the tenant first, with `keysweep audit`.".to_owned())
            }
            Self::NotLast { .. } => Some(
                "A plan rests on the last complete run only: later ones know better what is there."
                    .to_owned(),
            ),
            Self::NoSuchObject { .. } => Some(
                "Name it by its object id, its app id or its display name, or audit the tenant again."
                    .to_owned(),
            ),
            Self::Context { .. } => Some("Audit the tenant again.".to_owned()),
            Self::Look(error) => error.advice(),
            Self::Store(error) => error.advice(),
            Self::Plan(_) => None,
        };
        graph::explain(self, advice)
    }
}

/// Plans what the last complete run calls for, and keeps the plan in the store where it has steps. Graph is only read, as far as an
/// action hangs on a policy. What the configuration excepts or protects now is left out, and what it excepted when
/// the run was made.
///
/// # Errors
/// When there is nothing to rest on, something is wanted that is not allowed, or the store or Graph fails.
pub async fn plan_recorded(job: PlanJob<'_>) -> Result<Plan, PlanningError> {
    let PlanJob { config, tenant, store, reader, run, selection, unattended, clock } = job;
    let now = clock().trunc_subsecs(0);
    let key = TenantKey::from(tenant);
    let orders = &config.remediation.orders;
    let ask = Ask { orders, selection, unattended, now };
    allowed(&ask)?;
    let seen = recall(store, tenant, &key, run).await?;
    known(selection, &seen)?;
    let settings = config.settings_for(tenant);
    let rules = ask.rules();
    let Looks { tenant_default, policies } = ask.looks(broken(&seen));
    let tenant_default = match tenant_default {
        true => Some(look::tenant_default(reader).await?),
        false => None,
    };
    let policies = match policies {
        true => Some(look::policies(reader).await?),
        false => None,
    };
    let basis = Basis {
        tenant: &tenant.name,
        run: &seen.run,
        inventory: &seen.audited.inventory,
        settings: &settings,
        tenant_default: tenant_default.as_ref(),
        policies: policies.as_deref(),
        own: &own(tenant),
    };
    let plan = heavy(|| {
        let header = seen.header.clone();
        let rows = report::findings_of(header, Arc::clone(&seen.audited), &seen.past, rules);
        remediation::plan(&basis, &ask, rows.filter_map(found))
    })?;
    // One that changes nothing can neither be applied nor taken back.
    if !plan.steps.is_empty() {
        store.keep_plan(&key, &plan).await?;
    }
    Ok(plan)
}

/// The last run on record, where it is incomplete and newer than the last complete one: a plan knows nothing of it.
///
/// # Errors
/// When the store fails.
pub async fn incomplete_since(store: &Store, tenant: &Tenant) -> Result<Option<RunId>, StoreError> {
    let runs = store.runs(Some(&TenantKey::from(tenant))).await?;
    let last = runs.into_iter().next_back().map(|entry| entry.counts);
    Ok(last.filter(|counts| !counts.complete).map(|counts| counts.run.run_id))
}

/// A run as it is on record.
struct Seen {
    run: RunMark,
    header: report::Header,
    audited: Arc<Audited>,
    past: Past,
}

async fn recall(
    store: &Store,
    tenant: &Tenant,
    key: &TenantKey,
    asked: Option<&RunId>,
) -> Result<Seen, PlanningError> {
    let runs = store.runs(Some(key)).await?;
    let incomplete = runs.last().map(|entry| entry.counts.run.run_id.clone());
    let none = || PlanningError::NoRun { tenant: tenant.name.clone(), incomplete: incomplete.clone() };
    let last = runs.into_iter().rfind(|entry| entry.counts.complete).ok_or_else(none)?;
    let run = last.counts.run;
    if let Some(asked) = asked.filter(|asked| **asked != run.run_id) {
        let (tenant, asked, last) = (tenant.name.clone(), asked.clone(), run.run_id);
        return Err(PlanningError::NotLast { tenant, asked, last });
    }
    let recorded = store.reconstruct(key, &run.run_id).await?.ok_or_else(none)?;
    let Reconstructed { entry: _, context, inventory, history } = recorded;
    let context: Context = serde_json::from_str(&context)
        .map_err(|source| PlanningError::Context { run: run.run_id.clone(), source })?;
    let Context { settings, sign_in, how, csv_bom: _, notices: _, unused: _ } = context;
    let assessment = heavy(|| evaluate(&inventory, &settings, sign_in, run.started));
    let audited = Arc::new(Audited { inventory, assessment, settings });
    Ok(Seen { header: header(tenant, &run, how), run, audited, past: history.past })
}

/// Whether all that is wanted is allowed.
fn allowed(ask: &Ask<'_>) -> Result<(), PlanningError> {
    let Ask { orders, selection, .. } = *ask;
    if orders.actions.is_empty() {
        return Err(PlanningError::NothingAllowed);
    }
    let wanted = selection.actions.iter().flatten();
    match wanted.copied().find(|action| !orders.actions.contains(action)) {
        Some(action) => Err(PlanningError::NotAllowed(action)),
        None => Ok(()),
    }
}

/// Whether everything that is asked for was seen: a slip of the pen must not look like nothing to do.
fn known(selection: &Selection, seen: &Seen) -> Result<(), PlanningError> {
    let inventory = &seen.audited.inventory;
    let mut unseen: Vec<(&Whom, Names)> =
        selection.objects.iter().flatten().map(|whom| (whom, Names::of([whom]))).collect();
    unseen.retain(|(_, names)| !names.has(inventory.tenant.0));
    if unseen.is_empty() {
        return Ok(());
    }
    for object in inventory.objects.iter() {
        let bearer = Bearer { id: object.id, app_id: object.app_id, name: &object.display_name };
        unseen.retain(|(_, names)| !names.name(bearer));
    }
    let Some((whom, _)) = unseen.first() else { return Ok(()) };
    let object = match whom {
        Whom::Id(id) => id.to_string(),
        Whom::Name(pattern) => pattern.clone(),
    };
    Err(PlanningError::NoSuchObject { run: seen.run.run_id.clone(), object })
}

/// Every rule that something breaks.
fn broken(seen: &Seen) -> RuleSet {
    let assessment = &seen.audited.assessment;
    let mut broken = assessment.tenant.iter().map(|finding| finding.rule).collect::<RuleSet>();
    assessment.briefs.iter().for_each(|brief| broken.extend(brief.broken));
    broken
}

/// What Keysweep signs in as.
fn own(tenant: &Tenant) -> Vec<AppId> {
    let writer = tenant.writer.as_ref().and_then(|writer| writer.client_id);
    tenant.client_id.into_iter().chain(writer).collect()
}

/// A finding of a report as the planner takes it; none where it is about a policy.
fn found(row: FindingRow) -> Option<Found> {
    let FindingRow {
        key,
        rule,
        severity,
        status,
        object_type,
        object_id,
        credential_id,
        first_seen,
        change,
        ..
    } = row;
    let object = |kind| {
        let id = ObjectId(Uuid::try_parse(&object_id).ok()?);
        let key_id = Uuid::try_parse(&credential_id).ok().map(KeyId);
        Some(About::Object(ObjectKey { kind, id }, key_id))
    };
    let about = match object_type {
        Subject::Application => object(ObjectKind::Application)?,
        Subject::ServicePrincipal => object(ObjectKind::ServicePrincipal)?,
        Subject::Tenant => About::Tenant,
        Subject::Policy => return None,
    };
    Some(Found {
        about,
        cause: Cause { finding: key.0, rule, severity, first_seen },
        excepted: matches!(status, Status::Excepted(_)),
        reopened: change == Some(FindingChange::Reopened),
    })
}
