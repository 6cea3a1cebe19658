//! Delta queries (FACTS §10): where to ask for changes, and asking for them.

use reqwest::Url;

use super::delta_change::{self, Changes};
use super::error::GraphError;
use super::http::{Call, Graph};
use super::pages::{Listed, Read, Trail};
use super::progress::{Progress, Watch};
use super::source::Source;
use super::why_full::WhyFull;
use super::wire;
use crate::domain::ObjectKind;

/// So many changes of a kind are held at a time. More would fill the memory; with fewer, a busy week would
/// be read in full though it need not be.
const MOST_CHANGES: usize = 25_000;

/// A round that has more pages than this goes round in a circle. Pages of changes hold some hundred of them.
const MOST_PAGES: usize = 1_000;

/// What changed of one kind, and where to ask the next time.
pub(super) struct Round {
    pub(super) kind: ObjectKind,
    pub(super) changes: Changes,
    pub(super) link: String,
}

/// A link for all that happens from now on: no data comes with it.
pub(super) async fn link_from_now(
    graph: &Graph,
    kind: ObjectKind,
    progress: &dyn Progress,
) -> Result<String, GraphError> {
    let source = Source::of(kind);
    let watch = Watch { part: source.part, progress };
    let call = source.changes(graph);
    let wire::Page { next_link, delta_link, .. } = graph.send(&call, watch).await?;
    match (delta_link, next_link) {
        (Some(link), None) => graph.next(&call, &link).map(|_| link),
        // It lists the whole tenant instead.
        _ => Err(shape(&call, "it has no `@odata.deltaLink`")),
    }
}

/// Follows a link to the end of its round: to the link of the next one.
pub(super) async fn round(
    graph: &Graph,
    kind: ObjectKind,
    link: &str,
    progress: &dyn Progress,
) -> Result<Round, WhyFull> {
    let source = Source::of(kind);
    let watch = Watch { part: source.part, progress };
    let failed = |error| WhyFull::Graph(source.part, error);
    let mut call = source.changes(graph);
    // It was good when it came: where it is foreign now, Graph is configured to be elsewhere.
    call.url = Url::parse(link).ok().filter(|url| graph.is_own(url)).ok_or(WhyFull::Terms)?;
    let mut trail = Trail::from(&call.url, MOST_PAGES);
    let mut listed = Listed::new(Changes::default());
    loop {
        let page = graph.send::<wire::Page>(&call, watch).await.map_err(failed)?;
        let next = listed.take(page, reading(kind));
        watch.page(listed.taken);
        if !listed.problems.is_empty() {
            return Err(WhyFull::unreadable(&listed.problems, source.part));
        }
        if MOST_CHANGES < listed.items.len() {
            return Err(WhyFull::TooMuch);
        }
        match (next, listed.delta_link.take()) {
            (None, Some(link)) => {
                graph.next(&call, &link).map_err(failed)?;
                return Ok(Round { kind, changes: listed.items, link });
            }
            (Some(next), None) => {
                let next = graph.next(&call, &next).map_err(failed)?;
                trail.go(&mut call, next, &listed).map_err(failed)?;
            }
            _ => return Err(failed(shape(&call, "a page has one of two links"))),
        }
    }
}

/// How an object in an answer is read that does not show what is expanded in a listing.
pub(super) fn reading(kind: ObjectKind) -> Read<delta_change::Told> {
    match kind {
        ObjectKind::Application => delta_change::application,
        ObjectKind::ServicePrincipal => delta_change::service_principal,
    }
}

fn shape(call: &Call, problem: &str) -> GraphError {
    GraphError::Shape { request: call.name.clone(), problem: problem.to_owned() }
}
