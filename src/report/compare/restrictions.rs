//! Restrictions that came, went or changed, and whether that restricts more or less.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::aspect::{Aspect, Bearing};
use crate::domain::{Actor, Collection, Limit, Restriction, RestrictionKind, State};
use crate::report::phrases::spoken;
use crate::report::words::{instant, named, quoted};

/// In which policy a restriction stands. What its absence means differs.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// In the half of the tenant default that reaches these.
    Default(&'static str),
    /// In a custom policy, where a disabled entry is an exemption from the tenant default.
    Custom,
}

/// What changed between two lists of restrictions. `idle`: the policy was off and still is, so that
/// nothing in it bears on anything.
pub(super) fn changes(then: &[&Restriction], now: &[&Restriction], whose: Whose, idle: bool) -> Vec<Aspect> {
    let mut before = by_type(then);
    let mut aspects = Vec::new();
    for (kind, entries) in by_type(now) {
        let mut earlier = before.remove(&kind).unwrap_or_default().into_iter();
        for entry in entries {
            match earlier.next() {
                None => aspects.push(added(entry, whose)),
                Some(then) => aspects.extend(altered(then, entry, whose)),
            }
        }
        before.insert(kind, earlier.collect());
    }
    aspects.extend(before.into_values().flatten().map(|entry| removed(entry, whose)));
    aspects.into_iter().map(|change| change.told(idle)).collect()
}

/// Whether an entry restricts anything at all.
pub(super) fn enforces(entry: &Restriction) -> bool {
    matches!(entry.state, State::Enabled | State::Missing)
}

/// An entry in a sentence: `passwordLifetime of at most P90D`, `an exemption from passwordAddition`.
pub(super) fn phrase(entry: &Restriction, whose: Whose) -> String {
    let name = name(entry, whose);
    let stands_alone = match (&entry.state, whose) {
        (State::Enabled | State::Missing, _) => None,
        (State::Disabled, Whose::Custom) => Some(format!("an exemption from {name}")),
        (State::Disabled, Whose::Default(_)) => Some(format!("a disabled {name}")),
        (State::Other(state), _) => Some(format!("{name} in the state {}", quoted(state.as_str()))),
    };
    stands_alone.unwrap_or_else(|| {
        let mut phrase = word(entry);
        if entry.limit != Limit::Missing {
            phrase.push_str(" of at most ");
            phrase.push_str(&limit(&entry.limit));
        }
        match (whose, entry.date()) {
            (Whose::Custom, None) => (),
            (Whose::Default(objects), None) => phrase.push_str(&format!(" for {objects}")),
            (Whose::Custom, Some(date)) => {
                phrase.push_str(&format!(" for objects created on or after {}", instant(date)));
            }
            (Whose::Default(objects), Some(date)) => {
                phrase.push_str(&format!(" for {objects} created on or after {}", instant(date)));
            }
        }
        phrase
    })
}

/// A change, before it is put into its sentence.
struct Change {
    bearing: Bearing,
    before: String,
    after: String,
    said: String,
}

impl Change {
    fn told(self, idle: bool) -> Aspect {
        let Self { bearing, before, after, said } = self;
        let (bearing, rest) =
            if idle { (Bearing::Neither, ", while the policy is off") } else { (bearing, "") };
        let detail = format!("{}: {said}{rest}.", bearing.word());
        Aspect { bearing, ..Aspect::new(before, after, detail) }
    }
}

/// The same word in two collections is two types. Several entries of one type are taken in their order.
fn by_type<'a>(
    entries: &[&'a Restriction],
) -> BTreeMap<(Collection, &'a RestrictionKind), Vec<&'a Restriction>> {
    let mut types: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for entry in entries {
        types.entry((entry.collection, &entry.kind)).or_default().push(*entry);
    }
    types
}

fn added(entry: &Restriction, whose: Whose) -> Change {
    let after = state_word(&entry.state);
    let said = format!("{} was added", phrase(entry, whose));
    Change { bearing: presence(entry, whose), before: String::new(), after, said }
}

fn removed(entry: &Restriction, whose: Whose) -> Change {
    let before = state_word(&entry.state);
    let said = format!("{} was removed", phrase(entry, whose));
    Change { bearing: presence(entry, whose).reversed(), before, after: String::new(), said }
}

/// What it means that an entry is there. In a custom policy it takes the place of the tenant default's: only
/// of a block for everybody and of an exemption is it plain whether that is more or less.
fn presence(entry: &Restriction, whose: Whose) -> Bearing {
    match (&entry.state, whose) {
        (State::Other(_), _) | (State::Disabled, Whose::Default(_)) => Bearing::Neither,
        (State::Disabled, Whose::Custom) => Bearing::Weaker,
        (State::Enabled | State::Missing, Whose::Default(_)) => Bearing::Stronger,
        (State::Enabled | State::Missing, Whose::Custom) => {
            let known_block = !entry.kind.is_lifetime() && !matches!(entry.kind, RestrictionKind::Other(_));
            let for_everybody = entry.date().is_none() && entry.exempted_actors.is_empty();
            if known_block && for_everybody { Bearing::Stronger } else { Bearing::Neither }
        }
    }
}

/// What changed in an entry, each respect by itself. While it enforces nothing, no respect but its state
/// bears on anything.
fn altered(then: &Restriction, now: &Restriction, whose: Whose) -> Vec<Change> {
    let name = name(now, whose);
    let mut changes = Vec::new();
    changes.extend(state(&then.state, &now.state, &name));
    let bites = enforces(then) && enforces(now);
    let judged = |bearing| if bites { bearing } else { Bearing::Neither };
    if then.limit != now.limit {
        let (before, after) = (limit(&then.limit), limit(&now.limit));
        let said = format!("{name} went from {before} to {after}");
        let matters = now.kind.is_lifetime() || matches!(now.kind, RestrictionKind::Other(_));
        let bearing = if matters { longer(&then.limit, &now.limit) } else { Bearing::Neither };
        let bearing = judged(bearing);
        changes.push(Change { bearing, before, after, said });
    }
    if then.date() != now.date() {
        let (before, after) = (reach(then.date()), reach(now.date()));
        let said = format!("{name} reached {before} and reaches {after}");
        let bearing = judged(later(then.date(), now.date()));
        changes.push(Change { bearing, before, after, said });
    }
    let (more, fewer) = (
        without(&now.exempted_actors, &then.exempted_actors),
        without(&then.exempted_actors, &now.exempted_actors),
    );
    if !more.is_empty() {
        let said = format!("{name} exempts {} now", callers(&more));
        let bearing = judged(Bearing::Weaker);
        changes.push(Change { bearing, before: String::new(), after: cell(&more), said });
    }
    if !fewer.is_empty() {
        let said = format!("{name} does not exempt {} any more", callers(&fewer));
        let bearing = judged(Bearing::Stronger);
        changes.push(Change { bearing, before: cell(&fewer), after: String::new(), said });
    }
    changes
}

/// A missing state counts as enabled: that it is spelled out changes nothing.
fn state(then: &State, now: &State, name: &str) -> Option<Change> {
    let (before, after) = (state_word(then), state_word(now));
    if before == after {
        return None;
    }
    let bearing = match (then, now) {
        (State::Other(_), _) | (_, State::Other(_)) => Bearing::Neither,
        (_, State::Disabled) => Bearing::Weaker,
        (_, State::Enabled | State::Missing) => Bearing::Stronger,
    };
    let said = format!("{name} was {before} and is {after}");
    Some(Change { bearing, before, after, said })
}

fn state_word(state: &State) -> String {
    match state {
        State::Enabled | State::Missing => "enabled".to_owned(),
        State::Disabled => "disabled".to_owned(),
        State::Other(word) => quoted(word.as_str()),
    }
}

/// A restriction type in a sentence, with those it reaches.
fn name(entry: &Restriction, whose: Whose) -> String {
    match whose {
        Whose::Default(objects) => format!("{} for {objects}", word(entry)),
        Whose::Custom => word(entry),
    }
}

/// A restriction type, with its collection where the word alone does not say which.
fn word(entry: &Restriction) -> String {
    match entry.kind {
        RestrictionKind::Other(_) => format!("{} of {}", named(&entry.kind), entry.collection.as_str()),
        _ => named(&entry.kind),
    }
}

fn limit(limit: &Limit) -> String {
    match limit {
        Limit::Missing => "no limit".to_owned(),
        Limit::Max { max: _, text } => text.to_string(),
        Limit::Unreadable(text) => quoted(text.as_str()),
    }
}

fn longer(then: &Limit, now: &Limit) -> Bearing {
    match (then, now) {
        (Limit::Max { max: then, .. }, Limit::Max { max: now, .. }) => match then.cmp(now) {
            std::cmp::Ordering::Less => Bearing::Weaker,
            std::cmp::Ordering::Equal => Bearing::Neither,
            std::cmp::Ordering::Greater => Bearing::Stronger,
        },
        (Limit::Max { .. }, Limit::Missing) => Bearing::Weaker,
        (Limit::Missing, Limit::Max { .. }) => Bearing::Stronger,
        (Limit::Missing, Limit::Missing) | (Limit::Unreadable(_), _) | (_, Limit::Unreadable(_)) => {
            Bearing::Neither
        }
    }
}

fn reach(date: Option<DateTime<Utc>>) -> String {
    date.map_or_else(
        || "everything".to_owned(),
        |date| format!("what was created on or after {}", instant(date)),
    )
}

/// The later its date, the fewer objects a restriction reaches.
fn later(then: Option<DateTime<Utc>>, now: Option<DateTime<Utc>>) -> Bearing {
    match then.cmp(&now) {
        std::cmp::Ordering::Less => Bearing::Weaker,
        std::cmp::Ordering::Equal => Bearing::Neither,
        std::cmp::Ordering::Greater => Bearing::Stronger,
    }
}

fn without<'a>(actors: &'a [Actor], others: &[Actor]) -> Vec<&'a Actor> {
    actors.iter().filter(|actor| !others.contains(actor)).collect()
}

fn callers(actors: &[&Actor]) -> String {
    let quoted: Vec<String> = actors.iter().map(|Actor(text)| quoted(text.as_str())).collect();
    format!("callers with {}", spoken(&quoted))
}

fn cell(actors: &[&Actor]) -> String {
    actors.iter().map(|Actor(text)| text.as_str()).collect::<Vec<_>>().join("; ")
}
