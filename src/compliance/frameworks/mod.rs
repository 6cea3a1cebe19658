//! Verdicts by the controls of published frameworks (DESIGN §2.3), from the same data as the findings. Each
//! framework has a file that says which text it follows and where its own tool errs against that text.
//!
//! What is seen to break a control breaks it, however incomplete the run; only what was seen to its end
//! meets one.

mod ask;
mod cis;
mod control;
mod credentials;
mod holders;
mod loosening;
mod policy_configured;
mod scuba;
mod sheet;
mod words;
mod zero_trust;

pub use control::{Behind, Control, ControlVerdict, Framework, NAMED, Verdict};

use chrono::{DateTime, Utc};

use self::holders::Unseen;
use self::scuba::Scuba;
use self::zero_trust::ZeroTrust;
use super::settings::Settings;
use crate::domain::{CustomPolicy, Inventory, Object, ObjectKind, Part, RuleId};

/// Every control, in the order of the reports.
pub fn controls() -> impl Iterator<Item = &'static Control> {
    [cis::CONTROLS, scuba::CONTROLS, zero_trust::CONTROLS].into_iter().flatten()
}

/// The controls that a rule serves.
pub fn served_by(rule: RuleId) -> impl Iterator<Item = &'static Control> {
    controls().filter(move |control| control.rules.contains(&rule))
}

/// Judges every control, in the order of [`controls`]. `now` is the moment everything is judged by; of the
/// settings only the scope counts, because a control does not move with the configuration.
#[must_use]
pub fn judge(inventory: &Inventory, settings: &Settings, now: DateTime<Utc>) -> Vec<ControlVerdict> {
    let listed = listed(inventory);
    let mut assessor = Assessor::new(inventory, &listed, settings, now);
    inventory.objects.iter().for_each(|object| assessor.look(&object));
    assessor.finish()
}

/// The custom policies by name and id: the order in which Graph lists them leaves no trace.
#[must_use]
pub fn listed(inventory: &Inventory) -> Vec<&CustomPolicy> {
    let mut listed: Vec<_> = inventory.custom_policies.iter().collect();
    listed.sort_by(|a, b| (&a.display_name, a.id).cmp(&(&b.display_name, b.id)));
    listed
}

/// The controls while the objects go by: for whoever goes through them anyway. What it keeps does not grow
/// with the number of objects.
pub struct Assessor<'a> {
    inventory: &'a Inventory,
    listed: &'a [&'a CustomPolicy],
    scuba: Scuba<'a>,
    zero_trust: ZeroTrust,
    unseen: Unseen,
    now: DateTime<Utc>,
}

impl<'a> Assessor<'a> {
    /// Begins, with the custom policies as [`listed`].
    #[must_use]
    pub fn new(
        inventory: &'a Inventory,
        listed: &'a [&'a CustomPolicy],
        settings: &Settings,
        now: DateTime<Utc>,
    ) -> Self {
        let unseen = unseen(inventory, settings);
        let (scuba, zero_trust) = (Scuba::new(inventory, listed), ZeroTrust::new(now));
        Self { inventory, listed, scuba, zero_trust, unseen, now }
    }

    /// Looks at an object of the inventory. Each has to come once.
    pub fn look(&mut self, object: &Object) {
        self.scuba.look(object);
        self.zero_trust.look(object);
    }

    /// The verdicts, in the order of [`controls`].
    #[must_use]
    pub fn finish(self) -> Vec<ControlVerdict> {
        let Self { inventory, listed, scuba, zero_trust, unseen, now } = self;
        let mut verdicts = cis::judge(inventory, listed, now);
        verdicts.extend(scuba.finish());
        verdicts.extend(zero_trust.finish(inventory, &unseen));
        verdicts
    }
}

/// Why objects are missing.
fn unseen(inventory: &Inventory, settings: &Settings) -> Unseen {
    let cut = |part: Part| inventory.gaps.iter().any(|gap| gap.part == part || gap.part == Part::SignIn);
    let why = |kind, part, in_full: [&'static str; 2]| {
        let [outside, cut_off] = in_full;
        if !settings.scope.contains(&kind) {
            Some(outside)
        } else if cut(part) {
            Some(cut_off)
        } else {
            None
        }
    };
    Unseen {
        applications: why(
            ObjectKind::Application,
            Part::Applications,
            [
                "Applications are outside the configured scope and were not looked at.",
                "The applications could not all be read.",
            ],
        ),
        principals: why(
            ObjectKind::ServicePrincipal,
            Part::ServicePrincipals,
            [
                "Service principals are outside the configured scope and were not looked at.",
                "The service principals could not all be read.",
            ],
        ),
    }
}
