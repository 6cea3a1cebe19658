//! `[[webhook]]` and `[heartbeat]` as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::RawSeverity;
use crate::config::WebhookKind;

/// Something that is told by HTTP of runs in which a finding is new, back or fixed, and of incomplete ones.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawWebhook {
    /// A short name of letters, digits, `.`, `_` and `-`. Default: the kind.
    pub(in crate::config) name: Option<String>,
    /// Who reads it: `teams`, `slack`, or any other program (`generic`).
    #[schemars(required)]
    pub(in crate::config) kind: Option<WebhookKind>,
    /// A file that holds the URL: https, or http on loopback. Whoever knows it can post.
    pub(in crate::config) url_file: Option<String>,
    /// The environment variable that holds the URL.
    pub(in crate::config) url_env: Option<String>,
    /// `generic`: a file that holds the secret that what is posted is signed with (HMAC-SHA256).
    pub(in crate::config) secret_file: Option<String>,
    /// `generic`: the environment variable that holds that secret.
    pub(in crate::config) secret_env: Option<String>,
    /// Findings below this severity are left out. Default: `info`.
    pub(in crate::config) min_severity: Option<RawSeverity>,
    /// The names of the tenants it is told of. Default: all.
    #[schemars(length(min = 1))]
    pub(in crate::config) tenants: Option<Vec<String>>,
    /// A PEM file of certificate authorities to trust beside the system's.
    pub(in crate::config) ca_file: Option<String>,
}

/// What is called after every good run.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawHeartbeat {
    /// A file that holds the URL: https, or http on loopback. `{tenant}` in it stands for the name of the tenant.
    pub(in crate::config) url_file: Option<String>,
    /// The environment variable that holds the URL.
    pub(in crate::config) url_env: Option<String>,
}
