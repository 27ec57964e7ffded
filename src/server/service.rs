//! What a server answers with.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use http::request::Parts;

use super::{Caller, Client, Replaceable};
use crate::endpoint::{Admitted, Answer, Endpoint, Refusal};

/// What a server answers with: an [`Endpoint`] that is shared, or something around one.
///
/// Its methods are called in the threads that serve all connections, so none of them may wait: not for
/// a file, not for another server. An answer that has to wait for something is given later, from
/// another thread, through [`Caller::later`]. None of them may panic: that ends the thread, and
/// [`Server::run`](super::Server::run) returns an error.
pub trait Service: Send + Sync + 'static {
    /// What [`Service::admit`] hands on to [`Service::answer`].
    type Admitted: Send;

    /// Looks at the head of a request before its body is read. Either the answer is known already, or
    /// the request is admitted.
    ///
    /// `body_length` is the length in bytes that the head announces: 0 for a request without a body,
    /// `None` for a chunked body.
    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        client: Client,
    ) -> ControlFlow<Answer, Self::Admitted>;

    /// Answers a request that was admitted. `None` when the answer comes later.
    fn answer(
        &self,
        admitted: Self::Admitted,
        head: &Parts,
        body: Vec<u8>,
        caller: &Caller<'_>,
    ) -> Option<Answer>;

    /// Refuses a request for a reason of the server's own, such as a body that is too large.
    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer;

    /// Maximum size of a request body, in bytes.
    fn max_body(&self) -> usize;

    /// Is told of every answer once it is on its way: for a log. It does nothing by default.
    fn answered(&self, _answered: &Answered<'_>) {}
}

/// A request and its answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The head of the request, if it could be read.
    pub head: Option<&'a Parts>,
    /// The answer.
    pub answer: &'a Answer,
    /// When the last byte of the request came, or when it was refused before that.
    pub arrived: Instant,
    /// Who sent the request.
    pub client: Client,
}

/// An endpoint that can be replaced by another between two requests.
pub type SharedEndpoint = Replaceable<Endpoint>;

impl Service for SharedEndpoint {
    /// The endpoint that admitted the request answers it, even if it is replaced meanwhile.
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
        head: &Parts,
        body: Vec<u8>,
        caller: &Caller<'_>,
    ) -> Option<Answer> {
        Some(endpoint.answer(admitted, head, &body, caller.now))
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer {
        self.load().refuse(head, refusal)
    }

    fn max_body(&self) -> usize {
        self.load().max_body
    }
}
