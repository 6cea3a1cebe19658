//! Why Graph did not give what was asked for.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::sign_in::SignInError;
use crate::domain::Text;

/// The directory holds as many objects as it may. The code is known from public programs (FACTS §11).
pub(super) const QUOTA_EXCEEDED: &str = "Directory_QuotaExceeded";

/// A request to Graph that has failed for good. Requests are named by method and path: a query may
/// hold a page token. Neither a token nor a body is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// No token could be had.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The token was refused, and so was a new one.
    #[error("Graph does not accept the token for `{request}` ({answer})")]
    Unauthorized {
        /// Method and path.
        request: String,
        /// What Graph said.
        answer: Answer,
    },
    /// The token lacks a permission.
    #[error("Graph refused `{request}` ({answer}): the app registration lacks {permission}")]
    Forbidden {
        /// Method and path.
        request: String,
        /// The least privileged permission, or permissions, in backticks (FACTS §12).
        permission: &'static str,
        /// What Graph said.
        answer: Answer,
    },
    /// The directory, or what the app registration may create in it, is full: every other write of the kind
    /// would meet the same.
    #[error("Graph refused `{request}` ({answer}): the quota of the directory is used up")]
    QuotaExceeded {
        /// Method and path.
        request: String,
        /// What Graph said.
        answer: Answer,
    },
    /// Graph throttled for longer than [`super::Patience::throttled`].
    #[error("Graph throttles `{request}` for longer than Keysweep waits, after {} s ({answer})", .waited.as_secs())]
    Throttled {
        /// Method and path.
        request: String,
        /// The waits that were obeyed.
        waited: Duration,
        /// What Graph said.
        answer: Answer,
    },
    /// Any other refusal, or a failure inside Graph that did not pass.
    #[error("Graph answered `{request}` with {answer}")]
    Rejected {
        /// Method and path.
        request: String,
        /// What Graph said.
        answer: Answer,
    },
    /// A redirect. The token must not follow it.
    #[error("`{request}` was redirected ({status})")]
    Redirected {
        /// Method and path.
        request: String,
        /// The status.
        status: u16,
    },
    /// The next page is said to be somewhere else. The token must not go there.
    #[error("the next page of `{request}` is said to be at `{origin}`, which is not the configured Graph")]
    ForeignLink {
        /// Method and path of the listing.
        request: String,
        /// Scheme, host and port of the link.
        origin: String,
    },
    /// A page names a page that was already read as its next.
    #[error("the pages of `{request}` go round in a circle")]
    Circle {
        /// Method and path of the listing.
        request: String,
    },
    /// The answer is no JSON, was cut off, or is not what the documentation shows.
    #[error("the answer to `{request}` is not of the documented shape ({problem})")]
    Shape {
        /// Method and path.
        request: String,
        /// What is wrong and where, without what stands there.
        problem: String,
    },
    /// The answer is larger than [`super::Patience::body_limit`].
    #[error("the answer to `{request}` is larger than {limit} bytes")]
    TooLarge {
        /// Method and path.
        request: String,
        /// The limit, of the decompressed body.
        limit: usize,
    },
    /// No complete answer in time.
    #[error("Graph did not answer `{request}` within {} s", .after.as_secs_f32())]
    Timeout {
        /// Method and path.
        request: String,
        /// How long the last attempt took.
        after: Duration,
    },
    /// The answer came, but the thread that was to read it is gone.
    #[error("the answer to `{request}` could not be read to its end")]
    Interrupted {
        /// Method and path.
        request: String,
    },
    /// The connection could not be made, or broke.
    #[error("the connection for `{request}` failed")]
    Transport {
        /// Method and path.
        request: String,
        /// The cause, without the URL.
        #[source]
        source: reqwest::Error,
    },
}

impl GraphError {
    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::SignIn(error) => error.advice(),
            Self::Unauthorized { .. } => Some(
                "Check that `cloud` and `graph_url` belong together, and that no proxy removes the \
                 `Authorization` header."
                    .to_owned(),
            ),
            Self::Forbidden { permission, .. } => Some(format!(
                "Grant the app registration the application permission {permission} and give admin consent."
            )),
            Self::QuotaExceeded { .. } => Some(
                "Delete objects that nobody needs, for good where they are soft-deleted, or ask Microsoft \
                 for a larger quota."
                    .to_owned(),
            ),
            Self::Throttled { .. } => {
                Some("Other programs may be using up the tenant's budget: run at a quieter hour.".to_owned())
            }
            Self::Redirected { .. } | Self::ForeignLink { .. } => {
                Some("Check `graph_url`, and what a proxy on the way makes of the answers.".to_owned())
            }
            Self::Timeout { .. } | Self::Transport { .. } => Some(
                "Check that Graph can be reached from here, through the proxy if there is one. Behind an \
                 inspection proxy or a private endpoint, name its authority in `ca_file`."
                    .to_owned(),
            ),
            Self::Shape { .. } => {
                Some("Check that `graph_url` leads to Graph and not to a sign-in or error page.".to_owned())
            }
            Self::Rejected { .. }
            | Self::Circle { .. }
            | Self::TooLarge { .. }
            | Self::Interrupted { .. } => None,
        }
    }

    /// Whether the next request would most likely fail the same way, and cost as much patience.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::SignIn(_)
            | Self::Unauthorized { .. }
            | Self::Throttled { .. }
            | Self::Timeout { .. }
            | Self::Transport { .. } => true,
            Self::Forbidden { .. }
            | Self::QuotaExceeded { .. }
            | Self::Rejected { .. }
            | Self::Redirected { .. }
            | Self::ForeignLink { .. }
            | Self::Circle { .. }
            | Self::Shape { .. }
            | Self::TooLarge { .. }
            | Self::Interrupted { .. } => false,
        }
    }

    pub(super) fn is_expired_page_token(&self) -> bool {
        matches!(self, Self::Rejected { answer, .. } if answer.has_code("Directory_ExpiredPageToken"))
    }

    /// What Graph said, where it said anything.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Unauthorized { answer, .. }
            | Self::Forbidden { answer, .. }
            | Self::QuotaExceeded { answer, .. }
            | Self::Throttled { answer, .. }
            | Self::Rejected { answer, .. } => Some(answer),
            Self::SignIn(_)
            | Self::Redirected { .. }
            | Self::ForeignLink { .. }
            | Self::Circle { .. }
            | Self::Shape { .. }
            | Self::TooLarge { .. }
            | Self::Timeout { .. }
            | Self::Interrupted { .. }
            | Self::Transport { .. } => None,
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Rejected { answer, .. } if answer.status == 404)
    }
}

/// What Graph said when it refused, as far as it is safe to repeat (FACTS §11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long Graph asks to wait.
    pub retry_after: Option<Duration>,
    /// What else it said. Apart, because errors are handed on by value.
    said: Box<Details>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Details {
    /// `code`, outermost first; empty ones are left out.
    codes: Vec<String>,
    /// The outermost `message`, cut to 300 characters.
    message: Option<Text>,
    /// `request-id`, for Microsoft's support.
    request_id: Option<String>,
}

impl Answer {
    /// The outermost `message`, cut to 300 characters. It is no part of what is shown of an answer by itself.
    #[must_use]
    pub fn message(&self) -> Option<&Text> {
        self.said.message.as_ref()
    }

    /// Takes what is of use from an error body, whatever it is: a proxy answers in HTML.
    pub(super) fn new(status: u16, request_id: Option<&str>, body: &Value) -> Self {
        let mut codes = Vec::new();
        let mut id = request_id.map(plain);
        let mut level = body.get("error");
        while let Some(error) = level {
            let code = error.get("code").and_then(Value::as_str).map(plain);
            codes.extend(code.filter(|code| !code.is_empty()));
            id = id.or_else(|| error.get("request-id").and_then(Value::as_str).map(plain));
            level = error.get("innerError").or_else(|| error.get("innererror"));
        }
        let message = body.pointer("/error/message").and_then(Value::as_str).and_then(message);
        Self { status, retry_after: None, said: Box::new(Details { codes, message, request_id: id }) }
    }

    /// With the wait that Graph asks for.
    pub(super) fn asking_to_wait(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    /// The outermost `code`, or none where Graph gave none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.said.codes.first().map(AsRef::as_ref)
    }

    /// Whether a policy blocks it (FACTS §5.7).
    pub(super) fn is_as_per_app_policy(&self) -> bool {
        self.said.codes.iter().any(|code| code.ends_with("AsPerAppPolicy"))
    }

    /// Whether Graph said so on any level: the inner codes are the more specific ones.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.said.codes.iter().any(|found| **found == *code)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(code) = self.code() {
            write!(f, " {code}")?;
        }
        match &self.said.request_id {
            Some(id) => write!(f, ", request-id {id}"),
            None => Ok(()),
        }
    }
}

/// A message on one line; none where it says nothing.
fn message(text: &str) -> Option<Text> {
    // Masked before it is cut: half a secret has no shape any more.
    let masked = Text::new(text);
    let line: String = masked.as_str().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let short: String = line.trim().chars().take(300).collect();
    (!short.is_empty()).then(|| Text::new(&short))
}

/// Foreign text cut down to what a code or an id is made of. The error body is not ours, and a log
/// line or a mail header must not become longer or of several lines because of it.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.[]".contains(*c)).take(80).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[rustfmt::skip]
    fn an_answer_holds_what_helps_and_nothing_else() {
        for (body, header, shown) in [
            (json!({"error": {"code": "A", "innerError": {"request-id": "r-1"}}}), None, "400 A, request-id r-1"),
            (json!({"error": {"code": "A", "innererror": {"code": "B"}}}), Some("h"), "400 A, request-id h"),
            (json!({"error": {"code": "", "innererror": {"code": "B"}}}), None, "400 B"),
            (json!({"error": {"code": "x\r\nBcc: a@b"}}), None, "400 xBccab"),
            (json!({"error": "no object"}), None, "400"),
            (json!({"error": {"message": "said to me in confidence"}}), None, "400"),
            (Value::Null, None, "400"),
        ] {
            assert_eq!(Answer::new(400, header, &body).to_string(), shown);
        }
    }

    #[test]
    fn a_message_is_kept_on_one_line_bounded_and_without_secrets() {
        let kept = |said: &str| {
            Answer::new(400, None, &json!({ "error": { "message": said } }))
                .message()
                .map(|text| text.as_str().to_owned())
        };
        assert_eq!(kept("No,\r\nnot this."), Some("No,  not this.".to_owned()));
        assert_eq!(kept(" \n"), None);
        assert_eq!(kept(&"x".repeat(5000)).map(|text| text.len()), Some(300));
        let secret = format!("abc8Q~{}", "d".repeat(34));
        assert!(kept(&secret).is_some_and(|text| !text.contains("Q~")));
    }

    #[test]
    fn the_inner_code_is_recognised_too() {
        let body = json!({"error": {"code": "Bad", "innerError": {"innerError": {"code": "Directory_ExpiredPageToken"}}}});
        let error =
            GraphError::Rejected { request: "GET /x".to_owned(), answer: Answer::new(400, None, &body) };
        assert!(error.is_expired_page_token());
    }
}
