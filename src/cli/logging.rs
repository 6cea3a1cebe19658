//! Logs, on standard error: for people on a terminal, JSON where a service's output is collected.

use std::io::{self, IsTerminal, Write};

use indicatif::MultiProgress;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, fmt};

/// For whom the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Somebody waits for a command to end: only what goes wrong, where bars show the rest.
    Command,
    /// The daemon: lines on a terminal, JSON otherwise.
    Service,
}

/// Starts logging. `filter` is the value of `KEYSWEEP_LOG`. Lines and `bars` take turns.
///
/// # Errors
/// When `filter` is not a filter, with the sentence to show.
pub(super) fn start(audience: Audience, filter: Option<&str>, bars: &MultiProgress) -> Result<(), String> {
    let terminal = io::stderr().is_terminal();
    let usual = match audience {
        Audience::Command if terminal => "keysweep=warn",
        Audience::Command | Audience::Service => "keysweep=info",
    };
    let filter = EnvFilter::try_new(filter.unwrap_or(usual))
        .map_err(|error| format!("KEYSWEEP_LOG is no log filter: {error}. Use one like `keysweep=debug`."))?;
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(Around(bars.clone()))
        .log_internal_errors(false)
        .with_ansi(terminal)
        .with_target(false);
    if audience == Audience::Service && !terminal {
        lines.json().flatten_event(true).init();
    } else {
        lines.init();
    }
    Ok(())
}

/// Writes to standard error with the bars out of the way. A line that cannot be written is lost: a log
/// collector that has gone, or a full disk, must not end an audit.
#[derive(Clone)]
struct Around(MultiProgress);

impl Write for Around {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write_all(line)).unwrap_or_default();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush().unwrap_or_default();
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Around {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
