//! Writing to the emulator, and looking at what came of it.

use keysweep::domain::{KeyId, ObjectId, ObjectKey, ObjectKind, PolicyId};
use keysweep::emulator::{Options, TenantData, Transport};
use keysweep::graph::{GraphWriter, WriteError, look};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::delta_emulated::Emulated;
use crate::tenant::now;

/// A tenant with an application and its service principal, each with a secret, and somebody who may do everything.
async fn start() -> (Emulated, GraphWriter, [ObjectKey; 2]) {
    let mut tenant = TenantData::empty(now());
    let secret = json!([{"displayName": "old", "endDateTime": "2026-01-01T00:00:00Z"}]);
    let application =
        tenant.add_application(json!({"displayName": "Payroll", "passwordCredentials": secret}));
    let principal = tenant.add_service_principal_of(&application);
    tenant.edit(keysweep::emulator::ObjectKind::ServicePrincipal, &principal, |object| {
        object.insert("passwordCredentials".to_owned(), secret);
    });
    let options = Options { graph_transport: Transport::PlainHttp, ..Options::new(tenant, now(), now) };
    let granted = [
        "Application.ReadWrite.All",
        "Application.Read.All",
        "Policy.Read.All",
        "Policy.ReadWrite.ApplicationConfiguration",
    ];
    let emulated = Emulated::granting(options, &granted).await;
    let writer = GraphWriter::new(Emulated::connect(&emulated.emulator).await);
    let key = |kind, id: &str| ObjectKey { kind, id: ObjectId(id.parse().unwrap()) };
    let keys = [key(ObjectKind::Application, &application), key(ObjectKind::ServicePrincipal, &principal)];
    (emulated, writer, keys)
}

fn id_of(policy: &Value) -> PolicyId {
    PolicyId(policy["id"].as_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn a_policy_is_created_assigned_taken_away_and_deleted() {
    let (emulated, writer, keys) = start().await;
    let graph = &emulated.graph;
    let restriction = json!({"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": null,
        "restrictForAppsCreatedAfterDateTime": null});
    let wanted = json!({"displayName": "No secrets", "description": "For a test", "isEnabled": true,
        "restrictions": {"passwordCredentials": [restriction], "keyCredentials": []}});
    let created = writer.create_policy(&wanted).await.unwrap();
    let policy = look::policy(graph, created).await.unwrap().unwrap();
    assert_eq!(policy["displayName"], "No secrets");
    assert_eq!(policy["restrictions"]["passwordCredentials"], json!([restriction]));
    assert_eq!(look::policies(graph).await.unwrap().iter().map(id_of).collect::<Vec<_>>(), [created]);
    for key in keys {
        assert_eq!(look::assigned(graph, key).await.unwrap(), Some(vec![]));
        writer.assign_policy(key, created).await.unwrap();
        assert_eq!(look::assigned(graph, key).await.unwrap(), Some(vec![created]));
        let twice = writer.assign_policy(key, created).await.unwrap_err();
        assert!(matches!(twice, WriteError::Changed(_)), "{twice:?}");
    }
    let mut both = keys.to_vec();
    both.sort();
    assert_eq!(look::applies_to(graph, created).await.unwrap(), Some(both));
    for key in keys {
        writer.unassign_policy(key, created).await.unwrap();
        assert_eq!(look::assigned(graph, key).await.unwrap(), Some(vec![]));
        let twice = writer.unassign_policy(key, created).await.unwrap_err();
        assert!(matches!(twice, WriteError::Gone(_)), "{twice:?}");
    }
    writer.delete_policy(created).await.unwrap();
    assert_eq!(look::policy(graph, created).await.unwrap(), None);
    assert_eq!(look::applies_to(graph, created).await.unwrap(), None);
    let twice = writer.delete_policy(created).await.unwrap_err();
    assert!(matches!(twice, WriteError::Gone(_)), "{twice:?}");
}

#[tokio::test]
async fn the_tenant_default_is_changed() {
    let (emulated, writer, _) = start().await;
    let graph = &emulated.graph;
    let before = look::tenant_default(graph).await.unwrap();
    assert_eq!(before["isEnabled"], false);
    writer.patch_tenant_default(&json!({"isEnabled": true})).await.unwrap();
    assert_eq!(look::tenant_default(graph).await.unwrap()["isEnabled"], true);
}

#[tokio::test]
async fn a_secret_is_removed_once() {
    let (emulated, writer, keys) = start().await;
    let Emulated { graph, emulator, .. } = &emulated;
    for key in keys {
        let passwords = look::passwords(graph, key).await.unwrap().unwrap();
        let [password] = passwords.as_slice() else { panic!("{passwords:?}") };
        let key_id = password.key_id.unwrap();
        writer.remove_password(key, key_id).await.unwrap();
        assert_eq!(look::passwords(graph, key).await.unwrap(), Some(vec![]));
        let twice = writer.remove_password(key, key_id).await.unwrap_err();
        assert!(matches!(twice, WriteError::Changed(_)), "{twice:?}");
        let nowhere = ObjectKey { id: ObjectId(Uuid::from_u128(1)), ..key };
        let gone = writer.remove_password(nowhere, KeyId(Uuid::from_u128(2))).await.unwrap_err();
        assert!(matches!(gone, WriteError::Gone(_)), "{gone:?}");
        assert_eq!(look::passwords(graph, nowhere).await.unwrap(), None);
    }
    let asked: Vec<_> = emulator.log().into_iter().filter(|request| request.method == "GET").collect();
    assert!(asked.iter().all(|request| !request.query.contains("keyCredentials")), "{asked:?}");
}

#[tokio::test]
async fn who_may_not_is_told_what_is_missing() {
    let (emulated, writer, keys) = start().await;
    let held = writer.permissions().await.unwrap();
    assert!(
        held.lacks(&["Policy.ReadWrite.ApplicationConfiguration", "Application.ReadWrite.All"]).is_empty()
    );
    assert_eq!(held.lacks(&["Directory.Read.All"]), ["Directory.Read.All"]);
    emulated.emulator.grant(&["Application.Read.All", "Policy.Read.All"]);
    let reader = Emulated::signed_in(emulated.emulator).await;
    let writer = GraphWriter::new(reader.graph);
    let error = writer.remove_password(keys[0], KeyId(Uuid::from_u128(2))).await.unwrap_err();
    assert!(matches!(error, WriteError::Denied(_)), "{error:?}");
    assert!(error.explain().contains("lacks `Application.ReadWrite.All`"), "{}", error.explain());
    let held = writer.permissions().await.unwrap();
    assert_eq!(held.lacks(&["Application.ReadWrite.All"]), ["Application.ReadWrite.All"]);
}

#[tokio::test]
async fn objects_are_found_by_either_id_and_by_name() {
    let (emulated, _, keys) = start().await;
    let graph = &emulated.graph;
    let by_name = look::identify(graph, "Payroll").await.unwrap();
    assert_eq!(by_name.iter().map(|found| found.key).collect::<Vec<_>>(), keys);
    let app_id = by_name[0].app_id.unwrap();
    assert_eq!(look::identify(graph, &app_id.to_string()).await.unwrap(), by_name, "both have it");
    for (key, found) in keys.iter().zip(&by_name) {
        assert_eq!(look::identify(graph, &key.id.to_string()).await.unwrap(), std::slice::from_ref(found));
    }
    assert_eq!(look::identify(graph, "payroll").await.unwrap(), []);
    assert_eq!(look::account_enabled(graph, keys[1].id).await.unwrap(), Some(Some(true)));
}
