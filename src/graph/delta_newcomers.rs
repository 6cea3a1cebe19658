//! What changes do not tell of, of applications that are new: federated credentials and owners. Those of
//! applications that were there before are as old as the last full read, except that whom nobody owned is
//! asked about once more.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::convert;
use super::delta_fresh;
use super::error::GraphError;
use super::http::{Call, Graph};
use super::owners::ANYBODY;
use super::pages::Listed;
use super::progress::{Progress, Watch};
use super::source::Source;
use super::why_full::WhyFull;
use crate::config::Reading;
use crate::domain::{
    ApplicationFacts, Details, FederatedCredential, Object, ObjectKey, ObjectKind, Objects, Owners, Part,
};

/// So many new applications are asked about one by one, ten to a request. With more, a full read is cheaper.
const MOST_NEW: usize = 500;

/// A question about one application.
#[derive(Clone, Copy)]
enum Question {
    Federated,
    Owners,
}

/// Asks, and notes the answers on what changed. `earlier` is what was there before.
pub(super) async fn relate(
    graph: &Graph,
    reading: &Reading,
    earlier: &Objects,
    changed: &mut [Object],
    progress: &dyn Progress,
) -> Result<(), WhyFull> {
    let mut questions = Vec::new();
    for object in changed.iter().filter(|object| object.kind() == ObjectKind::Application) {
        let key = object.key();
        let is_new = earlier.find(&key).is_none();
        if is_new {
            questions.push((key, Question::Federated));
        }
        let holds = !object.credentials().is_empty();
        let wanted = match object.owners {
            // Where the directory's index gives no answer, only those that held a credential were asked about.
            Owners::Unread => is_new || holds,
            // The index lags behind, and was corrected only where there was something to find.
            Owners::Nobody => holds,
            Owners::Somebody | Owners::Named(_) => false,
        };
        if reading.owners && wanted {
            questions.push((key, Question::Owners));
        }
    }
    if 2 * MOST_NEW < questions.len() {
        return Err(WhyFull::TooMuch);
    }
    let mut places: HashMap<ObjectKey, &mut Object> =
        changed.iter_mut().map(|object| (object.key(), object)).collect();
    let watch = Watch { part: Part::Applications, progress };
    let calls: Vec<Call> = questions.iter().map(|(key, question)| question.call(graph, *key)).collect();
    for (place, json) in delta_fresh::ask(graph, &calls, watch).await? {
        let Some(((key, question), call)) = questions.get(place).zip(calls.get(place)) else { continue };
        if let Some(object) = places.get_mut(key) {
            question.note(graph, call, &json, watch, object).await?;
        }
    }
    Ok(())
}

impl Question {
    fn call(self, graph: &Graph, key: ObjectKey) -> Call {
        let source = Source::of(key.kind);
        match self {
            Self::Federated => {
                source.related(graph, key, "federatedIdentityCredentials", "$select=id,name,issuer,subject")
            }
            Self::Owners => source.related(graph, key, "owners", ANYBODY),
        }
    }

    async fn note(
        self,
        graph: &Graph,
        call: &Call,
        json: &RawValue,
        watch: Watch<'_>,
        object: &mut Object,
    ) -> Result<(), WhyFull> {
        match self {
            Self::Federated => {
                let listed = graph.list_from(call, json, watch, convert::federated_credential, |_| false);
                let answer: Vec<FederatedCredential> = whole(listed.await)?;
                if let Details::Application(ApplicationFacts { federated, .. }) = &mut object.details {
                    federated.clear();
                    for credential in answer {
                        // One that is listed twice is one.
                        if !federated.contains(&credential) {
                            federated.push(credential);
                        }
                    }
                }
            }
            Self::Owners => {
                // Of the owners one is enough.
                let enough = |owners: &[()]| !owners.is_empty();
                let answer: Vec<()> = whole(graph.list_from(call, json, watch, |_| Some(()), enough).await)?;
                object.owners = if answer.is_empty() { Owners::Nobody } else { Owners::Somebody };
            }
        }
        Ok(())
    }
}

/// An answer of which nothing is missing.
fn whole<T>(listed: Result<Listed<Vec<T>>, GraphError>) -> Result<Vec<T>, WhyFull> {
    let listed = listed.map_err(failed)?;
    if listed.is_complete() {
        Ok(listed.items)
    } else {
        Err(WhyFull::unreadable(&listed.problems, Part::Applications))
    }
}

fn failed(error: GraphError) -> WhyFull {
    WhyFull::Graph(Part::Applications, error)
}
