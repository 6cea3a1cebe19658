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
#[must_use]
pub fn by_application_proxy(object: &Object, objects: &Objects, now: DateTime<Utc>) -> Vec<CredentialAt> {
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::rules::fixture::*;
    use super::*;
    use crate::domain::{AppId, PasswordCredential};

    const SECOND: TimeDelta = TimeDelta::seconds(1);

    fn tagged(object: Object) -> Object {
        Object { tags: vec![Text::new("HR"), Text::new("WindowsAzureActiveDirectoryOnPremApp")], ..object }
    }

    /// One that lives for so long, and has so much of it left.
    fn proxys(lifetime: TimeDelta, left: TimeDelta) -> PasswordCredential {
        let end = now() + left;
        PasswordCredential { name: Some(Text::new(NAME)), ..secret(Some(end - lifetime), Some(end)) }
    }

    fn year(left: i64) -> PasswordCredential {
        proxys(TimeDelta::days(365), TimeDelta::days(left))
    }

    fn rotated(object: Object, passwords: &[PasswordCredential], others: Vec<Object>) -> Vec<usize> {
        let object = Object { passwords: passwords.to_vec(), ..object };
        let rotated = by_application_proxy(&object, &others.into(), now());
        let place = |at| match at {
            CredentialAt::Password(place) => place,
            other => panic!("{other:?}"),
        };
        rotated.into_iter().map(place).collect()
    }

    #[test]
    fn only_a_published_application_has_such_secrets() {
        let principal = || tagged(service_principal(None));
        let of_another = || Object { app_id: Some(AppId(uuid::Uuid::from_u128(9))), ..principal() };
        for (case, object, others, found) in [
            ("tagged itself", tagged(application()), vec![], true),
            ("its service principal is", application(), vec![principal()], true),
            ("neither is", application(), vec![service_principal(None)], false),
            ("another one's is", application(), vec![of_another()], false),
            ("a service principal", principal(), vec![principal()], false),
            ("without app id", Object { app_id: None, ..application() }, vec![principal()], false),
        ] {
            let found = if found { vec![0] } else { vec![] };
            assert_eq!(rotated(object, &[year(100)], others), found, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn what_does_not_look_like_its_own_is_an_ordinary_secret() {
        let own = year(100);
        for (case, password, found) in [
            ("its own",           own.clone(),                                                       true),
            ("of another name",   PasswordCredential { name: Some(Text::new("cwap_authsecret")), ..own.clone() }, false),
            ("without name",      PasswordCredential { name: None, ..own.clone() },                  false),
            ("without end",       PasswordCredential { end: None, ..own.clone() },                   false),
            ("without start",     PasswordCredential { start: None, ..own.clone() },                 false),
            ("unreadable",        PasswordCredential { unreadable: true, ..own },                    false),
            ("the longest",       proxys(LONGEST, TimeDelta::days(1)),                               true),
            ("a second longer",   proxys(LONGEST + SECOND, TimeDelta::days(1)),                      false),
            ("of two years",      proxys(TimeDelta::days(730), TimeDelta::days(1)),                  false),
            ("expired",           year(-1),                                                          true),
        ] {
            let found = if found { vec![0] } else { vec![] };
            assert_eq!(rotated(tagged(application()), &[password], vec![]), found, "{case}");
        }
    }

    #[test]
    fn a_third_unexpired_one_makes_ordinary_secrets_of_all_of_them() {
        let rotated = |passwords: &[_]| rotated(tagged(application()), passwords, vec![]);
        assert_eq!(rotated(&[year(10), year(300), year(-1), year(-300)]), [0, 1, 2, 3]);
        assert_eq!(rotated(&[year(10), year(300), year(200), year(-1)]), [3], "the expired one is none");
        let ordinary = PasswordCredential { name: Some(Text::new("nightly")), ..year(200) };
        assert_eq!(rotated(&[year(10), year(300), ordinary]), [0, 1], "others do not count");
    }
}
