//! Applications and service principals, from Graph's bodies to the domain.

use chrono::{DateTime, Utc};
use keysweep::domain::{
    AppId, Assigned, FederatedCredential, InstanceLock, KeyCredential, KeyId, KeyType, Object, Owners, Part,
    PasswordCredential, TenantId, Text,
};
use serde_json::{Value, json};

use crate::server::Reply;
use crate::tenant::*;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn some(text: &str) -> Option<Text> {
    Some(Text::new(text))
}

/// An application as a listing has it: with what is expanded, unless that is given.
fn expanded(mut body: Value) -> Value {
    let members = body.as_object_mut().unwrap();
    members.entry("federatedIdentityCredentials").or_insert_with(|| json!([]));
    body
}

async fn application_of(body: Value) -> Object {
    let body = expanded(body);
    let inventory = read_from(with_applications(vec![body])).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    inventory.objects.get(0).unwrap()
}

async fn service_principal_of(body: Value) -> Object {
    let inventory = read_from(move |request| match request.route() {
        "servicePrincipals" => Reply::page(std::slice::from_ref(&body)),
        _ => quiet(request),
    })
    .await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    inventory.objects.get(0).unwrap()
}

#[tokio::test]
async fn every_member_of_an_application_arrives() {
    let object = application_of(json!({
        "@odata.type": "#microsoft.graph.agentIdentityBlueprint",
        "id": id(1), "appId": id(2), "displayName": "Payroll", "createdDateTime": "2025-02-03T04:05:06Z",
        "signInAudience": "AzureADMultipleOrgs", "isDisabled": true, "disabledByMicrosoftStatus": "NotDisabled",
        "notes": "Ask Lynne", "description": "Pays", "tags": ["a", null, "b"], "somethingNew": {"x": [1]},
        "servicePrincipalLockConfiguration": {
            "isEnabled": true, "allProperties": null, "credentialsWithUsageVerify": true,
            "credentialsWithUsageSign": false, "tokenEncryptionKeyId": null
        },
        "federatedIdentityCredentials": [
            {"id": "f-1", "name": "deploy", "issuer": "https://issuer.example", "subject": null, "audiences": ["x"]}
        ],
    }))
    .await;
    assert_eq!(object.app_id, Some(AppId(id(2))));
    assert_eq!(object.display_name.as_str(), "Payroll");
    assert_eq!(object.created, Some(time("2025-02-03T04:05:06Z")));
    assert_eq!((object.notes.clone(), object.description.clone()), (some("Ask Lynne"), some("Pays")));
    assert_eq!(object.tags, [Text::new("a"), Text::new("b")]);
    assert_eq!(object.assigned, Assigned::Nothing);
    assert_eq!(object.owners, Owners::Somebody);
    let facts = object.application().unwrap();
    assert_eq!(facts.sign_in_audience, some("AzureADMultipleOrgs"));
    assert_eq!((facts.is_disabled, facts.disabled_by_microsoft.clone()), (Some(true), some("NotDisabled")));
    let lock =
        InstanceLock { is_enabled: true, credentials_with_usage_verify: true, ..InstanceLock::default() };
    assert_eq!(facts.lock, Some(lock));
    let deploy = FederatedCredential {
        id: Text::new("f-1"),
        name: Text::new("deploy"),
        issuer: some("https://issuer.example"),
        subject: None,
    };
    assert_eq!(facts.federated, [deploy]);
}

#[tokio::test]
async fn every_member_of_a_service_principal_arrives() {
    let object = service_principal_of(json!({
        "id": id(1), "appId": id(2), "displayName": "Payroll", "createdDateTime": null,
        "appOwnerOrganizationId": id(3), "servicePrincipalType": "Application", "accountEnabled": false,
        "tags": ["HideApp"], "notes": "n", "description": "d",
    }))
    .await;
    let facts = object.service_principal().unwrap();
    assert_eq!(facts.app_owner_organization, Some(TenantId(id(3))));
    assert_eq!(facts.service_principal_type, some("Application"));
    assert_eq!(facts.account_enabled, Some(false));
    assert_eq!(object.created, None);
    assert_eq!((object.notes.clone(), object.description.clone()), (some("n"), some("d")));
    assert_eq!(object.tags, [Text::new("HideApp")]);
    assert_eq!(object.owners, Owners::Unread, "nobody asks for them");
}

#[tokio::test]
async fn null_and_absent_are_the_same_and_no_fault() {
    let names = [
        "appId",
        "displayName",
        "createdDateTime",
        "signInAudience",
        "passwordCredentials",
        "keyCredentials",
        "tags",
        "notes",
        "description",
        "isDisabled",
        "disabledByMicrosoftStatus",
        "appOwnerOrganizationId",
        "servicePrincipalLockConfiguration",
        "federatedIdentityCredentials",
        "servicePrincipalType",
        "accountEnabled",
    ];
    let mut nulls = json!({"id": id(1)});
    for name in names {
        nulls[name] = Value::Null;
    }
    let absent = json!({"id": id(1)});
    assert_eq!(application_of(nulls.clone()).await, application_of(absent.clone()).await);
    assert_eq!(service_principal_of(nulls).await, service_principal_of(absent.clone()).await);
    let object = application_of(absent).await;
    assert!(object.credentials().is_empty() && object.display_name.is_empty() && object.app_id.is_none());
}

/// An option that is not supported may be passed over in silence: then nobody knows whether there are any.
#[tokio::test]
async fn federated_credentials_that_were_asked_for_and_are_absent_are_a_gap() {
    let mut bare = application(2);
    bare.as_object_mut().unwrap().remove("federatedIdentityCredentials");
    let inventory = read_from(with_applications(vec![application(1), bare])).await;
    assert_eq!(parts(&inventory), [Part::Applications]);
    let said =
        "00000000-0000-0000-0000-000000000002: `federatedIdentityCredentials` was asked for and is missing";
    assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory));
    assert_eq!(numbers(&inventory), [1, 2], "all that came of it is kept");

    let mut cut = application(2);
    cut["federatedIdentityCredentials@odata.nextLink"] = json!("https://graph.example/v1.0/next");
    let inventory = read_from(with_applications(vec![application(1), cut])).await;
    assert_eq!(parts(&inventory), [Part::Applications]);
    let said = "there are more `federatedIdentityCredentials` than it may have";
    assert!(reasons(&inventory).contains(said), "{}", reasons(&inventory));
}

#[tokio::test]
async fn credentials_arrive_with_what_identifies_them_and_without_what_opens_doors() {
    let object = application_of(json!({
        "id": id(1),
        "passwordCredentials": [
            {
                "keyId": id(5), "displayName": "CI", "startDateTime": "2021-09-09T19:50:29.3086381Z",
                "endDateTime": "9999-12-31T23:59:59.9999999Z", "customKeyIdentifier": "", "hint": "hi1",
                "secretText": "the-secret-text"
            },
            null,
            {"keyId": null, "endDateTime": null},
        ],
        "keyCredentials": [
            {
                "keyId": id(6), "type": "X509CertAndPassword", "usage": "Sign", "key": "AAAA-the-key",
                "customKeyIdentifier": "52ED9B5038A47B9E2E2190715CC238359D4F8F73",
                "startDateTime": "2025-01-01T00:00:00+02:00"
            },
            {"type": "AsymmetricX509Cert"}, {"type": "Symmetric"}, {"type": "Quantum"}, {"type": null},
        ],
    }))
    .await;
    let ci = PasswordCredential {
        key_id: Some(KeyId(id(5))),
        name: some("CI"),
        start: Some(time("2021-09-09T19:50:29.308638100Z")),
        end: Some(time("9999-12-31T23:59:59.999999900Z")),
        custom_key_identifier: None,
        unreadable: false,
    };
    assert_eq!(object.passwords, [ci, PasswordCredential::default()]);
    let signing = KeyCredential {
        key_id: Some(KeyId(id(6))),
        name: None,
        start: Some(time("2024-12-31T22:00:00Z")),
        end: None,
        custom_key_identifier: Some("52ED9B5038A47B9E2E2190715CC238359D4F8F73".into()),
        key_type: KeyType::Certificate,
        usage: some("Sign"),
        unreadable: false,
    };
    assert_eq!(object.keys[0], signing);
    let types: Vec<KeyType> = object.keys[1..].iter().map(|key| key.key_type.clone()).collect();
    let other = |word: Option<&str>| KeyType::Other(word.map(Text::new));
    assert_eq!(types, [KeyType::Certificate, KeyType::Symmetric, other(Some("Quantum")), other(None)]);
    let all = format!("{object:?}");
    assert!(!["hi1", "the-secret-text", "the-key"].iter().any(|secret| all.contains(secret)), "{all}");
}

#[tokio::test]
#[rustfmt::skip]
async fn a_value_that_cannot_be_read_is_unknown_and_a_gap() {
    for (body, said) in [
        (json!({"id": id(1), "createdDateTime": "datetime-value"}),            "`createdDateTime` is no date"),
        (json!({"id": id(1), "createdDateTime": "2025-01-01T00:00:00-8:00"}),  "`createdDateTime` is no date"),
        (json!({"id": id(1), "appId": "appId-value"}),                         "`appId` is no GUID"),
        (json!({"id": id(1), "passwordCredentials": [{"endDateTime": ""}]}),   "`passwordCredentials.endDateTime` is no date"),
        (json!({"id": id(1), "passwordCredentials": [{"keyId": "x"}]}),        "`passwordCredentials.keyId` is no GUID"),
        (json!({"id": id(1), "keyCredentials": [{"startDateTime": "soon"}]}),  "`keyCredentials.startDateTime` is no date"),
    ] {
        let inventory = read_from(with_applications(vec![expanded(body)])).await;
        assert_eq!(parts(&inventory), [Part::Applications], "{said}");
        assert!(reasons(&inventory).contains(said), "{said}: {}", reasons(&inventory));
        let object = inventory.objects.get(0).unwrap();
        assert_eq!((object.created, object.app_id), (None, None), "{said}");
        for credential in object.credentials() {
            assert_eq!((credential.key_id, credential.start, credential.end), (None, None, None), "{said}");
            assert_eq!(credential.unreadable, said.contains("Date"), "{said}");
        }
    }
}

#[tokio::test]
async fn an_owner_that_is_no_id_is_not_the_same_as_none() {
    for (owner, unreadable) in [(json!("contoso"), true), (json!(null), false), (json!(id(3)), false)] {
        let body = json!({"id": id(1), "appOwnerOrganizationId": owner});
        let inventory = read_from(move |request| match request.route() {
            "servicePrincipals" => Reply::page(std::slice::from_ref(&body)),
            _ => quiet(request),
        })
        .await;
        let object = inventory.objects.get(0).unwrap();
        let facts = object.service_principal().unwrap();
        assert_eq!(facts.owner_unreadable, unreadable, "{owner}");
    }
}
