//! `--rate`: limits the tokens for each person, in bounded memory.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::endpoint::{Code, Refusal};

/// Maximum span of `--rate`: a year, as humantime defines it. Much longer spans overflow in governor.
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

/// Maximum number of people, and of addresses, to remember.
const MOST: usize = 100_000;

type Keyed = RateLimiter<u64, HashMapStateStore<u64>, MonotonicClock>;

/// Minimum time between two sweeps. A sweep looks at every remembered person or address.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(1);

/// Counts the tokens of people or addresses, and forgets those without recent tokens.
struct Counter {
    keyed: Keyed,
    swept: Mutex<Option<Instant>>,
}

/// Limits the number of tokens. People and addresses are counted separately, so that a flood from many
/// addresses does not displace people with a login.
pub(crate) struct Limiter {
    pub(crate) rate: Rate,
    people: Counter,
    addresses: Counter,
    /// Has a new key in each process, so that no one can find two names with the same hash.
    hash: RandomState,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        let pause = rate.span / rate.tokens.get();
        let pause = pause.max(Duration::from_nanos(1));
        // `with_period` returns `None` only for a period of zero.
        let quota = Quota::with_period(pause).unwrap_or(Quota::per_second(rate.tokens));
        let counter = || {
            let store = HashMapStateStore::default();
            let keyed = RateLimiter::new(quota.allow_burst(rate.tokens), store, MonotonicClock);
            Counter { keyed, swept: Mutex::new(None) }
        };
        Self { rate, people: counter(), addresses: counter(), hash: RandomState::new() }
    }

    /// Counts a token for a person (issuer and subject), or for an address.
    pub(crate) fn check(
        &self,
        person: Option<(&str, &str)>,
        address: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        let (counter, key) = match person {
            Some(person) => (&self.people, self.hash.hash_one(person)),
            None => (&self.addresses, self.hash.hash_one(address.map(network))),
        };
        counter.check(key)
    }
}

impl Counter {
    fn check(&self, key: u64) -> Result<(), Refusal> {
        if self.keyed.len() >= MOST && self.is_due() {
            self.keyed.retain_recent();
        }
        // If all of them had tokens recently, everyone has to wait.
        if self.keyed.len() >= MOST {
            return Err(refused(1));
        }
        self.keyed.check_key(&key).map_err(|early| {
            let wait = early.wait_time_from(MonotonicClock.now());
            refused(u16::try_from(wait.as_secs() + 1).unwrap_or(u16::MAX))
        })
    }

    /// Whether a sweep is due. The caller must then perform it.
    fn is_due(&self) -> bool {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = swept.is_none_or(|at| at.elapsed() >= BETWEEN_SWEEPS);
        if is_due {
            *swept = Some(Instant::now());
        }
        is_due
    }
}

/// The network of an address: a household has a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) >> 64 << 64 | 1 << 63,
    }
}

fn refused(seconds: u16) -> Refusal {
    let error = "too many tokens were asked for";
    let hint = format!("ask again in {seconds} seconds");
    Refusal::new(Code::RateLimited, error, hint).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

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
    fn people_and_addresses_each_have_their_own() {
        let tokens = NonZeroU32::new(2).expect("2");
        let limiter = Limiter::new(Rate { tokens, span: Duration::from_secs(600) });
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
    }

    #[test]
    fn a_flood_from_many_addresses_costs_little_per_request() {
        // If every request caused a sweep, this would take minutes.
        let tokens = NonZeroU32::new(1).expect("1");
        let limiter = Limiter::new(Rate { tokens, span: Duration::from_secs(600) });
        let most = u32::try_from(MOST).expect("a number");
        let check = |n: u32| limiter.check(None, Some(Ipv4Addr::from(n).into()));
        for n in 0..most {
            assert_eq!(check(n), Ok(()));
        }
        for n in most..3 * most {
            assert_eq!(check(n).expect_err("too many").code, Code::RateLimited);
        }
        // People are counted separately.
        assert_eq!(limiter.check(Some(("https://idp.example", "ada")), None), Ok(()));
    }
}
