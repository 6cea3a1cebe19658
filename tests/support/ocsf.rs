//! What the published schema of OCSF says of the attributes that Keysweep uses: version 1.9.0, class Compliance
//! Finding (`events/findings/compliance_finding.json`, `finding.json`, `base_event.json`, `profiles/cloud.json` and
//! the objects they name, in the repository `ocsf/ocsf-schema`). What is not in these tables is not in an event.

use serde_json::Value;

/// How an attribute is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    /// Recommended, and always given.
    Recommended,
    /// Recommended, and given where there is something to say.
    Known,
    Optional,
}

/// What an attribute holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Texts,
    Url,
    /// `timestamp_t`: milliseconds since 1970.
    Time,
    /// `json_t`, or the free object `unmapped`.
    Free,
    /// One of these, and the attribute that holds its caption.
    Member(&'static [(i64, &'static str)], &'static str),
    One(&'static str),
    Many(&'static str),
}

use Kind::{Free, Many, Member, One, Text, Texts, Time, Url};
use Need::{Known, Optional, Recommended, Required};

const VERDICTS: &[(i64, &str)] = &[(0, "Unknown"), (1, "Pass"), (2, "Warning"), (3, "Fail"), (99, "Other")];
const SEVERITIES: &[(i64, &str)] = &[
    (0, "Unknown"),
    (1, "Informational"),
    (2, "Low"),
    (3, "Medium"),
    (4, "High"),
    (5, "Critical"),
    (6, "Fatal"),
    (99, "Other"),
];
const TYPES: &[(i64, &str)] = &[
    (200_300, "Compliance Finding: Unknown"),
    (200_301, "Compliance Finding: Create"),
    (200_302, "Compliance Finding: Update"),
    (200_303, "Compliance Finding: Close"),
    (200_399, "Compliance Finding: Other"),
];
const STATUSES: &[(i64, &str)] = &[
    (0, "Unknown"),
    (1, "New"),
    (2, "In Progress"),
    (3, "Suppressed"),
    (4, "Resolved"),
    (5, "Archived"),
    (6, "Deleted"),
    (99, "Other"),
];
const ACTIVITIES: &[(i64, &str)] =
    &[(0, "Unknown"), (1, "Create"), (2, "Update"), (3, "Close"), (99, "Other")];
/// Of `account`, those that a directory could be.
const ACCOUNTS: &[(i64, &str)] = &[
    (0, "Unknown"),
    (6, "Azure AD Account"),
    (13, "Azure Subscription"),
    (17, "M365 Tenant"),
    (99, "Other"),
];

/// An object, its attributes, and the attributes of which it needs one.
type Object = (&'static str, &'static [Attribute], &'static [&'static str]);
type Attribute = (&'static str, Need, Kind);

#[rustfmt::skip]
pub(crate) const SCHEMA: &[Object] = &[
    ("compliance_finding", &[
        ("activity_id",   Required,    Member(ACTIVITIES, "activity_name")),
        ("activity_name", Optional,    Text),
        ("category_uid",  Required,    Member(&[(2, "Findings")], "category_name")),
        ("category_name", Optional,    Text),
        ("class_uid",     Required,    Member(&[(2003, "Compliance Finding")], "class_name")),
        ("class_name",    Optional,    Text),
        ("type_uid",      Required,    Member(TYPES, "type_name")),
        ("type_name",     Optional,    Text),
        ("severity_id",   Required,    Member(SEVERITIES, "severity")),
        ("severity",      Optional,    Text),
        ("status_id",     Recommended, Member(STATUSES, "status")),
        ("status",        Optional,    Text),
        ("status_detail", Known,       Text),
        ("time",          Required,    Time),
        ("message",       Recommended, Text),
        ("metadata",      Required,    One("metadata")),
        ("cloud",         Required,    One("cloud")),
        ("finding_info",  Required,    One("finding_info")),
        ("compliance",    Required,    One("compliance")),
        ("remediation",   Known,       One("remediation")),
        ("resources",     Recommended, Many("resource_details")),
        ("evidences",     Optional,    Many("evidences")),
        ("unmapped",      Optional,    Free),
    ], &[]),
    ("metadata", &[
        ("version",         Required,    Text),
        ("product",         Required,    One("product")),
        ("profiles",        Optional,    Texts),
        ("uid",             Optional,    Text),
        ("tenant_uid",      Recommended, Text),
        ("correlation_uid", Optional,    Text),
        ("event_code",      Optional,    Text),
    ], &[]),
    ("product", &[
        ("name",        Recommended, Text),
        ("vendor_name", Recommended, Text),
        ("version",     Recommended, Text),
    ], &["name", "uid"]),
    ("cloud", &[
        ("provider", Required, Text),
        ("account",  Optional, One("account")),
    ], &[]),
    ("account", &[
        ("uid",     Recommended, Text),
        ("name",    Recommended, Text),
        ("type_id", Recommended, Member(ACCOUNTS, "type")),
        ("type",    Optional,    Text),
    ], &["name", "uid"]),
    ("finding_info", &[
        ("uid",             Required,    Text),
        ("title",           Recommended, Text),
        ("desc",            Optional,    Text),
        ("types",           Optional,    Texts),
        ("first_seen_time", Optional,    Time),
        ("last_seen_time",  Optional,    Time),
        ("src_url",         Optional,    Url),
    ], &[]),
    ("compliance", &[
        ("status_id",      Recommended, Member(VERDICTS, "status")),
        ("status",         Recommended, Text),
        ("status_details", Optional,    Texts),
        ("checks",         Optional,    Many("check")),
        ("standards",      Known, Texts),
        ("requirements",   Optional,    Texts),
    ], &[]),
    ("check", &[
        ("uid",       Recommended, Text),
        ("name",      Recommended, Text),
        ("desc",      Optional,    Text),
        ("status_id", Recommended, Member(VERDICTS, "status")),
        ("status",    Recommended, Text),
    ], &[]),
    ("remediation", &[
        ("desc", Required, Text),
    ], &[]),
    ("resource_details", &[
        ("type",    Optional, Text),
        ("uid",     Known,    Text),
        ("uid_alt", Optional, Text),
        ("name",    Known,    Text),
        ("owner",   Known,    One("user")),
        ("data",    Optional, Free),
    ], &["name", "uid"]),
    ("user", &[
        ("name", Known,    Text),
    ], &["account", "name", "uid"]),
    ("evidences", &[
        ("uid",  Optional, Text),
        ("name", Optional, Text),
        ("data", Optional, Free),
    ], &["data"]),
];

/// The events of an output, one on each line, each checked against the schema.
pub(crate) fn events(output: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(output).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    // What other readers take for the end of a line, too.
    assert!(!text.contains(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']));
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in &events {
        follows(event, "compliance_finding", "event");
        let number = |name: &str| event[name].as_i64().unwrap();
        assert_eq!(number("type_uid"), number("class_uid") * 100 + number("activity_id"), "{event}");
        assert_eq!(event["metadata"]["version"], "1.9.0");
        assert_eq!(event["metadata"]["profiles"], serde_json::json!(["cloud"]), "whose attribute `cloud` is");
    }
    events
}

/// Whether it holds what it has to, and nothing that the schema does not know or knows otherwise.
fn follows(value: &Value, object: &str, at: &str) {
    let (_, attributes, one_of) = SCHEMA.iter().find(|(name, _, _)| *name == object).unwrap();
    let members = value.as_object().unwrap_or_else(|| panic!("{at} is no object: {value}"));
    for (name, need, _) in *attributes {
        assert!(
            matches!(need, Known | Optional) || members.contains_key(*name),
            "{at}.{name} is missing: {value}"
        );
    }
    assert!(
        one_of.is_empty() || one_of.iter().any(|name| members.contains_key(*name)),
        "{at} needs one of {one_of:?}: {value}"
    );
    for (name, member) in members {
        let at = format!("{at}.{name}");
        let known = attributes.iter().find(|(known, _, _)| known == name);
        let (_, _, kind) = known.unwrap_or_else(|| panic!("{at} is not in the schema"));
        let text =
            |value: &Value| assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{at}: {value}");
        match kind {
            Text => text(member),
            Texts => member.as_array().unwrap().iter().for_each(text),
            Url => assert!(member.as_str().unwrap().starts_with("https://"), "{at}: {member}"),
            // Within this century, so that seconds would be noticed.
            Time => assert!(
                (946_684_800_000..4_102_444_800_000).contains(&member.as_i64().unwrap()),
                "{at}: {member}"
            ),
            Free => assert!(member.is_object(), "{at}: {member}"),
            Member(allowed, sibling) => {
                let caption = allowed.iter().find(|(id, _)| Some(*id) == member.as_i64());
                let (id, caption) = caption.unwrap_or_else(|| panic!("{at} may not be {member}"));
                // What is Other is named by whom it comes from.
                assert!(*id == 99 || value[sibling] == *caption, "{at}: {member}, {}", value[sibling]);
            }
            One(object) => follows(member, object, &at),
            Many(object) => {
                let all = member.as_array().unwrap();
                assert!(!all.is_empty(), "{at}");
                all.iter().for_each(|one| follows(one, object, &at));
            }
        }
    }
}
