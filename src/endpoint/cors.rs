//! The headers that let web pages read answers (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! Every answer needs the headers, including errors: without them a page sees "Failed to fetch"
//! instead of the reason.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ALLOW, HeaderName, HeaderValue,
    ORIGIN, VARY,
};
use http::request::Parts;
use http::{Method, Response};

use super::hosts::authority;
use super::{Origins, answer};

/// Sent by Chromium 104 to 137 before a public page may reach a private address; later versions ask the
/// user instead.
const REQUEST_PRIVATE_NETWORK: &str = "access-control-request-private-network";
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// Says where a request of a browser comes from (Fetch Metadata).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// How long a browser may cache the answer to a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The headers of an answer that a page may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("Lkt-Error, Lkt-Ignored, Retry-After, WWW-Authenticate, X-Request-Id");

impl Origins {
    /// Sets the headers that every answer needs.
    pub(super) fn mark(&self, head: &Parts, mut response: Response<Vec<u8>>) -> Response<Vec<u8>> {
        if *self == Self::Proxy {
            return response;
        }
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = head.headers.get(ORIGIN).filter(|origin| self.allows(origin)) else {
            return response;
        };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        // `null` is the origin of any sandboxed page or local file: it may read, but not with
        // credentials.
        if origin != "null" {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        response
    }

    /// Whether a request is a preflight of an allowed origin.
    ///
    /// It is answered on every path and host: if the request itself is refused, the page can then read
    /// why. A refused preflight shows as a CORS error, whatever the reason.
    pub(super) fn is_preflight(&self, head: &Parts) -> bool {
        let is_allowed = |origin| *self != Self::Proxy && self.allows(origin);
        head.method == Method::OPTIONS
            && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && head.headers.get(ORIGIN).is_some_and(is_allowed)
    }

    /// The answer to `OPTIONS`. `allow` has the methods of the path.
    pub(super) fn options(&self, head: &Parts, allow: &'static str) -> Response<Vec<u8>> {
        let mut response = answer::empty();
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static(allow));
        if *self == Self::Proxy || !head.headers.contains_key(ORIGIN) {
            return response;
        }
        // A method that the path does not have is refused later, so that the page can read why.
        let requested = head.headers.get(ACCESS_CONTROL_REQUEST_METHOD);
        let is_known = |method: &&HeaderValue| allow.split(", ").any(|known| *method == known);
        let methods = requested.filter(|method| !is_known(method)).cloned();
        let methods = methods.unwrap_or(HeaderValue::from_static(allow));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        // Reflected, since `*` does not cover `Authorization`.
        if let Some(asked) = head.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        if head.headers.get(REQUEST_PRIVATE_NETWORK).is_some_and(|asked| asked == "true") {
            headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
        }
        let vary = "Access-Control-Request-Headers, Access-Control-Request-Private-Network";
        headers.append(VARY, HeaderValue::from_static(vary));
        response
    }
}

/// Whether a request comes from a page of the server that it is sent to.
pub(super) fn is_same_origin(head: &Parts) -> bool {
    // A page cannot set this header. Browsers leave it out where the server is reached without TLS.
    if head.headers.get(SEC_FETCH_SITE).is_some_and(|site| site == "same-origin") {
        return true;
    }
    let origin = head.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = origin.and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some_and(|host| authority(head).is_some_and(|own| own.eq_ignore_ascii_case(host)))
}
