//! The token endpoint of Entra, and the managed identity endpoint of an App Service.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::Response;

use super::Side;
use super::edge::CutOff;
use super::fault::{Effect, Sighting};
use super::front::{self, Answer, Manner, Outcome, Received};
use super::log::Ticket;
use super::state::State;

mod assertion;
mod managed_identity;
mod refusal;
mod token;

use refusal::Refusal;

pub(super) use managed_identity::PATH as MANAGED_IDENTITY;

const JSON: &str = "application/json; charset=utf-8";

pub(super) async fn handle(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(connection): ConnectInfo<CutOff>,
    request: Request,
) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(answer) => return answer.into_response(&manner(&state, &connection, false)),
    };
    let client = client_of(&state, &received);
    let ticket = state.arrived(Side::Authority, &received, client.as_deref(), None);
    let outcome = serve(&state, &received, client.as_deref(), ticket);
    if let Outcome::Answered(answer) = &outcome {
        state.log.answered(ticket, answer.status);
    }
    outcome.respond(&manner(&state, &connection, received.gzip)).await
}

fn manner<'a>(state: &'a State, connection: &'a CutOff, gzip: bool) -> Manner<'a> {
    Manner { json: JSON, gzip, now: state.clock(), stop: &state.stop, connection }
}

/// Who asks for a token: whatever the form says, and the auditor at the managed identity endpoint.
fn client_of(state: &State, received: &Received) -> Option<String> {
    if received.path == MANAGED_IDENTITY {
        return Some(state.clients.auditor.id.clone());
    }
    let form = front::pairs(&String::from_utf8_lossy(&received.body));
    form.into_iter().find(|(name, _)| name == "client_id").map(|(_, id)| id)
}

fn serve(state: &State, received: &Received, client: Option<&str>, ticket: Ticket) -> Outcome {
    let query = received.query_text();
    let seen = Sighting {
        side: Side::Authority,
        method: &received.method,
        path: &received.path,
        query: &query,
        page: 1,
        client,
    };
    let route = || {
        let answer = route(state, received, ticket);
        state.log.served(ticket, answer.status);
        answer
    };
    let effect = state.strike(&seen).map(|strike| {
        strike.falls(
            |edit| state.edit(edit),
            || {
                route();
            },
        )
    });
    let effect = match effect.map(Effect::carry_out) {
        Some(Ok(outcome)) => return outcome,
        Some(Err(effect)) => Some(effect),
        None => None,
    };
    if let Some(Effect::SignInError(number)) = effect {
        let client = client.unwrap_or(&state.clients.auditor.id);
        return Outcome::Answered(Refusal::naming(client, number, state).into_answer(state));
    }
    let mut answer = route();
    match effect {
        Some(Effect::Delay(time)) => answer.delay = time,
        Some(Effect::Deliver(delivery)) => answer.delivery = delivery,
        Some(Effect::Alter(change)) => answer = change.apply(answer, &state.authority_root, received),
        _ => (), // the rest is for Graph alone
    }
    Outcome::Answered(answer)
}

fn route(state: &State, received: &Received, ticket: Ticket) -> Answer {
    let segments: Vec<&str> = received.path.trim_start_matches('/').split('/').collect();
    match (received.method.as_str(), segments.as_slice()) {
        ("GET", _) if received.path == MANAGED_IDENTITY => managed_identity::serve(state, received, ticket),
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => {
            token::serve(state, received, tenant, ticket).unwrap_or_else(|refusal| refusal.into_answer(state))
        }
        (_, [_, "oauth2", "v2.0", "token"]) => Refusal::by_number(900_561, state).into_answer(state),
        _ => Answer::empty(404),
    }
}
