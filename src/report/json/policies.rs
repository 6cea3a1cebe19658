//! Rows about policies.

use schemars::JsonSchema;
use serde::Serialize;

use super::vocabulary::{or_null, policy_types, reaches};
use super::{filled, moment};
use crate::report::PolicyRow;
use crate::report::moment::Moment;

/// A restriction of a policy, or a policy without any; the members are the columns of `policies.csv`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Policy<'a> {
    /// The tenant default or a custom policy.
    #[schemars(extend("enum" = policy_types()))]
    policy_type: &'static str,
    /// The policy's id.
    #[schemars(extend("format" = "uuid"))]
    policy_id: &'a str,
    /// The policy's name.
    policy_name: &'a str,
    /// Whether the policy is enabled.
    policy_enabled: bool,
    /// How many objects a custom policy is assigned to, where that was read.
    applies_to: Option<usize>,
    /// What the restriction reaches.
    #[schemars(extend("enum" = or_null(reaches())))]
    object_type: Option<&'static str>,
    /// The collection it stands in.
    collection: Option<&'a str>,
    /// What it restricts.
    restriction_type: Option<&'a str>,
    /// Its state, where it has one.
    state: Option<&'a str>,
    /// The longest lifetime, as Graph gives it.
    max_lifetime: Option<&'a str>,
    /// It reaches objects created on or after this; year 1 means all.
    #[schemars(extend("format" = "date-time"))]
    created_on_or_after: Option<Moment>,
    /// The callers it exempts.
    exempted_actors: &'a [String],
}

impl<'a> From<&'a PolicyRow> for Policy<'a> {
    fn from(row: &'a PolicyRow) -> Self {
        let PolicyRow {
            policy_type,
            policy_id,
            policy_name,
            policy_enabled,
            applies_to,
            object_type,
            collection,
            restriction_type,
            state,
            max_lifetime,
            created_on_or_after,
            exempted_actors,
        } = row;
        Self {
            policy_type,
            policy_id,
            policy_name,
            policy_enabled: *policy_enabled,
            applies_to: *applies_to,
            object_type: filled(object_type),
            collection: filled(collection),
            restriction_type: filled(restriction_type),
            state: filled(state),
            max_lifetime: filled(max_lifetime),
            created_on_or_after: moment(*created_on_or_after),
            exempted_actors,
        }
    }
}
