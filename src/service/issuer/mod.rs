//! An issuer of logins: the source of its keys, and fetching and keeping them.

mod cache;
mod fetch;
mod url;

use std::sync::Arc;

use crate::endpoint::login::KeySet;
pub(super) use cache::Cached;
pub(crate) use fetch::{Fetched, read_body};
pub(crate) use url::FetchUrl;

/// The source of an issuer's keys.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// OpenID Connect discovery.
    Discovery { issuer: String, url: FetchUrl },
    /// A JWKS.
    Jwks(FetchUrl),
    /// A file that has been read.
    Fixed(Arc<KeySet>),
}

impl KeySource {
    /// OpenID Connect discovery at an issuer.
    ///
    /// # Errors
    /// Why the issuer is not a URL that keys may be fetched from.
    pub(crate) fn discovery(issuer: &str) -> Result<Self, String> {
        Ok(Self::Discovery { issuer: issuer.to_owned(), url: fetch::discovery_url(issuer)? })
    }

    /// Whether both sources lead to the same keys for the same issuer.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Discovery { issuer, .. }, Self::Discovery { issuer: other, .. }) => {
                issuer == other
            }
            (Self::Jwks(url), Self::Jwks(other)) => url == other,
            _ => false,
        }
    }

    /// Fetches the keys, using discovery if the source asks for it.
    pub(crate) fn fetch(&self) -> Result<Fetched, String> {
        match self {
            Self::Discovery { issuer, url } => fetch::keys(fetch::discover(issuer, url)?),
            Self::Jwks(url) => fetch::keys(url.clone()),
            Self::Fixed(_) => Err("a file is not fetched".to_owned()),
        }
    }
}
