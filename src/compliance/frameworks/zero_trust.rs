//! Microsoft Zero Trust Assessment, tests 21772, 21773, 21774, 21775, 21896 and 21992: titles, texts and
//! queries of `microsoft/zerotrustassessment`, `src/powershell/tests/Test-Assessment.<id>.md` and `.ps1`, as
//! shipped with the PowerShell module 2.1 (the texts of 21772 and 21992 as earlier versions and
//! `KelvinTegelaar/CIPP-API` repeat them). They say, and where a query errs against its text:
//!
//! - 21772 "don't have client secrets configured": on applications and on service principals, expired ones
//!   too, because they are configured. The query counts the passwords of SAML signing keys; nobody signs in
//!   with those, so they do not count here.
//! - 21773 "don't have certificates with expiration longer than 180 days": the query compares the end with
//!   today, not with the start; the title says no more. The query counts symmetric keys, which are no
//!   certificates.
//! - 21774 "Microsoft services applications don't have credentials configured": any password or key, expired
//!   ones too, on a service principal whose owner is `f8cdef31-a31e-4b4a-93e4-5f571e91255a`, the one tenant
//!   that the text names.
//! - 21775 "Tenant app management policy is configured": see `policy_configured`.
//! - 21896 "Service principals don't have certificates or credentials associated with them": any password or
//!   key of the others. The query leaves out those without an owner, because SQL compares null with
//!   nothing; the title does not. Signing certificates of SAML are certificates, and said.
//! - 21992 "Application certificates must be rotated on a regular basis": "Make sure the certificate start
//!   date is less than 180 days" ago; 180 days to the second still do, as in the query. Expired ones count:
//!   neither text nor query leaves them out.
//!
//! Credentials of managed identities are made and rotated by the platform and count nowhere. None of the
//! texts maps to NIST or ATT&CK; the references are ours.

use chrono::{DateTime, Utc};

use super::control::{Control, ControlVerdict, Framework};
use super::credentials::Credentials;
use super::holders::Unseen;
use super::policy_configured;
use crate::domain::{Inventory, Object, ObjectKind, RuleId};

const URL: &str = "https://learn.microsoft.com/entra/fundamentals/zero-trust-protect-identities";

pub(super) const CONTROLS: &[Control] = &[
    Control {
        id: "21772",
        framework: Framework::ZeroTrust,
        title: "Applications don't have client secrets configured",
        nist: &["IA-5", "IA-5(7)"],
        attack: &["T1098.001", "T1552"],
        url: URL,
        rules: &[
            RuleId::ClientSecret,
            RuleId::ClientSecretExpired,
            RuleId::ClientSecretUnused,
            RuleId::ServicePrincipalSecret,
            RuleId::GrandfatheredSecret,
            RuleId::PrivilegedWithSecret,
            RuleId::ForeignSecret,
        ],
    },
    Control {
        id: "21773",
        framework: Framework::ZeroTrust,
        title: "Applications don't have certificates with expiration longer than 180 days",
        nist: &["IA-5", "IA-5(2)", "SC-12"],
        attack: &["T1552.004"],
        url: URL,
        rules: &[RuleId::CertificateLongLived],
    },
    Control {
        id: "21774",
        framework: Framework::ZeroTrust,
        title: "Microsoft services applications don't have credentials configured",
        nist: &["IA-5", "AC-6"],
        attack: &["T1098.001"],
        url: URL,
        rules: &[RuleId::ForeignSecret],
    },
    Control {
        id: "21775",
        framework: Framework::ZeroTrust,
        title: "Tenant app management policy is configured",
        nist: &["CM-6", "IA-5"],
        attack: &["T1098.001"],
        url: URL,
        rules: &[RuleId::TenantDefaultOff, RuleId::TenantDefaultAllowsSecrets],
    },
    Control {
        id: "21896",
        framework: Framework::ZeroTrust,
        title: "Service principals don't have certificates or credentials associated with them",
        nist: &["IA-5", "AC-6"],
        attack: &["T1098.001"],
        url: URL,
        rules: &[RuleId::ServicePrincipalSecret, RuleId::ForeignSecret],
    },
    Control {
        id: "21992",
        framework: Framework::ZeroTrust,
        title: "Application certificates must be rotated on a regular basis",
        nist: &["IA-5", "SC-12"],
        attack: &["T1552.004"],
        url: URL,
        rules: &[RuleId::CertificateLongLived, RuleId::CertificateExpired],
    },
];

/// The tests, while the objects go by.
pub(super) struct ZeroTrust {
    credentials: Credentials,
    now: DateTime<Utc>,
}

impl ZeroTrust {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { credentials: Credentials::new(now), now }
    }

    /// Looks at an object's credentials.
    pub(super) fn look(&mut self, object: &Object) {
        self.credentials.look(object);
    }

    /// The verdicts, once every object has gone by.
    pub(super) fn finish(self, inventory: &Inventory, unseen: &Unseen) -> Vec<ControlVerdict> {
        let [of_secrets, of_ends, of_microsoft, of_policy, of_others, of_age] = CONTROLS else {
            return Vec::new();
        };
        let Credentials { secrets, far_ends, microsoft, others, old, now: _ } = self.credentials;
        let principals = &unseen.only(ObjectKind::ServicePrincipal);
        vec![
            secrets.judged(of_secrets, unseen),
            far_ends.judged(of_ends, unseen),
            microsoft.judged(of_microsoft, principals),
            policy_configured::judge(inventory, of_policy, self.now),
            others.judged(of_others, principals),
            old.judged(of_age, unseen),
        ]
    }
}
