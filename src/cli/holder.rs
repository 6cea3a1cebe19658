//! By what the store tells this process from any other.

use crate::run::clock;

/// Host, process and time of the start. The time is there for containers, where a process that starts
/// again often has the host name and the number of the one before.
pub(super) fn holder() -> String {
    let host = hostname::get().map(|name| name.to_string_lossy().into_owned());
    let started = clock::system().format("%Y%m%dT%H%M%S%.9fZ");
    format!("{}:{}:{started}", host.as_deref().unwrap_or("unknown"), std::process::id())
}
