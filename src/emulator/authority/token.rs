//! `POST /{tenant}/oauth2/v2.0/token` with the grant `client_credentials`.

use serde_json::json;

use super::assertion;
use super::refusal::Refusal;
use crate::emulator::access::Wanted;
use crate::emulator::clients::Client;
use crate::emulator::front::{self, Answer, Received};
use crate::emulator::log::Ticket;
use crate::emulator::state::State;

/// The only kind of assertion there is.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn require(&self, name: &str, state: &State) -> Result<&str, Refusal> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Refusal::by_number(900_144, state)
                .in_words(format!("The request body must contain the following parameter: '{name}'."))
        })
    }
}

pub(super) fn serve(
    state: &State,
    received: &Received,
    tenant: &str,
    ticket: Ticket,
) -> Result<Answer, Refusal> {
    let form = Form(front::pairs(&String::from_utf8_lossy(&received.body)));
    if !tenant.eq_ignore_ascii_case(&state.tenant_id) {
        let words = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        );
        return Err(Refusal::by_number(90_002, state).in_words(words));
    }
    if form.require("grant_type", state)? != "client_credentials" {
        return Err(Refusal::by_number(70_003, state));
    }
    let named = form.require("client_id", state)?;
    let Some(client) = state.clients.by_id(named) else {
        return Err(Refusal::naming(named, 700_016, state));
    };
    let scope = form.require("scope", state)?;
    let resource = resource(scope, state)?;
    let how = prove(state, client, &form)?;
    state.log.signed_in(ticket, &how);
    let token = token(state, client, resource)?;
    let lifetime = state.options.token_lifetime.num_seconds();
    Ok(Answer::json(
        200,
        json!({
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token,
        }),
    ))
}

/// A token of one of this tenant's clients for a resource; none for a client that was switched off.
pub(super) fn token(state: &State, client: &Client, resource: &str) -> Result<String, Refusal> {
    let tenant = state.tenant();
    if client.is_disabled(&tenant) {
        return Err(Refusal::naming(&client.id, 7_000_112, state));
    }
    let object = tenant.principal_of(&client.id);
    let wanted = Wanted {
        tenant: &state.tenant_id,
        client: &client.id,
        object: &object,
        audience: resource,
        roles: client.roles(),
        now: state.clock(),
        lifetime: state.options.token_lifetime,
    };
    state.mint.token(wanted).map_err(|_| Refusal::by_number(90_033, state))
}

/// The resource a scope is for: `https://graph.microsoft.com/.default` and nothing besides.
fn resource<'a>(scope: &'a str, state: &State) -> Result<&'a str, Refusal> {
    let Some(resource) = scope.strip_suffix("/.default").filter(|resource| !resource.contains(' ')) else {
        return Err(Refusal::by_number(70_011, state).in_words(format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
        )));
    };
    if state.audiences.iter().any(|known| known == resource) {
        return Ok(resource);
    }
    Err(Refusal::by_number(500_011, state).in_words(format!(
        "The resource principal named {resource} was not found in the tenant named Contoso. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
    )))
}

/// Checks the secret or the assertion, and says which it was.
fn prove(state: &State, client: &Client, form: &Form) -> Result<String, Refusal> {
    if let Some(assertion) = form.get("client_assertion") {
        if form.get("client_assertion_type") != Some(JWT_BEARER) {
            return Err(Refusal::by_number(900_144, state).in_words(
                "The request body must contain the following parameter: 'client_assertion_type' with value 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'.",
            ));
        }
        return assertion::prove(state, client, assertion);
    }
    match form.get("client_secret") {
        Some(secret) if secret == client.secret => Ok("client-secret".to_owned()),
        Some(_) => Err(Refusal::naming(&client.id, 7_000_215, state)),
        None => Err(Refusal::by_number(7_000_216, state)),
    }
}
