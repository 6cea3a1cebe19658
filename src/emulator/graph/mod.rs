//! Microsoft Graph, version 1.0, and two reports of beta.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::Response;
use tokio::time::Instant;

use super::Side;
use super::access::{Claims, TokenRefused};
use super::edge::CutOff;
use super::fault::{Effect, Refused, Sighting};
use super::front::{Answer, Manner, Outcome, Payload, Received};
use super::log::Ticket;
use super::state::State;
use call::Call;
use conditions::{Conditions, Reading};
use refusal::Refusal;
use route::Route;

mod assignments;
mod batch;
mod call;
mod conditions;
mod cost;
mod delta;
mod effective;
mod filter;
mod listing;
mod mail;
mod objects;
mod page_token;
mod passwords;
mod policies;
mod policy_checks;
mod policy_writes;
mod query;
mod refusal;
mod reports;
mod roles;
mod route;
mod rows;
mod view;

pub use delta::DeltaHabits;

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
    let arrived = Instant::now();
    let received = match Received::read(request).await {
        Ok(received) => received,
        Err(answer) => return answer.into_response(&manner(&state, &connection, false)),
    };
    let outcome = exchange(&state, &received, None);
    if !state.options.latency.is_zero() {
        tokio::time::sleep_until(arrived + state.options.latency).await;
    }
    outcome.respond(&manner(&state, &connection, received.gzip)).await
}

fn manner<'a>(state: &'a State, connection: &'a CutOff, gzip: bool) -> Manner<'a> {
    Manner { json: JSON, gzip, now: state.clock(), stop: &state.stop, connection }
}

/// One request on its way.
struct Visit<'a> {
    state: &'a State,
    received: &'a Received,
    seen: Sighting<'a>,
    /// What its token says; of a member of a batch, the envelope's.
    claims: &'a Result<Claims, TokenRefused>,
    /// Whether it is a member of a batch, whose envelope was let in already.
    member: bool,
    ticket: Ticket,
}

/// One request, or one member of a batch whose envelope was let in already: log, fault, answer.
fn exchange(state: &State, received: &Received, member: Option<(&str, &Claims)>) -> Outcome {
    let claims = match member {
        Some((_, claims)) => Ok(claims.clone()),
        None => state.mint.read(received.header("authorization")),
    };
    let client = claims.as_ref().ok().map(|claims| claims.appid.as_str());
    let ticket = state.arrived(Side::Graph, received, client, member.map(|(id, _)| id));
    let query = received.query_text();
    let seen = Sighting {
        side: Side::Graph,
        method: &received.method,
        path: &received.path,
        query: &query,
        page: page_token::page_number(&received.query),
        client,
    };
    let struck_by = state.strike(&seen);
    let visit = Visit { state, received, seen, claims: &claims, member: member.is_some(), ticket };
    let effect = struck_by.map(|strike| {
        strike.falls(
            |edit| state.edit(edit),
            || {
                serve(&visit, &Conditions::default());
            },
        )
    });
    let outcome = match effect.map(Effect::carry_out) {
        Some(Ok(outcome)) => outcome,
        Some(Err(effect)) => struck(&visit, effect),
        None => serve(&visit, &Conditions::default()),
    };
    let outcome = outcome.map(|answer| identified(state, received, answer));
    if let Outcome::Answered(answer) = &outcome {
        state.log.answered(ticket, answer.status);
    }
    outcome
}

/// A request that a fault strikes, yet lets through to the service in some way.
fn struck(visit: &Visit<'_>, effect: Effect) -> Outcome {
    let Visit { state, received, .. } = *visit;
    let refuse = |refusal: Refusal| Outcome::Answered(refusal.into_answer(state, received));
    let serve = |conditions: Conditions| serve(visit, &conditions);
    let unchanged = Conditions::default();
    match effect {
        Effect::Delay(time) => serve(unchanged).map(|answer| Answer { delay: answer.delay + time, ..answer }),
        Effect::Deliver(delivery) => serve(unchanged).map(|answer| Answer { delivery, ..answer }),
        Effect::Alter(change) => {
            serve(unchanged).map(|answer| change.apply(answer, &state.graph_root, received))
        }
        Effect::EmptyPage => serve(Conditions { empty_page: true, ..unchanged }),
        Effect::Lacking(permission) => serve(Conditions { lacking: Some(permission), ..unchanged }),
        Effect::Stale(stale) => serve(Conditions { stale, ..unchanged }),
        Effect::Refuse(Refused::Token) => refuse(Refusal::token(TokenRefused::Expired)),
        Effect::Refuse(Refused::Denied) => refuse(Refusal::denied()),
        Effect::Refuse(Refused::NotFound) => refuse(Refusal::not_found(received.path_end())),
        Effect::Refuse(Refused::PageToken) => refuse(Refusal::page_token()),
        Effect::Refuse(Refused::Gone) => refuse(Refusal::gone()),
        Effect::Refuse(Refused::Concurrency) => refuse(Refusal::concurrency()),
        Effect::Answer { .. }
        | Effect::SignInError(_)
        | Effect::Cut
        | Effect::Reset
        | Effect::Hang
        | Effect::Lagging(_)
        | Effect::Pass => serve(unchanged),
    }
}

/// What the service makes of a request. Writes that are carried out are told to the faults that wait for
/// them.
fn serve(visit: &Visit<'_>, conditions: &Conditions) -> Outcome {
    let Visit { state, ref seen, ticket, .. } = *visit;
    let before = if seen.method == "GET" { None } else { state.before_write(seen) };
    let outcome = answered(visit, conditions);
    if let Outcome::Answered(answer) = &outcome {
        state.log.served(ticket, answer.status);
        if let Some(before) = before.filter(|_| answer.status < 300) {
            state.written(seen, &before);
        }
    }
    outcome
}

fn answered(visit: &Visit<'_>, conditions: &Conditions) -> Outcome {
    let Visit { state, received, claims, member, ticket, .. } = *visit;
    if mail::is_upload(received) {
        let served = mail::put(state, received);
        return Outcome::Answered(served.unwrap_or_else(|refusal| refusal.into_answer(state, received)));
    }
    let checked = claims.as_ref().map_err(|refused| *refused).and_then(|claims| {
        if !member {
            state.mint.admit(claims, &state.audiences, state.clock())?;
        }
        Ok(claims.clone())
    });
    let mut claims = match checked {
        Ok(claims) => claims,
        Err(refused) => return Outcome::Answered(Refusal::token(refused).into_answer(state, received)),
    };
    claims.roles.retain(|role| Some(role) != conditions.lacking.as_ref());
    let route = match Route::of(&received.method, &received.path) {
        Ok(route) => route,
        Err(refusal) => return Outcome::Answered(refusal.into_answer(state, received)),
    };
    if let Route::Report(report) = route
        && let Err(refusal) = reports::is_served(report, conditions.tenant(state).cloud)
    {
        return Outcome::Answered(refusal.into_answer(state, received));
    }
    let mut headers = Vec::new();
    if let Some(cost) = cost::cost(state, received, &route) {
        match cost::charge(state, received, &claims.appid, cost) {
            Ok(told) => headers = told,
            Err(answer) => {
                state.log.charged(ticket, cost.units, true);
                return Outcome::Answered(answer);
            }
        }
        state.log.charged(ticket, cost.units, false);
    }
    let served = route.permit(&claims.roles).and_then(|()| {
        if route == Route::Batch && !member {
            return batch::serve(state, received, &claims);
        }
        if let Route::Delta(kind) = route {
            return delta::serve(state, received, kind, conditions).map(Outcome::Answered);
        }
        let call = Call::new(state, received, &claims.appid, conditions)?;
        if call.query.order.is_some() && !route.sorts() {
            return Err(Refusal::unserved("$orderby"));
        }
        dispatch(&call, &route).map(Outcome::Answered)
    });
    let told = |answer: Answer| {
        headers.into_iter().fold(answer, |answer, (name, value)| answer.with_header(name, &value))
    };
    match served {
        Ok(outcome) => outcome.map(told),
        Err(refusal) => Outcome::Answered(refusal.into_answer(state, received)),
    }
}

fn dispatch(call: &Call<'_>, route: &Route) -> Served {
    match route {
        Route::Batch => Err(Refusal::new(400, "BadRequest", "A batch cannot be a member of a batch.")),
        Route::List(kind) => listing::objects(call, *kind),
        Route::Delta(_) => Err(Refusal::no_segment("delta")), // served before, with options of its own
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
        Route::Change(kind, key) => objects::change(call, *kind, key),
        Route::AddPassword(kind, key) => passwords::add(call, *kind, key),
        Route::RemovePassword(kind, key) => passwords::remove(call, *kind, key),
        Route::AppRoleAssignedTo(key) => roles::assigned_to(call, key),
        Route::RoleAssignments => roles::directory_roles(call),
        Route::Report(report) => reports::sign_ins(call, *report),
        Route::DirectoryAudits => reports::audits(call),
        Route::Deleted(kind) => listing::deleted(call, *kind),
        Route::Blueprints => listing::blueprints(call),
        Route::Mail(route) => mail::serve(call, route),
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
