//! Secrets older than the restrictions that would refuse them.

use super::super::effective::{Effective, Outcome, RestrictionType};
use super::super::words;
use super::lifetime::Span;
use super::{Case, Ruling};
use crate::domain::{Credential, CredentialKind, Evidence, Limit, Refusal, RestrictionKind};

/// Unexpired secrets that could not be added today: their addition is blocked (for some or for all),
/// or they outlive the limit. Restrictions act on additions only; what is there keeps working
/// (FACTS §5.5).
pub(super) fn grandfathered_secret(case: &Case<'_>) -> Vec<Ruling> {
    let passwords = Gate::new(case, &RestrictionKind::PasswordAddition, &RestrictionKind::PasswordLifetime);
    let keys =
        Gate::new(case, &RestrictionKind::SymmetricKeyAddition, &RestrictionKind::SymmetricKeyLifetime);
    let mut rulings = Vec::new();
    for credential in case.unexpired() {
        let ruling = match credential.kind {
            CredentialKind::ClientSecret => passwords.judge(credential),
            CredentialKind::SymmetricKey => keys.judge(credential),
            // One of a type not known may be a symmetric key.
            CredentialKind::Certificate if case.unknown_type(credential).is_some() => keys.judge(credential),
            CredentialKind::Certificate | CredentialKind::SamlSigningPassword | CredentialKind::Federated => {
                None
            }
        };
        rulings.extend(ruling.map(|ruling| match ruling {
            Ruling::Broken(evidence) => case.broken_by(credential, evidence),
            undecided @ Ruling::Undecided(_) => undecided,
        }));
    }
    rulings
}

/// The two restrictions that a new secret of one kind has to pass.
struct Gate<'a> {
    addition: (&'a RestrictionKind, Effective<'a>),
    lifetime: (&'a RestrictionKind, Effective<'a>),
}

impl<'a> Gate<'a> {
    fn new(case: &Case<'a>, addition: &'a RestrictionKind, lifetime: &'a RestrictionKind) -> Self {
        let effective = |kind| case.policies.effective(case.object, RestrictionType::of(kind));
        Self { addition: (addition, effective(addition)), lifetime: (lifetime, effective(lifetime)) }
    }

    fn judge(&self, credential: &Credential<'_>) -> Option<Ruling> {
        let (kind, addition) = &self.addition;
        if let (Outcome::Enforced(_), Some(decided_by)) = (addition.outcome, addition.decided_by) {
            let refusal = Refusal::Blocked((*kind).clone());
            let evidence = Evidence::Grandfathered { credential: credential.at, refusal, decided_by };
            return Some(Ruling::Broken(evidence));
        }
        let doubt = match addition.outcome {
            Outcome::Unknown => Some(Ruling::Undecided(words::restriction(kind, &addition.why))),
            Outcome::Enforced(_) | Outcome::Open => None,
        };
        match self.too_long(credential) {
            Some(broken @ Ruling::Broken(_)) => Some(broken),
            undecided => doubt.or(undecided),
        }
    }

    fn too_long(&self, credential: &Credential<'_>) -> Option<Ruling> {
        let (kind, effective) = &self.lifetime;
        let (entry, decided_by) = match (effective.outcome, effective.decided_by) {
            (Outcome::Enforced(entry), Some(decided_by)) => (entry, decided_by),
            (Outcome::Unknown, _) => {
                return Some(Ruling::Undecided(words::restriction(kind, &effective.why)));
            }
            (Outcome::Enforced(_) | Outcome::Open, _) => return None,
        };
        let Limit::Max { max: limit, .. } = entry.limit else {
            return Some(Ruling::Undecided(words::unreadable_limit(kind)));
        };
        let lifetime = match Span::of(credential) {
            Span::Endless => None,
            Span::Of(lifetime) if limit.as_delta() < lifetime => Some(lifetime),
            Span::Of(_) => return None,
            Span::Unknown => return Some(Ruling::Undecided(words::no_start(credential.kind))),
        };
        let refusal = Refusal::TooLong { kind: (*kind).clone(), lifetime, limit };
        Some(Ruling::Broken(Evidence::Grandfathered { credential: credential.at, refusal, decided_by }))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::fixture::*;
    use super::*;
    use crate::domain::{
        Actor, CredentialAt, DecidedBy, Inventory, KeyType, MaxLifetime, Object, Restriction, State, Text,
    };

    const ADDITION: RestrictionKind = RestrictionKind::PasswordAddition;
    const LIFETIME: RestrictionKind = RestrictionKind::PasswordLifetime;

    fn with_secret(lifetime: TimeDelta) -> Object {
        let end = now() + TimeDelta::days(1);
        Object { passwords: vec![secret(Some(end - lifetime), Some(end))], ..application() }
    }

    fn unknown(kind: RestrictionKind) -> Restriction {
        Restriction { state: State::Other(Text::new("paused")), ..entry(kind) }
    }

    #[test]
    #[rustfmt::skip]
    fn a_secret_is_judged_as_if_it_were_added_today() {
        let actors = vec![Actor(Text::new("Set_Attribute equals value"))];
        for (case, entries, expected) in [
            ("nothing restricts",         vec![],                                               "kept"),
            ("blocked",                   vec![entry(ADDITION)],                                "broken"),
            ("blocked but for some",      vec![Restriction { exempted_actors: actors, ..entry(ADDITION) }], "broken"),
            ("custom secrets blocked",    vec![entry(RestrictionKind::CustomPasswordAddition)], "kept"),
            ("symmetric keys blocked",    vec![entry(RestrictionKind::SymmetricKeyAddition)],   "kept"),
            ("a second under the limit",  vec![lifetime(LIFETIME, "P90DT1S")],                  "kept"),
            ("exactly the limit",         vec![lifetime(LIFETIME, "P90D")],                     "kept"),
            ("a second over the limit",   vec![lifetime(LIFETIME, "P89DT23H59M59S")],           "broken"),
            ("a limit not to be read",    vec![lifetime(LIFETIME, "soon")],                     "undecided"),
            ("a limit missing",           vec![entry(LIFETIME)],                                "undecided"),
            ("perhaps blocked",           vec![unknown(ADDITION)],                              "undecided"),
            ("perhaps limited",           vec![unknown(LIFETIME)],                              "undecided"),
            ("perhaps blocked, too long", vec![unknown(ADDITION), lifetime(LIFETIME, "P1D")],   "broken"),
            ("perhaps limited, blocked",  vec![unknown(LIFETIME), entry(ADDITION)],             "broken"),
        ] {
            let found = rulings(grandfathered_secret, &with_secret(TimeDelta::days(90)), &tenant(&entries));
            assert_eq!(gist(&found), expected, "{case}");
        }
    }

    #[test]
    fn each_unexpired_secret_counts() {
        let inventory = tenant(&[entry(ADDITION)]);
        let count = |passwords| {
            rulings(grandfathered_secret, &Object { passwords, ..application() }, &inventory).len()
        };
        let ending = |end| secret(None, Some(end));
        assert_eq!(count(vec![ending(now() - SECOND), ending(now())]), 0);
        assert_eq!(count(vec![ending(now() + SECOND), secret(None, None)]), 2);
    }

    #[test]
    fn a_lifetime_needs_both_ends_except_that_no_end_is_beyond_any_limit() {
        let inventory = tenant(&[lifetime(LIFETIME, "P20Y")]);
        for (case, start, end, expected) in [
            ("no end", Some(now()), None, "broken"),
            ("neither", None, None, "broken"),
            ("no start", None, Some(now() + SECOND), "undecided"),
            ("both", Some(now()), Some(now() + SECOND), "kept"),
        ] {
            let object = Object { passwords: vec![secret(start, end)], ..application() };
            assert_eq!(gist(&rulings(grandfathered_secret, &object, &inventory)), expected, "{case}");
        }
    }

    #[test]
    fn symmetric_keys_go_by_their_own_restrictions() {
        let year = Some(now() + TimeDelta::days(365));
        let with = |key_type| Object { keys: vec![key(key_type, Some(now()), year)], ..application() };
        let blocked = tenant(&[entry(RestrictionKind::SymmetricKeyAddition)]);
        let limited = tenant(&[lifetime(RestrictionKind::SymmetricKeyLifetime, "P364D")]);
        let passwords = tenant(&[entry(ADDITION), lifetime(LIFETIME, "P1D")]);
        let judge = |key_type, inventory: &Inventory| {
            gist(&rulings(grandfathered_secret, &with(key_type), inventory))
        };
        for (key_type, expected) in [
            (KeyType::Symmetric, ["broken", "broken", "kept"]),
            (KeyType::Certificate, ["kept", "kept", "kept"]),
            (KeyType::Other(None), ["undecided", "undecided", "kept"]),
        ] {
            let found = [&blocked, &limited, &passwords].map(|tenant| judge(key_type.clone(), tenant));
            assert_eq!(found, expected, "{key_type:?}");
        }
    }

    #[test]
    fn the_evidence_says_what_would_refuse_it_and_who_decides() {
        let mut inventory = tenant_with(&[entry(ADDITION)], custom(true, vec![lifetime(LIFETIME, "P30D")]));
        let object = under_policy(with_secret(TimeDelta::days(90)));
        let evidence = |refusal, decided_by| {
            let credential = CredentialAt::Password(0);
            vec![Ruling::Broken(Evidence::Grandfathered { credential, refusal, decided_by })]
        };
        let found = rulings(grandfathered_secret, &object, &inventory);
        assert_eq!(found, evidence(Refusal::Blocked(ADDITION), DecidedBy::TenantDefault));

        inventory.tenant_default.as_mut().unwrap().application_restrictions.clear();
        let limit = MaxLifetime::from_delta(TimeDelta::days(30));
        let refusal = Refusal::TooLong { kind: LIFETIME, lifetime: Some(TimeDelta::days(90)), limit };
        let found = rulings(grandfathered_secret, &object, &inventory);
        assert_eq!(found, evidence(refusal, DecidedBy::Policy(POLICY)));
    }
}
