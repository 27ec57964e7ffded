//! tiny_http as the second reader of the bytes that a client sends.
//!
//! lkt's own parser finds the end of a request and refuses ambiguous ones. Then tiny_http reads the same
//! bytes. The request is answered only if both agree on the method, the target, every header line and
//! the decoded body. Without tiny_http nothing is answered: the server does not start, or answers 503.
//!
//! tiny_http reads only from sockets that it has accepted. So a lane accepts one Unix connection from
//! itself, through tiny_http, and feeds it one request after another, never less than tiny_http is asked
//! to read: it never waits.
//!
//! What tiny_http reads is what the client sent, except for this:
//! - Left out whole are the lines `Connection`, `Expect`, `Upgrade` and `HTTP2-Settings`, which concern
//!   the client's connection; lines with bytes that tiny_http refuses, which are a tab and those beyond
//!   ASCII, and names with others than letters, digits, `-` and `_`; trailers of a chunked body; and
//!   empty lines before the request line.
//! - The version is 1.1, since tiny_http reads nothing after a request of HTTP/1.0.
//! - The value of `Transfer-Encoding` is in lower case: tiny_http knows `chunked` in no other.
//! - A head that is byte for byte one that both have agreed on before, in the same lane, is not read
//!   again, nor is a body whose length it gives (see `known_heads`).
//! - A request that its head alone decides, before its body is there, is not read by tiny_http. Its
//!   answer is the last on the connection.
//!
//! tiny_http does not list the lines that it has read. It is asked for each line that lkt has read, and
//! must have no more of that name. Names of framing that lkt has not read, it must not have either.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use tiny_http::{HeaderField, Listener, Request as ReadRequest, SslContextWrap};

use super::http1::body::Body;
use super::http1::head::{self, Head};
use super::{MAX_HEAD_BYTES, private_address};

/// Number of bytes of a body that are fed at once.
const PIECE: usize = 32 * 1024;

/// Size of the connection's buffers, in bytes: enough for the largest head and a piece of its body. On
/// some systems the default is smaller.
const BUFFER: usize = MAX_HEAD_BYTES + 2 * PIECE;

/// Maximum number of attempts to connect to tiny_http without another process connecting at the same
/// time.
const ATTEMPTS: usize = 8;

/// Number of files that a connection opens. tiny_http panics if there are too few.
const FILES: usize = 4;

/// The requests as tiny_http reads them; `None` for one that it cannot read.
type Requests = Box<dyn Iterator<Item = Option<ReadRequest>> + Send>;

/// A lane's connection to tiny_http.
pub(super) struct SecondReader {
    /// Where requests are written, and where they come out as tiny_http reads them. `None` if the
    /// connection was given up.
    connection: Option<(UnixStream, Requests)>,
    /// The bytes to feed next.
    feed: Vec<u8>,
}

impl fmt::Debug for SecondReader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SecondReader").finish_non_exhaustive()
    }
}

impl SecondReader {
    /// Connects to tiny_http.
    pub(super) fn new() -> io::Result<Self> {
        let mut reader = Self { connection: None, feed: Vec::new() };
        reader.connect()?;
        Ok(reader)
    }

    /// Has tiny_http read a request, and returns whether it agrees. `raw` is the head as it came; an empty
    /// one has been read before.
    ///
    /// # Errors
    /// tiny_http cannot be reached. The next request is another attempt.
    pub(super) fn agrees(&mut self, raw: &[u8], head: &Head, body: &Body) -> io::Result<bool> {
        if raw.is_empty() {
            return Ok(true);
        }
        if self.connection.is_none() {
            self.connect()?;
        }
        let is_alike = self.reads_alike(raw, head, body).unwrap_or(false);
        if !is_alike {
            // tiny_http may have bytes left that belong to no request.
            self.connection = None;
        }
        Ok(is_alike)
    }

    fn connect(&mut self) -> io::Result<()> {
        let ssl = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
        for _ in 0..ATTEMPTS {
            let (listener, input) = private_address::connect(BUFFER)?;
            let files = (0..FILES).map(|_| listener.try_clone()).collect::<io::Result<Vec<_>>>()?;
            drop(files);
            let listener = Listener::Unix(listener);
            let accept = || tiny_http::Server::accept_connection(&listener, &ssl);
            // If no other connection waits, the accepted one is this process's own.
            if let (Some(accepted), Err(error)) = (accept()?, accept())
                && error.kind() == ErrorKind::WouldBlock
            {
                self.connection = Some((input, Box::new(accepted.map(Result::ok))));
                return Ok(());
            }
        }
        Err(io::Error::other("somebody else connects to its private socket"))
    }

    fn reads_alike(&mut self, raw: &[u8], head: &Head, body: &Body) -> io::Result<bool> {
        let Some((input, requests)) = &mut self.connection else { return Ok(false) };
        self.feed.clear();
        feed_head(&mut self.feed, raw);
        self.feed.extend(body.raw().iter().take(PIECE));
        input.write_all(&self.feed)?;
        // A large request must not leave a large buffer behind.
        self.feed.shrink_to(PIECE);
        let Some(mut read) = requests.next().flatten() else { return Ok(false) };
        let is_alike = read.method().as_str() == head.parts.method.as_str()
            && head::target(read.url()).as_ref() == Ok(&head.parts.uri)
            && are_lines_alike(read.headers(), head)
            && is_body_alike(&mut read, input, head, body).unwrap_or(false);
        if !is_alike {
            // Otherwise tiny_http would wait for the rest of the supposed body.
            input.shutdown(Shutdown::Both)?;
        }
        // tiny_http continues with the next request when the writer of this one is dropped. If the
        // request itself were dropped, tiny_http would write an answer.
        drop(read.into_writer());
        Ok(is_alike)
    }
}

/// Appends a head, without what tiny_http is not to read.
fn feed_head(feed: &mut Vec<u8>, raw: &[u8]) {
    for (number, line) in raw.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let start = feed.len();
        let colon = memchr::memchr(b':', line).unwrap_or(0);
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if number == 0 {
            let version = line.len().saturating_sub(b"1\r\n".len());
            feed.extend_from_slice(line.get(..version).unwrap_or_default());
            feed.extend_from_slice(b"1\r\n");
        } else if line == b"\r\n" || is_fed(name, value) {
            feed.extend_from_slice(line);
        }
        if name.eq_ignore_ascii_case(TRANSFER_ENCODING.as_str().as_bytes()) {
            feed.get_mut(start..).unwrap_or_default().make_ascii_lowercase();
        }
    }
}

/// Whether tiny_http reads a header line.
fn is_fed(name: &[u8], value: &[u8]) -> bool {
    let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let is_of = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    !([CONNECTION, EXPECT, UPGRADE].iter().any(|own| is_of(own.as_str()))
        || is_of("http2-settings"))
        && name.iter().all(is_usual)
        && value.iter().all(|byte| (b' '..=b'~').contains(byte))
}

fn are_lines_alike(read: &tiny_http::Headers, head: &Head) -> bool {
    let ours = head.sent_headers();
    let is_agreed =
        |name: &HeaderName| ours.contains_key(name) || read.get(name.as_str()).is_none();
    // A line that has been compared is renamed, so that the next one of its name is found.
    let Ok(done) = "".parse::<HeaderField>() else { return false };
    let mut left = read.clone();
    let mut is_next = |name: &HeaderName, line: &HeaderValue| {
        left.get_header_mut(name.as_str()).is_some_and(|read| {
            read.field = done.clone();
            let value = read.value.as_str().as_bytes();
            value == line.as_bytes()
                || (name == TRANSFER_ENCODING && value.eq_ignore_ascii_case(line.as_bytes()))
        })
    };
    let is_fed = |name: &HeaderName, line: &HeaderValue| is_fed(name.as_ref(), line.as_bytes());
    [&HOST, &CONTENT_LENGTH, &TRANSFER_ENCODING].into_iter().all(is_agreed)
        && ours.iter().all(|(name, line)| !is_fed(name, line) || is_next(name, line))
        && ours.keys().all(|name| left.get(name.as_str()).is_none())
}

/// Compares the body. A piece of it has been fed together with the head; the others are fed here.
fn is_body_alike(
    read: &mut ReadRequest,
    input: &mut UnixStream,
    head: &Head,
    body: &Body,
) -> io::Result<bool> {
    let (raw, mut left) = (body.raw(), body.bytes.as_slice());
    let (mut used, mut end) = (0, PIECE);
    // How much of the body is in the pieces that have been fed, as lkt reads it.
    let mut fed = Body::new(head.body_length, left.len(), usize::MAX);
    while let Some(piece) = raw.get(end..).filter(|rest| !rest.is_empty()) {
        let step = fed.take(raw.get(used..end).unwrap_or_default());
        used += step.map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
        // The last byte of a chunk is read together with the line end after it.
        let read_before = body.bytes.len() - left.len();
        let here = fed.bytes.len().saturating_sub(1 + read_before);
        let (now, later) = left.split_at_checked(here).unwrap_or_default();
        if !reads(read.as_reader(), now)? {
            return Ok(false);
        }
        left = later;
        input.write_all(piece.get(..PIECE).unwrap_or(piece))?;
        end += PIECE;
    }
    // Reading to the end includes the last chunk.
    Ok(reads(read.as_reader(), left)? && read.as_reader().read(&mut [0])? == 0)
}

/// Whether these bytes are what comes next.
fn reads(reader: &mut dyn Read, mut expected: &[u8]) -> io::Result<bool> {
    let mut buffer = [0; 4096];
    while !expected.is_empty() {
        let most = expected.len().min(buffer.len());
        let read = reader.read(buffer.get_mut(..most).unwrap_or_default())?;
        let Some(rest) = expected.strip_prefix(buffer.get(..read).unwrap_or_default()) else {
            return Ok(false);
        };
        if read == 0 {
            return Ok(false);
        }
        expected = rest;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Limits;
    use crate::server::http1::head_end;

    /// Whether tiny_http agrees on a request, several times on one connection.
    fn agrees(reader: &mut SecondReader, request: &[u8]) -> bool {
        let limits = Limits::default();
        let end = head_end::find_end(request, &limits).expect("a head").expect("a whole head");
        let head = head::parse(&request[..end]).expect("a valid head");
        let mut body = Body::new(head.body_length, 1 << 20, limits.head_bytes);
        let mut used = end;
        while !body.is_whole() {
            let here = request.len().min(used + 10_000);
            assert!(here > used, "a whole request");
            used += body.take(&request[used..here]).expect("a body");
        }
        reader.agrees(&request[..end], &head, &body).expect("tiny_http")
    }

    #[test]
    fn both_read_what_clients_send() {
        let mut reader = SecondReader::new().expect("a connection");
        let head = |lines: &str| {
            format!("POST /getToken?a=b HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n")
        };
        let large = "x".repeat(300_000);
        for request in [
            head("Accept: */*"),
            head("Content-Length: 2") + "{}",
            head(&format!("Content-Length: {}", large.len())) + &large,
            head("Transfer-Encoding: Chunked\r\nAccept: a\r\nAccept: b")
                + "2\r\n{}\r\n0;b\r\nTrailer: a\r\n\r\n",
            head("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA")
                .replace("Host: ", "hOST:\t"),
            head(
                "A:\r\nB: Zo\u{eb}\r\nA: \tx \t\r\nX.Y!: z\r\nx: 1\r\nX: 2\r\nExpect: 100-continue",
            ),
            head("Connection: close").replace("/getToken", "http://example.com/getToken"),
            "OPTIONS * HTTP/1.0\r\n\r\n".to_owned(),
        ] {
            for _ in 0..3 {
                assert!(
                    agrees(&mut reader, request.as_bytes()),
                    "{:?}",
                    &request[..request.len().min(400)]
                );
            }
        }
        let mut chunked = head("Transfer-Encoding: chunked").into_bytes();
        for chunk in large.as_bytes().chunks_exact(1000) {
            chunked.extend([b"3e8;a=\"b\"\r\n", chunk, b"\r\n"].concat());
        }
        chunked.extend(b"0\r\n\r\n");
        for _ in 0..3 {
            assert!(agrees(&mut reader, &chunked));
        }
    }
}
