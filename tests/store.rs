//! The store through its public interface, each test on a real SQLite file and on a real PostgreSQL.
#![cfg(test)]

#[path = "support/postgres.rs"]
mod postgres;
#[path = "store/queue.rs"]
mod queue;
#[path = "store/turns.rs"]
mod turns;
#[path = "store/world.rs"]
mod world;
