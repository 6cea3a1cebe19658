//! Sockets, TLS and certificates.

mod certificates;
mod connection;
mod server;

pub(super) use certificates::{ClientIdentity, ServerIdentity};
pub(super) use connection::CutOff;
pub(super) use server::{Bound, gzip_accepted, gzipped};
