//! tiny_http as the second reader of every request.
//!
//! lkt's own parser finds the end of a request and refuses ambiguous ones. Then tiny_http reads the
//! request too. It is answered only if both agree on the method, target, headers, body length and body.
//!
//! tiny_http reads only from sockets that it has accepted. So a lane accepts one Unix connection from
//! itself, through tiny_http, and feeds it one bounded request after another. Each request is fed in
//! its plainest form: headers of the same name on one line, and the decoded body with its length.
//! `Connection` and `Expect` are left out, since they concern the client's connection only, and so are
//! headers with bytes that tiny_http does not accept. tiny_http is never asked for more than it was
//! fed, so it never waits.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use tiny_http::{Listener, Request as ReadRequest, SslContextWrap};

use super::http1::{Head, Request};
use super::{MAX_HEAD_BYTES, private_address};

/// Number of bytes fed to tiny_http before it is asked to read. More are fed only if a head needs it.
const FEED: usize = 32 * 1024;

/// Number of bytes of a body that tiny_http reads together with the head.
const READ_WITH_HEAD: usize = 1024;

/// Size of the connection's buffers, in bytes: twice the largest head. On some systems the default is
/// smaller.
const BUFFER: usize = 2 * MAX_HEAD_BYTES;

/// Maximum number of attempts to connect to tiny_http without another process connecting at the same
/// time.
const ATTEMPTS: usize = 8;

/// A connection to tiny_http: where requests are written, and where they come out as tiny_http reads
/// them; `None` for a request that it cannot read.
type Reader = (UnixStream, Box<dyn Iterator<Item = Option<ReadRequest>> + Send>);

/// A lane's connection to tiny_http.
pub(super) struct SecondReader {
    /// `None` if the connection could not be made, or was given up.
    reader: Option<Reader>,
    /// The bytes to feed next.
    feed: Vec<u8>,
    /// The part of a body that tiny_http has read.
    body: Vec<u8>,
}

impl SecondReader {
    pub(super) fn new() -> Self {
        Self { reader: connect(), feed: Vec::new(), body: Vec::new() }
    }

    /// Has tiny_http read the requests, and returns the positions of those that it reads differently.
    pub(super) fn compare<'a, A: 'a>(
        &mut self,
        requests: impl Iterator<Item = &'a Request<A>>,
    ) -> Vec<usize> {
        let requests = requests.collect::<Vec<_>>();
        let mut disagreed = Vec::new();
        let mut next = 0;
        while let Some(left) = requests.get(next..).filter(|left| !left.is_empty()) {
            let Some(mut reader) = self.reader.take().or_else(connect) else { break };
            match self.compare_some(left, &mut reader) {
                Ok(agreed) => {
                    next += agreed;
                    self.reader = Some(reader);
                }
                // tiny_http may have bytes left that belong to no request, so its connection is dropped.
                Err(agreed) => {
                    disagreed.push(next + agreed);
                    next += agreed + 1;
                }
            }
        }
        disagreed
    }

    /// Feeds as many requests as fit, and compares what tiny_http reads. Returns the number of requests
    /// that both readers agree on; it is an error if they disagree on the next one.
    fn compare_some<A>(
        &mut self,
        requests: &[&Request<A>],
        reader: &mut Reader,
    ) -> Result<usize, usize> {
        let Self { feed, body, .. } = self;
        let mut count = 0;
        for request in requests {
            let start = feed.len();
            write_head(feed, &request.head, request.body.bytes.len());
            feed.extend_from_slice(&request.body.bytes);
            if feed.len() > FEED && count > 0 {
                feed.truncate(start);
                break;
            }
            count += 1;
        }
        // A request that is larger is fed alone, and the rest of its body piece by piece.
        let body_bytes = requests.first().map_or(0, |first| first.body.bytes.len());
        let least = (feed.len() + READ_WITH_HEAD).saturating_sub(body_bytes);
        let (now, later) = feed.split_at(feed.len().min(FEED.max(least)));
        let mut fed = requests.iter().take(count);
        let unlike = match reader.0.write_all(now) {
            Ok(()) => fed.position(|request| !reads_alike(reader, request, later, body)),
            Err(_) => Some(0),
        };
        // A large request must not leave large buffers behind.
        for buffer in [feed, body] {
            buffer.clear();
            buffer.shrink_to(FEED);
        }
        unlike.map_or(Ok(count), Err)
    }
}

/// Connects to tiny_http, or logs why that is not possible.
fn connect() -> Option<Reader> {
    let warn = |error: &io::Error| {
        tracing::warn!(
            %error,
            "cannot connect to tiny_http; requests are read by one reader instead of two"
        );
    };
    try_to_connect().inspect_err(warn).ok()
}

fn try_to_connect() -> io::Result<Reader> {
    let ssl = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
    for _ in 0..ATTEMPTS {
        let (listener, input) = private_address::connect(BUFFER)?;
        let listener = Listener::Unix(listener);
        let accept = || tiny_http::Server::accept_connection(&listener, &ssl);
        // If no other connection waits, the accepted one is this process's own.
        if let (Some(accepted), Err(error)) = (accept()?, accept())
            && error.kind() == ErrorKind::WouldBlock
        {
            return Ok((input, Box::new(accepted.map(Result::ok))));
        }
    }
    Err(io::Error::other("somebody else connects to its private socket"))
}

/// Reads the next request, and compares it. `later` is the part of its body that has not been fed yet.
fn reads_alike<A>(
    (input, requests): &mut Reader,
    request: &Request<A>,
    later: &[u8],
    body: &mut Vec<u8>,
) -> bool {
    let Some(mut read) = requests.next().flatten() else { return false };
    let mut is_body_alike = |read: &mut ReadRequest| -> io::Result<bool> {
        body.clear();
        read_exactly(read.as_reader(), body, request.body.bytes.len().saturating_sub(later.len()))?;
        for piece in later.chunks(FEED / 2) {
            input.write_all(piece)?;
            read_exactly(read.as_reader(), body, piece.len())?;
        }
        Ok(*body == request.body.bytes)
    };
    let is_alike = is_head_alike(&read, &request.head, request.body.bytes.len())
        && is_body_alike(&mut read).unwrap_or(false);
    if !is_alike {
        // Otherwise tiny_http would wait for the rest of the supposed body.
        let _ = input.shutdown(Shutdown::Both);
    }
    // tiny_http continues with the next request when the writer of this one is dropped. If the
    // request itself were dropped, tiny_http would write an answer.
    drop(read.into_writer());
    is_alike
}

fn read_exactly(reader: &mut dyn Read, body: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let start = body.len();
    body.resize(start + length, 0);
    reader.read_exact(body.get_mut(start..).unwrap_or_default())
}

/// Whether a header is fed to tiny_http. Headers of the client's connection are not, nor are names and
/// values with characters that tiny_http does not accept.
fn is_fed(name: &HeaderName, line: &HeaderValue) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    ![CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE].contains(name)
        && name.as_str().bytes().all(is_usual)
        && line.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte))
}

fn target(head: &Head) -> &str {
    head.parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}

/// Joins the header lines of the same name (RFC 9110, section 5.3). Empty lines are left out: they
/// carry no information and would leave a trailing comma.
fn for_each_header(head: &Head, mut each: impl FnMut(&HeaderName, &[u8])) {
    for name in head.parts.headers.keys() {
        let lines = head.parts.headers.get_all(name).iter();
        let mut lines = lines.filter(|line| is_fed(name, line) && !line.is_empty());
        let Some(first) = lines.next() else { continue };
        let mut joined = Cow::Borrowed(first.as_bytes());
        for line in lines {
            joined.to_mut().extend_from_slice(b", ");
            joined.to_mut().extend_from_slice(line.as_bytes());
        }
        each(name, &joined);
    }
}

fn write_head(feed: &mut Vec<u8>, head: &Head, body_bytes: usize) {
    for part in [head.parts.method.as_str(), " ", target(head), " HTTP/1.1\r\n"] {
        feed.extend_from_slice(part.as_bytes());
    }
    for_each_header(head, |name, value| {
        for part in [name.as_str().as_bytes(), b": ", value, b"\r\n"] {
            feed.extend_from_slice(part);
        }
    });
    // Writing to a `Vec` does not fail.
    let _ = write!(feed, "content-length: {body_bytes}\r\n\r\n");
}

fn is_head_alike(read: &ReadRequest, head: &Head, body_bytes: usize) -> bool {
    let mut is_alike = read.method().as_str() == head.parts.method.as_str()
        && read.url() == target(head)
        && read.body_length() == Some(body_bytes);
    for_each_header(head, |name, value| {
        let read = read.headers().get(name.as_str());
        is_alike &= read.is_some_and(|read| read.as_str().as_bytes() == value);
    });
    is_alike
}
