//! The service: ticks, plans, runs, and stops when told.

pub mod schedule;
mod service;
mod signals;
mod ticker;

pub use service::{Reload, ServiceError, serve};
