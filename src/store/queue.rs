//! Planned runs: one row for each planned instant, however many daemons plan it, and one daemon at a time
//! that carries it out.

use chrono::{DateTime, Utc};

use super::engine::{in_transaction, lease_millis, on};
use super::turn::{END, TAKE, UNFINISHED, free, give_up, unfinished};
use super::{Due, Settlement, Store, StoreError, Task, TenantKey, Turn};
use crate::domain::TenantId;

/// How long a planned run that failed waits, by how often it was tried. Sooner, and what made it fail is
/// still there; later, and the next planned instant has come.
fn pause(attempt: u32) -> i64 {
    if attempt <= 1 { 60 } else { 5 * 60 }
}

/// What waits, or was being carried out by a process that has lost its turn.
macro_rules! open {
    () => {
        "state IN ('waiting', 'running') \
         AND (state = 'running' OR start_after <= (SELECT now FROM clock) / 1000)"
    };
}

/// Tenants that nobody has the turn of and that have something to do, with the instant since which they
/// have; an unfinished run comes before all. It begins with what is open, for which there are indexes: what
/// is settled costs nothing, however much it is.
macro_rules! tenants_with_work {
    () => {
        concat!(
            "tenant JOIN (SELECT tenant, MIN(since) AS since FROM \
             (SELECT tenant, planned AS since FROM due WHERE ",
            open!(),
            " UNION ALL SELECT tenant, -1 FROM run WHERE ",
            unfinished!(),
            " AND seq = (SELECT MAX(seq) FROM run AS last WHERE last.tenant = run.tenant)) AS task \
             GROUP BY tenant) AS work ON work.tenant = number AND ",
            free!()
        )
    };
}

const TAKE_UP: &str = concat!(
    "UPDATE due SET state = 'running', attempts = attempts + 1 WHERE tenant = $1 AND planned = \
     (SELECT planned FROM due WHERE tenant = $1 AND ",
    open!(),
    " ORDER BY planned LIMIT 1) RETURNING planned, attempts"
);

const GIVE_UP_FINISHING: &str = concat!(give_up!(), " WHERE tenant = $1 AND run_id = $2");

impl Store {
    /// Says that a planned run was carried out without being recorded: it is not carried out again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn carried_out(&self, tenant: &TenantKey, planned: DateTime<Utc>) -> Result<(), StoreError> {
        self.promptly(async {
            let number = self.number_or_new(tenant).await?;
            on!(self.short(), |pool| {
                sqlx::query(
                    "INSERT INTO due (tenant, planned, start_after, attempts, state) \
                     VALUES ($1, $2, $2, 0, 'done') ON CONFLICT (tenant, planned) DO UPDATE SET state = 'done' \
                     WHERE due.state IN ('waiting', 'running')",
                )
                .bind(number)
                .bind(planned.timestamp())
                .execute(pool)
                .await?;
                Ok(())
            })
        })
        .await
    }

    /// The tenants for which [`Store::take_due`] has something to do now, the longest waiting first: those
    /// with an unfinished run, then by planned instant. One statement, whatever their number, that locks and
    /// writes nothing: a daemon asks this once a second and then takes what it has room for. Tenants that
    /// are not in its configuration are for it to leave out. An answer is no promise: another daemon may be
    /// quicker.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn with_work(&self) -> Result<Vec<TenantKey>, StoreError> {
        self.promptly(async {
            let rows: Vec<(String, String)> = on!(self.short(), |pool| {
                Ok(sqlx::query_as(concat!(
                    "SELECT name, tenant_id FROM ",
                    tenants_with_work!(),
                    " ORDER BY since, number"
                ))
                .fetch_all(pool)
                .await?)
            })?;
            rows.into_iter().map(|(name, id)| self.tenant_key(name, &id)).collect()
        })
        .await
    }

    /// Takes up what is to be done for a tenant, and with it the tenant's turn: first a recorded run that
    /// is unfinished, then the oldest planned run whose time has come. What the process of another turn
    /// died of is taken up once its lease has run out. None where there is nothing to do, or where
    /// somebody is at it.
    ///
    /// Finding nothing costs one statement; with many tenants, ask [`Store::with_work`] first. A recorded run
    /// that was taken up [`Task::ATTEMPTS`] times to be finished, and never was, is [`Task::GivenUp`] until that is
    /// settled: whoever dies before has told nobody.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn take_due(&self, tenant: &TenantKey, holder: &str) -> Result<Option<Due>, StoreError> {
        self.promptly(async {
            let Some(number) = self.number_with_work(tenant).await? else { return Ok(None) };
            let Some((fence, found)) = self.take_up(number, holder).await? else { return Ok(None) };
            let turn = Turn { tenant: tenant.clone(), number, holder: holder.to_owned(), fence };
            match self.task(tenant, found) {
                Ok(task) => Ok(Some(Due { turn, task })),
                Err(error) => {
                    // Held no longer than it has to be.
                    self.end_turn(&turn).await?;
                    Err(error)
                }
            }
        })
        .await
    }

    /// Settles a task and ends the turn with it, in one step. A planned run that is settled already, as by
    /// [`Store::record`], stays so.
    ///
    /// # Errors
    /// When the store fails, or the turn was lost. Where an answer was lost on the way, the second try says
    /// [`StoreError::Lost`]: the turn has ended.
    pub async fn settle(&self, due: &Due, settlement: Settlement) -> Result<(), StoreError> {
        let Due { turn, task } = due;
        let settling = async {
            in_transaction!(self.short(), |tx| {
                let ended = sqlx::query(END)
                    .bind(turn.number)
                    .bind(turn.fence)
                    .bind(turn.holder.as_str())
                    .execute(&mut *tx)
                    .await?;
                if ended.rows_affected() == 0 {
                    return Err(StoreError::Lost.into());
                }
                match task {
                    Task::Run { planned, attempt } => {
                        let (state, counted, wait) = outcome(settlement, *attempt);
                        sqlx::query(
                            "UPDATE due SET state = $1, attempts = attempts - $2, start_after = \
                             CASE WHEN $3 > 0 THEN (SELECT now FROM clock) / 1000 + $3 ELSE start_after END \
                             WHERE tenant = $4 AND planned = $5 AND state = 'running'",
                        )
                        .bind(state)
                        .bind(counted)
                        .bind(wait)
                        .bind(turn.number)
                        .bind(planned.timestamp())
                        .execute(&mut *tx)
                        .await?;
                    }
                    Task::Finish { run } if settlement == Settlement::GivenBack => {
                        sqlx::query(
                            "UPDATE run SET finishes = finishes - 1 WHERE tenant = $1 AND run_id = $2",
                        )
                        .bind(turn.number)
                        .bind(run.as_str())
                        .execute(&mut *tx)
                        .await?;
                    }
                    Task::GivenUp { run } if settlement != Settlement::GivenBack => {
                        sqlx::query(GIVE_UP_FINISHING)
                            .bind(turn.number)
                            .bind(run.as_str())
                            .execute(&mut *tx)
                            .await?;
                    }
                    // Only now: whoever dies before has told nobody.
                    Task::Abandoned { planned } if settlement != Settlement::GivenBack => {
                        sqlx::query(
                            "UPDATE due SET state = 'failed' \
                             WHERE tenant = $1 AND planned = $2 AND state = 'running'",
                        )
                        .bind(turn.number)
                        .bind(planned.timestamp())
                        .execute(&mut *tx)
                        .await?;
                    }
                    Task::Finish { .. } | Task::GivenUp { .. } | Task::Abandoned { .. } => (),
                }
                Ok(())
            })
        };
        self.promptly(settling).await
    }

    async fn number_with_work(&self, tenant: &TenantKey) -> Result<Option<i64>, StoreError> {
        let id = tenant.tenant_id.to_string();
        on!(self.short(), |pool| {
            let row: Option<(i64,)> = sqlx::query_as(concat!(
                "SELECT number FROM ",
                tenants_with_work!(),
                " WHERE name = $1 AND tenant_id = $2"
            ))
            .bind(tenant.name.as_str())
            .bind(id.as_str())
            .fetch_optional(pool)
            .await?;
            Ok(row.map(|(number,)| number))
        })
    }

    /// Takes the turn and what there is to do, or neither.
    async fn take_up(&self, number: i64, holder: &str) -> Result<Option<(i64, Found)>, StoreError> {
        in_transaction!(self.short(), |tx| {
            let taken: Vec<(i64,)> = sqlx::query_as(TAKE)
                .bind(holder)
                .bind(lease_millis())
                .bind(number)
                .fetch_all(&mut *tx)
                .await?;
            let Some((fence,)) = taken.into_iter().next() else { return Ok(None) };
            let last: Option<(i64, String)> =
                sqlx::query_as(UNFINISHED).bind(number).fetch_optional(&mut *tx).await?;
            if let Some((seq, run)) = last {
                let times: Vec<(i64,)> = sqlx::query_as(
                    "UPDATE run SET finishes = finishes + 1 WHERE tenant = $1 AND seq = $2 RETURNING finishes",
                )
                .bind(number)
                .bind(seq)
                .fetch_all(&mut *tx)
                .await?;
                if times.iter().all(|(times,)| *times <= i64::from(Task::ATTEMPTS)) {
                    return Ok(Some((fence, Found::Unfinished { run })));
                }
                return Ok(Some((fence, Found::GivenUp { run })));
            }
            let due: Vec<(i64, i64)> = sqlx::query_as(TAKE_UP).bind(number).fetch_all(&mut *tx).await?;
            if let Some((planned, attempts)) = due.into_iter().next() {
                return Ok(Some((fence, Found::Planned { planned, attempts })));
            }
            sqlx::query(END).bind(number).bind(fence).bind(holder).execute(&mut *tx).await?;
            Ok(None)
        })
    }

    fn task(&self, tenant: &TenantKey, found: Found) -> Result<Task, StoreError> {
        match found {
            Found::Unfinished { run } => Ok(Task::Finish { run: self.run_id(tenant, &run)? }),
            Found::GivenUp { run } => Ok(Task::GivenUp { run: self.run_id(tenant, &run)? }),
            Found::Planned { planned: seconds, attempts } => {
                let planned = DateTime::from_timestamp(seconds, 0).ok_or_else(|| {
                    let what = format!("a planned run of tenant `{}`", tenant.name);
                    self.malformed(what, &seconds.to_string())
                })?;
                Ok(match u32::try_from(attempts).unwrap_or(u32::MAX) {
                    attempt if attempt > Task::ATTEMPTS => Task::Abandoned { planned },
                    attempt => Task::Run { planned, attempt },
                })
            }
        }
    }

    fn tenant_key(&self, name: String, id: &str) -> Result<TenantKey, StoreError> {
        match id.parse() {
            Ok(id) => Ok(TenantKey { name, tenant_id: TenantId(id) }),
            Err(_) => Err(self.malformed(format!("the id of tenant `{name}`"), id)),
        }
    }
}

/// What is to be done, as it is stored.
enum Found {
    Unfinished { run: String },
    GivenUp { run: String },
    Planned { planned: i64, attempts: i64 },
}

/// The state a planned run goes into, how many attempts it gets back, and how many seconds it waits.
fn outcome(settlement: Settlement, attempt: u32) -> (&'static str, i64, i64) {
    match settlement {
        Settlement::Done => ("done", 0, 0),
        Settlement::Failed if attempt < Task::ATTEMPTS => ("waiting", 0, pause(attempt)),
        Settlement::Failed => ("failed", 0, 0),
        Settlement::GivenBack => ("waiting", 1, 0),
    }
}
