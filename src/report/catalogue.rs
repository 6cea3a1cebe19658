//! The catalogue of rules, as `keysweep rules` prints it.

use crate::domain::RuleId;

/// Explains a rule.
#[must_use]
pub fn catalogue(rule: RuleId) -> Explanation {
    match rule {
        RuleId::ClientSecret => CLIENT_SECRET,
        RuleId::ClientSecretExpired => CLIENT_SECRET_EXPIRED,
        RuleId::ClientSecretExpiring => CLIENT_SECRET_EXPIRING,
        RuleId::ClientSecretLongLived => CLIENT_SECRET_LONG_LIVED,
        RuleId::ClientSecretUnused => CLIENT_SECRET_UNUSED,
        RuleId::SymmetricKey => SYMMETRIC_KEY,
        RuleId::ServicePrincipalSecret => SERVICE_PRINCIPAL_SECRET,
        RuleId::SecretInPlainSight => SECRET_IN_PLAIN_SIGHT,
        RuleId::NoRestrictivePolicy => NO_RESTRICTIVE_POLICY,
        RuleId::PolicyNotInForce => POLICY_NOT_IN_FORCE,
        RuleId::PolicyWeakensDefault => POLICY_WEAKENS_DEFAULT,
        RuleId::GrandfatheredSecret => GRANDFATHERED_SECRET,
        RuleId::CertificateExpired => CERTIFICATE_EXPIRED,
        RuleId::CertificateExpiring => CERTIFICATE_EXPIRING,
        RuleId::CertificateLongLived => CERTIFICATE_LONG_LIVED,
        RuleId::NoOwner => NO_OWNER,
        RuleId::InstanceLockOff => INSTANCE_LOCK_OFF,
        RuleId::PrivilegedWithSecret => PRIVILEGED_WITH_SECRET,
        RuleId::ForeignSecret => FOREIGN_SECRET,
        RuleId::TenantDefaultOff => TENANT_DEFAULT_OFF,
        RuleId::TenantDefaultAllowsSecrets => TENANT_DEFAULT_ALLOWS_SECRETS,
        RuleId::ExemptedActors => EXEMPTED_ACTORS,
        RuleId::IdlePolicy => IDLE_POLICY,
        RuleId::AuditorUsesSecret => AUDITOR_USES_SECRET,
        RuleId::ExceptionExpired => EXCEPTION_EXPIRED,
        RuleId::ExceptionStale => EXCEPTION_STALE,
    }
}

/// What a rule is about, in words that are true of each of its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// A headline, without full stop.
    pub title: &'static str,
    /// When it is broken, one sentence.
    pub breaks_when: &'static str,
    /// Why that matters, one sentence.
    pub why: &'static str,
    /// What to do about it, one sentence.
    pub remedy: &'static str,
}

const CLIENT_SECRET: Explanation = Explanation {
    title: "Client secret on an application",
    breaks_when: "An application holds an unexpired client secret.",
    why: "A client secret is a password: whoever copies it signs in as the application, from \
        anywhere, and nobody sees that it was copied.",
    remedy: "Move what signs in with it to a managed identity, a federated credential or a \
        certificate, then remove the secret.",
};

const CLIENT_SECRET_EXPIRED: Explanation = Explanation {
    title: "Expired client secret still listed",
    breaks_when: "An object still holds a client secret that has expired.",
    why: "Nobody can sign in with it, but it hides the secrets that count and shows that nobody \
        tidies up.",
    remedy: "Remove it.",
};

const CLIENT_SECRET_EXPIRING: Explanation = Explanation {
    title: "Client secret about to expire",
    breaks_when: "An unexpired client secret ends within `audit.expiring_within` (30 days by default).",
    why: "When it ends, whatever signs in with it stops working.",
    remedy: "Move what signs in with it to a managed identity, a federated credential or a \
        certificate before it ends, or delete it if nothing does.",
};

const CLIENT_SECRET_LONG_LIVED: Explanation = Explanation {
    title: "Client secret with a long lifetime",
    breaks_when: "An unexpired client secret lives longer, from its start to its end, than \
        `audit.max_secret_lifetime` (180 days by default), or never ends.",
    why: "The longer a secret lives, the more copies of it exist and the longer a stolen one is \
        of use.",
    remedy: "Replace it by a managed identity, a federated credential or a certificate, or at least \
        by a secret that ends sooner.",
};

const CLIENT_SECRET_UNUSED: Explanation = Explanation {
    title: "Client secret without a recent sign-in",
    breaks_when: "The report on sign-in activity shows no sign-in with an unexpired client secret for \
        `audit.unused_after` (90 days by default), or none at all and the secret is older than that.",
    why: "A secret that nothing needs is of use to nobody but a thief, and nobody notices when it is \
        misused.",
    remedy: "Find out whether anything still signs in with it, and remove it if nothing does.",
};

const SYMMETRIC_KEY: Explanation = Explanation {
    title: "Symmetric key on an object",
    breaks_when: "An object holds an unexpired key credential of type `Symmetric`.",
    why: "It is a shared secret like a client secret, but lists of client secrets do not show \
        it.",
    remedy: "Move what signs in with it to a managed identity, a federated credential or a \
        certificate, then remove the key.",
};

const SERVICE_PRINCIPAL_SECRET: Explanation = Explanation {
    title: "Client secret on a service principal",
    breaks_when: "A service principal whose application is registered in this tenant, or whose owner is \
        not recorded, holds an unexpired client secret of its own.",
    why: "The admin centre does not show secrets on service principals, so nobody who looks at \
        the application finds it.",
    remedy: "Find out who signs in with it and move that to a managed identity, a federated \
        credential or a certificate, then remove the secret with Graph's removePassword.",
};

const SECRET_IN_PLAIN_SIGHT: Explanation = Explanation {
    title: "Client secret in plain sight",
    breaks_when: "The name, notes, description or tags of an object, or the name of one of its \
        credentials, contain text shaped like an Entra client secret.",
    why: "Every member of the directory can usually read these texts, and with them the secret.",
    remedy: "Take the secret as known: remove the credential it belongs to, replace it where it is \
        used, then delete the text.",
};

const NO_RESTRICTIVE_POLICY: Explanation = Explanation {
    title: "New client secrets are not blocked",
    breaks_when: "What `[policy]` of the configuration asks for, by default that new client secrets are \
        blocked, is not in force on an object.",
    why: "What is not blocked is done sooner or later, and each new secret starts the work of \
        getting rid of it again.",
    remedy: "Block password addition in the tenant default, or assign a custom policy that does.",
};

const POLICY_NOT_IN_FORCE: Explanation = Explanation {
    title: "Assigned policy not in force",
    breaks_when: "The custom policy assigned to an object is meant to restrict it, but the policy is not \
        enabled or reaches only objects created later.",
    why: "Whoever sees the policy assigned believes that it protects the object.",
    remedy: "Enable the policy or clear the dates of its restrictions, or unassign it.",
};

const POLICY_WEAKENS_DEFAULT: Explanation = Explanation {
    title: "Assigned policy weaker than the tenant default",
    breaks_when: "The custom policy assigned to an object loosens what the tenant default enforces.",
    why: "An exemption outlives its reason unless somebody asks about it, and an exclusion made \
        in the admin centre creates one without saying so.",
    remedy: "Check whether the exemption is still needed; if not, unassign the policy or remove the \
        entries that loosen.",
};

const GRANDFATHERED_SECRET: Explanation = Explanation {
    title: "Secret that could not be added today",
    breaks_when: "An object holds an unexpired client secret or symmetric key that the restrictions in \
        force on it would refuse today.",
    why: "Restrictions stop new credentials only: those made before stay valid until they end or \
        are removed.",
    remedy: "Move what signs in with it to a managed identity, a federated credential or a \
        certificate, then remove it.",
};

const CERTIFICATE_EXPIRED: Explanation = Explanation {
    title: "Expired certificate still listed",
    breaks_when: "An object still holds a certificate that has expired.",
    why: "Nobody can sign in with it, but it hides the certificates that count and shows that \
        nobody tidies up.",
    remedy: "Remove it.",
};

const CERTIFICATE_EXPIRING: Explanation = Explanation {
    title: "Certificate about to expire",
    breaks_when: "An unexpired certificate ends within `audit.expiring_within` (30 days by default).",
    why: "When it ends, whatever signs in with it, or the single sign-on it signs for, stops \
        working.",
    remedy: "Add its successor and switch to that before it ends, or delete it if nothing uses it.",
};

const CERTIFICATE_LONG_LIVED: Explanation = Explanation {
    title: "Certificate with a long lifetime",
    breaks_when: "An unexpired certificate lives longer, from its start to its end, than \
        `audit.max_certificate_lifetime` (365 days by default), or never ends.",
    why: "The longer a certificate lives, the longer a stolen private key is of use, and the \
        less anybody is used to replacing it.",
    remedy: "Replace it by one that ends sooner, and have its renewal automated.",
};

const NO_OWNER: Explanation = Explanation {
    title: "Application without owner",
    breaks_when: "An application holds an unexpired credential, a federated one included, and nobody \
        owns it.",
    why: "Nobody is asked before its credentials end, and nobody answers when they are misused.",
    remedy: "Name at least two owners who answer for it, or delete the application if nobody needs \
        it.",
};

const INSTANCE_LOCK_OFF: Explanation = Explanation {
    title: "App instance property lock off or incomplete",
    breaks_when: "An application that other tenants can use has no app instance property lock that \
        covers all properties or the credentials of both usages.",
    why: "Without the lock, administrators of other tenants can add credentials to their service \
        principals of this application and sign in as it.",
    remedy: "Turn on the app instance property lock for all properties.",
};

const PRIVILEGED_WITH_SECRET: Explanation = Explanation {
    title: "Client secret that leads to the whole tenant",
    breaks_when: "An object holds an unexpired client secret and an application permission or directory role \
        from which a way to Global Administrator is known, or that `[privileged]` of the configuration adds.",
    why: "Whoever copies the secret takes over the tenant.",
    remedy: "Move what signs in with it to a managed identity, a federated credential or a certificate and \
        remove the secret, or give it permissions and roles that reach less.",
};

const FOREIGN_SECRET: Explanation = Explanation {
    title: "Client secret on somebody else's application",
    breaks_when: "A service principal whose application belongs to another tenant, or to Microsoft, \
        holds an unexpired client secret added in this tenant.",
    why: "With it, somebody here signs in as an application that only its owner should be able \
        to sign in as: a well-known way to plant a backdoor.",
    remedy: "Find in the audit log who added it and what signed in with it, and remove it with \
        Graph's removePassword.",
};

const TENANT_DEFAULT_OFF: Explanation = Explanation {
    title: "Tenant default disabled",
    breaks_when: "The tenant default app management policy is disabled.",
    why: "Nothing in it is enforced: only objects with a custom policy of their own are \
        restricted.",
    remedy: "Exempt by custom policies what still needs new client secrets, then enable the tenant \
        default with passwordAddition for applications and for service principals.",
};

const TENANT_DEFAULT_ALLOWS_SECRETS: Explanation = Explanation {
    title: "Tenant default allows client secrets",
    breaks_when: "The tenant default is enabled but does not block new client secrets for all \
        applications and all service principals.",
    why: "Applications and service principals are restricted each on their own, so whichever is \
        left open takes new secrets.",
    remedy: "Enable passwordAddition without a date for applications and for service principals.",
};

const EXEMPTED_ACTORS: Explanation = Explanation {
    title: "Callers exempted from a restriction",
    breaks_when: "An enabled restriction of an enabled policy exempts callers by `excludeActors`.",
    why: "Whoever bears the attribute, or can assign it, is not restricted.",
    remedy: "Check that each exemption is still needed and who may assign these security \
        attributes; remove the exemptions that are not.",
};

const IDLE_POLICY: Explanation = Explanation {
    title: "Custom policy that does nothing",
    breaks_when: "A custom policy is assigned to nothing, or is disabled.",
    why: "It looks like protection and is none.",
    remedy: "Enable and assign it, or delete it.",
};

const AUDITOR_USES_SECRET: Explanation = Explanation {
    title: "Keysweep signs in with a client secret",
    breaks_when: "Keysweep itself signs in to the audited tenant with a client secret.",
    why: "The auditor should not hold the kind of credential that it is there to find.",
    remedy: "Give Keysweep a certificate, a workload identity or a managed identity, then remove \
        its secret.",
};

const EXCEPTION_EXPIRED: Explanation = Explanation {
    title: "Exception past its last day",
    breaks_when: "An `[[exception]]` of the configuration is past its `expires`.",
    why: "What somebody accepted for a while is accepted by nobody now: the findings it covered are open \
        again.",
    remedy: "Put right what it covered, or have somebody accept it again until a new date; remove it if \
        it is not needed any more.",
};

const EXCEPTION_STALE: Explanation = Explanation {
    title: "Exception that matches nothing",
    breaks_when: "An `[[exception]]` of the configuration holds but covers no finding, in a run that read \
        everything.",
    why: "It accepts nothing today, but would silently accept what comes to match it tomorrow; or it was \
        meant for something else and is misspelt.",
    remedy: "Remove it, or correct what it names.",
};
