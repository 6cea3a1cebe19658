//! What Graph said, in a reason.

use crate::graph::{self, GraphError, WriteError};

/// The error with what to do about it, and Graph's own words.
pub(super) fn told(error: &GraphError) -> String {
    with_message(graph::explain(error, error.advice()), error)
}

/// The same of a write.
pub(super) fn told_of_write(error: &WriteError) -> String {
    with_message(error.explain(), error.error())
}

fn with_message(explained: String, error: &GraphError) -> String {
    match error.answer().and_then(|answer| answer.message()) {
        Some(message) => format!("{explained} Graph said: {}", message.as_str()),
        None => explained,
    }
}
