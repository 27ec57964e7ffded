//! `GET /readyz`: whether tokens can be issued now, for readiness probes. Like `/healthz`, it is answered
//! whatever the `Host`, since it tells nothing else.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use serde_json::json;

use super::gateway::{Gateway, Missing};
use crate::endpoint::{Answer, Code, Refusal};

/// The path, with or without the base path: probes connect without the proxy that adds it.
pub(crate) const PATH: &str = "/readyz";

const METHODS: &[Method] = &[Method::GET, Method::HEAD];

/// Answers a request for the path.
pub(super) fn answer(gateway: &Gateway, head: &Parts) -> Option<Answer> {
    let (endpoint, path) = (gateway.endpoint(), head.uri.path());
    if !endpoint.routes.matches_probe(path, PATH) {
        return None;
    }
    if !METHODS.contains(&head.method) {
        return Some(endpoint.refuse(head, Refusal::method_not_allowed(head, METHODS)));
    }
    let not_ready = |error: &str, code: Code| {
        let hint = "try again in a few seconds, and see the log";
        let code = code.as_str();
        let body = json!({"status": "not ready", "error": error, "code": code, "hint": hint});
        (StatusCode::SERVICE_UNAVAILABLE, body)
    };
    let (status, body) = match gateway.missing() {
        None => (StatusCode::OK, json!({"status": "ok"})),
        Some(Missing::Keys) => {
            not_ready("the keys of an issuer have not been fetched yet", Code::AuthUnavailable)
        }
        Some(Missing::Store) => not_ready("the store cannot be reached", Code::StoreUnavailable),
    };
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(endpoint.respond(head, response))
}
