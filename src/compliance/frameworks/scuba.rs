//! CISA SCuBA, baseline for Microsoft Entra ID, policies MS.AAD.5.5v1, 5.6v1 and 5.7v1, which came with
//! ScubaGear 2.0.0. The stored copies of the baseline (`PowerShell/ScubaGear/baselines/aad.md`) are older:
//! text not at hand. Followed are the statements of the three policies as others repeat them, the pull
//! request that added them (cisagov/ScubaGear 2111) and the tool's own tests
//! (`Testing/Unit/Rego/AAD/AADConfig_05_test.rego`):
//!
//! - 5.5 "Application Password Addition SHOULD be blocked": `passwordAddition` and `symmetricKeyAddition`,
//!   enabled in both halves of the tenant default;
//! - 5.6 "Application password lifetime SHOULD be restricted to 180 days or less": `passwordLifetime` and
//!   `symmetricKeyLifetime`, stored as `P181D` at most; not applicable where 5.5 is met;
//! - 5.7 "Application certificate lifetime SHOULD be restricted to 365 days or less":
//!   `asymmetricKeyLifetime`, stored as `P366D` at most;
//! - a date exempts older applications and is not accepted; null and year 1 are none.
//!
//! Where the tool errs, the statement is followed. The tool reads only the first page of what a custom
//! policy applies to, ignores that the tenant default may be off, and looks only for the days of a lifetime.
//! Here a custom policy that is enabled and exempts an object, or sets it less than the statement asks for,
//! breaks the control; one that applies to nothing does not. What is looked at is what an object gets
//! (FACTS §5.5): a longer lifetime than the tenant default's is none of the control's business while it
//! keeps within the limit. Exempted callers are named and break nothing: the statements speak of
//! applications, and the pull request leaves callers to a later version.
//!
//! The baseline maps its policies to NIST SP 800-53 and ATT&CK. Its mapping of these three is not at hand
//! either; the references are ours.

use std::collections::BTreeMap;

use super::super::effective::{Policies, RestrictionType};
use super::ask::{Ask, Dates, of_tenant_default};
use super::control::{Control, ControlVerdict, Framework, Verdict};
use super::loosening::{Does, Middle, grade, is_harmless, nameless};
use super::sheet::Sheet;
use super::words::{capital, counted, policy as named};
use crate::domain::{
    Assigned, CustomPolicy, Inventory, Object, ObjectKey, Part, PolicyId, Reach, RestrictionKind, RuleId,
    State,
};

pub(super) const CONTROLS: &[Control] = &[
    Control {
        id: "MS.AAD.5.5v1",
        framework: Framework::Scuba,
        title: "Application Password Addition SHOULD be blocked.",
        nist: &["IA-5", "IA-5(7)", "CM-7"],
        attack: &["T1098.001", "T1552"],
        url: "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md#msaad55v1",
        rules: &[
            RuleId::ClientSecret,
            RuleId::SymmetricKey,
            RuleId::NoRestrictivePolicy,
            RuleId::PolicyNotInForce,
            RuleId::PolicyWeakensDefault,
            RuleId::TenantDefaultOff,
            RuleId::TenantDefaultAllowsSecrets,
        ],
    },
    Control {
        id: "MS.AAD.5.6v1",
        framework: Framework::Scuba,
        title: "Application password lifetime SHOULD be restricted to 180 days or less.",
        nist: &["IA-5", "IA-5(1)"],
        attack: &["T1098.001", "T1552"],
        url: "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md#msaad56v1",
        rules: &[
            RuleId::ClientSecretLongLived,
            RuleId::PolicyNotInForce,
            RuleId::PolicyWeakensDefault,
            RuleId::TenantDefaultOff,
        ],
    },
    Control {
        id: "MS.AAD.5.7v1",
        framework: Framework::Scuba,
        title: "Application certificate lifetime SHOULD be restricted to 365 days or less.",
        nist: &["IA-5", "IA-5(2)", "SC-12"],
        attack: &["T1098.001", "T1552.004"],
        url: "https://github.com/cisagov/ScubaGear/blob/main/PowerShell/ScubaGear/baselines/aad.md#msaad57v1",
        rules: &[
            RuleId::CertificateLongLived,
            RuleId::PolicyNotInForce,
            RuleId::PolicyWeakensDefault,
            RuleId::TenantDefaultOff,
        ],
    },
];

const ASKED: [&[Ask]; 3] = [
    &[Ask::for_all(&RestrictionKind::PasswordAddition), Ask::for_all(&RestrictionKind::SymmetricKeyAddition)],
    &[
        Ask::at_most(&RestrictionKind::PasswordLifetime, 180, 181),
        Ask::at_most(&RestrictionKind::SymmetricKeyLifetime, 180, 181),
    ],
    &[Ask::at_most(&RestrictionKind::AsymmetricKeyLifetime, 365, 366)],
];

const MET: [&str; 3] = [
    "The tenant default blocks new client secrets and symmetric keys for all applications and service \
     principals, and no custom policy exempts any.",
    "The tenant default limits client secrets and symmetric keys to 180 days for all applications and service \
     principals, and no custom policy loosens that for any.",
    "The tenant default limits certificates to 365 days for all applications and service principals, and no \
     custom policy loosens that for any.",
];

const BLOCKED: &str = "New client secrets and symmetric keys are blocked for all applications and service \
                       principals (MS.AAD.5.5v1 is met), so there is no lifetime to limit.";

/// The three controls, while the objects go by.
pub(super) struct Scuba<'a> {
    inventory: &'a Inventory,
    /// By name and id.
    listed: &'a [&'a CustomPolicy],
    policies: Policies<'a>,
    sheets: [Sheet; 3],
    /// What custom policies do to how many objects: by policy, kind and what they do.
    seen: [BTreeMap<(PolicyId, usize, Does), usize>; 3],
    unread: bool,
}

impl<'a> Scuba<'a> {
    pub(super) fn new(inventory: &'a Inventory, listed: &'a [&'a CustomPolicy]) -> Self {
        let mut sheets: [Sheet; 3] = Default::default();
        for (sheet, asks) in sheets.iter_mut().zip(ASKED) {
            of_tenant_default(inventory.tenant_default.as_ref(), asks, Dates::None, sheet);
        }
        let policies = Policies::of(inventory);
        Self { inventory, listed, policies, sheets, seen: Default::default(), unread: false }
    }

    /// Looks at an object that may have a custom policy.
    pub(super) fn look(&mut self, object: &Object) {
        match &object.assigned {
            Assigned::Nothing => return,
            Assigned::Unread => return self.unread = true,
            Assigned::Policy(_) | Assigned::Several(_) => (),
        }
        if !object.is_managed_identity() {
            self.hold(object, object.key());
        }
    }

    fn hold(&mut self, object: &Object, key: ObjectKey) {
        for ((asks, sheet), seen) in ASKED.iter().zip(&mut self.sheets).zip(&mut self.seen) {
            for (index, ask) in asks.iter().enumerate() {
                let effective = self.policies.effective(object, RestrictionType::of(ask.kind));
                let Some((policies, does)) = grade(*ask, &effective, &object.assigned, self.listed) else {
                    continue;
                };
                let side = match does {
                    Does::Break(_) => &mut sheet.against,
                    Does::Perhaps(_) => &mut sheet.doubts,
                };
                if object.key() == key {
                    side.object(object)
                } else {
                    side.stranger(key)
                }
                for policy in policies {
                    *seen.entry((policy, index, does.clone())).or_default() += 1;
                }
            }
        }
    }

    /// The verdicts, once every object has gone by.
    pub(super) fn finish(mut self) -> Vec<ControlVerdict> {
        self.strangers();
        let listing =
            self.inventory.gaps.iter().any(|gap| matches!(gap.part, Part::CustomPolicies | Part::SignIn));
        let partly = |policy: &CustomPolicy| matches!(policy.applies_to, Reach::Partly(_));
        let explained = listing || self.listed.iter().any(|policy| partly(policy));
        for ((asks, sheet), seen) in ASKED.iter().zip(&mut self.sheets).zip(self.seen) {
            tell(self.listed, asks, seen, sheet);
            if listing {
                sheet.doubts.say("The custom policies could not all be listed.".to_owned());
            }
            for policy in self.listed.iter().filter(|policy| partly(policy) && !is_harmless(policy, asks)) {
                sheet
                    .doubts
                    .say(format!("It could not be read to which objects the {} is assigned.", named(policy)));
                sheet.doubts.policy(policy.id, &policy.display_name);
            }
            if self.unread && !explained {
                sheet.doubts.say("It could not be read which custom policy some objects have.".to_owned());
            }
        }
        let [addition, passwords, certificates] = CONTROLS else { return Vec::new() };
        let [of_addition, mut of_passwords, of_certificates] = self.sheets;
        let [if_addition, if_passwords, if_certificates] = MET;
        let first = of_addition.judged(addition, if_addition);
        let second = match first.verdict {
            Verdict::Pass | Verdict::NotApplicable => Sheet::spared(passwords, BLOCKED),
            Verdict::Fail => of_passwords.judged(passwords, if_passwords),
            Verdict::Unknown => {
                let open =
                    "It is not known whether MS.AAD.5.5v1 is met, and only where it is not, this applies.";
                of_passwords.against = Default::default();
                of_passwords.doubts.say(open.to_owned());
                of_passwords.judged(passwords, if_passwords)
            }
        };
        vec![first, second, of_certificates.judged(certificates, if_certificates)]
    }

    /// Objects that custom policies apply to, and that are not among those read: outside the scope, not
    /// listed, or gone. When they were created is not known.
    fn strangers(&mut self) {
        for policy in self.listed {
            for key in policy.applies_to.seen() {
                if self.inventory.objects.find(key).is_none() {
                    self.hold(&nameless(*key, policy.id), *key);
                }
            }
        }
    }
}

/// Says what custom policies do, one sentence for each policy and way.
fn tell(
    listed: &[&CustomPolicy],
    asks: &[Ask],
    seen: BTreeMap<(PolicyId, usize, Does), usize>,
    sheet: &mut Sheet,
) {
    let (mut against, mut doubts) = (Vec::new(), Vec::new());
    let mut told: Vec<_> = seen.into_iter().collect();
    let place = |id: PolicyId| listed.iter().position(|policy| policy.id == id);
    told.sort_by_key(|((id, index, _), _)| (place(*id), *index));
    for ((id, _, does), objects) in told {
        let policy = place(id).and_then(|place| listed.get(place));
        let who = capital(&policy.map_or_else(|| format!("custom policy {id}"), |policy| named(policy)));
        let name = policy.map(|policy| policy.display_name.clone()).unwrap_or_default();
        let objects = counted(objects, "object");
        match does {
            Does::Break(Middle(before, after)) => {
                against.push(format!("{who} {before} {objects}{after}."));
                sheet.against.policy(id, &name);
            }
            Does::Perhaps(Middle(before, after)) => {
                doubts.push(format!("{who} {before} {objects}{after}."));
                sheet.doubts.policy(id, &name);
            }
        }
    }
    sheet.against.say_each(against);
    sheet.doubts.say_each(doubts);
    for ask in asks {
        idle(listed, *ask, sheet);
    }
}

/// Exemptions that exempt nothing yet.
fn idle(listed: &[&CustomPolicy], ask: Ask, sheet: &mut Sheet) {
    for policy in listed {
        let exempts = ask.find(&policy.restrictions).is_some_and(|entry| entry.state == State::Disabled);
        if exempts && policy.applies_to == Reach::Known(Vec::new()) {
            let who = capital(&named(policy));
            sheet.notes.say(format!("{who} would exempt from {} and applies to nothing.", ask.kind));
        }
    }
}
