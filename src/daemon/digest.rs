//! The digest over all tenants: when it is due, and what goes into it.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::errand::named;
use super::memory::{CallError, within};
use super::notices::{INSTANT, instant};
use super::schedule;
use crate::config::{Config, Schedule, Tenant};
use crate::report::{
    self, DigestChanges, DigestTenant, DigestTrouble, DigestTroubleKind, Message, MessageKey, MessageKind,
    Parcel,
};
use crate::run::{self, explain};
use crate::store::{OnRecord, PlannedState, Standing, StandingChange, Store, TenantKey};

/// A clock that jumped back by more than this was wrong before.
const JUMP: TimeDelta = TimeDelta::minutes(2);

/// How far back the period of the first digest is looked for: further than any schedule reaches that anybody reads.
const BEFORE: TimeDelta = TimeDelta::days(800);

/// An instant that came due this shortly before a digest may still be planned.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// The digest, where it is noted what it is planned by.
pub(super) const NAMED: &str = "digest";

/// Up to when digests were looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum DigestAgenda {
    /// Up to the last one that was posted, which is still to be asked for; to this time where there was none.
    LastPosted { otherwise: DateTime<Utc> },
    /// Up to this time.
    UpTo(DateTime<Utc>),
}

impl DigestAgenda {
    /// Notices a clock that was set back.
    pub(super) fn look_at(&mut self, now: DateTime<Utc>) {
        match self {
            Self::UpTo(time) | Self::LastPosted { otherwise: time } if *time - now > JUMP => *time = now,
            Self::UpTo(_) | Self::LastPosted { .. } => {}
        }
    }
}

/// Posts the latest digest that has come due, if one has. Answers up to when that is settled.
pub(super) async fn post_due(
    config: &Config,
    store: &Store,
    agenda: DigestAgenda,
    now: DateTime<Utc>,
) -> Result<DigestAgenda, CallError> {
    let (Some(digest), Some(mail)) = (&config.digest, &config.mail) else { return Ok(agenda) };
    let checked = match agenda {
        DigestAgenda::UpTo(time) => time,
        DigestAgenda::LastPosted { otherwise } => {
            let posted = within(store.last_digest()).await?.as_deref().and_then(posted).unwrap_or(otherwise);
            // By a schedule that came later, none was planned before.
            let words = schedule::words(&digest.schedule);
            let since = within(store.planned_by(NAMED, &words, now)).await?;
            since.map_or(posted, |since| since.max(posted))
        }
    };
    if let Some(planned) = schedule::due(&digest.schedule, checked, now) {
        let before = within(store.last_digest()).await?.as_deref().and_then(posted);
        let before = before.filter(|before| *before < planned);
        // The first one tells of what failed within a period of its schedule.
        let first = planned.checked_sub_signed(BEFORE).unwrap_or(planned);
        let since =
            before.or_else(|| schedule::due(&digest.schedule, first, planned - TimeDelta::seconds(1)));
        let mut tenants = Vec::with_capacity(config.tenants.len());
        for tenant in &config.tenants {
            let standing = standing(store, tenant, (since.unwrap_or(planned), planned), now).await?;
            // Without a digest before there is none to compare with.
            let changes = before.map_or(DigestChanges::First, |_| standing.changes);
            tenants.push(DigestTenant { changes, ..standing });
        }
        match report::digest_letter(&mail.templates, planned, before, &tenants) {
            Ok(dressed) => {
                let to = digest.to.iter().map(ToString::to_string).collect();
                let message = Message {
                    key: MessageKey::of(&["digest", &instant(planned)]),
                    kind: MessageKind::Digest,
                    date: planned,
                    parcel: Parcel::Mail { to, letter: run::undressed(dressed) },
                };
                within(run::announce(config, store, &[message])).await?;
                tracing::info!(planned = planned.to_rfc3339(), "the digest over all tenants is posted");
            }
            Err(error) => {
                let reason = explain(&error, None);
                tracing::error!(reason, "the digest over all tenants cannot be written");
            }
        }
    }
    Ok(DigestAgenda::UpTo(checked.max(now)))
}

/// The instant in the key of a digest.
fn posted(key: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(key, INSTANT).ok().map(|time| time.and_utc())
}

async fn standing(
    store: &Store,
    tenant: &Tenant,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<DigestTenant, CallError> {
    let key = TenantKey::from(tenant);
    let on_record = within(store.planned_since(&key, since)).await?;
    let Standing { complete, incomplete, change, open } = within(store.standing(&key, since, until)).await?;
    let mut troubles: Vec<DigestTrouble> =
        open.into_iter().map(|(planned, state)| DigestTrouble { planned, how: kind(state) }).collect();
    if let Some(schedule) = &tenant.schedule {
        let scheduled = within(store.planned_by(&named(&key), &schedule::words(schedule), now)).await?;
        let after = scheduled.map_or(since, |scheduled| scheduled.max(since));
        troubles.extend(missed(schedule, after, until, on_record.as_ref()));
    }
    troubles.sort_by_key(|trouble| trouble.planned);
    Ok(DigestTenant {
        name: tenant.name.clone(),
        complete,
        incomplete,
        changes: match change {
            StandingChange::First => DigestChanges::First,
            StandingChange::NoRun => DigestChanges::NoRun,
            StandingChange::Counted { new, fixed } => DigestChanges::Counted { new, fixed },
        },
        troubles,
    })
}

fn kind(state: PlannedState) -> DigestTroubleKind {
    match state {
        PlannedState::Waiting => DigestTroubleKind::Waiting,
        PlannedState::Failed => DigestTroubleKind::Failed,
        PlannedState::LeftOut => DigestTroubleKind::LeftOut,
    }
}

/// Instants that no service planned, although one had planned runs of the tenant before.
fn missed(
    schedule: &Schedule,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    on_record: Option<&OnRecord>,
) -> Vec<DigestTrouble> {
    let Some(OnRecord { first, after }) = on_record else { return Vec::new() };
    let (instants, _) = schedule::latest(schedule, since, until);
    let nobody =
        |planned: &DateTime<Utc>| first < planned && !after.contains(planned) && FRESH < until - *planned;
    let trouble = |planned| DigestTrouble { planned, how: DigestTroubleKind::Missed };
    instants.into_iter().filter(nobody).map(trouble).collect()
}
