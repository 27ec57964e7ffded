//! Credentials in headers: bearer tokens (RFC 6750), and what a proxy says.

use std::fmt;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

/// The bearer tokens that are accepted. They are compared in constant time and never printed.
#[derive(Clone)]
pub struct BearerTokens(Vec<Zeroizing<String>>);

impl BearerTokens {
    /// Reads one token per line. Empty lines and lines that begin with `#` are skipped. Returns
    /// `None` if there is no token.
    pub fn from_lines(text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let tokens = lines.map(|line| Zeroizing::new(line.to_owned())).collect::<Vec<_>>();
        (!tokens.is_empty()).then_some(Self(tokens))
    }

    pub(super) fn accepts(&self, token: &[u8]) -> bool {
        // Compares all of them, so that the time does not reveal which one came close.
        let any = |found: Choice, known: &Zeroizing<String>| found | known.as_bytes().ct_eq(token);
        self.0.iter().fold(Choice::from(0), any).into()
    }
}

impl fmt::Debug for BearerTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BearerTokens({} × ***)", self.0.len())
    }
}

/// Returns the token of the `Authorization` header, if there is exactly one such header and it
/// holds a bearer token.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (scheme, token) = line.as_bytes().split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// Returns the header with this name, if there is exactly one and it is not empty.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut lines = headers.get_all(name).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    // Trimming other kinds of white space would make one user of two.
    let text = std::str::from_utf8(line.as_bytes().trim_ascii()).ok()?;
    Some(text).filter(|text| !text.is_empty())
}
