//! Applications that were deleted and can still be restored, with their credentials (FACTS §6).
//!
//! `api-reference/v1.0/api/directory-deleteditems-list.md`: with the cast it takes what the listing of the type
//! takes, 999 to a page at most; least privileged `Application.Read.All`.

use std::collections::BTreeMap;

use super::outcome::{Told, Trouble, whole};
use super::wire;
use crate::domain::{DeletedApplication, ObjectId, ObjectKind};
use crate::graph::convert;
use crate::graph::entry::Entry;
use crate::graph::http::Graph;
use crate::graph::pages::Sink;
use crate::graph::progress::Watch;
use crate::graph::source::Source;

/// Reads all of them, in the order of their ids.
pub(super) async fn read(graph: &Graph, watch: Watch<'_>) -> Result<Told<Vec<DeletedApplication>>, Trouble> {
    let call = Source::of(ObjectKind::Application).deleted(graph);
    let listed = graph.list_into::<_, EachOnce>(&call, watch, deleted).await;
    let EachOnce(deleted) = whole(listed, watch.part)?;
    Ok(Vec::from_iter(deleted.into_values()).into())
}

/// One that is listed twice is one; the later one is the newer.
#[derive(Default)]
struct EachOnce(BTreeMap<ObjectId, DeletedApplication>);

impl Sink<DeletedApplication> for EachOnce {
    fn put(&mut self, deleted: DeletedApplication) {
        self.0.insert(deleted.application.id, deleted);
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

fn deleted(mut entry: Entry<'_>) -> Option<DeletedApplication> {
    let wire: wire::Deleted<'_> = entry.read()?;
    let deleted = entry.time("deletedDateTime", wire.deleted_date_time.as_deref());
    Some(DeletedApplication { deleted, application: convert::application(entry)? })
}
