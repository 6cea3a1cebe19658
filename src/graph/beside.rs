//! What is read beside objects and policies, where it is wanted. No part of it keeps another from being read,
//! and none that is off costs a request.

mod audits;
mod blueprints;
mod deleted;
mod key_description;
mod lenient;
mod outcome;
mod permissions;
mod principals;
mod roles;
mod sign_ins;
mod wire;

use std::pin::Pin;

use chrono::{DateTime, Utc};
use futures_util::future::OptionFuture;

pub(super) use self::audits::since as logged_since;
use self::outcome::{Told, conclude};
use self::principals::Principals;
use super::collect::Seen;
use super::http::Graph;
use super::progress::{Progress, Watch};
use crate::config::{Extras, Reading};
use crate::domain::{Aside, Beside, Gap, ObjectKind, Objects, Part};

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) beside: Beside,
    pub(super) gaps: Vec<Gap>,
    blueprints: Objects,
}

impl Found {
    /// Nothing could be asked.
    pub(super) fn nothing(reading: &Reading) -> Self {
        Self { beside: unread(reading), ..Self::default() }
    }

    /// With what hangs on the service principals.
    pub(super) fn and(self, of_principals: Self) -> Self {
        let Beside { permissions, roles, .. } = of_principals.beside;
        let beside = Beside { permissions, roles, ..self.beside };
        let gaps = self.gaps.into_iter().chain(of_principals.gaps).collect();
        Self { beside, gaps, blueprints: self.blueprints }
    }

    /// Without what belongs to the objects, which is put there.
    pub(super) async fn put(
        mut self,
        graph: &Graph,
        reading: &Reading,
        seen: &mut Seen,
        progress: &dyn Progress,
    ) -> Self {
        let blueprints = std::mem::take(&mut self.blueprints);
        let gap = Box::pin(blueprints::put(graph, reading, &blueprints, seen, progress)).await;
        self.gaps.extend(gap);
        self
    }
}

/// Reads what hangs on nothing else, and can be asked for at once. `logged_since` is from when on the audit log
/// is wanted, if there is a run to compare with.
pub(super) async fn at_once(
    graph: &Graph,
    reading: &Reading,
    logged_since: Option<DateTime<Utc>>,
    progress: &dyn Progress,
) -> Found {
    let watch = |part| Watch { part, progress };
    let (activity, log) = (watch(Part::SignInActivity), watch(Part::AuditLog));
    let (bin, agents) = (watch(Part::DeletedApplications), watch(Part::AgentBlueprints));
    let Extras { sign_in_activity, audit_log, deleted_applications, .. } = reading.extras;
    let (uses, additions, deleted, blueprints) = tokio::join!(
        wanted(sign_in_activity, || sign_ins::read(graph, activity)),
        wanted(audit_log, || audits::read(graph, logged_since, log)),
        wanted(deleted_applications, || deleted::read(graph, bin)),
        wanted(lists_blueprints(reading), || blueprints::read(graph, agents)),
    );
    let mut found = Found::default();
    let Found { beside, gaps, blueprints: listed } = &mut found;
    if let Some((credentials, applications)) = uses {
        beside.credential_use = conclude(credentials, activity, gaps);
        beside.application_use = conclude(applications, activity, gaps);
        // Both are one part, and one gap says enough.
        gaps.truncate(1);
    }
    if let Some(additions) = additions {
        beside.additions = conclude(additions, log, gaps);
    }
    if let Some(deleted) = deleted {
        beside.deleted = conclude(deleted, bin, gaps);
    }
    if let Some(blueprints) = blueprints {
        let counted = blueprints.map(|Told { all, entries }| {
            *listed = all;
            Told { all: entries, entries }
        });
        beside.blueprints = conclude(counted, agents, gaps);
    }
    found
}

/// They are applications, and so is the tenant's scope about them.
pub(super) fn lists_blueprints(reading: &Reading) -> bool {
    reading.extras.agent_blueprints && reading.scope.contains(&ObjectKind::Application)
}

/// What is read where it is wanted. On the heap: all of it side by side would not fit on the stack of a thread.
fn wanted<F: Future>(wanted: bool, read: impl FnOnce() -> F) -> OptionFuture<Pin<Box<F>>> {
    OptionFuture::from(wanted.then(|| Box::pin(read())))
}

/// Reads what hangs on the service principals.
pub(super) async fn of_principals(
    graph: &Graph,
    reading: &Reading,
    seen: &Seen,
    progress: &dyn Progress,
) -> Found {
    let principals = Principals::of(reading, seen);
    let (grants, assignments) =
        (Watch { part: Part::Permissions, progress }, Watch { part: Part::DirectoryRoles, progress });
    let Extras { application_permissions, directory_roles, .. } = reading.extras;
    let (permissions, roles) = tokio::join!(
        wanted(application_permissions, || permissions::read(graph, &principals, grants)),
        wanted(directory_roles, || roles::read(graph, &principals, assignments)),
    );
    let mut found = Found::default();
    let Found { beside, gaps, .. } = &mut found;
    if let Some(permissions) = permissions {
        beside.permissions = conclude(permissions, grants, gaps);
    }
    if let Some(roles) = roles {
        beside.roles = conclude(roles, assignments, gaps);
    }
    found
}

/// What is known beside a tenant that could not be asked for anything.
#[must_use]
pub fn unread(reading: &Reading) -> Beside {
    fn of<T>(wanted: bool) -> Aside<T> {
        if wanted { Aside::Unread } else { Aside::NotAsked }
    }
    let extras = reading.extras;
    Beside {
        permissions: of(extras.application_permissions),
        roles: of(extras.directory_roles),
        credential_use: of(extras.sign_in_activity),
        application_use: of(extras.sign_in_activity),
        additions: of(extras.audit_log),
        deleted: of(extras.deleted_applications),
        blueprints: of(lists_blueprints(reading)),
    }
}
