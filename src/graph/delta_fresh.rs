//! Questions about objects that delta told of a moment ago.

use std::time::Duration;

use serde_json::value::RawValue;

use super::batch::MEMBERS;
use super::error::GraphError;
use super::http::{Call, Graph};
use super::progress::Watch;
use super::retry::{Pacing, Then};
use super::why_full::WhyFull;

/// Asks, twenty to a request, and hands back the answers, each with the place of its question. An object that is
/// new may not be found at first (FACTS §11): those questions are asked again after a pause, all together, as
/// often as a passing fault would be. What is not found then either has gone, or is late: nobody can tell, so
/// nothing is concluded from it.
pub(super) async fn ask(
    graph: &Graph,
    calls: &[Call],
    watch: Watch<'_>,
) -> Result<Vec<(usize, Box<RawValue>)>, WhyFull> {
    let mut answers = Vec::with_capacity(calls.len());
    let failed = |error| WhyFull::Graph(watch.part, error);
    let mut pacing = Pacing::new(&graph.patience);
    let mut open: Vec<(usize, &Call)> = calls.iter().enumerate().collect();
    loop {
        let mut late: Vec<(usize, &Call)> = Vec::new();
        let mut not_found: Option<GraphError> = None;
        for some in open.chunks(MEMBERS) {
            let batch: Vec<Call> = some.iter().map(|(_, call)| (*call).clone()).collect();
            for ((place, call), answer) in some.iter().zip(graph.batch(&batch, watch).await.map_err(failed)?)
            {
                match answer {
                    Ok(json) => answers.push((*place, json)),
                    Err(error) if error.is_not_found() => {
                        late.push((*place, call));
                        not_found = not_found.or(Some(error));
                    }
                    Err(error) => return Err(failed(error)),
                }
            }
        }
        let (Some(error), Some((_, first))) = (not_found, late.first()) else { return Ok(answers) };
        // The requests had a patience of their own.
        let Some(pause) = pacing.pause(Then::Again, Duration::ZERO) else { return Err(failed(error)) };
        graph.rest(&error, &first.name, Then::Again, pause, watch).await;
        open = late;
    }
}
