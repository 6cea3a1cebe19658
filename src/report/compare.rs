//! What changed since the last complete run: the rows of `changes.csv`.
//!
//! What an incomplete run did not see is neither fixed nor gone. What was not looked at, because its rule
//! is switched off, its kind is not audited or the rule could not be decided, is not fixed either. The
//! credentials of managed identities come and go by themselves and are left out; so are notes,
//! descriptions and tags, of which a rule speaks where they matter.

mod aspect;
mod assignments;
mod credentials;
mod findings;
mod fixed;
mod objects;
mod policies;
mod restrictions;
mod rows;

use super::build::Context;
use super::{ChangeRow, FindingRow, Header};
use crate::compliance::Judge;
use crate::domain::{
    Assessment, Differences, Inventory, Memory, Object, ObjectAssessment, ObjectKey, RunMark,
};
use rows::Ranked;

/// What the present run saw and concluded.
pub(super) struct Present<'a> {
    inventory: &'a Inventory,
    assessment: &'a Assessment,
    header: &'a Header,
    context: &'a Context<'a>,
    judge: Judge<'a>,
}

impl<'a> Present<'a> {
    pub(super) fn new(
        inventory: &'a Inventory,
        assessment: &'a Assessment,
        header: &'a Header,
        context: &'a Context<'a>,
    ) -> Self {
        let judge = Judge::new(inventory, context.settings, context.now);
        Self { inventory, assessment, header, context, judge }
    }

    fn is_complete(&self) -> bool {
        self.inventory.is_complete()
    }

    fn object(&self, key: &ObjectKey) -> Option<Object> {
        self.inventory.objects.get(self.inventory.objects.find(key)?)
    }

    fn judged(&self, key: &ObjectKey) -> Option<ObjectAssessment> {
        self.object(key).map(|object| self.judge.object(&object))
    }
}

/// Everything that changed, worst first: findings, policies, assignments, credentials, objects.
/// `findings` are the present ones, told already how they stand.
pub(super) fn changes(
    memory: &Memory,
    present: &Present<'_>,
    findings: impl Iterator<Item = FindingRow>,
) -> Vec<ChangeRow> {
    let Memory { last, known: _, missing, differences } = memory;
    let mut rows = findings::changes(missing, present, findings);
    rows.extend(policies::changes(differences, present));
    rows.extend(of_objects(last, differences, present));
    Ranked::sorted(rows)
}

fn of_objects(last: &RunMark, differences: &Differences, present: &Present<'_>) -> Vec<Ranked> {
    let Differences { appeared, changed, gone, tenant_default: _, custom_policies: _ } = differences;
    let assignments = assignments::Assignments::new(differences, present);
    let credentials = credentials::Credentials::new(last, present);
    let mut rows = Vec::new();
    for now in appeared.iter().filter_map(|key| present.object(key)) {
        rows.push(objects::appeared(&now, last, present));
        rows.extend(assignments.appeared(&now));
        rows.extend(credentials.appeared(&now));
    }
    for then in changed.iter() {
        let Some(now) = present.object(&then.key()) else { continue };
        rows.extend(objects::changed(&then, &now, present));
        rows.extend(assignments.changed(&then, &now));
        rows.extend(credentials.changed(&then, &now));
    }
    if present.is_complete() {
        rows.extend(gone.iter().map(|object| objects::gone(&object)));
    }
    rows
}
