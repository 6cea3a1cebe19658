//! Service principals that are switched off.

use super::choice::Draft;
use super::guard::Sifted;
use super::{Found, Planner};
use crate::domain::{Object, OwnedBy};
use crate::remediation::{Action, Change, Consequence, Target, WhyLeftOut};

impl Planner<'_> {
    /// Switches a service principal off that breaks one of the rules it is switched off for. One of which it is not
    /// known whether it is on is left alone.
    pub(super) fn disable(&mut self, object: &Object, findings: &[Found]) {
        let found = self.answered(Action::DisableServicePrincipal, findings);
        let Some(facts) = object.service_principal() else { return };
        if found.is_empty() || facts.account_enabled != Some(true) {
            return;
        }
        let left = match self.guard.sift_harmful(object, &found) {
            Sifted::Out(why) => Err(why),
            Sifted::In { .. } if is_managed(object) || self.is_microsofts(object) => Err(WhyLeftOut::Managed),
            Sifted::In { causes, fresh } => Ok((causes, fresh)),
        };
        let (because, fresh) = match left {
            Ok(kept) => kept,
            Err(why) => return self.leave_out(Action::DisableServicePrincipal, object, None, why),
        };
        let mut consequences = vec![Consequence::SignInStops];
        consequences.extend(self.activity.of_principal(object));
        self.choice.add(Draft {
            action: Action::DisableServicePrincipal,
            change: Change::SetAccountEnabled {
                object: Target::of(object),
                before: Some(true),
                after: Some(false),
            },
            because,
            fresh,
            consequences,
            takes: None,
        });
    }

    fn is_microsofts(&self, object: &Object) -> bool {
        object.owned_by(self.basis.inventory.tenant) == OwnedBy::Microsoft
    }
}

/// Whether the platform manages it: a managed identity, an agent identity, or what is internal (FACTS §2).
pub(super) fn is_managed(object: &Object) -> bool {
    let kind = object.service_principal().and_then(|facts| facts.service_principal_type.as_ref());
    kind.is_some_and(|kind| ["ManagedIdentity", "ServiceIdentity", "SocialIdp"].contains(&kind.as_str()))
}
