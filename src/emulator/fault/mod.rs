//! Scripted faults: what goes wrong, where, and when.

use std::sync::Arc;

use serde_json::{Value, json};

use super::TenantData;

mod effects;

pub(super) use effects::{Effect, Refused};

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Microsoft Graph.
    Graph,
    /// The token endpoint, and the managed identity endpoint next to it.
    Authority,
}

/// One thing that goes wrong. It meets the requests that match its route, lets the first few pass if it
/// is told so, and then strikes a number of times (once, unless told otherwise). Members of a `$batch`
/// are met like requests of their own, with the path they would have had. Of several faults, the first
/// one added that strikes decides.
///
/// ```
/// use keysweep::emulator::{Fault, Side};
/// // The second and third page request get a 503 with a pause to keep.
/// let fault = Fault::on(Side::Graph, "GET", "/v1.0/applications")
///     .after(1)
///     .times(2)
///     .answer(503, &Fault::graph_error("serviceNotAvailable", "Service is unavailable."))
///     .header("Retry-After", "1.5");
/// # let _ = fault;
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    side: Side,
    method: String,
    path: String,
    query: Option<String>,
    page: Option<usize>,
    spare: usize,
    strikes: usize,
    effect: Effect,
}

/// What of a request a fault looks at.
pub(super) struct Sighting<'a> {
    pub(super) side: Side,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// Which page of a listing is asked for, from 1.
    pub(super) page: usize,
}

impl Fault {
    /// A fault for a method (`*` for any) and a path. A path ending in `*` is a prefix, any other is the
    /// whole path, as `/v1.0/applications` or `/{tenant}/oauth2/v2.0/token`. Until told otherwise it cuts
    /// the connection.
    #[must_use]
    pub fn on(side: Side, method: &str, path: &str) -> Self {
        Self {
            side,
            method: method.to_owned(),
            path: path.to_owned(),
            query: None,
            page: None,
            spare: 0,
            strikes: 1,
            effect: Effect::Cut,
        }
    }

    /// Only requests whose query, decoded, contains this text.
    #[must_use]
    pub fn with_query(mut self, part: &str) -> Self {
        self.query = Some(part.to_owned());
        self
    }

    /// Only requests for this page of a listing, the first being 1.
    #[must_use]
    pub fn on_page(mut self, page: usize) -> Self {
        self.page = Some(page);
        self
    }

    /// Lets this many matching requests pass first.
    #[must_use]
    pub fn after(mut self, requests: usize) -> Self {
        self.spare = requests;
        self
    }

    /// Strikes this many times, then never again.
    #[must_use]
    pub fn times(mut self, strikes: usize) -> Self {
        self.strikes = strikes;
        self
    }

    /// Strikes for ever.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// A body as Graph's errors have it, for [`Fault::answer`].
    #[must_use]
    pub fn graph_error(code: &str, message: &str) -> Value {
        let inner = json!({
            "date": "2026-01-01T00:00:00",
            "request-id": "00000000-0000-0000-0000-000000000001",
            "client-request-id": "00000000-0000-0000-0000-000000000002",
        });
        json!({ "error": { "code": code, "message": message, "innerError": inner } })
    }

    /// For a stale answer, remembers what the tenant is now.
    pub(super) fn taking(mut self, snapshot: impl FnOnce() -> TenantData) -> Self {
        if let Effect::Stale(tenant @ None) = &mut self.effect {
            *tenant = Some(Arc::new(snapshot()));
        }
        self
    }

    fn matches(&self, seen: &Sighting<'_>) -> bool {
        let path = match self.path.strip_suffix('*') {
            Some(prefix) => seen.path.starts_with(prefix),
            None => seen.path == self.path,
        };
        path && self.side == seen.side
            && (self.method == "*" || self.method.eq_ignore_ascii_case(seen.method))
            && self.query.as_ref().is_none_or(|part| seen.query.contains(part.as_str()))
            && self.page.is_none_or(|page| page == seen.page)
    }
}

/// The effect of the first fault that strikes this request.
pub(super) fn strike(faults: &mut [Fault], seen: &Sighting<'_>) -> Option<Effect> {
    for fault in faults.iter_mut().filter(|fault| fault.matches(seen)) {
        if fault.spare > 0 {
            fault.spare -= 1;
        } else if fault.strikes > 0 {
            fault.strikes = fault.strikes.saturating_sub(usize::from(fault.strikes != usize::MAX));
            return Some(fault.effect.clone());
        }
    }
    None
}
