//! `keysweep policy block-all` and `unblock-all`.

use super::counter::{Counter, Known, last_seen, unread};
use crate::cli::exit::{End, Failure};
use crate::graph::look;
use crate::remediation::{Change, tenant_default};

/// Blocks new client secrets and symmetric keys in both halves.
pub(super) async fn block(counter: &Counter<'_>) -> Result<End, Failure> {
    let found = look::tenant_default(&counter.reader).await.map_err(|error| unread(&error))?;
    let (before, after) = (tenant_default::settings(&found), tenant_default::block(&found));
    if tenant_default::same(&before, &after) {
        return counter.nothing(
            "There is nothing to do: the tenant default is enabled and blocks new client secrets and symmetric keys \
             for all applications and service principals.",
        );
    }
    told_whole(&before)?;
    let seen = last_seen(&counter.store, counter.tenant).await?;
    let mut notes = Vec::new();
    if seen.is_none() {
        notes.push(
            "no complete run is on record, so it is not known whose secrets could not be renewed: `keysweep audit` \
             makes one"
                .to_owned(),
        );
    }
    let inventory = seen.as_ref().map(|(_, inventory)| inventory);
    let changes = vec![Change::SetTenantDefault { before, after }];
    let known = Known { tenant_default: Some(&found), inventory };
    counter.go("policy block-all", changes, known, &notes).await
}

/// Removes what blocks them.
pub(super) async fn unblock(counter: &Counter<'_>) -> Result<End, Failure> {
    let found = look::tenant_default(&counter.reader).await.map_err(|error| unread(&error))?;
    let (before, after) = (tenant_default::settings(&found), tenant_default::unblock(&found));
    if tenant_default::same(&before, &after) {
        return counter.nothing(
            "There is nothing to do: the tenant default has no passwordAddition and no symmetricKeyAddition \
             restriction.",
        );
    }
    told_whole(&before)?;
    let seen = last_seen(&counter.store, counter.tenant).await?;
    let inventory = seen.as_ref().map(|(_, inventory)| inventory);
    let known = Known { tenant_default: Some(&found), inventory };
    counter.go("policy unblock-all", vec![Change::SetTenantDefault { before, after }], known, &[]).await
}

/// A policy that is not told whole cannot be written back whole.
fn told_whole(policy: &serde_json::Value) -> Result<(), Failure> {
    if tenant_default::is_told_whole(policy) {
        return Ok(());
    }
    Err(Failure::usage(
        "the tenant default holds a restriction that this version of Graph has no name for, which would be lost when \
         it is written back. Change it in the admin centre",
    ))
}
