//! `--rate`: limits the tokens for each person, in bounded memory.
//!
//! The table is divided, by network for guests, so that a flood from one network fills only its part. In
//! a full part, whoever is in it is counted as before, and newcomers are counted by their wider network.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::store;
use crate::endpoint::{Code, Refusal};

/// Maximum span of `--rate`: a year, as humantime defines it. It is more than anyone needs.
const MOST_SPAN: Duration = Duration::from_secs(31_557_600);

/// A number of tokens per span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) tokens: NonZeroU32,
    pub(crate) span: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write it as N/SPAN, such as 10/1m for 10 tokens per minute".to_owned();
        let (tokens, span) = text.split_once('/').ok_or_else(wrong)?;
        let tokens = tokens.trim().parse().map_err(|_| wrong())?;
        // `10/m` is accepted too.
        let span = span.trim();
        let one =
            if span.starts_with(|letter: char| letter.is_ascii_alphabetic()) { "1" } else { "" };
        let span = humantime::parse_duration(&format!("{one}{span}")).map_err(|_| wrong())?;
        if span > MOST_SPAN {
            return Err("the span is at most a year".to_owned());
        }
        if span.is_zero() { Err(wrong()) } else { Ok(Self { tokens, span }) }
    }
}

/// Number of parts of a table.
const PARTS: usize = 64;

/// Maximum number of people, or of networks, in a part.
const MOST: usize = 4096;

/// How many times the quota of one guest the newcomers of a wider network have together.
const WIDER: u32 = 64;

/// Minimum time between two sweeps of a part. A sweep looks at every entry.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(1);

/// Limits the number of tokens. People and networks are counted separately, so that a flood from many
/// addresses does not displace people with a login.
pub(super) struct Limiter {
    pub(super) rate: Rate,
    people: Table,
    guests: Table,
    networks: Table,
    /// Has a new key in each process, so that no one can find two names with the same hash.
    hash: RandomState,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        let (people, guests) = (Table::new(rate, 1), Table::new(rate, 1));
        let networks = Table::new(rate, WIDER);
        Self { rate, people, guests, networks, hash: RandomState::new() }
    }

    /// Counts a token for a person (issuer and subject), or for an address.
    pub(super) fn check(
        &self,
        person: Option<(&str, &str)>,
        address: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        let checked = match person {
            Some(person) => {
                let key = self.hash.hash_one(person);
                self.people.check(key, key)
            }
            None => self.check_guest(address, Instant::now()),
        };
        checked.map_err(|wait| {
            let seconds = wait.map_or(1, |wait| wait.as_secs() + 1);
            refused(u16::try_from(seconds).unwrap_or(u16::MAX))
        })
    }

    /// The same, as a call to a store that counts for all replicas.
    pub(super) fn call(
        &self,
        person: Option<(&str, &str)>,
        address: Option<IpAddr>,
    ) -> store::Call {
        let Rate { tokens, span } = self.rate;
        if let Some((issuer, subject)) = person {
            let who: [&[u8]; 3] = [b"person", issuer.as_bytes(), subject.as_bytes()];
            return store::Call::rate(&who, tokens, span);
        }
        let network = address.map(|address| format!("{:?}", network(address, 32, 64)));
        store::Call::rate(&[b"network", network.unwrap_or_default().as_bytes()], tokens, span)
    }

    fn check_guest(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Option<Duration>> {
        let prefix = |v4, v6| self.hash.hash_one(address.map(|address| network(address, v4, v6)));
        let part = prefix(16, 32);
        match self.guests.check_at(part, prefix(32, 64), now) {
            Err(None) => self.networks.check_at(part, prefix(24, 48), now),
            checked => checked,
        }
    }
}

/// Counts tokens by the generic cell rate algorithm (ITU-T I.371): an entry is the time at which the
/// quota is whole again. Crates such as governor do not tell whether a key is known, which decides who
/// is served when a part is full.
struct Table {
    /// The time after which one more token is allowed.
    period: Duration,
    /// The time in which a whole quota comes back.
    span: Duration,
    parts: Vec<Mutex<Part>>,
}

#[derive(Default)]
struct Part {
    whole_at: HashMap<u64, Instant>,
    swept: Option<Instant>,
}

impl Table {
    /// A table with `times` the quota for each key.
    fn new(rate: Rate, times: u32) -> Self {
        let tokens = rate.tokens.saturating_mul(NonZeroU32::new(times).unwrap_or(rate.tokens));
        let period = (rate.span / tokens.get()).max(Duration::from_nanos(1));
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { period, span: rate.span.max(period), parts }
    }

    fn check(&self, part: u64, key: u64) -> Result<(), Option<Duration>> {
        self.check_at(part, key, Instant::now())
    }

    /// Counts a token for a key in the part with this hash.
    ///
    /// # Errors
    /// How long the key has to wait, or `None` if the key is unknown and the part is full.
    fn check_at(&self, part: u64, key: u64, now: Instant) -> Result<(), Option<Duration>> {
        // The remainder is less than the number of parts.
        let index = usize::try_from(part % PARTS as u64).unwrap_or_default();
        let Some(part) = self.parts.get(index) else { return Err(None) };
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        let known = part.whole_at.get(&key).copied();
        if known.is_none() && !part.has_room(now) {
            return Err(None);
        }
        let next = known.unwrap_or(now).max(now) + self.period;
        let wait = next.saturating_duration_since(now + self.span);
        if !wait.is_zero() {
            return Err(Some(wait));
        }
        part.whole_at.insert(key, next);
        Ok(())
    }
}

impl Part {
    /// Whether there is room for another key, after a sweep if one is due.
    fn has_room(&mut self, now: Instant) -> bool {
        let is_due = |swept| now.saturating_duration_since(swept) >= BETWEEN_SWEEPS;
        if self.whole_at.len() >= MOST && self.swept.is_none_or(is_due) {
            self.swept = Some(now);
            self.whole_at.retain(|_, whole_at| *whole_at > now);
        }
        self.whole_at.len() < MOST
    }
}

/// The network of an address: its first `v4` or `v6` bits. A household has a whole /64 of IPv6.
pub(super) fn network(address: IpAddr, v4: u32, v6: u32) -> (bool, u128) {
    match address.to_canonical() {
        IpAddr::V4(address) => (false, u128::from(u32::from(address) >> (32 - v4))),
        IpAddr::V6(address) => (true, u128::from(address) >> (128 - v6)),
    }
}

/// What a number of microseconds to wait means: zero allows the token.
pub(super) fn allowed_after(microseconds: i64) -> Result<(), Refusal> {
    if microseconds == 0 {
        return Ok(());
    }
    Err(refused(u16::try_from(microseconds / 1_000_000 + 1).unwrap_or(u16::MAX)))
}

fn refused(seconds: u16) -> Refusal {
    let error = "too many tokens were asked for";
    let hint = format!("ask again in {seconds} seconds");
    Refusal::new(Code::RateLimited, error, hint).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn limiter(tokens: u32) -> Limiter {
        let tokens = NonZeroU32::new(tokens).expect("not zero");
        Limiter::new(Rate { tokens, span: Duration::from_secs(600) })
    }

    #[test]
    fn a_rate_has_a_span_of_a_year_at_most() {
        for (text, tokens, seconds) in
            [("10/1m", 10, 60), ("10/m", 10, 60), ("1/365days", 1, 31_536_000)]
        {
            let rate = text.parse::<Rate>().expect(text);
            assert_eq!((rate.tokens.get(), rate.span.as_secs()), (tokens, seconds), "{text}");
        }
        for text in ["", "10", "0/1m", "10/0s", "1/600y", "1/2y", "x/1m"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
        "4294967295/1y".parse::<Rate>().expect("a rate");
    }

    #[test]
    fn a_quota_comes_back_token_by_token() {
        let rate = "3/30s".parse().expect("a rate");
        let (table, start) = (Table::new(rate, 1), Instant::now());
        let at = |seconds| table.check_at(0, 0, start + Duration::from_secs(seconds));
        let wait = |seconds| Err(Some(Duration::from_secs(seconds)));
        assert_eq!(
            [at(0), at(0), at(0), at(0), at(4)],
            [Ok(()), Ok(()), Ok(()), wait(10), wait(6)]
        );
        assert_eq!([at(10), at(11), at(20), at(20)], [Ok(()), wait(9), Ok(()), wait(10)]);
        assert_eq!([at(100), at(100), at(100), at(100)], [Ok(()), Ok(()), Ok(()), wait(10)]);
    }

    #[test]
    fn people_and_addresses_each_have_their_own() {
        let limiter = limiter(2);
        let ada = Some(("https://idp.example", "ada"));
        let address = Some("192.0.2.1".parse().expect("an address"));
        for _ in 0..2 {
            assert_eq!(limiter.check(ada, address), Ok(()));
            assert_eq!(limiter.check(None, address), Ok(()));
        }
        for refusal in [limiter.check(ada, None), limiter.check(None, address)] {
            assert_eq!(refusal.expect_err("over").code, Code::RateLimited);
        }
        assert_eq!(limiter.check(Some(("https://idp.example", "bob")), address), Ok(()));
        assert_eq!(limiter.check(Some(("https://other.example", "ada")), address), Ok(()));
        let household = ["2001:db8::1", "2001:db8::2", "2001:db8::3"];
        let household = household.map(|address| limiter.check(None, address.parse().ok()).is_ok());
        assert_eq!(household, [true, true, false]);
        let mapped = "::ffff:192.0.2.1".parse().ok();
        assert_eq!(limiter.check(None, mapped).expect_err("the same").code, Code::RateLimited);
    }

    #[test]
    fn a_whole_network_of_addresses_locks_nobody_else_out() {
        let limiter = limiter(2);
        let check = |address: Ipv6Addr| limiter.check(None, Some(address.into())).is_ok();
        let parse = |text: &str| text.parse::<Ipv6Addr>().expect(text);
        let (known, stranger) = (parse("2001:db8:ffff::1"), parse("2001:db8:fffe::1"));
        assert!(check(known));
        // The 131,072 networks of a /47.
        let first = u128::from(parse("2001:db8:4::"));
        let served = (0..1_u128 << 17).filter(|n| check((first | n << 64).into())).count();
        let most = MOST - 1 + 2 * 2 * usize::try_from(WIDER).expect("a number");
        assert!((MOST - 1..=most).contains(&served), "{served}");
        assert!(check(known), "a known one works on");
        assert!(!check(known), "and is still counted");
        assert!(check(stranger), "so does another network of the same provider");
        assert!(check(parse("2a00:1450::1")));
        assert_eq!(limiter.check(None, "192.0.2.1".parse().ok()), Ok(()));
    }

    #[test]
    fn a_flood_from_everywhere_costs_little_per_request() {
        // If every request caused a sweep, this would take minutes.
        // A day, so that nothing comes back while this runs, however busy the machine is.
        let rate = Rate { tokens: NonZeroU32::MIN, span: Duration::from_secs(86_400) };
        let limiter = Limiter::new(rate);
        let known = Some(("https://idp.example", "ada"));
        assert_eq!(limiter.check(known, None), Ok(()));
        let check = |n: u32| limiter.check(None, Some(Ipv4Addr::from(n << 8).into())).is_ok();
        let served = (0..1 << 20).filter(|&n| check(n)).count();
        assert!(served <= 2 * PARTS * MOST, "{served}");
        let entries = |table: &Table| {
            let sizes = table.parts.iter().map(|part| part.lock().expect("a part").whole_at.len());
            sizes.max()
        };
        assert!(entries(&limiter.guests) <= Some(MOST) && entries(&limiter.networks) <= Some(MOST));
        // People are counted separately, and known ones are known.
        assert_eq!(limiter.check(known, None).expect_err("over").code, Code::RateLimited);
    }
}
