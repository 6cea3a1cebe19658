//! Letters by SMTP: attempts, pauses between them, and who is still waiting.

mod connect;
mod failure;
mod route;
mod session;

use lettre::Address;
use lettre::message::Mailbox;

use self::route::Route;
use self::session::Session;
use super::error::DeliveryError;
use super::gate::Gate;
use super::patience::{Deadline, Patience};
use super::token::TokenSource;
use super::{Delivery, Refused};
use crate::config::Smtp;

/// How a letter is handled on its way.
#[derive(Clone, Copy)]
pub(super) struct Handling<'a> {
    pub(super) patience: &'a Patience,
    pub(super) gate: &'a dyn Gate,
    pub(super) tokens: &'a dyn TokenSource,
}

/// Hands the message over for everybody in `to`, trying again for those the server put off.
pub(super) async fn send(
    smtp: &Smtp,
    from: &Address,
    to: Vec<Mailbox>,
    message: &[u8],
    handling: Handling<'_>,
    delivery: &mut Delivery,
) {
    let Handling { patience, gate, tokens } = handling;
    let route = match Route::prepare(smtp, tokens).await {
        Ok(route) => route,
        Err(error) => {
            delivery.refuse(to, &error);
            return;
        }
    };
    let deadline = Deadline::after(patience.total);
    let mut pauses = patience.pauses();
    let mut waiting = to;
    loop {
        let attempt = attempt(&route, from, waiting, message, handling, deadline).await;
        delivery.accepted.extend(attempt.accepted);
        delivery.refused.extend(attempt.refused);
        let unsent = |refused: &Refused| !matches!(refused.error, DeliveryError::Unconfirmed { .. });
        if delivery.accepted.is_empty() && delivery.refused.iter().all(unsent) {
            gate.shut().await;
        }
        let Some(Refused { error, .. }) = attempt.put_off.first() else { return };
        let Some(pause) = pauses.next().filter(|&pause| deadline.allows(pause)) else {
            delivery.refused.extend(attempt.put_off);
            return;
        };
        let waiting_for = attempt.put_off.len();
        let server = &route.server;
        tracing::warn!(
            server, waiting_for, %error,
            "mail for {waiting_for} put off, trying `{server}` again in {pause:?}: {error}"
        );
        tokio::time::sleep(pause).await;
        waiting = attempt.put_off.into_iter().map(|refused| refused.to).collect();
    }
}

/// Talks with the server up to the point where a letter would begin. Answers its name.
pub(super) async fn check(smtp: &Smtp, handling: Handling<'_>) -> Result<String, DeliveryError> {
    let route = Route::prepare(smtp, handling.tokens).await?;
    let session = Session::open(&route, handling, Deadline::after(handling.patience.total)).await?;
    session.close().await;
    Ok(route.server)
}

/// What one conversation achieved.
#[derive(Debug, Default)]
struct Attempt {
    accepted: Vec<Mailbox>,
    /// For good.
    refused: Vec<Refused>,
    /// Not now.
    put_off: Vec<Refused>,
}

impl Attempt {
    fn fail(&mut self, to: impl IntoIterator<Item = Mailbox>, error: &DeliveryError) {
        let list = if error.is_temporary() { &mut self.put_off } else { &mut self.refused };
        list.extend(to.into_iter().map(|to| Refused { to, error: error.clone() }));
    }
}

async fn attempt(
    route: &Route<'_>,
    from: &Address,
    to: Vec<Mailbox>,
    message: &[u8],
    handling: Handling<'_>,
    deadline: Deadline,
) -> Attempt {
    let mut attempt = Attempt::default();
    match Session::open(route, handling, deadline).await {
        Ok(mut session) => {
            transact(&mut session, from, to, message, &mut attempt).await;
            session.close().await;
        }
        Err(error) => attempt.fail(to, &error),
    }
    attempt
}

/// One transaction for all: a refused recipient drops out and the message goes to the rest.
async fn transact(
    session: &mut Session<'_>,
    from: &Address,
    to: Vec<Mailbox>,
    message: &[u8],
    attempt: &mut Attempt,
) {
    if let Err(error) = session.sender(from, message.len()).await {
        attempt.fail(to, &error);
        return;
    }
    let mut taken = Vec::new();
    let mut rest = to.into_iter();
    while let Some(mailbox) = rest.next() {
        match session.recipient(&mailbox.email).await {
            Ok(()) => taken.push(mailbox),
            Err(error) if session.is_over() => {
                attempt.fail(taken.into_iter().chain([mailbox]).chain(rest), &error);
                return;
            }
            Err(error) => attempt.fail([mailbox], &error),
        }
    }
    if taken.is_empty() {
        return;
    }
    match session.message(message).await {
        Ok(()) => attempt.accepted = taken,
        Err(error) => attempt.fail(taken, &error),
    }
}
