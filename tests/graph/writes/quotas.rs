//! Graph's limits of writing, kept before Graph has to.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keysweep::domain::{KeyId, ObjectKind};
use keysweep::graph::{Budget, GraphWriter, Limits, WriteError, WriteTarget};

use super::route::{Route, a_policy, object};
use crate::budget::{HOUR, PLENTY, most};
use crate::server::{Reply, Server};
use crate::tenant::{graph, id, patience};

fn writer_within(server: &Server, limits: Limits) -> GraphWriter {
    GraphWriter::new(graph(server, patience()).within(Arc::new(Budget::new(limits))))
}

fn personal(kind: ObjectKind) -> WriteTarget {
    WriteTarget { key: object(kind), personal_accounts: true }
}

#[tokio::test]
async fn no_stretch_holds_more_writes_than_the_limit() {
    let span = Duration::from_millis(120);
    let server = Server::start(|_| Route::DeletePolicy.done()).await;
    let writer = writer_within(&server, Limits { writes: 3, writes_per: span, ..PLENTY });
    for end in join_all((0..10).map(|_| writer.delete_policy(a_policy()))).await {
        end.unwrap();
    }
    let arrivals: Vec<Instant> = server.seen().iter().map(|seen| seen.at).collect();
    assert_eq!(arrivals.len(), 10);
    assert!(most(&arrivals, span) <= 3, "{arrivals:?}");
}

#[tokio::test]
async fn no_stretch_holds_more_writes_to_applications_with_personal_accounts_than_the_limit() {
    let span = Duration::from_millis(120);
    let server = Server::start(|_| Route::DeletePolicy.done()).await;
    let limits = Limits { personal_writes: 2, personal_writes_per: span, ..PLENTY };
    let writer = writer_within(&server, limits);
    let application = personal(ObjectKind::Application);
    let (assigning, unassigning, removing) = tokio::join!(
        join_all((0..3).map(|_| writer.assign_policy(application, a_policy()))),
        join_all((0..3).map(|_| writer.unassign_policy(application, a_policy()))),
        join_all((0..3).map(|_| writer.remove_password(application, KeyId(id(1))))),
    );
    for end in assigning.into_iter().chain(unassigning).chain(removing) {
        end.unwrap();
    }
    let arrivals: Vec<Instant> = server.seen().iter().map(|seen| seen.at).collect();
    assert_eq!(arrivals.len(), 9);
    assert!(most(&arrivals, span) <= 2, "{arrivals:?}");
}

/// Sends a second write while others go on; whether it was held back.
async fn waits(
    server: &Server,
    second: impl Future<Output = Result<(), WriteError>>,
    others: impl Future<Output = ()>,
) -> bool {
    let before = server.seen().len();
    tokio::select! {
        biased;
        end = second => { end.unwrap(); false }
        () = others => {
            let paths: Vec<_> = server.seen().drain(before..).map(|seen| seen.path).collect();
            assert!(paths.iter().all(|path| path.contains("servicePrincipals")), "{paths:?}");
            true
        }
    }
}

#[tokio::test]
async fn only_applications_that_let_personal_accounts_in_wait_for_their_limit() {
    for (target, waiting) in [
        (personal(ObjectKind::Application), true),
        (object(ObjectKind::Application).into(), false),
        (personal(ObjectKind::ServicePrincipal), false),
    ] {
        let server = Server::start(|_| Route::DeletePolicy.done()).await;
        let limits = Limits { personal_writes: 1, personal_writes_per: HOUR, ..PLENTY };
        let writer = writer_within(&server, limits);
        writer.assign_policy(personal(ObjectKind::Application), a_policy()).await.unwrap();
        // The limit is spent. Whoever waits for it lets these pass.
        let others = async {
            for _ in 0..20 {
                writer.assign_policy(object(ObjectKind::ServicePrincipal), a_policy()).await.unwrap();
            }
        };
        let held_back = waits(&server, writer.assign_policy(target, a_policy()), others).await;
        assert_eq!(held_back, waiting, "{target:?}");
    }
}

#[tokio::test]
async fn who_only_reads_does_not_wait_for_the_limit_of_writes() {
    let server = Server::start(|request| match request.method.as_str() {
        "GET" => Reply::error(404, "Request_ResourceNotFound"),
        _ => Route::DeletePolicy.done(),
    })
    .await;
    let budget = Arc::new(Budget::new(Limits { writes: 1, writes_per: HOUR, ..PLENTY }));
    let writer = GraphWriter::new(graph(&server, patience()).within(Arc::clone(&budget)));
    writer.delete_policy(a_policy()).await.unwrap();
    let reader = graph(&server, patience()).within(budget);
    assert_eq!(keysweep::graph::look::policy(&reader, a_policy()).await.unwrap(), None);
}

#[test]
#[rustfmt::skip]
fn the_audience_tells_who_lets_personal_accounts_in() {
    for (audience, personal) in [
        (Some("AzureADandPersonalMicrosoftAccount"), true),
        (Some("PersonalMicrosoftAccount"),           true),
        (Some("AzureADMyOrg"),                       false),
        (Some("AzureADMultipleOrgs"),                false),
        (Some("unheardOf"),                          false),
        (None,                                       false),
    ] {
        let target = WriteTarget::with_audience(object(ObjectKind::Application), audience);
        assert_eq!(target.personal_accounts, personal, "{audience:?}");
    }
}

#[test]
fn the_documented_limits_are_the_ones_that_are_kept() {
    use keysweep::config::TenantSize::{Large, Medium, Small};
    for size in [Small, Medium, Large] {
        let limits = Limits::of(size);
        assert_eq!((limits.writes, limits.writes_per), (3_000, Duration::from_secs(150)));
        assert_eq!((limits.personal_writes, limits.personal_writes_per), (60, Duration::from_secs(60)));
    }
}
