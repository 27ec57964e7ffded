//! A response as bytes. tiny_http would set `Server` and drop `Connection: close`.

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{CONTENT_LENGTH, DATE};
use http::{Response, StatusCode};

/// Bytes of most heads, with the headers for another origin: what is reserved for them at first.
const USUAL_HEAD: usize = 320;

/// Seconds since the Unix epoch.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The whole response, sent at `now`, in seconds since the epoch. `last` announces that the connection
/// ends with it, and `head_only` leaves the body out but not its length.
pub(super) fn write(
    response: &Response<Vec<u8>>,
    now: u64,
    last: bool,
    head_only: bool,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(USUAL_HEAD + response.body().len());
    write_head(&mut bytes, response, last);
    // Writing to a `Vec` does not fail.
    let date = httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_secs(now));
    let _ = write!(bytes, "{DATE}: {date}\r\n\r\n");
    if !head_only {
        bytes.extend_from_slice(response.body());
    }
    bytes
}

/// Piece by piece, since formatting takes several times as long.
fn write_head(bytes: &mut Vec<u8>, response: &Response<Vec<u8>>, last: bool) {
    let status = response.status();
    bytes.extend_from_slice(b"HTTP/1.1 ");
    bytes.extend_from_slice(status.as_str().as_bytes());
    bytes.push(b' ');
    bytes.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    bytes.extend_from_slice(b"\r\n");
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    // RFC 9110, section 8.6: none with 204.
    if status != StatusCode::NO_CONTENT {
        let _ = write!(bytes, "{CONTENT_LENGTH}: {}\r\n", response.body().len());
    }
    if last {
        bytes.extend_from_slice(b"connection: close\r\n");
    }
}
