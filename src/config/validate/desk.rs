//! Where problems and warnings are handed in.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::environment::Environment;
use crate::config::inspect::Inspected;
use crate::config::problem::{Place, Problem};

/// Collects problems and warnings, and knows where each key stands.
pub(in crate::config) struct Desk<'e> {
    /// Where secrets named by `*_env` are.
    pub(super) environment: &'e Environment,
    places: BTreeMap<String, Place>,
    refused: BTreeSet<String>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
    /// What is away is warned of: nothing that needs it may be asked for.
    lenient: bool,
    /// Whether something was away since that was set.
    away: bool,
}

impl<'e> Desk<'e> {
    /// Opens with what is known so far.
    pub(in crate::config) fn new(
        inspected: Inspected,
        environment: &'e Environment,
        problems: Vec<Problem>,
    ) -> Self {
        let Inspected { places, refused, .. } = inspected;
        Self { environment, places, refused, problems, warnings: Vec::new(), lenient: false, away: false }
    }

    /// Hands in a problem with a key.
    pub(super) fn problem(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let problem = self.at(key, what.into(), remedy.into());
        self.problems.push(problem);
    }

    /// Checks what only some commands need. Answers besides whether some file or variable was away, of which the
    /// others are warned only.
    pub(super) fn leniently<T>(&mut self, check: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        (self.lenient, self.away) = (true, false);
        let checked = check(self);
        self.lenient = false;
        (checked, self.away)
    }

    /// Hands in that the file or the variable that a key names cannot be read.
    pub(super) fn away(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        if self.lenient {
            self.away = true;
            let what = format!("{}: no plan can be applied from here", what.into());
            self.warn(key, what, remedy);
        } else {
            self.problem(key, what, remedy);
        }
    }

    /// Hands in a problem with a key that is not there, unless it was there and refused.
    pub(super) fn missing(&mut self, key: &str, remedy: impl Into<String>) {
        if !self.refused.contains(key) {
            self.problem(key, "is missing", remedy);
        }
    }

    /// Whether the inspection left a key out.
    pub(super) fn was_refused(&self, key: &str) -> bool {
        self.refused.contains(key)
    }

    /// Whether a key stands in the file, and not in an environment variable.
    pub(super) fn stands_in_file(&self, key: &str) -> bool {
        matches!(self.places.get(key), Some(Place::File { .. }))
    }

    /// Hands in a warning about a key.
    pub(super) fn warn(&mut self, key: &str, what: impl Into<String>, remedy: impl Into<String>) {
        let warning = self.at(key, what.into(), remedy.into());
        self.warnings.push(warning);
    }

    /// Problems and warnings.
    pub(in crate::config) fn close(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.problems, self.warnings)
    }

    /// The place of a key is its own, else that of the nearest table around it.
    fn at(&self, key: &str, what: String, remedy: String) -> Problem {
        let mut path = key;
        let place = loop {
            if let Some(place) = self.places.get(path) {
                break place.clone();
            }
            match path.rfind(['.', '[']).and_then(|end| path.get(..end)) {
                Some(parent) => path = parent,
                None => break self.places.get("").cloned().unwrap_or(Place::Search),
            }
        };
        Problem { place, key: key.to_owned(), what, remedy }
    }
}
