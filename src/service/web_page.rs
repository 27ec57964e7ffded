//! Web pages that are one document each. The content security policy of a page contains the hashes of
//! its own script and style, so nothing else can run in it, and it can contact only this server.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The parts of a page. `{{style}}`, `{{script}}` and `{{server}}` in the HTML are replaced.
pub(super) struct WebPage {
    pub(super) html: &'static str,
    pub(super) style: &'static str,
    pub(super) script: String,
}

impl WebPage {
    /// The page. `server` is what its script knows about the server, as JSON in an attribute.
    pub(super) fn response(&self, server: &impl Serialize) -> Response<Vec<u8>> {
        let mut response = Response::new(self.document(server).into_bytes());
        let headers = response.headers_mut();
        let fixed: [(HeaderName, &'static str); 4] = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        ];
        headers.extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
        // The policy is ASCII. If it were not, the page would not work at all, which is safe.
        let policy = HeaderValue::try_from(self.policy());
        let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        headers.insert(CONTENT_SECURITY_POLICY, policy);
        response
    }

    fn document(&self, server: &impl Serialize) -> String {
        // The value consists of strings and lists of strings, which JSON can always hold.
        let server = serde_json::to_string(server).unwrap_or_default();
        let html = self.html.replace("{{style}}", self.style);
        let html = html.replace("{{script}}", &self.script);
        // Replaced last, so that no placeholder inside it is replaced.
        html.replace("{{server}}", &escaped(&server))
    }

    /// No other script or style, no request to another server, and no frame around the page.
    fn policy(&self) -> String {
        let (script, style) = (hash(&self.script), hash(self.style));
        format!(
            "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; \
             img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'"
        )
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Escapes text for an attribute in double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
