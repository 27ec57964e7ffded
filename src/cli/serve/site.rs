//! What `lkt serve` answers with: the endpoint, and the log of its requests.

use std::ops::ControlFlow;

use http::request::Parts;

use super::request_log::RequestLog;
use crate::endpoint::{Answer, Refusal};
use crate::server::{Answered, Caller, Client, Service, SharedEndpoint};

/// The service of `lkt serve`.
#[derive(Debug)]
pub(super) struct Site {
    endpoint: SharedEndpoint,
    log: RequestLog,
}

impl Site {
    pub(super) fn new(endpoint: SharedEndpoint) -> Self {
        Self { endpoint, log: RequestLog::default() }
    }
}

/// Whether a client is on another machine, to which the page is not shown, whatever `Host` it names.
fn is_remote(client: Client) -> bool {
    matches!(client, Client::Tcp(address) if !address.ip().to_canonical().is_loopback())
}

impl Service for Site {
    type Admitted = <SharedEndpoint as Service>::Admitted;

    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        client: Client,
    ) -> ControlFlow<Answer, Self::Admitted> {
        if let (true, Some(answer)) = (is_remote(client), self.endpoint.load().refuse_page(head)) {
            return ControlFlow::Break(answer);
        }
        self.endpoint.admit(head, body_length, client)
    }

    fn answer(
        &self,
        admitted: Self::Admitted,
        head: &Parts,
        body: Vec<u8>,
        caller: &Caller<'_>,
    ) -> Option<Answer> {
        self.endpoint.answer(admitted, head, body, caller)
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer {
        self.endpoint.refuse(head, refusal)
    }

    fn max_body(&self) -> usize {
        self.endpoint.max_body()
    }

    fn answered(&self, answered: &Answered<'_>) {
        self.log.record(answered);
    }
}
