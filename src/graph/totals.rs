//! How many objects there are, for whoever watches: asked beside the reading, and never worth a fault.

use std::convert::Infallible;
use std::future::pending;

use futures_util::future::OptionFuture;

use super::http::Graph;
use super::progress::{Progress, Watch};
use crate::config::Reading;
use crate::domain::{ObjectKind, Part};

/// Does the work, and asks for the totals meanwhile where the watcher wants them. The work waits for
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

async fn ask(graph: &Graph, reading: &Reading, progress: &dyn Progress) -> Infallible {
    let wants = |kind| progress.wants_totals() && reading.scope.contains(&kind);
    let watch = |part| Watch { part, progress };
    let (applications, service_principals) =
        (wants(ObjectKind::Application), wants(ObjectKind::ServicePrincipal));
    tokio::join!(
        OptionFuture::from(applications.then(|| one(
            graph,
            "applications/$count",
            watch(Part::Applications)
        ))),
        OptionFuture::from(service_principals.then(|| one(
            graph,
            "servicePrincipals/$count",
            watch(Part::ServicePrincipals)
        ))),
    );
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
