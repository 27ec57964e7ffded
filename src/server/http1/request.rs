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

/// A complete request.
#[derive(Debug)]
pub(in crate::server) struct Request<A> {
    pub(in crate::server) head: Head,
    pub(in crate::server) admission: Admission<A>,
    /// The decoded body.
    pub(in crate::server) body: Vec<u8>,
}

/// The result of reading the bytes that have arrived.
#[derive(Debug)]
pub(in crate::server) enum Progress<A> {
    /// Part of a request, or nothing.
    More,
    /// The head of a request whose client waits for `100 Continue`.
    Continue,
    /// A complete request.
    Request(Box<Request<A>>),
    /// A request that is answered before it was read completely. The bytes that follow cannot be read
    /// as a request.
    Refused(Option<Box<Head>>, Answer),
}

/// Reads the requests of one connection.
#[derive(Debug)]
pub(in crate::server) struct RequestReader<A> {
    /// Where the search for the end of the head continues.
    searched: usize,
    /// The request whose body is arriving.
    receiving: Option<Box<Receiving<A>>>,
}

#[derive(Debug)]
struct Receiving<A> {
    head: Head,
    admission: Admission<A>,
    body: Body,
}

impl<A> Default for RequestReader<A> {
    fn default() -> Self {
        Self { searched: 0, receiving: None }
    }
}

impl<A> RequestReader<A> {
    /// Whether the head of a request has arrived, but not its whole body.
    pub(in crate::server) fn is_receiving(&self) -> bool {
        self.receiving.is_some()
    }

    /// Gives up a request whose body is incomplete, and returns its head.
    pub(in crate::server) fn abandon(&mut self) -> Option<Head> {
        self.receiving.take().map(|receiving| receiving.head)
    }

    /// Parses bytes that have arrived. Returns how many were used, and the result. The caller passes
    /// the rest again when more has arrived.
    pub(in crate::server) fn read<S: Service<Admitted = A>>(
        &mut self,
        arrived: &[u8],
        limits: &Limits,
        service: &S,
        client: Client,
    ) -> (usize, Progress<A>) {
        let refused =
            |refusal: Refusal| Progress::Refused(None, without_head(service, arrived, refusal));
        let mut used = 0;
        if self.receiving.is_none() {
            if arrived.is_empty() {
                return (0, Progress::More);
            }
            let end = match head::find_end(arrived, &mut self.searched, limits) {
                Ok(Some(end)) => end,
                Ok(None) => return (0, Progress::More),
                Err(refusal) => return (0, refused(refusal)),
            };
            match head::parse(arrived.get(..end).unwrap_or_default(), limits) {
                Ok(head) => {
                    let admission = service.admit(&head.parts, head.body_bytes(), client);
                    let body = Body::new(head.body, service.max_body(), limits.head_bytes);
                    self.receiving = Some(Box::new(Receiving { head, admission, body }));
                }
                Err(refusal) => return (end, refused(refusal)),
            }
            self.searched = 0;
            used = end;
        }
        let (taken, progress) = self.receive(arrived.get(used..).unwrap_or_default(), service);
        (used + taken, progress)
    }

    fn receive<S: Service<Admitted = A>>(
        &mut self,
        arrived: &[u8],
        service: &S,
    ) -> (usize, Progress<A>) {
        let Some(mut receiving) = self.receiving.take() else { return (0, Progress::More) };
        let taken = match receiving.body.take(arrived) {
            Ok(taken) => taken,
            Err(refusal) => {
                let head = receiving.head;
                let answer = service.refuse(&head.parts, refusal);
                return (0, Progress::Refused(Some(Box::new(head)), answer));
            }
        };
        if receiving.body.is_whole() {
            let Receiving { head, admission, body } = *receiving;
            let request = Request { head, admission, body: body.into_bytes() };
            return (taken, Progress::Request(Box::new(request)));
        }
        match receiving.admission {
            // The server does not wait for a body that it does not need.
            ControlFlow::Break(answer) => {
                (taken, Progress::Refused(Some(Box::new(receiving.head)), answer))
            }
            ControlFlow::Continue(_) => {
                // Sent at most once, and not to a client that sends its body without it.
                let expects = mem::take(&mut receiving.head.expects_continue);
                let waits = expects && receiving.body.is_empty() && taken == arrived.len();
                self.receiving = Some(receiving);
                (taken, if waits { Progress::Continue } else { Progress::More })
            }
        }
    }
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

    /// Passes the pieces to a reader, each together with what the reader has left over, and returns
    /// the last result.
    fn read(pieces: &[&str]) -> Progress<<SharedEndpoint as Service>::Admitted> {
        let (mut reader, service, limits) =
            (RequestReader::default(), service(), Limits::default());
        let (mut unread, mut last) = (String::new(), Progress::More);
        for piece in pieces {
            unread.push_str(piece);
            let (used, progress) = reader.read(unread.as_bytes(), &limits, &service, Client::Unix);
            unread.drain(..used);
            last = progress;
        }
        last
    }

    #[test]
    fn a_client_is_told_to_continue_once_and_only_if_it_waits() {
        let head = "POST /getToken HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
                    Content-Type: application/json\r\nContent-Length: 2\r\n\r\n";
        assert!(matches!(read(&[head]), Progress::Continue));
        assert!(matches!(read(&[&head[..50], &head[50..]]), Progress::Continue));
        assert!(matches!(read(&[head, ""]), Progress::More));
        assert!(matches!(read(&[&head.replace("Expect", "Accept")]), Progress::More));
        let begun = format!("{head}{{");
        assert!(matches!(read(&[&begun]), Progress::More));
        for whole in [&[head, "{}"][..], &[&begun, "}"], &[head, "{", "}"]] {
            let Progress::Request(request) = read(whole) else { panic!("{whole:?}") };
            assert_eq!(request.body, b"{}");
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
