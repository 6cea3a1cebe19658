//! Whom the configuration names: by object id, by app id or by a pattern for names.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::pattern::{Folded, Pattern};
use crate::domain::{AppId, Exception, ObjectId, RuleId, Text, Whom};

/// What an object can be named by.
#[derive(Debug, Clone, Copy)]
pub struct Bearer<'a> {
    /// `id`.
    pub id: ObjectId,
    /// `appId`.
    pub app_id: Option<AppId>,
    /// `displayName`.
    pub name: &'a Text,
}

/// Any number of names, at hand for any number of objects.
#[derive(Debug, Default)]
pub struct Names {
    by_id: HashSet<Uuid>,
    by_name: Vec<Pattern>,
}

impl Names {
    /// These.
    #[must_use]
    pub fn of<'w>(all: impl IntoIterator<Item = &'w Whom>) -> Self {
        let mut names = Self::default();
        for whom in all {
            match whom {
                Whom::Id(id) => {
                    names.by_id.insert(*id);
                }
                Whom::Name(pattern) => names.by_name.push(Pattern::new(pattern)),
            }
        }
        names
    }

    /// Whether one of them names an object.
    #[must_use]
    pub fn name(&self, object: Bearer<'_>) -> bool {
        let Bearer { id, app_id, name } = object;
        self.has(id.0) || app_id.is_some_and(|id| self.has(id.0)) || {
            let name = Folded::new(name.as_str());
            self.by_name.iter().any(|pattern| pattern.fits(&name))
        }
    }

    /// Whether one of them is this id, as of a custom policy or of the tenant.
    #[must_use]
    pub fn has(&self, id: Uuid) -> bool {
        self.by_id.contains(&id)
    }
}

/// What somebody has accepted (DESIGN §2.4) and still holds.
#[derive(Debug, Default)]
pub struct Accepted<'a> {
    in_force: Vec<(&'a Exception, Names)>,
}

impl<'a> Accepted<'a> {
    /// These exceptions, without those that have expired.
    #[must_use]
    pub fn of(exceptions: &'a [Exception], now: DateTime<Utc>) -> Self {
        let in_force = exceptions.iter().filter(|exception| !exception.has_expired(now));
        Self { in_force: in_force.map(|exception| (exception, Names::of([&exception.whom]))).collect() }
    }

    /// Whether one of them covers an object's findings of a rule.
    #[must_use]
    pub fn covers(&self, object: Bearer<'_>, rule: RuleId) -> bool {
        self.in_force.iter().any(|(exception, names)| exception.rules.covers(rule) && names.name(object))
    }

    /// Whether one of them covers findings of a rule about a custom policy, or about the tenant, by its id.
    #[must_use]
    pub fn covers_id(&self, id: Uuid, rule: RuleId) -> bool {
        self.in_force.iter().any(|(exception, names)| exception.rules.covers(rule) && names.has(id))
    }
}
