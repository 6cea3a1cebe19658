//! What does not fit into one request: a draft, its files one by one, and then it is sent.
//!
//! What is sent so always lies among the sent items afterwards (inferred), whatever `save_to_sent_items` says.

use std::collections::BTreeMap;

use reqwest::Url;

use super::address;
use super::body::File;
use super::call::{Caller, Step};
use super::error::GraphMailError;
use crate::config::{GraphMail, is_loopback};
use crate::delivery::Gate;
use crate::delivery::error::DeliveryError;

/// How much of a file goes in one request: at most 4 MB (FACTS §14.1), in multiples of 320 KiB as other uploads of
/// Microsoft's want it (inferred).
const RANGE: usize = 12 * 320 * 1024;

pub(super) async fn send(
    caller: &mut Caller<'_>,
    gate: &dyn Gate,
    graph: &GraphMail,
    draft: &str,
    files: &[File<'_>],
) -> Result<(), DeliveryError> {
    let created = caller.post(Step::Draft, address(graph, &["messages"]), draft.to_owned()).await?;
    let id = caller.text_of(&created, "id", Step::Draft)?;
    let filled = fill(caller, graph, &id, files).await;
    let sent = match filled {
        Ok(()) if gate.open().await => {
            caller.post(Step::Send, address(graph, &["messages", &id, "send"]), String::new()).await.map(drop)
        }
        Ok(()) => Err(DeliveryError::Withdrawn),
        Err(error) => Err(error),
    };
    if let Err(error) = &sent
        && !matches!(error, DeliveryError::Unconfirmed { .. })
    {
        // A draft that nobody asked for is no reason to fail for another reason.
        caller.delete(address(graph, &["messages", &id])).await;
    }
    sent
}

async fn fill(
    caller: &mut Caller<'_>,
    graph: &GraphMail,
    id: &str,
    files: &[File<'_>],
) -> Result<(), DeliveryError> {
    for file in files {
        if !file.is_large() {
            let url = address(graph, &["messages", id, "attachments"]);
            caller.post(Step::Attach, url, file.json().to_string()).await?;
            continue;
        }
        let url = address(graph, &["messages", id, "attachments", "createUploadSession"]);
        let session = caller.post(Step::Session, url, file.session().to_string()).await?;
        let upload = upload_url(caller, graph, &session)?;
        let total = file.bytes().len();
        let mut start = 0;
        for piece in file.bytes().chunks(RANGE) {
            let range = format!("bytes {start}-{}/{total}", start + piece.len() - 1);
            caller.put(upload.clone(), range, piece).await?;
            start += piece.len();
        }
    }
    Ok(())
}

/// Where a file is put. The address is a secret, and what is put there is too: it goes out protected, or to this very
/// machine where Graph itself is there.
fn upload_url(
    caller: &Caller<'_>,
    graph: &GraphMail,
    session: &BTreeMap<String, serde_json::Value>,
) -> Result<Url, DeliveryError> {
    let text = caller.text_of(session, "uploadUrl", Step::Session)?;
    let here = |url: &Url| url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    let protected = |url: &Url| url.scheme() == "https" || (here(url) && here(&graph.graph_url));
    let own = |url: &Url| url.username().is_empty() && url.password().is_none();
    Url::parse(&text).ok().filter(|url| protected(url) && own(url)).ok_or_else(|| {
        let host = caller.host().to_owned();
        DeliveryError::Graph(GraphMailError::Strange { host, step: Step::Session.words() })
    })
}
