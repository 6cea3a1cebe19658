//! The two collections.

use std::sync::Arc;

use super::Served;
use super::call::{Call, Page};
use super::filter::Filter;
use super::query::Query;
use super::refusal::Refusal;
use super::view::{self, Extent, View};
use crate::emulator::front::Answer;
use crate::emulator::tenant::{Record, Slot};
use crate::emulator::{ObjectKind, TenantData};

/// `GET /applications` and `GET /servicePrincipals`.
pub(super) fn objects(call: &Call<'_>, kind: ObjectKind) -> Served {
    let query = &call.query;
    view::check_select(query, &[kind])?;
    if let Some(expand) = &query.expand {
        view::check_expand(expand, Extent::Many)?;
    }
    let filter = filter(call, kind)?;
    let tenant = call.tenant();
    let (positions, next) = matching(&tenant, kind, filter.as_ref(), call.offset(), call.page_size(&tenant));
    let view = View::new(kind, query, Extent::Many);
    let value =
        written(&view, positions.iter().filter_map(|position| tenant.collection(kind).record(*position)));
    let count = call.counted().then(|| total(&tenant, kind, filter.as_ref()));
    Ok(call.page(&context(kind, query), Page { value, next, count }))
}

/// `GET /applications/$count`: a number in plain text, by advanced query only.
pub(super) fn count(call: &Call<'_>, kind: ObjectKind) -> Served {
    if !call.query.eventual {
        let message = "$count is not currently supported without the header 'ConsistencyLevel: eventual'.";
        return Err(Refusal::bad_request(message));
    }
    // The path itself counts, so that a filter needs no `$count=true` here.
    let query = Query { count: true, ..call.query.clone() };
    let filter = query.filter.as_deref().map(|text| Filter::parse(text, kind, &query)).transpose()?;
    let total = total(&call.tenant(), kind, filter.as_ref());
    Ok(Answer::text(200, &total.to_string()))
}

fn filter(call: &Call<'_>, kind: ObjectKind) -> Result<Option<Filter>, Refusal> {
    call.query.filter.as_deref().map(|text| Filter::parse(text, kind, &call.query)).transpose()
}

/// The positions on a page, and where the next one starts.
fn matching(
    tenant: &TenantData,
    kind: ObjectKind,
    filter: Option<&Filter>,
    offset: usize,
    size: usize,
) -> (Vec<usize>, Option<usize>) {
    let mut positions = Vec::with_capacity(size);
    for (place, slot) in tenant.collection(kind).slots_from(offset).iter().enumerate() {
        if !admits(filter, slot) {
            continue;
        }
        if positions.len() == size {
            return (positions, Some(offset + place));
        }
        positions.push(offset + place);
    }
    (positions, None)
}

fn total(tenant: &TenantData, kind: ObjectKind, filter: Option<&Filter>) -> usize {
    let collection = tenant.collection(kind);
    match filter {
        None => collection.live(),
        Some(_) => collection.slots_from(0).iter().filter(|slot| admits(filter, slot)).count(),
    }
}

fn admits(filter: Option<&Filter>, slot: &Slot) -> bool {
    slot.live()
        .is_some_and(|record| filter.is_none_or(|filter| filter.admits(record.owners(), || record.object())))
}

/// Objects as JSON text, with a comma between each two.
fn written<'a>(view: &View, records: impl Iterator<Item = &'a Arc<Record>>) -> String {
    let mut text = String::new();
    for record in records {
        if !text.is_empty() {
            text.push(',');
        }
        view.write(record, "", &mut text);
    }
    text
}

/// `applications(id,appId,federatedIdentityCredentials())`
pub(super) fn context(kind: ObjectKind, query: &Query) -> String {
    let expanded = query.expand.iter().map(|expand| {
        let inner = expand.select.as_deref().unwrap_or_default().join(",");
        format!("{}({inner})", expand.relationship)
    });
    let names: Vec<String> = query.select.iter().flatten().cloned().chain(expanded).collect();
    if names.is_empty() {
        return kind.segment().to_owned();
    }
    format!("{}({})", kind.segment(), names.join(","))
}
