//! Which web pages may ask for tokens (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! The headers belong on every answer, errors too: without them a page sees "Failed to fetch" and
//! not the reason.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ALLOW, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::request::Parts;
use http::{Response, Uri};

use super::hosts::is_loopback;
use super::{Refusal, answer};

/// Asked by Chromium 104 to 137 before a public page may reach a private address; later versions
/// ask the user instead.
const REQUEST_PRIVATE_NETWORK: &str = "access-control-request-private-network";
const ALLOW_PRIVATE_NETWORK: HeaderName =
    HeaderName::from_static("access-control-allow-private-network");

/// How long a browser may keep a preflight's answer, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// Which origins may read the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origins {
    /// Pages on this machine, at any port: on loopback, and on these hosts (its own addresses, as
    /// phones on the same network see them).
    Local(Vec<String>),
    /// These, as a browser spells them: `https://app.example`. [`Origins::only`] takes them in other
    /// spellings as well.
    Only(Vec<String>),
    /// Any.
    Any,
    /// A proxy in front decides and sets the headers.
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
    /// These origins alone. Capital letters and a slash at the end, which browsers never send, are taken
    /// for what they mean; `null` is what pages of files and sandboxes send.
    ///
    /// # Errors
    /// [`OriginError`] names the first that is not an origin.
    pub fn only<T: AsRef<str>>(origins: impl IntoIterator<Item = T>) -> Result<Self, OriginError> {
        let origins = origins.into_iter().map(|origin| normalize(origin.as_ref()));
        origins.collect::<Result<_, _>>().map(Self::Only)
    }

    /// Refuses a page that may not ask. Clients that are no browser send no `Origin`.
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
        // `null` stands for any sandboxed page or file: it may read, but not with credentials.
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

/// Whether a page is served by this machine. `null` is not a URL, so it is not.
fn is_local(origin: &str, hosts: &[String]) -> bool {
    let uri = origin.parse::<Uri>().ok();
    let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    let host = uri.as_ref().and_then(Uri::host);
    host.is_some_and(|host| is_loopback(host) || hosts.iter().any(|known| known == host))
}

/// An origin as browsers write it: scheme and authority in lower case, without a slash at the end.
fn normalize(origin: &str) -> Result<String, OriginError> {
    let trimmed = origin.trim().trim_end_matches('/');
    let uri = trimmed.parse::<Uri>().ok();
    let is_whole =
        |uri: &Uri| uri.scheme().is_some() && uri.authority().is_some() && uri.path() == "/";
    if trimmed == "null" || uri.as_ref().is_some_and(is_whole) {
        Ok(trimmed.to_ascii_lowercase())
    } else {
        Err(OriginError(origin.to_owned()))
    }
}
