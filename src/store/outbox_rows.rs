//! What is in the outbox, listed; and what is taken out of it by hand.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::engine::Fault;
use super::outbox::free;
use super::session::within;
use super::spoilt::Spoilt;
use super::{
    Dropped, MessageState, OutboxDepth, OutboxEntry, OutboxRecipient, RecipientState, Store, StoreError,
    TenantKey,
};
use crate::domain::{RunId, TenantId};

/// Reads [`RecipientRow`]s of one message.
pub(super) const RECIPIENTS: &str =
    "SELECT key, address, state, error FROM outbox_recipient WHERE key = $1 ORDER BY number";

/// Which messages are listed, and in which order: `$1` of them, those that were accepted only where `$2` is 1.
macro_rules! listed {
    () => {
        "($2 = 1 OR outbox.state <> 'accepted') \
         ORDER BY CASE WHEN outbox.state IN ('waiting', 'sending') THEN 0 ELSE 1 END, \
         CASE WHEN outbox.state IN ('waiting', 'sending') THEN outbox.next_attempt \
         ELSE -COALESCE(outbox.ended, 0) END, outbox.key LIMIT $1"
    };
}

const LIST: &str = concat!(
    "SELECT outbox.key, kind, channel, tenant.name, tenant.tenant_id, run_id, made, next_attempt, expires, \
     attempts, state, error FROM outbox LEFT JOIN tenant ON tenant.number = outbox.tenant WHERE ",
    listed!()
);

const RECIPIENTS_OF_LIST: &str = concat!(
    "SELECT key, address, state, error FROM outbox_recipient \
     WHERE key IN (SELECT outbox.key FROM outbox WHERE ",
    listed!(),
    ") ORDER BY key, number"
);

impl Store {
    /// What is in the outbox: first what is still to be delivered, in the order of its next attempt, then what
    /// has ended, the last first.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn outbox_list(&self, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        self.said(self.listed(limit, true).await).await
    }

    /// Likewise, without what everybody has accepted.
    ///
    /// # Errors
    /// As [`Store::outbox_list`].
    pub async fn outbox_undelivered(&self, limit: u32) -> Result<Vec<OutboxEntry>, StoreError> {
        self.said(self.listed(limit, false).await).await
    }

    async fn listed(&self, limit: u32, accepted: bool) -> Result<Vec<OutboxEntry>, Fault> {
        let (limit, accepted) = (i64::from(limit), i64::from(accepted));
        let mut session = self.reading().await?;
        let (rows, recipients): (Vec<OutboxRow>, Vec<RecipientRow>) = within!(&mut session, |tx| {
            let rows = sqlx::query_as(LIST).bind(limit).bind(accepted).fetch_all(&mut *tx).await?;
            let recipients = sqlx::query_as(RECIPIENTS_OF_LIST).bind(limit).bind(accepted);
            (rows, recipients.fetch_all(&mut *tx).await?)
        });
        let mut of: HashMap<String, Vec<OutboxRecipient>> = HashMap::new();
        for row in recipients {
            of.entry(row.key.clone()).or_default().push(row.read()?);
        }
        let read = |row: OutboxRow| {
            let recipients = of.remove(&row.key).unwrap_or_default();
            Ok(row.read(recipients)?)
        };
        rows.into_iter().map(read).collect()
    }

    /// How much is in the outbox.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn outbox_depth(&self) -> Result<OutboxDepth, StoreError> {
        const DEPTH: &str = "SELECT COUNT(*), MIN(made) FROM outbox WHERE state IN ('waiting', 'sending')";
        const GIVEN_UP: &str = "SELECT COUNT(*) FROM outbox WHERE state IN ('refused', 'expired')";
        let counting = async {
            let mut session = self.glancing().await?;
            let ((waiting, oldest), (given_up,)): ((i64, Option<i64>), (i64,)) =
                within!(&mut session, |tx| {
                    let depth = sqlx::query_as(DEPTH).fetch_one(&mut *tx).await?;
                    (depth, sqlx::query_as(GIVEN_UP).fetch_one(&mut *tx).await?)
                });
            let oldest = oldest.map(|made| time(made, "outbox", "made")).transpose()?;
            let count = |count| u64::try_from(count).unwrap_or_default();
            Ok(OutboxDepth { waiting: count(waiting), oldest, given_up: count(given_up) })
        };
        self.promptly(async { self.said(counting.await).await }).await
    }

    /// Ends a message that waits: whoever has not got it does not get it. Its content is forgotten.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn drop_message(&self, key: &str) -> Result<Dropped, StoreError> {
        self.promptly(async { self.said(self.dropped(key).await).await }).await
    }

    async fn dropped(&self, key: &str) -> Result<Dropped, Fault> {
        const ABOUT: &str = "SELECT tenant, run_id FROM outbox WHERE key = $1 \
             AND state IN ('waiting', 'sending')";
        const DROP: &str = concat!(
            "UPDATE outbox SET state = 'refused', error = 'dropped by hand', fence = fence + 1, holder = NULL, \
             lease_until = 0, ended = (SELECT now FROM clock) / 1000, body = NULL WHERE key = $1 AND ",
            free!()
        );
        const RECIPIENTS: &str = "UPDATE outbox_recipient SET state = 'refused', error = 'dropped by hand' \
             WHERE key = $1 AND state = 'waiting'";
        let mut session = self.noting().await?;
        let about: Option<(Option<i64>, Option<String>)> =
            within!(&mut session, |tx| sqlx::query_as(ABOUT).bind(key).fetch_optional(&mut *tx).await?);
        let Some(about) = about else { return Ok(Dropped::NotThere) };
        let dropped = within!(&mut session, |tx| {
            let dropped = sqlx::query(DROP).bind(key).execute(&mut *tx).await?.rows_affected();
            if dropped > 0 {
                sqlx::query(RECIPIENTS).bind(key).execute(&mut *tx).await?;
            }
            dropped
        });
        if dropped == 0 {
            return Ok(Dropped::InHand);
        }
        if let (Some(tenant), Some(run)) = about {
            session.settle_run((tenant, &run)).await?;
        }
        session.commit().await?;
        Ok(Dropped::Yes)
    }
}

fn time(seconds: i64, key: &str, column: &str) -> Result<DateTime<Utc>, Spoilt> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Spoilt::column("outbox", key, column))
}

#[derive(sqlx::FromRow)]
pub(super) struct RecipientRow {
    key: String,
    address: String,
    state: String,
    error: Option<String>,
}

impl RecipientRow {
    pub(super) fn read(self) -> Result<OutboxRecipient, Spoilt> {
        let Self { key, address, state, error } = self;
        let state = RecipientState::ALL.into_iter().find(|known| known.as_str() == state);
        let state = state.ok_or_else(|| Spoilt::column("outbox_recipient", &key, "state"))?;
        Ok(OutboxRecipient { address, state, error })
    }
}

#[derive(sqlx::FromRow)]
struct OutboxRow {
    key: String,
    kind: String,
    channel: String,
    name: Option<String>,
    tenant_id: Option<String>,
    run_id: Option<String>,
    made: i64,
    next_attempt: i64,
    expires: i64,
    attempts: i64,
    state: String,
    error: Option<String>,
}

impl OutboxRow {
    fn read(self, recipients: Vec<OutboxRecipient>) -> Result<OutboxEntry, Spoilt> {
        let Self { key, kind, channel, name, tenant_id, run_id, .. } = self;
        let column = |column| Spoilt::column("outbox", &key, column);
        let state = MessageState::ALL.into_iter().find(|known| known.as_str() == self.state);
        let state = state.ok_or_else(|| column("state"))?;
        let run = match (name, tenant_id, run_id) {
            (Some(name), Some(id), Some(run)) => {
                let tenant_id = TenantId(Uuid::parse_str(&id).map_err(|_| column("tenant"))?);
                let run = RunId::parse(&run).ok_or_else(|| column("run_id"))?;
                Some((TenantKey { name, tenant_id }, run))
            }
            _ => None,
        };
        let next =
            DateTime::from_timestamp_millis(self.next_attempt).ok_or_else(|| column("next_attempt"))?;
        Ok(OutboxEntry {
            run,
            made: time(self.made, &key, "made")?,
            next_attempt: state.is_open().then_some(next),
            expires: time(self.expires, &key, "expires")?,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            state,
            error: self.error,
            recipients,
            key,
            kind,
            channel,
        })
    }
}
