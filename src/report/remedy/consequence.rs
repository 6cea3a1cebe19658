//! What a step may break, in a sentence.

use super::change::kind;
use crate::domain::ObjectKind;
use crate::remediation::Consequence;
use crate::report::phrases::{counted, spoken};
use crate::report::plain;
use crate::report::words::day;

/// One sentence for each consequence.
#[must_use]
pub fn consequence(consequence: &Consequence) -> String {
    match consequence {
        Consequence::RecentlyUsed { secrets: 0, days: _, last } => {
            format!("Something signs in to it, the last time on {}.", day(*last))
        }
        Consequence::RecentlyUsed { secrets, days, last } => {
            let (secrets, days) = (number(*secrets, "secret"), number(*days, "day"));
            format!(
                "Something signs in with it: {secrets} used in the last {days}, the last time on {}.",
                day(*last)
            )
        }
        Consequence::UseUnknown => {
            "Nobody knows whether something signs in with it: sign-in activity was not read.".to_owned()
        }
        Consequence::LastCredential => {
            "It is the last credential: nothing is left that it could sign in with.".to_owned()
        }
        Consequence::LastInUse => {
            "Somebody signs in to it, or may: only `remove_last_credential` lets its last credential go.".to_owned()
        }
        Consequence::CannotRenew { applications, service_principals, first_end } => {
            let holders = holders(*applications, *service_principals);
            let verb = if applications.saturating_add(*service_principals) == 1 { "holds" } else { "hold" };
            let when = match first_end {
                Some(end) => format!("; the first of them ends on {}", day(*end)),
                None => "; none of them ever ends".to_owned(),
            };
            format!("{holders} {verb} unexpired client secrets that could not be renewed any more{when}.")
        }
        Consequence::AlsoInForce { restrictions } => {
            let restrictions: Vec<String> = restrictions.iter().map(|path| plain(path, 200)).collect();
            format!("Switching the policy on puts in force what stands in it already: {}.", spoken(&restrictions))
        }
        Consequence::Opens { applications, service_principals } => {
            format!("{} may be given new client secrets or symmetric keys again.", capital(&holders(*applications, *service_principals)))
        }
        Consequence::StaysEnabled { restrictions } => {
            let restrictions: Vec<String> = restrictions.iter().map(|path| plain(path, 200)).collect();
            match restrictions.as_slice() {
                [] => "The tenant default stays enabled; nothing else in it is in force.".to_owned(),
                more => format!("The tenant default stays enabled, and what else is in it in force: {}.", spoken(more)),
            }
        }
        Consequence::EntriesGo => {
            "The entries are removed, with whom they exempt: `keysweep undo` of the `block-all` that set them puts \
             everything back as it was before."
                .to_owned()
        }
        Consequence::ActorsDiffer => {
            "The entries that block additions exempt different actors, as they did before: the admin centre may \
             refuse to edit the policy."
                .to_owned()
        }
        Consequence::SignInStops => {
            "It gets no new token in this tenant, and nobody gets one for it; tokens that are out stay valid until \
             they end."
                .to_owned()
        }
        Consequence::NotReached { applications, service_principals } => {
            let one = applications.saturating_add(*service_principals) == 1;
            let have = if one { "has a custom policy of its" } else { "have a custom policy of their" };
            format!(
                "It does not reach {} that {have} own, which decides there.",
                holders(*applications, *service_principals)
            )
        }
    }
}

/// `nothing` at the start of a sentence; numbers have no capitals.
fn capital(words: &str) -> String {
    if words == "nothing" { "Nothing".to_owned() } else { words.to_owned() }
}

fn number(number: u32, noun: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

/// `2 applications and 1 service principal`.
fn holders(applications: u32, service_principals: u32) -> String {
    let of = |count, of| (count > 0).then(|| number(count, kind(of)));
    let parts =
        [of(applications, ObjectKind::Application), of(service_principals, ObjectKind::ServicePrincipal)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "nothing".to_owned() } else { spoken(&parts) }
}
