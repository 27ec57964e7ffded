//! `GET /`: a page on which a developer tries the endpoint, on loopback only.
//!
//! It is one document that asks for nothing but tokens, from the server it came from. The policy in
//! its head lets run what stands in `page/` and nothing else; it is known by its hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use sha2::{Digest, Sha256};

use super::Endpoint;

const HTML: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SNIPPETS: &str = include_str!("page/snippets.js");
const SCRIPT: &str = include_str!("page/page.js");

pub(super) fn answer(endpoint: &Endpoint) -> Response<Vec<u8>> {
    let script = format!("{SNIPPETS}{SCRIPT}");
    let mut response = Response::new(document(endpoint, &script).into_bytes());
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    // It is made of ASCII. Were it not, the page would do nothing, which is safe.
    let policy = HeaderValue::try_from(policy(&script));
    let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

fn document(endpoint: &Endpoint, script: &str) -> String {
    let bearer = if endpoint.access.bearer.is_some() { "yes" } else { "no" };
    // The path last: nothing in it is filled in.
    let html = HTML.replace("{{style}}", STYLE).replace("{{script}}", script);
    let html = html.replace("{{bearer}}", bearer);
    html.replace("{{token_path}}", &escaped(&endpoint.routes.shown()))
}

/// No other script, no other style, no request anywhere else, no frame around it.
fn policy(script: &str) -> String {
    let (script, style) = (hash(script), hash(STYLE));
    format!(
        "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Text for an attribute in double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
