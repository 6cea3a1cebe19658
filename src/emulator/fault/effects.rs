//! What goes wrong: one of these for each fault.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Fault;
use super::lag::Lag;
use crate::emulator::TenantData;
use crate::emulator::front::{Alteration, Answer, Delivery, Outcome};

/// What a fault does to the request it strikes.
#[derive(Debug, Clone)]
pub(in crate::emulator) enum Effect {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Value,
    },
    SignInError(u32),
    Cut,
    Reset,
    Hang,
    Delay(Duration),
    Deliver(Delivery),
    Alter(Alteration),
    Refuse(Refused),
    EmptyPage,
    Lacking(String),
    /// The tenant as it was when the fault was added.
    Stale(Option<Arc<TenantData>>),
    /// For some reads after a write, the tenant as it was before it.
    Lagging(Lag),
    /// Nothing: the request is served.
    Pass,
}

/// Graph's own refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) enum Refused {
    Token,
    Denied,
    NotFound,
    PageToken,
    Gone,
    Concurrency,
}

impl Effect {
    /// Whether the client gets something else instead of the service's own answer.
    pub(super) fn replaces_the_answer(&self) -> bool {
        match self {
            Self::Answer { .. }
            | Self::SignInError(_)
            | Self::Cut
            | Self::Reset
            | Self::Hang
            | Self::Refuse(_) => true,
            Self::Delay(_)
            | Self::Deliver(_)
            | Self::Alter(_)
            | Self::EmptyPage
            | Self::Lacking(_)
            | Self::Stale(_)
            | Self::Lagging(_)
            | Self::Pass => false,
        }
    }

    /// How the request ends when the server is not asked at all; otherwise the effect comes back.
    pub(in crate::emulator) fn carry_out(self) -> Result<Outcome, Self> {
        match self {
            Self::Answer { status, headers, body } => {
                Ok(Outcome::Answered(Answer::scripted(status, headers, body)))
            }
            Self::Cut => Ok(Outcome::Cut),
            Self::Reset => Ok(Outcome::Reset),
            Self::Hang => Ok(Outcome::Hang),
            other => Err(other),
        }
    }
}

/// Answers that are not Graph's own, or none.
impl Fault {
    /// Answers with this status and JSON body. A string is sent as it is, without the quotes, so that
    /// bodies that are not JSON can be sent too.
    #[must_use]
    pub fn answer(self, status: u16, body: &Value) -> Self {
        self.with(Effect::Answer { status, headers: Vec::new(), body: body.clone() })
    }

    /// Adds a header to the answer; only after [`Fault::answer`].
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Answer { headers, .. } = &mut self.effect {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Answers 302 with this place in `Location`.
    #[must_use]
    pub fn redirect(self, location: &str) -> Self {
        self.answer(302, &Value::Null).header("Location", location)
    }

    /// Answers as Entra refuses a sign-in, with this AADSTS number: 7000222 for an expired secret, say.
    /// Only on the authority's side.
    #[must_use]
    pub fn sign_in_error(self, number: u32) -> Self {
        self.with(Effect::SignInError(number))
    }

    /// Cuts the connection before a single byte of the answer.
    #[must_use]
    pub fn cut(self) -> Self {
        self.with(Effect::Cut)
    }

    /// Ends the connection with a reset (RST) before a single byte of the answer.
    #[must_use]
    pub fn reset(self) -> Self {
        self.with(Effect::Reset)
    }

    /// Never answers. The connection stays open until the client gives up or the emulator stops.
    #[must_use]
    pub fn hang(self) -> Self {
        self.with(Effect::Hang)
    }
}

/// The right answer, brought badly. Inside a `$batch` it is the answer of the batch that is.
impl Fault {
    /// Answers properly, but only after this time.
    #[must_use]
    pub fn delay(self, time: Duration) -> Self {
        self.with(Effect::Delay(time))
    }

    /// Sends the first half of the body, by a `Content-Length` that promises all of it, and ends the
    /// connection.
    #[must_use]
    pub fn truncated(self) -> Self {
        self.with(Effect::Deliver(Delivery::Truncated))
    }

    /// Sends the body in pieces of so many bytes with a pause before each. It stops only when the client
    /// gives up, when the body is through, or with the emulator.
    #[must_use]
    pub fn trickle(self, bytes: usize, pause: Duration) -> Self {
        self.with(Effect::Deliver(Delivery::Trickle { bytes, pause }))
    }

    /// Sends a page of objects that never ends, instead of the body.
    #[must_use]
    pub fn endless(self) -> Self {
        self.with(Effect::Deliver(Delivery::Endless))
    }

    /// Sends blanks without end, packed so that little on the wire becomes much in memory. To a client that
    /// does not take gzip it is [`Fault::endless`].
    #[must_use]
    pub fn gzip_bomb(self) -> Self {
        self.with(Effect::Deliver(Delivery::GzipBomb))
    }
}

/// The right answer, altered. An answer without a JSON body stays as it is.
impl Fault {
    /// Ends the JSON in the middle; by HTTP the body is whole.
    #[must_use]
    pub fn malformed(self) -> Self {
        self.with(Effect::Alter(Alteration::Malformed))
    }

    /// Puts a value at a JSON pointer (`/value/0/displayName`), of another type for instance. The last step
    /// may name a member that is not there.
    #[must_use]
    pub fn member(self, pointer: &str, value: Value) -> Self {
        self.with(Effect::Alter(Alteration::Member(pointer.to_owned(), value)))
    }

    /// Makes the link to the next page, or to the next round of a delta query, lead to another root, such as
    /// `https://graph.example`. A page without a link gets one.
    #[must_use]
    pub fn foreign_link(self, root: &str) -> Self {
        self.with(Effect::Alter(Alteration::ForeignLink(root.to_owned())))
    }

    /// Makes the link to the next page lead to the page itself.
    #[must_use]
    pub fn circle(self) -> Self {
        self.with(Effect::Alter(Alteration::Circle))
    }

    /// Lets every item of the page stand there twice.
    #[must_use]
    pub fn duplicates(self) -> Self {
        self.with(Effect::Alter(Alteration::Duplicates))
    }

    /// Answers with an empty page that has a link to a next one; that one holds what belonged here. Only for
    /// collections.
    #[must_use]
    pub fn empty_page(self) -> Self {
        self.with(Effect::EmptyPage)
    }

    /// Answers from the tenant as it is now, when the fault is added to an emulator, like a replica that is
    /// behind. Writes are carried out.
    #[must_use]
    pub fn stale(self) -> Self {
        self.with(Effect::Stale(None))
    }
}

/// Graph's own refusals.
impl Fault {
    /// Answers 401 as to a token that is no longer accepted.
    #[must_use]
    pub fn unauthorized(self) -> Self {
        self.with(Effect::Refuse(Refused::Token))
    }

    /// Answers 403 as to a token without the permission.
    #[must_use]
    pub fn forbidden(self) -> Self {
        self.with(Effect::Refuse(Refused::Denied))
    }

    /// Judges the request as if the token had everything but this permission. With `*` for method and path
    /// it strikes what needs the permission and lets the rest through; it counts both.
    #[must_use]
    pub fn lacking(self, permission: &str) -> Self {
        self.with(Effect::Lacking(permission.to_owned()))
    }

    /// Answers 404 as to an object that is not there.
    #[must_use]
    pub fn not_found(self) -> Self {
        self.with(Effect::Refuse(Refused::NotFound))
    }

    /// Answers 400 with `Directory_ExpiredPageToken`.
    #[must_use]
    pub fn expired_page_token(self) -> Self {
        self.with(Effect::Refuse(Refused::PageToken))
    }

    /// Answers 410, with a `Location` at which a delta query starts again.
    #[must_use]
    pub fn gone(self) -> Self {
        self.with(Effect::Refuse(Refused::Gone))
    }

    /// Answers 409 with `Directory_ConcurrencyViolation`, as to a write that another one to the same object is
    /// still under way with.
    #[must_use]
    pub fn concurrency_violation(self) -> Self {
        self.with(Effect::Refuse(Refused::Concurrency))
    }

    pub(super) fn with(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }
}
