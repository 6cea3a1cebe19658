//! Microsoft Graph, version 1.0.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::Response;

use super::Side;
use super::access::Claims;
use super::edge::CutOff;
use super::fault::{Effect, Sighting};
use super::front::{Answer, Outcome, Payload, Received};
use super::state::State;
use call::Call;
use refusal::Refusal;
use route::Route;

mod assignments;
mod batch;
mod call;
mod cost;
mod effective;
mod filter;
mod listing;
mod objects;
mod page_token;
mod passwords;
mod policies;
mod policy_writes;
mod query;
mod refusal;
mod route;
mod view;

/// The content type of Graph's JSON.
pub(super) const JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What a route gives: an answer, or a refusal that becomes one.
type Served = Result<Answer, Refusal>;

pub(super) async fn handle(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(connection): ConnectInfo<CutOff>,
    request: Request,
) -> Response<Body> {
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(answer) => return answer.into_response(JSON, false, state.clock()),
    };
    match exchange(&state, &received, None) {
        Outcome::Answered(answer) => answer.into_response(JSON, received.gzip, state.clock()),
        Outcome::Delayed(time, answer) => {
            tokio::time::sleep(time).await;
            answer.into_response(JSON, received.gzip, state.clock())
        }
        Outcome::Cut => {
            connection.cut();
            Response::new(Body::empty())
        }
        Outcome::Hang => {
            state.stop.cancelled().await;
            Response::new(Body::empty())
        }
    }
}

/// One request, or one member of a batch whose envelope was let in already: log, fault, answer.
fn exchange(state: &State, received: &Received, member: Option<(&str, &Claims)>) -> Outcome {
    let ticket = state.arrived(Side::Graph, received, member.map(|(id, _)| id));
    let query = received.query_text();
    let seen = Sighting {
        side: Side::Graph,
        method: &received.method,
        path: &received.path,
        query: &query,
        page: page_token::page_number(&received.query),
    };
    let mut delay = Duration::ZERO;
    let effect = match state.strike(&seen) {
        Some(Effect::Delay(time)) => {
            delay = time;
            None
        }
        Some(effect) => effect.carry_out(),
        None => None,
    };
    let outcome = effect.unwrap_or_else(|| serve(state, received, member.map(|(_, claims)| claims)));
    let outcome = match outcome {
        Outcome::Answered(answer) => Outcome::Answered(identified(state, received, answer)),
        Outcome::Delayed(time, answer) => {
            delay += time;
            Outcome::Answered(identified(state, received, answer))
        }
        Outcome::Cut | Outcome::Hang => outcome,
    };
    match outcome {
        Outcome::Answered(answer) => {
            state.log.answered(ticket, answer.status);
            if delay.is_zero() { Outcome::Answered(answer) } else { Outcome::Delayed(delay, answer) }
        }
        other => other,
    }
}

/// `member` holds the claims of the envelope's token when this is a member of a batch.
fn serve(state: &State, received: &Received, member: Option<&Claims>) -> Outcome {
    let authorization = received.header("authorization");
    let checked = match member {
        Some(claims) => Ok(claims.clone()),
        None => state.mint.check(authorization, &state.audiences, state.clock()),
    };
    let claims = match checked {
        Ok(claims) => claims,
        Err(refused) => return Outcome::Answered(Refusal::token(refused).into_answer(state, received)),
    };
    let route = match Route::of(&received.method, &received.path) {
        Ok(route) => route,
        Err(refusal) => return Outcome::Answered(refusal.into_answer(state, received)),
    };
    let served = route.permit(&claims.roles).and_then(|()| {
        if route == Route::Batch && member.is_none() {
            return batch::serve(state, received, &claims);
        }
        let call = Call::new(state, received)?;
        dispatch(&call, &route).map(Outcome::Answered)
    });
    let units = cost::units(received, &route);
    match served {
        Ok(Outcome::Answered(answer)) => {
            Outcome::Answered(answer.with_header("x-ms-resource-unit", &units.to_string()))
        }
        Ok(other) => other,
        Err(refusal) => Outcome::Answered(refusal.into_answer(state, received)),
    }
}

fn dispatch(call: &Call<'_>, route: &Route) -> Served {
    match route {
        Route::Batch => Err(Refusal::new(400, "BadRequest", "A batch cannot be a member of a batch.")),
        Route::List(kind) => listing::objects(call, *kind),
        Route::Count(kind) => listing::count(call, *kind),
        Route::Object(kind, key) => objects::one(call, *kind, key),
        Route::Owners(kind, key) => objects::owners(call, *kind, key),
        Route::FederatedCredentials(kind, key) => objects::federated_credentials(call, *kind, key),
        Route::AssignedPolicies(kind, key) => objects::assigned_policies(call, *kind, key),
        Route::DefaultPolicy => policies::default(call),
        Route::Policies => policies::list(call),
        Route::Policy(id) => policies::one(call, id),
        Route::AppliesTo(id) => assignments::applies_to(call, id),
        Route::Assign(kind, key) => assignments::assign(call, *kind, key),
        Route::Unassign(kind, key, policy) => assignments::unassign(call, *kind, key, policy),
        Route::PatchDefaultPolicy => policy_writes::patch_default(call),
        Route::PatchPolicy(id) => policy_writes::patch(call, id),
        Route::CreatePolicy => policy_writes::create(call),
        Route::DeletePolicy(id) => policy_writes::delete(call, id),
        Route::AddPassword(kind, key) => passwords::add(call, *kind, key),
        Route::RemovePassword(kind, key) => passwords::remove(call, *kind, key),
    }
}

/// Puts the headers on that every answer of Graph has.
fn identified(state: &State, received: &Received, mut answer: Answer) -> Answer {
    let missing = |answer: &Answer, name: &str| !answer.headers.iter().any(|(key, _)| key == name);
    if missing(&answer, "request-id") {
        let request = state.fresh_id("request");
        let client = received.header("client-request-id").unwrap_or(&request).to_owned();
        answer = answer.with_header("request-id", &request).with_header("client-request-id", &client);
    }
    let diagnostics = r#"{"ServerInfo":{"DataCenter":"Loopback","Slice":"E","Ring":"1","ScaleUnit":"000","RoleInstance":"EMULATOR"}}"#;
    answer = answer.with_header("x-ms-ags-diagnostic", diagnostics);
    if matches!(answer.body, Payload::Json(_) | Payload::JsonText(_)) {
        answer = answer.with_header("odata-version", "4.0");
    }
    answer
}
