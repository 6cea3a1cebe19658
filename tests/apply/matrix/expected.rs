//! What to expect of a cell.

use keysweep::remediation::{Outcome, Skipped};

use super::others::{Edit, something_else, the_same};
use crate::routes::Route;

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Done, and it is known that this did it.
    Done,
    /// It was found done.
    Found,
    /// One of these two.
    Either,
    AlreadySo,
    Gone,
    Changed,
    Failed,
    Unclear,
}

impl Came {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done { found: false, .. } => Self::Done,
            Outcome::Done { found: true, .. } => Self::Found,
            Outcome::Skipped(Skipped::AlreadySo) => Self::AlreadySo,
            Outcome::Skipped(Skipped::Gone) => Self::Gone,
            Outcome::Skipped(Skipped::Changed { .. }) => Self::Changed,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Unclear { .. } => Self::Unclear,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn is(self, came: Self) -> bool {
        self == came || (self == Self::Either && matches!(came, Self::Done | Self::Found))
    }
}

/// What the tenant looks like in the end.
#[derive(Clone, Copy)]
pub(super) enum End {
    Before,
    After,
    /// As before, with this.
    BeforeAnd(Edit),
    /// As after, with this.
    AfterAnd(Edit),
    /// The step was done twice, and it is said so.
    Twice,
}

/// What to expect of a cell.
#[derive(Clone, Copy)]
pub(super) struct Expect {
    pub(super) came: Came,
    pub(super) end: End,
    /// How often something was sent; none where that hangs on how fast the machine is.
    pub(super) sent: Option<usize>,
    /// How often that was carried out.
    pub(super) carried_out: usize,
    /// How often it was on record as about to be sent.
    pub(super) attempts: Option<u32>,
    /// Whether the plan was stopped because the next step would not fare better.
    pub(super) hopeless: bool,
    /// What comes of it when the plan is applied again, with nothing in the way; none where it is at its end.
    pub(super) again: Option<Came>,
}

pub(super) const fn expect(came: Came, end: End, sent: usize, carried_out: usize, attempts: u32) -> Expect {
    let again = match came {
        Came::Failed | Came::Unclear => Some(Came::Done),
        _ => None,
    };
    Expect { came, end, sent: Some(sent), carried_out, attempts: Some(attempts), hopeless: false, again }
}

impl Expect {
    pub(super) const fn hopeless(self) -> Self {
        Self { hopeless: true, ..self }
    }

    pub(super) const fn again(self, came: Came) -> Self {
        Self { again: Some(came), ..self }
    }

    /// Some answers may come too late for whoever waits half a second.
    pub(super) const fn at_any_speed(self) -> Self {
        Self { came: Came::Either, sent: None, attempts: None, ..self }
    }
}

/// Sent twice, because the first was not carried out.
pub(super) fn sent_again(_: Route) -> Option<Expect> {
    Some(expect(Came::Done, End::After, 2, 1, 2))
}

/// Carried out, and found.
pub(super) fn found(_: Route) -> Option<Expect> {
    Some(expect(Came::Found, End::After, 1, 1, 1))
}

/// Refused at once.
pub(super) fn refused(_: Route) -> Option<Expect> {
    Some(expect(Came::Failed, End::Before, 1, 0, 1))
}

pub(super) fn denied(_: Route) -> Option<Expect> {
    Some(expect(Came::Failed, End::Before, 1, 0, 1).hopeless())
}

/// Sent three times, and never carried out.
pub(super) fn in_vain(_: Route) -> Option<Expect> {
    Some(expect(Came::Unclear, End::Before, 3, 0, 3))
}

/// Refused five times: something else was always under way.
pub(super) fn refused_for_long(_: Route) -> Option<Expect> {
    Some(expect(Came::Failed, End::Before, 5, 0, 5))
}

/// The same was done a moment before the write, within the milliseconds since the look. What Graph does again without
/// a word, it does. Where it refuses, nobody can tell somebody else's from our own request, delivered twice: it is
/// found done, so that `undo` knows of it. Two policies of one name are for a person to sort out.
pub(super) fn after_the_same(route: Route) -> Option<Expect> {
    Some(match route {
        Route::PatchDefault | Route::SwitchPrincipal => expect(Came::Done, End::After, 1, 1, 1),
        Route::CreatePolicy => {
            expect(Came::Unclear, End::AfterAnd(the_same(route)), 1, 1, 1).again(Came::Unclear)
        }
        _ => expect(Came::Found, End::After, 1, 0, 1),
    })
}

/// Something else was done a moment before the write. Graph has no condition to write by (FACTS §5.7), so that a
/// change of a policy between the look and the write is overwritten.
pub(super) fn after_something_else(route: Route) -> Option<Expect> {
    let edit = something_else(route);
    Some(match route {
        Route::PatchDefault | Route::DeletePolicy => expect(Came::Done, End::After, 1, 1, 1),
        Route::CreatePolicy => expect(Came::Unclear, End::AfterAnd(edit), 1, 1, 1).again(Came::Unclear),
        Route::RemovePassword(_) | Route::SwitchPrincipal => expect(Came::Done, End::AfterAnd(edit), 1, 1, 1),
        Route::Assign(_) | Route::Unassign(_) => expect(Came::Changed, End::BeforeAnd(edit), 1, 0, 1),
    })
}

/// Something else was done while the write waited: it is looked at again, and sent only where that does not matter.
pub(super) fn after_something_else_while_waiting(route: Route) -> Option<Expect> {
    let edit = something_else(route);
    Some(match route {
        Route::RemovePassword(_) | Route::SwitchPrincipal => expect(Came::Done, End::AfterAnd(edit), 2, 1, 2),
        _ => expect(Came::Changed, End::BeforeAnd(edit), 1, 0, 1),
    })
}

/// Something else was done before the last look: nothing is sent where it matters.
pub(super) fn after_something_else_seen(route: Route) -> Option<Expect> {
    let edit = something_else(route);
    Some(match route {
        Route::RemovePassword(_) | Route::SwitchPrincipal => expect(Came::Done, End::AfterAnd(edit), 1, 1, 1),
        _ => expect(Came::Changed, End::BeforeAnd(edit), 0, 0, 0),
    })
}
