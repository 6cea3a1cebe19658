//! How Graph refuses.

use serde_json::json;

use crate::emulator::access::TokenRefused;
use crate::emulator::front::{Answer, Received};
use crate::emulator::state::State;

/// A refusal: a status, a code to branch on and words for people.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    extra: Extra,
}

/// What a refusal has besides its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extra {
    Nothing,
    /// How to sign in.
    Challenge,
    /// Where a delta query starts again.
    Restart,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), extra: Extra::Nothing }
    }

    pub(super) fn token(refused: TokenRefused) -> Self {
        let refusal = Self::new(401, "InvalidAuthenticationToken", refused.to_string());
        Self { extra: Extra::Challenge, ..refusal }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    pub(super) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    pub(super) fn unserved(option: &str) -> Self {
        Self::unsupported(format!("The emulator does not serve '{option}'."))
    }

    pub(super) fn denied() -> Self {
        let message = "Insufficient privileges to complete the operation.";
        Self::new(403, "Authorization_RequestDenied", message)
    }

    pub(super) fn not_found(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(404, "Request_ResourceNotFound", message)
    }

    pub(super) fn no_segment(segment: &str) -> Self {
        Self::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
    }

    /// A property that `$select` names and the type does not have.
    pub(super) fn no_property(name: &str, of: &str) -> Self {
        let message = format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{of}'."
        );
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn expand(relationship: &str) -> Self {
        let message =
            format!("Expand is not allowed for property '{relationship}' according to the entity schema.");
        Self::new(400, "ExpandNotSupported", message)
    }

    /// What a report answers without Microsoft Entra ID P1 or P2. The code is recorded for the sign-in logs;
    /// for the reports of sign-in activity it is inferred.
    pub(super) fn no_licence() -> Self {
        let message = "Neither tenant is B2C or tenant doesn't have premium license";
        Self::new(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)
    }

    pub(super) fn method() -> Self {
        let message = "Specified HTTP method is not allowed for the request target.";
        Self::new(405, "Request_BadRequest", message)
    }

    pub(super) fn page_token() -> Self {
        let message =
            "The specified page token value has expired and can no longer be included in your request.";
        Self::new(400, "Directory_ExpiredPageToken", message)
    }

    /// The code is recorded by others, the words are the emulator's own.
    pub(super) fn concurrency() -> Self {
        let message = "Another operation on this object is under way. Please retry later.";
        Self::new(409, "Directory_ConcurrencyViolation", message)
    }

    pub(super) fn throttled() -> Self {
        Self::new(429, "TooManyRequests", "Please retry again later.")
    }

    /// A delta token that is no longer known, or of somewhere else.
    pub(super) fn sync_state_not_found() -> Self {
        Self::new(
            400,
            "syncStateNotFound",
            "The sync state generation is not found. Please start again without a token.",
        )
    }

    /// A delta token from before what is still remembered.
    pub(super) fn resync_required() -> Self {
        Self::new(
            400,
            "resyncRequired",
            "Resync is required. Replace all local items with the server's state.",
        )
    }

    /// A delta token that is of no use any more; where to start again stands in the header.
    pub(super) fn gone() -> Self {
        let refusal = Self::new(410, "resyncRequired", "Resync required. Start again at the location given.");
        Self { extra: Extra::Restart, ..refusal }
    }

    pub(super) fn into_answer(self, state: &State, received: &Received) -> Answer {
        let request = state.fresh_id("request");
        let client = received.header("client-request-id").unwrap_or(&request).to_owned();
        let date = state.clock().format("%Y-%m-%dT%H:%M:%S").to_string(); // without a zone, as Graph does
        let inner = json!({ "date": date, "request-id": request, "client-request-id": client });
        let body = json!({ "error": { "code": self.code, "message": self.message, "innerError": inner } });
        let answer = Answer::json(self.status, body)
            .with_header("request-id", &request)
            .with_header("client-request-id", &client);
        match self.extra {
            Extra::Nothing => answer,
            Extra::Challenge => answer.with_header(
                "www-authenticate",
                &format!(
                    "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"",
                    state.authority_root
                ),
            ),
            Extra::Restart => {
                answer.with_header("location", &format!("{}{}?$deltatoken=", state.graph_root, received.path))
            }
        }
    }
}
