//! Client secrets that nobody seems to use.

use chrono::{DateTime, Utc};

use super::super::words;
use super::{Case, Ruling};
use crate::domain::{Aside, Credential, CredentialKind, Evidence, LastUse};

/// Unexpired client secrets whose last sign-in is longer ago than `unused_after`, by the report on sign-in
/// activity. What a missing row means is not documented (FACTS §15): it counts for a secret that is older
/// than that only, and not at all where the report is empty or is not to be had.
pub(super) fn client_secret_unused(case: &Case<'_>) -> Vec<Ruling> {
    let secrets = case.unexpired().filter(|credential| credential.kind == CredentialKind::ClientSecret);
    match &case.beside.credential_use {
        Aside::NotAsked | Aside::Unavailable(_) => Vec::new(),
        Aside::Unread => {
            let why = words::plain("The report on sign-in activity could not be read.");
            secrets.map(|_| Ruling::Undecided(why.clone())).collect()
        }
        Aside::Read(report) if report.is_empty() => Vec::new(),
        Aside::Read(report) => secrets.filter_map(|secret| judge(case, secret, report)).collect(),
    }
}

fn judge(case: &Case<'_>, secret: &Credential<'_>, report: &LastUse<crate::domain::KeyId>) -> Option<Ruling> {
    let Some(key_id) = secret.key_id else {
        return Some(Ruling::Undecided(words::plain(
            "A client secret has no `keyId`, by which the report on sign-in activity would know it.",
        )));
    };
    let long_ago = |at: DateTime<Utc>| case.settings.unused_after < case.now - at;
    let last = report.of(key_id);
    let counts = match last {
        Some(at) if !long_ago(at) => false,
        _ if report.is_unclear(key_id) => {
            return Some(Ruling::Undecided(words::plain(
                "An entry of the report on sign-in activity could not be read, and may tell of this secret.",
            )));
        }
        Some(_) => true,
        // How long activity is kept is not documented, and a tenant may have begun to have the reports last week.
        None if !case.beside.activity_since().is_some_and(long_ago) => false,
        None if secret.unreadable => true,
        None => secret.start.or(case.object.created).is_some_and(long_ago),
    };
    let used = case.beside.application_use.read();
    let evidence = Evidence::Unused {
        credential: secret.at,
        last,
        application: used.and_then(|used| used.of(case.object.app_id?)),
        oldest: report.oldest(),
    };
    counts.then(|| case.broken_by(secret, evidence))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::super::fixture::*;
    use super::*;
    use crate::domain::{
        Beside, CredentialAt, Gap, Inventory, KeyId, Object, Part, PasswordCredential, Text,
    };

    const KEY: KeyId = KeyId(uuid::Uuid::from_u128(5));
    const OTHER: KeyId = KeyId(uuid::Uuid::from_u128(55));

    fn limit() -> TimeDelta {
        TimeDelta::days(90)
    }

    /// A report with another key's sign-in half a year ago, and this one's.
    fn report(last: Option<DateTime<Utc>>) -> Inventory {
        let entries = [(OTHER, Some(now() - TimeDelta::days(180)))].into_iter();
        let entries = entries.chain(last.map(|at| (KEY, Some(at))));
        with(Aside::Read(entries.collect()))
    }

    fn with(credential_use: Aside<LastUse<KeyId>>) -> Inventory {
        Inventory { beside: Beside { credential_use, ..Beside::default() }, ..tenant(&[]) }
    }

    fn holding(password: PasswordCredential) -> Object {
        Object { passwords: vec![password], ..application() }
    }

    fn judged(object: &Object, inventory: &Inventory) -> &'static str {
        gist(&rulings(client_secret_unused, object, inventory))
    }

    #[test]
    #[rustfmt::skip]
    fn a_sign_in_longer_ago_than_the_limit_breaks_it() {
        let old = secret(Some(now() - limit() * 3), Some(now() + SECOND));
        for (case, ago, expected) in [
            ("this second",              TimeDelta::zero(),  "kept"),
            ("a second under the limit", limit() - SECOND,   "kept"),
            ("exactly the limit",        limit(),            "kept"),
            ("a second over the limit",  limit() + SECOND,   "broken"),
            ("in the future",            -SECOND,            "kept"),
        ] {
            let inventory = report(Some(now() - ago));
            assert_eq!(judged(&holding(old.clone()), &inventory), expected, "{case}");
            // Where the sign-in is known, it does not matter when the secret began.
            let fresh = PasswordCredential { start: Some(now()), ..old.clone() };
            assert_eq!(judged(&holding(fresh), &inventory), expected, "{case}, fresh");
        }
    }

    #[test]
    fn what_an_unreadable_entry_may_tell_of_is_not_decided() {
        let old = holding(secret(Some(now() - limit() * 3), Some(now() + SECOND)));
        let (recent, long_ago) = (Some(now() - SECOND), Some(now() - limit() * 2));
        for (case, last, whose, nameless, expected) in [
            ("its own, beside none", None, vec![KEY], 0, "undecided"),
            ("its own, beside an old one", long_ago, vec![KEY], 0, "undecided"),
            ("its own, beside a recent one", recent, vec![KEY], 0, "kept"),
            ("another's", None, vec![OTHER], 0, "broken"),
            ("nobody's, beside none", None, vec![], 1, "undecided"),
            ("nobody's, beside an old one", long_ago, vec![], 1, "broken"),
        ] {
            let others = [(OTHER, long_ago)].into_iter();
            let entries: LastUse<KeyId> = others.chain(last.map(|at| (KEY, Some(at)))).collect();
            let inventory = with(Aside::Read(entries.with_unreadable(whose, nameless)));
            assert_eq!(judged(&old, &inventory), expected, "{case}");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn no_sign_in_counts_only_for_what_is_older_than_the_limit() {
        let over = Some(now() - limit() - SECOND);
        let at_limit = Some(now() - limit());
        for (case, start, created, expected) in [
            ("a second over",              over,     None,     "broken"),
            ("exactly the limit",          at_limit, over,     "kept"),
            ("not yet begun",              Some(now() + SECOND), over, "kept"),
            ("no start, object over",      None,     over,     "broken"),
            ("no start, object at limit",  None,     at_limit, "kept"),
            ("neither",                    None,     None,     "kept"),
        ] {
            let object = Object { created, ..holding(secret(start, Some(now() + SECOND))) };
            assert_eq!(judged(&object, &report(None)), expected, "{case}");
        }
    }

    #[test]
    fn nothing_is_said_where_the_report_says_nothing_and_it_is_undecided_where_there_is_a_gap() {
        let old = holding(secret(Some(now() - limit() * 2), None));
        let empty: LastUse<KeyId> = std::iter::empty().collect();
        let unread = Inventory {
            gaps: vec![Gap { part: Part::SignInActivity, reason: Text::new("cut off") }],
            ..with(Aside::Unread)
        };
        for (case, inventory, expected) in [
            ("not asked", with(Aside::NotAsked), "kept"),
            ("not to be had", with(Aside::Unavailable(Text::new("No licence."))), "kept"),
            ("empty", with(Aside::Read(empty)), "kept"),
            (
                "entries, but no sign-in at all",
                with(Aside::Read([(OTHER, None)].into_iter().collect())),
                "kept",
            ),
            (
                "an entry of its own without a sign-in",
                with(Aside::Read([(KEY, None), (OTHER, Some(now() - limit() * 2))].into_iter().collect())),
                "broken",
            ),
            ("not read", unread.clone(), "undecided"),
        ] {
            assert_eq!(judged(&old, &inventory), expected, "{case}");
        }
        assert_eq!(judged(&application(), &unread), "kept", "no secret");
        let expired = holding(secret(Some(now() - limit() * 2), Some(now())));
        assert_eq!(judged(&expired, &unread), "kept", "an expired one");
        assert_eq!(judged(&expired, &report(None)), "kept", "an expired one");
    }

    #[test]
    fn what_could_not_be_read_of_the_secret_leaves_it_undecided_unless_it_was_used() {
        let old = secret(None, None);
        let blurred = PasswordCredential { unreadable: true, ..old.clone() };
        let nameless = PasswordCredential { key_id: None, start: Some(now() - limit() * 2), ..old };
        for (case, password, last, expected) in [
            ("no row", blurred.clone(), None, "undecided"),
            ("used long ago", blurred.clone(), Some(now() - limit() * 2), "undecided"),
            ("used just now", blurred, Some(now()), "kept"),
            ("without keyId", nameless, Some(now()), "undecided"),
        ] {
            assert_eq!(judged(&holding(password), &report(last)), expected, "{case}");
        }
    }

    #[test]
    fn the_evidence_says_what_is_known_of_the_application_too() {
        let object = holding(secret(Some(now() - limit() * 2), None));
        let mut inventory = report(None);
        let lately = now() - TimeDelta::days(3);
        let used = [(object.app_id.unwrap(), Some(lately))].into_iter().collect();
        for (application_use, application) in
            [(Aside::NotAsked, None), (Aside::Unread, None), (Aside::Read(used), Some(lately))]
        {
            inventory.beside.application_use = application_use;
            let evidence = Evidence::Unused {
                credential: CredentialAt::Password(0),
                last: None,
                application,
                oldest: Some(now() - TimeDelta::days(180)),
            };
            assert_eq!(rulings(client_secret_unused, &object, &inventory), [Ruling::Broken(evidence)]);
        }
    }

    #[test]
    fn each_secret_counts_by_its_own_key_and_no_other_credential_does() {
        use crate::domain::KeyType;
        let long = Some(now() - limit() * 2);
        let other = PasswordCredential { key_id: Some(OTHER), ..secret(long, None) };
        let mut object = Object { passwords: vec![secret(long, None), other], ..application() };
        object.keys = vec![key(KeyType::Symmetric, long, None), key(KeyType::Certificate, long, None)];
        assert_eq!(rulings(client_secret_unused, &object, &report(Some(now()))).len(), 1, "the other one");
        assert_eq!(rulings(client_secret_unused, &object, &report(None)).len(), 2);
        let managed = Object { passwords: object.passwords.clone(), ..managed_identity() };
        assert_eq!(judged(&managed, &report(None)), "kept");
    }
}
