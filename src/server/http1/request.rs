//! Reads one request after another from the bytes that arrive.

use std::mem;
use std::ops::ControlFlow;

use http::Method;

use super::body::Body;
use super::head::{self, Head};
use crate::endpoint::{Answer, Refusal};
use crate::server::{Client, Limits, Service};

/// The service's decision on the head of a request: an immediate answer, or the admitted request.
pub(in crate::server) type Admission<A> = ControlFlow<Answer, A>;

/// A request whose head has arrived.
#[derive(Debug)]
pub(in crate::server) struct Request<A> {
    pub(in crate::server) head: Head,
    pub(in crate::server) admission: Admission<A>,
    pub(in crate::server) body: Body,
}

/// What is needed after the bytes that have arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Progress {
    /// More bytes.
    More,
    /// `100 Continue`, and more bytes.
    Continue,
    /// An answer: the request is complete, or the service does not need the rest of its body. In the
    /// latter case, the bytes that follow cannot be read as a request.
    Answer,
}

/// Reads the rest of `request`, or a request from its start, from bytes that have arrived. Returns how
/// many were used, and the progress. The caller passes the rest again when more has arrived, and takes
/// the request that needs an answer.
///
/// # Errors
/// The bytes cannot be read as a request, and nor can those that follow. If the head could be read, it
/// is in `request`.
pub(in crate::server) fn read<S: Service>(
    request: &mut Option<Box<Request<S::Admitted>>>,
    arrived: &[u8],
    limits: &Limits,
    service: &S,
    client: Client,
) -> Result<(usize, Progress), Refusal> {
    let mut used = 0;
    let request = if let Some(request) = request {
        request
    } else {
        let Some(end) = head::find_end(arrived, limits)? else { return Ok((0, Progress::More)) };
        used = end;
        let head = head::parse(arrived.get(..end).unwrap_or_default())?;
        let admission = service.admit(&head.parts, head.body_length, client);
        let body = Body::new(head.body_length, service.max_body(), limits.head_bytes);
        request.insert(Box::new(Request { head, admission, body }))
    };
    used += request.body.take(arrived.get(used..).unwrap_or_default())?;
    if request.body.is_whole() || request.admission.is_break() {
        return Ok((used, Progress::Answer));
    }
    // Sent at most once, and not to a client that sends its body without it.
    let expects = mem::take(&mut request.head.expects_continue);
    let waits = expects && request.body.bytes.is_empty() && used == arrived.len();
    Ok((used, if waits { Progress::Continue } else { Progress::More }))
}

/// The answer to a request whose head is incomplete or refused.
pub(in crate::server) fn without_head(
    service: &impl Service,
    arrived: &[u8],
    refusal: Refusal,
) -> Answer {
    match head::whole_lines(arrived) {
        // If `Origin` can be read, the answer lets a web page see why it was refused.
        Some(parts) => {
            let mut answer = service.refuse(&parts, refusal);
            if parts.method == Method::HEAD {
                answer.response.body_mut().clear();
            }
            answer
        }
        None => refusal.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::{Code, Endpoint, Random};
    use crate::server::SharedEndpoint;
    use crate::token::KeyPair;

    fn service() -> SharedEndpoint {
        let url = "ws://localhost:7880".parse().expect("a URL");
        SharedEndpoint::new(Endpoint::new(KeyPair::dev(), url, Random::new(|| 7)))
    }

    /// Reads the pieces, each together with what was left over, and returns the last progress and the
    /// body that has arrived.
    fn read_pieces(pieces: &[&str]) -> (Progress, Vec<u8>) {
        let (mut request, service, limits) = (None, service(), Limits::default());
        let (mut unread, mut last) = (String::new(), Progress::More);
        for piece in pieces {
            unread.push_str(piece);
            let read = read(&mut request, unread.as_bytes(), &limits, &service, Client::Unix);
            let (used, progress) = read.expect("a request");
            unread.drain(..used);
            last = progress;
        }
        (last, request.map(|request| request.body.bytes).unwrap_or_default())
    }

    #[test]
    fn a_client_is_told_to_continue_once_and_only_if_it_waits() {
        let head = "POST /getToken HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
                    Content-Type: application/json\r\nContent-Length: 2\r\n\r\n";
        let progress = |pieces: &[&str]| read_pieces(pieces).0;
        assert_eq!(progress(&[head]), Progress::Continue);
        assert_eq!(progress(&[&head[..50], &head[50..]]), Progress::Continue);
        assert_eq!(progress(&[head, ""]), Progress::More);
        assert_eq!(progress(&[&head.replace("Expect", "Accept")]), Progress::More);
        let begun = format!("{head}{{");
        assert_eq!(progress(&[&begun]), Progress::More);
        for whole in [&[head, "{}"][..], &[&begun, "}"], &[head, "{", "}"]] {
            assert_eq!(read_pieces(whole), (Progress::Answer, b"{}".to_vec()), "{whole:?}");
        }
    }

    #[test]
    fn only_head_is_refused_without_a_body() {
        let body = |method: &str| {
            let arrived = format!("{method} /getToken HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
            let refusal = Refusal::new(Code::BadRequest, "two hosts", "send one");
            without_head(&service(), arrived.as_bytes(), refusal).response.into_body()
        };
        assert_eq!(body("HEAD"), b"");
        assert!(body("POST").starts_with(br#"{"error":"two hosts""#));
    }
}
