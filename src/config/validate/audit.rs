//! `[audit]`, `[policy]` and `[rules]`.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{Desk, values};
use crate::compliance::{Demand, Settings};
use crate::config::raw::{RawAudit, RawDemand, RawLevel, RawLimited, RawPolicy, RawRequire, RawScope};
use crate::config::{Extras, Reading};
use crate::domain::{MaxLifetime, Need, ObjectKind, RestrictionKind, RuleId, Severity};

/// How old the last full read may get: as old as what Graph remembers of changes.
const FULL_EVERY: TimeDelta = TimeDelta::days(7);

/// Checks what is read and how it is judged.
pub(super) fn judging(
    audit: Option<RawAudit>,
    policy: Option<RawPolicy>,
    rules: Option<BTreeMap<String, RawLevel>>,
    desk: &mut Desk<'_>,
) -> (Option<Reading>, Option<Settings>) {
    let audit = audit.unwrap_or_default();
    let owners = audit.owners.unwrap_or(true);
    let scope = scope(audit.scope.as_deref(), desk);
    let defaults = Settings::default();
    let mut limit = |text: Option<String>, default: TimeDelta, key: &str| match text {
        Some(text) => values::any_duration(&text, key, desk),
        None => Some(default),
    };
    let expiring = limit(audit.expiring_within, defaults.expiring_within, "audit.expiring_within");
    let secret = limit(audit.max_secret_lifetime, defaults.max_secret_lifetime, "audit.max_secret_lifetime");
    let certificate = limit(
        audit.max_certificate_lifetime,
        defaults.max_certificate_lifetime,
        "audit.max_certificate_lifetime",
    );
    let unused = limit(audit.unused_after, defaults.unused_after, "audit.unused_after");
    let full_every = limit(audit.full_every, FULL_EVERY, "audit.full_every");
    let extras = Extras {
        application_permissions: audit.application_permissions.unwrap_or(true),
        directory_roles: audit.directory_roles.unwrap_or(false),
        sign_in_activity: audit.sign_in_activity.unwrap_or(false),
        audit_log: audit.audit_log.unwrap_or(false),
        deleted_applications: audit.deleted_applications.unwrap_or(false),
        agent_blueprints: audit.agent_blueprints.unwrap_or(false),
    };
    let reading = || Some(Reading { scope: scope?, owners, extras, full_every: full_every? });
    let reading = reading();
    let policy = policy.unwrap_or_default();
    let restrictive = match policy.restrictive {
        Some(raw) => {
            let empty = "is empty: any policy would count as restrictive";
            demands(raw, "policy.restrictive", (empty, "[\"passwordAddition\"]"), desk)
        }
        None => Some(defaults.restrictive),
    };
    let severities = severities(rules.unwrap_or_default(), owners, extras, desk);
    let settings = || {
        Some(Settings {
            scope: reading.as_ref()?.scope.iter().copied().collect(),
            severities,
            expiring_within: expiring?,
            max_secret_lifetime: secret?,
            max_certificate_lifetime: certificate?,
            unused_after: unused?,
            compliance_threshold: audit
                .compliance_threshold
                .map_or(defaults.compliance_threshold, Severity::from),
            require: match policy.require {
                Some(RawRequire::Assigned) => Need::Assigned,
                Some(RawRequire::Effective) => Need::Effective,
                None => defaults.require,
            },
            restrictive: restrictive?,
            privileged: defaults.privileged,
            exceptions: Vec::new(),
            used_elsewhere: defaults.used_elsewhere,
        })
    };
    let settings = settings();
    (reading, settings)
}

fn scope(raw: Option<&[RawScope]>, desk: &mut Desk<'_>) -> Option<Vec<ObjectKind>> {
    let Some(raw) = raw else {
        return Some(vec![ObjectKind::Application, ObjectKind::ServicePrincipal]);
    };
    if raw.is_empty() {
        let remedy = "List `applications`, `service-principals` or both, or leave `scope` out for both";
        desk.problem("audit.scope", "is empty: nothing would be audited", remedy);
        return None;
    }
    let mut scope = Vec::new();
    for (index, word) in raw.iter().enumerate() {
        let kind = match word {
            RawScope::Applications => ObjectKind::Application,
            RawScope::ServicePrincipals => ObjectKind::ServicePrincipal,
        };
        if scope.contains(&kind) {
            desk.problem(&format!("audit.scope[{index}]"), "is listed twice", "Remove one of the two");
        }
        scope.push(kind);
    }
    Some(scope)
}

/// Restrictions, each type once. `empty` says what it would mean if there were none, and what the default is.
pub(super) fn demands(
    raw: Vec<RawDemand>,
    table: &str,
    empty: (&str, &str),
    desk: &mut Desk<'_>,
) -> Option<Vec<Demand>> {
    if raw.is_empty() {
        let (what, default) = empty;
        desk.problem(table, what, format!("List at least one type, or leave it out for `{default}`"));
        return None;
    }
    let mut demands: Vec<Option<Demand>> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let key = format!("{table}[{index}]");
        let demand = demand(raw, &key, desk);
        let kind = demand.as_ref().map(|demand| &demand.kind);
        if kind.is_some() && demands.iter().flatten().any(|other| Some(&other.kind) == kind) {
            desk.problem(&key, "is listed twice", "Remove one of the two");
        }
        demands.push(demand);
    }
    demands.into_iter().collect()
}

fn demand(raw: RawDemand, key: &str, desk: &mut Desk<'_>) -> Option<Demand> {
    let RawLimited { kind, max } = match raw {
        RawDemand::Type(kind) => RawLimited { kind: Some(kind), max: None },
        RawDemand::Limited(limited) => limited,
    };
    let Some(kind) = kind.map(RestrictionKind::from) else {
        desk.missing(&format!("{key}.type"), "Add it, as `{ type = \"passwordLifetime\", max = \"90d\" }`");
        return None;
    };
    let key = format!("{key}.max");
    let max = match max {
        Some(_) if !kind.is_lifetime() => {
            let remedy =
                "Remove it, or use `passwordLifetime`, `symmetricKeyLifetime` or `asymmetricKeyLifetime`";
            desk.problem(&key, format!("means nothing for `{kind}`, which blocks altogether"), remedy);
            return None;
        }
        Some(text) => Some(MaxLifetime::from_delta(values::any_duration(&text, &key, desk)?)),
        None => None,
    };
    Some(Demand { kind, max })
}

/// Unknown rules and words were refused before. A rule is off where nothing is read that it could be decided by.
fn severities(
    raw: BTreeMap<String, RawLevel>,
    owners: bool,
    extras: Extras,
    desk: &mut Desk<'_>,
) -> BTreeMap<RuleId, Option<Severity>> {
    let mut severities: BTreeMap<RuleId, Option<Severity>> =
        raw.into_iter().filter_map(|(rule, level)| Some((rule.parse().ok()?, level.severity()))).collect();
    let privileges = extras.application_permissions || extras.directory_roles;
    for (rule, read, unread, key) in [
        (RuleId::NoOwner, owners, "owners are not read", "owners"),
        (
            RuleId::ClientSecretUnused,
            extras.sign_in_activity,
            "sign-in activity is not read",
            "sign_in_activity",
        ),
        (
            RuleId::PrivilegedWithSecret,
            privileges,
            "neither application permissions nor directory roles are read",
            "application_permissions",
        ),
    ] {
        if !read && let Some(Some(_)) = severities.insert(rule, None) {
            let remedy = format!("Set `audit.{key} = true`, or remove this line");
            desk.problem(&format!("rules.{rule}"), format!("has a severity, but {unread}"), remedy);
        }
    }
    severities
}
