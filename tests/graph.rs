//! Reading Microsoft Graph, and writing to it, against a local server that plays Graph.
#![cfg(test)]

#[path = "graph/audit_log.rs"]
mod audit_log;
#[path = "graph/beside.rs"]
mod beside;
#[path = "graph/blueprints.rs"]
mod blueprints;
#[path = "graph/budget.rs"]
mod budget;
#[path = "graph/damaged.rs"]
mod damaged;
#[path = "graph/deleted.rs"]
mod deleted;
#[path = "graph/delta.rs"]
mod delta;
#[path = "graph/delta_emulated.rs"]
mod delta_emulated;
#[path = "graph/delta_histories.rs"]
mod delta_histories;
#[path = "graph/delta_script.rs"]
mod delta_script;
#[path = "graph/hostile.rs"]
mod hostile;
#[path = "graph/limits.rs"]
mod limits;
#[path = "graph/looks.rs"]
mod looks;
#[path = "graph/matrix.rs"]
mod matrix;
#[path = "graph/objects.rs"]
mod objects;
#[path = "graph/optional.rs"]
mod optional;
#[path = "graph/optional_emulated.rs"]
mod optional_emulated;
#[path = "graph/owners.rs"]
mod owners;
#[path = "graph/pages.rs"]
mod pages;
#[path = "graph/permissions.rs"]
mod permissions;
#[path = "graph/policies.rs"]
mod policies;
#[path = "graph/requests.rs"]
mod requests;
#[path = "graph/retries.rs"]
mod retries;
#[path = "graph/roles.rs"]
mod roles;
#[path = "graph/samples.rs"]
mod samples;
#[path = "graph/server.rs"]
mod server;
#[path = "graph/sign_ins.rs"]
mod sign_ins;
#[path = "graph/signal.rs"]
mod signal;
#[path = "graph/tenant.rs"]
mod tenant;
#[path = "graph/totals.rs"]
mod totals;
#[path = "graph/writes.rs"]
mod writes;
