//! Counting requests by what became of them.

use std::sync::Arc;

/// Requests to Graph, by tenant and class of status: `2xx` to `5xx`, `429` by itself, `none` where there was no
/// answer. A batch is one request.
pub const REQUESTS: &str = "keysweep_graph_requests_total";

/// A request that was sent. It is counted when this is dropped, answered or not.
pub(super) struct Counted {
    tenant: Arc<str>,
    class: &'static str,
}

impl Counted {
    pub(super) fn sent(tenant: &Arc<str>) -> Self {
        Self { tenant: Arc::clone(tenant), class: "none" }
    }

    pub(super) fn answered(mut self, status: u16) {
        self.class = match status {
            429 => "429",
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::counter!(REQUESTS, "tenant" => Arc::clone(&self.tenant), "class" => self.class).increment(1);
    }
}
