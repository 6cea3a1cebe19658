//! The custom policy, and what it is assigned to.

use super::choice::Draft;
use super::guard::Sifted;
use super::{Ask, Basis, Found, PlanError, Planner};
use crate::domain::{Assigned, Object, PolicyId, Text};
use crate::remediation::{Action, Change, PolicyRef, Target, WhyLeftOut, custom_policy};

/// What can be assigned.
pub(super) enum Assignable {
    /// This one.
    Existing(PolicyRef),
    /// One that an earlier step makes.
    Created { change: Change, display_name: Text },
    /// Nothing.
    No(WhyLeftOut),
}

impl Assignable {
    fn find(basis: &Basis<'_>, ask: &Ask<'_>) -> Result<Self, PlanError> {
        let policies = basis.policies.ok_or(PlanError::NotLookedUp)?;
        let template = &ask.orders.policy;
        let mut found = match template.id {
            Some(id) => policies.iter().filter(|policy| custom_policy::id(policy) == Some(id)).collect(),
            None => custom_policy::named(policies, &template.name).collect::<Vec<_>>(),
        };
        let demands = &basis.settings.restrictive;
        let one = found.pop();
        if !found.is_empty() {
            return Ok(Self::No(WhyLeftOut::PolicyAmbiguous));
        }
        let Some(policy) = one else {
            if template.id.is_some() || !ask.has(Action::CreatePolicy) {
                return Ok(Self::No(WhyLeftOut::NoPolicy));
            }
            let body = custom_policy::body(template);
            if !custom_policy::is_restrictive(&body, demands) {
                return Ok(Self::No(WhyLeftOut::PolicyNotRestrictive));
            }
            let display_name = Text::new(&template.name);
            return Ok(Self::Created { change: Change::CreatePolicy { body }, display_name });
        };
        match custom_policy::id(policy) {
            Some(id) if custom_policy::is_restrictive(policy, demands) => {
                let display_name = custom_policy::name(policy);
                Ok(Self::Existing(PolicyRef::Existing { policy: id, display_name }))
            }
            Some(_) => Ok(Self::No(WhyLeftOut::PolicyNotRestrictive)),
            None => Ok(Self::No(WhyLeftOut::NoPolicy)),
        }
    }
}

impl Planner<'_> {
    /// Assigns the policy to an object that no restrictive one covers, and that has none.
    pub(super) fn assign_policy(&mut self, object: &Object, findings: &[Found]) -> Result<(), PlanError> {
        let found = self.answered(Action::AssignPolicy, findings);
        if found.is_empty() {
            return Ok(());
        }
        let (causes, fresh) = match self.guard.sift(object, &found) {
            Sifted::In { causes, fresh } => (causes, fresh),
            Sifted::Out(why) => {
                self.leave_out(Action::AssignPolicy, object, None, why);
                return Ok(());
            }
        };
        let policy = match self.assignable_to(object)? {
            Ok(policy) => policy,
            Err(why) => {
                self.leave_out(Action::AssignPolicy, object, None, why);
                return Ok(());
            }
        };
        self.choice.add(Draft {
            action: Action::AssignPolicy,
            change: Change::AssignPolicy { object: Target::of(object), policy },
            because: causes,
            fresh,
            consequences: Vec::new(),
            takes: None,
        });
        Ok(())
    }

    /// What would be assigned to an object, or why nothing is.
    fn assignable_to(&mut self, object: &Object) -> Result<Result<PolicyRef, WhyLeftOut>, PlanError> {
        if super::disable::is_managed(object) {
            return Ok(Err(WhyLeftOut::Managed));
        }
        match &object.assigned {
            Assigned::Nothing => (),
            Assigned::Policy(id) => return Ok(Err(WhyLeftOut::HasPolicy { policy: self.named(*id) })),
            Assigned::Several(_) | Assigned::Unread => return Ok(Err(WhyLeftOut::AssignmentUnknown)),
        }
        Ok(match self.assignable()? {
            Assignable::Existing(PolicyRef::Existing { policy, display_name })
                if self.guard.protects_policy(Some(*policy), display_name) =>
            {
                Err(WhyLeftOut::Protected)
            }
            Assignable::Created { display_name, .. } if self.guard.protects_policy(None, display_name) => {
                Err(WhyLeftOut::Protected)
            }
            Assignable::Existing(policy) => Ok(policy.clone()),
            Assignable::No(why) => Err(why.clone()),
            Assignable::Created { change, display_name } => {
                // Which number that step will have is known in the end.
                let policy = PolicyRef::CreatedBy { step: 0, display_name: display_name.clone() };
                let change = change.clone();
                self.choice.create(change, false);
                Ok(policy)
            }
        })
    }

    /// Creates the policy where that was asked for by name, though nothing may be there to assign it to.
    pub(super) fn create_policy_by_name(&mut self) -> Result<(), PlanError> {
        if !self.ask.names(Action::CreatePolicy) || self.ask.orders.policy.id.is_some() {
            return Ok(());
        }
        match self.assignable()? {
            Assignable::Existing(_) | Assignable::No(WhyLeftOut::NoPolicy) => (),
            Assignable::No(why) => {
                let why = why.clone();
                self.choice.leave_out(Action::CreatePolicy, None, None, why);
            }
            Assignable::Created { change, .. } => {
                let change = change.clone();
                self.choice.create(change, true);
            }
        }
        Ok(())
    }

    fn assignable(&self) -> Result<&Assignable, PlanError> {
        match self.policy.get() {
            Some(known) => Ok(known),
            None => {
                let found = Assignable::find(self.basis, self.ask)?;
                Ok(self.policy.get_or_init(|| found))
            }
        }
    }

    /// A policy by its name, or its id.
    fn named(&self, id: PolicyId) -> Text {
        let name = self.basis.inventory.custom_policy(id).map(|policy| policy.display_name.clone());
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| Text::new(&id.to_string()))
    }
}
