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

/// `PATCH /servicePrincipals/{id}` with `accountEnabled`, and `PATCH /applications/{id}` with `isDisabled`.
/// The rest of the two types is not served.
pub(super) fn change(call: &Call<'_>, kind: ObjectKind, key: &Key) -> Served {
    let switch = match kind {
        ObjectKind::Application => "isDisabled",
        ObjectKind::ServicePrincipal => "accountEnabled",
    };
    let mut setting = None;
    for (name, value) in call.body()? {
        match (name.as_str(), value) {
            (name, Value::Bool(value)) if name == switch => setting = Some(value),
            (name, _) if name == switch => {
                return Err(Refusal::bad_request(format!("{name} is not a Boolean.")));
            }
            ("passwordCredentials", _) => {
                let message =
                    "Property 'passwordCredentials' cannot be updated. Use addPassword and removePassword.";
                return Err(Refusal::bad_request(message));
            }
            ("isDisabled", _) => {
                let message = "Property 'isDisabled' is read-only. Set it on the application.";
                return Err(Refusal::bad_request(message));
            }
            (name, _) if name.starts_with('@') => (),
            (name, _) => {
                let message = format!("The emulator does not serve changing '{name}'.");
                return Err(Refusal::bad_request(message));
            }
        }
    }
    let mut tenant = call.state.tenant_mut();
    let position = call.find(&tenant, kind, key)?;
    let object = tenant.collection(kind).read(position);
    // Documented as not to be updated directly; code and status are inferred.
    if object.get("servicePrincipalType").and_then(Value::as_str) == Some("ManagedIdentity") {
        return Err(Refusal::bad_request("A managed identity cannot be updated directly."));
    }
    if let Some(setting) = setting {
        let id = tenant.collection(kind).id(position).to_owned();
        let audited = call.audited(&tenant);
        tenant.switch_by(kind, &id, switch, setting, &audited);
    }
    Ok(Answer::empty(204))
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
