//! The store through its public interface, each test on a real SQLite file and on a real PostgreSQL.
#![cfg(test)]

#[path = "support/any_object.rs"]
mod any_object;
#[path = "store/beside.rs"]
mod beside;
#[path = "store/delta.rs"]
mod delta;
#[path = "store/desk.rs"]
mod desk;
#[path = "store/files.rs"]
mod files;
#[path = "store/findings.rs"]
mod findings;
#[path = "store/hostile.rs"]
mod hostile;
#[path = "store/journal.rs"]
mod journal;
#[path = "support/left_out.rs"]
mod left_out;
#[path = "store/memory.rs"]
mod memory;
#[path = "store/messages.rs"]
mod messages;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "store/queue.rs"]
mod queue;
#[path = "store/recording.rs"]
mod recording;
#[path = "store/retention.rs"]
mod retention;
#[path = "store/server.rs"]
mod server;
#[path = "store/tenants.rs"]
mod tenants;
#[path = "store/turns.rs"]
mod turns;
#[path = "store/world.rs"]
mod world;
