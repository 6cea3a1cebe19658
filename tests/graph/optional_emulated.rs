//! What is read beside objects and policies, of a tenant that somebody else has built from the documentation.

use chrono::TimeDelta;
use keysweep::config::{Cloud, Extras};
use keysweep::domain::{AppId, Inventory, KeyId, ObjectId, ObjectKey, ObjectKind, Part, RoleHolder, Text};
use keysweep::emulator::{ObjectKind as Kind, Options, ReportForm, TenantData, Transport, shapes};
use serde_json::{Value, json};

use crate::beside::{unavailable, whole};
use crate::delta_emulated::{Emulated, difference};
use crate::optional::all;
use crate::tenant::{id, now, numbers, reasons};

const GRAPH_AT: u128 = 0x31;
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// Application 1 with a secret, its service principal 0x21, and what they may and did.
fn tenant() -> TenantData {
    let mut tenant = TenantData::empty(now());
    let mut secret = shapes::secret("ci", now() - TimeDelta::days(90), None);
    secret["keyId"] = json!(id(0xc1));
    let app_id = id(0xa1);
    tenant.add_application(
        json!({"id": id(1), "appId": app_id, "displayName": "Payroll", "passwordCredentials": [secret]}),
    );
    tenant.add_application(json!({"id": id(2), "displayName": "Agent",
        "@odata.type": "#microsoft.graph.agentIdentityBlueprint"}));
    tenant.add_application(json!({"id": id(3), "displayName": "Gone"}));
    tenant.soft_delete(Kind::Application, &id(3).to_string());
    let roles =
        json!([shapes::app_role(&id(0xf1).to_string(), "Directory.ReadWrite.All", "Read and write all")]);
    tenant.add_service_principal(json!({"id": id(GRAPH_AT), "appId": "00000003-0000-0000-c000-000000000000",
        "displayName": "Microsoft Graph", "appRoles": roles}));
    tenant.add_service_principal(json!({"id": id(0x21), "appId": app_id, "displayName": "Payroll"}));
    let principal = id(0x21).to_string();
    assert!(tenant.grant_permission(&principal, "Directory.ReadWrite.All"));
    tenant.add_role_assignment(json!({"principalId": principal, "roleDefinitionId": GLOBAL_ADMINISTRATOR}));
    tenant.add_role_assignment(json!({"principalId": id(0x99), "roleDefinitionId": GLOBAL_ADMINISTRATOR,
        "principal": {"@odata.type": "#microsoft.graph.user", "id": id(0x99)}}));
    let at = shapes::sign_in(now() - TimeDelta::days(3));
    tenant.add_credential_sign_in(json!({"keyId": id(0xc1), "signInActivity": at}));
    let own = "applicationAuthenticationClientSignInActivity";
    tenant.add_service_principal_sign_in(json!({"appId": app_id, own: at}));
    tenant
}

async fn start(tenant: TenantData) -> Emulated {
    let permissions = [
        "Application.Read.All",
        "Policy.Read.All",
        "Directory.Read.All",
        "AuditLog.Read.All",
        "RoleManagement.Read.Directory",
        "AgentIdentityBlueprint.Read.All",
    ];
    let options = Options { graph_transport: Transport::PlainHttp, ..Options::new(tenant, now(), now) };
    let mut emulated = Emulated::granting(options, &permissions).await;
    emulated.reading = all();
    emulated
}

async fn read() -> Inventory {
    let inventory = start(tenant()).await.run().await.inventory;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    inventory
}

#[tokio::test]
async fn application_permissions_are_read() {
    let inventory = read().await;
    let powers = whole(&inventory, &inventory.beside.permissions);
    let names = |held: &keysweep::domain::Permission| format!("{}: {}", held.resource_name, held.name);
    let of_principal: Vec<String> = powers.of_principal(ObjectId(id(0x21))).map(names).collect();
    let of_application: Vec<String> = powers.of_application(AppId(id(0xa1))).map(names).collect();
    assert_eq!(of_principal, ["Microsoft Graph: Directory.ReadWrite.All"]);
    assert_eq!(of_application, of_principal);
}

#[tokio::test]
async fn application_permissions_are_read_without_service_principals_in_scope() {
    let mut emulated = start(tenant()).await;
    emulated.reading.scope = vec![ObjectKind::Application];
    let inventory = emulated.run().await.inventory;
    let powers = whole(&inventory, &inventory.beside.permissions);
    assert_eq!(powers.of_application(AppId(id(0xa1))).count(), 1);
    assert_eq!(whole(&inventory, &inventory.beside.roles).len(), 1, "users are told from service principals");
}

#[tokio::test]
async fn directory_roles_are_read() {
    let inventory = read().await;
    let expected = RoleHolder {
        principal: ObjectId(id(0x21)),
        app_id: Some(AppId(id(0xa1))),
        definition: Text::new(GLOBAL_ADMINISTRATOR),
        name: Some(Text::new("Global Administrator")),
        scope: Text::new("/"),
    };
    assert_eq!(*whole(&inventory, &inventory.beside.roles), [expected]);
}

#[tokio::test]
async fn sign_in_activity_is_read_in_either_form() {
    for form in [ReportForm::Schema, ReportForm::Examples] {
        let mut tenant = tenant();
        tenant.report_form = form;
        let inventory = start(tenant).await.run().await.inventory;
        let at = Some(now() - TimeDelta::days(3));
        assert_eq!(whole(&inventory, &inventory.beside.credential_use).of(KeyId(id(0xc1))), at, "{form:?}");
        assert_eq!(whole(&inventory, &inventory.beside.application_use).of(AppId(id(0xa1))), at, "{form:?}");
    }
}

#[tokio::test]
async fn without_a_licence_sign_in_activity_is_not_to_be_had() {
    let mut tenant = tenant();
    tenant.licence = keysweep::emulator::Licence::Free;
    let inventory = start(tenant).await.run().await.inventory;
    let why = unavailable(&inventory, &inventory.beside.credential_use);
    assert!(why.contains("Microsoft Entra ID P1 or P2"), "{why}");
}

#[tokio::test]
async fn in_another_cloud_sign_in_activity_is_not_asked_for() {
    let mut emulated = start(tenant()).await;
    emulated.reading = crate::beside::with(Extras { sign_in_activity: true, ..Extras::default() });
    emulated.graph = emulated.graph.of_cloud(Cloud::UsGov);
    let inventory = emulated.in_full().await;
    unavailable(&inventory, &inventory.beside.credential_use);
    assert!(emulated.emulator.log().iter().all(|request| !request.path.contains("/beta/")));
}

#[tokio::test]
async fn who_added_a_secret_since_the_last_run_is_read() {
    let mut emulated = start(tenant()).await;
    let first = emulated.run().await.inventory;
    assert!(whole(&first, &first.beside.additions) == &keysweep::domain::Additions::default());
    emulated.emulator.edit(|tenant| {
        let mut secret = shapes::secret("new, [really]", now(), None);
        secret["keyId"] = json!(id(0xc2));
        tenant.edit(Kind::Application, &id(1).to_string(), |object| {
            let secrets = object.get_mut("passwordCredentials").and_then(Value::as_array_mut);
            secrets.unwrap().push(secret);
        });
    });
    let second = emulated.run().await.inventory;
    let key = ObjectKey { kind: ObjectKind::Application, id: ObjectId(id(1)) };
    let additions = whole(&second, &second.beside.additions);
    assert!(additions.of(key, KeyId(id(0xc2))).is_some(), "{additions:?}");
    assert!(additions.of(key, KeyId(id(0xc1))).is_none(), "{additions:?}");
}

#[tokio::test]
async fn deleted_applications_are_read() {
    let inventory = read().await;
    let deleted = whole(&inventory, &inventory.beside.deleted);
    let names: Vec<&str> = deleted.iter().map(|gone| gone.application.display_name.as_str()).collect();
    assert_eq!(names, ["Gone"]);
    assert!(deleted[0].deleted.is_some());
    assert!(!numbers(&inventory).contains(&3));
}

#[tokio::test]
async fn blueprints_are_known_whichever_listing_has_them() {
    for listed in [true, false] {
        let mut tenant = tenant();
        tenant.blueprints_listed = listed;
        let mut emulated = start(tenant).await;
        let inventory = emulated.run().await.inventory;
        assert_eq!(*whole(&inventory, &inventory.beside.blueprints), 1, "{listed}");
        let of = |number: u128| {
            let object = inventory.objects.iter().find(|object| object.id == ObjectId(id(number))).unwrap();
            object.application().unwrap().blueprint
        };
        assert_eq!((of(1), of(2)), (false, true), "{listed}");
        let second = emulated.run().await.inventory;
        assert_eq!(second.objects, inventory.objects, "{listed}: {}", difference(&second, &inventory));
    }
}

#[tokio::test]
async fn each_missing_permission_takes_its_part_and_nothing_else() {
    for (lacking, part) in [
        ("AuditLog.Read.All", "`AuditLog.Read.All`"),
        ("AgentIdentityBlueprint.Read.All", "`AgentIdentityBlueprint.Read.All`"),
    ] {
        let emulated = start(tenant()).await;
        let fault = keysweep::emulator::Fault::on(keysweep::emulator::Side::Graph, "*", "*");
        emulated.emulator.fault(fault.lacking(lacking).always());
        let inventory = emulated.in_full().await;
        assert!(inventory.is_complete(), "{lacking}: {}", reasons(&inventory));
        let beside = &inventory.beside;
        let said = [beside.credential_use.unavailable(), beside.blueprints.unavailable()];
        let said: Vec<&str> = said.into_iter().flatten().map(Text::as_str).collect();
        assert!(said.len() == 1 && said[0].contains(part), "{lacking}: {said:?}");
        assert!(beside.permissions.read().is_some() && beside.deleted.read().is_some(), "{lacking}");
        assert_ne!(inventory.gaps.first().map(|gap| gap.part), Some(Part::SignIn));
    }
}
