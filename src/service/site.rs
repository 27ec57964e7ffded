//! The service of `lkt serve`: the endpoint, the documents besides it, and the request log.

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use http::request::Parts;

use super::documents::Documents;
use super::gateway::{Gateway, SharedGateway};
use super::log::RequestLog;
use super::metrics::Metrics;
use super::readiness;
use super::request_id::{self, REQUEST_ID};
use crate::endpoint::{Admitted, Answer, Refusal};
use crate::server::{Answered, Call, Client, Service};

/// The service of `lkt serve`.
pub(crate) struct Site {
    gateway: SharedGateway,
    documents: Documents,
    log: RequestLog,
    metrics: Option<Arc<Metrics>>,
}

impl Site {
    pub(crate) fn new(
        gateway: SharedGateway,
        lan: Option<IpAddr>,
        metrics: Option<Arc<Metrics>>,
    ) -> Self {
        Self { gateway, documents: Documents::new(lan), log: RequestLog::default(), metrics }
    }
}

impl Service for Site {
    /// The gateway that admitted the request answers it, even if it has been replaced since.
    type Admitted = (Arc<Gateway>, Admitted);

    fn admit(
        &self,
        head: &Parts,
        body_length: Option<u64>,
        client: Client,
    ) -> ControlFlow<Answer, Self::Admitted> {
        let gateway = self.gateway.load();
        if let Some(answer) = readiness::answer(&gateway, head) {
            return ControlFlow::Break(answer);
        }
        match gateway.endpoint().admit(head, body_length) {
            ControlFlow::Continue(admitted) => ControlFlow::Continue((gateway, admitted)),
            ControlFlow::Break(answer) => {
                ControlFlow::Break(self.documents.or_document(answer, &gateway, head, client))
            }
        }
    }

    fn answer(
        &self,
        (gateway, admitted): Self::Admitted,
        head: &mut Arc<Parts>,
        body: Vec<u8>,
        call: &Call<'_>,
    ) -> Option<Answer> {
        gateway.answer(admitted, head, body, call)
    }

    fn refuse(&self, head: &Parts, refusal: Refusal) -> Answer {
        self.gateway.load().endpoint().refuse(head, refusal)
    }

    fn max_body(&self) -> usize {
        self.gateway.load().endpoint().max_body
    }

    /// Gives the answer the id of its request, so that people can name it.
    fn complete(&self, head: &Parts, answer: &mut Answer) {
        let id = request_id::of(&head.headers).cloned().unwrap_or_else(request_id::new);
        answer.response.headers_mut().insert(REQUEST_ID, id);
    }

    fn answered(&self, answered: &Answered<'_>) {
        if let Some(metrics) = &self.metrics {
            metrics.answered(answered);
        }
        self.log.record(answered, || match answered.head {
            Some(head) => self.gateway.load().remote(answered.client, &head.headers),
            None => answered.client.to_string(),
        });
    }
}
