//! `--rate`: limits the tokens for each person, in bounded memory.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use governor::clock::{Clock, MonotonicClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::args::Rate;
use crate::endpoint::{Code, Refusal};

/// Maximum number of people, and of addresses, that are remembered.
const MOST: usize = 100_000;

type Keyed = RateLimiter<u64, HashMapStateStore<u64>, MonotonicClock>;

/// Counts tokens. People and addresses are kept apart, so that a flood from many addresses does not
/// crowd out people with a login.
pub(super) struct Limiter {
    pub(super) rate: Rate,
    people: Keyed,
    addresses: Keyed,
    /// Keyed anew in each process: nobody can find two names with one hash.
    hash: RandomState,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        let pause = rate.span / rate.tokens.get();
        let pause = pause.max(std::time::Duration::from_nanos(1));
        // `with_period` is `None` for a zero period alone.
        let quota = Quota::with_period(pause).unwrap_or(Quota::per_second(rate.tokens));
        let limiter = || {
            let store = HashMapStateStore::default();
            RateLimiter::new(quota.allow_burst(rate.tokens), store, MonotonicClock)
        };
        Self { rate, people: limiter(), addresses: limiter(), hash: RandomState::new() }
    }

    /// Counts a token for a person (issuer and subject), or for an address.
    pub(super) fn check(
        &self,
        person: Option<(&str, &str)>,
        address: Option<IpAddr>,
    ) -> Result<(), Refusal> {
        let (limiter, key) = match person {
            Some(person) => (&self.people, self.hash.hash_one(person)),
            None => (&self.addresses, self.hash.hash_one(address.map(network))),
        };
        if limiter.len() >= MOST {
            limiter.retain_recent();
        }
        // If all of them had tokens lately, a new one has to wait.
        if limiter.len() >= MOST {
            return Err(refused(1));
        }
        limiter.check_key(&key).map_err(|early| {
            let wait = early.wait_time_from(MonotonicClock.now());
            refused(u16::try_from(wait.as_secs() + 1).unwrap_or(u16::MAX))
        })
    }
}

/// A household has a whole /64 of IPv6 addresses.
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
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;

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
}
