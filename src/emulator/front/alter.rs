//! Right answers made wrong.

use serde_json::{Value, json};

use super::answer::{Answer, Payload};
use super::received::Received;

/// What is changed about an answer that has a JSON body; any other stays as it is.
#[derive(Debug, Clone)]
pub(in crate::emulator) enum Alteration {
    /// The value at a JSON pointer.
    Member(String, Value),
    /// Where the link to the next page, or to the next round, leads.
    ForeignLink(String),
    /// The link to the next page leads to this one.
    Circle,
    /// Every item of the page stands there twice.
    Duplicates,
    /// The text ends in the middle.
    Malformed,
}

const NEXT: &str = "@odata.nextLink";
const DELTA: &str = "@odata.deltaLink";

impl Alteration {
    /// `root` is the one this server puts before its links.
    pub(in crate::emulator) fn apply(self, mut answer: Answer, root: &str, received: &Received) -> Answer {
        let text = match &answer.body {
            Payload::Json(value) => value.to_string(),
            Payload::JsonText(text) => text.clone(),
            Payload::Empty | Payload::Text(_) => return answer,
        };
        answer.body = if let Self::Malformed = self {
            let half = (0..=text.len() / 2).rev().find_map(|end| text.get(..end));
            Payload::JsonText(half.unwrap_or_default().to_owned())
        } else {
            let mut body = serde_json::from_str(&text).unwrap_or(Value::Null);
            self.change(&mut body, root, received);
            Payload::Json(body)
        };
        answer
    }

    fn change(self, body: &mut Value, root: &str, received: &Received) {
        match self {
            Self::Member(pointer, value) => put(body, &pointer, value),
            Self::ForeignLink(foreign) => {
                let name = if body.get(DELTA).is_some() { DELTA } else { NEXT };
                let own = body.get(name).and_then(Value::as_str);
                let own = own.unwrap_or_default().strip_prefix(root).map(str::to_owned);
                let path = own.unwrap_or_else(|| format!("{}?$skiptoken=more", received.path));
                put(body, &format!("/{name}"), json!(format!("{foreign}{path}")));
            }
            Self::Circle => {
                if let Value::Object(members) = body {
                    members.remove(DELTA);
                    members.insert(NEXT.to_owned(), json!(received.url(root)));
                }
            }
            Self::Duplicates => {
                if let Some(Value::Array(items)) = body.get_mut("value") {
                    *items = items.iter().flat_map(|item| [item.clone(), item.clone()]).collect();
                }
            }
            Self::Malformed => (),
        }
    }
}

/// Sets the value at a JSON pointer. The last step may name a member that is not there yet.
fn put(body: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
        return;
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(members)) = body.pointer_mut(parent) {
        members.insert(name.replace("~1", "/").replace("~0", "~"), value);
    }
}
