//! Who added which credential, from the audit log (FACTS §16).
//!
//! `api-reference/v1.0/api/directoryaudit-list.md`: `$filter` with `eq`, `ge`, `le` and `startswith`; the page of
//! the resource names `activityDateTime` among what can be filtered by and not `category`, which public programs
//! filter by all the same.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::outcome::{Told, Trouble, whole};
use super::{key_description, lenient};
use crate::domain::{Addition, Additions, Initiator, ObjectId, ObjectKey, ObjectKind, Text};
use crate::graph::entry::Entry;
use crate::graph::http::Graph;
use crate::graph::pages::Sink;
use crate::graph::progress::Watch;

const READ: &str = "`AuditLog.Read.All` and `Directory.Read.All`";

/// Entries may come late. What is read twice tells nothing new.
const LATE: TimeDelta = TimeDelta::days(1);

/// The log goes back no further, whatever the licence (FACTS §16).
const KEPT: TimeDelta = TimeDelta::days(30);

/// From when on the log is read, where what came before some time is known, or nothing is.
pub(in crate::graph) fn since(logged_until: Option<DateTime<Utc>>, started: DateTime<Utc>) -> DateTime<Utc> {
    let late = logged_until.and_then(|until| until.min(started).checked_sub_signed(LATE));
    let kept = started.checked_sub_signed(KEPT);
    late.max(kept).unwrap_or(started)
}

/// Reads what was added. Where nobody keeps it, nothing is asked.
pub(super) async fn read(
    graph: &Graph,
    since: Option<DateTime<Utc>>,
    watch: Watch<'_>,
) -> Result<Told<Additions>, Trouble> {
    let Some(since) = since else { return Ok(Told { all: Additions::default(), entries: 0 }) };
    let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
    let query = format!("$filter=activityDateTime ge {since} and category eq 'ApplicationManagement'");
    let call = graph.call("auditLogs/directoryAudits", Some(&query), READ);
    let listed = graph.list_onto(All::default(), &call, watch, audit).await;
    let All { additions, passed_over } = whole(listed, watch.part)?;
    if 0 < passed_over {
        tracing::warn!(
            passed_over,
            "passed over {passed_over} entries of the audit log, which cannot be read"
        );
    }
    let entries = additions.len();
    Ok(Told { all: additions.into_iter().collect(), entries })
}

/// What an entry of the log comes to.
enum Audit {
    /// These were added.
    Added(Vec<Addition>),
    /// It tells of credentials, but nobody can tell what.
    Unreadable,
}

/// All that was read.
#[derive(Default)]
struct All {
    additions: Vec<Addition>,
    passed_over: usize,
}

impl Sink<Audit> for All {
    fn put(&mut self, audit: Audit) {
        match audit {
            Audit::Added(additions) => self.additions.extend(additions),
            Audit::Unreadable => self.passed_over += 1,
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// `directoryAudit`. Entries about anything but new credentials are passed over without a word, and so are
/// attempts that failed.
fn audit(entry: Entry<'_>) -> Option<Audit> {
    let Some(audit) = entry.json() else { return Some(Audit::Unreadable) };
    let is_it = text(&audit, "activityDisplayName").is_some_and(adds_credentials)
        && text(&audit, "result").is_some_and(|result| result.eq_ignore_ascii_case("success"));
    is_it.then(|| added(&audit).map_or(Audit::Unreadable, Audit::Added))
}

/// Between the two parts of the name stands an en dash or a hyphen, and behind it may be a space.
fn adds_credentials(activity: &str) -> bool {
    let activity = activity.trim();
    activity == "Add service principal credentials"
        || activity.starts_with("Update application")
            && activity.contains("Certificates and secrets management")
}

/// The credentials that are there afterwards and were not before, of all targets.
fn added(audit: &Value) -> Option<Vec<Addition>> {
    let at = lenient::time(text(audit, "activityDateTime")?)?;
    let by = initiator(audit.get("initiatedBy")?)?;
    let mut additions = Vec::new();
    for target in list(audit, "targetResources") {
        let Some(kind) = kind(target) else { continue };
        let changes = list(target, "modifiedProperties")
            .filter(|change| text(change, "displayName").map(str::trim) == Some("KeyDescription"));
        for change in changes {
            let id = ObjectId(Uuid::try_parse(text(target, "id")?).ok()?);
            let object = ObjectKey { kind, id };
            let before = key_description::keys(text(change, "oldValue"))?;
            let after = key_description::keys(text(change, "newValue"))?;
            let new = after.difference(&before).copied();
            additions.extend(new.map(|key_id| Addition { object, key_id, at, by: by.clone() }));
        }
    }
    Some(additions)
}

/// `type`, and in one example `Type`.
fn kind(target: &Value) -> Option<ObjectKind> {
    match text(target, "type").or_else(|| text(target, "Type"))? {
        "Application" => Some(ObjectKind::Application),
        "ServicePrincipal" => Some(ObjectKind::ServicePrincipal),
        _ => None,
    }
}

/// A user or an application; the other is null. By the best name that is told.
fn initiator(initiated_by: &Value) -> Option<Initiator> {
    let name = |who: &str, names: &[&str]| {
        let who = initiated_by.get(who)?;
        let told = names.iter().find_map(|name| text(who, name).filter(|name| !name.trim().is_empty()));
        told.map(Text::new)
    };
    if let Some(user) = name("user", &["userPrincipalName", "displayName", "id"]) {
        return Some(Initiator::User(user));
    }
    let (name, id) = (name("app", &["displayName"]), name("app", &["appId", "servicePrincipalId"]));
    (name.is_some() || id.is_some()).then_some(Initiator::Application { name, id })
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read_from_a_day_before_what_is_known_but_not_beyond_what_is_kept() {
        let day = |day: &str| format!("{day}T06:00:00Z").parse::<DateTime<Utc>>().unwrap();
        for (last, from) in [
            ("2026-11-22", "2026-11-21"),
            ("2026-10-26", "2026-10-25"),
            ("2026-10-25", "2026-10-24"),
            ("2026-10-24", "2026-10-24"),
            ("2020-01-01", "2026-10-24"),
            // The clock was set back.
            ("2027-01-01", "2026-11-22"),
        ] {
            assert_eq!(since(Some(day(last)), day("2026-11-23")), day(from), "{last}");
        }
        assert_eq!(since(None, day("2026-11-23")), day("2026-10-24"));
        let least = DateTime::<Utc>::MIN_UTC;
        assert_eq!(since(Some(least), least), least);
    }
}
