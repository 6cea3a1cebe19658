//! What a text of a policy means, however it is written.

use chrono::DateTime;

use crate::domain::MaxLifetime;

/// A time or a duration in one form; any other text as it is. Graph gives back what it was sent in its own words
/// (inferred): `P1DT1H` for `PT25H`, a time with fractions of a second.
pub(super) fn meaning(text: &str) -> String {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return time.to_utc().to_rfc3339();
    }
    match MaxLifetime::parse(text) {
        Ok(lifetime) => lifetime.as_delta().to_string(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::remediation::tenant_default::same;

    #[test]
    #[rustfmt::skip]
    fn policies_are_the_same_by_what_they_say() {
        let policy = |entries| json!({ "isEnabled": true, "applicationRestrictions": { "passwordCredentials": entries } });
        for (case, one, other, expected) in [
            ("members in another order", json!([{"a": 1, "b": 2}]), json!([{"b": 2, "a": 1}]), true),
            ("null and missing", json!([{"a": 1, "b": null}]), json!([{"a": 1}]), true),
            ("no list and no entries", json!(null), json!([]), true),
            ("annotations", json!([{"a@odata.count": 3, "a": 1}]), json!([{"a": 1}]), true),
            ("who set it", json!([{"isStateSetByMicrosoft": true, "a": 1}]), json!([{"a": 1}]), true),
            ("entries in another order", json!([{"t": 1}, {"t": 2}]), json!([{"t": 2}, {"t": 1}]), true),
            ("no fraction", json!([{"d": "2025-01-01T00:00:00Z"}]), json!([{"d": "2025-01-01T00:00:00.0000000Z"}]), true),
            ("year one", json!([{"d": "0001-01-01T00:00:00Z"}]), json!([{"d": "0001-01-01T00:00:00.000Z"}]), true),
            ("a day", json!([{"m": "P1D"}]), json!([{"m": "PT24H"}]), true),
            ("false and missing", json!([{"a": false}]), json!([{}]), false),
            ("another value", json!([{"a": 1}]), json!([{"a": 2}]), false),
            ("one more entry", json!([{"t": 1}]), json!([{"t": 1}, {"t": 2}]), false),
            ("one entry twice", json!([{"t": 1}]), json!([{"t": 1}, {"t": 1}]), false),
            ("another day", json!([{"d": "2025-01-01T00:00:00Z"}]), json!([{"d": "2025-01-02T00:00:00Z"}]), false),
            ("another limit", json!([{"m": "P7D"}]), json!([{"m": "P14D"}]), false),
            ("something unknown", json!([{"a": 1, "new": "x"}]), json!([{"a": 1}]), false),
        ] {
            let (one, other) = (policy(one), policy(other));
            assert_eq!(same(&one, &other), expected, "{case}");
            assert_eq!(same(&other, &one), expected, "{case}, the other way round");
        }
    }
}
