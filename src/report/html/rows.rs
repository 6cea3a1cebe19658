//! The columns of the tables that the script draws. Those of the CSV files have their names and their order, so
//! that what is downloaded from the page is like the file beside it.

use super::pen::{Cell, Holds, Kind};
use crate::domain::Severity;
use crate::report::{ChangeRow, CredentialRow, FindingRow, ObjectRow, PolicyRow, UndecidedRow};

use Holds::{Number, Text, Word, Words};

pub(super) const CHANGES: Kind = Kind {
    name: "changes",
    which: "the first of them",
    file: "changes.csv",
    noun: "change",
    columns: &[
        ("change", Word),
        ("kind", Word),
        ("rule", Word),
        ("severity", Word),
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("credential_type", Word),
        ("credential_id", Word),
        ("credential_name", Word),
        ("policy_id", Word),
        ("policy_name", Word),
        ("before", Word),
        ("after", Word),
        ("detail", Text),
        ("portal_url", Word),
        ("added_by", Word),
    ],
};

pub(super) fn change(row: &ChangeRow) -> [Cell<'_>; CHANGES.columns.len()] {
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
        Cell::Word(change.as_str()),
        Cell::Word(kind.as_str()),
        Cell::Word(rule.map_or("", |rule| rule.as_str())),
        Cell::Word(severity.map_or("", Severity::as_str)),
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Word(credential_type),
        Cell::Word(credential_id),
        Cell::Word(credential_name),
        Cell::Word(policy_id),
        Cell::Word(policy_name),
        Cell::Word(before),
        Cell::Word(after),
        Cell::Text(detail),
        Cell::Word(portal_url),
        Cell::Word(added_by),
    ]
}

/// No table is drawn from these: objects are explained by them.
pub(super) const POLICIES: Kind = Kind {
    name: "policies",
    which: "the first of them",
    file: "policies.csv",
    noun: "restriction",
    columns: &[
        ("policy_type", Word),
        ("policy_id", Word),
        ("policy_name", Word),
        ("policy_enabled", Word),
        ("object_type", Word),
        ("restriction_type", Word),
        ("state", Word),
        ("max_lifetime", Word),
        ("created_on_or_after", Word),
        ("exempted_actors", Words),
    ],
};

pub(super) fn policy(row: &PolicyRow) -> [Cell<'_>; POLICIES.columns.len()] {
    let PolicyRow {
        policy_type,
        policy_id,
        policy_name,
        policy_enabled,
        applies_to: _,
        object_type,
        collection: _,
        restriction_type,
        state,
        max_lifetime,
        created_on_or_after,
        exempted_actors,
    } = row;
    [
        Cell::Word(policy_type),
        Cell::Word(policy_id),
        Cell::Word(policy_name),
        Cell::Word(truth(*policy_enabled)),
        Cell::Word(object_type),
        Cell::Word(restriction_type),
        Cell::Word(state),
        Cell::Word(max_lifetime),
        Cell::Time(*created_on_or_after),
        Cell::Words(exempted_actors),
    ]
}

pub(super) const FINDINGS: Kind = Kind {
    name: "findings",
    which: "some of every rule, the worst first",
    file: "findings.csv",
    noun: "finding",
    columns: &[
        ("rule", Word),
        ("severity", Word),
        ("status", Word),
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("credential_type", Word),
        ("credential_id", Word),
        ("credential_name", Word),
        ("start", Word),
        ("end", Word),
        ("days_left", Number),
        ("policy_id", Word),
        ("policy_name", Word),
        ("owners", Words),
        ("first_seen", Word),
        ("change", Word),
        ("detail", Text),
        ("recommendation", Word),
        ("portal_url", Word),
        ("added_by", Word),
    ],
};

pub(super) fn finding(row: &FindingRow) -> [Cell<'_>; FINDINGS.columns.len()] {
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
        added_by,
    } = row;
    [
        Cell::Word(rule.as_str()),
        Cell::Word(severity.as_str()),
        Cell::Word(status.as_str()),
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Word(credential_type),
        Cell::Word(credential_id),
        Cell::Word(credential_name),
        Cell::Time(*start),
        Cell::Time(*end),
        Cell::Number(*days_left),
        Cell::Word(policy_id),
        Cell::Word(policy_name),
        Cell::Words(owners),
        Cell::Time(*first_seen),
        Cell::Word(change.map_or("", |change| change.as_str())),
        Cell::Text(detail),
        Cell::Word(recommendation),
        Cell::Word(portal_url),
        Cell::Word(added_by),
    ]
}

pub(super) const OBJECTS: Kind = Kind {
    name: "objects",
    which: "those with the worst findings; each is explained by those of the findings above",
    file: "objects.csv",
    noun: "object",
    columns: &[
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("created", Word),
        ("sign_in_audience", Word),
        ("owned_by", Word),
        ("service_principal_type", Word),
        ("enabled", Word),
        ("owners", Words),
        ("active_secrets", Number),
        ("expired_secrets", Number),
        ("active_certificates", Number),
        ("expired_certificates", Number),
        ("symmetric_keys", Number),
        ("federated_credentials", Number),
        ("assigned_policy_id", Word),
        ("assigned_policy_name", Word),
        ("policy_effect", Word),
        ("secret_creation", Word),
        ("decided_by", Word),
        ("reason", Word),
        ("compliance", Word),
        ("worst_severity", Word),
        ("portal_url", Word),
        ("last_sign_in", Word),
        ("permissions", Words),
        ("directory_roles", Words),
        ("agent_blueprint", Word),
    ],
};

pub(super) fn object(row: &ObjectRow) -> [Cell<'_>; OBJECTS.columns.len()] {
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
        last_sign_in,
        permissions,
        directory_roles,
        agent_blueprint,
    } = row;
    [
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Time(*created),
        Cell::Word(sign_in_audience),
        Cell::Word(owned_by),
        Cell::Word(service_principal_type),
        Cell::Word(enabled.map_or("", truth)),
        Cell::Words(owners),
        count(*active_secrets),
        count(*expired_secrets),
        count(*active_certificates),
        count(*expired_certificates),
        count(*symmetric_keys),
        count(*federated_credentials),
        Cell::Word(assigned_policy_id),
        Cell::Word(assigned_policy_name),
        Cell::Word(policy_effect),
        Cell::Word(secret_creation),
        Cell::Word(decided_by),
        Cell::Word(reason),
        Cell::Word(compliance),
        Cell::Word(worst_severity.map_or("", Severity::as_str)),
        Cell::Word(portal_url),
        Cell::Time(*last_sign_in),
        Cell::Words(permissions.as_deref().unwrap_or_default()),
        Cell::Words(directory_roles.as_deref().unwrap_or_default()),
        Cell::Word(truth(*agent_blueprint)),
    ]
}

pub(super) const CREDENTIALS: Kind = Kind {
    name: "credentials",
    which: "those of the objects above",
    file: "credentials.csv",
    noun: "credential",
    columns: &[
        ("object_type", Word),
        ("object_id", Word),
        ("app_id", Word),
        ("display_name", Word),
        ("credential_type", Word),
        ("usage", Word),
        ("credential_id", Word),
        ("credential_name", Word),
        ("start", Word),
        ("end", Word),
        ("lifetime_days", Number),
        ("days_left", Number),
        ("state", Word),
        ("last_used", Word),
        ("not_flagged", Word),
    ],
};

pub(super) fn credential(row: &CredentialRow) -> [Cell<'_>; CREDENTIALS.columns.len()] {
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
        not_flagged,
        repeats: _,
    } = row;
    [
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(app_id),
        Cell::Word(display_name),
        Cell::Word(credential_type),
        Cell::Word(usage),
        Cell::Word(credential_id),
        Cell::Word(credential_name),
        Cell::Time(*start),
        Cell::Time(*end),
        Cell::Number(*lifetime_days),
        Cell::Number(*days_left),
        Cell::Word(state),
        Cell::Time(*last_used),
        Cell::Word(not_flagged),
    ]
}

pub(super) const UNDECIDED: Kind = Kind {
    name: "undecided",
    which: "the first of them",
    file: "report.json",
    noun: "open question",
    columns: &[
        ("object_type", Word),
        ("object_id", Word),
        ("display_name", Word),
        ("rule", Word),
        ("why", Word),
    ],
};

pub(super) fn undecided(row: &UndecidedRow) -> [Cell<'_>; UNDECIDED.columns.len()] {
    let UndecidedRow { object_type, object_id, display_name, rule, why } = row;
    [
        Cell::Word(object_type.as_str()),
        Cell::Word(object_id),
        Cell::Word(display_name),
        Cell::Word(rule.as_str()),
        Cell::Word(why),
    ]
}

fn count(count: usize) -> Cell<'static> {
    Cell::Number(i64::try_from(count).ok())
}

fn truth(truth: bool) -> &'static str {
    if truth { "true" } else { "false" }
}
