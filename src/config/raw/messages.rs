//! `[[route]]`, `[digest]` and `[owners]` as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::RawSeverity;

/// Who else gets a letter about a run: narrowed to what is severe enough for them.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawRoute {
    /// A short name of letters, digits, `.`, `_` and `-`.
    #[schemars(required)]
    pub(in crate::config) name: Option<String>,
    /// The recipients.
    #[schemars(required, length(min = 1))]
    pub(in crate::config) to: Option<Vec<String>>,
    /// Findings below this severity are left out of the letter. Default: `info`.
    pub(in crate::config) min_severity: Option<RawSeverity>,
    /// The names of the tenants it tells of. Default: all.
    #[schemars(length(min = 1))]
    pub(in crate::config) tenants: Option<Vec<String>>,
    /// When there is a letter about a complete run; about an incomplete one there always is. Default: `new`.
    pub(in crate::config) when: Option<RawWhen>,
}

/// When there is a letter about a complete run.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::config) enum RawWhen {
    /// After every run.
    Always,
    /// Where there is an open finding of that severity.
    Findings,
    /// Where one is new or back.
    New,
}

/// One mail over all tenants, from the daemon. Needs `mail.summary` to be `digest` or `both`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawDigest {
    /// When it is sent: a cron expression of five fields (minute, hour, day, month, weekday), or six with seconds
    /// first.
    #[schemars(required)]
    pub(in crate::config) cron: Option<String>,
    /// The IANA time zone in which `cron` is meant. Default: that of `[schedule]`.
    pub(in crate::config) timezone: Option<String>,
    /// The recipients. Default: `mail.to`.
    #[schemars(length(min = 1))]
    pub(in crate::config) to: Option<Vec<String>>,
}

/// Letters to the owners of applications, after complete runs. Their addresses are read with `User.ReadBasic.All`;
/// without it nobody is written to, and the log says so.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct RawOwners {
    /// Whether owners are written to. Default: false.
    pub(in crate::config) enabled: Option<bool>,
    /// The domains of owners' addresses that may be written to; a subdomain is one of its own. Whatever stands in the
    /// directory, no owner elsewhere is written to. Needed when enabled.
    #[schemars(length(min = 1))]
    pub(in crate::config) domains: Option<Vec<String>>,
    /// Owners are told of findings of at least this severity. Default: `medium`.
    pub(in crate::config) min_severity: Option<RawSeverity>,
    /// By when something is to be done, counted from when somebody was first told of a finding. Default: `30d`.
    pub(in crate::config) deadline: Option<String>,
    /// An owner is told again after this time, or when something is new. Default: `30d`.
    pub(in crate::config) remind_after: Option<String>,
    /// Who is told of applications that have no owner with an address in `domains`: at any domain. Default: nobody.
    pub(in crate::config) fallback: Option<Vec<String>>,
    /// `escalate_to` is told of a finding that stands for this long after its owner was first told. Default: `60d`.
    pub(in crate::config) escalate_after: Option<String>,
    /// Who is told then: at any domain. Default: nobody.
    pub(in crate::config) escalate_to: Option<Vec<String>>,
    /// How many are written to after one run; the next run goes on. Default: 200.
    #[schemars(range(min = 1, max = 10000))]
    pub(in crate::config) max_per_run: Option<u16>,
}
