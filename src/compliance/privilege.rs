//! Who holds what amounts to the whole tenant.

use std::collections::HashMap;

use uuid::Uuid;

use super::settings::Privileged;
use crate::domain::{
    AppId, Aside, Beside, Object, ObjectId, ObjectKind, Permission, Powers, RoleHolder, Text,
};

/// Permissions and roles of a tenant, at hand for any number of objects.
pub(super) struct Privileges<'a> {
    permissions: &'a Aside<Powers>,
    roles: &'a Aside<Vec<RoleHolder>>,
    /// The roles that count, by service principal and by application.
    by_principal: HashMap<ObjectId, Vec<Text>>,
    by_app: HashMap<AppId, Vec<Text>>,
    settings: &'a Privileged,
}

/// What an object holds, or what its client secrets lead to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) permissions: Vec<Permission>,
    /// By name, in order, each once.
    pub(super) roles: Vec<Text>,
}

impl<'a> Privileges<'a> {
    pub(super) fn of(beside: &'a Beside, settings: &'a Privileged) -> Self {
        let Beside { permissions, roles, .. } = beside;
        let (mut by_principal, mut by_app) = (HashMap::<_, Vec<Text>>::new(), HashMap::<_, Vec<Text>>::new());
        for holder in roles.read().into_iter().flatten() {
            let Some(name) = settings.counting_role(holder) else { continue };
            let name = Text::new(&name);
            if let Some(app_id) = holder.app_id {
                by_app.entry(app_id).or_default().push(name.clone());
            }
            by_principal.entry(holder.principal).or_default().push(name);
        }
        for names in by_principal.values_mut().chain(by_app.values_mut()) {
            names.sort();
            names.dedup();
        }
        Self { permissions, roles, by_principal, by_app, settings }
    }

    /// What of an object counts: of a service principal what is assigned to it, of an application what is
    /// assigned to its service principals, because whoever signs in with its secret is those.
    pub(super) fn held_by(&self, object: &Object) -> Held {
        let powers = self.permissions.read();
        let (permissions, roles) = match (object.kind(), object.app_id) {
            (ObjectKind::ServicePrincipal, _) => (
                powers.map(|powers| self.counting(powers.of_principal(object.id))),
                self.by_principal.get(&object.id),
            ),
            (ObjectKind::Application, Some(app_id)) => {
                (powers.map(|powers| self.counting(powers.of_application(app_id))), self.by_app.get(&app_id))
            }
            (ObjectKind::Application, None) => (None, None),
        };
        Held { permissions: permissions.unwrap_or_default(), roles: roles.cloned().unwrap_or_default() }
    }

    fn counting<'p>(&self, held: impl Iterator<Item = &'p Permission>) -> Vec<Permission> {
        held.filter(|permission| self.settings.counts_permission(permission)).cloned().collect()
    }

    /// Why something may be held that is not known of, in a sentence.
    pub(super) fn doubt(&self, object: &Object) -> Option<&'static str> {
        match (self.permissions, self.roles) {
            (Aside::Unread, _) => Some("The application permissions that are held could not be read."),
            (_, Aside::Unread) => Some("The directory roles of service principals could not be read."),
            (Aside::Read(_), _) | (_, Aside::Read(_))
                if object.kind() == ObjectKind::Application && object.app_id.is_none() =>
            {
                Some("The application has no `appId` by which its service principal could be found.")
            }
            _ if self.holds_nameless(object) => {
                Some("It holds an application permission whose name the resource does not tell.")
            }
            _ => None,
        }
    }

    /// Whether it holds a permission of which only the id is known: that may be any.
    fn holds_nameless(&self, object: &Object) -> bool {
        let nameless = |permission: &Permission| {
            self.settings.may_count(permission) && Uuid::try_parse(permission.name.as_str()).is_ok()
        };
        let Some(powers) = self.permissions.read() else { return false };
        match (object.kind(), object.app_id) {
            (ObjectKind::ServicePrincipal, _) => powers.of_principal(object.id).any(nameless),
            (ObjectKind::Application, Some(app_id)) => powers.of_application(app_id).any(nameless),
            (ObjectKind::Application, None) => false,
        }
    }
}
