//! What can go wrong with an answer.

use std::time::Duration;

use keysweep::emulator::Fault;
use serde_json::{Value, json};

use super::routes::{Place, Route};
use super::stand::Journey;

/// One of the emulator's faults.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ill {
    pub(super) name: &'static str,
    pub(super) nature: Nature,
    strike: Strike,
}

/// Makes a fault of one that is only aimed. The text is the root of the host to be led astray to.
type Strike = fn(Fault, &str, Place) -> Fault;

/// What the program can know of a fault, which decides what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Nature {
    /// The answer is right, and only comes in an unusual way.
    Harmless,
    /// It passes, says the status, or the connection broke.
    Passing,
    /// No answer, or not to its end: only the clock tells.
    Silent,
    /// A whole answer that is no JSON. It may come from a proxy in trouble.
    NoJson,
    /// JSON that is not of the right shape.
    Shapeless,
    /// An answer of the right shape in which an entry is not.
    BadEntry,
    /// 401.
    TokenRefused,
    /// 403.
    Denied,
    /// 404.
    NotFound,
    /// 400 with the code of a page token that has expired.
    PageToken,
    /// 410.
    Gone,
    /// To somewhere else by redirect.
    Redirect,
    /// To somewhere else by the link to the next page.
    ForeignLink,
    /// The next page is this one.
    Circle,
    /// It does not end.
    TooLarge,
    /// As it was a while ago.
    Stale,
}

impl Ill {
    /// The fault at a place, for this many strikes.
    pub(super) fn at(&self, aimed: Fault, elsewhere: &str, place: Place) -> Fault {
        (self.strike)(aimed, elsewhere, place)
    }

    /// Whether the fault changes anything about the answers of a route.
    pub(super) fn applies_to(&self, route: &Route) -> bool {
        let has_link = route.is_paged() || route.place == Place::Latest;
        let is_batch =
            matches!(route.place, Place::Envelope | Place::NewcomerEnvelope | Place::AsideEnvelope);
        let at_authority = route.place == Place::SignIn;
        let of_graph = !at_authority;
        match self.nature {
            Nature::ForeignLink | Nature::Circle => has_link,
            Nature::Harmless if self.name == "slow" => true,
            Nature::Harmless => route.is_paged(),
            // What is read beside the rest does not change here.
            Nature::Stale => of_graph && !is_batch && route.journey != Journey::Beside,
            Nature::BadEntry => route.place != Place::Latest,
            // The authority has no such answers.
            Nature::TokenRefused | Nature::Denied | Nature::NotFound | Nature::PageToken | Nature::Gone => {
                of_graph
            }
            Nature::Passing
            | Nature::Silent
            | Nature::NoJson
            | Nature::Shapeless
            | Nature::Redirect
            | Nature::TooLarge => true,
        }
    }
}

fn status(aimed: Fault, status: u16) -> Fault {
    aimed.answer(status, &Fault::graph_error("serviceNotAvailable", "Service is unavailable."))
}

/// Fractions of a second are Graph's alone (FACTS §9.3).
fn wait(place: Place) -> &'static str {
    if place == Place::SignIn { "1" } else { "0.02" }
}

/// What no answer of this place has there.
fn shapeless(aimed: Fault, _: &str, place: Place) -> Fault {
    match place {
        Place::SignIn => aimed.member("/access_token", json!(7)),
        // Its members may all be missing: without them it is a policy still.
        Place::DefaultPolicy => aimed.answer(200, &json!("<html>Please sign in</html>")),
        Place::Envelope | Place::NewcomerEnvelope | Place::AsideEnvelope => {
            aimed.member("/responses", json!(7))
        }
        Place::Offer => aimed.member("/appRoles", json!(7)),
        _ => aimed.member("/value", json!(7)),
    }
}

fn bad_entry(aimed: Fault, _: &str, place: Place) -> Fault {
    match place {
        Place::SignIn => aimed.member("/access_token", Value::Null),
        Place::DefaultPolicy => aimed.member("/isEnabled", json!("yes")),
        Place::Envelope | Place::NewcomerEnvelope => aimed.member("/responses/0/body/value", json!(7)),
        Place::AsideEnvelope => aimed.member("/responses/0/body", json!(7)),
        Place::Offer => aimed.member("/id", json!(7)),
        _ => aimed.member("/value/0/id", json!(7)),
    }
}

#[rustfmt::skip]
pub(super) fn all() -> Vec<Ill> {
    use Nature::*;
    let ills: [(&'static str, Nature, Strike); 29] = [
        ("429",              Passing,      |aimed, _, _| status(aimed, 429)),
        ("429, with a wait", Passing,      |aimed, _, place| status(aimed, 429).header("Retry-After", wait(place))),
        ("500",              Passing,      |aimed, _, _| status(aimed, 500)),
        ("502",              Passing,      |aimed, _, _| status(aimed, 502)),
        ("503",              Passing,      |aimed, _, _| status(aimed, 503)),
        ("503, with a wait", Passing,      |aimed, _, place| status(aimed, 503).header("Retry-After", wait(place))),
        ("504",              Passing,      |aimed, _, _| status(aimed, 504)),
        ("reset",            Passing,      |aimed, _, _| aimed.reset()),
        ("cut",              Passing,      |aimed, _, _| aimed.cut()),
        ("truncated",        Passing,      |aimed, _, _| aimed.truncated()),
        ("hang",             Silent,       |aimed, _, _| aimed.hang()),
        ("trickle",          Silent,       |aimed, _, _| aimed.trickle(1, Duration::from_secs(1))),
        ("slow",             Harmless,     |aimed, _, _| aimed.trickle(64, Duration::from_micros(100))),
        ("duplicates",       Harmless,     |aimed, _, _| aimed.duplicates()),
        ("empty page",       Harmless,     |aimed, _, _| aimed.empty_page()),
        ("malformed",        NoJson,       |aimed, _, _| aimed.malformed()),
        ("wrong type",       Shapeless,    shapeless),
        ("wrong type inside", BadEntry,    bad_entry),
        ("401",              TokenRefused, |aimed, _, _| aimed.unauthorized()),
        ("403",              Denied,       |aimed, _, _| aimed.forbidden()),
        ("404",              NotFound,     |aimed, _, _| aimed.not_found()),
        ("expired page token", PageToken,  |aimed, _, _| aimed.expired_page_token()),
        ("410",              Gone,         |aimed, _, _| aimed.gone()),
        ("redirect",         Redirect,     |aimed, root, _| aimed.redirect(&format!("{root}/v1.0/applications"))),
        ("foreign link",     ForeignLink,  |aimed, root, _| aimed.foreign_link(root)),
        ("circle",           Circle,       |aimed, _, _| aimed.circle()),
        ("endless",          TooLarge,     |aimed, _, _| aimed.endless()),
        ("gzip bomb",        TooLarge,     |aimed, _, _| aimed.gzip_bomb()),
        ("stale",            Stale,        |aimed, _, _| aimed.stale()),
    ];
    ills.map(|(name, nature, strike)| Ill { name, nature, strike }).to_vec()
}
