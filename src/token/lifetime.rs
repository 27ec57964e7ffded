//! When a token is valid.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Claims;

/// Default lifetime of a token.
pub const TTL: Duration = Duration::from_secs(600);

/// Default time by which `nbf` and `iat` precede now, so that a client or server whose clock is slightly
/// behind accepts the token.
pub const BACKDATE: Duration = Duration::from_secs(10);

/// A point in time, in whole seconds since the Unix epoch. Converts from a [`SystemTime`] or from a
/// number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Returns the seconds since the Unix epoch.
    pub fn seconds(self) -> u64 {
        self.0
    }
}

impl From<u64> for Timestamp {
    fn from(seconds: u64) -> Self {
        Self(seconds)
    }
}

impl From<SystemTime> for Timestamp {
    /// A time before 1970 becomes 1970.
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
    }
}

/// When a token is valid, relative to now or at fixed times.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lifetime {
    /// How long a token is valid, in whole seconds.
    pub ttl: Duration,
    /// Time by which `nbf` and `iat` precede now, in whole seconds, so that a client or server whose clock
    /// is slightly behind accepts the token.
    pub backdate: Duration,
    /// Fixed time at which tokens become valid, in seconds since the epoch. Overrides `backdate`.
    pub not_before: Option<u64>,
    /// Fixed time at which tokens expire, in seconds since the epoch. Overrides `ttl`.
    pub expires_at: Option<u64>,
}

impl Default for Lifetime {
    /// Ten minutes from now, as on LiveKit's page on the endpoint.
    fn default() -> Self {
        Self { ttl: TTL, backdate: BACKDATE, not_before: None, expires_at: None }
    }
}

impl Lifetime {
    /// Returns when a token becomes valid (`nbf`), in seconds since the epoch.
    pub fn start(&self, now: u64) -> u64 {
        self.not_before.unwrap_or(now.saturating_sub(self.backdate.as_secs()))
    }

    /// Returns when a token expires (`exp`), in seconds since the epoch.
    pub fn end(&self, now: u64) -> u64 {
        let from = self.not_before.unwrap_or(now);
        self.expires_at.unwrap_or(from.saturating_add(self.ttl.as_secs()))
    }

    /// Sets the times of a token.
    pub(crate) fn apply(&self, claims: &mut Claims, now: u64) {
        // Servers up to 1.12 refuse a token whose `iat` is ahead of their clock, too.
        let iat = now.saturating_sub(self.backdate.as_secs());
        (claims.iat, claims.nbf, claims.exp) = (iat, self.start(now), self.end(now));
    }
}
