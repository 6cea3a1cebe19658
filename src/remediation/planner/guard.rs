//! What keeps findings from being acted on, whatever the action.

use serde_json::Value;
use uuid::Uuid;

use super::{Ask, Basis, Found};
use crate::compliance::{Accepted, Bearer, Names};
use crate::domain::{AppId, Inventory, Object, PolicyId, RuleId, Text};
use crate::remediation::{Cause, Protection, WhyLeftOut};

/// Who is wanted, who is protected and what is accepted.
pub(super) struct Guard<'a> {
    ask: &'a Ask<'a>,
    own: &'a [AppId],
    protected: Protection,
    wanted: Option<Names>,
    accepted: Accepted<'a>,
}

/// What findings on one subject come to.
pub(super) enum Sifted {
    /// These are answered.
    In { causes: Vec<Cause>, fresh: bool },
    /// None is.
    Out(WhyLeftOut),
}

impl<'a> Guard<'a> {
    pub(super) fn of(basis: &Basis<'a>, ask: &'a Ask<'a>) -> Self {
        Self {
            ask,
            own: basis.own,
            protected: Protection::of(ask.orders),
            wanted: ask.selection.objects.as_ref().map(Names::of),
            accepted: Accepted::of(&basis.settings.exceptions, ask.now),
        }
    }

    /// Whether an object is asked for.
    pub(super) fn wants(&self, object: &Object) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.name(bearer(object)))
    }

    /// Whether what has this id is asked for, as the tenant.
    pub(super) fn wants_id(&self, id: Uuid) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.has(id))
    }

    /// What findings on an object come to.
    pub(super) fn sift(&self, object: &Object, found: &[&Found]) -> Sifted {
        let bearer = bearer(object);
        let accepted = |rule| self.accepted.covers(bearer, rule);
        self.sifted(found, accepted, self.protected.has_object(bearer))
    }

    /// As [`Guard::sift`], of what takes from the object what it signs in with: that Keysweep does not do to itself.
    pub(super) fn sift_harmful(&self, object: &Object, found: &[&Found]) -> Sifted {
        let own = object.app_id.is_some_and(|id| self.own.contains(&id));
        match self.sift(object, found) {
            Sifted::In { .. } if own => Sifted::Out(WhyLeftOut::Protected),
            sifted => sifted,
        }
    }

    /// What findings on the tenant come to, of which the default would be changed.
    pub(super) fn sift_tenant(&self, inventory: &Inventory, raw: Option<&Value>, found: &[&Found]) -> Sifted {
        let accepted = |rule| self.accepted.covers_id(inventory.tenant.0, rule);
        let seen = inventory.tenant_default.as_ref();
        let protected = self.protected.has_tenant_default(inventory.tenant, raw)
            || seen.is_some_and(|policy| self.protected.has_policy(Some(policy.id.0), &policy.display_name));
        self.sifted(found, accepted, protected)
    }

    /// Whether a custom policy is protected.
    pub(super) fn protects_policy(&self, id: Option<PolicyId>, name: &Text) -> bool {
        self.protected.has_policy(id.map(|id| id.0), name)
    }

    fn sifted(&self, found: &[&Found], accepted: impl Fn(RuleId) -> bool, protected: bool) -> Sifted {
        let is_open = |found: &&&Found| !found.excepted && !accepted(found.cause.rule);
        let open: Vec<&Found> = found.iter().filter(is_open).copied().collect();
        if open.is_empty() {
            return Sifted::Out(WhyLeftOut::Excepted);
        }
        if protected {
            return Sifted::Out(WhyLeftOut::Protected);
        }
        let (fresh, ripe): (Vec<&Found>, Vec<&Found>) =
            open.iter().partition(|found| self.ask.is_fresh(found));
        let causes = |all: &[&Found]| {
            let mut causes: Vec<Cause> = all.iter().map(|found| found.cause.clone()).collect();
            causes.sort_by(|a, b| (b.severity, &a.finding).cmp(&(a.severity, &b.finding)));
            causes
        };
        match (self.ask.unattended, ripe.is_empty()) {
            (true, true) => {
                let first_seen = fresh.iter().filter_map(|found| found.cause.first_seen).min();
                Sifted::Out(WhyLeftOut::Fresh { first_seen })
            }
            (true, false) => Sifted::In { causes: causes(&ripe), fresh: false },
            (false, _) => Sifted::In { causes: causes(&open), fresh: !fresh.is_empty() },
        }
    }
}

fn bearer(object: &Object) -> Bearer<'_> {
    Bearer { id: object.id, app_id: object.app_id, name: &object.display_name }
}
