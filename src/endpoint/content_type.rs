//! Checks that the content type is JSON, not compressed.
//!
//! Any web page can make a browser send `text/plain` here without a preflight, so nothing that a
//! browser treats as `text/plain` may pass. Clients that let a program override the header send
//! both types: `application/json, text/plain` in one line (JavaScript, Swift) or in two lines
//! (Rust, Android, C++). No browser sends either form without a preflight.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::request::Parts;

use super::Refusal;

pub(super) fn check(head: &Parts) -> Result<(), Refusal> {
    let mut codings = head.headers.get_all(CONTENT_ENCODING).iter();
    if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::compressed());
    }
    let lines = || head.headers.get_all(CONTENT_TYPE).iter();
    if lines().any(|line| line.to_str().is_ok_and(says_json)) {
        return Ok(());
    }
    let first = lines().next().map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned());
    Err(Refusal::content_type(first.as_deref()))
}

/// Only the part before the first parameter counts: to a browser, `text/plain; a=b,
/// application/json` is `text/plain` with an odd parameter.
fn says_json(line: &str) -> bool {
    let types = line.split(';').next().unwrap_or_default();
    types.split(',').any(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::says_json;

    #[test]
    fn json_is_told_from_what_a_page_can_send_unasked() {
        for line in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json, text/plain",
            "text/plain,application/json",
        ] {
            assert!(says_json(line), "{line}");
        }
        for line in [
            "",
            "text/plain",
            "text/plain; a=b, application/json",
            "text/plain; x=application/json",
            "application/jsonp",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!says_json(line), "{line}");
        }
    }
}
