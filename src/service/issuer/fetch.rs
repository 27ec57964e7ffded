//! Fetches from other servers, within limits.

use std::io::Read;
use std::time::{Duration, Instant};

use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, Response, StatusCode};
use serde::Deserialize;
use ureq::Body;

use super::url::FetchUrl;
use crate::endpoint::login::KeySet;
use crate::printable::without_password;
use crate::service::http_client::NoAnswer;

/// Maximum time for a fetch and its redirects, from the look-up of the name to the end of the body.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum size of a fetched body, in bytes.
const MOST_BYTES: u64 = 256 * 1024;

/// Maximum number of redirects, each to the same host.
const MOST_REDIRECTS: usize = 3;

/// How long keys are kept, in seconds: minimum, maximum, and default without `max-age`.
const KEPT: (u64, u64, u64) = (60, 3600, 600);

/// The part of an OpenID Connect discovery document that lkt uses (OpenID Connect Discovery 1.0,
/// section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

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

/// The URL of an issuer's discovery document.
pub(super) fn discovery_url(issuer: &str) -> Result<FetchUrl, String> {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')).parse()
}

/// Finds the URL of an issuer's keys by discovery.
pub(super) fn discover(issuer: &str, url: &FetchUrl) -> Result<FetchUrl, String> {
    let (body, _) = get(url)?;
    let document = serde_json::from_slice::<Discovery>(&body);
    let Discovery { issuer: named, jwks_uri } =
        document.map_err(|error| format!("`{url}` is not a discovery document: {error}"))?;
    if named != issuer {
        return Err(format!("`{url}` is of the issuer `{named}`, not `{issuer}`"));
    }
    let shown = without_password(&jwks_uri);
    url.refer(&jwks_uri).map_err(|problem| format!("`jwks_uri` is {shown}: {problem}"))
}

/// Fetches the keys from a URL.
pub(super) fn keys(url: FetchUrl) -> Result<Fetched, String> {
    let (body, headers) = get(&url)?;
    let keys = KeySet::from_jwks(&body).map_err(|error| format!("`{url}`: {error}"))?;
    Ok(Fetched { keys, url, fresh: freshness(&headers) })
}

fn get(url: &FetchUrl) -> Result<(Vec<u8>, HeaderMap), String> {
    let at = |problem: String| format!("cannot fetch `{url}`: {problem}");
    let agent = url.agent(FETCH_TIMEOUT);
    let end = Instant::now() + FETCH_TIMEOUT;
    let mut current = url.clone();
    for _ in 0..=MOST_REDIRECTS {
        let left = end.saturating_duration_since(Instant::now());
        let request = agent.get(current.uri()).header("accept", "application/json");
        let answer = request.config().timeout_global(Some(left)).build().call();
        let answer =
            answer.map_err(|error| at(NoAnswer::new(&error, FETCH_TIMEOUT).to_string()))?;
        if !answer.status().is_redirection() {
            return read(answer).map_err(at);
        }
        let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        current = current.redirect(location.unwrap_or_default()).map_err(at)?;
    }
    Err(at(format!("it redirects over {MOST_REDIRECTS} times")))
}

fn read(answer: Response<Body>) -> Result<(Vec<u8>, HeaderMap), String> {
    let (head, body) = answer.into_parts();
    if head.status != StatusCode::OK {
        return Err(format!("it answered {}", head.status));
    }
    Ok((read_body(body, MOST_BYTES)?, head.headers))
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
