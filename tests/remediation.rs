//! Planning through its public interface: a tenant in which nothing is to be done and one thing changed, guard by
//! guard, and policies that are written back whole.
//! `cfg(test)` tells the linter that these modules are tests throughout.

#[cfg(test)]
#[path = "remediation/custom_policies.rs"]
mod custom_policies;
#[cfg(test)]
#[path = "remediation/generated.rs"]
mod generated;
#[cfg(test)]
#[path = "remediation/guards.rs"]
mod guards;
#[cfg(test)]
#[path = "remediation/last_credentials.rs"]
mod last_credentials;
#[cfg(test)]
#[path = "remediation/order.rs"]
mod order;
#[cfg(test)]
#[path = "remediation/policies.rs"]
mod policies;
#[cfg(test)]
#[path = "remediation/recorded.rs"]
mod recorded;
#[cfg(test)]
#[path = "remediation/tenant_defaults.rs"]
mod tenant_defaults;
#[cfg(test)]
#[path = "remediation/world.rs"]
mod world;
