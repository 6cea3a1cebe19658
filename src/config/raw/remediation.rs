//! `[remediation]` as it is written.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::{RawCredential, RawDemand};
use crate::domain::RuleId;
use crate::remediation::Action;

/// What may be put right, and by whom.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawRemediation {
    /// What the daemon does after a complete run: nothing, a plan in the mail, or the plan and what it says.
    /// Default: `off`.
    pub(in crate::config) mode: Option<RawMode>,
    /// What may be done, by name. Default: nothing.
    pub(in crate::config) actions: Option<Vec<Action>>,
    /// The most changes that one plan makes. Default: 25.
    #[schemars(range(min = 1, max = 100_000))]
    pub(in crate::config) max_changes: Option<u32>,
    /// After so many failed changes the rest is left. Default: 3.
    #[schemars(range(min = 1, max = 100_000))]
    pub(in crate::config) max_failures: Option<u32>,
    /// On its own, the daemon acts only on findings first seen at least this long ago. Default: `14d`.
    pub(in crate::config) grace: Option<String>,
    /// A plan that is older is not applied any more. Default: `7d`.
    pub(in crate::config) plan_valid_for: Option<String>,
    /// What is never changed: object ids, app ids, policy ids, the tenant id (for the tenant default policy), or
    /// names of objects and policies, in which `*` stands for any text and `?` for one character. Default: nothing.
    pub(in crate::config) protected: Option<Vec<String>>,
    /// The custom policy that `create-policy` creates and `assign-policy` assigns.
    pub(in crate::config) policy: Option<RawTemplate>,
    /// `remove-client-secrets`: the day on which the owners were told that their secrets will be removed. Secrets
    /// that were found later stay.
    #[schemars(schema_with = "date")]
    #[serde(default)]
    pub(in crate::config) owners_told_on: Option<String>,
    /// `remove-client-secrets`: how long the owners have from then on. Default: `30d`.
    pub(in crate::config) owners_notice: Option<String>,
    /// Whether an application seen signing in recently may lose its last credential. Default: false.
    pub(in crate::config) remove_last_credential: Option<bool>,
    /// `disable-service-principal`: the rules for which a service principal is switched off.
    #[schemars(schema_with = "rules")]
    #[serde(default)]
    pub(in crate::config) disable_for: Option<Vec<String>>,
    /// The sign-in that may write. Only what applies a plan uses it.
    pub(in crate::config) credential: Option<RawCredential>,
}

/// What the daemon does after a complete run.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum RawMode {
    /// Nothing.
    Off,
    /// It makes a plan, which the mail carries.
    Plan,
    /// It makes a plan and applies it; the mail says what was done.
    Apply,
}

/// The custom policy that is created and assigned.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawTemplate {
    /// The id of a policy that is there already, and is assigned as it is.
    pub(in crate::config) id: Option<String>,
    /// Its name, by which it is found again. Default: `Keysweep: no client secrets`.
    pub(in crate::config) name: Option<String>,
    /// Its description.
    pub(in crate::config) description: Option<String>,
    /// What it restricts, for every object. Default: `["passwordAddition", "symmetricKeyAddition"]`.
    #[schemars(length(min = 1))]
    pub(in crate::config) restrictions: Option<Vec<RawDemand>>,
}

/// A day.
fn date(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "format": "date" })
}

/// Ids of rules about objects.
fn rules(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = RuleId::ALL.iter().map(|rule| rule.as_str()).collect();
    schemars::json_schema!({ "type": "array", "items": { "enum": words }, "minItems": 1 })
}
