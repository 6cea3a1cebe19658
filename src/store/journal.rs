//! Plans and their journal: every step is on record before anything is sent, and closed after it was verified.
//! What writes here checks the turn's fence: whoever has lost the turn writes nothing any more.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::engine::Fault;
use super::partial::{pack, unpack};
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::{Entry, KeptPlan, PlanState, Store, StoreError, TenantKey, Turn};
use crate::domain::RunId;
use crate::remediation::{Outcome, Plan, PlanId, Stopped};

impl Store {
    /// Keeps a plan as it was made. The same plan kept again changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep_plan(&self, tenant: &TenantKey, plan: &Plan) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO plan (tenant, id, run_id, made, state, body) \
             VALUES ($1, $2, $3, $4, 'made', $5) ON CONFLICT (tenant, id) DO NOTHING";
        let number = self.number_or_new(tenant).await?;
        let keeping = async {
            let body = packed(&serde_json::to_vec(plan).map_err(|error| spoilt(&plan.plan_id, &error))?);
            let mut session = self.noting().await?;
            within!(&mut session, |tx| {
                let insert = sqlx::query(KEEP).bind(number).bind(plan.plan_id.as_str());
                let insert = insert.bind(plan.run_id.as_ref().map(RunId::as_str));
                insert.bind(plan.created.timestamp()).bind(body).execute(&mut *tx).await?;
            });
            session.commit().await
        };
        self.said(keeping.await).await
    }

    /// A plan that was kept; none where none of this name was made for the tenant.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn kept_plan(&self, tenant: &TenantKey, id: &PlanId) -> Result<Option<KeptPlan>, StoreError> {
        let plans = self.plans_where(tenant, Some(id)).await?;
        Ok(plans.into_iter().next())
    }

    /// All plans of a tenant that are on record, oldest first.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn plans(&self, tenant: &TenantKey) -> Result<Vec<KeptPlan>, StoreError> {
        self.plans_where(tenant, None).await
    }

    async fn plans_where(
        &self,
        tenant: &TenantKey,
        id: Option<&PlanId>,
    ) -> Result<Vec<KeptPlan>, StoreError> {
        const PLANS: &str = "SELECT id, state, begun, begun_as, ended, stopped, body FROM plan \
             WHERE tenant = $1 AND ($2 = '' OR id = $2) ORDER BY made, id";
        let Some(number) = self.number(tenant).await? else { return Ok(Vec::new()) };
        let reading = async {
            let mut session = self.glancing().await?;
            let rows: Vec<PlanRow> = within!(&mut session, |tx| {
                let plans = sqlx::query_as(PLANS).bind(number).bind(id.map_or("", PlanId::as_str));
                plans.fetch_all(&mut *tx).await?
            });
            rows.into_iter().map(|row| row.read().map_err(Fault::from)).collect()
        };
        self.said(reading.await).await
    }

    /// Begins to apply a plan, or goes on with one that was interrupted or stopped. Answers how it stood; one
    /// that was applied or taken back stays so.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails.
    pub async fn begin_plan(
        &self,
        turn: &Turn,
        id: &PlanId,
        at: DateTime<Utc>,
    ) -> Result<Option<PlanState>, StoreError> {
        const STATE: &str = "SELECT state FROM plan WHERE tenant = $1 AND id = $2";
        const BEGIN: &str = "UPDATE plan SET state = 'applying', begun = COALESCE(begun, $3), \
             begun_as = COALESCE(begun_as, (SELECT COALESCE(MAX(earlier.begun_as), 0) + 1 FROM plan AS earlier)), \
             ended = NULL, stopped = NULL WHERE tenant = $1 AND id = $2 \
             AND state NOT IN ('applied', 'taken-back')";
        let beginning = async {
            let mut session = self.noting().await?;
            let state: Option<(String,)> = within!(&mut session, |tx| {
                let state = sqlx::query_as(STATE).bind(turn.number).bind(id.as_str());
                let state = state.fetch_optional(&mut *tx).await?;
                let begin = sqlx::query(BEGIN).bind(turn.number).bind(id.as_str()).bind(at.timestamp());
                begin.execute(&mut *tx).await?;
                state
            });
            session.keep(turn).await?;
            session.commit().await?;
            state.map(|(word,)| read_state(&word, id)).transpose().map_err(Fault::from)
        };
        self.said(beginning.await).await
    }

    /// Says that a step is about to be sent: the write-ahead entry. `before` is what is there now; none leaves
    /// what an earlier attempt found.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails. Nothing may be sent then.
    pub async fn intend(
        &self,
        turn: &Turn,
        id: &PlanId,
        step: u32,
        at: DateTime<Utc>,
        before: Option<&Value>,
    ) -> Result<(), StoreError> {
        const INTEND: &str = "INSERT INTO step (tenant, plan, number, attempts, intended, before) \
             VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT (tenant, plan, number) DO UPDATE SET \
             attempts = step.attempts + 1, intended = excluded.intended, concluded = NULL, outcome = NULL, \
             before = COALESCE(excluded.before, step.before)";
        let before = before.map(|value| packed(value.to_string().as_bytes()));
        let intending = async {
            let mut session = self.noting().await?;
            within!(&mut session, |tx| {
                let intend = sqlx::query(INTEND).bind(turn.number).bind(id.as_str()).bind(i64::from(step));
                intend.bind(at.timestamp()).bind(before).execute(&mut *tx).await?;
            });
            session.keep(turn).await?;
            session.commit().await
        };
        self.said(intending.await).await
    }

    /// Closes a step, whether it was sent or not.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails.
    pub async fn conclude(
        &self,
        turn: &Turn,
        id: &PlanId,
        step: u32,
        at: DateTime<Utc>,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        const CONCLUDE: &str = "INSERT INTO step (tenant, plan, number, attempts, concluded, outcome) \
             VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (tenant, plan, number) DO UPDATE SET \
             concluded = excluded.concluded, outcome = excluded.outcome";
        let concluding = async {
            let outcome = serde_json::to_string(outcome).map_err(|error| spoilt(id, &error))?;
            let mut session = self.noting().await?;
            within!(&mut session, |tx| {
                let conclude =
                    sqlx::query(CONCLUDE).bind(turn.number).bind(id.as_str()).bind(i64::from(step));
                conclude.bind(at.timestamp()).bind(outcome).execute(&mut *tx).await?;
            });
            session.keep(turn).await?;
            session.commit().await
        };
        self.said(concluding.await).await
    }

    /// Ends the application of a plan: carried out to its end, or stopped.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails.
    pub async fn end_plan(
        &self,
        turn: &Turn,
        id: &PlanId,
        at: DateTime<Utc>,
        stopped: Option<&Stopped>,
    ) -> Result<(), StoreError> {
        const END: &str =
            "UPDATE plan SET state = $3, ended = $4, stopped = $5 WHERE tenant = $1 AND id = $2";
        let ending = async {
            let state = if stopped.is_none() { PlanState::Applied } else { PlanState::Stopped };
            let stopped =
                stopped.map(serde_json::to_string).transpose().map_err(|error| spoilt(id, &error))?;
            let mut session = self.noting().await?;
            within!(&mut session, |tx| {
                let end = sqlx::query(END).bind(turn.number).bind(id.as_str()).bind(state.as_str());
                end.bind(at.timestamp()).bind(stopped).execute(&mut *tx).await?;
            });
            session.keep(turn).await?;
            session.commit().await
        };
        self.said(ending.await).await
    }

    /// Closes a plan that is about to be taken back: one that was interrupted or stopped is not gone on with any
    /// more. One that was applied stays so.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails.
    pub async fn take_back_plan(
        &self,
        turn: &Turn,
        id: &PlanId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        const TAKE_BACK: &str = "UPDATE plan SET state = 'taken-back', ended = COALESCE(ended, $3) \
             WHERE tenant = $1 AND id = $2 AND state IN ('applying', 'stopped')";
        let taking = async {
            let mut session = self.noting().await?;
            within!(&mut session, |tx| {
                let take_back = sqlx::query(TAKE_BACK).bind(turn.number).bind(id.as_str());
                take_back.bind(at.timestamp()).execute(&mut *tx).await?;
            });
            session.keep(turn).await?;
            session.commit().await
        };
        self.said(taking.await).await
    }

    /// The journal of a plan, in the order of its steps. Steps that were not reached are not in it.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn journal(&self, tenant: &TenantKey, id: &PlanId) -> Result<Vec<Entry>, StoreError> {
        const STEPS: &str = "SELECT number, attempts, intended, concluded, before, outcome FROM step \
             WHERE tenant = $1 AND plan = $2 ORDER BY number";
        let Some(number) = self.number(tenant).await? else { return Ok(Vec::new()) };
        let reading = async {
            let mut session = self.glancing().await?;
            let rows: Vec<StepRow> = within!(&mut session, |tx| {
                sqlx::query_as(STEPS).bind(number).bind(id.as_str()).fetch_all(&mut *tx).await?
            });
            rows.into_iter().map(|row| row.read(id).map_err(Fault::from)).collect()
        };
        self.said(reading.await).await
    }
}

impl Session {
    /// Forgets plans that ended, or were made and never applied, before a time, with their journals.
    pub(super) async fn forget_plans(&mut self, tenant: i64, before: i64) -> Result<(), Fault> {
        const PLANS: &str = "DELETE FROM plan WHERE tenant = $1 AND state <> 'applying' \
             AND COALESCE(ended, made) < $2";
        const STEPS: &str = "DELETE FROM step WHERE tenant = $1 AND NOT EXISTS \
             (SELECT 1 FROM plan WHERE plan.tenant = $1 AND plan.id = step.plan)";
        within!(self, |tx| {
            sqlx::query(PLANS).bind(tenant).bind(before).execute(&mut *tx).await?;
            sqlx::query(STEPS).bind(tenant).execute(&mut *tx).await?;
        });
        Ok(())
    }
}

/// Memory takes everything.
fn packed(body: &[u8]) -> Vec<u8> {
    pack(body).unwrap_or_default()
}

fn spoilt(id: &PlanId, error: &serde_json::Error) -> Spoilt {
    Spoilt::body("plan", id.as_str(), error)
}

fn time(seconds: i64, table: &str, id: &str) -> Result<DateTime<Utc>, Spoilt> {
    DateTime::from_timestamp(seconds, 0).ok_or_else(|| Spoilt::column(table, id, "a time"))
}

fn read_state(word: &str, id: &PlanId) -> Result<PlanState, Spoilt> {
    let state = PlanState::ALL.into_iter().find(|state| state.as_str() == word);
    state.ok_or_else(|| Spoilt::column("plan", id.as_str(), "state"))
}

#[derive(sqlx::FromRow)]
struct PlanRow {
    id: String,
    state: String,
    begun: Option<i64>,
    begun_as: Option<i64>,
    ended: Option<i64>,
    stopped: Option<String>,
    body: Vec<u8>,
}

impl PlanRow {
    fn read(self) -> Result<KeptPlan, Spoilt> {
        let Self { id, state, begun, begun_as, ended, stopped, body } = self;
        let id = PlanId::new(&id);
        let when = |seconds: Option<i64>| seconds.map(|at| time(at, "plan", id.as_str())).transpose();
        let body = unpack(&body).map_err(|_| Spoilt::bytes("plan", id.as_str()))?;
        Ok(KeptPlan {
            state: read_state(&state, &id)?,
            begun: when(begun)?,
            begun_as,
            ended: when(ended)?,
            stopped: stopped
                .map(|text| serde_json::from_str(&text))
                .transpose()
                .map_err(|error| spoilt(&id, &error))?,
            plan: serde_json::from_slice(&body).map_err(|error| spoilt(&id, &error))?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct StepRow {
    number: i64,
    attempts: i64,
    intended: Option<i64>,
    concluded: Option<i64>,
    before: Option<Vec<u8>>,
    outcome: Option<String>,
}

impl StepRow {
    fn read(self, id: &PlanId) -> Result<Entry, Spoilt> {
        let Self { number, attempts, intended, concluded, before, outcome } = self;
        let key = format!("{id}, step {number}");
        let when = |seconds: Option<i64>| seconds.map(|at| time(at, "step", &key)).transpose();
        let count = |column, count| u32::try_from(count).map_err(|_| Spoilt::column("step", &key, column));
        let body = |error: serde_json::Error| Spoilt::body("step", &key, &error);
        let before = match before {
            Some(packed) => {
                let bytes = unpack(&packed).map_err(|_| Spoilt::bytes("step", &key))?;
                Some(serde_json::from_slice(&bytes).map_err(body)?)
            }
            None => None,
        };
        Ok(Entry {
            step: count("number", number)?,
            attempts: count("attempts", attempts)?,
            intended: when(intended)?,
            concluded: when(concluded)?,
            before,
            outcome: outcome.map(|text| serde_json::from_str(&text)).transpose().map_err(body)?,
        })
    }
}
