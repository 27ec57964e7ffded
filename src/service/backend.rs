//! `--ask`: asks the operator's backend about each request.

use std::time::Duration;

use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::request::Parts;
use ureq::Agent;

use super::http_client::NoAnswer;
use super::issuer::{FetchUrl, read_body};
use super::request_id::{self, REQUEST_ID, TRACEPARENT, TRACESTATE, Trace};

/// Maximum time for the backend to answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// Maximum size of the answer, in bytes.
const MOST_BYTES: u64 = 256 * 1024;

/// A backend that is asked about requests.
#[derive(Clone)]
pub(crate) struct Backend {
    url: FetchUrl,
    /// The client, or the reason why there can be none.
    agent: Result<Agent, NoAnswer>,
}

impl Backend {
    pub(crate) fn new(url: FetchUrl) -> Self {
        let agent = url.agent(TIMEOUT);
        Self { url, agent }
    }

    /// Asks the backend with the client's own credentials, `Authorization` and `Cookie`, and with the ids
    /// of the request and its trace. Waits at most `timeout`. Returns status and body of its answer.
    pub(crate) fn ask(
        &self,
        head: &Parts,
        question: &[u8],
        timeout: Duration,
    ) -> Result<(StatusCode, Vec<u8>), String> {
        let agent = self.agent.as_ref().map_err(ToString::to_string)?;
        let mut request = agent.post(self.url.uri());
        for name in [AUTHORIZATION, COOKIE] {
            for value in head.headers.get_all(&name) {
                request = request.header(&name, value);
            }
        }
        if let Some(id) = request_id::of(&head.headers) {
            request = request.header(REQUEST_ID, id);
        }
        if let Some(trace) = Trace::of(&head.headers) {
            request = request.header(TRACEPARENT, trace.parent);
            for state in Trace::states(&head.headers) {
                request = request.header(TRACESTATE, state);
            }
        }
        let request = request.header(CONTENT_TYPE, "application/json");
        let sent = request.config().timeout_global(Some(timeout)).build().send(question);
        let answer = sent.map_err(|error| NoAnswer::new(&error, timeout).to_string())?;
        let status = answer.status();
        Ok((status, read_body(answer.into_body(), MOST_BYTES)?))
    }
}
