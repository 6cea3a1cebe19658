//! Where an attacker would begin.

use serde::Serialize;

use super::link;
use super::tables::Places;
use crate::report::{Report, RiskRow};

#[derive(Serialize)]
pub(super) struct Risk<'a> {
    severity: &'static str,
    name: &'a str,
    subject: &'static str,
    anchor: Option<usize>,
    url: Option<&'a str>,
    reasons: &'a [String],
}

pub(super) fn risks<'a>(report: &'a Report, places: &Places<'_>) -> Vec<Risk<'a>> {
    let row = |row: &'a RiskRow| {
        let RiskRow { object_type, object_id, app_id: _, display_name, severity, reasons, portal_url } = row;
        Risk {
            severity: severity.as_str(),
            name: display_name,
            subject: object_type.as_str(),
            anchor: places.of_object(*object_type, object_id),
            url: link(portal_url),
            reasons,
        }
    };
    report.risks.iter().map(row).collect()
}
