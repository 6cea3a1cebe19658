//! Judging through its public interface: a tenant without findings and one thing changed, the
//! effective restriction case by case, and a brute-force reading of the facts to agree with.

#[path = "compliance/brute_force.rs"]
mod brute_force;
#[path = "compliance/credentials.rs"]
mod credentials;
#[path = "compliance/effective.rs"]
mod effective;
#[path = "compliance/one_change.rs"]
mod one_change;
#[path = "compliance/tenant.rs"]
mod tenant;
#[path = "compliance/unknown.rs"]
mod unknown;
