//! What policies apply to.

use serde_json::Value;

use super::Served;
use super::call::{Call, Page};
use super::objects::selected_context;
use super::policies;
use super::refusal::Refusal;
use super::route::Key;
use super::view::{self, Extent, View};
use crate::emulator::ObjectKind;
use crate::emulator::front::Answer;

/// `GET /policies/appManagementPolicies/{id}/appliesTo`: applications and service principals mixed, told
/// apart by `@odata.type`. Paging is not documented; it happens all the same (inferred).
pub(super) fn applies_to(call: &Call<'_>, policy: &str) -> Served {
    view::check_select(&call.query, &[ObjectKind::Application, ObjectKind::ServicePrincipal])?;
    if call.query.filter.is_some() {
        return Err(Refusal::unsupported("The emulator does not serve $filter on appliesTo."));
    }
    if let Some(expand) = &call.query.expand {
        return Err(Refusal::expand(&expand.relationship));
    }
    let tenant = call.tenant();
    let policy = policies::own_id(&tenant, policy)?;
    let all = tenant.applies_to(&policy);
    let (offset, size) = (call.offset(), call.page_size(&tenant));
    let views = [ObjectKind::Application, ObjectKind::ServicePrincipal]
        .map(|kind| (kind, View::new(kind, &call.query, Extent::Many)));
    let mut value = String::new();
    for (kind, id) in all.iter().skip(offset).take(size) {
        let collection = tenant.collection(*kind);
        let record = collection.position(id).and_then(|position| collection.record(position));
        let view = views.iter().find(|(of, _)| of == kind);
        if let (Some(record), Some((_, view))) = (record, view) {
            if !value.is_empty() {
                value.push(',');
            }
            let own = record.odata_type().unwrap_or(kind.odata_type());
            view.write(record, &format!("\"@odata.type\":\"{own}\","), &mut value);
        }
    }
    let page = Page {
        value,
        next: Some(offset + size).filter(|next| *next < all.len()),
        count: call.counted().then_some(all.len()),
    };
    Ok(call.page(&selected_context("directoryObjects", call), page))
}

/// `POST /applications/{id}/appManagementPolicies/$ref`. The code and status of a second assignment are
/// not documented: they are those of token lifetime policies, its sister call (inferred).
pub(super) fn assign(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let body = call.body()?;
    let link = body.get("@odata.id").and_then(Value::as_str).unwrap_or_default();
    let root = format!("{}/v1.0/policies/appManagementPolicies/", call.state.graph_root);
    let public = "https://graph.microsoft.com/v1.0/policies/appManagementPolicies/";
    let policy = link.strip_prefix(&root).or_else(|| link.strip_prefix(public));
    let policy = policy.ok_or_else(|| Refusal::bad_request("Invalid URL in '@odata.id'."))?;
    let mut tenant = call.state.tenant_mut();
    let position = call.find(&tenant, kind, key)?;
    let policy = policies::own_id(&tenant, policy)?;
    let object = tenant.collection(kind).id(position).to_owned();
    if !tenant.assigned_to(kind, &object).is_empty() {
        return Err(Refusal::new(
            400,
            "Request_MultipleObjectsWithSameKeyValue",
            "Request contains property changes that would result in property-uniqueness violation(s). Please retry your request with corrected values.",
        ));
    }
    tenant.assign(&policy, kind, &object);
    Ok(Answer::empty(204))
}

/// `DELETE /applications/{id}/appManagementPolicies/{policy}/$ref`
pub(super) fn unassign(call: &Call<'_>, kind: ObjectKind, key: &Key, policy: &str) -> Served {
    let mut tenant = call.state.tenant_mut();
    let position = call.find(&tenant, kind, key)?;
    let policy = policies::own_id(&tenant, policy)?;
    let object = tenant.collection(kind).id(position).to_owned();
    if !tenant.unassign(&policy, kind, &object) {
        return Err(Refusal::not_found(&policy));
    }
    Ok(Answer::empty(204))
}
