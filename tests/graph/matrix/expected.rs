//! What must become of each fault at each place. Everything that is neither the same result nor a gap has
//! its reason here.

use keysweep::domain::Part;

use super::faults::Nature;
use super::routes::{Place, Route};
use super::stand::Journey;

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strikes {
    Once,
    Always,
}

/// The end of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Complete, and as if nothing had happened. A run by delta still is one.
    Same,
    /// Complete and the same, because everything was read instead of what changed.
    SameInFull,
    /// Complete; the owners of applications without credentials are not known, and nobody wants to know.
    SameForHolders,
    /// Complete; every part is as it was or as it is.
    Earlier,
    /// Complete; the part that was struck is said not to be had, and everything else is the same.
    Unavailable,
    /// Incomplete; the gap names the part that was struck.
    Gap,
}

/// The end that a fault has to have.
pub(super) fn expected(route: &Route, nature: Nature, strikes: Strikes) -> End {
    let place = route.place;
    let end = match nature {
        Nature::Harmless => End::Same,
        // A link from before tells again what is known already.
        Nature::Stale if place == Place::Latest => End::Same,
        Nature::Stale => End::Earlier,
        _ if strikes == Strikes::Once && passes(place, nature) => End::Same,
        // Graph writes the filter otherwise than we do: a link to the first page is not known to be one until
        // it comes again, and what is read twice counts once.
        Nature::Circle if filters(route) && route.page == Some(1) && strikes == Strikes::Once => End::Same,
        _ if route.journey == Journey::Beside => beside(route, nature),
        _ => stays(place, nature, strikes),
    };
    match end {
        // The index gave no answer to begin with.
        End::Same if place == Place::Anybody => End::SameForHolders,
        end => end,
    }
}

fn filters(route: &Route) -> bool {
    route.place == Place::Ownerless || route.part == Part::AuditLog
}

/// Whether another attempt brings what the first did not.
fn passes(place: Place, nature: Nature) -> bool {
    use Place::{Anybody, Grants, Member, NewcomerFederated, NewcomerOwners, Offer};
    let member = matches!(place, Anybody | Member | NewcomerFederated | NewcomerOwners);
    match nature {
        Nature::Passing => true,
        // The sign-in has a patience of its own, which one silence uses up, and asks once where the answer
        // is not of the documented shape.
        Nature::Silent | Nature::NoJson => place != Place::SignIn,
        // Of a batch, what is asked again is the envelope, and those members that say so.
        Nature::Shapeless => place != Place::SignIn && !member && !matches!(place, Grants | Offer),
        Nature::TokenRefused => true,
        // What is new may not be found everywhere yet (FACTS §11).
        Nature::NotFound => member || place == Place::FurtherOwners,
        // Only a listing can start anew.
        Nature::PageToken => {
            use Place::{
                Aside, FurtherGrants, FurtherOwners, Listing, ListingAfterAll, OwnerList, Ownerless,
            };
            let further = matches!(place, FurtherOwners | FurtherGrants);
            further || matches!(place, Listing | ListingAfterAll | Ownerless | OwnerList | Aside)
        }
        Nature::Harmless
        | Nature::BadEntry
        | Nature::Denied
        | Nature::Gone
        | Nature::Redirect
        | Nature::ForeignLink
        | Nature::Circle
        | Nature::TooLarge
        | Nature::Stale => false,
    }
}

/// What becomes of a fault of what is read beside the rest: what is refused at once is not to be had.
fn beside(route: &Route, nature: Nature) -> End {
    let named_by_id = matches!(route.part, Part::DeletedApplications | Part::AgentBlueprints);
    let first = route.page != Some(2);
    match (route.place, nature) {
        (_, Nature::Denied | Nature::NotFound) if first => End::Unavailable,
        // Nobody looks at the id of such an entry.
        (Place::Aside, Nature::BadEntry) if !named_by_id => End::Same,
        (Place::Grants | Place::FurtherGrants, Nature::BadEntry) => End::Same,
        _ => End::Gap,
    }
}

/// What becomes of a fault that stays.
fn stays(place: Place, nature: Nature, strikes: Strikes) -> End {
    let astray = matches!(nature, Nature::Redirect | Nature::ForeignLink);
    // Where advanced queries or expansions are not served, this is the answer: each object is asked about
    // by itself then.
    let unsupported =
        matches!(nature, Nature::NotFound | Nature::PageToken | Nature::NoJson | Nature::Shapeless);
    let further = matches!(nature, Nature::ForeignLink | Nature::Circle);
    match place {
        Place::SignIn | Place::Listing | Place::ListingAfterAll | Place::DefaultPolicy | Place::Envelope => {
            End::Gap
        }
        // With an entry that cannot be read, the count is not right either: the index is not believed.
        Place::Ownerless if unsupported || nature == Nature::BadEntry => End::SameForHolders,
        Place::OwnerList if unsupported => End::Same,
        Place::Ownerless | Place::OwnerList => End::Gap,
        // One owner is enough: further pages are not asked for, wherever they are.
        Place::Anybody | Place::NewcomerOwners if further => End::Same,
        // That there is one is all that is asked.
        Place::NewcomerOwners if nature == Nature::BadEntry => End::Same,
        Place::Anybody | Place::Member | Place::FurtherOwners => End::Gap,
        // An answer that would lead the token astray is an alarm, whatever else can be read (DESIGN §9).
        Place::Latest | Place::Changes | Place::NewcomerFederated | Place::NewcomerOwners if astray => {
            End::Gap
        }
        // Nothing is missing: the next run reads in full.
        Place::Latest => End::Same,
        Place::Changes => End::SameInFull,
        // What is new may not be found everywhere yet (FACTS §11).
        Place::NewcomerFederated | Place::NewcomerOwners => End::SameInFull,
        // The names of owners are asked for in a batch too.
        Place::NewcomerEnvelope if astray || strikes == Strikes::Always => End::Gap,
        Place::NewcomerEnvelope => End::SameInFull,
        Place::Aside | Place::AsideEnvelope | Place::Offer | Place::Grants | Place::FurtherGrants => End::Gap,
    }
}
