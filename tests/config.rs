//! The configuration through its public interface: what is taken, what is refused with which words, and
//! that no word of it is ever a secret.

#[cfg(test)]
#[path = "config/bad.rs"]
mod bad;
#[cfg(test)]
#[path = "config/common.rs"]
mod common;
#[cfg(test)]
#[path = "config/delivery.rs"]
mod delivery;
#[cfg(test)]
#[path = "config/environment.rs"]
mod environment;
#[cfg(test)]
#[path = "config/examples.rs"]
mod examples;
#[cfg(test)]
#[path = "config/exceptions.rs"]
mod exceptions;
#[cfg(test)]
#[path = "config/good.rs"]
mod good;
#[cfg(test)]
#[path = "config/messages.rs"]
mod messages;
#[cfg(test)]
#[path = "config/remediation.rs"]
mod remediation;
#[cfg(test)]
#[path = "config/secrecy.rs"]
mod secrecy;
#[cfg(test)]
#[path = "config/server.rs"]
mod server;
#[path = "config/store.rs"]
mod store;
