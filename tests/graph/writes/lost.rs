//! Connections that break: whatever may have arrived is not sent again, and what cannot have left is told apart.

use keysweep::graph::{Graph, GraphError, GraphWriter, WriteError};
use reqwest::Url;
use tokio::net::TcpListener;

use super::line::{Act, Line};
use super::route::*;
use crate::tenant::{http, patience, tokens};

const DONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn writer_at(http: &reqwest::Client, root: &Url) -> GraphWriter {
    GraphWriter::new(Graph::new(http.clone(), root.clone(), tokens(usize::MAX), patience()))
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_leaves_it_unknown_and_unrepeated() {
    let http = http();
    for (case, act) in [
        ("closed", Act::SayAndClose("")),
        ("reset", Act::Reset),
        ("half a status line", Act::SayAndClose("HTTP/1.1 20")),
        ("half a head", Act::SayAndClose("HTTP/1.1 204 No Content\r\nDate: Mon")),
        ("no HTTP", Act::SayAndClose("SSH-2.0-OpenSSH_9.6\r\n\r\n")),
        ("half a body", Act::SayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{\"id\": ")),
        (
            "half a chunk",
            Act::SayAndClose("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"),
        ),
    ] {
        for route in ROUTES {
            let line = Line::start(vec![act]).await;
            let end = route.write(&writer_at(&http, &line.root)).await;
            let Err(WriteError::Unknown(_)) = end else { panic!("{route:?}, {case}: {end:?}") };
            assert_eq!(line.requests().len(), 1, "{route:?}, {case}: {:?}", line.requests());
        }
    }
}

/// The HTTP client may send a request again by itself that met the end of an old connection; not one that left.
#[tokio::test]
async fn a_kept_connection_that_breaks_after_the_request_leaves_it_unknown_and_unrepeated() {
    let http = http();
    for (case, act) in [("closed", Act::SayAndClose("")), ("reset", Act::Reset)] {
        for route in ROUTES {
            let line = Line::start(vec![Act::Say(DONE), act]).await;
            let writer = writer_at(&http, &line.root);
            writer.delete_policy(a_policy()).await.unwrap();
            let end = route.write(&writer).await;
            let Err(WriteError::Unknown(GraphError::Transport { .. })) = end else {
                panic!("{route:?}, {case}: {end:?}")
            };
            assert_eq!(line.requests().len(), 2, "{route:?}, {case}: {:?}", line.requests());
            assert_eq!(line.connections(), 1, "{route:?}, {case}: it was the kept one");
        }
    }
}

#[tokio::test]
async fn a_server_that_ends_every_connection_gets_every_write_at_most_once() {
    let line = Line::start(vec![Act::SayAndClose(DONE)]).await;
    let writer = writer_at(&http(), &line.root);
    let mut done = 0;
    for sent in 1..=50 {
        match writer.delete_policy(a_policy()).await {
            Ok(()) => done += 1,
            Err(WriteError::Unknown(_)) => {}
            other => panic!("{other:?}"),
        }
        assert!(line.requests().len() <= sent, "{sent}: {}", line.requests().len());
    }
    assert!(0 < done);
}

#[tokio::test]
async fn what_cannot_have_left_is_not_done() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let root = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let http = http();
    for route in ROUTES {
        let end = route.write(&writer_at(&http, &root)).await;
        let Err(error @ WriteError::NotDone(GraphError::Transport { .. })) = end else {
            panic!("{route:?}: {end:?}")
        };
        assert!(error.holds_for_all(), "{route:?}");
        assert!(error.explain().contains("Connection refused"), "{}", error.explain());
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let line = Line::start(vec![Act::Say(DONE)]).await;
    let writer = GraphWriter::new(Graph::new(http(), line.root.clone(), tokens(0), patience()));
    for route in ROUTES {
        let end = route.write(&writer).await;
        let Err(error @ WriteError::Denied(GraphError::SignIn(_))) = end else {
            panic!("{route:?}: {end:?}")
        };
        assert!(error.holds_for_all(), "{route:?}");
    }
    assert!(line.requests().is_empty());
}
