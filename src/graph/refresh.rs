//! A tenant that is read again and again: only what changed, where that can be had (DESIGN §9).

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures_util::future::join_all;

use super::collect::{Seen, in_full, signed_in};
use super::delta;
use super::delta_apply::{Updated, bring_up_to_date};
use super::error::GraphError;
use super::gaps::{self, Problems};
use super::http::Graph;
use super::policies::{self, Policies};
use super::progress::Progress;
use super::source::Source;
use crate::config::Reading;
use crate::domain::{
    Basis, DeltaLink, DeltaState, Gap, HowRead, Inventory, ObjectKey, ObjectKind, Owners, Part, Since,
    TenantId, Text,
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
    touched: HashSet<ObjectKey>,
}

/// Why a tenant is read in full.
#[derive(Debug, thiserror::Error)]
pub enum WhyFull {
    /// `--full`.
    #[error("it was asked for")]
    Asked,
    /// There is no complete run, or it left no links.
    #[error("there is no earlier run to start from")]
    NoBasis,
    /// The store.
    #[error("what the last run saw cannot be had: {0}")]
    Store(String),
    /// `[audit] full_every`.
    #[error("the last full read, of {0}, is as old as `full_every` allows")]
    Due(DateTime<Utc>),
    /// Graph has forgotten.
    #[error("the last complete run, of {0}, is too long ago for delta queries")]
    LongAgo(DateTime<Utc>),
    /// The last complete run is said to be in the future.
    #[error("the clock was set back")]
    ClockSetBack,
    /// Other objects, other properties, another program, or another place.
    #[error("what is read has changed since the last run")]
    Terms,
    /// The round did not come to its end.
    #[error("the changes could not be followed")]
    Graph(Part, #[source] GraphError),
    /// Entries that are not as documented.
    #[error("the changes could not be read. {0}")]
    Unreadable(Text),
    /// A full read is cheaper.
    #[error("too much has changed")]
    TooMuch,
}

/// Reads a tenant as [`super::collect`] does, but of the objects only what changed since the basis, where
/// Graph tells that. Policies and their assignments are read anew each time: no delta query tells of them
/// (FACTS §10). In any doubt everything is read in full, at most once, and the log says why.
pub async fn refresh(graph: &Graph, ask: Ask<'_>, progress: &dyn Progress) -> Refreshed {
    let Ask { tenant, reading, started, basis } = ask;
    if let Err(gap) = signed_in(graph).await {
        let seen = Seen { gaps: vec![gap], ..Seen::default() };
        let read = Read { seen, how: HowRead::InFull, state: None, touched: HashSet::new() };
        return read.with(tenant, Policies::default());
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
        tracing::info!(reason, "reading in full: {reason}");
        let mut read = anew(graph, reading, started, progress).await;
        read.seen.gaps.extend(why.gap());
        read
    };
    let (read, policies) = tokio::join!(objects, policies::read(graph, progress));
    read.with(tenant, policies)
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
    let owners = if reading.owners { "owners" } else { "no owners" };
    format!("{} {} {owners}", env!("CARGO_PKG_VERSION"), Source::of(kind).terms())
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
    let mut read = Read { how: HowRead::InFull, state: None, touched: HashSet::new(), seen: Seen::default() };
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
            tracing::info!(reason, "Graph gives no delta link, so the next run reads in full: {reason}");
        }
    }
}

/// The gap that is left by a link to somewhere else: an answer that would lead the token astray ends in an
/// incomplete run, whatever else could be read (DESIGN §9).
fn astray(part: Part, error: &GraphError) -> Option<Gap> {
    let astray = matches!(error, GraphError::ForeignLink { .. } | GraphError::Redirected { .. });
    astray.then(|| gaps::gap(part, error))
}

impl WhyFull {
    /// What is wrong with entries, as a reason.
    pub(super) fn unreadable(problems: &Problems, part: Part) -> Self {
        let gap = problems.gap(part);
        Self::Unreadable(gap.map(|gap| gap.reason).unwrap_or_default())
    }

    fn gap(&self) -> Option<Gap> {
        match self {
            Self::Graph(part, error) => astray(*part, error),
            Self::Asked
            | Self::NoBasis
            | Self::Store(_)
            | Self::Due(_)
            | Self::LongAgo(_)
            | Self::ClockSetBack
            | Self::Terms
            | Self::Unreadable(_)
            | Self::TooMuch => None,
        }
    }
}

/// The objects as they were read, without policies.
struct Read {
    seen: Seen,
    how: HowRead,
    state: Option<DeltaState>,
    touched: HashSet<ObjectKey>,
}

impl Read {
    fn by_delta(since: Since, updated: Updated, reading: &Reading) -> Self {
        let Since { run, state: DeltaState { full_at, .. } } = since;
        let Updated { objects, links: urls, touched } = updated;
        tracing::info!(
            since = run.run_id.as_str(),
            changed = touched.len(),
            "read what changed since run {}; owners and federated credentials are of {}",
            run.run_id,
            full_at.to_rfc3339_opts(SecondsFormat::Secs, true)
        );
        Self {
            seen: Seen { objects, gaps: Vec::new() },
            how: HowRead::ByDelta { since: run, full_at },
            state: Some(DeltaState { full_at, links: links(reading, urls) }),
            touched,
        }
    }

    fn with(self, tenant: TenantId, policies: Policies) -> Refreshed {
        let Self { seen, how, state, touched } = self;
        Refreshed { inventory: seen.with(tenant, policies), how, state, touched }
    }
}

impl Refreshed {
    /// Those of the flagged objects whose owners are to be asked for: after a full read all of them; after
    /// a delta read those whose names are not known yet.
    #[must_use]
    pub fn to_be_named(&self, flagged: Vec<ObjectKey>) -> Vec<ObjectKey> {
        if self.how == HowRead::InFull {
            return flagged;
        }
        let objects = &self.inventory.objects;
        let unnamed = |key: &ObjectKey| match objects.find(key).and_then(|place| objects.owners(place)) {
            Some(Owners::Named(_)) => false,
            // By the index, which lags behind, or by name: that it still has none is worth a look only where
            // something else has changed.
            Some(Owners::Nobody) => self.touched.contains(key),
            Some(Owners::Unread | Owners::Somebody) => true,
            None => false,
        };
        flagged.into_iter().filter(unnamed).collect()
    }
}
