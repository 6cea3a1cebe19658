//! Planned runs while there is no store. It behaves as the store's does: of each tenant one run waits,
//! and makes up for those that come due meanwhile.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::store::{Planned, TenantKey};

/// The runs that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<TenantKey, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    planned: DateTime<Utc>,
    from: Instant,
}

impl Queue {
    /// Plans a run that may start from a time on.
    pub(super) fn plan(&mut self, tenant: TenantKey, planned: DateTime<Utc>, from: Instant) -> Planned {
        match self.waiting.get(&tenant) {
            Some(waiting) if waiting.planned == planned => Planned::Known,
            Some(waiting) => Planned::LeftOut { waiting: waiting.planned },
            None => {
                self.waiting.insert(tenant, Waiting { planned, from });
                Planned::New
            }
        }
    }

    /// Plans a run that somebody asks for, for now; one that waits for its time waits no longer. Answers whether
    /// anything was changed by that.
    pub(super) fn plan_now(&mut self, tenant: TenantKey, planned: DateTime<Utc>, now: Instant) -> bool {
        match self.waiting.get_mut(&tenant) {
            Some(waiting) if waiting.from <= now => false,
            Some(waiting) => {
                waiting.from = now;
                true
            }
            None => self.plan(tenant, planned, now) == Planned::New,
        }
    }

    /// Takes out the run that could have started first, of those that may start.
    pub(super) fn take(
        &mut self,
        now: Instant,
        may_start: impl Fn(&TenantKey) -> bool,
    ) -> Option<(TenantKey, DateTime<Utc>)> {
        let ready = self.waiting.iter().filter(|(tenant, waiting)| waiting.from <= now && may_start(tenant));
        let (tenant, _) = ready.min_by_key(|(_, waiting)| waiting.from)?;
        let tenant = tenant.clone();
        let waiting = self.waiting.remove(&tenant)?;
        Some((tenant, waiting.planned))
    }

    /// Takes out all that wait.
    pub(super) fn drain(&mut self) -> Vec<(TenantKey, DateTime<Utc>)> {
        std::mem::take(&mut self.waiting)
            .into_iter()
            .map(|(tenant, waiting)| (tenant, waiting.planned))
            .collect()
    }

    /// Forgets the runs of tenants that are not there any more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&TenantKey) -> bool) {
        self.waiting.retain(|tenant, _| is_there(tenant));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn tenant(name: &str) -> TenantKey {
        let tenant_id = serde_json::from_str("\"11111111-1111-4111-8111-111111111111\"").unwrap();
        TenantKey { name: name.to_owned(), tenant_id }
    }

    #[test]
    fn one_run_of_a_tenant_waits_and_the_next_is_left_out() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let (first, second) = (at("2026-11-23T06:00:00Z"), at("2026-11-23T06:10:00Z"));
        assert_eq!(queue.plan(tenant("contoso"), first, now), Planned::New);
        assert_eq!(queue.plan(tenant("contoso"), first, now), Planned::Known);
        assert_eq!(queue.plan(tenant("contoso"), second, now), Planned::LeftOut { waiting: first });
        assert_eq!(queue.plan(tenant("fabrikam"), second, now), Planned::New);
        assert_eq!(queue.take(now, |_| true), Some((tenant("contoso"), first)));
        assert_eq!(queue.plan(tenant("contoso"), second, now), Planned::New);
    }

    #[test]
    fn a_run_that_is_asked_for_begins_at_once_also_where_one_waits_for_its_time() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let (planned, asked) = (at("2026-11-23T06:00:00Z"), at("2026-11-23T06:01:00Z"));
        queue.plan(tenant("contoso"), planned, now + Duration::from_secs(600));
        assert_eq!(queue.take(now, |_| true), None);
        assert!(queue.plan_now(tenant("contoso"), asked, now));
        assert!(!queue.plan_now(tenant("contoso"), asked, now), "it is as ready as it can be");
        assert_eq!(queue.take(now, |_| true), Some((tenant("contoso"), planned)));
        assert!(queue.plan_now(tenant("contoso"), asked, now));
        assert_eq!(queue.take(now, |_| true), Some((tenant("contoso"), asked)));
    }

    #[test]
    fn who_was_ready_first_starts_first_and_a_busy_tenant_holds_nobody_up() {
        let (mut queue, now) = (Queue::default(), Instant::now());
        let planned = at("2026-11-23T06:00:00Z");
        for (name, seconds) in [("a", 3), ("b", 1), ("c", 2), ("d", 9)] {
            queue.plan(tenant(name), planned, now + Duration::from_secs(seconds));
        }
        let then = now + Duration::from_secs(5);
        let mut order = Vec::new();
        while let Some((tenant, _)) = queue.take(then, |tenant| tenant.name != "c") {
            order.push(tenant.name);
        }
        assert_eq!(order, ["b", "a"]);
        queue.retain(|tenant| tenant.name != "c");
        assert_eq!(queue.take(then, |_| true), None);
        assert!(queue.take(now + Duration::from_secs(9), |_| true).is_some());
    }
}
