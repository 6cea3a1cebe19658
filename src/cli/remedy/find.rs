//! Which plan is meant.

use std::fs;
use std::path::Path;

use crate::cli::exit::{End, Failure};
use crate::config::{Config, Tenant};
use crate::remediation::{Plan, SealError};
use crate::store::{KeptPlan, Store, TenantKey};

use super::{one_tenant, store_failure};

/// How many ids are named when one is not found.
const NEAREST: usize = 3;

/// A plan, whose seal is intact, with its tenant.
pub(in crate::cli) struct Found<'a> {
    pub(in crate::cli) tenant: &'a Tenant,
    pub(in crate::cli) plan: Plan,
}

/// The plan of a file; none where what is said is no file, but may be an id.
pub(in crate::cli) fn in_file<'a>(
    config: &'a Config,
    meant: &str,
    tenant: Option<&str>,
) -> Result<Option<Found<'a>>, Failure> {
    let path = Path::new(meant);
    if path.is_file() {
        return of_file(config, path, tenant).map(Some);
    }
    if path.components().count() > 1 || path.extension().is_some() {
        return Err(Failure::usage(format!("`{meant}` is not there: name the file of a plan, or its id")));
    }
    Ok(None)
}

fn of_file<'a>(config: &'a Config, path: &Path, tenant: Option<&str>) -> Result<Found<'a>, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| Failure {
        end: End::BadUsage,
        message: format!("`{shown}` cannot be read as text: {error}"),
    })?;
    let plan = Plan::read(&text).map_err(|error| {
        let advice = match error {
            SealError::Altered => {
                "Make a new plan: what is reviewed has to be what is applied. To leave something out, name what you \
                 want by `keysweep plan --action` and `--object`, or protect the rest"
            }
            SealError::Shape { .. } | SealError::Version(_) | SealError::Unwritable(_) => {
                "`keysweep plan` writes one"
            }
        };
        Failure::usage(format!("`{shown}`: {error}. {advice}"))
    })?;
    let tenant = match tenant {
        Some(_) => one_tenant(config, tenant)?,
        None => config.tenants.iter().find(|tenant| tenant.name == plan.tenant).ok_or_else(|| {
            Failure::usage(format!(
                "the plan {} is for the tenant `{}`, which the configuration does not have",
                plan.plan_id, plan.tenant
            ))
        })?,
    };
    Ok(Found { tenant, plan })
}

/// The one plan on record that is wanted and whose id is, or begins with, what is said.
pub(in crate::cli) async fn on_record<'a>(
    config: &'a Config,
    store: &Store,
    meant: &str,
    tenant: Option<&str>,
    wanted: impl Fn(&KeptPlan) -> bool,
) -> Result<(&'a Tenant, KeptPlan), Failure> {
    let all = all(config, store, tenant).await?;
    let mut fitting: Vec<(&Tenant, KeptPlan)> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for (tenant, kept) in all {
        let id = kept.plan.plan_id.as_str();
        if id == meant && wanted(&kept) {
            return Ok((tenant, kept));
        }
        ids.push(id.to_owned());
        if id.starts_with(meant) && wanted(&kept) {
            fitting.push((tenant, kept));
        }
    }
    match fitting.len() {
        1 => fitting.pop().ok_or_else(|| none(meant, &ids)),
        0 => Err(none(meant, &ids)),
        _ => {
            let ids: Vec<String> = fitting
                .iter()
                .map(|(tenant, kept)| format!("{} of {}", kept.plan.plan_id, tenant.name))
                .collect();
            Err(Failure::usage(format!("`{meant}` begins several plans: {}. Say more of it", ids.join(", "))))
        }
    }
}

/// All plans on record, of one tenant or of all, oldest first in each.
pub(in crate::cli) async fn all<'a>(
    config: &'a Config,
    store: &Store,
    tenant: Option<&str>,
) -> Result<Vec<(&'a Tenant, KeptPlan)>, Failure> {
    if tenant.is_some() {
        one_tenant(config, tenant)?;
    }
    let mut all = Vec::new();
    for candidate in config.tenants.iter().filter(|one| tenant.is_none_or(|name| name == one.name)) {
        let plans = store.plans(&TenantKey::from(candidate)).await;
        let plans = plans.map_err(|error| store_failure(&error))?;
        all.extend(plans.into_iter().map(|kept| (candidate, kept)));
    }
    Ok(all)
}

fn none(meant: &str, ids: &[String]) -> Failure {
    if ids.is_empty() {
        return Failure::usage(format!(
            "no plan `{meant}` is on record, nor any other: `keysweep plan` makes one"
        ));
    }
    let alike = |id: &&String| id.chars().zip(meant.chars()).take_while(|(a, b)| a == b).count();
    let mut near: Vec<&String> = ids.iter().rev().collect();
    near.sort_by_key(|id| std::cmp::Reverse(alike(id)));
    let near: Vec<&str> = near.into_iter().take(NEAREST).map(String::as_str).collect();
    Failure::usage(format!("no plan `{meant}` is on record. The nearest: {}", near.join(", ")))
}
