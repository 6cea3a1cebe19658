//! What the optional reads add to rows, and what of them is not to be had.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Context, objects};
use crate::domain::{
    Addition, AppId, Aside, Beside, Credential, CredentialKind, DeletedApplication, Initiator, Inventory,
    Object, ObjectId, ObjectKey, ObjectKind, Part, Permission, RoleHolder, RuleId, Text,
};
use crate::report::words::{day, quoted};
use crate::report::{DeletedRow, GapRow};

/// Why a report without entries is none.
const EMPTY: &str = "The report on sign-in activity holds no entry, so nothing is known of what is used: it takes \
    Microsoft Entra ID P1 or P2 to see the data, and some time until there is any. Try again later, or leave it out \
    with `[audit] sign_in_activity = false`.";

/// How long a deleted application can be restored (FACTS §6).
const RESTORABLE: TimeDelta = TimeDelta::days(30);

/// When somebody last signed in with a credential, where that is known.
pub(super) fn last_used(credential: &Credential<'_>, context: &Context<'_>) -> Option<DateTime<Utc>> {
    context.beside.credential_use.read()?.of(credential.key_id?)
}

/// When an application last signed in as itself, where that is known.
pub(super) fn last_sign_in(object: &Object, context: &Context<'_>) -> Option<DateTime<Utc>> {
    context.beside.application_use.read()?.of(object.app_id?)
}

/// The application permissions that an object signs in with; an application has those of its service
/// principals. None where they were not read.
pub(super) fn permissions(object: &Object, context: &Context<'_>) -> Option<Vec<String>> {
    let powers = context.beside.permissions.read()?;
    Some(match (object.kind(), object.app_id) {
        (ObjectKind::ServicePrincipal, _) => powers.of_principal(object.id).map(permission).collect(),
        (ObjectKind::Application, Some(id)) => powers.of_application(id).map(permission).collect(),
        (ObjectKind::Application, None) => Vec::new(),
    })
}

fn permission(permission: &Permission) -> String {
    let Permission { resource: _, resource_name, name } = permission;
    if resource_name.is_empty() { name.to_string() } else { format!("{name} ({resource_name})") }
}

/// Who holds which directory roles, at hand for any number of objects.
#[derive(Default)]
pub(in crate::report) struct Roles {
    were_read: bool,
    by_principal: BTreeMap<ObjectId, Vec<String>>,
    by_app: BTreeMap<AppId, Vec<String>>,
}

impl Roles {
    pub(super) fn of(beside: &Beside) -> Self {
        let Some(holders) = beside.roles.read() else { return Self::default() };
        let mut by_principal: BTreeMap<_, Vec<String>> = BTreeMap::new();
        let mut by_app: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for RoleHolder { principal, app_id, definition, name, scope } in holders {
            let name = name.as_ref().unwrap_or(definition);
            let role = match scope.as_str() {
                "/" => name.to_string(),
                scope => format!("{name} (for {scope})"),
            };
            by_principal.entry(*principal).or_default().push(role.clone());
            if let Some(app_id) = app_id {
                by_app.entry(*app_id).or_default().push(role);
            }
        }
        for roles in by_principal.values_mut().chain(by_app.values_mut()) {
            roles.sort();
            roles.dedup();
        }
        Self { were_read: true, by_principal, by_app }
    }

    /// Those that an object signs in with; an application has those of its service principals. None where
    /// they were not read.
    pub(super) fn of_object(&self, object: &Object) -> Option<Vec<String>> {
        let Self { were_read, by_principal, by_app } = self;
        let held = match (object.kind(), object.app_id) {
            (ObjectKind::ServicePrincipal, _) => by_principal.get(&object.id),
            (ObjectKind::Application, Some(app_id)) => by_app.get(&app_id),
            (ObjectKind::Application, None) => None,
        };
        were_read.then(|| held.cloned().unwrap_or_default())
    }
}

/// Who added a credential since the last complete run, where the audit log says so.
pub(in crate::report) fn addition<'a>(
    object: ObjectKey,
    credential: &Credential<'_>,
    beside: &'a Beside,
) -> Option<&'a Addition> {
    beside.additions.read()?.of(object, credential.key_id?)
}

/// That, as a sentence to be added to what is said of the credential.
pub(super) fn added(addition: &Addition) -> String {
    let Addition { object: _, key_id: _, at, by } = addition;
    format!(" Added by {} on {}.", spoken(by), day(*at))
}

/// Who it was, in a cell of its own.
pub(in crate::report) fn cell(by: &Initiator) -> String {
    match by {
        Initiator::User(name) => name.to_string(),
        Initiator::Application { name: Some(name), id: Some(id) } => format!("{name} (application {id})"),
        Initiator::Application { name: Some(name), id: None } => format!("{name} (application)"),
        Initiator::Application { name: None, id } => {
            id.as_ref().map_or_else(|| "application".to_owned(), |id| format!("application {id}"))
        }
    }
}

/// Who it was, in a sentence.
pub(in crate::report) fn spoken(by: &Initiator) -> String {
    match by {
        Initiator::User(name) => quoted(name.as_str()),
        Initiator::Application { name: Some(name), id: Some(id) } => {
            format!("application {} ({})", quoted(name.as_str()), quoted(id.as_str()))
        }
        Initiator::Application { name: Some(only), id: None }
        | Initiator::Application { name: None, id: Some(only) } => {
            format!("application {}", quoted(only.as_str()))
        }
        Initiator::Application { name: None, id: None } => "an application".to_owned(),
    }
}

/// The parts that are not to be had, in their order, each with what to do about it.
pub(super) fn unavailable(inventory: &Inventory) -> Vec<GapRow> {
    let Beside { permissions, roles, credential_use, application_use, additions, deleted, blueprints } =
        &inventory.beside;
    // So it looks where the tenant may not see the data, or has only just begun to have any (FACTS §15).
    let empty = credential_use.read().filter(|report| report.is_empty()).map(|_| Text::new(EMPTY));
    let parts = [
        (Part::Permissions, permissions.unavailable()),
        (Part::DirectoryRoles, roles.unavailable()),
        (Part::SignInActivity, credential_use.unavailable().or(empty.as_ref())),
        (Part::SignInActivity, application_use.unavailable()),
        (Part::AuditLog, additions.unavailable()),
        (Part::DeletedApplications, deleted.unavailable()),
        (Part::AgentBlueprints, blueprints.unavailable()),
    ];
    let row = |(part, why): (Part, Option<&Text>)| {
        Some(GapRow { part: part.to_string(), reason: why?.as_str().to_owned() })
    };
    let mut rows: Vec<GapRow> = parts.into_iter().filter_map(row).collect();
    // Two reports make one part, and are refused for the same reason.
    rows.dedup();
    rows
}

/// What a reader of findings about unused secrets has to know, where the reports do not go back far enough.
pub(super) fn too_young(inventory: &Inventory, context: &Context<'_>) -> Option<String> {
    context.settings.severity(RuleId::ClientSecretUnused)?;
    context.beside.credential_use.read().filter(|report| !report.is_empty())?;
    let since = inventory.beside.activity_since();
    let reach = match since {
        Some(since) if context.settings.unused_after < context.now - since => return None,
        Some(since) => format!("tell of no sign-in before {}", day(since)),
        None => "tell of no sign-in at all".to_owned(),
    };
    Some(format!(
        "The reports on sign-in activity {reach}, so that they may be younger than `unused_after`: client \
         secrets without a sign-in in them are not taken for unused."
    ))
}

/// The deleted applications by name and id; none where they were not read.
pub(super) fn deleted(inventory: &Inventory, context: &Context<'_>) -> Option<Vec<DeletedRow>> {
    let Aside::Read(deleted) = &inventory.beside.deleted else { return None };
    let mut rows: Vec<DeletedRow> = deleted.iter().map(|gone| row(gone, context)).collect();
    rows.sort_by(|a, b| (&a.display_name, &a.object_id).cmp(&(&b.display_name, &b.object_id)));
    Some(rows)
}

fn row(gone: &DeletedApplication, context: &Context<'_>) -> DeletedRow {
    let DeletedApplication { deleted, application } = gone;
    let credentials = application.credentials();
    let count = |kind, unexpired| {
        let counts = |credential: &&Credential<'_>| {
            credential.kind == kind && credential.is_unexpired(context.now) == unexpired
        };
        credentials.iter().filter(counts).count()
    };
    DeletedRow {
        object_id: application.id.to_string(),
        app_id: objects::app_id(application),
        display_name: application.display_name.as_str().to_owned(),
        deleted: *deleted,
        restorable_until: deleted.and_then(|at| at.checked_add_signed(RESTORABLE)),
        active_secrets: count(CredentialKind::ClientSecret, true),
        expired_secrets: count(CredentialKind::ClientSecret, false),
        active_certificates: count(CredentialKind::Certificate, true),
        symmetric_keys: count(CredentialKind::SymmetricKey, true),
    }
}
