//! Bodies as Graph sends them. Everything may be null or absent, an absent collection is an empty one,
//! and members that are not named here are passed over: `hint`, `secretText` and `key` are never read.
//! What a tenant has by the hundred thousand borrows its text from the body.

use std::collections::BTreeMap;

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::batch::MEMBERS;
use super::batch_headers::Headers;
use super::bounded::AtMost;
use super::lent::Lent;

/// Entries of one page. Graph's largest page holds 999 (FACTS §4.1), and of a delta query some hundred; more
/// than this is no page.
pub(super) const MOST_ENTRIES: usize = 10_000;

/// A page of any collection (FACTS §4.1). Its entries are JSON, but nothing more is known of them yet:
/// they are read one by one, so that one that cannot be read does not take the page with it.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) value: AtMost<Box<RawValue>, MOST_ENTRIES>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub(super) delta_link: Option<String>,
    #[serde(rename = "@odata.count")]
    pub(super) count: Option<Box<RawValue>>,
    #[serde(default, rename = "error", deserialize_with = "no_error")]
    pub(super) _error: (),
}

impl Page {
    /// The only page, with this one entry.
    pub(super) fn of(entry: Box<RawValue>) -> Self {
        let value = AtMost::of(vec![entry]);
        Self { value, next_link: None, delta_link: None, count: None, _error: () }
    }
}

/// A page that tells of an error is none, whatever else it holds.
fn no_error<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match Option::<IgnoredAny>::deserialize(deserializer)? {
        None => Ok(()),
        Some(_) => Err(D::Error::custom("an error where a page should be")),
    }
}

/// `application` (FACTS §1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Application<'a> {
    #[serde(borrow, rename = "@odata.type")]
    pub(super) odata_type: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) app_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) display_name: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) created_date_time: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) sign_in_audience: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) password_credentials: Option<Vec<Option<PasswordCredential<'a>>>>,
    #[serde(borrow)]
    pub(super) key_credentials: Option<Vec<Option<KeyCredential<'a>>>>,
    #[serde(borrow)]
    pub(super) tags: Option<Vec<Option<Lent<'a>>>>,
    #[serde(borrow)]
    pub(super) notes: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) description: Option<Lent<'a>>,
    pub(super) is_disabled: Option<bool>,
    #[serde(borrow)]
    pub(super) disabled_by_microsoft_status: Option<Lent<'a>>,
    pub(super) service_principal_lock_configuration: Option<Lock>,
    /// Null is not absent here: what was asked for and is absent was passed over.
    #[serde(borrow, default, deserialize_with = "given")]
    pub(super) federated_identity_credentials: Option<Option<Vec<Option<FederatedCredential<'a>>>>>,
    #[serde(default, rename = "federatedIdentityCredentials@odata.nextLink")]
    pub(super) more_federated: Option<IgnoredAny>,
}

/// A member that is there, null or not.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(member: D) -> Result<Option<T>, D::Error> {
    T::deserialize(member).map(Some)
}

/// `servicePrincipal` (FACTS §2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServicePrincipal<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) app_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) display_name: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) created_date_time: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) app_owner_organization_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) service_principal_type: Option<Lent<'a>>,
    pub(super) account_enabled: Option<bool>,
    #[serde(borrow)]
    pub(super) password_credentials: Option<Vec<Option<PasswordCredential<'a>>>>,
    #[serde(borrow)]
    pub(super) key_credentials: Option<Vec<Option<KeyCredential<'a>>>>,
    #[serde(borrow)]
    pub(super) tags: Option<Vec<Option<Lent<'a>>>>,
    #[serde(borrow)]
    pub(super) notes: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) description: Option<Lent<'a>>,
}

/// `passwordCredential` (FACTS §3).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PasswordCredential<'a> {
    #[serde(borrow)]
    pub(super) key_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) display_name: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) start_date_time: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) end_date_time: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) custom_key_identifier: Option<Lent<'a>>,
}

/// `keyCredential` (FACTS §3).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyCredential<'a> {
    #[serde(borrow)]
    pub(super) key_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) display_name: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) start_date_time: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) end_date_time: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) custom_key_identifier: Option<Lent<'a>>,
    #[serde(borrow, rename = "type")]
    pub(super) key_type: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) usage: Option<Lent<'a>>,
}

/// `federatedIdentityCredential` (FACTS §8).
#[derive(Debug, Deserialize)]
pub(super) struct FederatedCredential<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) issuer: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) subject: Option<Lent<'a>>,
}

/// `servicePrincipalLockConfiguration` (FACTS §7.5).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lock {
    pub(super) is_enabled: Option<bool>,
    pub(super) all_properties: Option<bool>,
    pub(super) credentials_with_usage_verify: Option<bool>,
    pub(super) credentials_with_usage_sign: Option<bool>,
}

/// `tenantAppManagementPolicy` (FACTS §5.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TenantDefault {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) is_enabled: Option<bool>,
    pub(super) application_restrictions: Option<Restrictions>,
    pub(super) service_principal_restrictions: Option<Restrictions>,
}

/// `appManagementPolicy` (FACTS §5.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomPolicy {
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) is_enabled: Option<bool>,
    pub(super) restrictions: Option<CustomRestrictions>,
}

/// `customAppManagementConfiguration` (FACTS §5.2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomRestrictions {
    #[serde(flatten)]
    pub(super) both: Restrictions,
    pub(super) application_restrictions: Option<Restrictions>,
}

/// Any of the configurations of FACTS §5.2: they differ only in which of these they have.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restrictions {
    pub(super) password_credentials: Option<Vec<Option<Restriction>>>,
    pub(super) key_credentials: Option<Vec<Option<Restriction>>>,
    pub(super) identifier_uris: Option<Members>,
    pub(super) audiences: Option<Members>,
    pub(super) redirect_uris: Option<Members>,
}

/// A collection that is no list: each restriction is a member of its own name, next to annotations.
pub(super) type Members = BTreeMap<String, Value>;

/// One restriction of any collection.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Restriction {
    pub(super) restriction_type: Option<String>,
    pub(super) state: Option<String>,
    pub(super) max_lifetime: Option<String>,
    pub(super) restrict_for_apps_created_after_date_time: Option<String>,
    /// Read by hand: whatever it holds may exempt somebody.
    pub(super) exclude_actors: Option<Value>,
}

/// An entry of `appliesTo` or of a listing of ids (FACTS §5.6).
#[derive(Debug, Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(borrow, rename = "@odata.type")]
    pub(super) odata_type: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
}

/// Any entry, as far as it has a name.
#[derive(Debug, Deserialize)]
pub(super) struct Named<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
}

/// An entry of `owners`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Owner {
    #[serde(rename = "@odata.type")]
    pub(super) kind: Option<String>,
    pub(super) id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) mail: Option<String>,
    pub(super) user_principal_name: Option<String>,
}

/// An entry of a listing for the sake of its owners (FACTS §4.3).
#[derive(Debug, Deserialize)]
pub(super) struct Owned<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    pub(super) owners: Option<Vec<Owner>>,
    /// There are more of them.
    #[serde(default, rename = "owners@odata.nextLink")]
    pub(super) more: Option<IgnoredAny>,
}

/// The envelope of a batch (FACTS §9.4).
#[derive(Debug, Deserialize)]
pub(super) struct BatchAnswers {
    pub(super) responses: AtMost<BatchAnswer, MEMBERS>,
}

/// The answer of one member.
#[derive(Debug, Deserialize)]
pub(super) struct BatchAnswer {
    pub(super) id: String,
    pub(super) status: u16,
    pub(super) headers: Option<Headers>,
    pub(super) body: Option<Box<RawValue>>,
}
