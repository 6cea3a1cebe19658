//! Which run is meant.

use super::{Records, nothing_yet};
use crate::cli::exit::{End, Failure};
use crate::config::{Config, Tenant};
use crate::domain::RunId;
use crate::store::{RunEntry, TenantKey};

/// How many ids are named when one is not found.
const NEAREST: usize = 3;

/// The last run on record.
const LATEST: &str = "latest";
/// The one before.
const PREVIOUS: &str = "previous";

/// The tenant that has all the runs named, and the runs.
pub(super) fn find<'a, const N: usize>(
    config: &'a Config,
    records: &'a Records,
    tenant: Option<&str>,
    names: [&str; N],
) -> Result<(&'a Tenant, [&'a RunEntry; N]), Failure> {
    known(config, &[], tenant)?;
    let of = |tenant: &Tenant| {
        let key = TenantKey::from(tenant);
        records.runs.iter().filter(|run| run.tenant == key).collect::<Vec<_>>()
    };
    let wanted = config.tenants.iter().filter(|candidate| tenant.is_none_or(|name| name == candidate.name));
    let places: Vec<(&Tenant, Vec<&RunEntry>)> = wanted.map(|tenant| (tenant, of(tenant))).collect();
    let found = places.iter().filter_map(|(tenant, runs)| {
        let found: Vec<&RunEntry> = names.iter().filter_map(|name| pick(runs, name)).collect();
        Some((*tenant, <[&RunEntry; N]>::try_from(found).ok()?))
    });
    let found: Vec<_> = found.collect();
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(not_found(&places, records, &names)),
        several => {
            let tenants: Vec<&str> = several.iter().map(|(tenant, _)| tenant.name.as_str()).collect();
            Err(Failure::usage(format!(
                "several tenants have a run `{}`: {}. Say which one by `--tenant`.",
                names.join("` and a run `"),
                tenants.join(", ")
            )))
        }
    }
}

/// Refuses a tenant that neither the configuration nor `others` have.
pub(super) fn known(config: &Config, others: &[&str], tenant: Option<&str>) -> Result<(), Failure> {
    let Some(tenant) = tenant else { return Ok(()) };
    let configured = config.tenants.iter().map(|tenant| tenant.name.as_str());
    let mut names: Vec<&str> = configured.chain(others.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    if names.contains(&tenant) {
        return Ok(());
    }
    Err(Failure::usage(format!("--tenant {tenant}: there is no such tenant. There is: {}", names.join(", "))))
}

fn pick<'a>(runs: &[&'a RunEntry], name: &str) -> Option<&'a RunEntry> {
    match name {
        LATEST => runs.last().copied(),
        PREVIOUS => runs.get(runs.len().checked_sub(2)?).copied(),
        id => runs.iter().find(|run| run.counts.run.run_id.as_str() == id).copied(),
    }
}

fn not_found(places: &[(&Tenant, Vec<&RunEntry>)], records: &Records, names: &[&str]) -> Failure {
    let runs: Vec<&RunEntry> = places.iter().flat_map(|(_, runs)| runs.iter().copied()).collect();
    let Some(name) = names.iter().find(|name| !places.iter().any(|(_, runs)| pick(runs, name).is_some()))
    else {
        return Failure::usage("the two runs are of different tenants: they cannot be compared");
    };
    if let Some(run) =
        pick(&records.runs.iter().collect::<Vec<_>>(), name).filter(|_| RunId::parse(name).is_some())
    {
        return Failure::usage(format!(
            "run {name} is of tenant `{}` ({}), which is not meant or not configured any more",
            run.tenant.name, run.tenant.tenant_id
        ));
    }
    match *name {
        _ if runs.is_empty() => nothing_yet(),
        PREVIOUS => Failure {
            end: End::NotCompleted,
            message: "there is no run before the latest: only one is on record".to_owned(),
        },
        name => Failure::usage(format!(
            "no run `{name}` is on record. The nearest: {}. `keysweep history list` lists them all.",
            nearest(&runs, name).join(", ")
        )),
    }
}

/// The ids that are nearest in time; for what is no id, those that begin most alike.
fn nearest<'a>(runs: &[&'a RunEntry], name: &str) -> Vec<&'a str> {
    let wanted = RunId::parse(name).and_then(|id| id.start());
    let distance = |run: &&&'a RunEntry| match wanted {
        Some(wanted) => (run.counts.run.started - wanted).num_seconds().unsigned_abs(),
        None => {
            let id = run.counts.run.run_id.as_str();
            let alike = id.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
            u64::MAX - alike as u64
        }
    };
    let mut newest_first: Vec<&&RunEntry> = runs.iter().rev().collect();
    newest_first.sort_by_key(distance);
    newest_first.into_iter().take(NEAREST).map(|run| run.counts.run.run_id.as_str()).collect()
}
