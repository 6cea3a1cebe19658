//! `[[exception]]` as it is written.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use crate::domain::RuleId;

/// Something that is accepted for a while.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawException {
    /// Whose findings are accepted: an object id or an app id, the id of a custom policy, or the tenant
    /// id. Either this or `name`.
    pub(in crate::config) object: Option<String>,
    /// The display names of the applications and service principals whose findings are accepted: `*`
    /// stands for any text, `?` for one character; upper and lower case make no difference.
    pub(in crate::config) name: Option<String>,
    /// The rules that they may break, or `["*"]` for all.
    #[schemars(required, schema_with = "rules")]
    pub(in crate::config) rules: Option<Vec<String>>,
    /// Why this is accepted.
    #[schemars(required)]
    pub(in crate::config) reason: Option<String>,
    /// Who accepted it.
    #[schemars(required)]
    pub(in crate::config) accepted_by: Option<String>,
    /// The last day on which it holds, in UTC: `2027-03-31`.
    #[schemars(required, schema_with = "date")]
    pub(in crate::config) expires: Option<String>,
    /// The name of the tenant it is meant for. Default: every tenant.
    pub(in crate::config) tenant: Option<String>,
}

/// Ids of rules, or the star.
fn rules(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = RuleId::ALL
        .iter()
        .filter(|rule| !rule.is_about_exceptions())
        .map(|rule| rule.as_str())
        .chain(["*"])
        .collect();
    schemars::json_schema!({ "type": "array", "items": { "enum": words }, "minItems": 1 })
}

/// A day.
fn date(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "string", "format": "date" })
}
