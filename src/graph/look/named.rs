//! Which objects a person means.

use serde::Deserialize;
use uuid::Uuid;

use super::read::{all, one};
use crate::domain::{AppId, ObjectId, ObjectKey, ObjectKind, Text};
use crate::graph::convert::text;
use crate::graph::entry::Entry;
use crate::graph::error::GraphError;
use crate::graph::http::{Call, Graph};
use crate::graph::lent::Lent;
use crate::graph::source::{READ_OBJECTS, Source};

/// Nobody can choose among more of one name.
const MOST_NAMED: usize = 1_000;

/// An object that a person may mean, with what it takes to tell it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Kind and object id.
    pub key: ObjectKey,
    /// Its `appId`.
    pub app_id: Option<AppId>,
    /// Its `displayName`.
    pub display_name: Text,
    /// The `signInAudience` of an application; none of a service principal.
    pub sign_in_audience: Option<Text>,
}

/// The applications and service principals that are meant: a GUID by its object id or its `appId`, anything else by
/// its display name, letter for letter. All that fit, applications first, in the order of their ids; where that is
/// more than one, the caller has to ask which. An application and its service principal have one `appId`, and mostly
/// one name.
///
/// # Errors
/// When not all of them can be read.
pub async fn identify(graph: &Graph, meant: &str) -> Result<Vec<Identified>, GraphError> {
    let kinds = [ObjectKind::Application, ObjectKind::ServicePrincipal];
    let mut found = Vec::new();
    for kind in kinds {
        found.extend(match Uuid::try_parse(meant.trim()) {
            Ok(id) => by_id(graph, kind, id).await?,
            Err(_) if meant.trim().is_empty() => Vec::new(),
            Err(_) => by_name(graph, kind, meant).await?,
        });
    }
    found.sort_by_key(|found| found.key);
    found.dedup_by_key(|found| found.key);
    Ok(found)
}

async fn by_id(graph: &Graph, kind: ObjectKind, id: Uuid) -> Result<Vec<Identified>, GraphError> {
    let path = Source::of(kind).path;
    let mut found = Vec::new();
    for path in [format!("{path}/{id}"), format!("{path}(appId='{id}')")] {
        let call = graph.call(&path, Some(select(kind)), READ_OBJECTS);
        let asked = |entry: Entry<'_>| {
            let (_, found) = read(entry, kind)?;
            let fits = found.key.id.0 == id || found.app_id == Some(AppId(id));
            fits.then_some(found)
        };
        found.extend(one(graph, &call, Source::of(kind).part, asked).await?);
    }
    Ok(found)
}

async fn by_name(graph: &Graph, kind: ObjectKind, name: &str) -> Result<Vec<Identified>, GraphError> {
    let filter = encoded(&format!("displayName eq '{}'", name.replace('\'', "''")));
    let query = format!("$filter={filter}&{}&$top=999", select(kind));
    let call: Call = Source::of(kind).list(graph, &query);
    let take = match kind {
        ObjectKind::Application => application,
        ObjectKind::ServicePrincipal => service_principal,
    };
    let listed = all::<_, MOST_NAMED>(graph, &call, Source::of(kind).part, take).await?;
    // A filter may be passed over in silence (FACTS §4.1), and Graph's comparison knows no case (inferred).
    let exactly = listed.unwrap_or_default().into_iter().filter(|(found, _)| &**found == name);
    Ok(exactly.map(|(_, found)| found).collect())
}

fn select(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Application => "$select=id,appId,displayName,signInAudience",
        ObjectKind::ServicePrincipal => "$select=id,appId,displayName",
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow)]
    id: Option<Lent<'a>>,
    #[serde(borrow)]
    app_id: Option<Lent<'a>>,
    #[serde(borrow)]
    display_name: Option<Lent<'a>>,
    #[serde(borrow)]
    sign_in_audience: Option<Lent<'a>>,
}

fn application(entry: Entry<'_>) -> Option<(Box<str>, Identified)> {
    read(entry, ObjectKind::Application)
}

fn service_principal(entry: Entry<'_>) -> Option<(Box<str>, Identified)> {
    read(entry, ObjectKind::ServicePrincipal)
}

/// An object, with its name as it stands.
fn read(mut entry: Entry<'_>, kind: ObjectKind) -> Option<(Box<str>, Identified)> {
    let wire: Wire<'_> = entry.read()?;
    let id = ObjectId(entry.id(wire.id.as_deref())?);
    let name = Box::from(wire.display_name.as_deref().unwrap_or_default());
    let found = Identified {
        key: ObjectKey { kind, id },
        app_id: entry.guid("appId", wire.app_id.as_deref()).map(AppId),
        display_name: text(wire.display_name).unwrap_or_default(),
        sign_in_audience: text(wire.sign_in_audience).filter(|_| kind == ObjectKind::Application),
    };
    Some((name, found))
}

/// Percent-encoded to the last sign: a name may hold `&`, `#`, `+` and `%`.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
