//! The tenants of the matrix: small ones with several pages of everything.

use keysweep::emulator::{ObjectKind, TenantData, shapes};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tenant::{id, now};

/// A tenant has two looks, and turns from one to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    One,
    Two,
}

impl Phase {
    pub(super) fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }

    /// The application that is there in this phase and was not there in the other.
    pub(super) fn newcomer(self) -> Uuid {
        match self {
            Self::One => id(5),
            Self::Two => id(6),
        }
    }
}

/// An application with a secret and three owners: on pages of two it takes two to name them.
pub(super) const OWNED: u128 = 1;

/// A policy that applies to three objects.
pub(super) const ASSIGNED: u128 = 0x51;

fn secret(name: &str) -> Value {
    json!([shapes::secret(name, now() - chrono::TimeDelta::days(7), None)])
}

fn users(names: &[&str]) -> Value {
    names.iter().map(|name| shapes::user(name)).collect()
}

fn application(number: u128, secrets: Value, owners: Value) -> Value {
    json!({
        "id": id(number), "displayName": format!("App {number}"),
        "passwordCredentials": secrets, "owners": owners,
    })
}

/// Applications, service principals, policies, assignments, applications without owners, owners of one
/// application: of each there are several pages.
pub(super) fn small() -> TenantData {
    let mut tenant = TenantData::empty(now());
    tenant.page_size = Some(2);
    let federated = json!([shapes::federated("ci", "https://issuer.example", "repo:a/b")]);
    let with_federated = |object| shapes::with(object, "federatedIdentityCredentials", federated.clone());
    let applications = [
        with_federated(application(OWNED, secret("one"), users(&["Ada Lovelace", "Lee Gu", "Megan Bowen"]))),
        application(2, secret("two"), json!([])),
        application(3, json!([]), json!([])),
        application(4, json!([]), users(&["Lee Gu"])),
        with_federated(application(5, secret("five"), users(&["Lee Gu"]))),
        with_federated(application(6, secret("six"), users(&["Megan Bowen"]))),
        application(7, json!([]), json!([])),
    ];
    for application in applications {
        tenant.add_application(application);
    }
    for number in 0x21..0x25 {
        let (secrets, owners) = match number {
            0x21 => (secret("sp"), users(&["Ada Lovelace"])),
            0x22 => (secret("another"), json!([])),
            _ => (json!([]), json!([])),
        };
        tenant.add_service_principal(application(number, secrets, owners));
    }
    for number in ASSIGNED..ASSIGNED + 3 {
        let restrictions = json!({"passwordCredentials": [shapes::restriction("passwordAddition")]});
        tenant.add_policy(json!({"id": id(number), "restrictions": restrictions}));
    }
    for (policy, kind, object) in [
        (ASSIGNED, ObjectKind::Application, OWNED),
        (ASSIGNED, ObjectKind::Application, 2),
        (ASSIGNED, ObjectKind::ServicePrincipal, 0x21),
        (ASSIGNED + 1, ObjectKind::Application, 3),
    ] {
        tenant.assign(&id(policy).to_string(), kind, &id(object).to_string());
    }
    tenant.soft_delete(ObjectKind::Application, &id(6).to_string());
    turn(&mut tenant, Phase::One);
    tenant
}

/// Makes the tenant look as it does in a phase. Two pages of changes of either kind; nothing that moves
/// objects from page to page; and of relationships, which changes do not tell of, nothing.
pub(super) fn turn(tenant: &mut TenantData, to: Phase) {
    let (applications, service_principals) = (ObjectKind::Application, ObjectKind::ServicePrincipal);
    let mut set = |kind, number, member: &str, value: Value| {
        tenant.edit(kind, &id(number).to_string(), |object| drop(object.insert(member.to_owned(), value)));
    };
    set(applications, OWNED, "displayName", json!(format!("In phase {to:?}")));
    set(applications, 3, "notes", json!(format!("In phase {to:?}")));
    set(service_principals, 0x22, "displayName", json!(format!("In phase {to:?}")));
    set(service_principals, 0x23, "accountEnabled", json!(to == Phase::One));
    set(service_principals, 0x24, "notes", json!(format!("In phase {to:?}")));
    let (gone, here) = (to.other().newcomer().to_string(), to.newcomer().to_string());
    tenant.soft_delete(applications, &gone);
    tenant.restore(applications, &here);
    tenant.set_default_policy(json!({"isEnabled": to == Phase::Two}));
    if let Some(policy) = tenant.policy_mut(&id(ASSIGNED + 1).to_string()) {
        policy["displayName"] = json!(format!("In phase {to:?}"));
    }
    let (policy, fourth) = (id(ASSIGNED + 1).to_string(), id(4).to_string());
    match to {
        Phase::One => drop(tenant.unassign(&policy, applications, &fourth)),
        Phase::Two => tenant.assign(&policy, applications, &fourth),
    }
}

/// The service principal of Microsoft Graph.
pub(super) const GRAPH: u128 = 0x31;

/// Of everything that can be read beside objects and policies there are two pages. Nothing holds a credential, so
/// that nobody asks about owners.
pub(super) fn beside() -> TenantData {
    let mut tenant = TenantData::empty(now());
    tenant.page_size = Some(2);
    let permission = "Directory.ReadWrite.All";
    let roles = json!([shapes::app_role(&id(0xf1).to_string(), permission, "Read and write all")]);
    let graph = json!({"id": id(GRAPH), "appId": "00000003-0000-0000-c000-000000000000",
        "displayName": "Microsoft Graph", "appRoles": roles});
    tenant.add_service_principal(graph);
    for number in 1..4 {
        tenant.add_application(application(number, json!([]), users(&["Lee Gu"])));
        let mut blueprint = application(0x10 + number, json!([]), users(&["Lee Gu"]));
        blueprint["@odata.type"] = json!("#microsoft.graph.agentIdentityBlueprint");
        tenant.add_application(blueprint);
        tenant.add_service_principal(application(0x20 + number, json!([]), json!([])));
        tenant.add_application(application(0x40 + number, json!([]), json!([])));
        tenant.soft_delete(ObjectKind::Application, &id(0x40 + number).to_string());
        let principal = id(0x20 + number).to_string();
        assert!(tenant.grant_permission(&principal, permission));
        let role = "62e90394-69f5-4237-9190-012177145e10";
        tenant.add_role_assignment(json!({"principalId": principal, "roleDefinitionId": role}));
        let at = shapes::sign_in(now() - chrono::TimeDelta::days(1));
        tenant.add_credential_sign_in(json!({"keyId": id(0xc0 + number), "signInActivity": at}));
        let own = "applicationAuthenticationClientSignInActivity";
        tenant.add_service_principal_sign_in(json!({"appId": id(0xa0 + number), own: at}));
        let description =
            json!([format!("[KeyIdentifier={},KeyType=Password]", id(0xc0 + number))]).to_string();
        let change = json!({"displayName": "KeyDescription", "oldValue": "[]", "newValue": description});
        tenant.add_audit(json!({
            "activityDisplayName": "Add service principal credentials",
            "targetResources": [{"id": principal, "type": "ServicePrincipal", "modifiedProperties": [change]}],
        }));
    }
    tenant.blueprints_listed = false;
    tenant
}

/// So many applications with a secret that listing their owners takes fewer requests than asking for them.
pub(super) fn large() -> TenantData {
    let mut tenant = TenantData::empty(now());
    for number in 0..1_005 {
        let owners = if number % 3 == 0 { json!([]) } else { users(&["Ada Lovelace"]) };
        tenant.add_application(application(number + 1, secret("one"), owners));
    }
    tenant
}
