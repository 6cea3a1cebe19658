//! Letters by Graph: `sendMail` for what fits into one request, a draft with upload sessions for what does not
//! (FACTS §14.1).
//!
//! The message is sent as JSON and not as MIME. One form then serves both ways, for drafts take their attachments as
//! JSON; it is base64 once where MIME would be base64 twice, so that a third more fits into a request; and the headers
//! of our own arrive as documented, where nothing says what becomes of a Message-ID in MIME. The price is the plain
//! part, which JSON cannot carry beside HTML: Exchange makes one of its own (inferred).

mod body;
mod call;
mod error;
mod large;

use lettre::message::Mailbox;
use reqwest::Url;

pub use error::GraphMailError;

use self::body::Parts;
use self::call::{Caller, Step};
use super::error::DeliveryError;
use super::identity::Identity;
use super::patience::Deadline;
use super::smtp::Handling;
use super::words::Cause;
use super::{Delivery, Refused};
use crate::config::GraphMail;
use crate::http::{self, Proxies};
use crate::report::Letter;

/// What goes to whom.
#[derive(Clone, Copy)]
pub(super) struct Posting<'a> {
    pub(super) from: &'a Mailbox,
    pub(super) letter: &'a Letter,
    pub(super) identity: &'a Identity,
}

/// Hands the letter over for everybody in `to` at once: Graph takes it for all of them or for none.
pub(super) async fn send(
    graph: &GraphMail,
    posting: Posting<'_>,
    to: Vec<Mailbox>,
    handling: Handling<'_>,
    delivery: &mut Delivery,
) {
    match hand_over(graph, posting, &to, handling).await {
        Ok(()) => delivery.accepted = to,
        Err(error) => delivery.refused.extend(to.into_iter().map(|to| Refused { to, error: error.clone() })),
    }
}

async fn hand_over(
    graph: &GraphMail,
    posting: Posting<'_>,
    to: &[Mailbox],
    handling: Handling<'_>,
) -> Result<(), DeliveryError> {
    let Handling { patience, gate, tokens } = handling;
    let http =
        http::build(graph.ca_file.as_deref(), Proxies::towards_one(&graph.graph_url)).map_err(|error| {
            GraphMailError::Client { advice: error.advice(), cause: Cause::new(&error.to_string()) }
        })?;
    let deadline = Deadline::after(patience.total);
    let mut pauses = patience.pauses();
    let parts = Parts::of(graph, posting, to);
    loop {
        let mut caller = Caller::new(&http, graph, patience, deadline, tokens).await?;
        let attempt = match &parts {
            Parts::Whole { request } => whole(&mut caller, gate, graph, request).await,
            Parts::Pieces { draft, files } => large::send(&mut caller, gate, graph, draft, files).await,
        };
        let Err(error) = attempt else { return Ok(()) };
        if !matches!(error, DeliveryError::Unconfirmed { .. } | DeliveryError::Withdrawn) {
            gate.shut().await;
        }
        let pause = pauses.next().map(|pause| pause.max(error.retry_after().unwrap_or_default()));
        let Some(pause) = pause.filter(|&pause| error.is_temporary() && deadline.allows(pause)) else {
            return Err(error);
        };
        let (server, waiting_for) = (caller.host(), to.len());
        tracing::warn!(
            server, waiting_for, %error,
            "mail for {waiting_for} put off, trying `{server}` again in {pause:?}: {error}"
        );
        tokio::time::sleep(pause).await;
    }
}

/// All in one request.
async fn whole(
    caller: &mut Caller<'_>,
    gate: &dyn super::Gate,
    graph: &GraphMail,
    request: &str,
) -> Result<(), DeliveryError> {
    if !gate.open().await {
        return Err(DeliveryError::Withdrawn);
    }
    caller.post(Step::SendMail, address(graph, &["sendMail"]), request.to_owned()).await.map(drop)
}

/// An address of the mailbox. Nothing but the configured Graph is ever below it.
fn address(graph: &GraphMail, below: &[&str]) -> Url {
    let mut url = graph.graph_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(["v1.0", "users", &graph.mailbox]).extend(below);
    }
    url
}
