//! An issuer of logins: the source of its keys, and fetching and keeping them.

mod cache;
mod discovery;
mod fetch;
mod url;

use std::sync::Arc;

use crate::endpoint::login::KeySet;
pub(super) use cache::{Cached, CachedState};
pub(crate) use discovery::issuer_of;
pub(crate) use fetch::{Fetched, read_body};
pub(crate) use url::FetchUrl;

/// The source of an issuer's keys.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    /// The metadata of an issuer, at the first of these URLs that has it.
    Discovery { issuer: String, urls: Vec<FetchUrl> },
    /// A JWKS.
    Jwks(FetchUrl),
    /// A file that has been read.
    Fixed(Arc<KeySet>),
}

impl KeySource {
    /// Discovery at an issuer (OpenID Connect Discovery, RFC 8414). `plain_hosts` are trusted without
    /// TLS.
    ///
    /// # Errors
    /// Why the issuer is not a URL that keys may be fetched from.
    pub(crate) fn discovery(issuer: &str, plain_hosts: &Arc<[String]>) -> Result<Self, String> {
        let urls = discovery::urls(issuer, plain_hosts)?;
        Ok(Self::Discovery { issuer: issuer.to_owned(), urls })
    }

    /// Whether both sources lead to the same keys for the same issuer.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Discovery { issuer, urls }, Self::Discovery { issuer: other, urls: others }) => {
                issuer == other && urls == others
            }
            (Self::Jwks(url), Self::Jwks(other)) => url == other,
            _ => false,
        }
    }

    /// Fetches the keys, using discovery if the source says so.
    pub(crate) fn fetch(&self) -> Result<Fetched, String> {
        match self {
            Self::Discovery { issuer, urls } => fetch::keys(discovery::find(issuer, urls)?),
            Self::Jwks(url) => fetch::keys(url.clone()),
            Self::Fixed(_) => Err("a file is not fetched".to_owned()),
        }
    }
}
