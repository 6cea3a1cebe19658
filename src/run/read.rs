//! The reading of a tenant, and its judging.

use chrono::{DateTime, Utc};

use super::connect::{ConnectError, connect};
use super::render::heavy;
use super::{Extent, Job, Keeping};
use crate::compliance::{Settings, evaluate, flagged};
use crate::config::Reading;
use crate::domain::{
    Additions, Aside, Assessment, Basis, DeltaState, Gap, HowRead, Inventory, Objects, Part, Text,
};
use crate::graph::{self, Ask, Graph, Refreshed, WhyFull};
use crate::store::{Store, StoreError, TenantKey};

/// What was read of a tenant, and how it was judged.
pub(super) struct Taken {
    pub(super) inventory: Inventory,
    pub(super) assessment: Assessment,
    /// How the objects were read.
    pub(super) how: HowRead,
    /// What the next run can start from.
    pub(super) left: Option<DeltaState>,
}

/// Reads and judges a tenant. Owners' names are wanted for flagged objects only, and correct what the index
/// of ownerless applications said: so judging, which is cheap, is done before and after.
pub(super) async fn read_and_judge(job: &Job<'_>, settings: &Settings, started: DateTime<Utc>) -> Taken {
    let Job { config, tenant, progress, clock, .. } = *job;
    let judge =
        |inventory: &Inventory| heavy(|| evaluate(inventory, settings, tenant.credential.method(), started));
    let in_full = |inventory, assessment| Taken { inventory, assessment, how: HowRead::InFull, left: None };
    let graph = match connect(tenant, clock, job.budgets) {
        Ok(graph) => graph,
        Err(error) => {
            let inventory = unread(job, &error);
            let assessment = judge(&inventory);
            return in_full(inventory, assessment);
        }
    };
    let Keeping::Store { store, turn, .. } = job.keeping else {
        // Nothing can be left to the next run, so nothing is asked for it.
        let inventory = Box::pin(graph::collect(&graph, tenant.tenant_id, &config.reading, progress)).await;
        let assessment = judge(&inventory);
        let of = flagged(&assessment, &inventory);
        return name(&graph, in_full(inventory, assessment), of, job, judge).await;
    };
    let basis = match job.extent {
        Extent::Everything => Err(WhyFull::Asked),
        Extent::WhatChanged => basis(store, turn.tenant(), job, started).await,
    };
    let (logged_until, known) = logged(store, turn.tenant(), &config.reading).await.unzip();
    let ask = Ask { tenant: tenant.tenant_id, reading: &config.reading, started, basis, logged_until };
    // It is large, and whoever polls it has a stack to keep within.
    let mut refreshed = Box::pin(graph::refresh(&graph, ask, progress)).await;
    let Inventory { beside, objects, .. } = &mut refreshed.inventory;
    if let (Aside::Read(additions), Some(known)) = (&mut beside.additions, known) {
        *additions = std::mem::take(additions).after(known, objects);
    }
    let assessment = judge(&refreshed.inventory);
    let of = refreshed.to_be_named(flagged(&assessment, &refreshed.inventory));
    let Refreshed { inventory, how, state: left } = refreshed;
    name(&graph, Taken { inventory, assessment, how, left }, of, job, judge).await
}

async fn name(
    graph: &Graph,
    taken: Taken,
    of: Vec<crate::domain::ObjectKey>,
    job: &Job<'_>,
    judge: impl Fn(&Inventory) -> Assessment,
) -> Taken {
    if !job.config.reading.owners {
        return taken;
    }
    let Taken { mut inventory, how, left, assessment: _ } = taken;
    graph::name_owners(graph, &mut inventory, &of, job.progress).await;
    let assessment = judge(&inventory);
    Taken { inventory, assessment, how, left }
}

/// What the last complete run left and saw. Whatever is wrong with it, the tenant can be read in full.
async fn basis(
    store: &Store,
    tenant: &TenantKey,
    job: &Job<'_>,
    started: DateTime<Utc>,
) -> Result<Basis, WhyFull> {
    let reading = &job.config.reading;
    let failed = |error: StoreError| WhyFull::Store(graph::explain(&error, None));
    let since = store.since(tenant).await.map_err(failed)?.ok_or(WhyFull::NoBasis)?;
    graph::may_start_from(&since, reading, started)?;
    let objects = store.last_objects(tenant, &since.run.run_id, &reading.scope).await.map_err(failed)?;
    Ok(Basis { since, objects: objects.ok_or(WhyFull::NoBasis)? })
}

/// What the last complete run knew of who added which credential, and when it started, where anybody wants to
/// know. Without it the log is read as far back as it goes; a store that fails is told of wherever that matters
/// more.
async fn logged(store: &Store, tenant: &TenantKey, reading: &Reading) -> Option<(DateTime<Utc>, Additions)> {
    if !reading.extras.audit_log {
        return None;
    }
    match store.last_additions(tenant).await {
        Ok(known) => known,
        Err(error) => {
            let reason = graph::explain(&error, error.advice());
            tracing::warn!(reason, "what earlier runs knew of who added credentials cannot be had");
            None
        }
    }
}

fn unread(job: &Job<'_>, error: &ConnectError) -> Inventory {
    let reason = Text::new(&graph::explain(error, error.advice()));
    Inventory {
        tenant: job.tenant.tenant_id,
        objects: Objects::default(),
        tenant_default: None,
        custom_policies: Vec::new(),
        beside: graph::unread_beside(&job.config.reading),
        gaps: vec![Gap { part: Part::SignIn, reason }],
    }
}
