//! The ids by which a request is found in several logs: `X-Request-Id`, as proxies and clients set it, and
//! `traceparent` of W3C Trace Context (<https://www.w3.org/TR/trace-context/>).
//!
//! Clients choose them, so an id is not proof of anything, and one of another form counts as none.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::HeaderMap;
use http::{HeaderName, HeaderValue};

use crate::printable::may_contain_token;

/// The header of the request's id.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header of the trace that the request belongs to.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header with what tracing systems add to it.
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Maximum length of an id, in bytes.
const MAX_ID: usize = 128;

/// Maximum length of `tracestate` in bytes: what the specification wants to be passed on at least.
const MAX_STATE: usize = 512;

/// The id that a request brings, if it is one: letters, digits and `-_.~+/=:@,`, at most 128 of them.
pub(crate) fn of(headers: &HeaderMap) -> Option<&HeaderValue> {
    let value = only(headers, &REQUEST_ID)?;
    let text = value.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~+/=:@,".contains(&byte);
    let is_id = !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(is_plain);
    // A token is no id.
    (is_id && !may_contain_token(text)).then_some(value)
}

/// A new id: 32 hexadecimal digits that no other process has, and that cannot be guessed from others.
pub(crate) fn new() -> HeaderValue {
    static KEYS: LazyLock<[RandomState; 2]> =
        LazyLock::new(|| [RandomState::new(), RandomState::new()]);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut digits = [0; 32];
    for (half, keys) in digits.chunks_exact_mut(16).zip(KEYS.iter()) {
        let bytes = keys.hash_one(number).to_be_bytes();
        let fours = bytes.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (digit, four) in half.iter_mut().zip(fours) {
            *digit = if four < 10 { b'0' + four } else { b'a' + four - 10 };
        }
    }
    HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static("-"))
}

/// Gives a request an id, unless it brings one.
pub(crate) fn complete(headers: &mut HeaderMap) {
    if of(headers).is_none() {
        headers.insert(REQUEST_ID, new());
    }
}

/// The trace that a request belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace<'h> {
    /// The whole header.
    pub(crate) parent: &'h HeaderValue,
    /// 32 hexadecimal digits.
    pub(crate) id: &'h str,
    /// The span of the caller: 16 hexadecimal digits.
    pub(crate) span_id: &'h str,
}

impl<'h> Trace<'h> {
    /// The trace in the header `traceparent`, if it is valid. A later version than the first may have
    /// more after it, which is at most as long again.
    pub(crate) fn of(headers: &'h HeaderMap) -> Option<Self> {
        const LENGTH: usize = 55;
        let parent = only(headers, &TRACEPARENT)?;
        let text = parent.to_str().ok()?;
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut parts = known.split('-');
        let (version, trace_id) = (hex(parts.next()?, 2)?, hex(parts.next()?, 32)?);
        let (span_id, _flags) = (hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
        let is_more_allowed = version != "00" && more.starts_with('-') && more.len() <= LENGTH;
        let is_valid = version != "ff"
            && (more.is_empty() || is_more_allowed)
            && [trace_id, span_id].iter().all(|id| id.bytes().any(|digit| digit != b'0'));
        is_valid.then_some(Self { parent, id: trace_id, span_id })
    }

    /// What tracing systems have added to a request with a valid trace.
    pub(crate) fn states(headers: &HeaderMap) -> impl Iterator<Item = &HeaderValue> {
        let lines = || headers.get_all(TRACESTATE).iter();
        let is_short = lines().map(HeaderValue::len).sum::<usize>() <= MAX_STATE;
        lines().filter(move |line| is_short && line.to_str().is_ok())
    }
}

/// The value of a header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// The text, if it is this many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<&str> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == digits && text.bytes().all(is_hex)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::try_from(*value).expect("a value"));
        }
        headers
    }

    #[test]
    fn an_id_is_short_and_plain() {
        let long = "x".repeat(129);
        for (id, is_taken) in [
            ("7b6e2a7c-0b41-4d3a-9a0e-1f0b5c7d9e11", true),
            ("01J9ZK3V.4:a/b+c=@x,y~", true),
            (&long[..128], true),
            (&long, false),
            ("", false),
            ("two words", false),
            ("quo\"te", false),
            ("umläut", false),
            ("eyJhbGciOiJIUzI1NiJ9.e30.x", false),
        ] {
            let headers = headers(&[(REQUEST_ID, id)]);
            assert_eq!(of(&headers).is_some(), is_taken, "{id}");
        }
        assert_eq!(of(&headers(&[(REQUEST_ID, "a"), (REQUEST_ID, "b")])), None);
    }

    #[test]
    fn a_request_without_an_id_gets_one_of_its_own() {
        let mut ids = [(); 3].map(|()| {
            let mut headers = headers(&[(REQUEST_ID, "no id")]);
            complete(&mut headers);
            of(&headers).expect("an id").to_str().expect("text").to_owned()
        });
        assert!(ids.iter().all(|id| hex(id, 32).is_some()), "{ids:?}");
        ids.sort();
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        let mut named = headers(&[(REQUEST_ID, "mine")]);
        complete(&mut named);
        assert_eq!(named[REQUEST_ID], "mine");
    }

    #[test]
    fn a_trace_is_read_as_the_specification_says() {
        let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let later = format!("cc{}-what-comes", &valid[2..]);
        for (text, is_valid) in [
            (valid, true),
            (&later, true),
            (&format!("ff{}", &valid[2..]), false),
            (&format!("{valid}-more"), false),
            (&format!("cc{}more", &valid[2..]), false),
            (&format!("cc{}-{}", &valid[2..], "x".repeat(60)), false),
            (&valid.to_uppercase(), false),
            (&valid[..54], false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01", false),
            ("", false),
        ] {
            let headers = headers(&[(TRACEPARENT, text)]);
            assert_eq!(Trace::of(&headers).is_some(), is_valid, "{text}");
        }
        let headers = headers(&[(TRACEPARENT, valid)]);
        let trace = Trace::of(&headers).expect("a trace");
        assert_eq!(trace.id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.span_id, "00f067aa0ba902b7");
    }

    #[test]
    fn what_tracing_systems_add_is_bounded() {
        let short = headers(&[(TRACESTATE, "a=1"), (TRACESTATE, "b=2")]);
        assert_eq!(Trace::states(&short).collect::<Vec<_>>(), ["a=1", "b=2"]);
        let long = headers(&[(TRACESTATE, &"x".repeat(513))]);
        assert_eq!(Trace::states(&long).count(), 0);
    }
}
