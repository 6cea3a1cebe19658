//! How a look reads: whole, or not at all.

use serde_json::value::RawValue;

use crate::domain::Part;
use crate::graph::entry::Entry;
use crate::graph::error::GraphError;
use crate::graph::gaps::Problems;
use crate::graph::http::{Call, Graph};
use crate::graph::pages::{Listed, Read, Sink};
use crate::graph::progress::{Event, Progress, Watch};

/// A look is over before anybody could watch it.
struct Nobody;

impl Progress for Nobody {
    fn event(&self, _: Event) {}
}

fn unwatched(part: Part) -> Watch<'static> {
    Watch { part, progress: &Nobody }
}

/// One object as `read` takes it; none where it is not there.
pub(super) async fn one<T>(
    graph: &Graph,
    call: &Call,
    part: Part,
    read: impl FnOnce(Entry<'_>) -> Option<T>,
) -> Result<Option<T>, GraphError> {
    let json = match graph.send::<Box<RawValue>>(call, unwatched(part)).await {
        Ok(json) => json,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut problems = Problems::default();
    let taken = read(Entry::new(1, &json, &mut problems));
    whole(call, &problems)?;
    taken.map(Some).ok_or_else(|| odd(call, "it is not what was asked for".to_owned()))
}

/// A listing to its end, of at most `MOST` entries; none where what it is of is not there.
pub(super) async fn all<T: Send + 'static, const MOST: usize>(
    graph: &Graph,
    call: &Call,
    part: Part,
    read: Read<T>,
) -> Result<Option<Vec<T>>, GraphError> {
    let listed: Listed<Few<T, MOST>> = graph.list_into(call, unwatched(part), read).await;
    let begun = listed.has_begun();
    let Listed { items: Few { items, more }, problems, end, .. } = listed;
    match end {
        Err(error) if error.is_not_found() && !begun => return Ok(None),
        end => end?,
    }
    whole(call, &problems)?;
    if more {
        return Err(odd(call, format!("it lists more than {MOST}")));
    }
    Ok(Some(items))
}

/// What is not there though it has to be.
pub(super) fn not_there(call: &Call) -> GraphError {
    odd(call, "there is none".to_owned())
}

fn whole(call: &Call, problems: &Problems) -> Result<(), GraphError> {
    if problems.is_empty() { Ok(()) } else { Err(odd(call, problems.said())) }
}

fn odd(call: &Call, problem: String) -> GraphError {
    GraphError::Shape { request: call.name.clone(), problem }
}

/// A list of a length that can be.
struct Few<T, const MOST: usize> {
    items: Vec<T>,
    more: bool,
}

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self { items: Vec::new(), more: false }
    }
}

impl<T: Send + 'static, const MOST: usize> Sink<T> for Few<T, MOST> {
    fn put(&mut self, item: T) {
        match self.items.len() < MOST {
            true => self.items.push(item),
            false => self.more = true,
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}
