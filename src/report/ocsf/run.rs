//! What all events of a run share, and the one about the run itself.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::class::{Activity, Status, Verdict};
use super::event::{
    Cloud, Compliance, Event, FindingInfo, Metadata, Remediation, Resource, Told, Unmapped, millis,
};
use crate::report::{Compared, GapRow, Report, Subject};

/// By what the finding is known that a tenant could not be read completely. No rule is called so.
const INCOMPLETE: &str = "audit-incomplete";
const TITLE: &str = "Audit not complete";
const DESCRIPTION: &str = "Not everything was read that was to be read, so findings may be missing.";
const REMEDY: &str = "Put right what kept it from being read, then audit again.";
const COMPLETE_AGAIN: &str = "Everything was read again.";

/// A run, as its events speak of it.
pub(super) struct Run<'a> {
    report: &'a Report,
    tenant_uid: String,
    /// That it is not complete, in a sentence.
    incomplete: Option<String>,
    unavailable: Vec<String>,
}

impl<'a> Run<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let mut parts: Vec<&str> = report.gaps.iter().map(|gap| gap.part.as_str()).collect();
        parts.dedup();
        let incomplete = (!parts.is_empty()).then(|| {
            format!(
                "The audit is not complete: {} could not be read. Findings may be missing, and nothing is reported \
                 as fixed.",
                parts.join(", ")
            )
        });
        Self {
            report,
            tenant_uid: report.header.tenant_id.to_string(),
            incomplete,
            unavailable: report.unavailable.iter().map(with_reason).collect(),
        }
    }

    pub(super) fn started(&self) -> DateTime<Utc> {
        self.report.header.started
    }

    /// When the run started that this one is compared with.
    pub(super) fn last(&self) -> Option<DateTime<Utc>> {
        match &self.report.compared {
            Compared::With(last) => Some(last.started),
            Compared::Unknown | Compared::First => None,
        }
    }

    pub(super) fn incomplete(&self) -> Option<&str> {
        self.incomplete.as_deref()
    }

    pub(super) fn metadata<'b>(&'b self, finding: &str, rule: &'b str) -> Metadata<'b> {
        Metadata::new(&self.tenant_uid, self.report.header.run_id.as_str(), finding, rule)
    }

    pub(super) fn cloud(&self) -> Cloud<'_> {
        Cloud::new(&self.tenant_uid, &self.report.header.tenant)
    }

    pub(super) fn unmapped(&self, change: Option<&'static str>) -> Unmapped<'_> {
        Unmapped {
            run_id: self.report.header.run_id.as_str(),
            complete: self.report.gaps.is_empty(),
            change,
            notices: &self.report.notices,
            unavailable: &self.unavailable,
        }
    }

    /// That the run is not complete, or that it is again.
    pub(super) fn completeness(&self) -> Option<Event<'_>> {
        let was_incomplete = self.report.trend.last().is_some_and(|last| !last.complete);
        let (activity, status, verdict) = match (&self.incomplete, was_incomplete, &self.report.compared) {
            (None, false, _) => return None,
            (None, true, _) => (Activity::Close, Status::Resolved, Verdict::Pass),
            (Some(_), true, _) => (Activity::Update, Status::New, Verdict::Warning),
            (Some(_), false, Compared::Unknown) => (Activity::Unknown, Status::New, Verdict::Warning),
            (Some(_), false, _) => (Activity::Create, Status::New, Verdict::Warning),
        };
        let said = self.incomplete().unwrap_or(COMPLETE_AGAIN);
        let uid = format!("{INCOMPLETE}/{}/{}", Subject::Tenant.as_str(), self.tenant_uid);
        let gaps = self.report.gaps.iter().map(|gap| Cow::Owned(with_reason(gap))).collect();
        Some(Event::from(Told {
            activity,
            severity: None,
            status,
            status_detail: self.incomplete(),
            time: self.started(),
            message: said,
            metadata: self.metadata(&uid, INCOMPLETE),
            cloud: self.cloud(),
            finding_info: FindingInfo {
                uid: Cow::Owned(uid),
                title: TITLE,
                desc: said,
                types: [INCOMPLETE],
                first_seen_time: None,
                last_seen_time: self.incomplete.is_some().then(|| millis(self.started())),
                src_url: None,
            },
            compliance: Compliance::new(verdict, INCOMPLETE, TITLE, DESCRIPTION).because(gaps),
            remediation: self.incomplete.is_some().then_some(Remediation { desc: REMEDY }),
            resource: Resource {
                kind: Subject::Tenant.as_str(),
                uid: &self.tenant_uid,
                uid_alt: None,
                name: Some(&self.report.header.tenant),
                owner: None,
                data: None,
            },
            evidence: None,
            unmapped: self.unmapped(None),
        }))
    }
}

fn with_reason(gap: &GapRow) -> String {
    let GapRow { part, reason } = gap;
    format!("{part}: {reason}")
}
