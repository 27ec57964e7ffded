//! tiny_http as the second reader of every request.
//!
//! lkt's own parser finds where a request ends and refuses what is ambiguous. Then tiny_http reads the
//! request as well, and only what both read alike is answered: method, target, headers and body. Two
//! readers that must agree leave no gap for a request that one of them takes for two.
//!
//! tiny_http reads from sockets that it has accepted, and from nothing else. So a lane accepts one Unix
//! connection from itself, through tiny_http, and feeds it one bounded request after another. What it
//! is fed is the request in its plainest form: headers of one name on one line, no `Connection` and
//! `Expect`, which concern the client's connection alone, and the decoded body with its length. It is
//! never asked for more than it was fed, so it never waits.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, TRANSFER_ENCODING, UPGRADE};
use tiny_http::{Listener, Request as ReadRequest, SslContextWrap};

use super::http1::{Head, Request};
use super::private_address;

/// How much tiny_http is fed before it is asked to read, in bytes: less than any socket buffer.
const FEED: usize = 32 * 1024;

/// Maximum number of attempts to connect to tiny_http without anyone else connecting in between.
const ATTEMPTS: usize = 8;

/// The requests that tiny_http reads; `None` for what it cannot read.
type Requests = Box<dyn Iterator<Item = Option<ReadRequest>> + Send>;

/// A lane's connection to tiny_http.
#[derive(Debug)]
pub(super) struct SecondReader {
    /// `None` when it could not be made.
    reader: Option<Reader>,
    /// What is fed next.
    feed: Vec<u8>,
    /// What tiny_http has read of a body.
    body: Vec<u8>,
}

struct Reader {
    input: UnixStream,
    requests: Requests,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Reader").field("input", &self.input).finish_non_exhaustive()
    }
}

impl SecondReader {
    pub(super) fn new() -> Self {
        let mut new = Self { reader: None, feed: Vec::new(), body: Vec::new() };
        new.connect();
        new
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
            if self.reader.is_none() {
                self.connect();
            }
            let Some(reader) = &mut self.reader else { break };
            let agreed = reader.compare(left, &mut self.feed, &mut self.body);
            next += agreed.requests;
            if !agreed.is_intact {
                // What it has not read belongs to no request.
                self.reader = None;
                disagreed.push(next);
                next += 1;
            }
        }
        disagreed
    }

    fn connect(&mut self) {
        match Reader::connect() {
            Ok(reader) => self.reader = Some(reader),
            Err(error) => tracing::warn!(
                %error,
                "cannot connect to tiny_http; requests are read by one reader instead of two"
            ),
        }
    }
}

/// How many requests were read alike, and whether the reader can go on.
struct Agreed {
    requests: usize,
    is_intact: bool,
}

impl Reader {
    fn connect() -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let place = private_address::new()?;
            let listener = UnixListener::bind_addr(place.address())?;
            listener.set_nonblocking(true)?;
            let input = UnixStream::connect_addr(place.address())?;
            input.set_nonblocking(true)?;
            let listener = Listener::Unix(listener);
            let ssl = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
            let accepted = tiny_http::Server::accept_connection(&listener, &ssl)?;
            // When nobody else waits, the one that was accepted is ours.
            let Listener::Unix(listener) = &listener else { continue };
            let is_alone =
                matches!(listener.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock);
            if let (Some(accepted), true) = (accepted, is_alone) {
                return Ok(Self { input, requests: Box::new(accepted.map(Result::ok)) });
            }
        }
        Err(io::Error::other("somebody else connects to its private socket"))
    }

    /// Feeds as many requests as fit, and has them read.
    fn compare<A>(
        &mut self,
        requests: &[&Request<A>],
        feed: &mut Vec<u8>,
        body: &mut Vec<u8>,
    ) -> Agreed {
        feed.clear();
        let mut count = 0;
        for request in requests {
            let start = feed.len();
            write_head(feed, &request.head, request.body.len());
            feed.extend_from_slice(&request.body);
            if feed.len() > FEED && count > 0 {
                feed.truncate(start);
                break;
            }
            count += 1;
        }
        // A request that is larger by itself is fed piece by piece.
        let first = feed.len().min(FEED);
        let (now, later) = feed.split_at(first);
        let mut agreed = Agreed { requests: 0, is_intact: self.input.write_all(now).is_ok() };
        while agreed.is_intact && agreed.requests < count {
            let Some(request) = requests.get(agreed.requests) else { break };
            agreed.is_intact = self.reads_alike(request, later, body);
            agreed.requests += usize::from(agreed.is_intact);
        }
        agreed
    }

    /// Reads the next request, and compares it.
    fn reads_alike<A>(&mut self, request: &Request<A>, later: &[u8], body: &mut Vec<u8>) -> bool {
        let Some(mut read) = self.requests.next().flatten() else { return false };
        let is_alike = is_head_alike(&read, &request.head, request.body.len())
            && self.read_body(&mut read, request.body.len(), later, body).is_ok()
            && *body == request.body;
        if !is_alike {
            // Otherwise tiny_http would wait for the rest of what it takes for the body.
            let _ = self.input.shutdown(Shutdown::Both);
        }
        // tiny_http goes on to the next request when the writer of this one is dropped, and would write
        // an answer of its own if the request was.
        drop(read.into_writer());
        is_alike
    }

    /// Reads a body of which `later` is still to be fed.
    fn read_body(
        &mut self,
        read: &mut ReadRequest,
        length: usize,
        later: &[u8],
        body: &mut Vec<u8>,
    ) -> io::Result<()> {
        body.clear();
        read_exactly(read.as_reader(), body, length.saturating_sub(later.len()))?;
        for piece in later.chunks(FEED / 2) {
            self.input.write_all(piece)?;
            read_exactly(read.as_reader(), body, piece.len())?;
        }
        Ok(())
    }
}

fn read_exactly(reader: &mut dyn Read, body: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let start = body.len();
    body.resize(start + length, 0);
    reader.read_exact(body.get_mut(start..).unwrap_or_default())
}

/// What concerns the client's connection, and is not passed on.
fn is_passed_on(name: &HeaderName) -> bool {
    ![CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE].contains(name)
}

fn target(head: &Head) -> &str {
    head.parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}

/// The lines of one name as one (RFC 9110, section 5.3). Empty ones say nothing, and would leave a comma
/// with nothing behind it.
fn for_each_header(head: &Head, mut each: impl FnMut(&HeaderName, &[u8])) {
    let mut joined = Vec::new();
    for name in head.parts.headers.keys().filter(|name| is_passed_on(name)) {
        let mut lines = head.parts.headers.get_all(name).iter().filter(|line| !line.is_empty());
        let Some(first) = lines.next() else {
            each(name, b"");
            continue;
        };
        let Some(second) = lines.next() else {
            each(name, first.as_bytes());
            continue;
        };
        joined.clear();
        joined.extend_from_slice(first.as_bytes());
        for line in [second].into_iter().chain(lines) {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(line.as_bytes());
        }
        each(name, &joined);
    }
}

fn write_head(feed: &mut Vec<u8>, head: &Head, body_bytes: usize) {
    for part in [head.parts.method.as_str(), " ", target(head), " HTTP/1.1\r\n"] {
        feed.extend_from_slice(part.as_bytes());
    }
    for_each_header(head, |name, value| {
        feed.extend_from_slice(name.as_str().as_bytes());
        feed.extend_from_slice(b": ");
        feed.extend_from_slice(value);
        feed.extend_from_slice(b"\r\n");
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
