//! The token endpoint of Entra, and the managed identity endpoint of an App Service.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::Response;

use super::Side;
use super::edge::CutOff;
use super::fault::{Effect, Sighting};
use super::front::{Answer, Outcome, Received};
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
        Err(answer) => return answer.into_response(JSON, false, state.clock()),
    };
    let ticket = state.arrived(Side::Authority, &received, None);
    let answer = match serve(&state, &received, ticket) {
        Outcome::Answered(answer) => answer,
        Outcome::Delayed(time, answer) => {
            tokio::time::sleep(time).await;
            answer
        }
        Outcome::Cut => {
            connection.cut();
            return Response::new(Body::empty());
        }
        Outcome::Hang => {
            state.stop.cancelled().await;
            return Response::new(Body::empty());
        }
    };
    state.log.answered(ticket, answer.status);
    answer.into_response(JSON, received.gzip, state.clock())
}

fn serve(state: &State, received: &Received, ticket: Ticket) -> Outcome {
    let query = received.query_text();
    let seen = Sighting {
        side: Side::Authority,
        method: &received.method,
        path: &received.path,
        query: &query,
        page: 1,
    };
    match state.strike(&seen) {
        Some(Effect::SignInError(number)) => {
            Outcome::Answered(Refusal::by_number(number, state).into_answer(state))
        }
        Some(Effect::Delay(time)) => Outcome::Delayed(time, route(state, received, ticket)),
        Some(effect) => effect.carry_out().unwrap_or(Outcome::Cut),
        None => Outcome::Answered(route(state, received, ticket)),
    }
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
