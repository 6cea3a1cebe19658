//! How tests ask for what is read beside objects and policies.

use std::time::Duration;

use keysweep::config::{Extras, Reading};
use keysweep::domain::{Aside, Inventory};
use keysweep::graph::{Graph, Patience, collect};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::tenant::{Watcher, everything, graph, parts, patience, plenty, reasons, tenant};

/// Everything, and these besides.
pub(crate) fn with(extras: Extras) -> Reading {
    Reading { extras, ..everything() }
}

/// Within a budget that no report uses up: five requests in ten seconds are nothing for a test to wait for.
pub(crate) fn unlimited(server: &Server) -> Graph {
    let patience = Patience { throttled: Duration::from_millis(200), ..patience() };
    graph(server, patience).within(plenty())
}

/// Reads a tenant once, from nothing.
pub(crate) async fn read(server: &Server, reading: &Reading) -> Inventory {
    collect(&unlimited(server), tenant(), reading, &Watcher::default()).await
}

/// The answer to a batch, member by member: status and body by URL, without the slash at its start.
pub(crate) fn members(request: &Seen, answer: impl Fn(&str) -> (u16, Value)) -> Reply {
    let asked = request.body["requests"].as_array().cloned().unwrap_or_default();
    let answers = asked.iter().map(|member| {
        let (status, body) = answer(member["url"].as_str().unwrap().trim_start_matches('/'));
        json!({"id": member["id"], "status": status, "body": body})
    });
    Reply::json(&json!({ "responses": answers.collect::<Vec<Value>>() }))
}

/// An error as a member of a batch has it.
pub(crate) fn error(code: &str) -> Value {
    json!({"error": {"code": code, "message": "said it"}})
}

/// The URLs of the members of all batches.
pub(crate) fn asked_in_batches(server: &Server) -> Vec<String> {
    let batches = server.seen_at("batch");
    let members =
        batches.iter().flat_map(|seen| seen.body["requests"].as_array().cloned().unwrap_or_default());
    members.map(|member| member["url"].as_str().unwrap().to_owned()).collect()
}

/// What was read, where nothing is missing.
pub(crate) fn whole<'a, T>(inventory: &Inventory, aside: &'a Aside<T>) -> &'a T
where
    T: std::fmt::Debug,
{
    assert!(inventory.is_complete(), "{}", reasons(inventory));
    aside.read().unwrap_or_else(|| panic!("{aside:?}"))
}

/// The run is complete, the part is not to be had, and this is why.
pub(crate) fn unavailable<T: std::fmt::Debug>(inventory: &Inventory, aside: &Aside<T>) -> String {
    assert!(inventory.is_complete(), "{}", reasons(inventory));
    let why = aside.unavailable().unwrap_or_else(|| panic!("{aside:?}"));
    why.as_str().to_owned()
}

/// The part was not read, and is the only one that is missing.
pub(crate) fn assert_gap<T: std::fmt::Debug + PartialEq>(
    inventory: &Inventory,
    aside: &Aside<T>,
    part: keysweep::domain::Part,
    case: &str,
) {
    assert_eq!(parts(inventory), [part], "{case}: {}", reasons(inventory));
    assert_eq!(*aside, Aside::Unread, "{case}");
}

/// A recorded body; none where the recordings are not at hand.
pub(crate) fn sample(name: &str) -> Option<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/graph/samples");
    let text = std::fs::read_to_string(std::path::Path::new(folder).join(name)).ok();
    if text.is_none() {
        println!("left out: there is no recorded body `{name}` at `../shared/graph/samples`");
    }
    text.map(|text| serde_json::from_str(&text).unwrap())
}
