//! What somebody else does meanwhile.

use keysweep::domain::ObjectKind;
use keysweep::emulator::{ObjectKind as Emulated, TenantData, shapes};
use serde_json::json;

use crate::rig::{BOUND_APPLICATION, BOUND_PRINCIPAL, IDLE, KEY, LOOSE, PAYROLL, PORTAL, STRICT, secret};
use crate::routes::{Route, body};

pub(super) type Edit = fn(&mut TenantData);

/// What somebody else does who wants the same.
pub(super) fn the_same(route: Route) -> Edit {
    use ObjectKind::{Application, ServicePrincipal};
    match route {
        Route::PatchDefault => |tenant| {
            let mut policy = tenant.default_policy().clone();
            policy["isEnabled"] = json!(true);
            for half in ["applicationRestrictions", "servicePrincipalRestrictions"] {
                let entries = &mut policy[half]["passwordCredentials"];
                let mut all = entries.as_array().cloned().unwrap_or_default();
                all.extend(["passwordAddition", "symmetricKeyAddition"].map(shapes::restriction));
                *entries = json!(all);
            }
            tenant.set_default_policy(policy);
        },
        Route::CreatePolicy => |tenant| drop(tenant.add_policy(body())),
        Route::DeletePolicy => |tenant| tenant.remove_policy(IDLE),
        Route::Assign(Application) => |tenant| tenant.assign(STRICT, Emulated::Application, PAYROLL),
        Route::Assign(ServicePrincipal) => |tenant| tenant.assign(STRICT, Emulated::ServicePrincipal, PORTAL),
        Route::Unassign(Application) => {
            |tenant| assert!(tenant.unassign(STRICT, Emulated::Application, BOUND_APPLICATION))
        }
        Route::Unassign(ServicePrincipal) => {
            |tenant| assert!(tenant.unassign(STRICT, Emulated::ServicePrincipal, BOUND_PRINCIPAL))
        }
        Route::RemovePassword(Application) => |tenant| remove_secret(tenant, Emulated::Application, PAYROLL),
        Route::RemovePassword(ServicePrincipal) => {
            |tenant| remove_secret(tenant, Emulated::ServicePrincipal, PORTAL)
        }
        Route::SwitchPrincipal => |tenant| {
            tenant.edit(Emulated::ServicePrincipal, PORTAL, |object| {
                object.insert("accountEnabled".to_owned(), json!(false));
            });
        },
    }
}

pub(super) fn remove_secret(tenant: &mut TenantData, kind: Emulated, id: &str) {
    tenant.edit(kind, id, |object| {
        let passwords = object["passwordCredentials"].as_array_mut().unwrap();
        passwords.retain(|password| password["keyId"] != KEY);
    });
}

pub(super) const THIRD_KEY: &str = "d0000000-0000-4000-8000-000000000003";

pub(super) fn add_secret(tenant: &mut TenantData, kind: Emulated, id: &str) {
    tenant.edit(kind, id, |object| {
        object["passwordCredentials"].as_array_mut().unwrap().push(secret(THIRD_KEY));
    });
}

pub(super) fn assign_loose(tenant: &mut TenantData, kind: Emulated, id: &str) {
    tenant.unassign(STRICT, kind, id);
    tenant.assign(LOOSE, kind, id);
}

/// What somebody else does who wants something else.
pub(super) fn something_else(route: Route) -> Edit {
    use ObjectKind::{Application, ServicePrincipal};
    match route {
        Route::PatchDefault => |tenant| tenant.set_default_policy(json!({ "isEnabled": true })),
        Route::CreatePolicy => |tenant| {
            let mut other = body();
            other["isEnabled"] = json!(false);
            tenant.add_policy(other);
        },
        Route::DeletePolicy => |tenant| tenant.policy_mut(IDLE).unwrap()["isEnabled"] = json!(false),
        Route::Assign(Application) => |tenant| assign_loose(tenant, Emulated::Application, PAYROLL),
        Route::Assign(ServicePrincipal) => |tenant| assign_loose(tenant, Emulated::ServicePrincipal, PORTAL),
        Route::Unassign(Application) => {
            |tenant| assign_loose(tenant, Emulated::Application, BOUND_APPLICATION)
        }
        Route::Unassign(ServicePrincipal) => {
            |tenant| assign_loose(tenant, Emulated::ServicePrincipal, BOUND_PRINCIPAL)
        }
        Route::RemovePassword(Application) => |tenant| add_secret(tenant, Emulated::Application, PAYROLL),
        Route::RemovePassword(ServicePrincipal) | Route::SwitchPrincipal => {
            |tenant| add_secret(tenant, Emulated::ServicePrincipal, PORTAL)
        }
    }
}

/// Somebody deletes the object.
pub(super) fn deletion(route: Route) -> Option<Edit> {
    let (kind, id) = route.object()?;
    Some(match (kind, id) {
        (_, PAYROLL) => |tenant| assert!(tenant.remove(Emulated::Application, PAYROLL)),
        (_, PORTAL) => |tenant| assert!(tenant.remove(Emulated::ServicePrincipal, PORTAL)),
        (_, BOUND_APPLICATION) => |tenant| assert!(tenant.remove(Emulated::Application, BOUND_APPLICATION)),
        _ => |tenant| assert!(tenant.remove(Emulated::ServicePrincipal, BOUND_PRINCIPAL)),
    })
}

pub(super) fn is_gone_then(route: Route) -> bool {
    matches!(route, Route::DeletePolicy | Route::RemovePassword(_))
}
