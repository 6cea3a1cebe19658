//! Rows of what an attacker would begin with.

use super::objects;
use crate::compliance::Risk;
use crate::domain::Inventory;
use crate::report::words::why_risky;
use crate::report::{Header, RiskRow};

/// More would not be read in a meeting; fewer might hide that the second is as bad as the first.
pub(super) const NAMED: usize = 10;

/// The rows, in their order.
pub(super) fn rows(risks: &[Risk], inventory: &Inventory, header: &Header) -> Vec<RiskRow> {
    let row = |risk: &Risk| {
        let Risk { key, severity, reasons } = risk;
        let object = inventory.objects.get(inventory.objects.find(key)?)?;
        Some(RiskRow {
            object_type: key.kind.into(),
            object_id: key.id.to_string(),
            app_id: objects::app_id(&object),
            display_name: object.display_name.as_str().to_owned(),
            severity: *severity,
            reasons: reasons.iter().map(why_risky).collect(),
            portal_url: objects::portal_url(header.portal, &object),
        })
    };
    risks.iter().filter_map(row).collect()
}
