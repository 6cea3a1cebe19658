//! How often somebody may be wrong about the token.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wrong tokens from one address within [`WINDOW`], each with a line in the log. More than people mistype.
const WRONG: u32 = 10;

/// After so long, it may be tried anew.
const WINDOW: Duration = Duration::from_secs(60);

/// Addresses that are remembered. The one that began first makes room.
const ADDRESSES: usize = 4096;

/// Who was wrong, since when, and how often.
#[derive(Default)]
pub(super) struct Tries(Mutex<BTreeMap<IpAddr, (Instant, u32)>>);

impl Tries {
    /// How long an address has to wait; none where it may try.
    pub(super) fn wait(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let (since, wrong) = *self.all().get(&of_network(address))?;
        let passed = now.saturating_duration_since(since);
        (wrong >= WRONG && passed < WINDOW).then(|| WINDOW - passed)
    }

    /// It was wrong.
    pub(super) fn wrong(&self, address: IpAddr, now: Instant) {
        let mut all = self.all();
        all.retain(|_, (since, _)| now.saturating_duration_since(*since) < WINDOW);
        if all.len() >= ADDRESSES
            && let Some(first) = all.iter().min_by_key(|(_, (since, _))| *since).map(|(address, _)| *address)
        {
            all.remove(&first);
        }
        all.entry(of_network(address)).or_insert((now, 0)).1 += 1;
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<IpAddr, (Instant, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has one IPv6 address has the 64 bits behind it.
fn of_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_try_of_an_address_waits_and_others_do_not() {
        let (tries, now) = (Tries::default(), Instant::now());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let later = |seconds| now + Duration::from_secs(seconds);
        for second in 0..10 {
            assert_eq!(tries.wait(address("2001:db8::1"), later(second)), None, "{second}");
            tries.wrong(address("2001:db8::1"), later(second));
        }
        assert_eq!(tries.wait(address("2001:db8::2"), later(10)), Some(Duration::from_secs(50)));
        assert_eq!(tries.wait(address("2001:db8:0:1::2"), later(10)), None);
        assert_eq!(tries.wait(address("127.0.0.1"), later(10)), None);
        assert_eq!(tries.wait(address("2001:db8::1"), later(60)), None);
    }

    #[test]
    fn no_number_of_addresses_fills_the_memory() {
        let (tries, now) = (Tries::default(), Instant::now());
        for bits in 0..2 * u32::try_from(ADDRESSES).unwrap() {
            tries.wrong(IpAddr::V4(bits.into()), now);
        }
        assert_eq!(tries.all().len(), ADDRESSES);
    }
}
