//! Which custom policy is assigned to what.

use super::Present;
use super::aspect::Aspect;
use super::rows::{Ranked, here, with_aspect};
use crate::domain::{Assigned, Differences, Object, PolicyId};
use crate::report::build::Policies;
use crate::report::phrases::spoken;
use crate::report::words::capital;
use crate::report::{ChangeKind, ChangeRow, ChangeWord};

/// Tells assignments apart. A policy that is gone still has the name it had.
pub(super) struct Assignments<'a> {
    present: &'a Present<'a>,
    before: Policies<'a>,
}

impl<'a> Assignments<'a> {
    pub(super) fn new(differences: &'a Differences, present: &'a Present<'a>) -> Self {
        let before = Policies::new(differences.tenant_default.as_ref(), &differences.custom_policies);
        Self { present, before }
    }

    /// The assignment that an object which was not there comes with.
    pub(super) fn appeared(&self, now: &Object) -> Option<Ranked> {
        self.between(&[], &ids(&now.assigned)?, now)
    }

    /// How the assignment of an object changed.
    pub(super) fn changed(&self, then: &Object, now: &Object) -> Option<Ranked> {
        self.between(&ids(&then.assigned)?, &ids(&now.assigned)?, now)
    }

    fn between(&self, before: &[PolicyId], after: &[PolicyId], object: &Object) -> Option<Ranked> {
        let (was, is) = (self.phrases(before), self.phrases(after));
        let (change, shown, detail) = match (before, after) {
            (before, after) if before == after => return None,
            ([], _) => (ChangeWord::Appeared, after, format!("{} was assigned to it.", capital(&is))),
            (_, []) if !self.present.is_complete() => return None,
            (_, []) => (
                ChangeWord::Gone,
                before,
                format!("{} is not assigned to it any more, and nothing took its place.", capital(&was)),
            ),
            (_, _) => (
                ChangeWord::Changed,
                after,
                format!("{} was assigned to it; {is} took its place.", capital(&was)),
            ),
        };
        let row = ChangeRow {
            policy_id: joined(shown, PolicyId::to_string),
            policy_name: joined(shown, |id| self.name(*id).to_owned()),
            ..here(change, ChangeKind::Assignment, object, self.present)
        };
        Some(with_aspect(&row, Aspect::new(self.cell(before), self.cell(after), detail)))
    }

    fn name(&self, id: PolicyId) -> &str {
        match self.present.context.policies.name(id) {
            "" => self.before.name(id),
            name => name,
        }
    }

    fn phrases(&self, ids: &[PolicyId]) -> String {
        let phrase = |id: &PolicyId| match self.present.context.policies.name(*id) {
            "" => self.before.phrase(*id),
            _ => self.present.context.policies.phrase(*id),
        };
        spoken(&ids.iter().map(phrase).collect::<Vec<_>>())
    }

    /// Names are what people know policies by; one without is its id.
    fn cell(&self, ids: &[PolicyId]) -> String {
        joined(ids, |id| match self.name(*id) {
            "" => id.to_string(),
            name => name.to_owned(),
        })
    }
}

fn joined(ids: &[PolicyId], text: impl Fn(&PolicyId) -> String) -> String {
    ids.iter().map(text).collect::<Vec<_>>().join("; ")
}

/// The policies assigned, in order; none where that was not read. Several are one that was being
/// reassigned: whatever came of it is a change against either.
fn ids(assigned: &Assigned) -> Option<Vec<PolicyId>> {
    match assigned {
        Assigned::Unread => None,
        Assigned::Nothing => Some(Vec::new()),
        Assigned::Policy(id) => Some(vec![*id]),
        Assigned::Several(ids) => {
            let mut ids = ids.clone();
            ids.sort();
            ids.dedup();
            Some(ids)
        }
    }
}
