//! Single requests to Graph, and what is made of each answer.

use std::collections::BTreeMap;

use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde_json::Value;
use tokio_rustls::rustls;

use super::error::GraphMailError;
use crate::config::GraphMail;
use crate::delivery::error::{DeliveryError, Way};
use crate::delivery::patience::{Deadline, Patience, wait_asked_for};
use crate::delivery::token::{Token, TokenSource};
use crate::delivery::words::{Answer, Cause, find};

/// A draft repeats what is in it, and is still no more than this; higher and a broken server fills the memory.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// What is asked of Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    SendMail,
    Draft,
    Attach,
    Session,
    Upload,
    Send,
    Delete,
}

impl Step {
    /// For people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::SendMail => "sendMail",
            Self::Draft => "creating a draft",
            Self::Attach => "adding an attachment to the draft",
            Self::Session => "createUploadSession",
            Self::Upload => "uploading an attachment",
            Self::Send => "sending the draft",
            Self::Delete => "deleting the draft",
        }
    }

    /// What it needs (FACTS §14.1).
    fn permission(self) -> &'static str {
        match self {
            Self::SendMail | Self::Send => "Mail.Send",
            Self::Draft | Self::Attach | Self::Session | Self::Upload | Self::Delete => "Mail.ReadWrite",
        }
    }

    /// Whether the letter is out of hand once the request is.
    fn hands_over(self) -> bool {
        matches!(self, Self::SendMail | Self::Send)
    }
}

/// Who asks: one attempt to send a letter.
pub(super) struct Caller<'a> {
    http: &'a Client,
    graph: &'a GraphMail,
    patience: &'a Patience,
    deadline: Deadline,
    tokens: &'a dyn TokenSource,
    token: Token,
    renewed: bool,
}

impl<'a> Caller<'a> {
    pub(super) async fn new(
        http: &'a Client,
        graph: &'a GraphMail,
        patience: &'a Patience,
        deadline: Deadline,
        tokens: &'a dyn TokenSource,
    ) -> Result<Self, DeliveryError> {
        let token = tokens.token().await.map_err(DeliveryError::NoToken)?;
        Ok(Self { http, graph, patience, deadline, tokens, token, renewed: false })
    }

    /// The host of Graph.
    pub(super) fn host(&self) -> &'a str {
        self.graph.graph_url.host_str().unwrap_or_default()
    }

    /// Posts JSON, or nothing, with the token. What comes back is an object, or nothing.
    pub(super) async fn post(
        &mut self,
        step: Step,
        url: Url,
        body: String,
    ) -> Result<BTreeMap<String, Value>, DeliveryError> {
        let size = body.len();
        loop {
            let request = self.http.post(url.clone()).bearer_auth(self.token.secret());
            let request = match body.as_str() {
                // Without a length some proxies refuse it.
                "" => request.header("content-length", "0"),
                json => request.header(CONTENT_TYPE, "application/json").body(json.to_owned()),
            };
            let response = self.ask(step, request).await?;
            if response.status().as_u16() == 401 && !self.renewed {
                self.renewed = true;
                self.token = self.tokens.renewed(&self.token).await.map_err(DeliveryError::NoToken)?;
                continue;
            }
            if !response.status().is_success() {
                return Err(self.refused(step, response, size).await);
            }
            // It was taken: what else comes with it matters only where something was asked for.
            if step.hands_over() {
                return Ok(BTreeMap::new());
            }
            let answer = self.deadline.within(self.patience.answer, read(response)).await;
            let bytes = answer.ok().flatten().ok_or_else(|| self.strange(step))?;
            return Ok(serde_json::from_slice(&bytes).unwrap_or_default());
        }
    }

    /// Puts a piece of a file where Graph said to. Without the token: the address has its own (FACTS §14.1).
    pub(super) async fn put(&self, url: Url, range: String, piece: &[u8]) -> Result<(), DeliveryError> {
        let request = self.http.request(Method::PUT, url).header(CONTENT_RANGE, range);
        let request = request.header(CONTENT_TYPE, "application/octet-stream").body(piece.to_vec());
        let response = self.ask(Step::Upload, request).await?;
        match response.status().is_success() {
            true => Ok(()),
            false => Err(self.refused(Step::Upload, response, piece.len()).await),
        }
    }

    /// Deletes a draft, if it can be.
    pub(super) async fn delete(&self, url: Url) {
        let request = self.http.delete(url).bearer_auth(self.token.secret());
        let done = self.ask(Step::Delete, request).await.is_ok_and(|response| response.status().is_success());
        if !done {
            let server = self.host();
            tracing::warn!(server, "a draft that was not sent could not be deleted and stays in the mailbox");
        }
    }

    /// A text that an answer must have.
    pub(super) fn text_of(
        &self,
        answer: &BTreeMap<String, Value>,
        key: &str,
        step: Step,
    ) -> Result<String, DeliveryError> {
        let text = answer.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| self.strange(step))
    }

    fn strange(&self, step: Step) -> DeliveryError {
        DeliveryError::Graph(GraphMailError::Strange { host: self.host().to_owned(), step: step.words() })
    }

    fn unconfirmed(&self) -> DeliveryError {
        DeliveryError::Unconfirmed { server: self.host().to_owned(), way: Way::Graph }
    }

    /// Sends a request once, and waits for the head of the answer.
    async fn ask(&self, step: Step, request: RequestBuilder) -> Result<Response, DeliveryError> {
        let host = || self.host().to_owned();
        let limit = self.patience.connect + self.patience.message;
        let error = match self.deadline.within(limit, request.send()).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(error)) => error,
            Err(_) if step.hands_over() => return Err(self.unconfirmed()),
            Err(_) => return Err(GraphMailError::Silent { host: host(), step: step.words() }.into()),
        };
        let connecting = error.is_connect();
        // The URL may be that of an upload.
        let error = error.without_url();
        if let Some(source) = find::<rustls::Error>(&error).filter(|_| connecting) {
            return Err(GraphMailError::Untrusted { host: host(), source: source.clone() }.into());
        }
        if !connecting && step.hands_over() {
            return Err(self.unconfirmed());
        }
        Err(GraphMailError::Unreachable { host: host(), cause: Cause::innermost(&error) }.into())
    }

    /// What a refusal means (FACTS §11, §14.1).
    async fn refused(&self, step: Step, response: Response, size: usize) -> DeliveryError {
        let status = response.status().as_u16();
        let retry_after = wait_asked_for(response.headers());
        let bytes = self.deadline.within(self.patience.answer, read(response)).await.ok().flatten();
        let answer = Answer::new(status, &said(step, &bytes.unwrap_or_default()));
        let (host, step_words) = (self.host().to_owned(), step.words());
        let error = match status {
            401 if step != Step::Upload => GraphMailError::Unauthorized { host, answer },
            403 if step != Step::Upload => {
                GraphMailError::Forbidden { host, permission: step.permission(), answer }
            }
            404 if matches!(step, Step::SendMail | Step::Draft) => GraphMailError::NoMailbox { host, answer },
            413 => return DeliveryError::TooLarge { server: host, size, limit: None },
            429 | 503 => GraphMailError::PutOff { host, step: step_words, answer, retry_after },
            // Somebody on the way lost patience or stumbled: it may have been sent all the same.
            408 | 500 | 502 | 504..600 if step.hands_over() => return self.unconfirmed(),
            408 | 500 | 502 | 504..600 => {
                GraphMailError::PutOff { host, step: step_words, answer, retry_after }
            }
            // An upload that is not known (any more) is begun anew.
            401 | 403 | 404 | 409 | 410 | 416 if step == Step::Upload => {
                GraphMailError::PutOff { host, step: step_words, answer, retry_after }
            }
            _ => GraphMailError::Refused { host, step: step_words, answer },
        };
        error.into()
    }
}

/// Code and words of an error of Graph's. Of what answers uploads nothing is repeated: it may repeat the address.
fn said(step: Step, bytes: &[u8]) -> String {
    if step == Step::Upload {
        return String::new();
    }
    let error: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let text = |key| error.get("error").and_then(|error| error.get(key)).and_then(Value::as_str);
    [text("code"), text("message")].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// None where it is too long or breaks off.
async fn read(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if LONGEST_ANSWER - body.len() < chunk.len() {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
