//! How a planned run gets on record.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::engine::{in_transaction, on};
use super::{Planned, Store, StoreError, TenantKey};

/// `waiting` is asked for so, because there is an index for it.
macro_rules! waits {
    () => {
        "tenant = $1 AND state IN ('waiting', 'running') AND state = 'waiting'"
    };
}

/// It starts by the clock of the database: an instant that a daemon plans whose clock is ahead has come, and
/// must not hold up those of the others. The last that waits is the one that is begun last: it makes up for what
/// is left out until then.
const PLAN: &str = concat!(
    "INSERT INTO due (tenant, planned, start_after, attempts, state) \
     SELECT $1, $2, CASE WHEN $2 * 1000 <= now THEN $2 ELSE now / 1000 END + $3, 0, CASE WHEN EXISTS \
     (SELECT 1 FROM due WHERE ",
    waits!(),
    ") THEN 'left-out' ELSE 'waiting' END \
     FROM clock WHERE true ON CONFLICT DO NOTHING \
     RETURNING state, (SELECT MAX(planned) FROM due WHERE ",
    waits!(),
    ")"
);

/// Has the run that waits begin now, where its time is still to come.
const HASTEN: &str = concat!(
    "UPDATE due SET start_after = (SELECT now FROM clock) / 1000 WHERE ",
    waits!(),
    " AND start_after > (SELECT now FROM clock) / 1000"
);

/// The same for a run that nobody misses where one waits already.
const PLAN_IF_NONE_WAITS: &str = concat!(
    "INSERT INTO due (tenant, planned, start_after, attempts, state) \
     SELECT $1, $2, CASE WHEN $2 * 1000 <= now THEN $2 ELSE now / 1000 END, 0, 'waiting' \
     FROM clock WHERE NOT EXISTS (SELECT 1 FROM due WHERE ",
    waits!(),
    ") ON CONFLICT DO NOTHING"
);

impl Store {
    /// Plans a run. The same instant planned again, by whomever, changes nothing, also when it has been
    /// carried out already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan(
        &self,
        tenant: &TenantKey,
        planned: DateTime<Utc>,
        delay: Duration,
    ) -> Result<Planned, StoreError> {
        let delay = i64::try_from(delay.as_secs()).unwrap_or_default();
        self.promptly(async {
            let number = self.number_or_new(tenant).await?;
            let inserted: Vec<(String, Option<i64>)> = on!(self.short(), |pool| {
                Ok(sqlx::query_as(PLAN)
                    .bind(number)
                    .bind(planned.timestamp())
                    .bind(delay)
                    .fetch_all(pool)
                    .await?)
            })?;
            Ok(match inserted.first() {
                None => Planned::Known,
                Some((state, _)) if state == "waiting" => Planned::New,
                Some((_, waiting)) => {
                    let waiting = waiting.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
                    Planned::LeftOut { waiting: waiting.unwrap_or(planned) }
                }
            })
        })
        .await
    }

    /// Plans a run that somebody asks for, to start at once. Where one waits already, that one will do, and none
    /// more gets on record: one that waits for its time, as after a failure, waits no longer. Answers whether
    /// anything was changed by that.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan_now(&self, tenant: &TenantKey, planned: DateTime<Utc>) -> Result<bool, StoreError> {
        self.promptly(async {
            let number = self.number_or_new(tenant).await?;
            in_transaction!(self.short(), |tx| {
                let hastened = sqlx::query(HASTEN).bind(number).execute(&mut *tx).await?.rows_affected();
                if hastened > 0 {
                    return Ok(true);
                }
                let done = sqlx::query(PLAN_IF_NONE_WAITS).bind(number).bind(planned.timestamp());
                Ok(done.execute(&mut *tx).await?.rows_affected() > 0)
            })
        })
        .await
    }
}
