//! Findings about an object as a whole, and about Keysweep itself.

use chrono::{DateTime, Utc};

use super::{Said, all_of, counted, quoted};
use crate::domain::{Credential, Object, PlainSight};
use crate::report::build::Judged;

pub(super) fn plain_sight(places: &[PlainSight]) -> Said {
    let places: Vec<_> = places.iter().map(place).collect();
    Said::new(
        format!(
            "Text shaped like an Entra client secret stands in {}; this report masks it.",
            all_of(&places)
        ),
        "Take the secret as known to everybody who can read the directory: remove the credential it belongs \
         to, replace it where it is used, then delete the text.",
    )
}

fn place(place: &PlainSight) -> String {
    match place {
        PlainSight::Name => "its display name".to_owned(),
        PlainSight::Notes => "its notes".to_owned(),
        PlainSight::Description => "its description".to_owned(),
        PlainSight::Tag => "one of its tags".to_owned(),
        PlainSight::CredentialName(Some(id)) => format!("the name of credential {id}"),
        PlainSight::CredentialName(None) => "the name of a credential".to_owned(),
    }
}

pub(super) fn no_owner(judged: &Judged<'_>, now: DateTime<Utc>) -> Said {
    let counts = |credential: &&Credential<'_>| {
        credential.rotated_by.is_none() && !credential.repeats && credential.is_unexpired(now)
    };
    let unexpired = judged.credentials.iter().filter(counts);
    let number = i64::try_from(unexpired.count()).unwrap_or(i64::MAX);
    Said::new(
        format!("It holds {} and has no owner.", counted(number, "unexpired credential")),
        "Name at least two owners who answer for it, or delete the application if nobody needs it.",
    )
}

pub(super) fn instance_lock(object: &Object, enabled: bool) -> Said {
    let audience = object.application().and_then(|facts| facts.sign_in_audience.as_ref());
    let audience = audience.map_or_else(|| "unknown".to_owned(), |audience| quoted(audience.as_str()));
    let lock = if enabled {
        "is on but covers neither all properties nor the credentials of both usages"
    } else {
        "is off"
    };
    Said::new(
        format!("Its sign-in audience is {audience}, and its app instance property lock {lock}."),
        "Turn on the app instance property lock for all properties, so that nobody can add credentials to its \
         service principals in other tenants.",
    )
}

pub(super) fn auditor_secret() -> Said {
    Said::new(
        "Keysweep itself signs in to this tenant with a client secret.".to_owned(),
        "Give Keysweep a certificate, a workload identity or a managed identity in `[tenant.credential]` of its \
         configuration, then remove the secret from its app registration.",
    )
}
