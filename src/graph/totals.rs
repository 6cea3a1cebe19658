//! How many objects there are, for whoever watches: asked beside the reading, and never worth a fault.

use std::convert::Infallible;
use std::future::pending;

use super::http::Graph;
use super::progress::{Progress, Watch};
use crate::config::Reading;
use crate::domain::{ObjectKind, Part};

/// Does the work, and asks for a total meanwhile where the watcher wants it. The work waits for
/// nothing.
pub(super) async fn beside<T>(
    graph: &Graph,
    reading: &Reading,
    progress: &dyn Progress,
    work: impl Future<Output = T>,
) -> T {
    tokio::select! {
        biased;
        done = work => done,
        never = ask(graph, reading, progress) => match never {},
    }
}

/// One total, since a request is worth something: of service principals, of which there are most.
async fn ask(graph: &Graph, reading: &Reading, progress: &dyn Progress) -> Infallible {
    let total = match reading.scope.contains(&ObjectKind::ServicePrincipal) {
        true => ("servicePrincipals/$count", Part::ServicePrincipals),
        false => ("applications/$count", Part::Applications),
    };
    if progress.wants_totals() {
        one(graph, total.0, Watch { part: total.1, progress }).await;
    }
    pending().await
}

/// An advanced query (FACTS §4.1), sent once: by a second attempt the reading would be well under way.
async fn one(graph: &Graph, path: &str, watch: Watch<'_>) {
    let mut call = graph.call(path, None, "`Application.Read.All`");
    call.eventual = true;
    call.accept = "text/plain";
    match graph.send_once(&call, watch).await {
        Ok(total) => watch.expected(total),
        Err(error) => tracing::debug!(request = call.name, "{error}: the time left is not known"),
    }
}
