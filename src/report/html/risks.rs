//! Where an attacker would begin.

use serde::Serialize;

use super::portal;
use crate::report::{Report, RiskRow};

#[derive(Serialize)]
pub(super) struct Risk<'a> {
    severity: &'static str,
    name: &'a str,
    subject: &'static str,
    id: &'a str,
    url: Option<&'a str>,
    reasons: &'a [String],
}

pub(super) fn risks(report: &Report) -> Vec<Risk<'_>> {
    let row = |row| {
        let RiskRow { object_type, object_id, app_id: _, display_name, severity, reasons, portal_url }: &RiskRow =
            row;
        Risk {
            severity: severity.as_str(),
            name: display_name,
            subject: object_type.as_str(),
            id: object_id,
            url: portal(report, portal_url),
            reasons,
        }
    };
    report.risks.iter().map(row).collect()
}
