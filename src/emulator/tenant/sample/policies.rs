//! Contoso's policies: well meant, and not finished.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{BLOCKED_SINCE, TenantData};
use crate::emulator::shapes::{disabled, lifetime, restriction, since, with, without};

/// The ids of the custom policies that are assigned.
pub(super) struct Policies {
    pub(super) no_secrets: String,
    pub(super) exclusions: String,
    pub(super) ninety_days: String,
    pub(super) pilot: String,
    pub(super) two_years: String,
    pub(super) from_next_month: String,
}

/// Enabled. Applications of the last two years may not get new secrets, older ones may; service principals
/// may not at all. Build agents are exempted from the limit on certificates.
pub(super) fn default(now: DateTime<Utc>) -> Value {
    let recent = now - BLOCKED_SINCE;
    // The admin centre writes the year 1 for "all applications".
    let always = |entry| with(entry, "restrictForAppsCreatedAfterDateTime", json!("0001-01-01T00:00:00Z"));
    let certificates = always(lifetime("asymmetricKeyLifetime", "P366D"));
    let exempted = json!({
        "customSecurityAttributes": [{
            "@odata.type": "#microsoft.graph.customSecurityAttributeStringValueExemption",
            "id": "PolicyExemptions_AppManagementExemption",
            "operator": "equals",
            "value": "ExemptFromCertificateLifetimeRestriction",
        }],
    });
    json!({
        "isEnabled": true,
        "applicationRestrictions": {
            "passwordCredentials": [
                since(restriction("passwordAddition"), recent),
                always(lifetime("passwordLifetime", "P180D")),
                since(without(restriction("symmetricKeyAddition"), "state"), recent),
            ],
            "keyCredentials": [with(certificates.clone(), "excludeActors", exempted)],
            "identifierUris": {
                "nonDefaultUriAddition": null,
                "uriAdditionWithoutUniqueTenantIdentifier": {
                    "state": "enabled",
                    "isStateSetByMicrosoft": true,
                    "restrictForAppsCreatedAfterDateTime": null,
                    "excludeAppsReceivingV2Tokens": true,
                    "excludeSaml": true,
                    "excludeActors": null,
                },
            },
        },
        "servicePrincipalRestrictions": {
            "passwordCredentials": [
                always(restriction("passwordAddition")),
                always(restriction("symmetricKeyAddition")),
            ],
            "keyCredentials": [certificates],
        },
    })
}

impl Policies {
    pub(super) fn add(tenant: &mut TenantData, now: DateTime<Utc>) -> Self {
        let next_month = now + TimeDelta::days(30);
        let custom_ca = json!({
            "restrictionType": "trustedCertificateAuthority",
            "state": "enabled",
            "maxLifetime": null,
            "restrictForAppsCreatedAfterDateTime": null,
            "certificateBasedApplicationConfigurationIds": ["eec5ba11-2fc0-4113-83a2-ed986ed13743"],
        });
        let mut add = |name: &str, description: &str, passwords: Value, keys: Value| {
            tenant.add_policy(json!({
                "id": super::id("appManagementPolicy", name),
                "displayName": name,
                "description": description,
                "restrictions": { "passwordCredentials": passwords, "keyCredentials": keys },
            }))
        };
        let no_secrets = add(
            "Workload applications: no client secrets",
            "Federated credentials or certificates only.",
            json!([restriction("passwordAddition"), restriction("symmetricKeyAddition")]),
            json!([]),
        );
        let exclusions = add(
            "Exclusions: block password addition",
            "Applications excluded from the restriction in the admin centre.",
            json!([disabled("passwordAddition")]),
            json!([]),
        );
        let ninety_days = add(
            "Integrations: secrets of 90 days",
            "For the integrations that cannot do without a secret.",
            json!([lifetime("passwordLifetime", "P90D")]),
            json!([custom_ca]),
        );
        let two_years = add(
            "Treasury: secrets of two years",
            "Agreed with the treasury until the bank's interface is replaced.",
            json!([lifetime("passwordLifetime", "P730D")]),
            json!([]),
        );
        let from_next_month = add(
            "Vendors from next month",
            "Blocks secrets on what vendors bring in from next month.",
            json!([since(restriction("passwordAddition"), next_month)]),
            json!([]),
        );
        add(
            "Certificates only (draft)",
            "Not assigned yet.",
            json!([restriction("passwordAddition")]),
            json!([]),
        );
        add("New policy", "", json!([]), json!([]));
        let pilot = add(
            "Pilot: block new secrets",
            "Switched off after the pilot.",
            json!([restriction("passwordAddition")]),
            json!([]),
        );
        if let Some(Value::Object(policy)) = tenant.policy_mut(&pilot) {
            policy.insert("isEnabled".to_owned(), json!(false));
        }
        Self { no_secrets, exclusions, ninety_days, pilot, two_years, from_next_month }
    }
}
