//! Judging through its public interface: a tenant without findings and one thing changed, the
//! effective restriction case by case, and a brute-force reading of the facts to agree with.
//! `cfg(test)` tells the linter that these modules are tests throughout.

#[cfg(test)]
#[path = "support/any_object.rs"]
mod any_object;
#[cfg(test)]
#[path = "support/assessed.rs"]
mod assessed;
#[cfg(test)]
#[path = "compliance/brute_force.rs"]
mod brute_force;
#[cfg(test)]
#[path = "compliance/credentials.rs"]
mod credentials;
#[cfg(test)]
#[path = "support/draft.rs"]
mod draft;
#[cfg(test)]
#[path = "compliance/effective.rs"]
mod effective;
#[cfg(test)]
#[path = "compliance/exceptions.rs"]
mod exceptions;
#[cfg(test)]
#[path = "compliance/exceptions_read_twice.rs"]
mod exceptions_read_twice;
#[cfg(test)]
#[path = "compliance/frameworks.rs"]
mod frameworks;
#[cfg(test)]
#[path = "compliance/frameworks_cis.rs"]
mod frameworks_cis;
#[cfg(test)]
#[path = "compliance/frameworks_scuba.rs"]
mod frameworks_scuba;
#[cfg(test)]
#[path = "compliance/frameworks_zero_trust.rs"]
mod frameworks_zero_trust;
#[cfg(test)]
#[path = "compliance/generated.rs"]
mod generated;
#[cfg(test)]
#[path = "compliance/one_change.rs"]
mod one_change;
#[cfg(test)]
#[path = "compliance/packed.rs"]
mod packed;
#[cfg(test)]
#[path = "compliance/privileges.rs"]
mod privileges;
#[cfg(test)]
#[path = "compliance/risk.rs"]
mod risk;
#[cfg(test)]
#[path = "compliance/secrets_read_twice.rs"]
mod secrets_read_twice;
#[cfg(test)]
#[path = "compliance/spoilt.rs"]
mod spoilt;
#[cfg(test)]
#[path = "compliance/tenant.rs"]
mod tenant;
#[cfg(test)]
#[path = "compliance/unknown.rs"]
mod unknown;
#[cfg(test)]
#[path = "compliance/unreadable.rs"]
mod unreadable;
