//! Spaces out the looks at a request that arrives piece by piece: each look is at all of it, so that
//! a client which sends byte after byte would have every byte looked at thousands of times.

use std::time::{Duration, Instant};

/// So many looks come as soon as there is news: requests often arrive in two or three pieces.
const EAGER: u32 = 8;

/// How long to wait before the next look then: first, and at the most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// The looks at one request.
#[derive(Debug, Default)]
pub(super) struct Pause {
    looks: u32,
    until: Option<Instant>,
}

impl Pause {
    /// A look found too little. Returns when to look again, unless that is whenever there is news.
    pub(super) fn begin(&mut self) -> Option<Instant> {
        self.looks = self.looks.saturating_add(1);
        let doublings = self.looks.checked_sub(EAGER)?;
        let pause = PAUSES.0.saturating_mul(1 << doublings.min(6)).min(PAUSES.1);
        self.until = Some(Instant::now() + pause);
        self.until
    }

    /// Whether it is too early for another look.
    pub(super) fn is_on(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_looks_come_at_once_and_later_ones_ever_later() {
        let mut pause = Pause::default();
        for _ in 1..EAGER {
            assert_eq!(pause.begin(), None);
            assert!(!pause.is_on());
        }
        let mut last = Duration::ZERO;
        for _ in 0..10 {
            let now = Instant::now();
            let wait = pause.begin().expect("a pause").duration_since(now);
            assert!(wait >= last.min(PAUSES.1), "{wait:?} after {last:?}");
            last = wait;
        }
        assert!(pause.is_on());
        assert!(last >= PAUSES.1);
    }
}
