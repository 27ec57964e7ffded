//! The interface between a server and the service that answers its requests.

use std::fmt;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use http::request::Parts;

use super::{Call, Replaceable};
use crate::endpoint::{Admitted, Answer, Endpoint, Refusal};

/// Answers the requests of a server: a shared [`Endpoint`], or something built around one.
///
/// The methods are called in the threads that serve all connections, so they must not block, for
/// example on a file or another server. If an answer has to wait for something, give it later from
/// another thread, through [`Call::later`]. If a method panics, that request is
/// answered 500, its connection is closed, and all others continue.
pub trait Service: Send + Sync + 'static {
    /// The value that [`Service::admit`] passes to [`Service::answer`].
    type Admitted: Send;

    /// Looks at the head of a request before its body is read. Returns the answer if it is known
    /// already, or admits the request.
    ///
    /// `body_length` is the length in bytes that the head announces: 0 without a body, `None` for a
    /// chunked body.
    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        client: Client,
    ) -> ControlFlow<Answer, Self::Admitted>;

    /// Answers an admitted request. Returns `None` if the answer comes later. What it changes in the head,
    /// by [`Arc::make_mut`], is there when the other methods see the head again.
    fn answer(
        &self,
        admitted: Self::Admitted,
        head: &mut Arc<Parts>,
        body: Vec<u8>,
        call: &Call<'_>,
    ) -> Option<Answer>;

    /// Refuses a request for a reason of the server, such as a body that is too large.
    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer;

    /// Maximum size of a request body, in bytes.
    fn max_body(&self) -> usize;

    /// Completes an answer to a request whose head could be read, right before it is sent. Does nothing by
    /// default.
    fn complete(&self, _head: &Parts, _answer: &mut Answer) {}

    /// Called with every answer once sending has begun, for a log. Does nothing by default.
    fn answered(&self, _answered: &Answered<'_>) {}
}

/// The client that sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Client {
    /// A TCP client at this address.
    Tcp(SocketAddr),
    /// A client of a Unix socket, which has no address.
    Unix,
}

impl fmt::Display for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix => formatter.write_str("unix"),
        }
    }
}

/// A request and its answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The head of the request, if it could be read.
    pub head: Option<&'a Parts>,
    /// The answer.
    pub answer: &'a Answer,
    /// When the last byte of the request arrived, or when the request was refused if that was earlier.
    pub arrived: Instant,
    /// The client that sent the request.
    pub client: Client,
}

/// An endpoint that can be replaced by another between two requests.
pub type SharedEndpoint = Replaceable<Endpoint>;

impl Service for SharedEndpoint {
    /// The endpoint that admitted the request answers it, even if it has been replaced since.
    type Admitted = (Arc<Endpoint>, Admitted);

    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        _client: Client,
    ) -> ControlFlow<Answer, Self::Admitted> {
        let endpoint = self.load();
        match endpoint.admit(head, body_length) {
            ControlFlow::Continue(admitted) => ControlFlow::Continue((endpoint, admitted)),
            ControlFlow::Break(answer) => ControlFlow::Break(answer),
        }
    }

    fn answer(
        &self,
        (endpoint, admitted): Self::Admitted,
        head: &mut Arc<Parts>,
        body: Vec<u8>,
        call: &Call<'_>,
    ) -> Option<Answer> {
        Some(endpoint.handle_admitted(admitted, head, &body, call.now))
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer {
        self.load().refuse(head, refusal)
    }

    fn max_body(&self) -> usize {
        self.load().max_body
    }
}
