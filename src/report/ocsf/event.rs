//! An event and the objects in it, with the attributes that are used here, by their names in the schema.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::class::{Activity, CATEGORY, CLASS, SCHEMA, Status, Verdict, severity};
use crate::compliance::frameworks::served_by;
use crate::domain::{RuleId, Severity};

/// Milliseconds since 1970, UTC.
pub(super) fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// The class Compliance Finding.
#[derive(Serialize)]
pub(super) struct Event<'a> {
    activity_id: u32,
    activity_name: &'static str,
    category_uid: u32,
    category_name: &'static str,
    class_uid: u32,
    class_name: &'static str,
    type_uid: u32,
    type_name: &'static str,
    severity_id: u32,
    severity: &'static str,
    status_id: u32,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_detail: Option<&'a str>,
    time: i64,
    message: &'a str,
    metadata: Metadata<'a>,
    cloud: Cloud<'a>,
    finding_info: FindingInfo<'a>,
    compliance: Compliance<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation<'a>>,
    resources: [Resource<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    evidences: Option<[Evidence<'a>; 1]>,
    unmapped: Unmapped<'a>,
}

/// What of an event is not the same for all.
pub(super) struct Told<'a> {
    pub(super) activity: Activity,
    pub(super) severity: Option<Severity>,
    pub(super) status: Status,
    pub(super) status_detail: Option<&'a str>,
    pub(super) time: DateTime<Utc>,
    pub(super) message: &'a str,
    pub(super) metadata: Metadata<'a>,
    pub(super) cloud: Cloud<'a>,
    pub(super) finding_info: FindingInfo<'a>,
    pub(super) compliance: Compliance<'a>,
    pub(super) remediation: Option<Remediation<'a>>,
    pub(super) resource: Resource<'a>,
    pub(super) evidence: Option<Evidence<'a>>,
    pub(super) unmapped: Unmapped<'a>,
}

impl<'a> From<Told<'a>> for Event<'a> {
    fn from(told: Told<'a>) -> Self {
        let (activity, status, severity) =
            (told.activity.member(), told.status.member(), severity(told.severity));
        let (type_uid, type_name) = told.activity.of_class();
        Self {
            activity_id: activity.id,
            activity_name: activity.caption,
            category_uid: CATEGORY.id,
            category_name: CATEGORY.caption,
            class_uid: CLASS.id,
            class_name: CLASS.caption,
            type_uid,
            type_name,
            severity_id: severity.id,
            severity: severity.caption,
            status_id: status.id,
            status: status.caption,
            status_detail: told.status_detail,
            time: millis(told.time),
            message: told.message,
            metadata: told.metadata,
            cloud: told.cloud,
            finding_info: told.finding_info,
            compliance: told.compliance,
            remediation: told.remediation,
            resources: [told.resource],
            evidences: told.evidence.map(|evidence| [evidence]),
            unmapped: told.unmapped,
        }
    }
}

/// `metadata`.
#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    version: &'static str,
    product: Product,
    profiles: [&'static str; 1],
    /// Of the event: no other run and no other finding has it.
    uid: String,
    tenant_uid: &'a str,
    /// The same for all events of a run.
    correlation_uid: &'a str,
    /// The rule.
    event_code: &'a str,
}

impl<'a> Metadata<'a> {
    pub(super) fn new(tenant_uid: &'a str, run_id: &'a str, finding: &str, event_code: &'a str) -> Self {
        let product =
            Product { name: "Keysweep", vendor_name: "Keysweep", version: env!("CARGO_PKG_VERSION") };
        let uid = format!("{run_id}/{finding}");
        Self {
            version: SCHEMA,
            product,
            profiles: ["cloud"],
            uid,
            tenant_uid,
            correlation_uid: run_id,
            event_code,
        }
    }
}

#[derive(Serialize)]
struct Product {
    name: &'static str,
    vendor_name: &'static str,
    version: &'static str,
}

/// `cloud`.
#[derive(Serialize)]
pub(super) struct Cloud<'a> {
    provider: &'static str,
    account: Account<'a>,
}

#[derive(Serialize)]
struct Account<'a> {
    uid: &'a str,
    name: &'a str,
    /// Other: the schema has no type for a tenant of Entra.
    type_id: u32,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'a> Cloud<'a> {
    pub(super) fn new(tenant_uid: &'a str, name: &'a str) -> Self {
        let account = Account { uid: tenant_uid, name, type_id: 99, kind: "Microsoft Entra tenant" };
        Self { provider: "Microsoft", account }
    }
}

/// `finding_info`.
#[derive(Serialize)]
pub(super) struct FindingInfo<'a> {
    pub(super) uid: Cow<'a, str>,
    pub(super) title: &'a str,
    pub(super) desc: &'a str,
    /// The rule.
    pub(super) types: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_seen_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last_seen_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) src_url: Option<&'a str>,
}

/// `compliance`.
#[derive(Serialize)]
pub(super) struct Compliance<'a> {
    status_id: u32,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    status_details: Vec<Cow<'a, str>>,
    checks: [Check<'a>; 1],
    /// The frameworks that the rule serves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    standards: Vec<String>,
    /// Their controls.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    requirements: Vec<&'static str>,
}

/// A rule.
#[derive(Serialize)]
struct Check<'a> {
    uid: &'a str,
    name: &'a str,
    desc: &'a str,
    status_id: u32,
    status: &'static str,
}

impl<'a> Compliance<'a> {
    pub(super) fn new(verdict: Verdict, uid: &'a str, name: &'a str, desc: &'a str) -> Self {
        let verdict = verdict.member();
        let check = Check { uid, name, desc, status_id: verdict.id, status: verdict.caption };
        Self {
            status_id: verdict.id,
            status: verdict.caption,
            status_details: Vec::new(),
            checks: [check],
            standards: Vec::new(),
            requirements: Vec::new(),
        }
    }

    /// With the controls that the rule serves.
    pub(super) fn serving(self, rule: RuleId) -> Self {
        let mut standards: Vec<String> = served_by(rule)
            .map(|control| format!("{} {}", control.framework.name(), control.framework.version()))
            .collect();
        standards.dedup();
        Self { standards, requirements: served_by(rule).map(|control| control.id).collect(), ..self }
    }

    pub(super) fn because(self, status_details: Vec<Cow<'a, str>>) -> Self {
        Self { status_details, ..self }
    }
}

/// `remediation`.
#[derive(Serialize)]
pub(super) struct Remediation<'a> {
    pub(super) desc: &'a str,
}

/// `resource_details`.
#[derive(Serialize)]
pub(super) struct Resource<'a> {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) uid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid_alt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    /// The schema has room for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) owner: Option<Owner<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Owners<'a>>,
}

/// `user`.
#[derive(Serialize)]
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
}

/// All owners, where there are several.
#[derive(Serialize)]
pub(super) struct Owners<'a> {
    pub(super) owners: &'a [String],
}

/// `evidences`: the credential that a finding is about, and the policy that decides.
#[derive(Serialize)]
pub(super) struct Evidence<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    pub(super) data: Shown<'a>,
}

/// What a row says for which the schema has no place.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credential_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) days_left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) added_by: Option<&'a str>,
}

/// `unmapped`: what is said of a run.
#[derive(Serialize)]
pub(super) struct Unmapped<'a> {
    pub(super) run_id: &'a str,
    /// Whether everything was read that was to be read.
    pub(super) complete: bool,
    /// `new`, `standing`, `reopened` or `fixed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<&'static str>,
    /// What a reader has to know, a sentence each.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) notices: &'a [String],
    /// What is not to be had here, and why.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) unavailable: &'a [String],
}
