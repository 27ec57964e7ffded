//! Writes an answer as bytes (RFC 9112, section 4).

use std::io::Write;

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{Response, StatusCode};

/// The interim answer that lets a client send its body (RFC 9110, section 15.2.1).
pub(in crate::server) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How an answer is written.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Form<'a> {
    /// The value of `Date`.
    pub(in crate::server) date: &'a str,
    /// Whether the connection ends with this answer.
    pub(in crate::server) is_last: bool,
    /// Whether to write the length of the body but not the body: the answer to `HEAD`.
    pub(in crate::server) head_only: bool,
    /// Whether to say that the connection stays open: HTTP/1.0 clients must be told.
    pub(in crate::server) says_keep_alive: bool,
}

/// Appends a whole answer to `bytes`.
pub(in crate::server) fn write(bytes: &mut Vec<u8>, response: &Response<Vec<u8>>, form: Form<'_>) {
    let status = response.status();
    // Written piece by piece, since formatting takes several times as long.
    bytes.extend_from_slice(b"HTTP/1.1 ");
    bytes.extend_from_slice(status.as_str().as_bytes());
    bytes.push(b' ');
    bytes.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    bytes.extend_from_slice(b"\r\n");
    // The server writes these itself. A second line could contradict the first.
    let framing = [CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING];
    for (name, value) in response.headers().iter().filter(|(name, _)| !framing.contains(name)) {
        line(bytes, name.as_str(), value.as_bytes());
    }
    // A 204 has no length (RFC 9110, section 8.6).
    if status != StatusCode::NO_CONTENT {
        // Writing to a `Vec` does not fail.
        let _ = write!(bytes, "{CONTENT_LENGTH}: {}\r\n", response.body().len());
    }
    if form.is_last {
        line(bytes, CONNECTION.as_str(), b"close");
    } else if form.says_keep_alive {
        line(bytes, CONNECTION.as_str(), b"keep-alive");
    }
    line(bytes, DATE.as_str(), form.date.as_bytes());
    bytes.extend_from_slice(b"\r\n");
    if !form.head_only {
        bytes.extend_from_slice(response.body());
    }
}

fn line(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}
