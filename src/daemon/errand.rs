//! What is asked of the store, in a task of its own: a database that does not answer holds up neither
//! signals nor the ticks. One errand is on its way at a time.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::agenda::Instant;
use super::digest::{self, DigestAgenda};
use super::memory::{CallError, Kept, OpenError, PATIENCE, within};
use super::notices::Notices;
use super::schedule;
use super::work::Unsettled;
use crate::config::{Config, StoreUrl};
use crate::run;
use crate::store::{DaemonClaim, Due, LEASE, OnRecord, Planned, Store, StoreError, TenantKey};

/// What came back of an errand.
pub(super) enum Errand {
    /// [`look_back`].
    LookedBack(LookedBack),
    /// [`plan_and_take`].
    Worked(Box<Worked>),
    /// The store was tried again.
    Opened(Result<Kept, (OpenError, Option<DaemonClaim>)>),
    /// It ended abnormally.
    Lost,
}

/// When the last runs started.
pub(super) struct LookedBack {
    pub(super) last_runs: Vec<LastRun>,
    pub(super) trouble: Option<CallError>,
}

/// When a tenant was last run, and planned since.
pub(super) struct LastRun {
    pub(super) tenant: TenantKey,
    pub(super) started: Option<DateTime<Utc>>,
    /// None where no service planned anything, as far as is known.
    pub(super) planned: Option<OnRecord>,
    /// Since when it is planned by this schedule, where it was planned by another one before.
    pub(super) scheduled: Option<DateTime<Utc>>,
}

/// Finds out when the last run of each tenant started: the store tells, and the names of the run
/// directories, which are there also of runs that could not be recorded. Starts that lie ahead, of a
/// clock that was wrong, do not count. With each tenant comes its schedule in words.
pub(super) async fn look_back(
    store: Option<Store>,
    tenants: Vec<(TenantKey, String)>,
    reports: PathBuf,
    now: DateTime<Utc>,
) -> LookedBack {
    let mut found = LookedBack { last_runs: Vec::new(), trouble: None };
    for (tenant, schedule) in tenants {
        let recorded = match &store {
            Some(store) => match within(store.last_run(&tenant)).await {
                Ok(run) => run.map(|run| run.counts.run.started),
                Err(error) if error.is_temporary() => {
                    found.trouble = Some(error);
                    return found;
                }
                // A row that is at fault is this tenant's alone; the directories tell.
                Err(error) => {
                    found.trouble.get_or_insert(error);
                    None
                }
            },
            None => None,
        };
        let (directory, name) = (reports.clone(), tenant.name.clone());
        let written = tokio::task::spawn_blocking(move || run::newest_start(&directory, &name, now))
            .await
            .ok()
            .flatten();
        let recorded = recorded.filter(|started| *started < now);
        let started = recorded.max(written);
        let planned = match (&store, started) {
            (Some(store), Some(started)) => match within(store.planned_since(&tenant, started)).await {
                Ok(planned) => planned,
                Err(error) if error.is_temporary() => {
                    found.trouble = Some(error);
                    return found;
                }
                Err(error) => {
                    found.trouble.get_or_insert(error);
                    None
                }
            },
            _ => None,
        };
        let scheduled = match &store {
            Some(store) => match within(store.planned_by(&named(&tenant), &schedule, now)).await {
                Ok(since) => since,
                Err(error) if error.is_temporary() => {
                    found.trouble = Some(error);
                    return found;
                }
                Err(error) => {
                    found.trouble.get_or_insert(error);
                    None
                }
            },
            None => None,
        };
        found.last_runs.push(LastRun { tenant, started, planned, scheduled });
    }
    found
}

/// A tenant, where it is noted what it is planned by.
pub(super) fn named(tenant: &TenantKey) -> String {
    format!("{} {}", tenant.tenant_id, tenant.name)
}

/// Notes by which schedules everything is planned from now on, so that a later start knows since when.
async fn note_schedules(config: &Config, store: &Store, now: DateTime<Utc>) -> Result<(), CallError> {
    for tenant in &config.tenants {
        if let Some(schedule) = &tenant.schedule {
            let what = named(&TenantKey::from(tenant));
            within(store.planned_by(&what, &schedule::words(schedule), now)).await?;
        }
    }
    if let Some(digest) = &config.digest {
        within(store.planned_by(digest::NAMED, &schedule::words(&digest.schedule), now)).await?;
    }
    Ok(())
}

/// What is to be planned, and how much may be taken up.
pub(super) struct Work {
    /// Instants with the delay that was chosen for each.
    pub(super) plan: Vec<(Instant, Duration)>,
    /// The tenants that are configured here.
    pub(super) ours: BTreeSet<TenantKey>,
    /// Those of them that run here.
    pub(super) running: BTreeSet<TenantKey>,
    /// How many runs may begin.
    pub(super) free: usize,
    /// What the store has to be told before.
    pub(super) unsettled: Unsettled,
    pub(super) desk: Desk,
}

/// What the service has to tell people.
pub(super) struct Desk {
    pub(super) config: Arc<Config>,
    pub(super) notices: Notices,
    pub(super) digest: DigestAgenda,
    /// The configuration is new: its schedules are to be noted.
    pub(super) is_new: bool,
    pub(super) now: DateTime<Utc>,
}

/// What was planned and taken up.
pub(super) struct Worked {
    pub(super) store: Store,
    pub(super) planned: Vec<(Instant, Duration, Planned)>,
    pub(super) taken: Vec<Due>,
    /// How far digests are, by this configuration.
    pub(super) digest: DigestAgenda,
    pub(super) config: Arc<Config>,
    pub(super) trouble: Option<CallError>,
}

/// Plans what has come due, then takes up what is to be done. A tenant whose rows are at fault keeps no
/// other one from its turn; a store that is away ends the errand.
pub(super) async fn plan_and_take(store: Store, holder: Arc<str>, work: Work) -> Worked {
    let Work { plan, ours, running, free, unsettled, desk } = work;
    let (digest, config) = (desk.digest, Arc::clone(&desk.config));
    let mut worked = Worked { store, planned: Vec::new(), taken: Vec::new(), digest, config, trouble: None };
    if let Err(error) = unsettled.settle(&worked.store).await {
        worked.meets(error);
        return worked;
    }
    for (instant, delay) in plan {
        match within(worked.store.plan(&instant.tenant, instant.planned, delay)).await {
            Ok(planned) => worked.planned.push((instant, delay, planned)),
            Err(error) => {
                if worked.meets(error) {
                    return worked;
                }
            }
        }
    }
    if worked.tell(desk).await || free == 0 {
        return worked;
    }
    let with_work = match within(worked.store.with_work()).await {
        Ok(tenants) => tenants,
        Err(error) => {
            worked.meets(error);
            return worked;
        }
    };
    let taking = tokio::time::Instant::now();
    for tenant in with_work.into_iter().filter(|tenant| ours.contains(tenant) && !running.contains(tenant)) {
        // What was taken first must not wait for its start until its lease is over.
        if worked.taken.len() == free || taking.elapsed() > LEASE / 2 {
            break;
        }
        match within(worked.store.take_due(&tenant, &holder)).await {
            Ok(due) => worked.taken.extend(due),
            Err(error) => {
                if worked.meets(error) {
                    return worked;
                }
            }
        }
    }
    worked
}

impl Worked {
    /// Posts what the service has to tell. Answers whether there is no use in going on.
    async fn tell(&mut self, desk: Desk) -> bool {
        let Desk { config, notices, digest, is_new, now } = desk;
        if let Err(error) = notices.post(&config, &self.store).await
            && self.meets(error)
        {
            return true;
        }
        match digest::post_due(&config, &self.store, digest, now).await {
            Ok(digest) => self.digest = digest,
            Err(error) => return self.meets(error),
        }
        if is_new && let Err(error) = note_schedules(&config, &self.store, now).await {
            return self.meets(error);
        }
        false
    }

    /// Notes what went wrong. Answers whether there is no use in going on.
    fn meets(&mut self, error: CallError) -> bool {
        let ends = error.is_temporary();
        self.trouble.get_or_insert(error);
        ends
    }
}

/// Tries the store again. A claim that is held on to is let go only when there is a store to claim anew,
/// and comes back when there is none.
///
pub(super) async fn try_again(url: StoreUrl, claim: Option<DaemonClaim>, unsettled: Unsettled) -> Errand {
    let store = match reopened(&url, &unsettled).await {
        Ok(store) => store,
        Err(error) => return Errand::Opened(Err((OpenError::Unusable(error), claim))),
    };
    drop(claim);
    Errand::Opened(Kept::claim(store).map_err(|error| (error, None)))
}

async fn reopened(url: &StoreUrl, unsettled: &Unsettled) -> Result<Store, StoreError> {
    let store = Store::open(url).await?;
    match unsettled.settle(&store).await {
        Ok(()) => Ok(store),
        Err(CallError::Store(error)) => Err(error),
        Err(CallError::Silent) => {
            Err(StoreError::Silent { place: store.place().clone(), seconds: PATIENCE.as_secs() })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;

    use super::*;
    use crate::config::{Schedule, StoreUrl};
    use crate::daemon::agenda::Agenda;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// Three daemons tick through an hour side by side, one of them two seconds late and one five early.
    #[tokio::test]
    async fn daemons_whose_clocks_differ_plan_each_instant_once() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&StoreUrl::Sqlite(directory.path().join("keysweep.db"))).await.unwrap();
        let text = "[[tenant]]\nname = 'contoso'\ntenant_id = '11111111-1111-4111-8111-111111111111'\n\
                    [tenant.credential]\ntype = 'azure-cli'\n";
        let nothing = crate::config::Environment::default();
        let config = Arc::new(crate::config::parse(text, "a.toml".as_ref(), &nothing).unwrap().config);
        let tenant = TenantKey {
            name: "contoso".to_owned(),
            tenant_id: serde_json::from_str("\"11111111-1111-4111-8111-111111111111\"").unwrap(),
        };
        let schedule = Schedule {
            cron: "*/10 * * * *".parse().unwrap(),
            timezone: chrono_tz::UTC,
            jitter: Duration::ZERO,
            catch_up: true,
        };
        let start = at("2026-11-23T06:05:00Z");
        let mut daemons: Vec<(i64, Agenda)> =
            [0, -2, 5].map(|skew| (skew, Agenda::of(&tenant, &schedule, start))).into();
        let mut inserted: BTreeMap<DateTime<Utc>, u32> = BTreeMap::new();
        for second in 0..3600 {
            for (skew, agenda) in &mut daemons {
                let now = start + TimeDelta::seconds(second + *skew);
                let plan = agenda.due(now).into_iter().map(|instant| (instant, Duration::ZERO)).collect();
                let (ours, running) = (BTreeSet::new(), BTreeSet::new());
                let desk = Desk {
                    config: Arc::clone(&config),
                    notices: Notices::default(),
                    digest: DigestAgenda::UpTo(now),
                    is_new: false,
                    now,
                };
                let work = Work { plan, ours, running, free: 1, unsettled: Unsettled::default(), desk };
                let worked = plan_and_take(store.clone(), "a:1:1".into(), work).await;
                assert!(worked.trouble.is_none());
                for (instant, _, planned) in worked.planned {
                    *inserted.entry(instant.planned).or_default() += u32::from(planned != Planned::Known);
                    agenda.planned(&instant, true);
                }
            }
        }
        let instants: Vec<String> = inserted.keys().map(|at| at.format("%H:%M").to_string()).collect();
        assert_eq!(instants, ["06:10", "06:20", "06:30", "06:40", "06:50", "07:00"]);
        assert!(inserted.values().all(|times| *times == 1), "{inserted:?}");
    }
}
