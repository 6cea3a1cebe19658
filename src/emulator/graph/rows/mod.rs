//! Listings of rows: what is neither application nor service principal and is stored as it is shown.
//! Each listing offers some query options and refuses the others, as far as its page names them.

use std::cmp::Ordering;

use serde_json::Value;

use super::Served;
use super::call::{Call, Page};
use super::refusal::Refusal;
use super::view;
use crate::emulator::TenantData;
use filter::Filter;

mod filter;

pub(super) use filter::Comparison;

/// What a listing offers.
pub(super) struct Offer {
    /// The type in messages, as `microsoft.graph.directoryAudit`.
    pub(super) of: &'static str,
    /// What `$filter` compares, and how.
    pub(super) filter: &'static [(&'static str, &'static [Comparison])],
    /// By what `$orderby` sorts.
    pub(super) order: &'static [&'static str],
    /// The properties; none where there is no `$select`.
    pub(super) select: &'static [&'static str],
    /// The relationships of `$expand`.
    pub(super) expand: &'static [&'static str],
    /// Whether the caller has a say in the size of pages.
    pub(super) top: bool,
    /// By what it is sorted, latest first, when nobody asks for anything else.
    pub(super) latest_by: Option<&'static str>,
}

/// What is listed.
pub(super) struct Rows<'a> {
    pub(super) tenant: &'a TenantData,
    pub(super) all: &'a [Value],
    /// Which of them are there at all.
    pub(super) visible: &'a dyn Fn(&Value) -> bool,
    /// What one looks like in the answer.
    pub(super) shown: &'a dyn Fn(&Value) -> Value,
}

struct Order {
    by: String,
    descending: bool,
}

/// The relationship that is brought along with a row, if any: its name and what it holds.
type Expanded<'a> = &'a dyn Fn(&Value) -> Option<(String, Value)>;

/// The page that was asked for.
pub(super) fn list(call: &Call<'_>, offer: &Offer, context: &str, rows: &Rows<'_>) -> Served {
    list_with(call, offer, context, rows, &|_| None)
}

/// The same, with a relationship.
pub(super) fn list_with(
    call: &Call<'_>,
    offer: &Offer,
    context: &str,
    rows: &Rows<'_>,
    expanded: Expanded<'_>,
) -> Served {
    check(call, offer)?;
    let filter = filter(call, offer)?;
    let order = order(call, offer)?;
    let admitted =
        |row: &&Value| (rows.visible)(row) && filter.as_ref().is_none_or(|filter| filter.admits(row));
    let (offset, size) = (call.offset(), call.page_size(rows.tenant));
    let (page, next) = match order {
        Some(order) => {
            let mut sorted: Vec<&Value> = rows.all.iter().filter(admitted).collect();
            sorted.sort_by(|one, other| order.compare(one, other));
            let next = Some(offset + size).filter(|next| *next < sorted.len());
            (sorted.into_iter().skip(offset).take(size).collect(), next)
        }
        None => as_stored(rows.all, admitted, offset, size),
    };
    let count = call.counted().then(|| rows.all.iter().filter(admitted).count());
    let select = call.query.select.as_deref();
    let text = |row: &Value| {
        let mut shown = view::selected((rows.shown)(row), select);
        if let (Some(members), Some((name, related))) = (shown.as_object_mut(), expanded(row)) {
            members.insert(name, related);
        }
        shown.to_string()
    };
    let value = page.into_iter().map(text).collect::<Vec<_>>().join(",");
    Ok(call.page(context, Page { value, next, count }))
}

/// What is filtered by.
pub(super) fn filter(call: &Call<'_>, offer: &Offer) -> Result<Option<Filter>, Refusal> {
    call.query.filter.as_deref().map(|text| Filter::parse(text, offer.filter)).transpose()
}

/// A page in the order of storage, and where the next one starts. Places stay what they are when a row
/// vanishes between two pages.
fn as_stored<'a>(
    all: &'a [Value],
    admitted: impl Fn(&&Value) -> bool,
    offset: usize,
    size: usize,
) -> (Vec<&'a Value>, Option<usize>) {
    let mut page = Vec::new();
    for (place, row) in all.iter().enumerate().skip(offset) {
        if !admitted(&row) {
            continue;
        }
        if page.len() == size {
            return (page, Some(place));
        }
        page.push(row);
    }
    (page, None)
}

fn check(call: &Call<'_>, offer: &Offer) -> Result<(), Refusal> {
    let query = &call.query;
    if query.top.is_some() && !offer.top {
        return Err(Refusal::unsupported("$top is not supported here."));
    }
    if let Some(expand) = &query.expand
        && !offer.expand.contains(&expand.relationship.as_str())
    {
        return Err(Refusal::expand(&expand.relationship));
    }
    match &query.select {
        Some(_) if offer.select.is_empty() => Err(Refusal::unsupported("$select is not supported here.")),
        Some(names) => match names.iter().find(|name| !offer.select.contains(&name.as_str())) {
            Some(unknown) => Err(Refusal::no_property(unknown, offer.of)),
            None => Ok(()),
        },
        None => Ok(()),
    }
}

/// `activityDateTime desc`
fn order(call: &Call<'_>, offer: &Offer) -> Result<Option<Order>, Refusal> {
    let Some(text) = call.query.order.as_deref() else {
        return Ok(offer.latest_by.map(|by| Order { by: by.to_owned(), descending: true }));
    };
    let (by, direction) = text.trim().split_once(' ').unwrap_or((text.trim(), "asc"));
    let descending = match direction.trim() {
        "asc" => false,
        "desc" => true,
        _ => return Err(Refusal::unsupported(format!("Invalid $orderby: '{text}'."))),
    };
    if !offer.order.contains(&by) {
        return Err(Refusal::unsupported(format!("Sorting by '{by}' is not supported.")));
    }
    Ok(Some(Order { by: by.to_owned(), descending }))
}

impl Order {
    fn compare(&self, one: &Value, other: &Value) -> Ordering {
        let key = |row| filter::member(row, &self.by);
        let ordering = filter::compare(key(one), key(other));
        if self.descending { ordering.reverse() } else { ordering }
    }
}
