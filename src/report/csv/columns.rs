//! The columns of the CSV files, and the cells of their rows.

use super::cells::{Cell, NOT_KNOWN, list, number, text, time, truth};
use crate::report::{ChangeRow, CredentialRow, FindingRow, ObjectRow, PolicyRow};

#[rustfmt::skip]
pub(in crate::report) const FINDING_COLUMNS: [&str; 21] = [
    "rule", "severity", "status", "object_type", "object_id", "app_id", "display_name",
    "credential_type", "credential_id", "credential_name", "start", "end", "days_left",
    "policy_id", "policy_name", "owners", "first_seen", "change", "detail", "recommendation", "portal_url",
];

pub(super) fn finding(row: &FindingRow) -> [Cell<'_>; FINDING_COLUMNS.len()] {
    let FindingRow {
        key: _,
        rule,
        severity,
        status,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        start,
        end,
        days_left,
        policy_id,
        policy_name,
        owners,
        first_seen,
        change,
        detail,
        recommendation,
        portal_url,
        added_by: _,
    } = row;
    [
        rule.as_str().into(),
        severity.as_str().into(),
        status.as_str().into(),
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        text(credential_type),
        text(credential_id),
        text(credential_name),
        time(*start),
        time(*end),
        number(*days_left),
        text(policy_id),
        text(policy_name),
        list(owners),
        time(*first_seen),
        change.map_or(NOT_KNOWN, |change| change.as_str().into()),
        text(detail),
        text(recommendation),
        text(portal_url),
    ]
}

#[rustfmt::skip]
pub(in crate::report) const OBJECT_COLUMNS: [&str; 25] = [
    "object_type", "object_id", "app_id", "display_name", "created", "sign_in_audience", "owned_by",
    "service_principal_type", "enabled", "owners", "active_secrets", "expired_secrets",
    "active_certificates", "expired_certificates", "symmetric_keys", "federated_credentials",
    "assigned_policy_id", "assigned_policy_name", "policy_effect", "secret_creation", "decided_by",
    "reason", "compliance", "worst_severity", "portal_url",
];

pub(super) fn object(row: &ObjectRow) -> [Cell<'_>; OBJECT_COLUMNS.len()] {
    let ObjectRow {
        object_type,
        object_id,
        app_id,
        display_name,
        created,
        sign_in_audience,
        owned_by,
        service_principal_type,
        enabled,
        owners,
        owner_contacts: _,
        active_secrets,
        expired_secrets,
        active_certificates,
        expired_certificates,
        symmetric_keys,
        federated_credentials,
        assigned_policy_id,
        assigned_policy_name,
        policy_effect,
        secret_creation,
        decided_by,
        reason,
        compliance,
        worst_severity,
        portal_url,
        last_sign_in: _,
        permissions: _,
        directory_roles: _,
        agent_blueprint: _,
    } = row;
    [
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        time(*created),
        text(sign_in_audience),
        text(owned_by),
        text(service_principal_type),
        enabled.map_or(NOT_KNOWN, truth),
        list(owners),
        number(Some(*active_secrets)),
        number(Some(*expired_secrets)),
        number(Some(*active_certificates)),
        number(Some(*expired_certificates)),
        number(Some(*symmetric_keys)),
        number(Some(*federated_credentials)),
        text(assigned_policy_id),
        text(assigned_policy_name),
        text(policy_effect),
        text(secret_creation),
        text(decided_by),
        text(reason),
        text(compliance),
        worst_severity.map_or(NOT_KNOWN, |severity| severity.as_str().into()),
        text(portal_url),
    ]
}

#[rustfmt::skip]
pub(in crate::report) const CREDENTIAL_COLUMNS: [&str; 14] = [
    "object_type", "object_id", "app_id", "display_name", "credential_type", "usage", "credential_id",
    "credential_name", "start", "end", "lifetime_days", "days_left", "state", "last_used",
];

pub(super) fn credential(row: &CredentialRow) -> [Cell<'_>; CREDENTIAL_COLUMNS.len()] {
    let CredentialRow {
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        usage,
        credential_id,
        credential_name,
        start,
        end,
        lifetime_days,
        days_left,
        state,
        last_used,
        not_flagged: _,
        repeats: _,
    } = row;
    [
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        text(credential_type),
        text(usage),
        text(credential_id),
        text(credential_name),
        time(*start),
        time(*end),
        number(*lifetime_days),
        number(*days_left),
        text(state),
        time(*last_used),
    ]
}

#[rustfmt::skip]
pub(super) const POLICY_COLUMNS: [&str; 12] = [
    "policy_type", "policy_id", "policy_name", "policy_enabled", "applies_to", "object_type",
    "collection", "restriction_type", "state", "max_lifetime", "created_on_or_after", "exempted_actors",
];

pub(super) fn policy(row: &PolicyRow) -> [Cell<'_>; POLICY_COLUMNS.len()] {
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
    [
        text(policy_type),
        text(policy_id),
        text(policy_name),
        truth(*policy_enabled),
        number(*applies_to),
        text(object_type),
        text(collection),
        text(restriction_type),
        text(state),
        text(max_lifetime),
        time(*created_on_or_after),
        list(exempted_actors),
    ]
}

#[rustfmt::skip]
pub(super) const CHANGE_COLUMNS: [&str; 18] = [
    "change", "kind", "rule", "severity", "object_type", "object_id", "app_id", "display_name",
    "credential_type", "credential_id", "credential_name", "policy_id", "policy_name", "before", "after",
    "detail", "portal_url", "added_by",
];

pub(super) fn change(row: &ChangeRow) -> [Cell<'_>; CHANGE_COLUMNS.len()] {
    let ChangeRow {
        change,
        kind,
        key: _,
        rule,
        severity,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        before,
        after,
        detail,
        portal_url,
        added_by,
    } = row;
    [
        change.as_str().into(),
        kind.as_str().into(),
        rule.map_or(NOT_KNOWN, |rule| rule.as_str().into()),
        severity.map_or(NOT_KNOWN, |severity| severity.as_str().into()),
        object_type.as_str().into(),
        text(object_id),
        text(app_id),
        text(display_name),
        text(credential_type),
        text(credential_id),
        text(credential_name),
        text(policy_id),
        text(policy_name),
        text(before),
        text(after),
        text(detail),
        text(portal_url),
        text(added_by),
    ]
}
