//! What a request costs (FACTS §9.1).

use reqwest::Url;

/// What a request takes from the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) struct Cost {
    /// Resource units.
    pub(in crate::graph) units: u32,
    /// How many of its parts select `keyCredentials`.
    pub(in crate::graph) key_reads: u32,
    /// How many of its parts are audit logs or reports.
    pub(in crate::graph) reports: u32,
    /// 1 for what writes.
    pub(in crate::graph) writes: u32,
    /// 1 for what writes to an application that lets personal accounts sign in.
    pub(in crate::graph) personal_writes: u32,
}

impl Cost {
    /// What costs nothing at all.
    pub(in crate::graph) const NOTHING: Self =
        Self { units: 0, key_reads: 0, reports: 0, writes: 0, personal_writes: 0 };

    /// What Graph documents for a GET. Asked with the first page: the links of the others are opaque, and
    /// cost the same.
    pub(in crate::graph) fn of_get(path: &str, url: &Url) -> Self {
        let query = |name: &str| {
            url.query_pairs().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        // A cast lists applications too, so it is taken to cost as much (inferred).
        let applications = path == "applications" || path == "applications/delta";
        let base: i32 = if applications || path.starts_with("applications/microsoft.graph.") { 2 } else { 1 };
        let select = query("$select");
        let mut units = base;
        if select.is_some() {
            units -= 1;
        }
        if query("$expand").is_some() {
            units += 1;
        }
        if query("$top").and_then(|top| top.parse().ok()).is_some_and(|top: u32| top < 20) {
            units -= 1;
        }
        // What is not said to cost more is taken for one; without a list, all members that are not asked
        // for by name stay out, and `keyCredentials` is one of those.
        let keys = select.is_some_and(|list| list.split(',').any(|name| name.trim() == "keyCredentials"));
        let report = path.starts_with("auditLogs/") || path.starts_with("reports/");
        Self {
            units: u32::try_from(units.max(1)).unwrap_or(1),
            key_reads: u32::from(keys),
            reports: u32::from(report),
            ..Self::NOTHING
        }
    }

    /// What Graph documents for any POST, PATCH or DELETE. `personal`: of an application that lets personal
    /// accounts sign in.
    pub(in crate::graph) fn of_write(personal: bool) -> Self {
        Self { units: 1, writes: 1, personal_writes: u32::from(personal), ..Self::NOTHING }
    }

    /// Members of a batch are charged each on their own (FACTS §9.4).
    pub(in crate::graph) fn of_all(costs: impl IntoIterator<Item = Self>) -> Self {
        costs.into_iter().fold(Self::NOTHING, |sum, cost| Self {
            units: sum.units.saturating_add(cost.units),
            key_reads: sum.key_reads.saturating_add(cost.key_reads),
            reports: sum.reports.saturating_add(cost.reports),
            writes: sum.writes.saturating_add(cost.writes),
            personal_writes: sum.personal_writes.saturating_add(cost.personal_writes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip]
    fn requests_cost_what_is_documented() {
        for (path, query, units, key_reads, reports) in [
            ("applications",                 "$select=id&$top=999",                                                       1, 0, 0),
            ("applications",                 "$select=id,keyCredentials&$expand=federatedIdentityCredentials&$top=999",   2, 1, 0),
            ("applications",                 "$top=999",                                                                  2, 0, 0),
            ("applications",                 "",                                                                          2, 0, 0),
            ("applications",                 "$top=19",                                                                   1, 0, 0),
            ("applications",                 "$top=20",                                                                   2, 0, 0),
            ("applications",                 "$filter=owners/$count%20eq%200&$count=true&$select=id&$top=999",            1, 0, 0),
            ("servicePrincipals",            "$select=id,%20keyCredentials",                                              1, 1, 0),
            ("servicePrincipals",            "$expand=owners",                                                            2, 0, 0),
            ("servicePrincipals",            "$select=notKeyCredentials,keyCredentialsToo",                               1, 0, 0),
            ("servicePrincipals/delta",      "$select=keyCredentials",                                                    1, 1, 0),
            ("applications/delta",           "$select=keyCredentials",                                                    1, 1, 0),
            ("applications/x/owners",        "$select=id&$top=1",                                                         1, 0, 0),
            ("policies/appManagementPolicies", "",                                                                        1, 0, 0),
            ("applications/microsoft.graph.agentIdentityBlueprint", "$select=id,keyCredentials&$expand=federatedIdentityCredentials", 2, 1, 0),
            ("servicePrincipals/x/appRoleAssignedTo", "$top=999",                                                         1, 0, 0),
            ("roleManagement/directory/roleAssignments", "$expand=roleDefinition",                                        2, 0, 0),
            ("directory/deletedItems/microsoft.graph.application", "$select=id,keyCredentials&$top=999",                  1, 1, 0),
            ("auditLogs/directoryAudits",    "$filter=category eq 'x'",                                                   1, 0, 1),
            ("reports/appCredentialSignInActivities", "$top=999",                                                         1, 0, 1),
        ] {
            let url = Url::parse(&format!("https://graph.example/v1.0/{path}?{query}")).unwrap();
            assert_eq!(Cost::of_get(path, &url), Cost { units, key_reads, reports, ..Cost::NOTHING }, "{path}?{query}");
        }
    }

    #[test]
    fn a_batch_costs_what_its_members_cost() {
        let member = Cost { units: 2, key_reads: 1, reports: 1, ..Cost::NOTHING };
        let all = Cost { units: 40, key_reads: 20, reports: 20, ..Cost::NOTHING };
        assert_eq!(Cost::of_all([member; 20]), all);
    }
}
