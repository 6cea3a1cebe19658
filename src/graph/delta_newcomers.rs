//! What changes do not tell of, of applications that are new: federated credentials and owners. Those of
//! applications that were there before are as old as the last full read.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::batch::MEMBERS;
use super::convert;
use super::error::GraphError;
use super::http::{Call, Graph, shape};
use super::pages::{Listed, Read, Sink};
use super::progress::{Progress, Watch};
use super::refresh::WhyFull;
use super::source::Source;
use super::wire;
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
        // Where the directory's index gives no answer, only those that held a credential were asked about.
        let unasked = object.owners == Owners::Unread && (is_new || !object.credentials().is_empty());
        if reading.owners && unasked {
            questions.push((key, Question::Owners));
        }
    }
    if 2 * MOST_NEW < questions.len() {
        return Err(WhyFull::TooMuch);
    }
    let mut places: HashMap<ObjectKey, &mut Object> =
        changed.iter_mut().map(|object| (object.key(), object)).collect();
    let watch = Watch { part: Part::Applications, progress };
    for questions in questions.chunks(MEMBERS) {
        let calls: Vec<Call> = questions.iter().map(|(key, question)| question.call(graph, *key)).collect();
        let answers = graph.batch(&calls, watch).await.map_err(failed)?;
        for (((key, question), call), answer) in questions.iter().zip(&calls).zip(answers) {
            match answer {
                // It has gone since it was told of; the next round will say so.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(failed(error)),
                Ok(json) => {
                    if let Some(object) = places.get_mut(key) {
                        question.note(call, &json, object)?;
                    }
                }
            }
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
            Self::Owners => source.related(graph, key, "owners", "$select=id&$top=1"),
        }
    }

    fn note(self, call: &Call, json: &RawValue, object: &mut Object) -> Result<(), WhyFull> {
        match self {
            Self::Federated => {
                let answer: Vec<FederatedCredential> = read(call, json, convert::federated_credential)?;
                if let Details::Application(ApplicationFacts { federated, .. }) = &mut object.details {
                    *federated = answer;
                }
            }
            Self::Owners => {
                let answer: Vec<()> = read(call, json, |_| Some(()))?;
                object.owners = if answer.is_empty() { Owners::Nobody } else { Owners::Somebody };
            }
        }
        Ok(())
    }
}

/// The one page of an answer: an application has at most 20 federated credentials (FACTS §8), and of its
/// owners one is enough.
fn read<T>(call: &Call, json: &RawValue, each: Read<T>) -> Result<Vec<T>, WhyFull>
where
    Vec<T>: Sink<T>,
{
    let page: wire::Page =
        serde_json::from_str(json.get()).map_err(|error| failed(shape(&call.name, &error)))?;
    let mut listed = Listed::new(Vec::new());
    listed.take(page, each);
    if listed.is_complete() {
        Ok(listed.items)
    } else {
        Err(WhyFull::unreadable(&listed.problems, Part::Applications))
    }
}

fn failed(error: GraphError) -> WhyFull {
    WhyFull::Graph(Part::Applications, error)
}
