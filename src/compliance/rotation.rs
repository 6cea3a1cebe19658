//! Client secrets that Application Proxy adds and replaces by itself.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::{Credential, CredentialAt, CredentialKind, Object, Objects, Text};

/// The name that Application Proxy gives them.
const NAME: &str = "CWAP_AuthSecret";

/// How many of them can be unexpired at one time: the one in use and its successor. Whoever may add secrets
/// may name them so, and a third one is not Application Proxy's; which of them that is, nobody can tell.
const AT_ONE_TIME: usize = 2;

/// How long they live: a year, and what it is rounded by. A secret that somebody adds without naming dates
/// lives for two.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// The client secrets of an object that Application Proxy rotates: those of an application that it
/// publishes, by their name, as long as they look like its own. All others are ordinary ones.
/// Inferred from Microsoft's Application Proxy FAQ.
pub(super) fn by_application_proxy(
    object: &Object,
    objects: &Objects,
    now: DateTime<Utc>,
) -> Vec<CredentialAt> {
    let named = |name: Option<&Text>| name.is_some_and(|name| name.as_str() == NAME);
    if object.application().is_none()
        || !object.passwords.iter().any(|password| named(password.name.as_ref()))
    {
        return Vec::new();
    }
    let by_principal = || object.app_id.is_some_and(|id| objects.is_published(id));
    if !object.is_tagged_as_published() && !by_principal() {
        return Vec::new();
    }
    let credentials = object.credentials();
    let rotated: Vec<&Credential<'_>> = credentials
        .iter()
        .filter(|credential| credential.kind == CredentialKind::ClientSecret && named(credential.name))
        .filter(|credential| !credential.unreadable)
        .filter(|credential| credential.lifetime().is_some_and(|lifetime| lifetime <= LONGEST))
        .collect();
    let unexpired = |credential: &&&Credential<'_>| credential.is_unexpired(now);
    let too_many = AT_ONE_TIME < rotated.iter().filter(unexpired).count();
    rotated
        .iter()
        .filter(|credential| !too_many || !unexpired(credential))
        .map(|credential| credential.at)
        .collect()
}
