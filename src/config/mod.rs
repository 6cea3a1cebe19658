//! The configuration: one TOML file, environment overrides, and secrets that are only ever named.

mod types;

pub use types::{
    Cloud, Config, Credential, Login, Mail, Reading, Reports, Schedule, Smtp, SmtpTls, Tenant, Transport,
};
