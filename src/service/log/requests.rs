//! The request log, with one line per request.
//!
//! It never contains a token, a secret, metadata or attributes, and no query string, since people put
//! tokens there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::line::{self, Line, cut};
use crate::endpoint::{Minted, Outcome};
use crate::server::Answered;
use crate::times::now;

/// A token larger than this, in bytes, may not fit into a URL, where clients put it.
pub(crate) const LARGE_TOKEN: usize = 8 * 1024;

/// Maximum number of default identities that are remembered.
const MAX_REMEMBERED: usize = 256;

/// Two requests from one address within this time are probably of one page: React's StrictMode mounts
/// every component twice.
const ONE_CLIENT: Duration = Duration::from_secs(2);

/// Minimum time between two warnings of one kind about the setup. Anyone can send a login that causes
/// one.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(60);

/// Maximum number of kinds that are remembered. There are fewer: a kind is a code, a hint and a field.
const MAX_KINDS: usize = 64;

/// Maximum number of unknown fields to name.
const MAX_NAMED: usize = 5;

/// Writes one line per request, and warns about likely mistakes.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    /// The default identities that were given out, by the hash of room and identity.
    given: Mutex<HashMap<u64, Given>>,
    hasher: RandomState,
    /// When the last warning of each kind about the setup was written, by the hash of the kind.
    warned: Mutex<HashMap<u64, Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Given {
    /// When the token expires, in seconds since the epoch.
    until: u64,
    /// The last request, and the hash of the address that it came from.
    last: (Instant, u64),
    warned: bool,
}

impl RequestLog {
    /// Writes the line of a request. `remote` is the address that the request came from.
    pub(crate) fn record(&self, answered: &Answered<'_>, remote: impl FnOnce() -> String) {
        // If nothing is logged, no work should be done.
        if !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let remote = remote();
        let line = Line::new(answered, &remote);
        match &answered.answer.outcome {
            Outcome::Minted(minted) => {
                line.minted(minted);
                let who = self.hasher.hash_one(without_port(&remote));
                self.warn_about(minted, (answered.arrived, who));
            }
            Outcome::Refused(refusal) => {
                let (code, error, hint) = line::explanation(refusal);
                line.refused(code, &error, &hint);
                if refusal.is_of_setup() {
                    let kind = self.hasher.hash_one((code, &refusal.hint, &refusal.field));
                    if self.is_due(kind, answered.arrived) {
                        warn_of_setup(code, &error, &hint);
                    }
                }
            }
            // Probes and preflights.
            _ => line.other(),
        }
    }

    /// Whether a warning of this kind about the setup may be written now.
    fn is_due(&self, kind: u64, now: Instant) -> bool {
        let is_over = |last: &Instant| now.saturating_duration_since(*last) >= BETWEEN_WARNINGS;
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.len() >= MAX_KINDS {
            warned.retain(|_, last| !is_over(last));
        }
        let is_due = match warned.get(&kind) {
            Some(last) => is_over(last),
            None => warned.len() < MAX_KINDS,
        };
        if is_due {
            warned.insert(kind, now);
        }
        is_due
    }

    fn warn_about(&self, minted: &Minted, request: (Instant, u64)) {
        if !minted.unknown.is_empty() {
            let names = minted.unknown.iter().take(MAX_NAMED).map(String::as_str);
            let names = names.collect::<Vec<_>>().join(", ");
            let (names, more) = (&*cut(&names), minted.unknown.len().saturating_sub(MAX_NAMED));
            tracing::warn!(names, more, "the request has unknown fields, which are ignored");
        }
        if let Some(bytes) = minted.cut_off {
            tracing::warn!(
                bytes,
                "the answer is too long for the ESP32 client, which reads 2048 bytes; shorten what the \
                 token carries, such as metadata, attributes and room_config"
            );
        }
        if minted.token_bytes > LARGE_TOKEN {
            let bytes = minted.token_bytes;
            tracing::warn!(bytes, "the token is large, and clients put it into a URL");
        }
        if minted.identity_is_default
            && !minted.claims.sub.is_empty()
            && self.is_second(minted, request)
        {
            let identity = &*cut(&minted.claims.sub);
            tracing::warn!(
                identity,
                "this default identity was given out before: two clients with one identity kick each \
                 other out; start lkt with --fresh, or have clients name themselves"
            );
        }
    }

    /// Whether this identity was given to another client before and may still be in use. Returns `true`
    /// only once in the lifetime of a token. `request` is when it arrived, and the hash of its address.
    fn is_second(&self, minted: &Minted, request: (Instant, u64)) -> bool {
        let now = now();
        let who = self.hasher.hash_one((&minted.claims.video.room, &minted.claims.sub));
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = given.get_mut(&who).filter(|before| before.until > now) {
            let last = std::mem::replace(&mut before.last, request);
            let is_same = last.1 == request.1 && request.0.duration_since(last.0) < ONE_CLIENT;
            return !is_same && !std::mem::replace(&mut before.warned, true);
        }
        if given.len() >= MAX_REMEMBERED {
            given.retain(|_, before| before.until > now);
        }
        if given.len() < MAX_REMEMBERED {
            given.insert(who, Given { until: minted.claims.exp, last: request, warned: false });
        }
        false
    }
}

/// Says what only an operator can correct.
fn warn_of_setup(code: &str, error: &str, hint: &str) {
    tracing::warn!(
        code,
        error,
        hint,
        "if the login is genuine, the issuer, the proxy or this server is set up wrongly: another \
         login does not help"
    );
}

/// The address of a client, whose connections have different ports.
fn without_port(remote: &str) -> Cow<'_, str> {
    remote
        .parse()
        .map_or(Cow::Borrowed(remote), |address: SocketAddr| address.ip().to_string().into())
}
