//! The service.

pub mod schedule;
