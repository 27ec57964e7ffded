//! The listener of the metrics: `GET /metrics`, and nothing else.

use std::ops::ControlFlow;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response};
use prometheus_client::encoding::prometheus_text;

use super::Metrics;
use crate::endpoint::{Answer, Code, Refusal};
use crate::server::{Call, Client, Service};

/// The path at which Prometheus looks if it is told no other.
const PATH: &str = "/metrics";

const METHODS: &[Method] = &[Method::GET, Method::HEAD];

/// Shows metrics to everybody who can reach its listener, which is not the one of the endpoint.
pub(crate) struct Exposition(pub(crate) Arc<Metrics>);

impl Exposition {
    fn response(&self) -> Response<Vec<u8>> {
        let mut response = Response::new(self.0.to_text().into_bytes());
        let content_type = HeaderValue::from_static(prometheus_text::CONTENT_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        response
    }
}

impl Service for Exposition {
    type Admitted = std::convert::Infallible;

    fn admit(
        &self,
        head: &Parts,
        _body_length: Option<u64>,
        _client: Client,
    ) -> ControlFlow<Answer, Self::Admitted> {
        ControlFlow::Break(if head.uri.path() != PATH {
            let error = "this listener shows nothing but metrics";
            Refusal::new(Code::NotFound, error, format!("GET {PATH}")).into()
        } else if METHODS.contains(&head.method) {
            self.response().into()
        } else {
            Refusal::method_not_allowed(head, METHODS).into()
        })
    }

    fn answer(
        &self,
        admitted: Self::Admitted,
        _head: &mut Arc<Parts>,
        _body: Vec<u8>,
        _call: &Call<'_>,
    ) -> Option<Answer> {
        match admitted {}
    }

    fn refuse(&self, _head: &Parts, refusal: Refusal) -> Answer {
        refusal.into()
    }

    fn max_body(&self) -> usize {
        0
    }
}
