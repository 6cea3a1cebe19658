//! The lines of the table.

use crate::measure::Cost;
use crate::serve::Requests;

pub(crate) const HEAD: &str = "                      wall s    ratio    CPU s   us/obj   peak MB   requests   batches      429   files MB";

/// One process and what it did.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) cost: Cost,
    pub(crate) requests: Requests,
    /// Bytes of the files it left.
    pub(crate) files: u64,
}

impl Row {
    /// The faster of two tries at the same thing.
    pub(crate) fn or_faster(self, other: Self) -> Self {
        if other.cost.wall < self.cost.wall { other } else { self }
    }

    /// CPU time for each object of the tenant, in microseconds.
    pub(crate) fn per_object(&self, objects: usize) -> f64 {
        self.cost.cpu.as_secs_f64() * 1e6 / objects as f64
    }

    /// Time on the clock, as a multiple of another's.
    pub(crate) fn ratio(&self, base: &Self) -> f64 {
        self.cost.wall.as_secs_f64() / base.cost.wall.as_secs_f64()
    }

    pub(crate) fn line(&self, objects: usize, base: Option<&Self>) -> String {
        let Self { name, cost, requests, files } = self;
        let ratio = base.map_or_else(String::new, |base| format!("{:.3}", self.ratio(base)));
        format!(
            "{name:<20} {:>7.2} {ratio:>8} {:>8.2} {:>8.1} {:>9.0} {:>10} {:>9} {:>8} {:>10.1}",
            cost.wall.as_secs_f64(),
            cost.cpu.as_secs_f64(),
            self.per_object(objects),
            cost.peak as f64 / 1e6,
            requests.graph,
            requests.batches,
            requests.throttled,
            *files as f64 / 1e6,
        )
    }
}
