//! A response as bytes. tiny_http would set `Server` and drop `Connection: close`.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{CONTENT_LENGTH, DATE};
use http::{Response, StatusCode};

/// Seconds since the Unix epoch.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// The whole response. `last` announces that the connection ends with it, and `head_only` leaves the
/// body out but not its length.
pub(super) fn write(response: &Response<Vec<u8>>, last: bool, head_only: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512 + response.body().len());
    // Writing to a `Vec` does not fail.
    let _ = write_head(&mut bytes, response, last);
    if !head_only {
        bytes.extend_from_slice(response.body());
    }
    bytes
}

fn write_head(
    bytes: &mut Vec<u8>,
    response: &Response<Vec<u8>>,
    last: bool,
) -> std::io::Result<()> {
    write!(bytes, "HTTP/1.1 {}\r\n", response.status())?;
    for (name, value) in response.headers() {
        write!(bytes, "{name}: ")?;
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    // RFC 9110, section 8.6: none with 204.
    if response.status() != StatusCode::NO_CONTENT {
        write!(bytes, "{CONTENT_LENGTH}: {}\r\n", response.body().len())?;
    }
    if last {
        bytes.extend_from_slice(b"connection: close\r\n");
    }
    write!(bytes, "{DATE}: {}\r\n\r\n", httpdate::fmt_http_date(SystemTime::now()))
}
