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

/// The type of agent identity blueprints.
const BLUEPRINT: &str = "#microsoft.graph.agentIdentityBlueprint";

/// The most of them on a page.
const BLUEPRINTS: usize = 100;

/// `GET /applications` and `GET /servicePrincipals`.
pub(super) fn objects(call: &Call<'_>, kind: ObjectKind) -> Served {
    let tenant = call.tenant();
    list(call, &tenant, kind, plain(&tenant))
}

/// Which objects of a collection a listing is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extract {
    Everything,
    WithoutBlueprints,
    Blueprints,
}

fn plain(tenant: &TenantData) -> Extract {
    if tenant.blueprints_listed { Extract::Everything } else { Extract::WithoutBlueprints }
}

fn list(call: &Call<'_>, tenant: &TenantData, kind: ObjectKind, extract: Extract) -> Served {
    let query = &call.query;
    view::check_select(query, &[kind])?;
    if let Some(expand) = &query.expand {
        view::check_expand(expand, Extent::Many)?;
    }
    let filter = filter(call, kind)?;
    let admits = |slot: &Slot| admits(filter.as_ref(), extract, slot);
    let (positions, next) = matching(tenant, kind, admits, call.offset(), call.page_size(tenant));
    let view = View::new(kind, query, Extent::Many);
    let value =
        written(&view, positions.iter().filter_map(|position| tenant.collection(kind).record(*position)));
    let count = call.counted().then(|| total(tenant, kind, filter.as_ref(), extract));
    let mut context = context(kind, query);
    if extract == Extract::Blueprints {
        context = context.replacen("applications", "applications/microsoft.graph.agentIdentityBlueprint", 1);
    }
    Ok(call.page(&context, Page { value, next, count }))
}

/// `GET /directory/deletedItems/microsoft.graph.application`: what was deleted in the last 30 days, with
/// everything in it.
pub(super) fn deleted(call: &Call<'_>, kind: ObjectKind) -> Served {
    let query = &call.query;
    view::check_select(query, &[kind])?;
    if query.filter.is_some() || query.expand.is_some() {
        return Err(Refusal::unsupported(
            "The emulator does not serve $filter and $expand on deleted items.",
        ));
    }
    let tenant = call.tenant();
    let view = View::new(kind, query, Extent::Many);
    let restorable = |slot: &Slot| slot.deleted(kind).filter(|(_, at)| tenant.is_restorable(*at));
    let (offset, size) = (call.offset(), call.page_size(&tenant));
    let (mut records, mut next) = (Vec::new(), None);
    for (place, slot) in tenant.collection(kind).slots_from(offset).iter().enumerate() {
        let Some((record, _)) = restorable(slot) else { continue };
        if records.len() == size {
            next = Some(offset + place);
            break;
        }
        records.push(record);
    }
    let count = call.counted().then(|| {
        tenant.collection(kind).slots_from(0).iter().filter(|slot| restorable(slot).is_some()).count()
    });
    Ok(call.page(&context(kind, query), Page { value: written(&view, records.iter()), next, count }))
}

/// `GET /applications/microsoft.graph.agentIdentityBlueprint`: blueprints and nothing else, at most 100 on a
/// page. That a larger `$top` is refused is inferred.
pub(super) fn blueprints(call: &Call<'_>) -> Served {
    if let Some(top) = call.query.top.filter(|top| *top > BLUEPRINTS) {
        return Err(Refusal::unsupported(format!(
            "Invalid page size specified: '{top}'. Must be between 1 and {BLUEPRINTS} inclusive."
        )));
    }
    list(call, &call.tenant(), ObjectKind::Application, Extract::Blueprints)
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
    let tenant = call.tenant();
    let total = total(&tenant, kind, filter.as_ref(), plain(&tenant));
    Ok(Answer::text(200, &total.to_string()))
}

fn filter(call: &Call<'_>, kind: ObjectKind) -> Result<Option<Filter>, Refusal> {
    call.query.filter.as_deref().map(|text| Filter::parse(text, kind, &call.query)).transpose()
}

/// The positions on a page, and where the next one starts.
fn matching(
    tenant: &TenantData,
    kind: ObjectKind,
    admits: impl Fn(&Slot) -> bool,
    offset: usize,
    size: usize,
) -> (Vec<usize>, Option<usize>) {
    let mut positions = Vec::with_capacity(size);
    for (place, slot) in tenant.collection(kind).slots_from(offset).iter().enumerate() {
        if !admits(slot) {
            continue;
        }
        if positions.len() == size {
            return (positions, Some(offset + place));
        }
        positions.push(offset + place);
    }
    (positions, None)
}

fn total(tenant: &TenantData, kind: ObjectKind, filter: Option<&Filter>, extract: Extract) -> usize {
    let collection = tenant.collection(kind);
    match (filter, extract) {
        (None, Extract::Everything) => collection.live(),
        _ => collection.slots_from(0).iter().filter(|slot| admits(filter, extract, slot)).count(),
    }
}

fn admits(filter: Option<&Filter>, extract: Extract, slot: &Slot) -> bool {
    let Some(record) = slot.live() else { return false };
    let belongs = match extract {
        Extract::Everything => true,
        Extract::WithoutBlueprints => record.odata_type() != Some(BLUEPRINT),
        Extract::Blueprints => record.odata_type() == Some(BLUEPRINT),
    };
    belongs && filter.is_none_or(|filter| filter.admits(record.owners(), || record.object()))
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
