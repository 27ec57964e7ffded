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

/// The requests that tiny_http reads; `None` for a request that it cannot read.
type Requests = Box<dyn Iterator<Item = Option<ReadRequest>> + Send>;

/// A lane's connection to tiny_http.
#[derive(Debug)]
pub(super) struct SecondReader {
    /// `None` if the connection could not be made.
    reader: Option<Reader>,
    /// The bytes to feed next.
    feed: Vec<u8>,
    /// The part of a body that tiny_http has read.
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
                // The bytes that it has not read belong to no request.
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

/// The number of requests that both readers agree on, and whether the reader can continue.
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
            // If no other connection waits, the accepted one is this process's own.
            let Listener::Unix(listener) = &listener else { continue };
            let is_alone =
                matches!(listener.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock);
            if let (Some(accepted), true) = (accepted, is_alone) {
                return Ok(Self { input, requests: Box::new(accepted.map(Result::ok)) });
            }
        }
        Err(io::Error::other("somebody else connects to its private socket"))
    }

    /// Feeds as many requests as fit, and compares what tiny_http reads.
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
        let least = feed.len() - body_bytes.saturating_sub(READ_WITH_HEAD).min(feed.len());
        let (now, later) = feed.split_at(feed.len().min(FEED.max(least)));
        let mut agreed = Agreed { requests: 0, is_intact: self.input.write_all(now).is_ok() };
        while agreed.is_intact && agreed.requests < count {
            let Some(request) = requests.get(agreed.requests) else { break };
            agreed.is_intact = self.reads_alike(request, later, body);
            agreed.requests += usize::from(agreed.is_intact);
        }
        // A large request must not leave large buffers behind.
        for buffer in [feed, body] {
            buffer.clear();
            buffer.shrink_to(FEED);
        }
        agreed
    }

    /// Reads the next request, and compares it.
    fn reads_alike<A>(&mut self, request: &Request<A>, later: &[u8], body: &mut Vec<u8>) -> bool {
        let Some(mut read) = self.requests.next().flatten() else { return false };
        let is_alike = is_head_alike(&read, &request.head, request.body.bytes.len())
            && self.read_body(&mut read, request.body.bytes.len(), later, body).is_ok()
            && *body == request.body.bytes;
        if !is_alike {
            // Otherwise tiny_http would wait for the rest of the supposed body.
            let _ = self.input.shutdown(Shutdown::Both);
        }
        // tiny_http continues with the next request when the writer of this one is dropped. If the
        // request itself were dropped, tiny_http would write an answer.
        drop(read.into_writer());
        is_alike
    }

    /// Reads a body. `later` is the part that has not been fed yet.
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
