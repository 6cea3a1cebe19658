//! What was spent when. Knows no clock: it is told the time, counted from any start.

use std::time::Duration;

use super::window::Window;
use super::{Cost, Limits, Said};

/// From this share of the limit on Graph tells it, and from here on requests are held back.
const SHARE: f64 = 0.8;

/// All that was asked of a tenant in the time that counts.
#[derive(Debug)]
pub(super) struct Ledger {
    units: Window,
    key_reads: Window,
    reports: Window,
    writes: Window,
    personal_writes: Window,
    /// Nothing is sent before.
    not_before: Duration,
    tickets: u64,
}

/// A request that was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// Whether a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may, and is charged.
    Go(Ticket),
    /// Not for so long.
    Wait(Duration),
    /// Not before some of those on their way are answered.
    WaitForAnswers,
}

impl Ledger {
    pub(super) fn new(limits: Limits) -> Self {
        let Limits {
            units,
            units_per,
            key_reads,
            key_reads_per,
            reports,
            reports_per,
            writes,
            writes_per,
            personal_writes,
            personal_writes_per,
        } = limits;
        Self {
            units: Window::new(units, units_per),
            key_reads: Window::new(key_reads, key_reads_per),
            reports: Window::new(reports, reports_per),
            writes: Window::new(writes, writes_per),
            personal_writes: Window::new(personal_writes, personal_writes_per),
            not_before: Duration::ZERO,
            tickets: 0,
        }
    }

    /// When a request may be sent; none where that hangs on answers. Nothing is charged.
    pub(super) fn earliest(&mut self, now: Duration, cost: Cost) -> Option<Duration> {
        let until = [
            Some(self.not_before),
            self.units.room(now, cost.units),
            self.key_reads.room(now, cost.key_reads),
            self.reports.room(now, cost.reports),
            self.writes.room(now, cost.writes),
            self.personal_writes.room(now, cost.personal_writes),
        ];
        until.into_iter().try_fold(Duration::ZERO, |latest, at| Some(latest.max(at?)))
    }

    /// Whether a request may be sent now.
    pub(super) fn ask(&mut self, now: Duration, cost: Cost) -> Verdict {
        let Some(until) = self.earliest(now, cost) else { return Verdict::WaitForAnswers };
        if now < until {
            return Verdict::Wait(until - now);
        }
        self.tickets += 1;
        self.units.charge(self.tickets, cost.units);
        self.key_reads.charge(self.tickets, cost.key_reads);
        self.reports.charge(self.tickets, cost.reports);
        self.writes.charge(self.tickets, cost.writes);
        self.personal_writes.charge(self.tickets, cost.personal_writes);
        Verdict::Go(Ticket(self.tickets))
    }

    /// The request was answered, or given up. Graph may have counted it at any time until now.
    pub(super) fn settle(&mut self, now: Duration, ticket: Ticket, said: Said) {
        self.units.settle(now, ticket.0, said.units);
        self.key_reads.settle(now, ticket.0, None);
        self.reports.settle(now, ticket.0, None);
        self.writes.settle(now, ticket.0, None);
        self.personal_writes.settle(now, ticket.0, None);
        if said.share.is_some_and(|share| SHARE < share) {
            self.units.slow_down(now);
        }
    }

    /// Nothing may be sent for so long.
    pub(super) fn pause(&mut self, now: Duration, pause: Duration) {
        self.not_before = self.not_before.max(now.saturating_add(pause));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const READ: Cost = Cost { units: 2, key_reads: 1, ..Cost::NOTHING };
    const NOTHING: Said = Said { units: None, share: None };

    /// 10 units in 1 s, 3 key reads in 6 s, 2 reports in 2 s, 3 writes in 4 s and 2 of them to applications that
    /// let personal accounts in in 3 s; the margin makes it 1.01 s, 6.06 s, 2.02 s, 4.04 s and 3.03 s.
    fn ledger() -> Ledger {
        Ledger::new(Limits {
            units: 10,
            units_per: ms(1000),
            key_reads: 3,
            key_reads_per: ms(6000),
            reports: 2,
            reports_per: ms(2000),
            writes: 3,
            writes_per: ms(4000),
            personal_writes: 2,
            personal_writes_per: ms(3000),
        })
    }

    fn units(units: u32) -> Cost {
        Cost { units, ..Cost::NOTHING }
    }

    /// A request that is answered the moment it is sent.
    fn at_once(ledger: &mut Ledger, now: Duration, cost: Cost, said: Said) -> Verdict {
        let verdict = ledger.ask(now, cost);
        if let Verdict::Go(ticket) = verdict {
            ledger.settle(now, ticket, said);
        }
        verdict
    }

    fn goes(verdict: Verdict) -> bool {
        matches!(verdict, Verdict::Go(_))
    }

    #[test]
    fn what_does_not_fit_waits_until_enough_has_left() {
        let mut ledger = ledger();
        assert!(goes(at_once(&mut ledger, ms(0), units(4), NOTHING)));
        assert!(goes(at_once(&mut ledger, ms(400), units(6), NOTHING)));
        assert_eq!(ledger.ask(ms(500), units(4)), Verdict::Wait(ms(510)));
        assert_eq!(ledger.ask(ms(500), units(5)), Verdict::Wait(ms(910)));
        assert_eq!(ledger.ask(ms(1009), units(4)), Verdict::Wait(ms(1)));
        assert!(goes(at_once(&mut ledger, ms(1010), units(4), NOTHING)));
    }

    #[test]
    fn key_reads_have_a_limit_of_their_own() {
        let mut ledger = ledger();
        for second in 0..3 {
            assert!(goes(at_once(&mut ledger, ms(second * 1500), READ, NOTHING)));
        }
        assert_eq!(ledger.ask(ms(4500), READ), Verdict::Wait(ms(1560)));
        assert!(goes(at_once(&mut ledger, ms(4500), units(2), NOTHING)), "others do not wait for that");
    }

    #[test]
    fn reports_have_a_limit_of_their_own_too() {
        let mut ledger = ledger();
        let report = Cost { units: 1, reports: 1, ..Cost::NOTHING };
        assert!(goes(at_once(&mut ledger, ms(0), report, NOTHING)));
        assert!(goes(at_once(&mut ledger, ms(500), report, NOTHING)));
        assert_eq!(ledger.ask(ms(1000), report), Verdict::Wait(ms(1020)));
        assert!(goes(at_once(&mut ledger, ms(1000), READ, NOTHING)), "others do not wait for that");
        assert!(goes(at_once(&mut ledger, ms(2020), report, NOTHING)));
    }

    #[test]
    fn writes_have_limits_of_their_own() {
        let mut ledger = ledger();
        let (write, personal) = (Cost::of_write(false), Cost::of_write(true));
        assert!(goes(at_once(&mut ledger, ms(0), personal, NOTHING)));
        assert!(goes(at_once(&mut ledger, ms(500), personal, NOTHING)));
        assert_eq!(ledger.ask(ms(1000), personal), Verdict::Wait(ms(2030)));
        assert!(goes(at_once(&mut ledger, ms(1000), write, NOTHING)), "others do not wait for that");
        assert_eq!(ledger.ask(ms(3100), write), Verdict::Wait(ms(940)));
        assert_eq!(ledger.ask(ms(3100), personal), Verdict::Wait(ms(940)), "it is a write like the others");
        assert!(goes(at_once(&mut ledger, ms(3100), READ, NOTHING)), "who reads does not wait for that");
        assert!(goes(at_once(&mut ledger, ms(4040), personal, NOTHING)));
    }

    #[test]
    fn a_request_on_its_way_counts_until_one_stretch_after_its_answer() {
        let mut ledger = ledger();
        let Verdict::Go(slow) = ledger.ask(ms(0), units(10)) else { panic!("nothing is spent yet") };
        assert_eq!(ledger.ask(ms(5000), units(1)), Verdict::WaitForAnswers);
        ledger.settle(ms(5000), slow, NOTHING);
        assert_eq!(ledger.ask(ms(5000), units(1)), Verdict::Wait(ms(1010)));
        assert!(goes(ledger.ask(ms(6010), units(1))));
    }

    #[test]
    fn the_real_cost_counts_once_it_is_known() {
        let mut ledger = ledger();
        let said = |units| Said { units: Some(units), share: None };
        assert!(goes(at_once(&mut ledger, ms(0), units(10), said(1))));
        assert!(goes(at_once(&mut ledger, ms(0), units(1), said(9))));
        assert_eq!(ledger.ask(ms(0), units(1)), Verdict::Wait(ms(1010)));
    }

    #[test]
    fn what_costs_more_than_the_limit_goes_alone() {
        let mut ledger = ledger();
        assert!(goes(at_once(&mut ledger, ms(0), units(1), NOTHING)));
        assert_eq!(ledger.ask(ms(10), units(40)), Verdict::Wait(ms(1000)));
        assert!(goes(at_once(&mut ledger, ms(1010), units(40), NOTHING)));
        assert_eq!(ledger.ask(ms(1010), units(1)), Verdict::Wait(ms(1010)));
    }

    #[test]
    fn a_pause_holds_for_everything_and_the_longest_one_counts() {
        let mut ledger = ledger();
        ledger.pause(ms(100), ms(900));
        ledger.pause(ms(200), ms(100));
        assert_eq!(ledger.ask(ms(250), units(1)), Verdict::Wait(ms(750)));
        assert!(goes(ledger.ask(ms(1000), units(1))));
        ledger.pause(ms(1000), Duration::MAX);
        assert!(matches!(ledger.ask(ms(1000), units(1)), Verdict::Wait(_)));
    }

    #[test]
    fn near_the_limit_only_half_of_it_is_used_for_one_stretch() {
        let mut ledger = ledger();
        let near = |share| Said { units: None, share: Some(share) };
        assert!(goes(at_once(&mut ledger, ms(0), units(1), near(0.8))));
        assert!(goes(at_once(&mut ledger, ms(0), units(4), near(0.81))), "0.8 is not above 0.8");
        assert_eq!(ledger.ask(ms(10), units(1)), Verdict::Wait(ms(1000)));
        assert!(goes(ledger.ask(ms(1010), units(6))), "then all of it again");
        assert!(goes(at_once(&mut ledger, ms(1010), units(1), near(f64::NAN))));
    }

    /// A request as Graph sees it: when it was counted, and what for.
    #[derive(Debug, Clone, Copy)]
    struct Counted {
        at: Duration,
        cost: Cost,
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// Requests of any cost, each on its way for any time and counted by Graph at any moment of that.
        #[test]
        fn no_stretch_at_graphs_end_ever_holds_more_than_the_limit(
            requests in prop::collection::vec(
                ((1u32..8, 0u32..2, 0u32..3), 0u64..3000, 0.0f64..=1.0, 0u64..200),
                1..80,
            )
        ) {
            let (mut ledger, mut now) = (ledger(), ms(0));
            let mut open: Vec<(Duration, Ticket)> = Vec::new();
            let mut counted: Vec<Counted> = Vec::new();
            for ((units, key_reads, kind), takes, when, idle) in requests {
                now += ms(idle);
                let cost = match kind {
                    0 => Cost { units, key_reads, ..Cost::NOTHING },
                    kind => Cost::of_write(kind == 2),
                };
                loop {
                    open.sort_unstable_by_key(|(answered, _)| *answered);
                    while open.first().is_some_and(|(answered, _)| *answered <= now) {
                        let (answered, ticket) = open.remove(0);
                        ledger.settle(answered, ticket, NOTHING);
                    }
                    match ledger.ask(now, cost) {
                        Verdict::Go(ticket) => {
                            open.push((now + ms(takes), ticket));
                            counted.push(Counted { at: now + ms(takes).mul_f64(when), cost });
                            break;
                        }
                        Verdict::Wait(pause) => {
                            prop_assert!(ms(0) < pause && pause <= ms(6060), "{pause:?}");
                            now += pause;
                        }
                        Verdict::WaitForAnswers => {
                            prop_assert!(!open.is_empty(), "nothing is on its way");
                            now = now.max(open[0].0);
                        }
                    }
                }
            }
            for first in &counted {
                let within = |span| counted.iter().filter(move |other| first.at <= other.at && other.at < first.at + span);
                let units: u32 = within(ms(1000)).map(|request| request.cost.units).sum();
                let key_reads: u32 = within(ms(6000)).map(|request| request.cost.key_reads).sum();
                prop_assert!(units <= 10 && key_reads <= 3, "{units} units, {key_reads} key reads from {:?}", first.at);
                let writes: u32 = within(ms(4000)).map(|request| request.cost.writes).sum();
                let personal: u32 = within(ms(3000)).map(|request| request.cost.personal_writes).sum();
                prop_assert!(writes <= 3 && personal <= 2, "{writes} writes, {personal} of them from {:?}", first.at);
            }
        }
    }
}
