//! Scripted faults: what goes wrong, where, and when.

use std::fmt;
use std::sync::Arc;

use serde_json::{Value, json};

use super::TenantData;

mod effects;
mod lag;

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
/// Most faults strike before the request is carried out. With [`Fault::acting`] it is carried out first, and
/// what strikes is its answer. With [`Fault::meanwhile`] somebody else is quicker.
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
///
/// A write that is carried out and never answered, and one that meets a tenant that has just changed:
///
/// ```
/// use keysweep::emulator::{Fault, ObjectKind, Side};
/// let (application, policy) = ("f3…", "a1…");
/// let assign = format!("/v1.0/applications/{application}/appManagementPolicies/$ref");
/// let lost = Fault::on(Side::Graph, "POST", &assign).acting().cut();
/// let overtaken = Fault::on(Side::Graph, "POST", &assign).meanwhile(move |tenant| {
///     tenant.assign(policy, ObjectKind::Application, application);
/// });
/// # let _ = (lost, overtaken);
/// ```
#[derive(Debug, Clone)]
pub struct Fault {
    side: Side,
    method: String,
    path: String,
    query: Option<String>,
    page: Option<usize>,
    client: Option<String>,
    spare: usize,
    strikes: usize,
    /// What happens to the tenant before anything else does.
    meanwhile: Option<Edit>,
    /// Whether the request is carried out before its answer is struck.
    acts: bool,
    effect: Effect,
}

/// A fault that strikes a request.
pub(super) struct Strike {
    meanwhile: Option<Edit>,
    acts: bool,
    effect: Effect,
}

impl Strike {
    /// Does what comes before the effect, which is given back: the change of the tenant, and carrying out
    /// the request where its answer is all that is struck.
    pub(super) fn falls(
        self,
        edit_tenant: impl FnOnce(&dyn Fn(&mut TenantData)),
        carry_out: impl FnOnce(),
    ) -> Effect {
        if let Some(Edit(edit)) = &self.meanwhile {
            edit_tenant(edit.as_ref());
        }
        if self.acts && self.effect.replaces_the_answer() {
            carry_out();
        }
        self.effect
    }
}

/// A change of the tenant.
#[derive(Clone)]
struct Edit(Arc<dyn Fn(&mut TenantData) + Send + Sync>);

impl fmt::Debug for Edit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Edit")
    }
}

/// What of a request a fault looks at.
pub(super) struct Sighting<'a> {
    pub(super) side: Side,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    /// Which page of a listing is asked for, from 1.
    pub(super) page: usize,
    /// The client id of the application it came from.
    pub(super) client: Option<&'a str>,
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
            client: None,
            spare: 0,
            strikes: 1,
            meanwhile: None,
            acts: false,
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

    /// Only requests of the application with this client id: those that carry its token, and on the
    /// authority's side those that ask for one.
    #[must_use]
    pub fn of_client(mut self, client_id: &str) -> Self {
        self.client = Some(client_id.to_owned());
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

    /// Carries the request out first, as if there were no fault, and then keeps its answer back: what strikes
    /// comes in its place. With [`Fault::cut`], [`Fault::reset`], [`Fault::hang`], [`Fault::answer`] and
    /// Graph's own refusals; the others let the request through anyway.
    #[must_use]
    pub fn acting(mut self) -> Self {
        self.acts = true;
        self
    }

    /// Changes the tenant just before the request is served: somebody else was quicker. The request itself is
    /// served in the ordinary way, unless something else is asked for after this. The change must not ask
    /// the emulator for anything; it would wait for ever.
    #[must_use]
    pub fn meanwhile(mut self, edit: impl Fn(&mut TenantData) + Send + Sync + 'static) -> Self {
        self.meanwhile = Some(Edit(Arc::new(edit)));
        self.effect = Effect::Pass;
        self
    }

    /// For a stale answer, remembers what the tenant is now.
    pub(super) fn taking(mut self, snapshot: impl FnOnce() -> TenantData) -> Self {
        if let Effect::Stale(tenant @ None) = &mut self.effect {
            *tenant = Some(Arc::new(snapshot()));
        }
        self
    }

    fn matches(&self, seen: &Sighting<'_>) -> bool {
        is_path(&self.path, seen.path)
            && self.side == seen.side
            && (self.method == "*" || self.method.eq_ignore_ascii_case(seen.method))
            && self.query.as_ref().is_none_or(|part| seen.query.contains(part.as_str()))
            && self.page.is_none_or(|page| page == seen.page)
            && self.is_of(seen.client)
    }

    fn is_of(&self, client: Option<&str>) -> bool {
        let wanted = self.client.as_deref();
        wanted.is_none_or(|wanted| client.is_some_and(|client| client.eq_ignore_ascii_case(wanted)))
    }

    /// Whether this is a write that a lagging fault waits for.
    fn awaits(&self, seen: &Sighting<'_>) -> bool {
        let Effect::Lagging(lag) = &self.effect else { return false };
        let below = || seen.path.starts_with(self.path.trim_end_matches(['*', '/']));
        let path = lag.behind.as_ref().map_or_else(below, |path| is_path(path, seen.path));
        path && self.side == seen.side && self.strikes > 0
    }

    /// Counts one request or write: whether it is struck.
    fn takes_its_turn(&mut self) -> bool {
        if self.spare > 0 {
            self.spare -= 1;
            return false;
        }
        let strikes = self.strikes > 0;
        if self.strikes != usize::MAX {
            self.strikes = self.strikes.saturating_sub(1);
        }
        strikes
    }
}

/// Whether a path is the one of a fault; with an asterisk at the end that one is a prefix.
fn is_path(of_fault: &str, path: &str) -> bool {
    match of_fault.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == of_fault,
    }
}

/// The first fault that strikes this request.
pub(super) fn strike(faults: &mut [Fault], seen: &Sighting<'_>) -> Option<Strike> {
    for fault in faults.iter_mut().filter(|fault| fault.matches(seen)) {
        let effect = match &mut fault.effect {
            // It has had its turn when the write came that it waited for.
            Effect::Lagging(lag) => lag.next().map(Effect::Stale),
            _ => fault.takes_its_turn().then(|| fault.effect.clone()),
        };
        if let Some(effect) = effect {
            return Some(Strike { meanwhile: fault.meanwhile.clone(), acts: fault.acts, effect });
        }
    }
    None
}

/// Whether a fault waits for this write.
pub(super) fn awaits(faults: &[Fault], seen: &Sighting<'_>) -> bool {
    faults.iter().any(|fault| fault.awaits(seen))
}

/// A write was carried out in a tenant that was like this before.
pub(super) fn written(faults: &mut [Fault], seen: &Sighting<'_>, before: &Arc<TenantData>) {
    for fault in faults.iter_mut().filter(|fault| fault.awaits(seen)) {
        if fault.takes_its_turn()
            && let Effect::Lagging(lag) = &mut fault.effect
        {
            lag.start(Arc::clone(before));
        }
    }
}
