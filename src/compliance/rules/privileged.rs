//! Client secrets that lead to the whole tenant.

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{CredentialKind, Evidence};

/// Unexpired client secrets of an object that holds an application permission or a directory role that
/// amounts to the whole tenant: held, not only asked for. The secret of an application signs in as its service
/// principal; what that makes possible is the application's finding.
pub(super) fn privileged_with_secret(case: &Case<'_>) -> Vec<Ruling> {
    let secrets = || case.unexpired().filter(|credential| credential.kind == CredentialKind::ClientSecret);
    if secrets().next().is_none() {
        return Vec::new();
    }
    let held = case.privileges.held_by(case.object);
    if held.permissions.is_empty() && held.roles.is_empty() {
        let doubt = case.privileges.doubt(case.object);
        return doubt.map(|why| Ruling::Undecided(words::plain(why))).into_iter().collect();
    }
    // One whose end cannot be read may have ended.
    match secrets().filter(|credential| !credential.unreadable).count() {
        0 => vec![Ruling::Undecided(words::unreadable_date(CredentialKind::ClientSecret))],
        secrets => vec![Ruling::Broken(Evidence::Privileged {
            secrets,
            permissions: held.permissions,
            roles: held.roles,
        })],
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::fixture::*;
    use super::*;
    use crate::compliance::takeover::{AZURE_AD_GRAPH, GRAPH};
    use crate::compliance::{Privileged, Settings};
    use crate::domain::{
        AppId, Aside, Beside, Grant, Inventory, KeyType, Object, ObjectId, PasswordCredential, Permission,
        Powers, RoleHolder, Text,
    };

    const GLOBAL: &str = "62e90394-69f5-4237-9190-012177145e10";

    fn permission(resource: AppId, name: &str) -> Permission {
        Permission { resource, resource_name: Text::new("Microsoft Graph"), name: Text::new(name) }
    }

    /// What the one service principal of the one application holds.
    fn granted(permissions: &[Permission]) -> Aside<Powers> {
        let Object { id, app_id, .. } = application();
        let grants = permissions.iter().cloned();
        Aside::Read(grants.map(|permission| Grant { principal: id, app_id, permission }).collect())
    }

    fn assigned(definition: &str, name: Option<&str>, scope: &str) -> Aside<Vec<RoleHolder>> {
        let Object { id, app_id, .. } = application();
        Aside::Read(vec![RoleHolder {
            principal: id,
            app_id,
            definition: Text::new(definition),
            name: name.map(Text::new),
            scope: Text::new(scope),
        }])
    }

    #[test]
    fn a_permission_that_the_resource_does_not_name_may_be_any() {
        let id = "06b708a9-e830-4db3-a914-8e69da51d44f";
        let holder = Object { passwords: vec![secret(None, None)], ..application() };
        let judged = |permissions: &[Permission]| {
            let inventory = with(granted(permissions), Aside::NotAsked);
            gist(&rulings(privileged_with_secret, &holder, &inventory))
        };
        let elsewhere = AppId(Uuid::from_u128(8));
        assert_eq!(judged(&[permission(GRAPH, id)]), "undecided");
        assert_eq!(judged(&[permission(GRAPH, "User.Read.All")]), "kept");
        assert_eq!(judged(&[permission(elsewhere, id)]), "kept", "nothing of that resource is on the list");
        let takeover = permission(GRAPH, "Application.ReadWrite.All");
        assert_eq!(judged(&[permission(GRAPH, id), takeover]), "broken");
    }

    fn with(permissions: Aside<Powers>, roles: Aside<Vec<RoleHolder>>) -> Inventory {
        Inventory { beside: Beside { permissions, roles, ..Beside::default() }, ..tenant(&[]) }
    }

    fn holding(object: Object) -> Object {
        Object { passwords: vec![secret(None, Some(now() + SECOND))], ..object }
    }

    fn judged(object: &Object, inventory: &Inventory) -> &'static str {
        gist(&rulings(privileged_with_secret, object, inventory))
    }

    #[test]
    #[rustfmt::skip]
    fn only_what_is_on_the_list_and_held_breaks_it() {
        let graph = |name| permission(GRAPH, name);
        let other = AppId(Uuid::from_u128(99));
        for (case, permissions, expected) in [
            ("nothing",                vec![],                                              "kept"),
            ("takeover",               vec![graph("RoleManagement.ReadWrite.Directory")],   "broken"),
            ("among others",           vec![graph("Mail.Send"), graph("Application.ReadWrite.All")], "broken"),
            ("wide, but no takeover",  vec![graph("Mail.ReadWrite")],                       "kept"),
            ("reads only",             vec![graph("RoleManagement.Read.Directory")],        "kept"),
            ("of its own objects",     vec![graph("Application.ReadWrite.OwnedBy")],        "kept"),
            ("the older Graph",        vec![permission(AZURE_AD_GRAPH, "Directory.ReadWrite.All")], "broken"),
            ("of another resource",    vec![permission(other, "Application.ReadWrite.All")], "kept"),
        ] {
            let inventory = with(granted(&permissions), Aside::NotAsked);
            for object in [application(), service_principal(None)] {
                assert_eq!(judged(&holding(object.clone()), &inventory), expected, "{case}");
                assert_eq!(judged(&object, &inventory), "kept", "{case}, without a secret");
            }
            assert_eq!(judged(&holding(managed_identity()), &inventory), "kept", "{case}, managed identity");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn a_role_alone_is_enough_where_it_reaches_the_whole_tenant() {
        for (case, definition, name, scope, expected) in [
            ("on the list",          GLOBAL,                                 Some("Company Administrator"), "/", "broken"),
            ("in capitals",          "62E90394-69F5-4237-9190-012177145E10", None, "/", "broken"),
            ("an administrative unit", "729827e3-9c14-49f7-bb1b-9608f156bbb8", None, "/administrativeUnits/1", "kept"),
            ("an application",       "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", None, "/1", "kept"),
            ("another role",         "88d8e3e3-8f55-4a1e-953a-9b9898b8876b", Some("Directory Readers"), "/", "kept"),
            ("a custom role of such a name", "00000000-0000-0000-0000-000000000001", Some("Global Administrator"), "/", "kept"),
        ] {
            let inventory = with(Aside::NotAsked, assigned(definition, name, scope));
            for object in [application(), service_principal(None)] {
                assert_eq!(judged(&holding(object), &inventory), expected, "{case}");
            }
        }
    }

    #[test]
    fn the_evidence_names_what_is_held_once() {
        let held = permission(GRAPH, "Application.ReadWrite.All");
        let mut inventory =
            with(granted(&[held.clone(), permission(GRAPH, "Mail.Send")]), assigned(GLOBAL, None, "/"));
        if let Aside::Read(roles) = &mut inventory.beside.roles {
            roles.push(roles[0].clone());
        }
        let mut object = holding(application());
        object.passwords.push(secret(None, None));
        object.passwords.push(PasswordCredential { unreadable: true, ..secret(None, None) });
        object.passwords.push(secret(None, Some(now())));
        let evidence = Evidence::Privileged {
            secrets: 2,
            permissions: vec![held],
            roles: vec![Text::new("Global Administrator")],
        };
        assert_eq!(rulings(privileged_with_secret, &object, &inventory), [Ruling::Broken(evidence)]);
    }

    #[test]
    #[rustfmt::skip]
    fn what_was_not_read_is_undecided_and_what_was_not_asked_for_says_nothing() {
        let nothing = || granted(&[]);
        let takeover = || granted(&[permission(GRAPH, "Application.ReadWrite.All")]);
        fn away<T>() -> Aside<T> {
            Aside::Unavailable(Text::new("No permission."))
        }
        let no_roles = || Aside::Read(Vec::new());
        let global = || assigned(GLOBAL, None, "/");
        for (case, permissions, roles, expected) in [
            ("nothing asked for",         Aside::NotAsked, Aside::NotAsked, "kept"),
            ("nothing to be had",         away(),          away(),          "kept"),
            ("permissions unread",        Aside::Unread,   Aside::NotAsked, "undecided"),
            ("and roles read",            Aside::Unread,   no_roles(),      "undecided"),
            ("but a role held",           Aside::Unread,   global(),        "broken"),
            ("roles unread",              nothing(),       Aside::Unread,   "undecided"),
            ("but a permission held",     takeover(),      Aside::Unread,   "broken"),
            ("roles not to be had",       nothing(),       away(),          "kept"),
        ] {
            let inventory = with(permissions, roles);
            assert_eq!(judged(&holding(application()), &inventory), expected, "{case}");
            assert_eq!(judged(&application(), &inventory), "kept", "{case}, without a secret");
        }
    }

    #[test]
    fn another_principal_is_another_principal_and_an_application_without_app_id_is_undecided() {
        let inventory =
            with(granted(&[permission(GRAPH, "Application.ReadWrite.All")]), assigned(GLOBAL, None, "/"));
        let elsewhere = |object: Object| Object {
            id: ObjectId(Uuid::from_u128(77)),
            app_id: Some(AppId(Uuid::from_u128(78))),
            ..holding(object)
        };
        assert_eq!(judged(&elsewhere(service_principal(None)), &inventory), "kept");
        assert_eq!(judged(&elsewhere(application()), &inventory), "kept");
        let unknown = Object { app_id: None, ..holding(application()) };
        assert_eq!(judged(&unknown, &inventory), "undecided");
        assert_eq!(judged(&unknown, &with(Aside::NotAsked, Aside::NotAsked)), "kept");
    }

    #[test]
    fn only_an_unexpired_client_secret_counts() {
        let inventory = with(granted(&[permission(GRAPH, "Application.ReadWrite.All")]), Aside::NotAsked);
        let blurred = PasswordCredential { unreadable: true, ..secret(None, None) };
        for (case, password, expected) in [
            ("a second left", secret(None, Some(now() + SECOND)), "broken"),
            ("expired this second", secret(None, Some(now())), "kept"),
            ("never ends", secret(None, None), "broken"),
            ("not yet begun", secret(Some(now() + SECOND), None), "broken"),
            ("an end nobody can read", blurred, "undecided"),
        ] {
            let object = Object { passwords: vec![password], ..application() };
            assert_eq!(judged(&object, &inventory), expected, "{case}");
        }
        let keys = vec![key(KeyType::Symmetric, None, None), key(KeyType::Certificate, None, None)];
        assert_eq!(judged(&Object { keys, ..application() }, &inventory), "kept");
    }

    #[test]
    fn the_configuration_adds_to_the_list_and_takes_from_it() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let by = |also: &[&str], except: &[&str], inventory: &Inventory| {
            let privileged = Privileged { also: names(also), except: names(except) };
            let settings = Settings { privileged, ..Settings::default() };
            gist(&rulings_by(privileged_with_secret, &holding(application()), inventory, &settings))
        };
        let mail = with(granted(&[permission(AppId(Uuid::from_u128(99)), "Mail.Send")]), Aside::NotAsked);
        assert_eq!(by(&["Mail.Send"], &[], &mail), "broken", "of whichever resource");
        assert_eq!(by(&["Mail.Read"], &[], &mail), "kept");
        let group = with(granted(&[permission(GRAPH, "Group.ReadWrite.All")]), Aside::NotAsked);
        assert_eq!(by(&[], &[], &group), "broken");
        assert_eq!(by(&[], &["Group.ReadWrite.All"], &group), "kept");
        let global = with(Aside::NotAsked, assigned(GLOBAL, None, "/"));
        assert_eq!(by(&[], &["Global Administrator"], &global), "kept");
        let custom = with(Aside::NotAsked, assigned("1", Some("Vault keeper"), "/"));
        assert_eq!(by(&["Vault keeper"], &[], &custom), "broken");
    }
}
