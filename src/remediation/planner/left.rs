//! What is left out, as far as anybody reads it.

use std::collections::BTreeMap;

use super::choice::Order;
use crate::remediation::{Action, LeftOut, WhyLeftOut};

/// So many that one action leaves out for one kind of reason are listed; the rest is counted. A tenant of a
/// million objects would have a plan of hundreds of megabytes otherwise.
const LISTED: usize = 200;

/// What is left out.
#[derive(Default)]
pub(super) struct Left(BTreeMap<(Action, u8), Pile>);

/// What one action leaves out for one kind of reason.
#[derive(Default)]
struct Pile {
    listed: BTreeMap<Order, LeftOut>,
    more: u64,
}

impl Left {
    pub(super) fn add(&mut self, order: Order, left_out: LeftOut) {
        let pile = self.0.entry((left_out.action, rank(&left_out.why))).or_default();
        // Secrets without an id are told apart by nothing.
        if pile.listed.insert(order, left_out).is_some() || LISTED < pile.listed.len() {
            pile.more += 1;
        }
        if LISTED < pile.listed.len() {
            pile.listed.pop_last();
        }
    }

    pub(super) fn finish(self) -> Vec<LeftOut> {
        let piles = self.0.into_values().map(|Pile { listed, more }| {
            let mut listed: Vec<LeftOut> = listed.into_values().collect();
            if let Some(last) = listed.last_mut() {
                last.more = more;
            }
            listed
        });
        piles.flatten().collect()
    }
}

/// Kinds of reasons, in the order of their listing.
fn rank(why: &WhyLeftOut) -> u8 {
    match why {
        WhyLeftOut::TooMany => 0,
        WhyLeftOut::Fresh { .. } => 1,
        WhyLeftOut::LastCredential => 2,
        WhyLeftOut::OwnersNotTold => 3,
        WhyLeftOut::HasPolicy { .. } => 4,
        WhyLeftOut::AssignmentUnknown => 5,
        WhyLeftOut::NoPolicy => 6,
        WhyLeftOut::PolicyNotRestrictive => 7,
        WhyLeftOut::PolicyAmbiguous => 8,
        WhyLeftOut::PolicyNotTold => 9,
        WhyLeftOut::NoKeyId => 10,
        WhyLeftOut::NotOurs => 11,
        WhyLeftOut::Managed => 12,
        WhyLeftOut::Protected => 13,
        WhyLeftOut::Excepted => 14,
    }
}
