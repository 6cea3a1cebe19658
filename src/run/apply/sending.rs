//! Sending a step, and finding out what became of it.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::check::kind;
use super::look::{self, Seen};
use super::said::{told, told_of_write};
use super::send::{ready, send};
use super::step::{Concluded, Past, has_come_about};
use super::{ApplyError, ApplyJob};
use crate::domain::{PolicyId, Text};
use crate::graph::{GraphError, Held, Waits, WriteError};
use crate::remediation::{Change, Outcome, Sight, Standing};

/// Graph was busy with another write to the same object (FACTS §11).
const CONCURRENCY: &str = "Directory_ConcurrencyViolation";

/// What was seen before this is looked at again: somebody else may have changed it.
const FRESH: Duration = Duration::from_secs(1);

/// A step that is as the plan expects it.
pub(super) struct Sending<'a> {
    pub(super) job: ApplyJob<'a>,
    pub(super) number: u32,
    pub(super) change: &'a Change,
    pub(super) past: Past,
    /// What is there before; none keeps what is on record.
    pub(super) before: Option<Value>,
}

/// What to do after a sending that was not simply done.
enum Next {
    Conclude(Concluded),
    SendAgain,
}

impl Sending<'_> {
    /// Sends it until it is done, or there is nothing more to be done. Each sending is on record before.
    pub(super) async fn carry_out(mut self) -> Result<Concluded, ApplyError> {
        let ApplyJob { store, turn, plan, clock, writer, .. } = self.job;
        let (mut unknown, mut repeated, mut renewed) = (0, 0, false);
        let mut waits = writer.waits();
        loop {
            if let Some(concluded) = self.held_back().await {
                return Ok(concluded);
            }
            let before = self.before.take();
            store.intend(turn, &plan.plan_id, self.number, clock(), before.as_ref()).await?;
            let sent = Instant::now();
            let next = match send(writer, self.change).await {
                Ok(created) => return Ok(self.verify(created).await),
                Err(error @ WriteError::Unknown(_)) => {
                    unknown += 1;
                    self.past = Past::PerhapsSent;
                    self.look_it_up(&error, unknown).await
                }
                // What is sent next has a new token.
                Err(WriteError::Denied(GraphError::Unauthorized { .. })) if !renewed => {
                    renewed = true;
                    self.look_again().await
                }
                Err(error @ WriteError::NotDone(GraphError::Throttled { .. })) => {
                    self.throttled(error, sent.elapsed(), &mut waits).await
                }
                Err(error) => {
                    repeated += 1;
                    self.after_refusal(&error, repeated).await
                }
            };
            match next {
                Next::Conclude(concluded) => return Ok(concluded),
                Next::SendAgain => {}
            }
        }
    }

    /// The writer may have to wait for a token, or for room in its budget. What is there may be otherwise by then.
    async fn held_back(&self) -> Option<Concluded> {
        let asked = Instant::now();
        if let Err(error) = ready(self.job.writer, self.change).await {
            return Some(self.refused(&error).await);
        }
        if asked.elapsed() < FRESH {
            return None;
        }
        match self.look_again().await {
            Next::Conclude(concluded) => Some(concluded),
            Next::SendAgain => None,
        }
    }

    /// It was not carried out, and is sent again after the wait that Graph asks for, if it is as it was by then.
    async fn throttled(&self, error: WriteError, took: Duration, waits: &mut Waits<'_>) -> Next {
        match (waits.after(&error, took), error) {
            (Some(pause), error) => {
                tracing::warn!(error = %error.error(), ?pause, "Graph throttles: waiting, then looking again");
                sleep(pause).await;
                // The budget waits as well, and for others.
                if let Err(error) = ready(self.job.writer, self.change).await {
                    return Next::Conclude(self.refused(&error).await);
                }
                self.look_again().await
            }
            (None, WriteError::NotDone(GraphError::Throttled { request, answer, .. })) => {
                let waited = waits.waited();
                let error = WriteError::NotDone(GraphError::Throttled { request, waited, answer });
                Next::Conclude(self.refused(&error).await)
            }
            (None, error) => Next::Conclude(self.refused(&error).await),
        }
    }

    /// Time has passed since it was looked at, and nothing was carried out since.
    async fn look_again(&self) -> Next {
        match look::once(self.job.reader, self.change, None).await {
            Ok(seen) => match self.past.judge(self.change, &seen.standing) {
                Some(outcome) => Next::Conclude(outcome.into()),
                None => Next::SendAgain,
            },
            Err(reading) => {
                let reason = format!("It had to wait, and could not be looked at again. {}", told(&reading));
                Next::Conclude(self.past.not_done(&reason).into())
            }
        }
    }

    /// Graph says that it is done: it has to show.
    async fn verify(&self, created: Option<PolicyId>) -> Concluded {
        // A secret went with its object.
        let gone_is_enough = matches!(self.change, Change::RemovePassword { .. });
        let shows = |standing: &Standing| {
            has_come_about(standing) || (gone_is_enough && matches!(standing, Standing::Gone))
        };
        let seen = match self.until(created, shows).await {
            Ok(seen) => seen,
            Err(error) => {
                let said = told(&error);
                return unclear(&format!("Graph accepted it, and it could not be read back. {said}"));
            }
        };
        if !shows(&seen.standing) {
            let how = match &seen.standing {
                Standing::Other { how, .. } => how.as_str(),
                Standing::Gone => "The object is gone.",
                Standing::Expected | Standing::Reached { .. } => "It is still as before.",
            };
            let made = created.map(|id| format!(" as the policy `{id}`")).unwrap_or_default();
            return unclear(&format!("Graph accepted it{made}, and it does not show. {how}"));
        }
        match self.twins(&seen.sight) {
            Some(twins) => unclear(&twins),
            None => Outcome::Done { created, found: false }.into(),
        }
    }

    /// Another policy of the name, where there was none before: an earlier sending made it after all, or this one was
    /// delivered twice, or somebody else made it at the same moment.
    fn twins(&self, sight: &Sight) -> Option<String> {
        let Sight::Named(found) = sight else { return None };
        if found.len() < 2 {
            return None;
        }
        let ids = found.iter().filter_map(|policy| policy.get("id").and_then(Value::as_str));
        let ids: Vec<String> = ids.map(|id| format!("`{id}`")).collect();
        Some(format!("Several custom policies have its name: {}. Delete all but one.", ids.join(", ")))
    }

    /// Nobody knows what became of it.
    async fn look_it_up(&self, error: &WriteError, sent: u32) -> Next {
        let seen = match self.until(None, has_come_about).await {
            Ok(seen) => seen,
            Err(reading) => {
                let said = told(&reading);
                let reason = format!("{} It could not be read back either. {said}", told_of_write(error));
                return Next::Conclude(unclear(&reason));
            }
        };
        if let Some(outcome) = self.past.judge(self.change, &seen.standing) {
            return Next::Conclude(outcome.into());
        }
        if sent < self.job.patience.sends {
            return Next::SendAgain;
        }
        let reason = format!("It was sent, and it is still as before. {}", told_of_write(error));
        Next::Conclude(unclear(&reason))
    }

    /// It was not carried out. Something else may have been.
    async fn after_refusal(&self, error: &WriteError, repeated: u32) -> Next {
        let patience = self.job.patience;
        let passing = match error {
            WriteError::Gone(_) => true,
            WriteError::Changed(error) => error.answer().is_some_and(|answer| answer.has_code(CONCURRENCY)),
            WriteError::NotDone(GraphError::Transport { .. }) => true,
            WriteError::NotDone(_) | WriteError::Denied(_) | WriteError::Unknown(_) => {
                return Next::Conclude(self.refused(error).await);
            }
        };
        let again = passing && repeated <= patience.repeats;
        let seen = if again {
            sleep(patience.before(repeated)).await;
            look::once(self.job.reader, self.change, None).await
        } else {
            // What somebody else did shows late, too.
            self.until(None, |standing| *standing != Standing::Expected).await
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(reading) => {
                let said = told(&reading);
                let reason = format!("{} It could not be looked at again. {said}", told_of_write(error));
                return Next::Conclude(self.past.not_done(&reason).into());
            }
        };
        // It was as expected a moment before, so this one did it and was delivered twice, or somebody else did at the
        // same moment. Whoever takes it back has to know of it.
        let at_once = matches!(error, WriteError::Changed(_) | WriteError::Gone(_));
        if let (true, Standing::Reached { created }) = (at_once, &seen.standing) {
            return Next::Conclude(Outcome::Done { created: *created, found: true }.into());
        }
        match self.past.judge(self.change, &seen.standing) {
            Some(outcome) => Next::Conclude(outcome.into()),
            None if again => Next::SendAgain,
            None => Next::Conclude(self.refused(error).await),
        }
    }

    /// Graph said no, and it is as it was.
    async fn refused(&self, error: &WriteError) -> Concluded {
        let said = match error {
            WriteError::Changed(error) | WriteError::Gone(error) => {
                format!("It is still as before. {}", told(error))
            }
            error => told_of_write(error),
        };
        let hopeless =
            error.holds_for_all() || (matches!(error, WriteError::Denied(_)) && !self.has_permission().await);
        Concluded { outcome: self.past.not_done(&said), hopeless: hopeless.then(|| Text::new(&said)) }
    }

    /// Whether the token says that the writer may do it. Where it does and Graph says no, that is about this
    /// object alone: one that its owner has locked, for instance (FACTS §7.5). Otherwise the next one would be
    /// refused as well.
    async fn has_permission(&self) -> bool {
        match self.job.writer.permissions().await {
            Ok(held @ Held::Known(_)) => held.lacks(kind(self.change).permissions()).is_empty(),
            Ok(Held::Unknown) | Err(_) => false,
        }
    }

    async fn until(
        &self,
        created: Option<PolicyId>,
        wanted: impl Fn(&Standing) -> bool,
    ) -> Result<Seen, GraphError> {
        let ApplyJob { reader, patience, .. } = self.job;
        look::until(reader, patience, self.change, created, wanted).await
    }
}

fn unclear(reason: &str) -> Concluded {
    Outcome::Unclear { reason: Text::new(reason) }.into()
}
