//! The outbox: messages on their way, from before the first attempt until they have been accepted or are given
//! up. Whoever takes one in hand has it alone; leases and pauses run by the clock of the database.

use std::time::Duration;

use chrono::DateTime;

use super::engine::{Fault, lease_millis};
use super::outbox_rows::{RECIPIENTS, RecipientRow};
use super::partial::{pack, unpack};
use super::place::Way;
use super::session::{Session, within};
use super::spoilt::Spoilt;
use super::turn::WRITER;
use super::{
    Attempted, Grip, HeldMessage, MailState, OutboxRecipient, Outgoing, RecipientState, Rest, Store,
    StoreError, Turn, Wanted,
};
use crate::domain::{RunId, Told};

/// Whether a message is to be had. A lease that lasts far longer than one was taken before the database's clock
/// was set back.
macro_rules! free {
    () => {
        "state IN ('waiting', 'sending') AND (lease_until <= (SELECT now FROM clock) \
         OR lease_until > (SELECT now FROM clock) + 40000)"
    };
}
pub(super) use free;

/// No pause is longer: one that is was begun before the clock was set back.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(48 * 3600);

/// Whether its pause is over. One of more than [`LONGEST_PAUSE`] was begun before the clock was set back.
macro_rules! due {
    () => {
        "(next_attempt <= (SELECT now FROM clock) OR next_attempt > (SELECT now FROM clock) + 172800000)"
    };
}

/// The next one.
const NEXT: &str = concat!(
    "SELECT key FROM outbox WHERE ",
    free!(),
    " AND ",
    due!(),
    " AND replace($1, '|' || channel || '|', '') = $1 ORDER BY next_attempt, key LIMIT 1"
);

/// Takes one in hand that is to be had; where `$4` is 1, only when its pause is over: whoever was quicker may have
/// concluded it meanwhile. It is `sending` where its last holder did not conclude it.
const TAKE: &str = concat!(
    "UPDATE outbox SET fence = fence + 1, holder = $2, lease_until = (SELECT now FROM clock) + $3, \
     attempts = attempts + 1 WHERE key = $1 AND ",
    free!(),
    " AND ($4 = 0 OR ",
    due!(),
    ") RETURNING fence, channel, attempts, state, expires, \
     (SELECT now FROM clock) AS taken, body"
);

/// For how long nobody has had a message in hand that was being handed over.
const ABANDONED: &str = "SELECT (SELECT now FROM clock) - lease_until FROM outbox \
     WHERE key = $1 AND state = 'sending'";

/// Locks a run, so that two who conclude its last two messages see each other.
const LOCK_RUN: &str = "UPDATE run SET finishes = finishes WHERE tenant = $1 AND run_id = $2";

/// What becomes of a run's mail once all its messages have ended.
const SETTLE_RUN: &str = "UPDATE run SET mail = CASE WHEN EXISTS (SELECT 1 FROM outbox WHERE \
     outbox.tenant = $1 AND outbox.run_id = $2 AND outbox.state IN ('refused', 'expired')) \
     THEN 'refused' ELSE 'accepted' END WHERE tenant = $1 AND run_id = $2 AND mail = 'queued' AND NOT EXISTS \
     (SELECT 1 FROM outbox WHERE outbox.tenant = $1 AND outbox.run_id = $2 \
     AND outbox.state IN ('waiting', 'sending'))";

impl Store {
    /// Posts messages, all of them or none, and in the same step says of the run they tell of that its mail is
    /// queued. A message that is there already stays as it is. Where `holder` is given, those that are new are
    /// in its hand at once, and are answered.
    ///
    /// # Errors
    /// [`StoreError::Lost`] where the turn was lost; when the store fails.
    pub async fn post(
        &self,
        run: Option<(&Turn, &RunId)>,
        messages: &[Outgoing],
        holder: Option<&str>,
    ) -> Result<Vec<HeldMessage>, StoreError> {
        self.promptly(async { self.said(self.posted(run, messages, holder, None).await).await }).await
    }

    /// Where `told` is given, that is all that stands told to owners from now on.
    pub(super) async fn posted(
        &self,
        run: Option<(&Turn, &RunId)>,
        messages: &[Outgoing],
        holder: Option<&str>,
        told: Option<&[Told]>,
    ) -> Result<Vec<HeldMessage>, Fault> {
        const QUEUED: &str = "UPDATE run SET mail = $3 WHERE tenant = $1 AND run_id = $2";
        // What owners were told can be much: renewals must not wait for its connection.
        let mut session = if told.is_some() { self.writing().await? } else { self.noting().await? };
        let about = run.map(|(turn, run)| (turn.number, run.as_str()));
        if let Some((tenant, run)) = about {
            let state = if messages.is_empty() { MailState::NotWanted } else { MailState::Queued };
            within!(&mut session, |tx| {
                let queue = sqlx::query(QUEUED).bind(tenant).bind(run).bind(state.as_str());
                queue.execute(&mut *tx).await?;
            });
        }
        let mut held = Vec::new();
        for message in messages {
            held.extend(session.insert_message(about, message, holder).await?);
        }
        if let Some(about) = about {
            session.settle_run(about).await?;
        }
        if let (Some((tenant, _)), Some(told)) = (about, told) {
            session.tell(tenant, told).await?;
        }
        if let Some((turn, _)) = run {
            session.keep(turn).await?;
        }
        session.commit().await?;
        Ok(held)
    }

    /// Takes a message in hand: for as long as it is renewed, nobody else has it. None where nothing is to be
    /// had. Finding nothing locks and writes nothing.
    ///
    /// # Errors
    /// When the store fails, or what it holds cannot be read.
    pub async fn take_message(
        &self,
        holder: &str,
        wanted: Wanted<'_>,
    ) -> Result<Option<HeldMessage>, StoreError> {
        // Where somebody else is quicker every time, the next tick comes soon enough.
        const TRIES: u32 = 5;
        self.promptly(async {
            for _ in 0..TRIES {
                let is_due = matches!(wanted, Wanted::DueBesides(_));
                let key = match wanted {
                    Wanted::Key(key) => key.to_owned(),
                    Wanted::DueBesides(channels) => match self.said(self.next_key(channels).await).await? {
                        Some(key) => key,
                        None => return Ok(None),
                    },
                };
                if let Some(held) = self.said(self.taken(holder, &key, is_due).await).await? {
                    return Ok(Some(held));
                }
                if let Wanted::Key(_) = wanted {
                    break;
                }
            }
            Ok(None)
        })
        .await
    }

    async fn next_key(&self, besides: &[&str]) -> Result<Option<String>, Fault> {
        let besides = besides.iter().fold(String::new(), |all, channel| format!("{all}|{channel}|"));
        let mut session = self.glancing().await?;
        let row: Option<(String,)> = within!(&mut session, |tx| {
            sqlx::query_as(NEXT).bind(besides.as_str()).fetch_optional(&mut *tx).await?
        });
        Ok(row.map(|(key,)| key))
    }

    async fn taken(&self, holder: &str, key: &str, is_due: bool) -> Result<Option<HeldMessage>, Fault> {
        let mut session = self.noting().await?;
        // Whoever takes it between these two leaves nothing to be taken.
        let abandoned: Option<(i64,)> = within!(&mut session, |tx| {
            sqlx::query_as(ABANDONED).bind(key).fetch_optional(&mut *tx).await?
        });
        let (taken, recipients): (Vec<TakenRow>, Vec<RecipientRow>) = within!(&mut session, |tx| {
            let take = sqlx::query_as(TAKE).bind(key).bind(holder).bind(lease_millis());
            let take = take.bind(i64::from(is_due));
            let taken = take.fetch_all(&mut *tx).await?;
            (taken, sqlx::query_as(RECIPIENTS).bind(key).fetch_all(&mut *tx).await?)
        });
        let Some(row) = taken.into_iter().next() else { return Ok(None) };
        session.commit().await?;
        let recipients: Result<Vec<_>, Spoilt> = recipients.into_iter().map(RecipientRow::read).collect();
        let abandoned = abandoned.and_then(|(millis,)| u64::try_from(millis).ok()).unwrap_or_default();
        Ok(Some(row.read(key, holder, recipients?, Duration::from_millis(abandoned))?))
    }

    /// Keeps a message in hand for another [`LEASE`](super::LEASE).
    ///
    /// # Errors
    /// [`StoreError::Lost`] when somebody else has it, or it has ended.
    pub async fn renew_message(&self, grip: &Grip) -> Result<(), StoreError> {
        let renewing = self.hold(grip, "lease_until = (SELECT now FROM clock) + $4", lease_millis());
        match &self.way {
            // As with turns: while somebody writes into the file, nobody can take it either.
            Way::File(_) => match tokio::time::timeout(WRITER, renewing).await {
                Ok(Err(StoreError::Busy { .. })) | Err(_) => Ok(()),
                Ok(renewed) => renewed,
            },
            Way::Server(_) => renewing.await,
        }
    }

    /// Says that the content of a message is about to go out: from now on only the other side knows whether it
    /// has it.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when somebody else has it; when the store fails. Nothing may be sent then.
    pub async fn handing_over(&self, grip: &Grip) -> Result<(), StoreError> {
        let sending = "state = 'sending', lease_until = (SELECT now FROM clock) + $4";
        self.hold(grip, sending, lease_millis()).await
    }

    /// Takes that back: nobody has it, for certain.
    ///
    /// # Errors
    /// As [`Store::handing_over`]; the message then counts as handed over.
    pub async fn not_handed_over(&self, grip: &Grip) -> Result<(), StoreError> {
        let waiting = "state = 'waiting', lease_until = (SELECT now FROM clock) + $4";
        self.hold(grip, waiting, lease_millis()).await
    }

    /// Lets go of a message that was not tried. The attempt does not count.
    ///
    /// # Errors
    /// When the store fails; the lease then runs out by itself.
    pub async fn put_back(&self, grip: &Grip) -> Result<(), StoreError> {
        let back = "holder = NULL, lease_until = (SELECT now FROM clock) + $4, attempts = attempts - 1";
        match self.hold(grip, back, 0).await {
            Err(StoreError::Lost) => Ok(()),
            done => done,
        }
    }

    async fn hold(&self, grip: &Grip, change: &str, lease: i64) -> Result<(), StoreError> {
        let statement = format!(
            "UPDATE outbox SET {change} WHERE key = $1 AND fence = $2 AND holder = $3 \
             AND state IN ('waiting', 'sending')"
        );
        let holding = async {
            let mut session = self.noting().await?;
            let changed = within!(&mut session, |tx| {
                let hold = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(grip.key.as_str());
                let hold = hold.bind(grip.fence).bind(grip.holder.as_str()).bind(lease);
                hold.execute(&mut *tx).await?.rows_affected()
            });
            if changed == 0 {
                return Err(StoreError::Lost.into());
            }
            session.commit().await
        };
        self.promptly(async { self.said(holding.await).await }).await
    }

    /// Says what came of an attempt, and lets go of the message. Where it has ended for everybody, so has the
    /// message; where it was the last one of a run, that is said of the run's mail.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when somebody else has it; that somebody has accepted it is noted all the same. When the
    /// store fails.
    pub async fn conclude_message(
        &self,
        held: &HeldMessage,
        attempted: &Attempted,
    ) -> Result<(), StoreError> {
        self.promptly(async { self.said(self.concluded(held, attempted).await).await }).await
    }

    async fn concluded(&self, held: &HeldMessage, attempted: &Attempted) -> Result<(), Fault> {
        // Locks it, so that nobody changes its recipients meanwhile.
        const ABOUT: &str = "UPDATE outbox SET attempts = attempts WHERE key = $1 RETURNING tenant, run_id";
        const CONCLUDE: &str = "UPDATE outbox SET state = $4, error = $5, holder = NULL, lease_until = 0, \
             next_attempt = CASE WHEN (SELECT now FROM clock) + $6 < expires * 1000 \
             THEN (SELECT now FROM clock) + $6 ELSE expires * 1000 END, \
             ended = CASE WHEN $7 = 1 THEN (SELECT now FROM clock) / 1000 END, \
             body = CASE WHEN $4 = 'accepted' THEN NULL ELSE body END, attempts = attempts - $8 \
             WHERE key = $1 AND fence = $2 AND holder = $3 AND state IN ('waiting', 'sending')";
        // What was accepted stays so, whoever says it first.
        const RECIPIENT: &str = "UPDATE outbox_recipient SET state = $3, error = $4 \
             WHERE key = $1 AND number = $2 AND state <> 'accepted'";
        let Attempted { results, error, rest, also } = attempted;
        let mut session = self.noting().await?;
        let (about, recipients): (Option<AboutRow>, Vec<RecipientRow>) = within!(&mut session, |tx| {
            let about = sqlx::query_as(ABOUT).bind(held.grip.key.as_str());
            let about = about.fetch_optional(&mut *tx).await?;
            let recipients = sqlx::query_as(RECIPIENTS).bind(held.grip.key.as_str());
            (about, recipients.fetch_all(&mut *tx).await?)
        });
        let recipients: Result<Vec<_>, Spoilt> = recipients.into_iter().map(RecipientRow::read).collect();
        let (state, pause) = standing(&recipients?, results, *rest);
        let ended = matches!(state, "accepted" | "refused" | "expired");
        let about = about.and_then(|(tenant, run)| Some((tenant?, run?)));
        let concluded = within!(&mut session, |tx| {
            let conclude = sqlx::query(CONCLUDE).bind(held.grip.key.as_str()).bind(held.grip.fence);
            let conclude = conclude.bind(held.grip.holder.as_str()).bind(state).bind(error.as_deref());
            let conclude = conclude.bind(millis(pause)).bind(i64::from(ended));
            let conclude = conclude.bind(i64::from(state == "waiting" && matches!(rest, Rest::Soon(_))));
            conclude.execute(&mut *tx).await?.rows_affected()
        });
        for (place, state, error) in results {
            // Of a message that is somebody else's by now, only that is certain.
            if concluded == 0 && *state != RecipientState::Accepted {
                continue;
            }
            within!(&mut session, |tx| {
                let place = i64::try_from(*place).unwrap_or(i64::MAX);
                let note = sqlx::query(RECIPIENT).bind(held.grip.key.as_str()).bind(place);
                note.bind(state.as_str()).bind(error.as_deref()).execute(&mut *tx).await?;
            });
        }
        if concluded == 0 {
            session.commit().await?;
            return Err(StoreError::Lost.into());
        }
        for message in also {
            session.insert_message(None, message, None).await?;
        }
        if let Some((tenant, run)) = &about {
            session.settle_run((*tenant, run)).await?;
        }
        session.commit().await
    }
}

/// The tenant and the run a message tells of.
type AboutRow = (Option<i64>, Option<String>);

/// What a message comes to by an attempt.
fn standing(
    recipients: &[OutboxRecipient],
    results: &[(usize, RecipientState, Option<String>)],
    rest: Rest,
) -> (&'static str, Duration) {
    let state = |(place, recipient): (usize, &OutboxRecipient)| {
        let told = results.iter().rev().find(|(told, _, _)| *told == place);
        let told = told.filter(|_| recipient.state != RecipientState::Accepted);
        told.map_or(recipient.state, |(_, state, _)| *state)
    };
    let states: Vec<RecipientState> = recipients.iter().enumerate().map(state).collect();
    match rest {
        Rest::After(pause) | Rest::Soon(pause) if states.contains(&RecipientState::Waiting) => {
            ("waiting", pause)
        }
        Rest::GivenUp if states.contains(&RecipientState::Waiting) => ("expired", Duration::ZERO),
        _ if states.contains(&RecipientState::Refused) => ("refused", Duration::ZERO),
        _ => ("accepted", Duration::ZERO),
    }
}

fn millis(pause: Duration) -> i64 {
    i64::try_from(pause.min(LONGEST_PAUSE).as_millis()).unwrap_or(i64::MAX / 4)
}

impl Session {
    /// Puts a message into the outbox, unless it is there already; answers it where somebody has it in hand.
    async fn insert_message(
        &mut self,
        about: Option<(i64, &str)>,
        message: &Outgoing,
        holder: Option<&str>,
    ) -> Result<Option<HeldMessage>, Fault> {
        const MESSAGE: &str = "INSERT INTO outbox (key, kind, channel, tenant, run_id, made, next_attempt, \
             expires, attempts, state, fence, holder, lease_until, body) SELECT $1, $2, $3, $4, $5, now / 1000, \
             now, now / 1000 + $6, $7, 'waiting', 1, $8, CASE WHEN $7 = 1 THEN now + $9 ELSE 0 END, $10 \
             FROM clock WHERE true ON CONFLICT (key) DO NOTHING RETURNING expires";
        const WHOSE: &str = "SELECT tenant, run_id FROM outbox WHERE key = $1";
        const RECIPIENT: &str = "INSERT INTO outbox_recipient (key, number, address, state) \
             VALUES ($1, $2, $3, 'waiting')";
        let Outgoing { key, kind, channel, recipients, body, lasts } = message;
        // Memory takes everything.
        let packed = pack(body).unwrap_or_default();
        let lasts = i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX / 4);
        let inserted: Vec<(i64,)> = within!(self, |tx| {
            let insert =
                sqlx::query_as(MESSAGE).bind(key.as_str()).bind(kind.as_str()).bind(channel.as_str());
            let insert = insert.bind(about.map(|(tenant, _)| tenant)).bind(about.map(|(_, run)| run));
            let insert = insert.bind(lasts).bind(i64::from(holder.is_some())).bind(holder);
            insert.bind(lease_millis()).bind(packed).fetch_all(&mut *tx).await?
        });
        let Some((expires,)) = inserted.into_iter().next() else {
            // Where it is the same message it was posted before; otherwise one of them would be lost in silence.
            let whose: Option<AboutRow> =
                within!(self, |tx| sqlx::query_as(WHOSE).bind(key.as_str()).fetch_optional(&mut *tx).await?);
            let same = |(tenant, run): (Option<i64>, Option<String>)| about == tenant.zip(run.as_deref());
            return match whose.is_none_or(same) {
                true => Ok(None),
                false => Err(StoreError::KeyTaken { key: key.clone() }.into()),
            };
        };
        for (number, address) in (0_i64..).zip(recipients) {
            within!(self, |tx| {
                let insert = sqlx::query(RECIPIENT).bind(key.as_str()).bind(number);
                insert.bind(address.as_str()).execute(&mut *tx).await?;
            });
        }
        let waiting = |address: &String| OutboxRecipient {
            address: address.clone(),
            state: RecipientState::Waiting,
            error: None,
        };
        Ok(match holder {
            Some(holder) => Some(HeldMessage {
                grip: Grip { key: key.clone(), holder: holder.to_owned(), fence: 1 },
                channel: channel.clone(),
                attempts: 1,
                interrupted: false,
                abandoned_for: Duration::ZERO,
                is_last: lasts == 0,
                expires: DateTime::from_timestamp(expires, 0)
                    .ok_or_else(|| Spoilt::column("outbox", key, "expires"))?,
                recipients: recipients.iter().map(waiting).collect(),
                body: body.clone(),
            }),
            None => None,
        })
    }

    /// Says what became of a run's mail, where all its messages have ended.
    pub(super) async fn settle_run(&mut self, (tenant, run): (i64, &str)) -> Result<(), Fault> {
        within!(self, |tx| {
            sqlx::query(LOCK_RUN).bind(tenant).bind(run).execute(&mut *tx).await?;
            sqlx::query(SETTLE_RUN).bind(tenant).bind(run).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Forgets messages that ended before a time: those of a tenant, and those of none.
    pub(super) async fn forget_messages(&mut self, tenant: i64, before: i64) -> Result<(), Fault> {
        const MESSAGES: &str = "DELETE FROM outbox WHERE ended < $2 AND (tenant = $1 OR tenant IS NULL)";
        const RECIPIENTS: &str = "DELETE FROM outbox_recipient WHERE NOT EXISTS \
             (SELECT 1 FROM outbox WHERE outbox.key = outbox_recipient.key)";
        within!(self, |tx| {
            sqlx::query(MESSAGES).bind(tenant).bind(before).execute(&mut *tx).await?;
            sqlx::query(RECIPIENTS).execute(&mut *tx).await?;
        });
        Ok(())
    }
}

#[derive(sqlx::FromRow)]
struct TakenRow {
    fence: i64,
    channel: String,
    attempts: i64,
    state: String,
    expires: i64,
    taken: i64,
    body: Option<Vec<u8>>,
}

impl TakenRow {
    fn read(
        self,
        key: &str,
        holder: &str,
        recipients: Vec<OutboxRecipient>,
        abandoned_for: Duration,
    ) -> Result<HeldMessage, Spoilt> {
        let Self { fence, channel, attempts, state, expires, taken, body } = self;
        Ok(HeldMessage {
            grip: Grip { key: key.to_owned(), holder: holder.to_owned(), fence },
            channel,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            interrupted: state == "sending",
            abandoned_for,
            is_last: expires.saturating_mul(1000) <= taken,
            expires: DateTime::from_timestamp(expires, 0)
                .ok_or_else(|| Spoilt::column("outbox", key, "expires"))?,
            recipients,
            body: unpack(&body.unwrap_or_default()).map_err(|_| Spoilt::bytes("outbox", key))?,
        })
    }
}
