//! Applications whose service principals elsewhere can be given credentials.

use super::{Case, Ruling};
use crate::domain::{Evidence, InstanceLock};

/// Applications open to other organizations whose app instance property lock is missing, off, or
/// covers neither all properties nor credentials of both usages (FACTS §7.5).
pub(super) fn instance_lock_off(case: &Case<'_>) -> Vec<Ruling> {
    let Some(application) = case.object.application() else { return Vec::new() };
    let audience = application.sign_in_audience.as_ref().map(|audience| audience.as_str());
    if !matches!(audience, Some("AzureADMultipleOrgs" | "AzureADandPersonalMicrosoftAccount")) {
        return Vec::new();
    }
    let lock = application.lock.unwrap_or_default();
    if lock.is_enabled && covers_credentials(lock) {
        return Vec::new();
    }
    vec![Ruling::Broken(Evidence::InstanceLock { enabled: lock.is_enabled })]
}

fn covers_credentials(lock: InstanceLock) -> bool {
    lock.all_properties || (lock.credentials_with_usage_verify && lock.credentials_with_usage_sign)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{ApplicationFacts, Details, Object, Text};

    fn found(audience: Option<&str>, lock: Option<InstanceLock>) -> Vec<Ruling> {
        let sign_in_audience = audience.map(Text::new);
        let details = Details::Application(ApplicationFacts { sign_in_audience, lock, ..Default::default() });
        rulings_alone(instance_lock_off, &Object { details, ..application() })
    }

    #[test]
    #[rustfmt::skip]
    fn it_has_to_cover_all_properties_or_both_usages() {
        let lock = |is_enabled, all_properties, verify, sign| Some(InstanceLock {
            is_enabled,
            all_properties,
            credentials_with_usage_verify: verify,
            credentials_with_usage_sign: sign,
        });
        for (case, lock, expected) in [
            ("missing",             None,                           Some(false)),
            ("off",                 lock(false, true, true, true),  Some(false)),
            ("on but empty",        lock(true, false, false, false), Some(true)),
            ("verify only",         lock(true, false, true, false), Some(true)),
            ("sign only",           lock(true, false, false, true), Some(true)),
            ("both usages",         lock(true, false, true, true),  None),
            ("all properties",      lock(true, true, false, false), None),
        ] {
            let expected: Vec<Ruling> =
                expected.map(|enabled| Ruling::Broken(Evidence::InstanceLock { enabled })).into_iter().collect();
            assert_eq!(found(Some("AzureADMultipleOrgs"), lock), expected, "{case}");
        }
    }

    #[test]
    fn only_applications_open_to_other_organizations_need_it() {
        for (audience, expected) in [
            (Some("AzureADMultipleOrgs"), "broken"),
            (Some("AzureADandPersonalMicrosoftAccount"), "broken"),
            (Some("AzureADMyOrg"), "kept"),
            (Some("PersonalMicrosoftAccount"), "kept"),
            (None, "kept"),
        ] {
            assert_eq!(gist(&found(audience, None)), expected, "{audience:?}");
        }
        assert_eq!(rulings_alone(instance_lock_off, &service_principal(None)), []);
    }
}
