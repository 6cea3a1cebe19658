//! A write before it is sent.

use reqwest::{Method, Url};
use serde_json::Value;

use super::target::WriteKind;
use crate::graph::budget::Cost;
use crate::graph::call::Version;
use crate::graph::http::Graph;

/// A request that changes something. Its members are private and only the module `write` makes one, so nobody
/// who holds no [`super::GraphWriter`] can send anything but a GET: what [`Graph`] sends has no method.
#[derive(Debug, Clone)]
pub(in crate::graph) struct WriteCall {
    method: Method,
    url: Url,
    name: String,
    kind: WriteKind,
    body: Option<String>,
    cost: Cost,
    of_a_member: bool,
}

impl WriteCall {
    /// A write to a path below v1.0.
    pub(super) fn new(graph: &Graph, kind: WriteKind, method: Method, path: &str) -> Self {
        let name = format!("{method} /{}/{path}", Version::V1.as_str());
        let url = graph.url(Version::V1, path);
        Self { method, url, name, kind, body: None, cost: Cost::of_write(false), of_a_member: false }
    }

    /// With this body, as it is.
    pub(super) fn with(self, body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..self }
    }

    /// With what it takes from the budget.
    pub(super) fn costing(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// It adds or removes one of several: a 400 then says that it is there already, or not there.
    pub(super) fn of_a_member(self) -> Self {
        Self { of_a_member: true, ..self }
    }

    pub(super) fn is_of_a_member(&self) -> bool {
        self.of_a_member
    }

    /// Whether something new comes of it.
    pub(super) fn creates(&self) -> bool {
        self.method == Method::POST && !self.of_a_member
    }

    pub(in crate::graph) fn method(&self) -> Method {
        self.method.clone()
    }

    pub(in crate::graph) fn url(&self) -> Url {
        self.url.clone()
    }

    /// Method and path, which is all of it that is ever shown.
    pub(in crate::graph) fn name(&self) -> &str {
        &self.name
    }

    /// JSON.
    pub(in crate::graph) fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    pub(super) fn kind(&self) -> WriteKind {
        self.kind
    }

    pub(super) fn cost(&self) -> Cost {
        self.cost
    }
}
