//! Fetches from other servers, within limits.

use std::io::Read;
use std::time::{Duration, Instant};

use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, StatusCode};
use ureq::Body;

use super::url::FetchUrl;
use crate::endpoint::login::KeySet;
use crate::service::http_client::NoAnswer;

/// Maximum time for a fetch and its redirects, from the look-up of the name to the end of the body.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum size of a fetched body, in bytes.
const MOST_BYTES: u64 = 256 * 1024;

/// Maximum number of redirects, each to the same host.
const MOST_REDIRECTS: usize = 3;

/// How long keys are kept, in seconds: minimum, maximum, and default without `max-age`.
const KEPT: (u64, u64, u64) = (60, 3600, 600);

/// Keys, their URL, and how long they are fresh.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) keys: KeySet,
    pub(crate) url: FetchUrl,
    pub(crate) fresh: Duration,
}

/// Reads a body. A body of more than `most` bytes is an error.
pub(crate) fn read_body(body: Body, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = body.into_reader().take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > most { Err(format!("it has over {most} bytes")) } else { Ok(bytes) }
}

/// Fetches the keys from a URL.
pub(super) fn keys(url: FetchUrl) -> Result<Fetched, String> {
    let answer = get(&url, Instant::now() + TIMEOUT)?;
    let fresh = freshness(&answer.headers);
    let body = answer.body().map_err(|problem| format!("cannot fetch `{url}`: {problem}"))?;
    let keys = KeySet::from_jwks(&body).map_err(|error| format!("`{url}`: {error}"))?;
    Ok(Fetched { keys, url, fresh })
}

/// The answer of an issuer, before its body is read.
pub(super) struct Fetching {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    body: Body,
}

impl Fetching {
    /// Reads the body of an answer with what was requested.
    pub(super) fn body(self) -> Result<Vec<u8>, String> {
        if self.status != StatusCode::OK {
            return Err(format!("it answered {}", self.status));
        }
        read_body(self.body, MOST_BYTES)
    }
}

/// Requests a document, and follows redirects. The answer must be there by `end`.
pub(super) fn get(url: &FetchUrl, end: Instant) -> Result<Fetching, String> {
    let at = |problem: String| format!("cannot fetch `{url}`: {problem}");
    let agent = url.agent(TIMEOUT).map_err(|error| at(error.to_string()))?;
    let mut current = url.clone();
    for _ in 0..=MOST_REDIRECTS {
        let left = end.saturating_duration_since(Instant::now());
        let request = agent.get(current.uri()).header("accept", "application/json");
        let answer = request.config().timeout_global(Some(left)).build().call();
        let answer = answer.map_err(|error| at(NoAnswer::new(&error, TIMEOUT).to_string()))?;
        if !answer.status().is_redirection() {
            let (head, body) = answer.into_parts();
            return Ok(Fetching { status: head.status, headers: head.headers, body });
        }
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        current = current.redirect(location.unwrap_or_default()).map_err(at)?;
    }
    Err(at(format!("it redirects over {MOST_REDIRECTS} times")))
}

fn freshness(headers: &HeaderMap) -> Duration {
    let (least, most, usual) = KEPT;
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    let mut ages = lines.flat_map(|line| line.split(',')).filter_map(|directive| {
        let (name, value) = directive.trim().split_once('=')?;
        let value = value.trim_matches('"').parse::<u64>().ok()?;
        name.eq_ignore_ascii_case("max-age").then_some(value)
    });
    Duration::from_secs(ages.next().unwrap_or(usual).clamp(least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fresh_for_their_max_age_within_a_minute_and_an_hour() {
        for (header, seconds) in [
            ("public, max-age=900", 900),
            ("max-age=5", 60),
            ("max-age=86400, immutable", 3600),
            ("no-store", 600),
            ("max-age=soon", 600),
            ("MAX-AGE=\"120\"", 120),
        ] {
            let headers = [(CACHE_CONTROL, header.parse().expect(header))].into_iter().collect();
            assert_eq!(freshness(&headers), Duration::from_secs(seconds), "{header}");
        }
    }
}
