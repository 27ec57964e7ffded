//! Where a login token is in a request: in `Authorization`, in another header, or in a cookie.

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::error::LoginError;
use crate::endpoint::credentials::bearer;

/// The places of login tokens besides `Authorization: Bearer`. The default has none.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct TokenPlaces {
    /// A header that holds the token, with or without `Bearer`. Some proxies put the login of their
    /// users there. It comes before `Authorization`.
    pub header: Option<HeaderName>,
    /// The name of a cookie that holds the token. `Authorization` comes before it. Browsers send
    /// cookies whichever page makes the request, so only origins that are trusted may be allowed.
    pub cookie: Option<String>,
}

impl TokenPlaces {
    /// Finds the login token of a request.
    pub(in crate::endpoint) fn find<'h>(
        &self,
        headers: &'h HeaderMap,
    ) -> Result<Option<&'h str>, LoginError> {
        if let Some(name) = self.header.as_ref().filter(|name| headers.contains_key(*name)) {
            return in_header(headers, name).map(Some);
        }
        if headers.contains_key(AUTHORIZATION) {
            let token = bearer(headers).ok_or(LoginError::NotBearer)?;
            return utf8(token).map(Some);
        }
        self.cookie.as_ref().map_or(Ok(None), |name| in_cookie(headers, name))
    }
}

fn in_header<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, LoginError> {
    let mut lines = headers.get_all(name).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return Err(LoginError::Malformed("its header is there twice"));
    };
    let line = utf8(line.as_bytes().trim_ascii())?;
    let token = match line.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        None if line.eq_ignore_ascii_case("bearer") => "",
        _ => line,
    };
    if token.is_empty() { Err(LoginError::Malformed("its header is empty")) } else { Ok(token) }
}

/// Returns the value of a cookie (RFC 6265, section 4.2). Two with different values may be an
/// attack by a neighbouring subdomain.
fn in_cookie<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>, LoginError> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(HeaderValue::to_str);
    let pairs = pairs.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let values = pairs.filter(|(other, _)| other.trim() == name);
    let mut values = values.map(|(_, value)| value.trim().trim_matches('"'));
    let first = values.next().filter(|value| !value.is_empty());
    if values.any(|value| Some(value) != first) {
        return Err(LoginError::Malformed("its cookie is there twice, with different values"));
    }
    Ok(first)
}

fn utf8(token: &[u8]) -> Result<&str, LoginError> {
    std::str::from_utf8(token).map_err(|_| LoginError::Malformed("it is not UTF-8"))
}
