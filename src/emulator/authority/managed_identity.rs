//! The managed identity endpoint as an App Service offers it.

use serde_json::json;

use super::token;
use crate::emulator::front::{Answer, Received};
use crate::emulator::log::Ticket;
use crate::emulator::state::State;

/// Where it stands on the authority's server.
pub(in crate::emulator) const PATH: &str = "/msi/token";

/// `GET /msi/token?api-version=2019-08-01&resource=…` with `X-IDENTITY-HEADER`.
pub(super) fn serve(state: &State, received: &Received, ticket: Ticket) -> Answer {
    let query = |name: &str| {
        let pair = received.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        pair.map(|(_, value)| value.as_str())
    };
    if received.header("x-identity-header") != Some(state.options.identity_header.as_str()) {
        return refuse(state, 403, "The X-IDENTITY-HEADER is missing or wrong.");
    }
    if query("api-version") != Some("2019-08-01") {
        return refuse(state, 400, "The api-version is missing or not supported.");
    }
    let Some(resource) = query("resource").map(|resource| resource.trim_end_matches('/')) else {
        return refuse(state, 400, "The resource is missing.");
    };
    if !state.audiences.iter().any(|known| known == resource) {
        return refuse(state, 400, "The resource is not known.");
    }
    let token = match token::token(state, &state.clients.auditor, resource) {
        Ok(token) => token,
        Err(refusal) => return refusal.into_answer(state),
    };
    state.log.signed_in(ticket, "managed-identity");
    let expires_on = (state.clock() + state.options.token_lifetime).timestamp();
    Answer::json(
        200,
        json!({
            "access_token": token,
            "client_id": state.clients.auditor.id,
            "expires_on": expires_on.to_string(), // a string, unlike at the token endpoint
            "resource": resource,
            "token_type": "Bearer",
        }),
    )
}

fn refuse(state: &State, status: u16, message: &str) -> Answer {
    let correlation = state.fresh_id("correlation");
    Answer::json(status, json!({ "statusCode": status, "message": message, "correlationId": correlation }))
}
