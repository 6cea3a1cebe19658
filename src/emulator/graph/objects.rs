//! One object and what hangs on it.

use serde_json::Value;

use super::Served;
use super::call::Call;
use super::listing;
use super::policies;
use super::refusal::Refusal;
use super::route::Key;
use super::view::{self, Extent, View};
use crate::emulator::ObjectKind;
use crate::emulator::front::Answer;

/// `GET /applications/{id}` and its kind.
pub(super) fn one(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    view::check_select(&call.query, &[kind])?;
    if call.query.filter.is_some() || call.query.top.is_some() {
        return Err(Refusal::bad_request("$filter and $top are for collections."));
    }
    let tenant = call.tenant();
    let position = call.find(&tenant, kind, key)?;
    let record = call.record(&tenant, kind, position)?;
    if let Some(expand) = &call.query.expand {
        view::check_expand(expand, Extent::One)?;
    }
    let context = format!("{}/$entity", listing::context(kind, &call.query));
    let mut before = format!("\"@odata.context\":{},", call.context(&context));
    let mut query = call.query.clone();
    // Policies are not stored with the object: they are expanded here, everything else by the view.
    if let Some(expand) = query.expand.take_if(|expand| expand.relationship == "appManagementPolicies") {
        let id = tenant.collection(kind).id(position);
        let policies = policies::shown_of(&tenant, tenant.assigned_to(kind, id), call);
        before.push_str(&format!("\"appManagementPolicies\":{},", view::expansion(&expand, policies)));
    }
    let mut shown = String::new();
    View::new(kind, &query, Extent::One).write(record, &before, &mut shown);
    Ok(Answer::json_text(200, shown))
}

/// `GET …/owners`
pub(super) fn owners(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let tenant = call.tenant();
    let position = call.find(&tenant, kind, key)?;
    let owners = view::related(call.record(&tenant, kind, position)?, "owners").into_iter();
    let owners = owners.map(|owner| view::selected(owner, call.query.select.as_deref())).collect();
    call.page_of(&tenant, &selected_context("directoryObjects", call), owners)
}

/// `GET …/federatedIdentityCredentials`: of applications and managed identities.
pub(super) fn federated_credentials(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let tenant = call.tenant();
    let position = call.find(&tenant, kind, key)?;
    let id = tenant.collection(kind).id(position);
    let record = call.record(&tenant, kind, position)?;
    let mut credentials = view::related(record, "federatedIdentityCredentials");
    if let Some(filter) = &call.query.filter {
        let (member, value) = name_or_subject(filter)
            .ok_or_else(|| Refusal::unsupported("Only 'name eq' and 'subject eq' are supported."))?;
        credentials
            .retain(|credential| credential.get(member).and_then(Value::as_str) == Some(value.as_str()));
    }
    let credentials = credentials.into_iter();
    let credentials = credentials.map(|one| view::selected(one, call.query.select.as_deref())).collect();
    let context = format!("{}('{id}')/federatedIdentityCredentials", kind.segment());
    call.page_of(&tenant, &selected_context(&context, call), credentials)
}

fn name_or_subject(filter: &str) -> Option<(&'static str, String)> {
    let (member, rest) = filter.trim().split_once(" eq ")?;
    let value = rest.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    ["name", "subject"].into_iter().find(|name| *name == member).map(|name| (name, value))
}

/// `GET …/appManagementPolicies`
pub(super) fn assigned_policies(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let tenant = call.tenant();
    let position = call.find(&tenant, kind, key)?;
    let id = tenant.collection(kind).id(position);
    let policies = policies::shown_of(&tenant, tenant.assigned_to(kind, id), call);
    call.page_of(&tenant, &selected_context("policies/appManagementPolicies", call), policies)
}

/// A context with the selected properties behind it.
pub(super) fn selected_context(of: &str, call: &Call<'_>) -> String {
    match &call.query.select {
        Some(select) => format!("{of}({})", select.join(",")),
        None => of.to_owned(),
    }
}
