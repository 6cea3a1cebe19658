//! The two collections.

use serde_json::Value;

use super::Served;
use super::call::{Call, Page};
use super::filter::Filter;
use super::query::Query;
use super::refusal::Refusal;
use super::view::{self, Extent};
use crate::emulator::front::Answer;
use crate::emulator::{ObjectKind, TenantData};

/// `GET /applications` and `GET /servicePrincipals`.
pub(super) fn objects(call: &Call<'_>, kind: ObjectKind) -> Served {
    let query = &call.query;
    view::check_select(query, &[kind])?;
    if let Some(expand) = &query.expand {
        view::check_expand(expand, Extent::Many)?;
    }
    let filter = filter(call, kind)?;
    let tenant = call.state.tenant();
    let (positions, next) = matching(&tenant, kind, filter.as_ref(), call.offset(), call.page_size(&tenant));
    let value = positions.into_iter().map(|position| shown(&tenant, kind, position, query)).collect();
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
    let total = total(&call.state.tenant(), kind, filter.as_ref());
    Ok(Answer::text(200, &total.to_string(), Vec::new()))
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
    let collection = tenant.collection(kind);
    let mut positions = Vec::with_capacity(size);
    for position in offset..collection.len() {
        if filter.is_some_and(|filter| !admits(filter, tenant, kind, position)) {
            continue;
        }
        if positions.len() == size {
            return (positions, Some(position));
        }
        positions.push(position);
    }
    (positions, None)
}

fn total(tenant: &TenantData, kind: ObjectKind, filter: Option<&Filter>) -> usize {
    let all = tenant.collection(kind).len();
    filter.map_or(all, |filter| (0..all).filter(|position| admits(filter, tenant, kind, *position)).count())
}

fn admits(filter: &Filter, tenant: &TenantData, kind: ObjectKind, position: usize) -> bool {
    let collection = tenant.collection(kind);
    filter.admits(collection.owners(position), || collection.read(position))
}

fn shown(tenant: &TenantData, kind: ObjectKind, position: usize, query: &Query) -> Value {
    let stored = tenant.collection(kind).read(position);
    let mut shown = view::object(&stored, kind, query, Extent::Many);
    if let Some(expand) = &query.expand {
        view::expanded(&mut shown, expand, view::related(&stored, &expand.relationship));
    }
    Value::Object(shown)
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
