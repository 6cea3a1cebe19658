//! One limit: so much in any stretch of time of one length.

use std::time::Duration;

/// Added to the stretch, as a fraction of it: clocks that do not run alike must not bring a request into
/// a stretch that it has left here. Too low and Graph throttles, too high and time is wasted.
const MARGIN: u32 = 100;

/// What a request is said to have cost counts up to so many times what was expected. Graph's own figures
/// are below ten for whatever is asked for here; a wrong one must not hold up a run.
const CREDIBLE: u32 = 20;

/// What was spent of one limit, as long as it counts.
///
/// A charge counts from the moment its request is let through until one stretch after its answer. Graph
/// counted it some time between the two; so however long requests travel, no stretch at Graph's end holds
/// more than the limit.
#[derive(Debug)]
pub(super) struct Window {
    limit: u32,
    span: Duration,
    charges: Vec<Charge>,
    /// Of all charges.
    spent: u64,
    /// Until then only half of the limit is used.
    slow_until: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Charge {
    ticket: u64,
    amount: u32,
    /// When it stops to count; none while its request is on its way.
    leaves: Option<Duration>,
}

impl Window {
    pub(super) fn new(limit: u32, span: Duration) -> Self {
        let span = span.saturating_add(span / MARGIN);
        Self { limit, span, charges: Vec::new(), spent: 0, slow_until: Duration::ZERO }
    }

    /// From when on there is room for this much, as far as can be said: none while that hangs on requests
    /// that are on their way. What is more than the limit fits when nothing else counts.
    pub(super) fn room(&mut self, now: Duration, amount: u32) -> Option<Duration> {
        self.forget(now);
        if amount == 0 {
            return Some(now);
        }
        let full = self.room_within(self.limit, now, amount);
        if self.slow_until <= now {
            return full;
        }
        let half = self.room_within(self.limit.div_ceil(2), now, amount);
        match (half, full) {
            (Some(half), Some(full)) => Some(half.min(full.max(self.slow_until))),
            _ => full.map(|full| full.max(self.slow_until)),
        }
    }

    fn room_within(&self, limit: u32, now: Duration, amount: u32) -> Option<Duration> {
        let allowed = u64::from(limit.saturating_sub(amount));
        if self.spent <= allowed {
            return Some(now);
        }
        let mut excess = self.spent - allowed;
        let mut leaving: Vec<(Duration, u32)> =
            self.charges.iter().filter_map(|charge| Some((charge.leaves?, charge.amount))).collect();
        leaving.sort_unstable();
        for (leaves, amount) in leaving {
            excess = excess.saturating_sub(amount.into());
            if excess == 0 {
                return Some(leaves);
            }
        }
        None
    }

    pub(super) fn charge(&mut self, ticket: u64, amount: u32) {
        if 0 < amount {
            self.spent += u64::from(amount);
            self.charges.push(Charge { ticket, amount, leaves: None });
        }
    }

    /// The request has been answered; it did cost `amount`, if anybody said so and that can be.
    pub(super) fn settle(&mut self, now: Duration, ticket: u64, amount: Option<u32>) {
        let Some(charge) = self.charges.iter_mut().rev().find(|charge| charge.ticket == ticket) else {
            return;
        };
        let credible = |amount: &u32| *amount <= charge.amount.saturating_mul(CREDIBLE);
        let amount = amount.filter(credible).unwrap_or(charge.amount);
        self.spent = self.spent + u64::from(amount) - u64::from(charge.amount);
        (charge.amount, charge.leaves) = (amount, Some(now.saturating_add(self.span)));
    }

    /// Others spend of the same limit: for one stretch only half of it is used.
    pub(super) fn slow_down(&mut self, now: Duration) {
        self.slow_until = now.saturating_add(self.span);
    }

    fn forget(&mut self, now: Duration) {
        let spent = &mut self.spent;
        self.charges.retain(|charge| {
            let counts = charge.leaves.is_none_or(|leaves| now < leaves);
            if !counts {
                *spent -= u64::from(charge.amount);
            }
            counts
        });
    }
}
