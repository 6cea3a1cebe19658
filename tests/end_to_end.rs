//! The real binary against the real emulator over real sockets: files, mail, exit codes.
#![cfg(test)]

#[path = "support/http.rs"]
#[expect(dead_code, reason = "how servers fail is for the tests of delivery")]
mod http_server;
#[path = "support/installed.rs"]
mod installed;
#[path = "support/left_out.rs"]
mod left_out;
#[path = "support/ocsf.rs"]
mod ocsf_schema;
#[path = "support/postfix.rs"]
mod postfix;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "support/smtp.rs"]
mod smtp;
use self::smtp as smtp_server;

#[path = "end_to_end/audit.rs"]
mod audit;
#[path = "end_to_end/budget.rs"]
mod budget;
#[path = "end_to_end/cluster.rs"]
mod cluster;
#[path = "end_to_end/commands.rs"]
mod commands;
#[path = "end_to_end/daemon.rs"]
mod daemon;
#[path = "end_to_end/delta.rs"]
mod delta;
#[path = "end_to_end/disk.rs"]
mod disk;
#[path = "end_to_end/doctor.rs"]
mod doctor;
#[path = "end_to_end/faults.rs"]
mod faults;
#[path = "end_to_end/frameworks.rs"]
mod frameworks;
#[path = "end_to_end/history.rs"]
mod history;
#[path = "end_to_end/mail.rs"]
mod mail;
#[path = "end_to_end/memory.rs"]
mod memory;
#[path = "end_to_end/messages.rs"]
mod messages;
#[path = "end_to_end/ocsf.rs"]
mod ocsf;
#[path = "end_to_end/outbox.rs"]
mod outbox;
#[path = "end_to_end/outbox_troubles.rs"]
mod outbox_troubles;
#[path = "end_to_end/policy.rs"]
mod policy;
#[path = "end_to_end/remediation.rs"]
mod remediation;
#[path = "end_to_end/remediation_daemon.rs"]
mod remediation_daemon;
#[path = "end_to_end/remediation_kill.rs"]
mod remediation_kill;
#[path = "end_to_end/sample.rs"]
mod sample;
#[path = "end_to_end/several.rs"]
mod several;
#[path = "end_to_end/soak.rs"]
mod soak;
#[path = "end_to_end/terminal.rs"]
mod terminal;
#[path = "end_to_end/verdicts.rs"]
mod verdicts;
#[path = "end_to_end/world.rs"]
mod world;
