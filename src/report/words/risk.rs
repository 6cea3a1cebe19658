//! Why an attacker would begin with an object.

use super::{counted, day, privilege};
use crate::compliance::Reason;

/// A reason, as a sentence about the object.
#[must_use]
pub fn why_risky(reason: &Reason) -> String {
    match reason {
        Reason::Takeover { permissions, roles } => {
            format!("Whoever has its client secret holds {}.", privilege::held(permissions, roles))
        }
        Reason::PlainSight => {
            "Text shaped like a client secret can be read by everybody who can read the directory.".to_owned()
        }
        Reason::Foreign => {
            "Somebody here added a client secret to an application that belongs to somebody else.".to_owned()
        }
        Reason::Secrets { count, until } => {
            let secrets = counted(i64::try_from(*count).unwrap_or(i64::MAX), "shared secret");
            match until {
                Some(until) => format!("It holds {secrets} that can be used until {}.", day(*until)),
                None => format!("It holds {secrets} that can be used without end."),
            }
        }
        Reason::Unlocked => "Other tenants can add credentials to their service principals of it.".to_owned(),
        Reason::UsedLately(at) => {
            format!("One of its secrets was used on {}, so it stands where something can read it.", day(*at))
        }
        Reason::LongUnused => "None of its secrets was used lately, as far as is known.".to_owned(),
        Reason::NoOwner => "Nobody owns it, so nobody would be asked.".to_owned(),
    }
}
