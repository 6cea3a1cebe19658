//! Credentials that were added, changed or removed.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Present;
use super::aspect::Aspect;
use super::rows::{Ranked, here, with_aspect};
use crate::domain::{
    Addition, Credential, CredentialAt, FederatedCredential, KeyId, KeyType, Object, RunMark, Text,
};
use crate::report::build::{addition, credential_id, initiator_cell as cell_of, initiator_spoken as spoken};
use crate::report::words::{day, noun, quoted};
use crate::report::{ChangeKind, ChangeRow, ChangeWord};

/// Tells the credentials of an object apart from those it had. Those of managed identities are left out:
/// the platform rotates them.
pub(super) struct Credentials<'a> {
    last: &'a RunMark,
    present: &'a Present<'a>,
}

impl<'a> Credentials<'a> {
    pub(super) fn new(last: &'a RunMark, present: &'a Present<'a>) -> Self {
        Self { last, present }
    }

    /// All that an object which was not there comes with.
    pub(super) fn appeared(&self, now: &Object) -> Vec<Ranked> {
        let credentials = now.credentials();
        let told = credentials.iter().filter(|credential| is_told(now, credential));
        told.map(|credential| self.added(now, credential, "came with it")).collect()
    }

    /// What was added, changed and removed.
    pub(super) fn changed(&self, then: &Object, now: &Object) -> Vec<Ranked> {
        let how = format!("was added since {}", day(self.last.started));
        let (before, after) = (then.credentials(), now.credentials());
        let mut before = by_identity(then, &before);
        let mut rows = Vec::new();
        for (identity, credentials) in by_identity(now, &after) {
            let mut same = before.remove(&identity).unwrap_or_default().into_iter();
            for credential in credentials {
                match same.next() {
                    None => rows.extend(is_told(now, credential).then(|| self.added(now, credential, &how))),
                    Some(earlier) => rows.extend(self.altered((then, earlier), (now, credential))),
                }
            }
            before.insert(identity, same.collect());
        }
        if self.present.is_complete() {
            let removed = before.into_values().flatten().filter(|credential| is_told(then, credential));
            rows.extend(removed.map(|credential| self.removed((then, credential), now)));
        }
        rows
    }

    /// `how` is what is said of one of which it is not known when it was added.
    fn added(&self, object: &Object, credential: &Credential<'_>, how: &str) -> Ranked {
        let named = named(object, credential);
        let ending = self.ending(credential.end);
        let detail = match (federated(object, credential), credential.start) {
            (Some(federated), _) => format!("A {named} {how}; {}.", trust(federated)),
            (None, Some(start)) if self.last.started <= start && start <= self.present.context.now => {
                format!("A {named} was added on {}; it {ending}.", day(start))
            }
            (None, Some(start)) => {
                format!("A {named} {how}; it is valid from {} and {ending}.", day(start))
            }
            (None, None) => format!("A {named} {how}; it {ending}."),
        };
        let addition = addition(object.key(), credential, &self.present.inventory.beside);
        let (added_by, detail) = match addition {
            Some(Addition { by, .. }) => (cell_of(by), format!("{detail} Added by {}.", spoken(by))),
            None => (String::new(), detail),
        };
        let row = ChangeRow { added_by, ..self.row(ChangeWord::Appeared, object, (object, credential)) };
        with_aspect(&row, Aspect::new("", cell(object, credential), detail))
    }

    fn removed(&self, (then, credential): (&Object, &Credential<'_>), now: &Object) -> Ranked {
        let named = named(then, credential);
        let detail = match (federated(then, credential), credential.end) {
            (Some(federated), _) => format!("The {named} was removed; {}.", trust(federated)),
            (None, Some(end)) if end <= self.present.context.now => {
                format!("The {named} was removed; it had ended on {}.", day(end))
            }
            (None, Some(end)) => format!("The {named} was removed; it would have ended on {}.", day(end)),
            (None, None) => format!("The {named} was removed; it had no end."),
        };
        let row = self.row(ChangeWord::Gone, now, (then, credential));
        with_aspect(&row, Aspect::new(cell(then, credential), "", detail))
    }

    fn altered(&self, before: (&Object, &Credential<'_>), after: (&Object, &Credential<'_>)) -> Vec<Ranked> {
        if !is_told(after.0, after.1) {
            return Vec::new();
        }
        let row = self.row(ChangeWord::Changed, after.0, after);
        aspects(before, after).into_iter().map(|aspect| with_aspect(&row, aspect)).collect()
    }

    /// A row about a credential that `whose` has or had, on an object that is there.
    fn row(&self, change: ChangeWord, there: &Object, whose: (&Object, &Credential<'_>)) -> ChangeRow {
        let (object, credential) = whose;
        ChangeRow {
            credential_type: credential.kind.as_str().to_owned(),
            credential_id: credential_id(object, credential),
            credential_name: credential.name.map_or_else(String::new, |name| name.as_str().to_owned()),
            ..here(change, ChangeKind::Credential, there, self.present)
        }
    }

    fn ending(&self, end: Option<DateTime<Utc>>) -> String {
        match end {
            Some(end) if end <= self.present.context.now => format!("ended on {}", day(end)),
            Some(end) => format!("ends on {}", day(end)),
            None => "never ends".to_owned(),
        }
    }
}

/// Whether there is anything to tell: the second listing of a SAML certificate is told with the first.
fn is_told(object: &Object, credential: &Credential<'_>) -> bool {
    !credential.repeats && !object.is_managed_identity()
}

/// By what a credential is known again: by its id, or by what it began with.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identity<'a> {
    Password(Option<KeyId>, Began<'a>),
    Key(Option<KeyId>, Began<'a>),
    Federated(&'a str, &'a str),
}

/// What does not change in the life of a credential; nothing where its id says it all.
type Began<'a> = (&'a str, Option<&'a Text>, Option<DateTime<Utc>>);

fn by_identity<'c, 'o>(
    object: &'o Object,
    credentials: &'c [Credential<'o>],
) -> BTreeMap<Identity<'o>, Vec<&'c Credential<'o>>> {
    let mut groups: BTreeMap<Identity<'o>, Vec<&Credential<'o>>> = BTreeMap::new();
    for credential in credentials {
        groups.entry(identity(object, credential)).or_default().push(credential);
    }
    // Of those that nothing else tells apart, the one that ends first then is the one that ends first now.
    for group in groups.values_mut() {
        group.sort_by_key(|credential| (credential.start, credential.end, credential.name, credential.at));
    }
    groups
}

fn identity<'o>(object: &'o Object, credential: &Credential<'o>) -> Identity<'o> {
    let began = |key_type: &'static str| match credential.key_id {
        Some(_) => ("", None, None),
        None => (key_type, credential.name, credential.start),
    };
    match credential.at {
        CredentialAt::Password(_) => Identity::Password(credential.key_id, began("")),
        CredentialAt::Key(index) => {
            let key_type = match object.keys.get(index).map(|key| &key.key_type) {
                Some(KeyType::Certificate) => "certificate",
                Some(KeyType::Symmetric) => "symmetric",
                Some(KeyType::Other(_)) | None => "other",
            };
            Identity::Key(credential.key_id, began(key_type))
        }
        CredentialAt::Federated(_) => match federated(object, credential) {
            Some(federated) if federated.id.is_empty() => Identity::Federated("", federated.name.as_str()),
            Some(federated) => Identity::Federated(federated.id.as_str(), ""),
            None => Identity::Federated("", ""),
        },
    }
}

fn federated<'o>(object: &'o Object, credential: &Credential<'_>) -> Option<&'o FederatedCredential> {
    let CredentialAt::Federated(index) = credential.at else { return None };
    object.application()?.federated.get(index)
}

/// Whom a federated credential trusts.
fn trust(federated: &FederatedCredential) -> String {
    let FederatedCredential { id: _, name: _, issuer, subject } = federated;
    let said = |text: &Option<Text>| {
        text.as_ref().map_or_else(|| "not given".to_owned(), |text| quoted(text.as_str()))
    };
    format!("its issuer is {} and its subject {}", said(issuer), said(subject))
}

/// What a credential amounts to, in a few words.
fn cell(object: &Object, credential: &Credential<'_>) -> String {
    if let Some(federated) = federated(object, credential) {
        let texts =
            [&federated.issuer, &federated.subject].map(|text| text.as_ref().map_or("", Text::as_str));
        return texts.join(" ").trim().to_owned();
    }
    until(credential.end)
}

fn until(end: Option<DateTime<Utc>>) -> String {
    end.map_or_else(|| "without end".to_owned(), |end| format!("until {}", day(end)))
}

/// In what a credential is otherwise than it was. A date that cannot be read tells nothing.
fn aspects(before: (&Object, &Credential<'_>), after: (&Object, &Credential<'_>)) -> Vec<Aspect> {
    let ((then, was), (now, is)) = (before, after);
    let named = format!("The {}", named(now, is));
    let mut aspects = Vec::new();
    if was.kind != is.kind {
        let (before, after) = (noun(was.kind, false), noun(is.kind, false));
        let detail = format!("{named} was listed as a {before} and is a {after} now.");
        aspects.push(Aspect::new(was.kind.as_str(), is.kind.as_str(), detail));
    }
    if was.name != is.name {
        let name = |name: Option<&Text>| name.map_or_else(String::new, |name| name.as_str().to_owned());
        let (before, after) = (name(was.name), name(is.name));
        let detail = match before.as_str() {
            "" => format!("{named} had no name before."),
            before => format!("{named} was called {} before.", quoted(before)),
        };
        aspects.push(Aspect::new(before, after, detail));
    }
    let readable = !was.unreadable && !is.unreadable;
    if readable && was.start != is.start {
        let (before, after) = apart(was.start, is.start, "from", "without start");
        let detail = format!("{named} was valid {before} and is valid {after}.");
        aspects.push(Aspect::new(before, after, detail));
    }
    if readable && was.end != is.end {
        let (before, after) = apart(was.end, is.end, "until", "without end");
        let detail = format!("{named} was valid {before} and is valid {after}.");
        aspects.push(Aspect::new(before, after, detail));
    }
    if let (Some(was), Some(is)) = (federated(then, was), federated(now, is)) {
        let pairs = [("issuer", &was.issuer, &is.issuer), ("subject", &was.subject, &is.subject)];
        aspects.extend(pairs.into_iter().filter(|(_, was, is)| was != is).map(|(what, was, is)| {
            let text = |text: &Option<Text>| text.as_ref().map_or_else(String::new, Text::to_string);
            let (before, after) = (text(was), text(is));
            let said = |text: &str| if text.is_empty() { "missing".to_owned() } else { quoted(text) };
            let detail = format!("The {what} of {named} was {} and is {}.", said(&before), said(&after));
            Aspect::new(before, after, detail.replacen("of The", "of the", 1))
        }));
    }
    aspects
}

/// Two moments that differ, to the second where they are of one day.
fn apart(
    was: Option<DateTime<Utc>>,
    is: Option<DateTime<Utc>>,
    word: &str,
    without: &str,
) -> (String, String) {
    let same_day = was.map(day) == is.map(day);
    let shown = |time: Option<DateTime<Utc>>| match time {
        Some(time) if same_day => format!("{word} {}", time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        Some(time) => format!("{word} {}", day(time)),
        None => without.to_owned(),
    };
    (shown(was), shown(is))
}

/// A credential in a sentence: `client secret “ci”`.
fn named(object: &Object, credential: &Credential<'_>) -> String {
    let noun = noun(credential.kind, object.signs_tokens(credential));
    let name = credential.name.map(|name| name.as_str()).filter(|name| !name.trim().is_empty());
    match (name, credential_id(object, credential).as_str()) {
        (Some(name), _) => format!("{noun} {}", quoted(name)),
        (None, "") => format!("{noun} without name and id"),
        (None, id) => format!("{noun} {id}"),
    }
}
