//! Findings about one credential.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Said, capital, counted, day, quoted, span};
use crate::domain::{
    Credential, CredentialAt, CredentialKind, CredentialState, DecidedBy, ObjectKind, OwnedBy, Refusal,
    RuleId,
};
use crate::report::build::{Context, Judged};

/// What to move to; the same in every advice, so that it reads as one policy.
const BETTER: &str = "a managed identity, a federated credential or a certificate";

/// A credential that is being spoken of.
#[derive(Clone, Copy)]
pub(super) struct Spoken<'a> {
    judged: &'a Judged<'a>,
    credential: &'a Credential<'a>,
    context: &'a Context<'a>,
}

impl<'a> Spoken<'a> {
    pub(super) fn new(
        judged: &'a Judged<'a>,
        credential: &'a Credential<'a>,
        context: &'a Context<'a>,
    ) -> Self {
        Self { judged, credential, context }
    }

    /// A credential that breaks a rule by being there or having ended; none for a rule that wants other
    /// evidence.
    pub(super) fn by_rule(&self, rule: RuleId) -> Option<Said> {
        match rule {
            RuleId::ClientSecret => Some(self.client_secret()),
            RuleId::ServicePrincipalSecret => Some(self.service_principal_secret()),
            RuleId::ForeignSecret => Some(self.foreign_secret()),
            RuleId::SymmetricKey => Some(self.symmetric_key()),
            RuleId::ClientSecretExpired | RuleId::CertificateExpired => Some(self.expired()),
            RuleId::ClientSecretExpiring
            | RuleId::CertificateExpiring
            | RuleId::ClientSecretLongLived
            | RuleId::ClientSecretUnused
            | RuleId::PrivilegedWithSecret
            | RuleId::SecretInPlainSight
            | RuleId::NoRestrictivePolicy
            | RuleId::PolicyNotInForce
            | RuleId::PolicyWeakensDefault
            | RuleId::GrandfatheredSecret
            | RuleId::CertificateLongLived
            | RuleId::NoOwner
            | RuleId::InstanceLockOff
            | RuleId::TenantDefaultOff
            | RuleId::TenantDefaultAllowsSecrets
            | RuleId::ExemptedActors
            | RuleId::IdlePolicy
            | RuleId::AuditorUsesSecret
            | RuleId::ExceptionExpired
            | RuleId::ExceptionStale => None,
        }
    }

    fn client_secret(&self) -> Said {
        Said {
            detail: format!("{} {}.", self.named(), self.usable()),
            recommendation: format!("Move what signs in with it to {BETTER}, then remove the secret."),
        }
    }

    fn service_principal_secret(&self) -> Said {
        Said {
            detail: format!(
                "{} sits on the service principal itself, where the admin centre does not show it, and {}.",
                self.named(),
                self.usable(),
            ),
            recommendation: format!(
                "Find out who signs in with it and move that to {BETTER}, then remove the secret with Graph's \
                 removePassword on the service principal."
            ),
        }
    }

    fn foreign_secret(&self) -> Said {
        let facts = self.judged.object.service_principal();
        let organization = facts.and_then(|facts| facts.app_owner_organization);
        let owner = match (self.judged.object.owned_by(self.context.tenant), organization) {
            (OwnedBy::Microsoft, _) => "Microsoft".to_owned(),
            (OwnedBy::OtherTenant, Some(tenant)) => format!("tenant {tenant}"),
            (OwnedBy::OtherTenant | OwnedBy::ThisTenant | OwnedBy::Unknown, _) => "somebody else".to_owned(),
        };
        Said::new(
            format!(
                "{} was added in this tenant to the service principal of an application that belongs to \
                 {owner}, and {}.",
                self.named(),
                self.usable(),
            ),
            "Treat it as a possible backdoor: find in the audit log who added it and what signed in with it, \
             and remove it with Graph's removePassword on the service principal.",
        )
    }

    fn symmetric_key(&self) -> Said {
        Said {
            detail: format!("{} is a shared secret by another name and {}.", self.named(), self.usable()),
            recommendation: format!("Move what signs in with it to {BETTER}, then remove the key."),
        }
    }

    fn expired(&self) -> Said {
        let advice = if self.signs_tokens() {
            "Remove it from the single sign-on settings once the service provider trusts its successor."
        } else {
            "Remove it: nobody can sign in with it any more, and it hides the credentials that count."
        };
        Said::new(format!("{} {} and is still listed.", self.named(), self.ended()), advice)
    }

    /// A credential that ends soon, with what can take its place where that is there.
    pub(super) fn expiring(&self, newer: Option<CredentialAt>) -> Said {
        let detail = format!(
            "{} {}, within the {} that count as expiring",
            self.named(),
            self.ending(),
            span(self.context.settings.expiring_within),
        );
        let newer = newer.and_then(|at| self.judged.credential(at));
        let Some(newer) = newer.map(|credential| Self { credential, ..*self }) else {
            return Said { detail: format!("{detail}."), recommendation: self.before_it_ends() };
        };
        Said::new(
            format!("{detail}; a newer one is there: {}, which {}.", newer.phrase(), newer.usable()),
            if self.signs_tokens() {
                "Make sure that the newer one is the active signing certificate and that the service provider \
                 trusts it, then remove the old one."
            } else {
                "Make sure that everything uses the newer one, then remove the old one."
            },
        )
    }

    fn before_it_ends(&self) -> String {
        match self.credential.kind {
            CredentialKind::Certificate if self.signs_tokens() => {
                "Before it ends, make its successor the active signing certificate and give that to the \
                 service provider, or single sign-on stops."
                    .to_owned()
            }
            CredentialKind::Certificate => {
                "Before it ends, add its successor and switch to it whatever signs in with it, or delete it \
                 if nothing does."
                    .to_owned()
            }
            CredentialKind::ClientSecret
            | CredentialKind::SamlSigningPassword
            | CredentialKind::SymmetricKey
            | CredentialKind::Federated => {
                format!(
                    "Before it ends, move what signs in with it to {BETTER}, or delete it if nothing does."
                )
            }
        }
    }

    /// A client secret without a sign-in for long, as far as is known.
    pub(super) fn unused(
        &self,
        last: Option<DateTime<Utc>>,
        application: Option<DateTime<Utc>>,
        oldest: Option<DateTime<Utc>>,
    ) -> Said {
        let named = self.named();
        let limit = span(self.context.settings.unused_after);
        let mut detail = match last {
            Some(at) => format!(
                "{named} was last used to sign in on {} ({}), longer ago than the {limit} after which it counts \
                 as unused",
                day(at),
                self.ago(at),
            ),
            None => {
                let how_far = oldest.map_or_else(String::new, |oldest| {
                    format!(" in the report, which goes back to {} at least", day(oldest))
                });
                let age = match (self.credential.start, self.judged.object.kind()) {
                    (Some(start), _) => format!("although it began on {}, more than {limit} ago", day(start)),
                    (None, ObjectKind::Application) => {
                        format!("and has no start; its application is older than {limit}")
                    }
                    (None, ObjectKind::ServicePrincipal) => {
                        format!("and has no start; its service principal is older than {limit}")
                    }
                };
                format!("{named} has no sign-in recorded{how_far}, {age}")
            }
        };
        if let Some(at) = application {
            detail.push_str(&format!("; its application last signed in as itself on {}", day(at)));
        }
        detail.push('.');
        let recommendation = if last.is_some() {
            "Find out whether anything still needs it, and remove it if nothing does."
        } else {
            "The report does not say what a missing record means: find out whether anything signs in with it, and \
             remove it if nothing does."
        };
        Said::new(detail, recommendation)
    }

    /// A credential that outlives a configured limit.
    pub(super) fn long_lived(&self, lifetime: Option<TimeDelta>, limit: TimeDelta) -> Said {
        let limit = span(limit);
        let recommendation = if self.credential.kind == CredentialKind::Certificate {
            format!("Replace it by one valid for at most {limit}, and have its renewal automated.")
        } else {
            format!("Replace it by {BETTER}, or at least by one valid for at most {limit}.")
        };
        Said {
            detail: format!("{} {}; the limit is {limit}.", self.named(), self.lives(lifetime)),
            recommendation,
        }
    }

    /// A credential that could not be added today.
    pub(super) fn grandfathered(&self, refusal: &Refusal, decided_by: DecidedBy) -> Said {
        let source = self.context.policies.source(Some(decided_by));
        let named = self.named();
        let detail = match refusal {
            Refusal::Blocked(kind) => {
                format!(
                    "{named} {}, although the {kind} restriction of {source} would refuse to add it today.",
                    self.usable()
                )
            }
            Refusal::TooLong { kind, lifetime, limit } => format!(
                "{named} {}, although the {kind} restriction of {source} allows new ones at most {limit}.",
                self.lives(*lifetime),
            ),
        };
        let recommendation = format!(
            "Restrictions stop new credentials only: move what signs in with it to {BETTER}, then remove it."
        );
        Said { detail, recommendation }
    }

    /// The credential at the start of a sentence.
    fn named(&self) -> String {
        let noun = noun(self.credential.kind, self.signs_tokens());
        capital(&self.after(&format!("{noun} "), &format!("a {noun} without name and id")))
    }

    /// The credential among others of its kind.
    fn phrase(&self) -> String {
        self.after("", "one without name and id")
    }

    /// Its name and id after some words, or others where it has neither.
    fn after(&self, words: &str, nameless: &str) -> String {
        let name = self.credential.name.map(|name| name.as_str()).filter(|name| !name.trim().is_empty());
        let id = self.judged.credential_id(self.credential);
        match (name, id.as_str()) {
            (Some(name), "") => format!("{words}{}", quoted(name)),
            (Some(name), id) => format!("{words}{} ({id})", quoted(name)),
            (None, "") => nameless.to_owned(),
            (None, id) => format!("{words}{id}"),
        }
    }

    fn signs_tokens(&self) -> bool {
        self.judged.signs_tokens(self.credential)
    }

    /// For how long it can be used.
    fn usable(&self) -> String {
        let Credential { start, end, .. } = *self.credential;
        let from = match (self.credential.state(self.context.now), start) {
            (CredentialState::Expired, _) => return self.ended(),
            (CredentialState::NotYetValid, Some(start)) => format!("can be used from {} ", day(start)),
            (CredentialState::NotYetValid, None) | (CredentialState::Active, _) => "can be used ".to_owned(),
        };
        match end {
            Some(end) => format!("{from}until {} ({} left)", day(end), self.days_left()),
            None => format!("{from}without end"),
        }
    }

    /// When it ends.
    fn ending(&self) -> String {
        match self.credential.end {
            Some(end) => format!("ends on {} ({} left)", day(end), self.days_left()),
            None => "never ends".to_owned(),
        }
    }

    /// When it ended.
    fn ended(&self) -> String {
        let Some(end) = self.credential.end else { return "never ends".to_owned() };
        format!("ended on {} ({})", day(end), self.ago(end))
    }

    fn ago(&self, past: DateTime<Utc>) -> String {
        match (self.context.now - past).num_days() {
            0 => "less than a day ago".to_owned(),
            days => format!("{} ago", counted(days, "day")),
        }
    }

    fn days_left(&self) -> String {
        match self.credential.days_left(self.context.now) {
            None | Some(0) => "less than a day".to_owned(),
            Some(days) => counted(days, "day"),
        }
    }

    /// How long it lives, from its start.
    fn lives(&self, lifetime: Option<TimeDelta>) -> String {
        let Some(lifetime) = lifetime else { return "never ends".to_owned() };
        match (self.credential.start, self.credential.end) {
            (Some(start), Some(end)) => {
                format!("lives {}, from {} to {}", span(lifetime), day(start), day(end))
            }
            _ => format!("lives {}", span(lifetime)),
        }
    }
}

/// What a credential is called.
pub(in crate::report) fn noun(kind: CredentialKind, signs_tokens: bool) -> &'static str {
    match kind {
        CredentialKind::ClientSecret => "client secret",
        CredentialKind::SamlSigningPassword => "SAML signing password",
        CredentialKind::Certificate if signs_tokens => "SAML signing certificate",
        CredentialKind::Certificate => "certificate",
        CredentialKind::SymmetricKey => "symmetric key",
        CredentialKind::Federated => "federated credential",
    }
}
