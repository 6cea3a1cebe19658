//! Small words for the sentences of verdicts.

use crate::domain::{Actor, CustomPolicy, ObjectKind};

/// Callers named in a sentence. More would hide what else it says.
const ACTORS: usize = 5;

/// `3 applications and 1 service principal`.
pub(super) fn many(applications: usize, principals: usize) -> String {
    match (applications, principals) {
        (some, 0) => counted(some, "application"),
        (0, some) => counted(some, "service principal"),
        (some, others) => {
            format!("{} and {}", counted(some, "application"), counted(others, "service principal"))
        }
    }
}

/// `1 object`, `3 objects`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The objects of a kind.
pub(super) fn halves(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Application => "applications",
        ObjectKind::ServicePrincipal => "service principals",
    }
}

/// A custom policy in a sentence, by name and id.
pub(super) fn policy(policy: &CustomPolicy) -> String {
    if policy.display_name.is_empty() {
        format!("custom policy {}", policy.id)
    } else {
        format!("custom policy “{}” ({})", steady(policy.display_name.as_str()), policy.id)
    }
}

/// Callers exempted by `excludeActors`.
pub(super) fn actors(actors: &[Actor]) -> String {
    let named: Vec<String> = actors.iter().take(ACTORS).map(|actor| code(actor.0.as_str())).collect();
    match actors.len().saturating_sub(ACTORS) {
        0 => named.join(", "),
        left => format!("{} and {left} more", named.join(", ")),
    }
}

/// A foreign word in a sentence.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", steady(text))
}

/// With a capital letter, for the beginning of a sentence.
pub(super) fn capital(words: &str) -> String {
    let mut rest = words.chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", rest.as_str())
}

/// Foreign text that neither breaks a line nor changes the direction of the text around it.
fn steady(text: &str) -> String {
    let turns = |sign: char| matches!(sign, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let kept: String = text.chars().filter(|sign| !turns(*sign)).collect();
    let words = kept.split(|sign: char| sign.is_control() || sign.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
