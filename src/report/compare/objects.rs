//! Applications and service principals that appeared, changed or went.

use super::Present;
use super::aspect::Aspect;
use super::rows::{Ranked, here, not_here, with_aspect};
use crate::domain::{
    ApplicationFacts, CredentialKind, Details, InstanceLock, Object, ObjectKind, Owners, RunMark,
    ServicePrincipalFacts, TenantId, Text,
};
use crate::report::phrases::{counted, spoken};
use crate::report::words::{day, noun, quoted};
use crate::report::{ChangeKind, ChangeWord};

/// An object that was not there.
pub(super) fn appeared(now: &Object, last: &RunMark, present: &Present<'_>) -> Ranked {
    let named = named(now);
    let detail = match now.created {
        Some(created) if last.started <= created => format!("{named} was created on {}.", day(created)),
        Some(created) => format!(
            "{named} was not listed in the run of {}, although it was created on {}.",
            day(last.started),
            day(created),
        ),
        None => format!("{named} was not listed in the run of {}.", day(last.started)),
    };
    let row = here(ChangeWord::Appeared, ChangeKind::Object, now, present);
    with_aspect(&row, Aspect::new("", ability(now.enabled()), detail))
}

/// An object that is not there any more. Its credentials went with it and have no rows of their own.
pub(super) fn gone(then: &Object) -> Ranked {
    let held = if then.is_managed_identity() { Vec::new() } else { held(then) };
    let named = named(then);
    let detail = match held.as_slice() {
        [] => format!("{named} is not there any more."),
        held => format!("{named} is not there any more; it held {}.", spoken(held)),
    };
    let row = not_here(ChangeWord::Gone, ChangeKind::Object, then);
    with_aspect(&row, Aspect::new(ability(then.enabled()), "", detail))
}

/// One that is otherwise than it was, a row for each respect.
pub(super) fn changed(then: &Object, now: &Object, present: &Present<'_>) -> Vec<Ranked> {
    let row = here(ChangeWord::Changed, ChangeKind::Object, now, present);
    aspects(then, now, present).into_iter().map(|aspect| with_aspect(&row, aspect)).collect()
}

fn aspects(then: &Object, now: &Object, present: &Present<'_>) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    if then.display_name != now.display_name {
        let (before, after) = (then.display_name.as_str(), now.display_name.as_str());
        let detail = format!("It was renamed from {} to {}.", quoted(before), quoted(after));
        aspects.push(Aspect::new(before, after, detail));
    }
    if then.enabled() != now.enabled() {
        aspects.push(enabling(then.enabled(), now.enabled()));
    }
    aspects.extend(owners(&then.owners, &now.owners));
    match (&then.details, &now.details) {
        (Details::Application(then), Details::Application(now)) => aspects.extend(application(then, now)),
        (Details::ServicePrincipal(then), Details::ServicePrincipal(now)) => {
            aspects.extend(owner_tenant(then, now, present.context.tenant));
        }
        (Details::Application(_), Details::ServicePrincipal(_))
        | (Details::ServicePrincipal(_), Details::Application(_)) => (),
    }
    aspects
}

fn enabling(then: Option<bool>, now: Option<bool>) -> Aspect {
    let detail = match now {
        Some(true) => "It was enabled.".to_owned(),
        Some(false) => "It was disabled.".to_owned(),
        None => "Graph does not say any more whether it is enabled.".to_owned(),
    };
    Aspect::new(ability(then), ability(now), detail)
}

fn ability(enabled: Option<bool>) -> &'static str {
    match enabled {
        Some(true) => "enabled",
        Some(false) => "disabled",
        None => "",
    }
}

/// What was not read on either side tells nothing, and names are asked for only where something is wrong:
/// that they are known now is no change.
fn owners(then: &Owners, now: &Owners) -> Option<Aspect> {
    let (before, after) = (Ownership::of(then)?, Ownership::of(now)?);
    let detail = match (&before, &after) {
        (Ownership::Somebody(_), Ownership::Nobody) => "It has no owner any more.".to_owned(),
        (Ownership::Nobody, Ownership::Somebody(_)) => "It has an owner now.".to_owned(),
        (Ownership::Somebody(Some(before)), Ownership::Somebody(Some(after))) if before != after => {
            format!("Its owners were {} and are {}.", listed(before), listed(after))
        }
        (Ownership::Nobody, Ownership::Nobody) | (Ownership::Somebody(_), Ownership::Somebody(_)) => {
            return None;
        }
    };
    Some(Aspect::new(before.word(), after.word(), detail))
}

enum Ownership {
    Nobody,
    /// By name, where names are known.
    Somebody(Option<Vec<Text>>),
}

impl Ownership {
    fn of(owners: &Owners) -> Option<Self> {
        match owners {
            Owners::Unread => None,
            Owners::Nobody => Some(Self::Nobody),
            Owners::Somebody => Some(Self::Somebody(None)),
            Owners::Named(owners) if owners.is_empty() => Some(Self::Nobody),
            Owners::Named(owners) => {
                let mut names: Vec<Text> = owners.iter().map(|owner| owner.name.clone()).collect();
                names.sort();
                Some(Self::Somebody(Some(names)))
            }
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Nobody => "no owner".to_owned(),
            Self::Somebody(None) => "owned".to_owned(),
            Self::Somebody(Some(names)) => names.iter().map(Text::as_str).collect::<Vec<_>>().join("; "),
        }
    }
}

fn listed(names: &[Text]) -> String {
    spoken(&names.iter().map(|name| quoted(name.as_str())).collect::<Vec<_>>())
}

fn application(then: &ApplicationFacts, now: &ApplicationFacts) -> Vec<Aspect> {
    let mut aspects = Vec::new();
    if then.sign_in_audience != now.sign_in_audience {
        let word = |audience: &Option<Text>| audience.as_ref().map_or("", Text::as_str).to_owned();
        let (before, after) = (word(&then.sign_in_audience), word(&now.sign_in_audience));
        let said = |word: &str| if word.is_empty() { "unknown".to_owned() } else { quoted(word) };
        let detail = format!("Its sign-in audience was {} and is {}.", said(&before), said(&after));
        aspects.push(Aspect::new(before, after, detail));
    }
    let (before, after) = (covered(then.lock), covered(now.lock));
    if before != after {
        let detail = format!("Its app instance property lock was {before} and is {after}.");
        aspects.push(Aspect::new(before, after, detail));
    }
    aspects
}

/// What the lock covers. An enabled one for all properties covers the credentials too.
fn covered(lock: Option<InstanceLock>) -> &'static str {
    let Some(lock) = lock else { return "off" };
    let InstanceLock {
        is_enabled,
        all_properties,
        credentials_with_usage_verify: verify,
        credentials_with_usage_sign: sign,
    } = lock;
    match (is_enabled, all_properties, verify, sign) {
        (false, ..) => "off",
        (true, true, ..) => "on for all properties",
        (true, false, true, true) => "on for the credentials of both usages",
        (true, false, true, false) => "on for credentials that verify",
        (true, false, false, true) => "on for credentials that sign",
        (true, false, false, false) => "on for nothing",
    }
}

fn owner_tenant(
    then: &ServicePrincipalFacts,
    now: &ServicePrincipalFacts,
    tenant: TenantId,
) -> Option<Aspect> {
    let (before, after) = (then.app_owner_organization, now.app_owner_organization);
    if before == after || then.owner_unreadable || now.owner_unreadable {
        return None;
    }
    let whose = |owner: Option<TenantId>| match owner {
        Some(owner) if owner == tenant => "this tenant".to_owned(),
        Some(owner) => format!("tenant {owner}"),
        None => "nobody on record".to_owned(),
    };
    let detail = format!("Its application belonged to {} and belongs to {}.", whose(before), whose(after));
    let cell = |owner: Option<TenantId>| owner.map_or_else(String::new, |owner| owner.to_string());
    Some(Aspect::new(cell(before), cell(after), detail))
}

/// What it held, counted by what it is called; the second listing of a SAML certificate not again.
fn held(object: &Object) -> Vec<String> {
    let credentials = object.credentials();
    let kinds = [
        (CredentialKind::ClientSecret, false),
        (CredentialKind::SymmetricKey, false),
        (CredentialKind::Certificate, false),
        (CredentialKind::Certificate, true),
        (CredentialKind::Federated, false),
    ];
    let mut held = Vec::new();
    for (kind, signing) in kinds {
        let of_kind = credentials.iter().filter(|credential| {
            credential.kind == kind && !credential.repeats && object.signs_tokens(credential) == signing
        });
        match of_kind.count() {
            0 => (),
            some => held.push(counted(some, noun(kind, signing))),
        }
    }
    held
}

/// The object at the start of a sentence.
fn named(object: &Object) -> String {
    let kind = match (object.kind(), object.is_managed_identity()) {
        (ObjectKind::Application, _) => "application",
        (ObjectKind::ServicePrincipal, true) => "managed identity",
        (ObjectKind::ServicePrincipal, false) => "service principal",
    };
    match object.display_name.as_str().trim() {
        "" => format!("The {kind}"),
        name => format!("The {kind} {}", quoted(name)),
    }
}
