//! A request that was let in, with its query options read.

use serde_json::{Value, json};
use uuid::Uuid;

use super::page_token::PageToken;
use super::query::Query;
use super::refusal::Refusal;
use super::route::Key;
use super::{Conditions, Reading, Served};
use crate::emulator::front::{Answer, Received};
use crate::emulator::state::State;
use crate::emulator::tenant::Record;
use crate::emulator::{ObjectKind, TenantData};

pub(super) struct Call<'a> {
    pub(super) state: &'a State,
    pub(super) received: &'a Received,
    pub(super) query: Query,
    /// The client id of the application whose token was let in.
    client: &'a str,
    token: Option<PageToken>,
    conditions: &'a Conditions,
}

/// One page of a listing.
pub(super) struct Page {
    /// The objects as JSON text, with a comma between each two.
    pub(super) value: String,
    /// Where the next page starts; none on the last.
    pub(super) next: Option<usize>,
    /// How many there are altogether, where that was asked for.
    pub(super) count: Option<usize>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        state: &'a State,
        received: &'a Received,
        client: &'a str,
        conditions: &'a Conditions,
    ) -> Result<Self, Refusal> {
        let query = Query::parse(received)?;
        let token = PageToken::of(&state.salt, received)?;
        // The header is not part of the link. Left out, Graph says that the token has expired.
        if token.as_ref().is_some_and(|token| token.advanced) && !query.eventual {
            return Err(Refusal::page_token());
        }
        Ok(Self { state, received, query, client, token, conditions })
    }

    /// The tenant as it is to be read.
    pub(super) fn tenant(&self) -> Reading<'_> {
        self.conditions.tenant(self.state)
    }

    /// Where this page starts.
    pub(super) fn offset(&self) -> usize {
        self.token.as_ref().map_or(0, |token| token.offset)
    }

    /// The most objects on this page.
    pub(super) fn page_size(&self, tenant: &TenantData) -> usize {
        let wanted = self.query.top.unwrap_or(100);
        tenant.page_size.map_or(wanted, |most| wanted.min(most)).max(1)
    }

    /// Whether the number of all objects belongs on this page: the first of an advanced query.
    pub(super) fn counted(&self) -> bool {
        self.query.advanced() && self.token.is_none()
    }

    /// `$metadata#…` as answers name it.
    pub(super) fn context(&self, of: &str) -> Value {
        let version = if self.received.path.starts_with("/beta/") { "beta" } else { "v1.0" };
        Value::String(format!("{}/{version}/$metadata#{of}", self.state.graph_root))
    }

    /// The answer that holds a page.
    pub(super) fn page(&self, context: &str, mut page: Page) -> Answer {
        if self.conditions.empty_page {
            page.value.clear();
            page.next = Some(self.offset());
        }
        let mut body = format!("{{\"@odata.context\":{}", self.context(context));
        if let Some(count) = page.count {
            body.push_str(&format!(",\"@odata.count\":{count}"));
        }
        if let Some(offset) = page.next {
            let number = self.token.as_ref().map_or(1, |token| token.page) + 1;
            let next = PageToken { page: number, offset, advanced: self.query.advanced() };
            let link = next.link(&self.state.salt, &self.state.graph_root, self.received);
            body.push_str(&format!(",\"@odata.nextLink\":{}", Value::String(link)));
        }
        body.push_str(",\"value\":[");
        body.push_str(&page.value);
        body.push_str("]}");
        Answer::json_text(200, body)
    }

    /// The page of a short list that was asked for.
    pub(super) fn page_of(&self, tenant: &TenantData, context: &str, all: Vec<Value>) -> Served {
        let (offset, size) = (self.offset(), self.page_size(tenant));
        let count = self.counted().then_some(all.len());
        let next = Some(offset + size).filter(|next| *next < all.len());
        let shown: Vec<String> = all.iter().skip(offset).take(size).map(Value::to_string).collect();
        let value = shown.join(",");
        Ok(self.page(context, Page { value, next, count }))
    }

    /// The position of the object a path names.
    pub(super) fn find(&self, tenant: &TenantData, kind: ObjectKind, key: &Key) -> Result<usize, Refusal> {
        let collection = tenant.collection(kind);
        match key {
            Key::Id(id) if Uuid::try_parse(id).is_err() => {
                Err(Refusal::bad_request(format!("Invalid object identifier '{id}'.")))
            }
            Key::Id(id) => collection.position(id).ok_or_else(|| Refusal::not_found(id)),
            Key::AppId(id) => collection.position_by_app_id(id).ok_or_else(|| Refusal::not_found(id)),
        }
    }

    /// The object at a position that [`Call::find`] gave.
    pub(super) fn record<'t>(
        &self,
        tenant: &'t TenantData,
        kind: ObjectKind,
        position: usize,
    ) -> Result<&'t Record, Refusal> {
        let record = tenant.collection(kind).record(position);
        record.map(|record| record.as_ref()).ok_or_else(|| Refusal::not_found(""))
    }

    /// What audit entries of this request have besides: the audit log names the application that signed in.
    pub(super) fn audited(&self, tenant: &TenantData) -> Value {
        let client = self.state.clients.by_id(self.client);
        json!({ "initiatedBy": client.map(|client| client.as_initiator(tenant)) })
    }

    /// The JSON object in the body.
    pub(super) fn body(&self) -> Result<serde_json::Map<String, Value>, Refusal> {
        let json =
            self.received.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if !json {
            let message = "Write requests must contain the Content-Type header declaration.";
            return Err(Refusal::bad_request(message));
        }
        serde_json::from_slice(&self.received.body)
            .map_err(|_| Refusal::new(400, "BadRequest", "Unable to read JSON request payload."))
    }
}
