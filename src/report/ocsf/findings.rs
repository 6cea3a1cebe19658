//! Events about findings.

use std::borrow::Cow;

use super::class::{Activity, Status, Verdict};
use super::event::{
    Compliance, Event, Evidence, FindingInfo, Owner, Owners, Remediation, Resource, Shown, Told, millis,
};
use super::run::Run;
use crate::domain;
use crate::report::{ChangeKind, ChangeRow, ChangeWord, FindingChange, FindingRow, catalogue};

/// The event about a finding that is there.
pub(super) fn present<'a>(row: &'a FindingRow, run: &'a Run<'_>) -> Event<'a> {
    let explanation = catalogue(row.rule);
    let rule = row.rule.as_str();
    let severity = Some(row.severity);
    Event::from(Told {
        activity: match row.change {
            None => Activity::Unknown,
            Some(FindingChange::New) => Activity::Create,
            Some(FindingChange::Standing | FindingChange::Reopened) => Activity::Update,
        },
        severity,
        status: match row.status {
            domain::Status::Open => Status::New,
            domain::Status::Excepted(_) => Status::Suppressed,
        },
        status_detail: run.incomplete(),
        time: run.started(),
        message: &row.detail,
        metadata: run.metadata(&row.key.0, rule),
        cloud: run.cloud(),
        finding_info: FindingInfo {
            uid: Cow::Borrowed(&row.key.0),
            title: explanation.title,
            desc: &row.detail,
            types: [rule],
            first_seen_time: row.first_seen.map(millis),
            last_seen_time: Some(millis(run.started())),
            src_url: filled(&row.portal_url),
        },
        compliance: Compliance::new(Verdict::Fail, rule, explanation.title, explanation.breaks_when)
            .serving(row.rule),
        remediation: Some(Remediation { desc: &row.recommendation }),
        resource: Resource {
            kind: row.object_type.as_str(),
            uid: &row.object_id,
            uid_alt: filled(&row.app_id),
            name: filled(&row.display_name),
            owner: row.owners.first().map(|name| Owner { name }),
            data: (row.owners.len() > 1).then_some(Owners { owners: &row.owners }),
        },
        evidence: evidence(
            (&row.credential_id, &row.credential_name),
            Shown {
                credential_type: filled(row.credential_type),
                start: row.start.map(millis),
                end: row.end.map(millis),
                days_left: row.days_left,
                policy_id: filled(&row.policy_id),
                policy_name: filled(&row.policy_name),
                added_by: filled(&row.added_by),
            },
        ),
        unmapped: run.unmapped(row.change.map(FindingChange::as_str)),
    })
}

/// The event about a finding that is fixed; none for any other change.
pub(super) fn closed<'a>(row: &'a ChangeRow, run: &'a Run<'_>) -> Option<Event<'a>> {
    let (ChangeKind::Finding, ChangeWord::Fixed) = (row.kind, row.change) else { return None };
    let (key, rule) = (row.key.as_ref()?, row.rule?);
    let explanation = catalogue(rule);
    let (title, breaks_when) = (explanation.title, explanation.breaks_when);
    let compliance = Compliance::new(Verdict::Pass, rule.as_str(), title, breaks_when).serving(rule);
    let rule = rule.as_str();
    Some(Event::from(Told {
        activity: Activity::Close,
        severity: row.severity,
        status: Status::Resolved,
        status_detail: Some(&row.detail),
        time: run.started(),
        message: &row.detail,
        metadata: run.metadata(&key.0, rule),
        cloud: run.cloud(),
        finding_info: FindingInfo {
            uid: Cow::Borrowed(&key.0),
            title: explanation.title,
            desc: &row.detail,
            types: [rule],
            first_seen_time: None,
            last_seen_time: run.last().map(millis),
            src_url: filled(&row.portal_url),
        },
        compliance: compliance.because(vec![Cow::Borrowed(&row.detail)]),
        remediation: None,
        resource: Resource {
            kind: row.object_type.as_str(),
            uid: &row.object_id,
            uid_alt: filled(&row.app_id),
            name: filled(&row.display_name),
            owner: None,
            data: None,
        },
        evidence: evidence(
            (&row.credential_id, &row.credential_name),
            Shown {
                credential_type: filled(&row.credential_type),
                start: None,
                end: None,
                days_left: None,
                policy_id: filled(&row.policy_id),
                policy_name: filled(&row.policy_name),
                added_by: filled(&row.added_by),
            },
        ),
        unmapped: run.unmapped(Some(row.change.as_str())),
    }))
}

/// The credential and the policy, where there is either.
fn evidence<'a>((id, name): (&'a str, &'a str), data: Shown<'a>) -> Option<Evidence<'a>> {
    let shown = data.credential_type.is_some() || data.policy_id.is_some();
    shown.then_some(Evidence { uid: filled(id), name: filled(name), data })
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
