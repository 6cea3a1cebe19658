//! The service: ticks, plans, takes up what is due, and stops when told.

mod agenda;
mod answers;
mod digest;
mod dispatch;
mod errand;
mod memory;
mod missed;
mod notices;
mod opening;
mod postman;
mod queue;
pub mod schedule;
mod service;
mod signals;
mod ticker;
mod wish;
mod work;

pub use service::{Reload, ServiceError, Surroundings, serve};
