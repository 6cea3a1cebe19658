//! What would be done, in order, as far as it is allowed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use super::left::Left;
use crate::domain::{KeyId, ObjectId, ObjectKey, ObjectKind, Severity, Text};
use crate::remediation::{Action, Cause, Change, Consequence, LeftOut, PolicyRef, Step, Target, WhyLeftOut};

/// Where something stands in a plan: by action, the worst first, then by name.
pub(super) type Order =
    (Action, Reverse<Option<Severity>>, String, Option<(ObjectId, ObjectKind)>, Option<KeyId>);

/// A step without its number.
pub(super) struct Draft {
    pub(super) action: Action,
    pub(super) change: Change,
    pub(super) because: Vec<Cause>,
    pub(super) fresh: bool,
    pub(super) consequences: Vec<Consequence>,
    /// What it takes from the object it is made to; none where that goes on as before.
    pub(super) takes: Option<Takes>,
}

/// A credential that could be signed in with.
pub(super) struct Takes {
    /// How many of those the object has.
    pub(super) of: usize,
    /// Whether it is known that nobody signs in to it.
    pub(super) idle: bool,
}

/// The steps that are made, and what is left out.
pub(super) struct Choice {
    most: usize,
    kept: BTreeMap<Order, Draft>,
    left: Left,
    /// Whether the policy is created whatever it is assigned to.
    create_anyway: bool,
}

impl Choice {
    pub(super) fn new(most: u32) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Self { most, kept: BTreeMap::new(), left: Left::default(), create_anyway: false }
    }

    /// Takes a step in, in the place of the last one where there are too many.
    pub(super) fn add(&mut self, draft: Draft) {
        let severity = draft.because.iter().map(|cause| cause.severity).max();
        let key_id = removed(&draft.change);
        let order = order(draft.action, severity, draft.change.object(), key_id);
        self.kept.insert(order, draft);
        if self.most < self.kept.len()
            && let Some(((_, Reverse(severity), ..), draft)) = self.kept.pop_last()
        {
            let Draft { action, change, .. } = draft;
            let order = order_of(action, severity, &change);
            let left_out = left_out(action, change.object().cloned(), removed(&change), WhyLeftOut::TooMany);
            self.left.add(order, left_out);
        }
    }

    /// Creates the policy for what it is assigned to, or whatever it is assigned to.
    pub(super) fn create(&mut self, change: Change, anyway: bool) {
        self.create_anyway |= anyway;
        if self.kept.values().any(|draft| draft.action == Action::CreatePolicy) {
            return;
        }
        self.add(Draft {
            action: Action::CreatePolicy,
            change,
            because: Vec::new(),
            fresh: false,
            consequences: Vec::new(),
            takes: None,
        });
    }

    pub(super) fn leave_out(
        &mut self,
        action: Action,
        object: Option<Target>,
        key_id: Option<KeyId>,
        why: WhyLeftOut,
    ) {
        let order = order(action, None, object.as_ref(), key_id);
        self.left.add(order, left_out(action, object, key_id, why));
    }

    /// The steps, numbered, and what is left out.
    pub(super) fn finish(mut self) -> (Vec<Step>, Vec<LeftOut>) {
        self.serve();
        let mut left_to: HashMap<ObjectKey, usize> = HashMap::new();
        let created = (1..).zip(self.kept.values()).find(|(_, draft)| draft.action == Action::CreatePolicy);
        let created = created.map(|(number, _)| number);
        let mut steps = Vec::with_capacity(self.kept.len());
        for (number, draft) in (1..).zip(self.kept.into_values()) {
            let Draft { action, mut change, because, fresh, mut consequences, takes } = draft;
            if let (Change::AssignPolicy { policy: PolicyRef::CreatedBy { step, .. }, .. }, Some(created)) =
                (&mut change, created)
            {
                *step = created;
            }
            if let (Some(Takes { of, idle }), Some(object)) = (takes, change.object()) {
                let left = left_to.entry(object.key()).or_insert(of);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    consequences.push(Consequence::LastCredential);
                    consequences.extend((!idle).then_some(Consequence::LastInUse));
                }
            }
            let reversal = change.reversal();
            let action = Some(action);
            steps.push(Step { number, action, change, because, fresh, reversal, consequences });
        }
        (steps, self.left.finish())
    }

    /// The policy is created for what it is assigned to: without that it is not, unless it was asked for.
    fn serve(&mut self) {
        let uses = |draft: &&Draft| {
            matches!(draft.change, Change::AssignPolicy { policy: PolicyRef::CreatedBy { .. }, .. })
        };
        let mut because: Vec<Cause> = Vec::new();
        let (mut any, mut fresh) = (false, false);
        for draft in self.kept.values().filter(uses) {
            any = true;
            fresh |= draft.fresh;
            because.extend(draft.because.iter().cloned());
        }
        let anyway = self.create_anyway;
        self.kept.retain(|_, draft| draft.action != Action::CreatePolicy || any || anyway);
        for draft in self.kept.values_mut().filter(|draft| draft.action == Action::CreatePolicy) {
            draft.because.clone_from(&because);
            draft.fresh = fresh;
        }
    }
}

fn left_out(action: Action, object: Option<Target>, key_id: Option<KeyId>, why: WhyLeftOut) -> LeftOut {
    LeftOut { action, object, key_id: key_id.map(|id| id.to_string()), why, more: 0 }
}

fn order_of(action: Action, severity: Option<Severity>, change: &Change) -> Order {
    order(action, severity, change.object(), removed(change))
}

fn order(
    action: Action,
    severity: Option<Severity>,
    object: Option<&Target>,
    key_id: Option<KeyId>,
) -> Order {
    let name = object.map_or("", |object| Text::as_str(&object.display_name)).to_owned();
    let id = object.map(|object| (object.object_id, object.object_type));
    (action, Reverse(severity), name, id, key_id)
}

/// The secret that a change removes.
fn removed(change: &Change) -> Option<KeyId> {
    match change {
        Change::RemovePassword { key_id, .. } => Some(*key_id),
        Change::SetTenantDefault { .. }
        | Change::CreatePolicy { .. }
        | Change::DeletePolicy { .. }
        | Change::AssignPolicy { .. }
        | Change::UnassignPolicy { .. }
        | Change::SetAccountEnabled { .. } => None,
    }
}
