//! The credentials that clients must send to get a token.

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::Refusal;
use super::routes::TokenRoute;

/// Name of the header in which apps for LiveKit Cloud's development token server send its id.
const SANDBOX_ID: &str = "x-sandbox-id";

/// The credentials that a client must send. The default requires none.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Access {
    /// `Authorization: Bearer …`, on every path that hands out tokens.
    pub bearer: Option<BearerTokens>,
    /// `X-Sandbox-ID`, on the development token server's paths.
    pub sandbox_id: Option<String>,
}

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

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sandbox_id = self.sandbox_id.as_ref().map(|_| "***");
        let mut shown = formatter.debug_struct("Access");
        shown.field("bearer", &self.bearer).field("sandbox_id", &sandbox_id).finish()
    }
}

impl Access {
    pub(super) fn check(&self, head: &Parts, route: TokenRoute) -> Result<(), Refusal> {
        if let Some(tokens) = &self.bearer {
            match bearer(&head.headers) {
                Some(token) if tokens.accepts(token) => {}
                Some(_) => return Err(Refusal::unauthorized("the bearer token is not accepted")),
                None => return Err(Refusal::unauthorized("a bearer token is needed")),
            }
        }
        if let (Some(id), TokenRoute::Sandbox | TokenRoute::SandboxV1) = (&self.sandbox_id, route) {
            let header = head.headers.get(SANDBOX_ID);
            let given = header.map_or("", |value| value.to_str().unwrap_or_default());
            // An id without letters and digits is compared as it is.
            let trim = if bare(id).is_empty() { |id| id } else { bare };
            if !bool::from(trim(id).as_bytes().ct_eq(trim(given).as_bytes())) {
                return Err(Refusal::sandbox_id());
            }
        }
        Ok(())
    }
}

/// Returns the token of the `Authorization` header, if there is exactly one such header and it
/// holds a bearer token (RFC 6750).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    let (scheme, token) = line.as_bytes().split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// An id as the Swift and Flutter clients send it: without leading and trailing characters that are
/// neither letters nor digits.
fn bare(id: &str) -> &str {
    id.trim_matches(|letter: char| !letter.is_ascii_alphanumeric())
}
