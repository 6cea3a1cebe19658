//! CIS Microsoft 365 Foundations Benchmark v7.0.0 (19 May 2026), recommendations 5.1.5.3 to 5.1.5.6,
//! "audit using the Microsoft Graph API". The benchmark itself is not at hand; followed is its audit text
//! as prowler repeats it (`prowler/compliance/m365/cis_7.0_m365.json`), which says of each:
//!
//! - `isEnabled` of the tenant default is true, and in both halves the restriction is enabled;
//! - its date is 0001-01-01 or one "on or before the date of the assessment"; no date at all is the same as
//!   the first by Graph's documentation (FACTS §5.4);
//! - lifetimes are `P180D` "or a shorter duration", with no day to spare for how they are stored;
//! - "All applications with exclusions" does, where the exclusions are reviewed annually, and neither
//!   excluded callers nor excluded applications have to be audited. So custom policies change no verdict
//!   here; they are named beside a pass, because somebody has to do that review.
//!
//! 5.1.5.4 stays a demand where 5.1.5.3 is met: the text makes no exception. CIS maps its recommendations
//! to the CIS Controls; the references to NIST and ATT&CK are ours.

use chrono::{DateTime, Utc};

use super::ask::{Ask, Dates, of_tenant_default};
use super::control::{Control, ControlVerdict, Framework};
use super::sheet::Sheet;
use super::words::{counted, policy as named};
use crate::domain::{CustomPolicy, Inventory, RestrictionKind, RuleId, State};

const URL: &str = "https://www.cisecurity.org/benchmark/microsoft_365";

pub(super) const CONTROLS: &[Control] = &[
    Control {
        id: "5.1.5.3",
        framework: Framework::Cis,
        title: "Ensure password addition is blocked for applications",
        nist: &["IA-5", "IA-5(7)", "CM-7"],
        attack: &["T1098.001", "T1552"],
        url: URL,
        rules: &[
            RuleId::ClientSecret,
            RuleId::NoRestrictivePolicy,
            RuleId::TenantDefaultOff,
            RuleId::TenantDefaultAllowsSecrets,
        ],
    },
    Control {
        id: "5.1.5.4",
        framework: Framework::Cis,
        title: "Ensure password lifetime for applications does not exceed 180 days",
        nist: &["IA-5", "IA-5(1)"],
        attack: &["T1098.001", "T1552"],
        url: URL,
        rules: &[RuleId::ClientSecretLongLived, RuleId::TenantDefaultOff],
    },
    Control {
        id: "5.1.5.5",
        framework: Framework::Cis,
        title: "Ensure new application passwords are system-generated",
        nist: &["IA-5", "IA-5(1)"],
        attack: &["T1098.001", "T1110"],
        url: URL,
        rules: &[RuleId::TenantDefaultOff],
    },
    Control {
        id: "5.1.5.6",
        framework: Framework::Cis,
        title: "Ensure maximum certificate lifetime for applications does not exceed 180 days",
        nist: &["IA-5", "IA-5(2)", "SC-12"],
        attack: &["T1098.001", "T1552.004"],
        url: URL,
        rules: &[RuleId::CertificateLongLived, RuleId::TenantDefaultOff],
    },
];

/// What each of them asks of both halves, and how it reads where that is so.
const ASKED: [(Ask, &str); 4] = [
    (
        Ask::for_all(&RestrictionKind::PasswordAddition),
        "The tenant default is enabled and blocks password addition for applications and for service principals.",
    ),
    (
        Ask::at_most(&RestrictionKind::PasswordLifetime, 180, 180),
        "The tenant default is enabled and limits client secrets to at most 180 days for applications and for \
         service principals.",
    ),
    (
        Ask::for_all(&RestrictionKind::CustomPasswordAddition),
        "The tenant default is enabled and blocks custom passwords for applications and for service principals.",
    ),
    (
        Ask::at_most(&RestrictionKind::AsymmetricKeyLifetime, 180, 180),
        "The tenant default is enabled and limits certificates to at most 180 days for applications and for \
         service principals.",
    ),
];

/// The verdicts, by the tenant default alone.
pub(super) fn judge(
    inventory: &Inventory,
    policies: &[&CustomPolicy],
    now: DateTime<Utc>,
) -> Vec<ControlVerdict> {
    let judged = |(control, (ask, met)): (&'static Control, (Ask, &str))| {
        let mut sheet = Sheet::default();
        of_tenant_default(inventory.tenant_default.as_ref(), &[ask], Dates::NotAfter(now), &mut sheet);
        exclusions(policies, ask, &mut sheet);
        sheet.judged(control, met)
    };
    CONTROLS.iter().zip(ASKED).map(judged).collect()
}

/// What the admin centre calls exclusions: disabled entries of custom policies.
fn exclusions(policies: &[&CustomPolicy], ask: Ask, sheet: &mut Sheet) {
    let mut sentences = Vec::new();
    for policy in policies {
        let objects = policy.applies_to.seen().len();
        let excluded = ask.find(&policy.restrictions).is_some_and(|entry| entry.state == State::Disabled);
        if excluded && policy.is_enabled && objects > 0 {
            sentences.push(format!(
                "The {} excludes {} from {}, which the text accepts where it is reviewed every year.",
                named(policy),
                counted(objects, "object"),
                ask.kind
            ));
            sheet.notes.policy(policy.id, &policy.display_name);
        }
    }
    sheet.notes.say_each(sentences);
}
