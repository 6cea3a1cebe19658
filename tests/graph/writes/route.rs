//! Every write there is.

use keysweep::domain::{KeyId, ObjectId, ObjectKey, ObjectKind, PolicyId};
use keysweep::graph::{GraphWriter, Patience, WriteError};
use serde_json::{Value, json};

use crate::server::{Reply, Server};
use crate::tenant::{graph, id};

pub(super) const OBJECT: &str = "00000000-0000-0000-0000-00000000000a";
pub(super) const POLICY: &str = "00000000-0000-0000-0000-0000000000b0";
pub(super) const KEY: &str = "00000000-0000-0000-0000-0000000000c0";

/// A kind of write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    PatchTenantDefault,
    CreatePolicy,
    DeletePolicy,
    Assign(ObjectKind),
    Unassign(ObjectKind),
    RemovePassword(ObjectKind),
    SetAccountEnabled,
}

use ObjectKind::{Application, ServicePrincipal};

pub(super) const ROUTES: [Route; 10] = [
    Route::PatchTenantDefault,
    Route::CreatePolicy,
    Route::DeletePolicy,
    Route::Assign(Application),
    Route::Assign(ServicePrincipal),
    Route::Unassign(Application),
    Route::Unassign(ServicePrincipal),
    Route::RemovePassword(Application),
    Route::RemovePassword(ServicePrincipal),
    Route::SetAccountEnabled,
];

pub(super) fn object(kind: ObjectKind) -> ObjectKey {
    ObjectKey { kind, id: ObjectId(id(0xa)) }
}

pub(super) fn a_policy() -> PolicyId {
    PolicyId(id(0xb0))
}

/// What is sent of a policy: with members that this program does not know, nested as they may be.
pub(super) fn sent_policy() -> Value {
    json!({
        "displayName": "Näme \"quoted\"",
        "isEnabled": true,
        "restrictions": {"passwordCredentials": [{
            "restrictionType": "passwordAddition",
            "unheardOf": {"deep": [1, null]},
            "excludeActors": {"customSecurityAttributes": [{
                "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
                "id": "Set_Attribute", "operator": "equals", "value": "x",
            }]},
        }]},
    })
}

impl Route {
    /// Whether it adds or removes one of several.
    pub(super) fn is_of_a_member(self) -> bool {
        matches!(self, Self::Assign(_) | Self::Unassign(_) | Self::RemovePassword(_))
    }

    pub(super) async fn write(self, writer: &GraphWriter) -> Result<(), WriteError> {
        match self {
            Self::PatchTenantDefault => writer.patch_tenant_default(&sent_policy()).await,
            Self::CreatePolicy => writer.create_policy(&sent_policy()).await.map(|created| {
                assert_eq!(created, a_policy());
            }),
            Self::DeletePolicy => writer.delete_policy(a_policy()).await,
            Self::Assign(kind) => writer.assign_policy(object(kind), a_policy()).await,
            Self::Unassign(kind) => writer.unassign_policy(object(kind), a_policy()).await,
            Self::RemovePassword(kind) => writer.remove_password(object(kind), KeyId(id(0xc0))).await,
            Self::SetAccountEnabled => writer.set_account_enabled(ObjectId(id(0xa)), false).await,
        }
    }

    /// What Graph says when it is done.
    pub(super) fn done(self) -> Reply {
        match self {
            Self::CreatePolicy => Reply::status(201, &json!({"id": POLICY, "displayName": "New"})),
            _ => Reply::raw(204, ""),
        }
    }
}

pub(super) fn writer(server: &Server, patience: Patience) -> GraphWriter {
    GraphWriter::new(graph(server, patience))
}
