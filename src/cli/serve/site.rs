//! What `lkt serve` answers with: the endpoint, and the log of its requests.

use std::ops::ControlFlow;
use std::sync::Arc;

use http::request::Parts;

use super::login::{Desk, SharedDesk};
use super::request_log::RequestLog;
use crate::endpoint::{Admitted, Answer, Refusal};
use crate::server::{Answered, Caller, Client, Service};

/// The service of `lkt serve`.
pub(super) struct Site {
    desk: SharedDesk,
    log: RequestLog,
}

impl Site {
    pub(super) fn new(desk: SharedDesk) -> Self {
        Self { desk, log: RequestLog::default() }
    }
}

/// Whether a client is on another machine, to which the page is not shown, whatever `Host` it names.
fn is_remote(client: Client) -> bool {
    matches!(client, Client::Tcp(address) if !address.ip().to_canonical().is_loopback())
}

impl Service for Site {
    /// The desk that admitted the request answers it, even if it is replaced meanwhile.
    type Admitted = (Arc<Desk>, Admitted);

    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        client: Client,
    ) -> ControlFlow<Answer, Self::Admitted> {
        let desk = self.desk.load();
        if let (true, Some(answer)) = (is_remote(client), desk.endpoint().refuse_page(head)) {
            return ControlFlow::Break(answer);
        }
        match desk.endpoint().admit(head, body_length) {
            ControlFlow::Continue(admitted) => ControlFlow::Continue((desk, admitted)),
            ControlFlow::Break(answer) => ControlFlow::Break(answer),
        }
    }

    fn answer(
        &self,
        (desk, admitted): Self::Admitted,
        head: &Parts,
        body: Vec<u8>,
        caller: &Caller<'_>,
    ) -> Option<Answer> {
        desk.answer(admitted, head, body, caller)
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer {
        self.desk.load().endpoint().refuse(head, refusal)
    }

    fn max_body(&self) -> usize {
        self.desk.load().endpoint().max_body
    }

    fn answered(&self, answered: &Answered<'_>) {
        self.log.record(answered);
    }
}
