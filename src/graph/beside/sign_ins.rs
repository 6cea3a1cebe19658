//! When credentials and applications last signed in (FACTS §15). The reports are of the beta version, and
//! neither their examples nor their answers keep to their schema: a row that cannot be read is passed over.

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::outcome::{Told, Trouble, whole};
use super::{lenient, wire};
use crate::config::Cloud;
use crate::domain::{AppId, KeyId, LastUse, Text};
use crate::graph::call::Version;
use crate::graph::entry::Entry;
use crate::graph::error::GraphError;
use crate::graph::http::Graph;
use crate::graph::pages::{Listed, Read, Sink};
use crate::graph::progress::Watch;

const READ: &str = "`AuditLog.Read.All`";

/// As many rows on a page as any list has. Nobody says how many a report gives, so it may be refused.
const LARGE_PAGES: &str = "$top=999";

/// When something was last used, or why it is not known.
pub(super) type Use<K> = Result<Told<LastUse<K>>, Trouble>;

/// Reads both reports, side by side.
pub(super) async fn read(graph: &Graph, watch: Watch<'_>) -> (Use<KeyId>, Use<AppId>) {
    if graph.cloud != Cloud::Public {
        return (Err(elsewhere()), Err(elsewhere()));
    }
    tokio::join!(
        report(graph, "reports/appCredentialSignInActivities", watch, credential),
        report(graph, "reports/servicePrincipalSignInActivities", watch, application),
    )
}

fn elsewhere() -> Trouble {
    let why = "Sign-in activity is reported in the public cloud only. Leave it out with \
               `[audit] sign_in_activity = false`.";
    Trouble::Unavailable(Text::new(why))
}

async fn report<K: Ord + Copy + Send + 'static>(
    graph: &Graph,
    path: &str,
    watch: Watch<'_>,
    read: Read<Row<K>>,
) -> Use<K> {
    let list = async |query| {
        let call = graph.call_of(Version::Beta, path, query, READ);
        graph.list_as::<wire::Report, _, _>(Rows::default(), &call, watch, read).await
    };
    let mut listed: Listed<Rows<K>> = list(Some(LARGE_PAGES)).await;
    if is_refused(&listed) {
        listed = list(None).await;
    }
    let Rows { mut rows, unclear, nameless, others } = whole(listed, watch.part)?;
    let passed_over = unclear.len() + nameless;
    if 0 < passed_over {
        tracing::warn!(path, passed_over, "passed over {passed_over} rows of `{path}`, which cannot be read");
    }
    // One that stands on two pages is one.
    rows.sort_unstable();
    rows.dedup();
    let entries = rows.len();
    let all = rows.into_iter().collect::<LastUse<K>>().with_unreadable(unclear, nameless);
    let all = all.with_others(others);
    Ok(Told { entries, all })
}

/// Whether the question itself is refused, with what it says about pages.
fn is_refused<S>(listed: &Listed<S>) -> bool {
    let refused =
        |error: &GraphError| matches!(error, GraphError::Rejected { answer, .. } if answer.status == 400);
    !listed.has_begun() && listed.end.as_ref().is_err_and(refused)
}

/// A row of a report.
#[derive(Debug, Clone, Copy)]
enum Row<K> {
    /// What it is about, and when that last signed in, if ever.
    Of(K, Option<DateTime<Utc>>),
    /// As [`Row::Of`], and when somebody signed in in another way, later than that; none where nobody can tell.
    Besides(K, Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    /// What it is about; when that last signed in nobody can tell.
    Unclear(K),
    /// Nobody can tell what it is about.
    Unreadable,
}

/// Those of a report.
struct Rows<K> {
    rows: Vec<(K, Option<DateTime<Utc>>)>,
    unclear: Vec<K>,
    nameless: usize,
    others: Vec<(K, Option<DateTime<Utc>>)>,
}

impl<K> Default for Rows<K> {
    fn default() -> Self {
        Self { rows: Vec::new(), unclear: Vec::new(), nameless: 0, others: Vec::new() }
    }
}

impl<K: Copy + Send + 'static> Sink<Row<K>> for Rows<K> {
    fn put(&mut self, row: Row<K>) {
        match row {
            Row::Of(id, at) => self.rows.push((id, at)),
            Row::Besides(id, at, other) => {
                self.rows.push((id, at));
                self.others.push((id, other));
            }
            Row::Unclear(id) => self.unclear.push(id),
            Row::Unreadable => self.nameless += 1,
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// `appCredentialSignInActivity`.
fn credential(entry: Entry<'_>) -> Option<Row<KeyId>> {
    let read = |row: Value| Some(of(KeyId(id(&row, "keyId")?), last(row.get("signInActivity"))));
    Some(entry.json().and_then(read).unwrap_or(Row::Unreadable))
}

/// `servicePrincipalSignInActivity`. As itself an application signs in without a user and as a client: it then
/// shows a credential of its own. Of the others, `delegated…` are sign-ins of users, `…Resource…` those of
/// whoever calls it, and `lastSignInActivity` is the latest of all of them
/// (`api-reference/beta/resources/serviceprincipalsigninactivity.md`). That one counts only where nothing is said
/// about any of the four, so that what may have been used is not taken for unused. The others are kept besides: a
/// web application that signs users in shows a credential of its own to redeem their codes.
fn application(entry: Entry<'_>) -> Option<Row<AppId>> {
    const OWN: &str = "applicationAuthenticationClientSignInActivity";
    const OTHERS: [&str; 3] = [
        "applicationAuthenticationResourceSignInActivity",
        "delegatedClientSignInActivity",
        "delegatedResourceSignInActivity",
    ];
    let read = |row: Value| {
        let says = |name: &str| row.get(name).is_some_and(|activity| !activity.is_null());
        let told_apart = says(OWN) || OTHERS.into_iter().any(says);
        let id = AppId(id(&row, "appId")?);
        let at = last(row.get(if told_apart { OWN } else { "lastSignInActivity" }));
        let all = OTHERS.into_iter().chain(["lastSignInActivity"]).map(|name| last(row.get(name)));
        // The latest of all; none where one of them cannot be read.
        let other = all.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other))).flatten();
        Some(match (at, other) {
            (Some(at), None) => Row::Besides(id, at, None),
            (Some(at), Some(Some(other))) if at.is_none_or(|at| at < other) => {
                Row::Besides(id, at, Some(other))
            }
            (at, _) => of(id, at),
        })
    };
    Some(entry.json().and_then(read).unwrap_or(Row::Unreadable))
}

/// Of what it is, and what `last` says of that.
fn of<K>(id: K, last: Option<Option<DateTime<Utc>>>) -> Row<K> {
    match last {
        Some(at) => Row::Of(id, at),
        None => Row::Unclear(id),
    }
}

fn id(row: &Value, name: &str) -> Option<Uuid> {
    Uuid::try_parse(row.get(name)?.as_str()?.trim()).ok()
}

/// When the last one of a `signInActivity` was. Where there is none it is null, absent, or of year 1 (inferred:
/// the directory writes the least time it knows for what has not happened). None where nobody can tell.
fn last(activity: Option<&Value>) -> Option<Option<DateTime<Utc>>> {
    let activity = match activity {
        None | Some(Value::Null) => return Some(None),
        Some(activity) => activity.as_object()?,
    };
    match activity.get("lastSignInDateTime") {
        None | Some(Value::Null) => Some(None),
        Some(at) => lenient::time(at.as_str()?).map(|at| Some(at).filter(|at| 1970 < at.year())),
    }
}
