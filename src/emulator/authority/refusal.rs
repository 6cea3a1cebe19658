//! How Entra refuses a sign-in.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::emulator::front::Answer;
use crate::emulator::state::State;

/// A refusal by its AADSTS number.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    number: u32,
    error: &'static str,
    status: u16,
    words: String,
}

impl Refusal {
    /// The refusal with this number, in the words of Entra. Where they name a client, it is the auditor's.
    pub(super) fn by_number(number: u32, state: &State) -> Self {
        Self::naming(&state.clients.auditor.id, number, state)
    }

    /// The same about another client. Numbers not known here become one of the kind `invalid_client`.
    #[rustfmt::skip]
    pub(super) fn naming(client: &str, number: u32, state: &State) -> Self {
        let tenant = &state.tenant_id;
        let (error, status, words) = match number {
            7_000_215 => ("invalid_client", 401, format!("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'.")),
            7_000_222 => ("invalid_client", 401, format!("The provided client secret keys for app '{client}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.")),
            7_000_216 => ("invalid_client", 401, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.".to_owned()),
            7_000_218 => ("invalid_client", 401, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.".to_owned()),
            7_000_112 => ("unauthorized_client", 400, format!("Application '{client}'(Keysweep emulator) is disabled.")),
            700_016 => ("unauthorized_client", 400, format!("Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.")),
            700_021 => ("invalid_client", 401, "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials.".to_owned()),
            700_023 => ("invalid_client", 401, "Client assertion audience claim does not match Realm issuer. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials.".to_owned()),
            700_024 => ("invalid_client", 401, "Client assertion is not within its valid time range. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials.".to_owned()),
            700_027 => ("invalid_client", 401, "Client assertion failed signature validation. Alternatively, the key was not found: the certificate used to sign the client assertion is not registered on the application.".to_owned()),
            700_213 => ("invalid_client", 401, "No matching federated identity record found for presented assertion subject. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.".to_owned()),
            90_002 => ("invalid_request", 400, "Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.".to_owned()),
            90_033 => ("temporarily_unavailable", 503, "A transient error has occurred. Please try again.".to_owned()),
            70_011 => ("invalid_scope", 400, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope must name one resource and end in '/.default'.".to_owned()),
            70_003 => ("unsupported_grant_type", 400, "The app requested an unsupported grant type.".to_owned()),
            50_027 => ("invalid_request", 400, "JWT token is invalid or malformed.".to_owned()),
            500_011 => ("invalid_resource", 400, format!("The resource principal was not found in the tenant named '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.")),
            900_144 => ("invalid_request", 400, "The request body is missing a parameter.".to_owned()),
            900_561 => ("invalid_request", 405, "The endpoint only accepts POST requests. Received a GET request.".to_owned()),
            _ => ("invalid_client", 401, "The sign-in was refused.".to_owned()),
        };
        Self { number, error, status, words }
    }

    /// The same refusal in other words, where Entra names what is wrong.
    pub(super) fn in_words(mut self, words: impl Into<String>) -> Self {
        self.words = words.into();
        self
    }

    pub(super) fn into_answer(self, state: &State) -> Answer {
        let now: DateTime<Utc> = state.clock();
        let (trace, correlation) = (state.fresh_id("trace"), state.fresh_id("correlation"));
        let time = now.format("%Y-%m-%d %H:%M:%SZ").to_string();
        // Line breaks in the description are Entra's own; readers that cannot take them lose the number.
        let description = format!(
            "AADSTS{}: {}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {time}",
            self.number, self.words
        );
        let body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [self.number],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("{}/error?code={}", state.authority_root, self.number),
        });
        Answer::json(self.status, body).with_header("x-ms-request-id", &trace)
    }
}
