//! Keysweep: a scheduled compliance auditor for the credentials of Microsoft Entra applications and
//! the app management policies that restrict them. `ARCHITECTURE.md` has the map.
#![forbid(unsafe_code)]

pub mod cli;
pub mod compliance;
pub mod config;
pub mod daemon;
pub mod delivery;
pub mod domain;
pub mod emulator;
pub mod graph;
pub mod http;
pub mod remediation;
pub mod report;
pub mod run;
pub mod server;
pub mod store;
