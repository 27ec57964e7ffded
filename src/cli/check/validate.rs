//! Asks a LiveKit server whether it accepts a token: `GET /rtc/validate`.

use std::io::Read;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Uri;
use http::header::{DATE, LOCATION};
use http::uri::PathAndQuery;
use ureq::Body;

use crate::endpoint::ServerUrl;
use crate::service::http_client::{NoAnswer, agent, direct_agent};

/// Maximum time from the look-up of the server's name to the end of the answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Maximum number of characters shown of an answer. LiveKit answers in one line.
const MAX_BODY: usize = 400;

/// A request to a LiveKit server, and its result.
pub(super) struct Exchange {
    /// URL of the request, without its query, which holds the token.
    pub(super) uri: Uri,
    /// The API key that signed the token.
    pub(super) key: String,
    pub(super) outcome: Result<Answer, NoAnswer>,
}

/// A server's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The beginning of the body, without the token.
    pub(super) body: String,
    /// Whether the body broke off, or did not come in time.
    pub(super) is_cut_off: bool,
    /// The target of a redirect, without the token.
    pub(super) location: Option<String>,
    /// Number of seconds by which this machine's clock is ahead of the server's.
    pub(super) clock_offset: Option<i64>,
}

/// The URL of a LiveKit server's `/rtc/validate`, which clients request after a failed connection.
pub(super) fn validate_uri(url: &ServerUrl) -> Result<Uri, http::Error> {
    let mut parts = url.as_str().parse::<Uri>()?.into_parts();
    parts.scheme = if url.is_secure() { "https" } else { "http" }.parse().ok();
    let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path);
    let path = format!("{}/rtc/validate", path.trim_end_matches('/'));
    parts.path_and_query = Some(path.parse()?);
    Ok(Uri::from_parts(parts)?)
}

/// Sends one request. Redirects are not followed, and nothing is retried. If the server is on this
/// machine (`is_here`), no proxy gets to see the token.
pub(super) fn validate(uri: &Uri, is_here: bool, key: &str, token: &str) -> Exchange {
    let agent = if is_here { Ok(direct_agent(TIMEOUT)) } else { agent(uri, TIMEOUT) };
    let outcome = agent.and_then(|agent| {
        let before = SystemTime::now();
        // Browsers cannot set headers on a WebSocket, so servers take a token in the query.
        let answer = agent.get(format!("{uri}?access_token={token}")).call();
        let answer = answer.map_err(|error| NoAnswer::new(&error, TIMEOUT))?;
        Ok(Answer::new(answer, before, token))
    });
    Exchange { uri: uri.clone(), key: key.to_owned(), outcome }
}

impl Answer {
    /// Reads the answer to a request with this token that was sent at `before`.
    fn new(answer: http::Response<Body>, before: SystemTime, token: &str) -> Self {
        let clock_offset = clock_offset(&answer, before, SystemTime::now());
        let (head, body) = answer.into_parts();
        let mut bytes = Vec::new();
        // Some servers repeat the token when they refuse it. It is removed before the text is cut.
        let most = MAX_BODY + token.len();
        // If the body breaks off, its beginning is still worth showing.
        let is_cut_off = body.into_reader().take(most as u64).read_to_end(&mut bytes).is_err();
        let without_token =
            |text: &str| text.replace(token, "…").trim().chars().take(MAX_BODY).collect::<String>();
        let location = head.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        Self {
            status: head.status.as_u16(),
            body: without_token(&String::from_utf8_lossy(&bytes)),
            is_cut_off,
            location: location.map(without_token),
            clock_offset,
        }
    }
}

/// How far this machine's clock, read before and after the request, is ahead of the time in the answer.
fn clock_offset<T>(
    answer: &http::Response<T>,
    before: SystemTime,
    after: SystemTime,
) -> Option<i64> {
    let date = answer.headers().get(DATE)?.to_str().ok()?;
    let theirs = httpdate::parse_http_date(date).ok()?;
    let seconds =
        |time: SystemTime| time.duration_since(UNIX_EPOCH).ok()?.as_secs().try_into().ok();
    let (before, after, theirs): (i64, i64, i64) =
        (seconds(before)?, seconds(after)?, seconds(theirs)?);
    // Any time between the two readings agrees with this machine's clock.
    Some(if theirs < before { before - theirs } else { after.min(theirs) - theirs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_at(url: &str) -> String {
        let url = url.parse::<ServerUrl>().expect(url);
        validate_uri(&url).expect("a URI").to_string()
    }

    #[test]
    fn the_question_goes_to_the_http_form_of_the_url() {
        for (url, asked) in [
            ("ws://localhost:7880", "http://localhost:7880/rtc/validate"),
            ("wss://x.livekit.cloud/", "https://x.livekit.cloud/rtc/validate"),
            ("https://a.example/livekit", "https://a.example/livekit/rtc/validate"),
            ("http://[::1]:7880/livekit/?a=b", "http://[::1]:7880/livekit/rtc/validate"),
        ] {
            assert_eq!(asked_at(url), asked);
        }
    }

    #[test]
    fn the_clocks_are_compared_to_the_second() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let offset = |theirs: u64| {
            let date = httpdate::fmt_http_date(at(theirs));
            let answer = http::Response::builder().header(DATE, date).body(()).expect("an answer");
            clock_offset(&answer, at(1000), at(1002))
        };
        assert_eq!(offset(1001), Some(0));
        assert_eq!(offset(900), Some(100));
        assert_eq!(offset(4602), Some(-3600));
        assert_eq!(clock_offset(&http::Response::new(()), at(1), at(2)), None);
    }

    #[test]
    fn a_token_that_comes_back_is_not_kept() {
        let body = Body::builder().data("invalid token: e.y.J, error: bad");
        let answer = http::Response::builder().header(LOCATION, "/login?next=e.y.J").body(body);
        let read = Answer::new(answer.expect("an answer"), UNIX_EPOCH, "e.y.J");
        assert_eq!(read.body, "invalid token: …, error: bad");
        assert_eq!(read.location.as_deref(), Some("/login?next=…"));
    }
}
