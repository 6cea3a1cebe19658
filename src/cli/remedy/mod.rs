//! What `plan`, `apply`, `undo` and `policy` share: which tenant, which plan, where it is written, and how it is
//! carried out.

mod carry;
mod dry;
mod file;
mod find;
mod tenant;
mod told;
mod unfinished;

pub(super) use carry::{Carrying, carry_out};
pub(super) use dry::dry_run;
pub(super) use file::{Written, write};
pub(super) use find::{Found, all, in_file, on_record};
pub(super) use tenant::{may_write, one_tenant};
pub(super) use unfinished::name_unfinished;

use super::exit::{End, Failure};
use crate::graph::explain;
use crate::store::{Store, StoreError};

/// Opens the store: without it, nothing is planned and nothing changed.
pub(super) async fn open(url: &crate::config::StoreUrl) -> Result<Store, Failure> {
    Store::open(url).await.map_err(|error| store_failure(&error))
}

/// What the store did not do, and what to do about it.
pub(super) fn store_failure(error: &StoreError) -> Failure {
    let message = format!("the store cannot be used: {}", explain(error, error.advice()));
    Failure { end: End::NotCompleted, message }
}
