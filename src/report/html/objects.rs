//! The table of the objects, each with what explains its verdict.

use serde::Serialize;

use super::excerpt::Excerpt;
use super::findings::standing;
use super::tables::{Choice, Places, Table, cut};
use super::{day, link};
use crate::domain::Severity;
use crate::report::{FindingRow, ObjectRow, Report};

#[derive(Serialize)]
pub(super) struct Object<'a> {
    name: &'a str,
    subject: &'static str,
    disabled: bool,
    agent_blueprint: bool,
    owned_by: &'static str,
    active_secrets: usize,
    expired_secrets: usize,
    active_certificates: usize,
    expired_certificates: usize,
    secret_creation: &'static str,
    reason: &'a str,
    policy_id: &'a str,
    policy_name: &'a str,
    policy_effect: &'static str,
    compliance: &'static str,
    worst: Option<&'static str>,
    url: Option<&'a str>,
    facts: Vec<Fact>,
    findings: Vec<Broken<'a>>,
}

/// A line of an object's explanation.
#[derive(Serialize)]
struct Fact {
    label: &'static str,
    values: Vec<String>,
}

/// A finding as repeated in an object's explanation.
#[derive(Serialize)]
struct Broken<'a> {
    severity: &'static str,
    status: &'static str,
    rule: &'static str,
    detail: &'a str,
}

pub(super) fn objects<'a>(report: &Report, excerpt: &'a Excerpt, places: &Places<'a>) -> Table<Object<'a>> {
    let rows = &excerpt.objects;
    Table {
        caption: report.summary.by_compliance(),
        cut: cut(
            rows.len(),
            report.objects.len(),
            "object",
            "those with the worst findings; each is explained by those of the findings above",
            "objects.csv",
        ),
        choices: vec![
            Choice::new("Type", 1, rows.iter().map(|row| row.object_type.as_str())),
            Choice::new("Owned by", 2, rows.iter().map(|row| row.owned_by)),
            Choice::new("New secrets", 5, rows.iter().map(|row| row.secret_creation)),
            Choice::new("Compliance", 7, rows.iter().map(|row| row.compliance)),
        ],
        rows: rows.iter().map(|row| object(row, places)).collect(),
    }
}

fn object<'a>(row: &'a ObjectRow, places: &Places<'a>) -> Object<'a> {
    let found = places.findings(row);
    let broken = |finding: &&'a FindingRow| Broken {
        severity: finding.severity.as_str(),
        status: standing(finding.status, finding.change),
        rule: finding.rule.as_str(),
        detail: &finding.detail,
    };
    Object {
        name: &row.display_name,
        subject: row.object_type.as_str(),
        disabled: row.enabled == Some(false),
        agent_blueprint: row.agent_blueprint,
        owned_by: row.owned_by,
        active_secrets: row.active_secrets,
        expired_secrets: row.expired_secrets,
        active_certificates: row.active_certificates,
        expired_certificates: row.expired_certificates,
        secret_creation: row.secret_creation,
        reason: &row.reason,
        policy_id: &row.assigned_policy_id,
        policy_name: &row.assigned_policy_name,
        policy_effect: row.policy_effect,
        compliance: row.compliance,
        worst: row.worst_severity.map(Severity::as_str),
        url: link(&row.portal_url),
        facts: facts(row),
        findings: found.iter().map(broken).collect(),
    }
}

/// What has no column of its own; what is unknown or none is left out.
fn facts(row: &ObjectRow) -> Vec<Fact> {
    let number = |count: usize| if count == 0 { String::new() } else { count.to_string() };
    let one = |label, value: String| Fact { label, values: vec![value] };
    let facts = [
        one("Object id", row.object_id.clone()),
        one("App id", row.app_id.clone()),
        one("Created", row.created.map(day).unwrap_or_default()),
        one("Sign-in audience", row.sign_in_audience.clone()),
        one("Service principal type", row.service_principal_type.clone()),
        Fact { label: "Owners", values: row.owners.clone() },
        one("Last sign-in", row.last_sign_in.map(day).unwrap_or_default()),
        Fact { label: "Application permissions", values: row.permissions.clone().unwrap_or_default() },
        Fact { label: "Directory roles", values: row.directory_roles.clone().unwrap_or_default() },
        one("Symmetric keys", number(row.symmetric_keys)),
        one("Federated credentials", number(row.federated_credentials)),
        one("New secrets decided by", row.decided_by.clone()),
        one("Assigned policy", row.assigned_policy_id.clone()),
    ];
    facts.into_iter().filter(|fact| fact.values.iter().any(|value| !value.is_empty())).collect()
}
