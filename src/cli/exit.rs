//! Exit codes (DESIGN §3) and how an error leaves the program.

use std::process::ExitCode;

use crate::config::Problems;
use crate::run::RunError;

/// How a command ended. The order is the order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Done,
    ThresholdMet,
    NotDelivered,
    NotCompleted,
    PartWay,
    BadUsage,
}

impl From<End> for ExitCode {
    fn from(end: End) -> Self {
        Self::from(match end {
            End::Done => 0,
            End::ThresholdMet => 1,
            End::BadUsage => 2,
            End::NotCompleted => 3,
            End::NotDelivered => 4,
            End::PartWay => 5,
        })
    }
}

/// Why a command could not be carried out, ready to be shown.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) end: End,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { end: End::BadUsage, message: message.into() }
    }

    pub(super) fn run(error: anyhow::Error) -> Self {
        Self { end: End::NotCompleted, message: format!("{error:#}") }
    }
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        let count = match problems.as_slice().len() {
            1 => "a problem".to_owned(),
            count => format!("{count} problems"),
        };
        Self::usage(format!("the configuration has {count}:\n{problems}"))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self { end: End::NotCompleted, message: error.explain() }
    }
}
