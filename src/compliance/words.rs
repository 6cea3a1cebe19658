//! Why something could not be decided: one sentence each, for people.

use chrono::SecondsFormat;

use crate::domain::{CredentialKind, PolicyId, RestrictionKind, Text, Why};

/// Why it is not known whether a restriction is in force.
pub(super) fn restriction(kind: &RestrictionKind, why: &Why) -> Text {
    let sentence = match why {
        Why::AssignmentUnread | Why::DefaultUnread | Why::SeveralPolicies(_) => return policies(why),
        Why::UnknownState(word) => {
            format!("The state `{word}` of the restriction `{kind}` is not one this program knows.")
        }
        Why::NoCreationTime { date } => {
            let date = date.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!(
                "The restriction `{kind}` reaches objects created on or after {date}, and Graph gives no \
                 creation time for this one."
            )
        }
        Why::PolicyOff => format!(
            "The assigned custom policy has the restriction `{kind}` but is not enabled, and whether it \
             still displaces the tenant default is not documented."
        ),
        Why::ForAll
        | Why::Since { .. }
        | Why::OlderThanDate { .. }
        | Why::Exempted
        | Why::EntryDisabled
        | Why::DefaultOff
        | Why::NoEntry
        | Why::PolicyOffDefaultOpen => format!("The restriction `{kind}` could not be decided."),
    };
    Text::new(&sentence)
}

/// Why nothing can be said about the policies of an object at all.
pub(super) fn policies(why: &Why) -> Text {
    let sentence = match why {
        Why::DefaultUnread => "The tenant default policy could not be read.".to_owned(),
        Why::SeveralPolicies(ids) => {
            let ids: Vec<String> = ids.iter().map(PolicyId::to_string).collect();
            format!("More than one custom policy was seen assigned: {}.", ids.join(", "))
        }
        _ => "It could not be read which custom policy is assigned, if any.".to_owned(),
    };
    Text::new(&sentence)
}

/// A lifetime restriction whose limit is absent or no duration.
pub(super) fn unreadable_limit(kind: &RestrictionKind) -> Text {
    Text::new(&format!("The `maxLifetime` of the restriction `{kind}` is missing or cannot be read."))
}

/// A credential with an end but no start.
pub(super) fn no_start(kind: CredentialKind) -> Text {
    let what = kind.as_str().replace('-', " ");
    Text::new(&format!("A {what} has an end but no start, so its lifetime is not known."))
}

/// A credential with a date that is none.
pub(super) fn unreadable_date(kind: CredentialKind) -> Text {
    let what = kind.as_str().replace('-', " ");
    Text::new(&format!("A date of a {what} cannot be read, so it is not known when it begins or ends."))
}

/// A key credential that may be a shared secret.
pub(super) fn unknown_key_type(key_type: Option<&Text>) -> Text {
    Text::new(&match key_type {
        Some(word) => format!("A key credential is of type `{word}`, which this program does not know."),
        None => "A key credential has no type, so it may be a symmetric key.".to_owned(),
    })
}

/// A sentence without figures.
pub(super) fn plain(sentence: &str) -> Text {
    Text::new(sentence)
}
