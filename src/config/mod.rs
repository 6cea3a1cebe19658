//! The configuration: one TOML file, environment overrides, and secrets that are only ever named.
//!
//! ```text
//! text -> tree (with lines) -> overrides -> inspect against the schema -> raw -> validate -> Config
//! ```
//!
//! Every step hands its problems on instead of stopping, so that one reading names them all. The tree
//! is the only thing that holds values nobody has asked for; no message is made from it.

mod cloud;
mod environment;
mod hint;
mod inspect;
mod load;
mod overrides;
mod problem;
mod raw;
mod schema;
mod shape;
mod tree;
mod types;
mod validate;

pub use environment::Environment;
pub use load::{Loaded, find, load, parse, parse_policy};
pub use problem::{Place, Position, Problem, Problems};
pub use schema::schema;
pub use types::{
    Cloud, Config, Credential, Digest, Extras, GraphMail, Heartbeat, Login, Mail, MailSignIn, Mode, Proof,
    Reading, Remediation, Reports, Retry, Route, Schedule, Server, ServerTls, Smtp, SmtpTls, Store, StoreUrl,
    Summaries, Tenant, TenantSize, Transport, Webhook, WebhookKind, Writer,
};
pub use validate::is_loopback;
