//! tiny_http as the second reader of every request.
//!
//! lkt's own parser finds where a request ends and refuses what is ambiguous. Then tiny_http reads the
//! request as well, and only what both read alike is answered: method, target, headers, the length of the
//! body, and the body.
//!
//! tiny_http reads from sockets that it has accepted, and from nothing else. So a lane accepts one Unix
//! connection from itself, through tiny_http, and feeds it one bounded request after another. What it
//! is fed is the request in its plainest form: headers of one name on one line, and the decoded body with
//! its length. Left out are `Connection` and `Expect`, which concern the client's connection alone, and
//! headers with other bytes than tiny_http takes. It is never asked for more than it was fed, so it never
//! waits.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue, TRANSFER_ENCODING, UPGRADE,
};
use socket2::SockRef;
use tiny_http::{Listener, Request as ReadRequest, SslContextWrap};

use super::http1::{Head, Request};
use super::{MAX_HEAD_BYTES, private_address};

/// How much tiny_http is fed before it is asked to read, in bytes. More only where a head needs it.
const FEED: usize = 32 * 1024;

/// How much of a body tiny_http reads together with the head, in bytes.
const READ_WITH_HEAD: usize = 1024;

/// Size of the connection's buffers, in bytes: the largest head fits twice. On some systems they are
/// smaller by default.
const BUFFER: usize = 2 * MAX_HEAD_BYTES;

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
            SockRef::from(&listener).set_recv_buffer_size(BUFFER)?;
            let input = UnixStream::connect_addr(place.address())?;
            input.set_nonblocking(true)?;
            SockRef::from(&input).set_send_buffer_size(BUFFER)?;
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
        // A request that is larger is by itself. The rest of its body is fed piece by piece.
        let body_bytes = requests.first().map_or(0, |first| first.body.len());
        let least = feed.len() - body_bytes.saturating_sub(READ_WITH_HEAD).min(feed.len());
        let (now, later) = feed.split_at(feed.len().min(FEED.max(least)));
        let mut agreed = Agreed { requests: 0, is_intact: self.input.write_all(now).is_ok() };
        while agreed.is_intact && agreed.requests < count {
            let Some(request) = requests.get(agreed.requests) else { break };
            agreed.is_intact = self.reads_alike(request, later, body);
            agreed.requests += usize::from(agreed.is_intact);
        }
        // A large request leaves no large buffers behind.
        for buffer in [feed, body] {
            buffer.clear();
            buffer.shrink_to(FEED);
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

/// Whether a header is fed to tiny_http. Not those that concern the client's connection, nor what it does
/// not take: names and values with unusual characters.
fn is_fed(name: &HeaderName, line: &HeaderValue) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    ![CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE].contains(name)
        && name.as_str().bytes().all(is_usual)
        && line.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte))
}

fn target(head: &Head) -> &str {
    head.parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str)
}

/// The lines of one name as one (RFC 9110, section 5.3). Empty ones say nothing, and would leave a comma
/// with nothing behind it.
fn for_each_header(head: &Head, mut each: impl FnMut(&HeaderName, &[u8])) {
    let mut joined = Vec::new();
    for name in head.parts.headers.keys() {
        let mut lines = head.parts.headers.get_all(name).iter();
        let mut lines = lines.by_ref().filter(|line| is_fed(name, line) && !line.is_empty());
        let Some(first) = lines.next() else { continue };
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
