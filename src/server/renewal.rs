//! When a lane goes on in another thread: what a thread keeps of the memory of large bodies is given back
//! only when it ends.

use std::time::{Duration, Instant};

/// How long a lane goes on in the same thread after its last large body.
const RENEW_TIME: Duration = Duration::from_secs(5);

/// Why a thread leaves its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// The lane has ended.
    End,
    /// Another thread is to go on.
    Renew,
}

/// What a lane knows about large bodies. It goes on in another thread once after some of them.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    /// When there was last a large body, or when this thread has taken over from one that had some.
    had_large: Option<Instant>,
    /// Whether this thread has taken over, and has had none itself.
    is_second: bool,
}

impl Renewal {
    /// Notes that there is a large body.
    pub(super) fn note_large(&mut self, now: Instant) {
        *self = Self { had_large: Some(now), is_second: false };
    }

    /// When another thread is to go on, if nothing happens.
    pub(super) fn due(&self) -> Option<Instant> {
        self.had_large.map(|had| had + RENEW_TIME)
    }

    /// Notes that another thread goes on.
    pub(super) fn renew(&mut self, now: Instant) {
        self.had_large = self.had_large.take().filter(|_| !self.is_second).map(|_| now);
        self.is_second = self.had_large.is_some();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_thread_goes_on_after_large_bodies_and_once_more_after_that() {
        let (mut renewal, began) = (Renewal::default(), Instant::now());
        assert_eq!(renewal.due(), None);
        renewal.note_large(began);
        assert_eq!(renewal.due(), Some(began + RENEW_TIME));
        let later = began + RENEW_TIME;
        renewal.renew(later);
        assert_eq!(renewal.due(), Some(later + RENEW_TIME));
        renewal.renew(later + RENEW_TIME);
        assert_eq!(renewal.due(), None);
    }
}
