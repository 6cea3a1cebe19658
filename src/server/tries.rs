//! How often somebody may be wrong about the token, and how fast it may be tried after that.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Wrong tokens from one address within [`WINDOW`], each with a line in the log. More than people mistype.
const WRONG: u32 = 10;

/// After so long, it may be tried anew.
const WINDOW: Duration = Duration::from_secs(60);

/// How long whoever was wrong too often waits for each further try, right or wrong: one after the other.
const HOLD: Duration = Duration::from_secs(1);

/// Tries of one address that wait at the same time. More would hold all connections.
const WAITING: u32 = 16;

/// Addresses that are remembered. The one that began first makes room.
const ADDRESSES: usize = 4096;

/// Who was wrong, since when, and how often.
#[derive(Default)]
pub(super) struct Tries(Mutex<BTreeMap<IpAddr, Wrong>>);

struct Wrong {
    since: Instant,
    times: u32,
    /// Until when the tries that wait are all looked at.
    busy: Instant,
}

/// When a try may be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    /// At once.
    Now,
    /// Then, because too many were wrong.
    At(Instant),
    /// Not at all: too many wait already. After so long it may be tried anew.
    Never(Duration),
}

/// What is to be logged of a wrong token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// That it was wrong.
    Wrong,
    /// That further ones are held up and not logged.
    TooMany,
    /// Nothing.
    Nothing,
}

/// Wrong tokens that were not logged while they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unlogged {
    pub(super) address: IpAddr,
    pub(super) times: u32,
}

impl Tries {
    /// When a try from an address may be looked at. Asked once for each try: it takes a place in the row.
    pub(super) fn next(&self, address: IpAddr, now: Instant) -> Try {
        let mut all = self.all();
        let Some(wrong) = all.get_mut(&of_network(address)).filter(|wrong| wrong.is_too_many(now)) else {
            return Try::Now;
        };
        let turn = wrong.busy.max(now) + HOLD;
        if turn > now + HOLD * WAITING {
            return Try::Never(wrong.rest(now));
        }
        wrong.busy = turn;
        Try::At(turn)
    }

    /// How long an address has to be wrong no more until its tries are looked at at once.
    pub(super) fn rest(&self, address: IpAddr, now: Instant) -> Option<Duration> {
        let all = self.all();
        let wrong = all.get(&of_network(address))?;
        wrong.is_too_many(now).then(|| wrong.rest(now))
    }

    /// It was wrong. Answers what to log of it, and of those whose time is over.
    pub(super) fn wrong(&self, address: IpAddr, now: Instant) -> (Note, Vec<Unlogged>) {
        let mut all = self.all();
        let over = all.extract_if(.., |_, wrong| !wrong.counts(now));
        let unlogged = over.filter(|(_, wrong)| wrong.times > WRONG);
        let unlogged =
            unlogged.map(|(address, wrong)| Unlogged { address, times: wrong.times - WRONG }).collect();
        let address = of_network(address);
        if all.len() >= ADDRESSES
            && !all.contains_key(&address)
            && let Some(first) = all.iter().min_by_key(|(_, wrong)| wrong.since).map(|(address, _)| *address)
        {
            all.remove(&first);
        }
        let wrong = all.entry(address).or_insert(Wrong { since: now, times: 0, busy: now });
        wrong.times = wrong.times.saturating_add(1);
        let note = match wrong.times {
            times if times < WRONG => Note::Wrong,
            WRONG => Note::TooMany,
            _ => Note::Nothing,
        };
        (note, unlogged)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Wrong>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wrong {
    fn counts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) < WINDOW
    }

    fn is_too_many(&self, now: Instant) -> bool {
        self.times >= WRONG && self.counts(now)
    }

    fn rest(&self, now: Instant) -> Duration {
        WINDOW.saturating_sub(now.saturating_duration_since(self.since))
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

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_eleventh_try_of_an_address_waits_and_others_do_not() {
        let (tries, now) = (Tries::default(), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        for second in 0..10 {
            assert_eq!(tries.next(address("2001:db8::1"), later(second)), Try::Now, "{second}");
            assert_eq!(tries.rest(address("2001:db8::1"), later(second)), None, "{second}");
            tries.wrong(address("2001:db8::1"), later(second));
        }
        assert_eq!(tries.rest(address("2001:db8::2"), later(10)), Some(Duration::from_secs(50)));
        assert_eq!(tries.next(address("2001:db8::2"), later(10)), Try::At(later(11)));
        assert_eq!(tries.next(address("2001:db8:0:1::2"), later(10)), Try::Now);
        assert_eq!(tries.next(address("127.0.0.1"), later(10)), Try::Now);
        assert_eq!(tries.next(address("2001:db8::1"), later(60)), Try::Now);
    }

    #[test]
    fn whoever_was_wrong_too_often_tries_once_a_second_and_a_bounded_number_waits() {
        let (tries, now, one) = (Tries::default(), Instant::now(), address("192.0.2.1"));
        let later = |seconds: u64| now + Duration::from_secs(seconds);
        for _ in 0..10 {
            tries.wrong(one, now);
        }
        for turn in 1..=16 {
            assert_eq!(tries.next(one, now), Try::At(later(turn)), "{turn}");
        }
        for _ in 0..1000 {
            assert_eq!(tries.next(one, now), Try::Never(WINDOW), "no number of them makes the row longer");
        }
        assert_eq!(tries.next(one, later(1)), Try::At(later(17)), "one was looked at meanwhile");
        assert_eq!(tries.next(one, later(1)), Try::Never(Duration::from_secs(59)));
        assert_eq!(tries.next(one, later(40)), Try::At(later(41)), "the row is empty");
        assert_eq!(tries.next(address("192.0.2.2"), now), Try::Now);
    }

    #[test]
    fn a_flood_of_wrong_tokens_is_ten_lines_and_one_with_the_number_of_the_others() {
        let (tries, now, one) = (Tries::default(), Instant::now(), address("192.0.2.1"));
        let notes: Vec<Note> = (0..500).map(|_| tries.wrong(one, now).0).collect();
        assert_eq!(notes[..9], [Note::Wrong; 9]);
        assert_eq!(notes[9], Note::TooMany);
        assert_eq!(notes[10..], [Note::Nothing; 490]);
        let other = address("192.0.2.2");
        assert_eq!(tries.wrong(other, now + Duration::from_secs(59)), (Note::Wrong, vec![]));
        let (note, unlogged) = tries.wrong(other, now + Duration::from_secs(60));
        assert_eq!((note, unlogged), (Note::Wrong, vec![Unlogged { address: one, times: 490 }]));
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
