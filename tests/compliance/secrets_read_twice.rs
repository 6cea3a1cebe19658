//! A second reading of what DESIGN §2.3 says of unused, privileged and expiring secrets, written from the
//! text and slow on purpose. Both readings have to agree on whatever is generated.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use keysweep::compliance::Settings;
use keysweep::compliance::takeover::GRAPH;
use keysweep::domain::{
    AppId, ApplicationFacts, Aside, Beside, CredentialAt, Details, Evidence, Grant, KeyCredential, KeyId,
    KeyType, LastUse, Object, ObjectAssessment, ObjectId, PasswordCredential, Permission, RoleHolder, RuleId,
    ServicePrincipalFacts, Text,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::tenant::{assess, compliant_tenant, now, object};
use crate::draft::Draft;

const PUBLISHED: &str = "WindowsAzureActiveDirectoryOnPremApp";
const PROXY: &str = "CWAP_AuthSecret";

/// One of few, so that they meet.
fn few(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Moments at which something turns.
fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    let days = prop::sample::select(vec![-400_i64, -366, -90, -1, 0, 10, 30, 100]);
    (days, -1..=1_i64).prop_map(|(days, seconds)| now() + TimeDelta::days(days) + TimeDelta::seconds(seconds))
}

fn passwords() -> impl Strategy<Value = Vec<PasswordCredential>> {
    let name = prop::sample::select(vec![None, Some("ci"), Some(PROXY), Some(PROXY)]);
    let dates = (prop::option::weighted(0.8, moments()), prop::option::weighted(0.9, moments()));
    let password = (prop::option::weighted(0.9, 1..5_u128), name, dates, prop::bool::weighted(0.1));
    let password = password.prop_map(|(key, name, (start, end), unreadable)| PasswordCredential {
        key_id: key.map(|key| KeyId(few(key))),
        name: name.map(Text::new),
        start,
        end,
        custom_key_identifier: None,
        unreadable,
    });
    prop::collection::vec(password, 0..5)
}

fn keys() -> impl Strategy<Value = Vec<KeyCredential>> {
    let types = prop::sample::select(vec![
        KeyType::Certificate,
        KeyType::Certificate,
        KeyType::Symmetric,
        KeyType::Other(None),
    ]);
    let usage = prop::sample::select(vec!["Sign", "Verify"]);
    let thumbprint = prop::sample::select(vec![None, Some("A"), Some("B")]);
    let dates = (prop::option::of(moments()), prop::option::weighted(0.9, moments()));
    let key = (types, usage, thumbprint, dates, prop::bool::weighted(0.1));
    let key = key.prop_map(|(key_type, usage, thumbprint, (start, end), unreadable)| KeyCredential {
        key_id: None,
        name: None,
        start,
        end,
        custom_key_identifier: thumbprint.map(Into::into),
        key_type,
        usage: Some(Text::new(usage)),
        unreadable,
    });
    prop::collection::vec(key, 0..4)
}

fn objects() -> impl Strategy<Value = Object> {
    let details = prop::sample::select(vec![
        Details::Application(ApplicationFacts::default()),
        Details::ServicePrincipal(ServicePrincipalFacts::default()),
        Details::ServicePrincipal(ServicePrincipalFacts {
            service_principal_type: Some(Text::new("ManagedIdentity")),
            ..ServicePrincipalFacts::default()
        }),
    ]);
    let app_id = prop::option::weighted(0.9, 1..4_u128);
    (details, app_id, prop::option::of(moments()), passwords(), keys(), prop::bool::weighted(0.3)).prop_map(
        |(details, app_id, created, passwords, keys, published)| Object {
            app_id: app_id.map(|app_id| AppId(few(app_id))),
            created,
            passwords,
            keys,
            tags: published.then(|| Text::new(PUBLISHED)).into_iter().collect(),
            ..object(0, "Generated", details)
        },
    )
}

fn aside<T: Clone + std::fmt::Debug + 'static>(
    read: impl Strategy<Value = T>,
) -> impl Strategy<Value = Aside<T>> {
    (0..8_u8, read).prop_map(|(which, read)| match which {
        0 => Aside::NotAsked,
        1 => Aside::Unavailable(Text::new("No licence.")),
        2 => Aside::Unread,
        _ => Aside::Read(read),
    })
}

fn uses<K: Ord + Copy + std::fmt::Debug + 'static>(id: fn(Uuid) -> K) -> impl Strategy<Value = LastUse<K>> {
    let entry = (1..6_u128, prop::option::weighted(0.9, moments()));
    let entry = entry.prop_map(move |(number, at)| (id(few(number)), at));
    prop::collection::vec(entry, 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn beside() -> impl Strategy<Value = Beside> {
    let names =
        vec!["Mail.Send", "Application.ReadWrite.All", "User.Read.All", "RoleManagement.ReadWrite.Directory"];
    let grant =
        (1..9_u128, prop::option::of(1..4_u128), prop::sample::select(names), prop::bool::weighted(0.8));
    let grant = grant.prop_map(|(principal, app_id, name, graph)| Grant {
        principal: ObjectId(few(principal)),
        app_id: app_id.map(|app_id| AppId(few(app_id))),
        permission: Permission {
            resource: if graph { GRAPH } else { AppId(few(50)) },
            resource_name: Text::new("Resource"),
            name: Text::new(name),
        },
    });
    // Global Administrator, Directory Readers.
    let roles = vec!["62e90394-69f5-4237-9190-012177145e10", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"];
    let scopes = prop::sample::select(vec!["/", "/", "/administrativeUnits/1"]);
    let role = (1..9_u128, prop::option::of(1..4_u128), prop::sample::select(roles), scopes);
    let role = role.prop_map(|(principal, app_id, definition, scope)| RoleHolder {
        principal: ObjectId(few(principal)),
        app_id: app_id.map(|app_id| AppId(few(app_id))),
        definition: Text::new(definition),
        name: None,
        scope: Text::new(scope),
    });
    let powers = prop::collection::vec(grant, 0..4).prop_map(|grants| grants.into_iter().collect());
    let roles = prop::collection::vec(role, 0..3);
    (aside(powers), aside(roles), aside(uses(KeyId)), aside(uses(AppId))).prop_map(
        |(permissions, roles, credential_use, application_use)| Beside {
            permissions,
            roles,
            credential_use,
            application_use,
            ..Beside::default()
        },
    )
}

/// Tenants whose objects have secrets, with what was read beside them.
pub(crate) fn drafts() -> impl Strategy<Value = Draft> {
    (prop::collection::vec(objects(), 8), beside()).prop_map(|(mut objects, beside)| {
        for (number, object) in (1..).zip(&mut objects) {
            object.id = ObjectId(few(number));
        }
        Draft { objects, beside, custom_policies: Vec::new(), ..compliant_tenant() }
    })
}

fn is_application(object: &Object) -> bool {
    matches!(object.details, Details::Application(_))
}

fn is_managed(object: &Object) -> bool {
    match &object.details {
        Details::ServicePrincipal(facts) => facts.service_principal_type.is_some(),
        Details::Application(_) => false,
    }
}

fn unexpired(end: Option<DateTime<Utc>>) -> bool {
    end.is_none_or(|end| now() < end)
}

/// The places of the passwords that a rule may speak of.
fn secrets(object: &Object, draft: &Draft) -> Vec<usize> {
    if is_managed(object) {
        return Vec::new();
    }
    let tagged = |object: &Object| object.tags.iter().any(|tag| tag.as_str() == PUBLISHED);
    let principal =
        |other: &&Object| !is_application(other) && other.app_id == object.app_id && tagged(other);
    let published = is_application(object)
        && (tagged(object) || object.app_id.is_some() && draft.objects.iter().any(|other| principal(&other)));
    let of_the_proxy = |password: &PasswordCredential| match (password.start, password.end) {
        (Some(start), Some(end)) => {
            published
                && !password.unreadable
                && password.name.as_ref().is_some_and(|name| name.as_str() == PROXY)
                && end <= start + TimeDelta::days(366)
        }
        _ => false,
    };
    let live = object.passwords.iter().filter(|one| of_the_proxy(one) && unexpired(one.end)).count();
    let rotated = |one: &PasswordCredential| of_the_proxy(one) && (live < 3 || !unexpired(one.end));
    (0..object.passwords.len()).filter(|place| !rotated(&object.passwords[*place])).collect()
}

/// What a rule finds, by place, and whether it is in doubt about something.
type Reading = (BTreeSet<usize>, bool);

/// Sorts places into those that break a rule and those that may.
fn sorted(
    object: &Object,
    places: impl Iterator<Item = usize>,
    mut breaks: impl FnMut(&PasswordCredential) -> Option<bool>,
) -> Reading {
    let (mut broken, mut doubt) = (BTreeSet::new(), false);
    for place in places {
        let password = &object.passwords[place];
        match breaks(password) {
            Some(false) => (),
            Some(true) if !password.unreadable => drop(broken.insert(place)),
            Some(true) | None => doubt = true,
        }
    }
    (broken, doubt)
}

/// `client-secret-unused`.
fn unused(object: &Object, draft: &Draft) -> Reading {
    let ninety = TimeDelta::days(90);
    let report = match &draft.beside.credential_use {
        Aside::NotAsked | Aside::Unavailable(_) => return Default::default(),
        Aside::Unread => None,
        Aside::Read(report) if report.is_empty() => return Default::default(),
        Aside::Read(report) => Some(report),
    };
    let applications = match &draft.beside.application_use {
        Aside::Read(report) => report.oldest(),
        _ => None,
    };
    let all = report.and_then(LastUse::oldest).into_iter().chain(applications);
    let deep = all.min().is_some_and(|oldest| oldest + ninety < now());
    let live = secrets(object, draft).into_iter().filter(|place| unexpired(object.passwords[*place].end));
    sorted(object, live, |password| {
        let (report, key) = (report?, password.key_id?);
        let since = match report.of(key) {
            Some(last) => Some(last),
            None if !deep => return Some(false),
            None if password.unreadable => return None,
            None if password.start.is_some() => password.start,
            None => object.created,
        };
        Some(since.is_some_and(|since| since + ninety < now()))
    })
}

/// `privileged-with-secret`: whether it is broken; none where nobody knows.
fn privileged(object: &Object, draft: &Draft) -> Option<bool> {
    let live: Vec<&PasswordCredential> = secrets(object, draft)
        .into_iter()
        .map(|place| &object.passwords[place])
        .filter(|one| unexpired(one.end))
        .collect();
    if live.is_empty() {
        return Some(false);
    }
    let Beside { permissions, roles, .. } = &draft.beside;
    let takeover = |permission: &Permission| {
        permission.resource == GRAPH
            && ["Application.ReadWrite.All", "RoleManagement.ReadWrite.Directory"]
                .contains(&permission.name.as_str())
    };
    let holds = permissions.read().is_some_and(|powers| match (is_application(object), object.app_id) {
        (true, Some(app_id)) => powers.of_application(app_id).any(takeover),
        (true, None) => false,
        (false, _) => powers.of_principal(object.id).any(takeover),
    });
    let is_its = |role: &RoleHolder| {
        if is_application(object) {
            object.app_id.is_some() && role.app_id == object.app_id
        } else {
            role.principal == object.id
        }
    };
    let reigns = roles.read().into_iter().flatten().any(|role| {
        is_its(role) && role.scope.as_str() == "/" && role.definition.as_str().starts_with("62e90394")
    });
    let nameless = is_application(object) && object.app_id.is_none();
    let asked = permissions.read().is_some() || roles.read().is_some();
    if holds || reigns {
        live.iter().any(|one| !one.unreadable).then_some(true)
    } else if *permissions == Aside::Unread || *roles == Aside::Unread || nameless && asked {
        None
    } else {
        Some(false)
    }
}

fn soon(end: DateTime<Utc>) -> bool {
    end <= now() + TimeDelta::days(30)
}

/// `client-secret-expiring`, and what replaces each.
fn expiring(object: &Object, draft: &Draft) -> (Reading, Vec<Option<usize>>) {
    let spoken_of = secrets(object, draft);
    let reading = sorted(object, spoken_of.iter().copied(), |one| match one.end {
        _ if one.unreadable => None,
        Some(end) => Some(now() < end && soon(end)),
        None => Some(false),
    });
    let newer = reading.0.iter().map(|old| {
        let end = object.passwords[*old].end.unwrap();
        let replaces = |place: &usize| {
            let one = &object.passwords[*place];
            let in_time = one.start.is_none() || one.start < Some(end);
            let before = object.passwords[*old].start;
            let later = one.start.is_none() || before.is_none() || before <= one.start;
            place != old && !one.unreadable && in_time && later && one.end.is_none_or(|end| !soon(end))
        };
        let ends = |place: &usize| object.passwords[*place].end.unwrap_or(DateTime::<Utc>::MAX_UTC);
        let best = spoken_of.iter().copied().filter(replaces).map(|place| ends(&place)).max();
        spoken_of.iter().copied().find(|place| replaces(place) && Some(ends(place)) == best)
    });
    (reading.clone(), newer.collect())
}

/// The second reading of which certificates sign, for [`agree_on_certificates`].
fn signs(object: &Object, place: usize) -> bool {
    let key = &object.keys[place];
    let sign = |key: &KeyCredential| key.usage.as_ref().is_some_and(|usage| usage.as_str() == "Sign");
    let twin =
        |other: &&KeyCredential| sign(other) && other.custom_key_identifier == key.custom_key_identifier;
    !is_application(object)
        && (sign(key) || key.custom_key_identifier.is_some() && object.keys.iter().any(|other| twin(&other)))
}

fn found(judged: &ObjectAssessment, rule: RuleId) -> Reading {
    let about = judged.findings.iter().filter(|finding| finding.rule == rule);
    let places = about.filter_map(|finding| match finding.evidence.credential() {
        Some(CredentialAt::Password(place)) => Some(place),
        _ => None,
    });
    (places.collect(), judged.undecided.iter().any(|undecided| undecided.rule == rule))
}

/// What is said to replace a certificate is one of its kind and use, in time, and does not end soon.
fn agree_on_certificates(object: &Object, judged: &ObjectAssessment) -> Result<(), TestCaseError> {
    for finding in judged.findings.iter().filter(|finding| finding.rule == RuleId::CertificateExpiring) {
        let Evidence::Expiring { credential: CredentialAt::Key(old), newer } = &finding.evidence else {
            panic!("{finding:?}")
        };
        let end = object.keys[*old].end.unwrap();
        let fits = |place: usize| {
            let key = &object.keys[place];
            place != *old
                && key.key_type == KeyType::Certificate
                && !key.unreadable
                && signs(object, place) == signs(object, *old)
                && key.start.is_none_or(|start| start < end)
                && (key.start.is_none() || object.keys[*old].start <= key.start)
                && key.end.is_none_or(|end| !soon(end))
        };
        match newer {
            Some(CredentialAt::Key(newer)) => prop_assert!(fits(*newer), "{old} and {newer}"),
            None => {
                // The second entry of a pair says nothing of its own.
                let repeats = |place: &usize| object.credentials()[object.passwords.len() + place].repeats;
                let fit = (0..object.keys.len()).find(|place| fits(*place) && !repeats(place));
                prop_assert_eq!(fit, None, "{}", old);
            }
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}

fn agree(draft: &Draft, object: &Object, judged: &ObjectAssessment) -> Result<(), TestCaseError> {
    prop_assert_eq!(found(judged, RuleId::ClientSecretUnused), unused(object, draft));
    let rule = RuleId::PrivilegedWithSecret;
    let broken = judged.findings.iter().any(|finding| finding.rule == rule);
    let undecided = judged.undecided.iter().any(|undecided| undecided.rule == rule);
    prop_assert_eq!(if undecided { None } else { Some(broken) }, privileged(object, draft));
    let (reading, newer) = expiring(object, draft);
    let rule = RuleId::ClientSecretExpiring;
    prop_assert_eq!(found(judged, rule), reading);
    let said = judged.findings.iter().filter(|finding| finding.rule == rule);
    let said: Vec<Option<usize>> = said
        .map(|finding| match &finding.evidence {
            Evidence::Expiring { newer: Some(CredentialAt::Password(place)), .. } => Some(*place),
            Evidence::Expiring { newer: None, .. } => None,
            other => panic!("{other:?}"),
        })
        .collect();
    prop_assert_eq!(said, newer);
    agree_on_certificates(object, judged)
}

proptest! {
    /// `PROPTEST_CASES` says how many tenants, of eight objects each, are tried.
    #[test]
    fn both_readings_of_secrets_agree(draft in drafts()) {
        let assessment = assess(&draft, &Settings::default());
        for (object, judged) in draft.objects.iter().zip(&assessment.objects) {
            agree(&draft, object, judged)?;
        }
    }
}
