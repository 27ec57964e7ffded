//! Web pages that may request tokens (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! Every answer needs the headers, including errors: without them a page sees "Failed to fetch"
//! instead of the reason.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{Response, Uri};

use super::hosts::{authority, is_loopback};
use super::{Refusal, answer};

/// Sent by Chromium 104 to 137 before a public page may reach a private address; later versions ask
/// the user instead.
const REQUEST_PRIVATE_NETWORK: &str = "access-control-request-private-network";
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// Says where a request of a browser comes from (Fetch Metadata).
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// How long a browser may cache the answer to a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The origins that may request tokens and read the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origins {
    /// Pages on this machine, at any port: on loopback, and on these hosts (its own addresses, as
    /// phones on the same network see them).
    Local(Vec<String>),
    /// These origins, as browsers spell them: `https://app.example`. [`Origins::only`] accepts
    /// other spellings as well.
    Only(Vec<String>),
    /// Any origin.
    Any,
    /// A proxy in front of this server decides, and sets the headers.
    Proxy,
}

impl Default for Origins {
    fn default() -> Self {
        Self::Local(Vec::new())
    }
}

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin")]
pub struct OriginError(String);

impl Origins {
    /// Allows only these origins. Capital letters and a trailing slash, which browsers never send,
    /// are normalized. `null` is the origin of local files and sandboxed pages.
    ///
    /// # Errors
    /// [`OriginError`] names the first that is not an origin.
    pub fn only<T: AsRef<str>>(origins: impl IntoIterator<Item = T>) -> Result<Self, OriginError> {
        let origins = origins.into_iter().map(|origin| normalize(origin.as_ref()));
        origins.collect::<Result<_, _>>().map(Self::Only)
    }

    /// Refuses a page whose origin is not allowed. Clients other than browsers send no `Origin`.
    pub(super) fn check(&self, head: &Parts) -> Result<(), Refusal> {
        match head.headers.get(ORIGIN) {
            Some(origin) if !self.allows(origin) => {
                Err(Refusal::origin(&String::from_utf8_lossy(origin.as_bytes())))
            }
            _ => Ok(()),
        }
    }

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
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("Lkt-Error, Lkt-Ignored"),
        );
        // `null` is the origin of any sandboxed page or local file: it may read, but not with
        // credentials.
        if origin != "null" {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        response
    }

    /// The answer to `OPTIONS` on a path that takes `POST`.
    pub(super) fn preflight(&self, head: &Parts) -> Response<Vec<u8>> {
        let mut response = answer::empty();
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("POST, OPTIONS"));
        if *self == Self::Proxy || !head.headers.contains_key(ORIGIN) {
            return response;
        }
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, OPTIONS"));
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

    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any | Self::Proxy => true,
            Self::Only(known) => known.iter().any(|known| known.as_bytes() == origin.as_bytes()),
            Self::Local(hosts) => origin.to_str().is_ok_and(|origin| is_local(origin, hosts)),
        }
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

/// Whether an origin is on this machine. `null` is not, since it is not a URL.
fn is_local(origin: &str, hosts: &[String]) -> bool {
    let uri = origin.parse::<Uri>().ok();
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let host = uri.as_ref().and_then(Uri::host);
    host.is_some_and(|host| is_loopback(host) || hosts.iter().any(|known| known == host))
}

/// Converts an origin to the form that browsers send: scheme and authority in lower case, without
/// the scheme's default port and without a trailing slash.
fn normalize(origin: &str) -> Result<String, OriginError> {
    let trimmed = origin.trim().trim_end_matches('/').to_ascii_lowercase();
    if trimmed == "null" {
        return Ok(trimmed);
    }
    let wrong = || OriginError(origin.to_owned());
    let uri = trimmed.parse::<Uri>().map_err(|_| wrong())?;
    let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(wrong)?;
    // Browsers send neither user information nor patterns.
    if trimmed != format!("{scheme}://{authority}") || authority.as_str().contains(['@', '*']) {
        return Err(wrong());
    }
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Ok(trimmed),
    };
    Ok(trimmed.strip_suffix(default_port).unwrap_or(&trimmed).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_those_that_browsers_send() {
        let only = |origin: &str| match Origins::only([origin]) {
            Ok(Origins::Only(origins)) => Some(origins.concat()),
            _ => None,
        };
        for (given, sent) in [
            ("https://App.example", "https://app.example"),
            (" https://app.example/ ", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("http://app.example:80/", "http://app.example"),
            ("https://app.example:80", "https://app.example:80"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("null", "null"),
        ] {
            assert_eq!(only(given).as_deref(), Some(sent), "{given}");
        }
        for wrong in [
            "app.example",
            "/path",
            "https://",
            "https://app.example/path",
            "https://app.example?x",
            "https://*.example",
            "https://user@app.example",
            "*",
            "",
        ] {
            assert_eq!(only(wrong), None, "{wrong}");
        }
    }
}
