//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where in the configuration something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nowhere yet: no file was found.
    Search,
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// Line and, for faults of the TOML itself, column, both counted from 1.
        position: Option<Position>,
    },
    /// In the value of an environment variable of this name.
    Variable(String),
}

/// A position in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: Option<usize>,
}

impl Place {
    /// The file as a whole.
    pub(super) fn file(path: &Path) -> Self {
        Self::File { path: path.to_owned(), position: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Search => f.write_str("configuration"),
            Self::File { path, position: None } => write!(f, "{}", path.display()),
            Self::File { path, position: Some(Position { line, column: None }) } => {
                write!(f, "{}:{line}", path.display())
            }
            Self::File { path, position: Some(Position { line, column: Some(column) }) } => {
                write!(f, "{}:{line}:{column}", path.display())
            }
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// One problem. None of its parts ever holds a value that could be a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// The key, as `tenant[0].credential.type`; empty where it is about the file as a whole.
    pub key: String,
    /// What is wrong, to be read after the key, without full stop.
    pub what: String,
    /// What to do, a sentence without full stop.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, what, remedy } = self;
        write!(f, "{place}: ")?;
        if !key.is_empty() {
            write!(f, "{key}: ")?;
        }
        write!(f, "{what}. {remedy}")?;
        if remedy.ends_with(['?', '.']) { Ok(()) } else { f.write_str(".") }
    }
}

/// Everything that is wrong with a configuration: at least one problem, in the order of the file, those
/// of the environment last. Displays one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self(problems)
    }

    /// The problems.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
