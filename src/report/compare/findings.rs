//! Findings that are new, back or fixed.

use super::Present;
use super::fixed::{is_looked_at, why};
use super::rows::{Ranked, bare};
use crate::domain::{FindingRecord, KnownFinding, ObjectId, ObjectKey, ObjectKind, Subject};
use crate::report::build::portal_url;
use crate::report::record::record;
use crate::report::{ChangeKind, ChangeRow, ChangeWord, FindingChange, FindingRow};

/// The rows of findings that are new or back, and of those that are fixed.
pub(super) fn changes(
    missing: &[KnownFinding],
    present: &Present<'_>,
    findings: impl Iterator<Item = FindingRow>,
) -> Vec<Ranked> {
    let here = findings.filter_map(|row| match row.change? {
        FindingChange::New => Some(found(&row, ChangeWord::Appeared, "")),
        FindingChange::Reopened => Some(found(&row, ChangeWord::Reopened, "fixed")),
        FindingChange::Standing => None,
    });
    let mut rows: Vec<Ranked> = here.map(Ranked::from).collect();
    if present.is_complete() {
        let fixed = missing.iter().filter(|known| is_looked_at(&known.record, present));
        rows.extend(fixed.map(|known| Ranked::from(fixed_row(known, present))));
    }
    rows
}

fn found(row: &FindingRow, change: ChangeWord, before: &str) -> ChangeRow {
    let FindingRecord {
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
    } = record(row);
    ChangeRow {
        change,
        kind: ChangeKind::Finding,
        key: Some(row.key.clone()),
        rule: Some(rule),
        severity: Some(severity),
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        before: before.to_owned(),
        after: row.status.as_str().to_owned(),
        detail: row.detail.clone(),
        portal_url: row.portal_url.clone(),
        added_by: row.added_by.clone(),
    }
}

/// A fixed finding is told by what is known of it, and links to what is still there.
fn fixed_row(known: &KnownFinding, present: &Present<'_>) -> ChangeRow {
    let KnownFinding { key, record, first_seen: _, open: _ } = known;
    let FindingRecord {
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
    } = record.clone();
    let object = object_key(record).and_then(|key| present.object(&key));
    let object = object.as_ref();
    ChangeRow {
        key: Some(key.clone()),
        rule: Some(rule),
        severity: Some(severity),
        object_id,
        app_id,
        display_name: object.map_or(display_name, |object| object.display_name.as_str().to_owned()),
        credential_type,
        credential_id,
        credential_name,
        policy_id,
        policy_name,
        after: "fixed".to_owned(),
        detail: why(record, present),
        portal_url: object.map_or_else(String::new, |object| portal_url(present.header.portal, object)),
        ..bare(ChangeWord::Fixed, ChangeKind::Finding, object_type)
    }
}

/// The application or service principal that a finding is about.
pub(super) fn object_key(record: &FindingRecord) -> Option<ObjectKey> {
    let kind = match record.object_type {
        Subject::Application => ObjectKind::Application,
        Subject::ServicePrincipal => ObjectKind::ServicePrincipal,
        Subject::Policy | Subject::Tenant => return None,
    };
    Some(ObjectKey { kind, id: ObjectId(record.object_id.parse().ok()?) })
}
