//! The `keysweep` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    keysweep::cli::main(jitter)
}

/// A random delay below the longest one.
fn jitter(longest: Duration) -> Duration {
    longest.mul_f64(fastrand::f64())
}
