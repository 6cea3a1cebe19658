//! A tenant that is read again and again: only what changed, where that can be had (DESIGN §9).

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::future::join_all;

use super::batch::MEMBERS;
use super::beside::{self, Found};
use super::collect::{Seen, in_full, signed_in};
use super::delta;
use super::delta_apply::{Updated, bring_up_to_date};
use super::error::GraphError;
use super::gaps;
use super::http::Graph;
use super::owner;
use super::policies::{self, Policies};
use super::progress::Progress;
use super::source::Source;
use super::why_full::{WhyFull, astray};
use crate::config::Reading;
use crate::domain::{
    Basis, DeltaLink, DeltaState, HowRead, Inventory, ObjectKey, ObjectKind, Objects, Owners, Since, TenantId,
};

/// How old a link may be. Graph forgets after seven days (FACTS §10); half a day is left for retries and for
/// clocks that differ.
const LINK_LIFE: TimeDelta = TimeDelta::hours(156);

/// What to read.
pub struct Ask<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// What of it.
    pub reading: &'a Reading,
    /// When the run started.
    pub started: DateTime<Utc>,
    /// What to start from, or why there is nothing.
    pub basis: Result<Basis, WhyFull>,
    /// From when on the audit log is to tell who added what: what came before is known. None wants all of it.
    pub logged_until: Option<DateTime<Utc>>,
}

/// What was read.
#[derive(Debug)]
pub struct Refreshed {
    /// All of the tenant.
    pub inventory: Inventory,
    /// How its objects were read.
    pub how: HowRead,
    /// What to start from the next time, if the inventory is complete and on record by then. None where
    /// Graph does not tell of changes.
    pub state: Option<DeltaState>,
}

/// Reads a tenant as [`super::collect()`] does, but of the objects only what changed since the basis, where
/// Graph tells that. Policies and their assignments are read anew each time: no delta query tells of them
/// (FACTS §10). In any doubt everything is read in full, at most once, and the log says why.
pub async fn refresh(graph: &Graph, ask: Ask<'_>, progress: &dyn Progress) -> Refreshed {
    let Ask { tenant, reading, started, basis, logged_until } = ask;
    if let Err(gap) = signed_in(graph).await {
        let read = Read { seen: Seen::nothing(gap), how: HowRead::InFull, state: None };
        return read.with(tenant, Policies::default(), Found::nothing(reading));
    }
    let objects = async {
        let why = match basis {
            Ok(basis) => {
                let since = basis.since.clone();
                match bring_up_to_date(graph, reading, basis, progress).await {
                    Ok(updated) => return Read::by_delta(since, updated, reading),
                    Err(why) => why,
                }
            }
            Err(why) => why,
        };
        let reason = gaps::explain(&why, None);
        tracing::info!(reason, "reading in full");
        let mut read = anew(graph, reading, started, progress).await;
        read.seen.gaps.extend(why.gap());
        read
    };
    let objects = async {
        let read = objects.await;
        let found = beside::of_principals(graph, reading, &read.seen, progress).await;
        (read, found)
    };
    let since = beside::logged_since(logged_until, started);
    let at_once = beside::at_once(graph, reading, Some(since), progress);
    let ((mut read, of_principals), policies, found) =
        tokio::join!(objects, policies::read(graph, progress), at_once);
    let found = found.and(of_principals).put(graph, reading, &mut read.seen, progress).await;
    read.with(tenant, policies, found)
}

/// Whether a run may start from what an earlier one left.
///
/// # Errors
/// Why it may not.
pub fn may_start_from(since: &Since, reading: &Reading, started: DateTime<Utc>) -> Result<(), WhyFull> {
    let Since { run, state: DeltaState { full_at, links } } = since;
    let asked: HashSet<ObjectKind> = reading.scope.iter().copied().collect();
    let answered: HashSet<ObjectKind> = links.iter().map(|link| link.kind).collect();
    if asked != answered || links.iter().any(|link| link.terms != terms(link.kind, reading)) {
        return Err(WhyFull::Terms);
    }
    if started < run.started || started < *full_at {
        return Err(WhyFull::ClockSetBack);
    }
    if LINK_LIFE <= started - run.started {
        return Err(WhyFull::LongAgo(run.started));
    }
    if reading.full_every <= started - *full_at {
        return Err(WhyFull::Due(*full_at));
    }
    Ok(())
}

/// What a link is good for: this program, which asks for these properties. Another version may read the
/// same properties otherwise.
fn terms(kind: ObjectKind, reading: &Reading) -> String {
    let owners = if reading.owners { owner::SELECT } else { "no owners" };
    // What is listed by itself may be told of by nothing else.
    let alone = if kind == ObjectKind::Application && beside::lists_blueprints(reading) {
        " and blueprints"
    } else {
        ""
    };
    format!("{} {} {owners}{alone}", env!("CARGO_PKG_VERSION"), Source::of(kind).terms())
}

fn links(reading: &Reading, urls: Vec<(ObjectKind, String)>) -> Vec<DeltaLink> {
    urls.into_iter().map(|(kind, url)| DeltaLink { kind, terms: terms(kind, reading), url }).collect()
}

/// Reads everything. The links are asked for before: what changes while pages are read is told of in the
/// next round, perhaps for the second time, which does no harm. Asked for afterwards, it would be lost.
async fn anew(graph: &Graph, reading: &Reading, started: DateTime<Utc>, progress: &dyn Progress) -> Read {
    let asked: Vec<_> =
        reading.scope.iter().map(|kind| delta::link_from_now(graph, *kind, progress)).collect();
    let mut urls = Vec::new();
    let mut missing = None;
    for (kind, answer) in reading.scope.iter().copied().zip(join_all(asked).await) {
        match answer {
            Ok(url) => urls.push((kind, url)),
            Err(error) => missing = missing.or(Some((Source::of(kind).part, error))),
        }
    }
    let mut seen = in_full(graph, reading, progress).await;
    let mut read = Read { how: HowRead::InFull, state: None, seen: Seen::default() };
    match missing {
        None => read.state = Some(DeltaState { full_at: started, links: links(reading, urls) }),
        Some((part, error)) => {
            say_without(&error);
            seen.gaps.extend(astray(part, &error));
        }
    }
    Read { seen, ..read }
}

/// Says that the next run will read in full as well: no gap, for nothing is missing.
fn say_without(error: &GraphError) {
    match error {
        GraphError::Forbidden { permission, .. } => {
            tracing::info!("delta queries need {permission}, which is not granted: every run reads in full");
        }
        error => {
            let reason = gaps::explain(error, None);
            tracing::info!(reason, "Graph gives no delta link, so the next run reads in full too");
        }
    }
}

/// The objects as they were read, without policies.
struct Read {
    seen: Seen,
    how: HowRead,
    state: Option<DeltaState>,
}

impl Read {
    fn by_delta(since: Since, updated: Updated, reading: &Reading) -> Self {
        let Since { run, state: DeltaState { full_at, .. } } = since;
        let Updated { objects, links: urls, changed } = updated;
        tracing::info!(
            since = run.run_id.as_str(),
            changed,
            "read what changed since run {}; owners and federated credentials are of {}",
            run.run_id,
            full_at.to_rfc3339_opts(SecondsFormat::Secs, true)
        );
        Self {
            seen: Seen { objects, gaps: Vec::new() },
            how: HowRead::ByDelta { since: run, full_at },
            state: Some(DeltaState { full_at, links: links(reading, urls) }),
        }
    }

    fn with(self, tenant: TenantId, policies: Policies, found: Found) -> Refreshed {
        let Self { seen, how, state } = self;
        Refreshed { inventory: seen.with(tenant, policies, found), how, state }
    }
}

impl Refreshed {
    /// Those of the flagged objects whose owners are to be asked for: after a full read all of them; after
    /// a delta read those whose names are not known yet, and those that nobody owned, if they fit into one
    /// request: otherwise they are as of the last full read, or of the last change. What is not flagged is left
    /// without names, as a full read leaves it.
    pub fn to_be_named(&mut self, flagged: Vec<ObjectKey>) -> Vec<ObjectKey> {
        if self.how == HowRead::InFull {
            return flagged;
        }
        forget_names(&mut self.inventory.objects, &flagged);
        let objects = &self.inventory.objects;
        let owners = |key: &ObjectKey| objects.find(key).and_then(|place| objects.owners(place));
        let ownerless = flagged.iter().filter(|key| owners(key) == Some(&Owners::Nobody)).count();
        let wanted = |key: &ObjectKey| match owners(key) {
            Some(Owners::Unread | Owners::Somebody) => true,
            Some(Owners::Nobody) => ownerless <= MEMBERS,
            Some(Owners::Named(_)) | None => false,
        };
        flagged.into_iter().filter(wanted).collect()
    }
}

/// Leaves the owners of what is not flagged, or not any more, as a full read does: names are asked for where
/// they are needed, and otherwise it is known of applications whether there are any.
fn forget_names(objects: &mut Objects, flagged: &[ObjectKey]) {
    let flagged: HashSet<&ObjectKey> = flagged.iter().collect();
    for place in 0..objects.len() {
        let Some(key) = objects.key(place).filter(|key| !flagged.contains(key)) else { continue };
        let left = match (key.kind, objects.owners(place)) {
            (ObjectKind::Application, Some(Owners::Named(_))) => Owners::Somebody,
            (ObjectKind::ServicePrincipal, Some(Owners::Named(_) | Owners::Nobody)) => Owners::Unread,
            _ => continue,
        };
        objects.set_owners(place, left);
    }
}
