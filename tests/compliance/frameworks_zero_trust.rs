//! Microsoft Zero Trust Assessment 21772, 21773, 21774, 21775, 21896 and 21992 at each boundary. Today is
//! 2026-03-01.

use chrono::TimeDelta;
use keysweep::compliance::frameworks::Verdict;
use keysweep::domain::{
    Collection, Details, KeyCredential, KeyId, KeyType, Object, Part, PasswordCredential, Restriction,
    RestrictionKind, State, TenantId, Text,
};
use uuid::{Uuid, uuid};

use super::frameworks::*;
use super::tenant::*;
use crate::draft::Draft;

type Change = fn(&mut Draft);

fn after(change: Change) -> Draft {
    let mut draft = exemplary();
    change(&mut draft);
    draft
}

fn certificate(days_ago: i64, days_left: i64) -> KeyCredential {
    key(KeyType::Certificate, days_ago, days_left)
}

/// A token-signing key: a pair of entries and the password that opens it.
fn sign_tokens(object: &mut Object) {
    let half = |usage: &str, number: u128| KeyCredential {
        key_id: Some(KeyId(Uuid::from_u128(number))),
        custom_key_identifier: Some("thumb".into()),
        usage: Some(Text::new(usage)),
        ..certificate(10, 100)
    };
    object.keys = vec![half("Sign", 1), half("Verify", 2)];
    object.passwords =
        vec![PasswordCredential { key_id: Some(KeyId(Uuid::from_u128(1))), ..secret(10, 100) }];
}

fn owned_by(object: &mut Object, owner: Option<TenantId>) {
    match &mut object.details {
        Details::ServicePrincipal(facts) => facts.app_owner_organization = owner,
        Details::Application(_) => panic!("an application"),
    }
}

const MICROSOFT: TenantId = TenantId(uuid!("f8cdef31-a31e-4b4a-93e4-5f571e91255a"));
const CORPORATE: TenantId = TenantId(uuid!("72f988bf-86f1-41af-91ab-2d7cd011db47"));

#[test]
#[rustfmt::skip]
fn client_secrets_anywhere_fail_21772_expired_ones_too() {
    for (case, change, expected) in [
        ("none",                 (|_| ()) as Change,                                                               Pass),
        ("application",          |t| t.objects[APPLICATION].passwords = vec![secret(1, 90)],                      Fail),
        ("expired",              |t| t.objects[APPLICATION].passwords = vec![secret(90, -1)],                     Fail),
        ("service principal",    |t| t.objects[PRINCIPAL].passwords = vec![secret(1, 90)],                        Fail),
        ("of another tenant",    |t| t.objects[VENDOR].passwords = vec![secret(1, 90)],                           Fail),
        ("managed identity",     |t| t.objects[IDENTITY].passwords = vec![secret(1, 90)],                         Pass),
        ("opens a signing key",  |t| sign_tokens(&mut t.objects[VENDOR]),                                         Pass),
        ("symmetric key",        |t| t.objects[APPLICATION].keys = vec![key(KeyType::Symmetric, 1, 90)],          Pass),
        ("unreadable date",      |t| t.objects[APPLICATION].passwords = vec![PasswordCredential { unreadable: true, ..secret(1, 90) }], Fail),
        ("listing cut off",      |t| t.gaps = vec![gap(Part::Applications)],                                      Unknown),
        ("the other cut off",    |t| t.gaps = vec![gap(Part::ServicePrincipals)],                                 Unknown),
        ("seen before the cut",  |t| { t.gaps = vec![gap(Part::Applications)]; t.objects[PRINCIPAL].passwords = vec![secret(1, 9)]; }, Fail),
        ("owners not read",      |t| t.gaps = vec![gap(Part::Owners)],                                            Pass),
    ] {
        assert_eq!(verdict(&after(change), "21772"), expected, "{case}");
    }
    let found = one(&after(|t| {
        t.objects[APPLICATION].passwords = vec![secret(1, 90), secret(90, -1)];
        t.objects[PRINCIPAL].passwords = vec![secret(90, -1)];
    }), "21772");
    assert_eq!(found.reasons, [
        "Client secrets are configured on 1 application and 1 service principal.",
        "On 1 of them all client secrets have expired.",
    ]);
    assert_eq!(found.object_count, 2);
}

#[test]
#[rustfmt::skip]
fn certificates_that_end_more_than_180_days_from_now_fail_21773() {
    let with = |key: KeyCredential| { let mut draft = exemplary(); draft.objects[APPLICATION].keys = vec![key]; draft };
    let second = TimeDelta::seconds(1);
    for (case, key, expected) in [
        ("180 days left",        certificate(0, 180),                                                              Pass),
        ("a second more",        KeyCredential { end: Some(now() + TimeDelta::days(180) + second), ..certificate(0, 1) }, Fail),
        ("181 days left",        certificate(0, 181),                                                              Fail),
        ("made for 20 years, nearly over", certificate(7000, 100),                                                 Pass),
        ("never ends",           KeyCredential { end: None, ..certificate(1, 1) },                                 Fail),
        ("end unreadable",       KeyCredential { end: None, unreadable: true, ..certificate(1, 1) },               Unknown),
        ("expired",              certificate(900, -1),                                                             Pass),
        ("symmetric",            key(KeyType::Symmetric, 0, 900),                                                  Pass),
        ("of a type not known",  key(KeyType::Other(Some(Text::new("Odd"))), 0, 900),                              Fail),
    ] {
        assert_eq!(verdict(&with(key), "21773"), expected, "{case}");
    }
    assert_eq!(verdict(&after(|t| t.objects[IDENTITY].keys = vec![certificate(0, 900)]), "21773"), Pass);
    assert_eq!(verdict(&after(|t| t.objects[VENDOR].keys = vec![certificate(0, 900)]), "21773"), Fail);
    assert_eq!(verdict(&after(|t| t.gaps = vec![gap(Part::ServicePrincipals)]), "21773"), Unknown);
}

#[test]
#[rustfmt::skip]
fn certificates_older_than_180_days_fail_21992() {
    let with = |key: KeyCredential| { let mut draft = exemplary(); draft.objects[APPLICATION].keys = vec![key]; draft };
    let begun = |span: TimeDelta| KeyCredential { start: Some(now() - span), ..certificate(0, 30) };
    let second = TimeDelta::seconds(1);
    for (case, key, expected) in [
        ("180 days old",         certificate(180, 30),                                                             Pass),
        ("a second more",        begun(TimeDelta::days(180) + second),                                             Fail),
        ("181 days old",         certificate(181, 30),                                                             Fail),
        ("old and expired",      certificate(400, -30),                                                            Fail),
        ("to begin",             certificate(-5, 900),                                                             Pass),
        ("no start",             KeyCredential { start: None, ..certificate(0, 30) },                              Unknown),
        ("no start, long over",  KeyCredential { start: None, ..certificate(0, -181) },                            Fail),
        ("unreadable",           KeyCredential { start: None, unreadable: true, ..certificate(0, 30) },            Unknown),
        ("symmetric",            key(KeyType::Symmetric, 900, 30),                                                 Pass),
    ] {
        assert_eq!(verdict(&with(key), "21992"), expected, "{case}");
    }
    assert_eq!(verdict(&after(|t| t.objects[IDENTITY].keys = vec![certificate(900, 9)]), "21992"), Pass);
    let found = one(&after(|t| t.objects[APPLICATION].keys = vec![certificate(400, -30), certificate(1, 90)]), "21992");
    assert_eq!(found.reasons[1], "On 1 of them all of these have expired, so removing them is enough.");
}

#[test]
#[rustfmt::skip]
fn what_sits_on_a_service_principal_counts_by_whose_it_is() {
    fn put(draft: &mut Draft, owner: Option<TenantId>) {
        owned_by(&mut draft.objects[VENDOR], owner);
        draft.objects[VENDOR].passwords = vec![secret(90, -1)];
    }
    for (case, change, expected) in [
        ("nothing",               (|_| ()) as Change,                                                     (Pass, Pass)),
        ("on an application",     |t| t.objects[APPLICATION].passwords = vec![secret(1, 9)],             (Pass, Pass)),
        ("Microsoft services",    |t| put(t, Some(MICROSOFT)),                                           (Fail, Pass)),
        ("another of Microsoft",  |t| put(t, Some(CORPORATE)),                                           (Pass, Fail)),
        ("this tenant's own",     |t| put(t, Some(TENANT)),                                              (Pass, Fail)),
        ("nobody's",              |t| put(t, None),                                                      (Pass, Fail)),
        ("a certificate",         |t| t.objects[VENDOR].keys = vec![certificate(900, -9)],               (Pass, Fail)),
        ("a symmetric key",       |t| t.objects[VENDOR].keys = vec![key(KeyType::Symmetric, 9, 9)],      (Pass, Fail)),
        ("a signing key",         |t| sign_tokens(&mut t.objects[VENDOR]),                               (Pass, Fail)),
        ("a managed identity",    |t| t.objects[IDENTITY].keys = vec![certificate(1, 89)],               (Pass, Pass)),
        ("owner unreadable",      |t| { put(t, None); unreadable(&mut t.objects[VENDOR]); },             (Unknown, Unknown)),
        ("listing cut off",       |t| t.gaps = vec![gap(Part::ServicePrincipals)],                       (Unknown, Unknown)),
        ("the other cut off",     |t| t.gaps = vec![gap(Part::Applications)],                            (Pass, Pass)),
        ("cut off, Microsoft's",  |t| { t.gaps = vec![gap(Part::ServicePrincipals)]; put(t, Some(MICROSOFT)); }, (Fail, Unknown)),
    ] {
        let draft = after(change);
        assert_eq!((verdict(&draft, "21774"), verdict(&draft, "21896")), expected, "{case}");
    }
    let found = one(&after(|t| sign_tokens(&mut t.objects[VENDOR])), "21896");
    assert!(found.reasons[1].contains("signs SAML tokens"), "{:?}", found.reasons);
}

fn unreadable(object: &mut Object) {
    match &mut object.details {
        Details::ServicePrincipal(facts) => facts.owner_unreadable = true,
        Details::Application(_) => panic!("an application"),
    }
}

#[test]
#[rustfmt::skip]
fn the_policy_is_configured_where_both_halves_restrict_credentials() {
    let any = || limited(RestrictionKind::AsymmetricKeyLifetime, "P20Y");
    let uris = Restriction {
        collection: Collection::IdentifierUris,
        ..restriction(RestrictionKind::Other(Text::new("nonDefaultUriAddition")))
    };
    let beta = Restriction {
        collection: Collection::KeyCredentials,
        ..restriction(RestrictionKind::Other(Text::new("trustedCertificateAuthority")))
    };
    for (case, applications, principals, expected) in [
        ("both",                 vec![any()],                  vec![any()],                                     Pass),
        ("applications only",    vec![any()],                  vec![],                                          Fail),
        ("principals only",      vec![],                       vec![any()],                                     Fail),
        ("of identifiers only",  vec![uris],                   vec![any()],                                     Fail),
        ("one not in v1.0",      vec![beta],                   vec![any()],                                     Pass),
        ("disabled",             vec![Restriction { state: State::Disabled, ..any() }], vec![any()],            Fail),
        ("no state",             vec![Restriction { state: State::Missing, ..any() }],  vec![any()],            Pass),
        ("unknown state",        vec![Restriction { state: paused(), ..any() }],        vec![any()],            Unknown),
        ("unknown beside one",   vec![Restriction { state: paused(), ..any() }, restriction(RestrictionKind::PasswordAddition)], vec![any()], Pass),
        ("past date",            vec![from(any(), "2020-01-01T00:00:00Z")],             vec![any()],            Pass),
        ("year 1",               vec![from(any(), "0001-01-01T00:00:00Z")],             vec![any()],            Pass),
        ("future date",          vec![from(any(), "2026-03-01T00:00:01Z")],             vec![any()],            Fail),
    ] {
        let found: Verdict = verdict(&with_default(applications, principals), "21775");
        assert_eq!(found, expected, "{case}");
    }
}
