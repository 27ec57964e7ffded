//! One line a request. Never a token, a secret, metadata or attributes; a query string neither, since
//! people put tokens there. Values that clients chose go in as strings, never as `%`: so the text form
//! quotes and escapes them, and the JSON form has them as JSON does.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::request::Parts;

use super::wire;
use crate::endpoint::{Answer, Minted, Outcome};

/// How many default identities are remembered at the most.
const MOST_REMEMBERED: usize = 256;

/// A token over this many bytes may not fit where clients put it: into a URL.
const LARGE_TOKEN: usize = 8 * 1024;

#[derive(Debug, Default)]
pub(super) struct Log {
    /// The default identities that went out, by room and identity.
    given: Mutex<HashMap<(String, String), Given>>,
}

#[derive(Debug, Clone, Copy)]
struct Given {
    until: u64,
    warned: bool,
}

impl Log {
    pub(super) fn request(
        &self,
        head: &Parts,
        answer: &Answer,
        took: Duration,
        remote: Option<SocketAddr>,
    ) {
        // Quiet, it should cost nothing either.
        if !tracing::enabled!(tracing::Level::WARN) {
            return;
        }
        let (method, path) = (head.method.as_str(), head.uri.path());
        let status = answer.response.status().as_u16();
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let remote = shown(remote);
        let remote = remote.as_str();
        match &answer.outcome {
            Outcome::Minted(minted) => {
                let Minted { room, identity, agents, expires_at, .. } = &**minted;
                let (room, identity) = (room.as_str(), identity.as_str());
                let agents = (!agents.is_empty()).then(|| agents.join(", "));
                tracing::info!(
                    method, path, status, took_us, room, identity, agents, expires_at, remote,
                    "request"
                );
                self.warn_about(minted);
            }
            Outcome::Refused(refusal) => {
                let (code, error) = (refusal.code.as_str(), refusal.error.as_str());
                tracing::warn!(method, path, status, took_us, code, error, remote, "refused");
            }
            // Probes and preflights.
            Outcome::Other => {
                tracing::debug!(method, path, status, took_us, remote, "request");
            }
        }
    }

    /// A request that was refused before its head could be read.
    #[allow(clippy::unused_self)] // a log's method, like the other
    pub(super) fn refusal(&self, answer: &Answer, remote: Option<SocketAddr>) {
        if let Outcome::Refused(refusal) = &answer.outcome {
            let (code, error) = (refusal.code.as_str(), refusal.error.as_str());
            let (status, remote) = (answer.response.status().as_u16(), shown(remote));
            let remote = remote.as_str();
            tracing::warn!(status, code, error, remote, "refused");
        }
    }

    fn warn_about(&self, minted: &Minted) {
        for name in &minted.unknown {
            let name = name.as_str();
            tracing::warn!(name, "the request has a name that no one knows; it was ignored");
        }
        if minted.token_bytes > LARGE_TOKEN {
            let bytes = minted.token_bytes;
            tracing::warn!(bytes, "the token is large, and clients put it into a URL");
        }
        if !minted.identity_was_asked && !minted.identity.is_empty() && self.is_second(minted) {
            let identity = minted.identity.as_str();
            tracing::warn!(
                identity,
                "this default identity went out before: two clients with one identity kick each \
                 other out; start lkt with --fresh, or have clients name themselves"
            );
        }
    }

    /// Whether this identity went out before and may still be in use; once in a token's lifetime.
    fn is_second(&self, minted: &Minted) -> bool {
        let now = wire::now();
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let who = (minted.room.clone(), minted.identity.clone());
        if let Some(before) = given.get_mut(&who).filter(|before| before.until > now) {
            return !std::mem::replace(&mut before.warned, true);
        }
        if given.len() >= MOST_REMEMBERED {
            given.retain(|_, before| before.until > now);
        }
        if given.len() < MOST_REMEMBERED {
            given.insert(who, Given { until: minted.expires_at, warned: false });
        }
        false
    }
}

/// Who asks: over a Unix socket, nobody has an address.
fn shown(remote: Option<SocketAddr>) -> String {
    remote.map_or_else(|| "unix".to_owned(), |address| address.to_string())
}
