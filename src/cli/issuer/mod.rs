//! An issuer of logins, for `lkt serve` and `lkt check`: the source of its keys, and fetching them.

mod args;
mod fetch;
mod place;
mod secret;

use std::sync::Arc;

use super::failure::Failure;
use super::files::Input;
use super::printable::without_password;
use crate::endpoint::login::KeySet;
pub(super) use args::VerifyArgs;
pub(super) use fetch::{Fetched, read_body};
pub(super) use place::Place;

/// The source of an issuer's keys.
#[derive(Debug, Clone)]
pub(super) enum KeySource {
    /// OpenID Connect discovery.
    Discovery { issuer: String, place: Place },
    /// A JWKS.
    Jwks(Place),
    /// A file that has been read.
    Fixed(Arc<KeySet>),
}

impl KeySource {
    /// The discovery of `--auth-issuer`.
    fn discovery(issuer: &str) -> Result<Self, Failure> {
        let place = fetch::discovery_place(issuer).map_err(|problem| {
            let help = "give an https URL, or its keys with --auth-jwks";
            Failure::usage(invalid("--auth-issuer", issuer, &problem), help)
        })?;
        Ok(Self::Discovery { issuer: issuer.to_owned(), place })
    }

    /// The URL or file of `--auth-jwks`.
    fn jwks(text: &str) -> Result<Self, Failure> {
        const FLAG: &str = "--auth-jwks";
        if text.contains("://") {
            let place = text.parse::<Place>().map_err(|problem| {
                Failure::usage(invalid(FLAG, text, &problem), "give an https URL, or a file")
            })?;
            return Ok(Self::Jwks(place));
        }
        let bytes = match Input::from(text).read() {
            // The text may be a URL without its scheme.
            Err(_) if text.contains('@') => {
                let error = invalid(FLAG, text, "there is no such file");
                return Err(Failure::usage(error, "give an https URL, or a file"));
            }
            read => read.map_err(|failure| failure.at(format!("`{FLAG}`")))?,
        };
        Self::file(text, &bytes)
    }

    /// The keys in a file: a JWKS, a list of keys, or PEM.
    fn file(text: &str, bytes: &[u8]) -> Result<Self, Failure> {
        let failed = |problem: &str| {
            let help = "give the issuer's public keys, as a JWKS or in PEM";
            Failure::usage(invalid("--auth-jwks", text, problem), help)
        };
        let pem = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN "));
        let keys = match pem.filter(|text| !text.trim_start().starts_with(['{', '['])) {
            Some(pem) => KeySet::from_pem(pem),
            None => KeySet::from_jwks(bytes),
        };
        let keys = keys.map_err(|error| failed(&error.to_string()))?;
        match keys.problem() {
            Some(problem) => Err(failed(&problem)),
            None => Ok(Self::Fixed(Arc::new(keys))),
        }
    }

    /// No public keys: the issuer signs with a secret alone.
    fn none() -> Self {
        Self::Fixed(Arc::new(KeySet::default()))
    }

    /// Whether both sources lead to the same keys for the same issuer.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Discovery { issuer, .. }, Self::Discovery { issuer: other, .. }) => {
                issuer == other
            }
            (Self::Jwks(place), Self::Jwks(other)) => place == other,
            _ => false,
        }
    }

    /// Fetches the keys, using discovery if the source asks for it.
    pub(super) fn fetch(&self) -> Result<Fetched, String> {
        match self {
            Self::Discovery { issuer, place } => fetch::keys(fetch::discover(issuer, place)?),
            Self::Jwks(place) => fetch::keys(place.clone()),
            Self::Fixed(_) => Err("a file is not fetched".to_owned()),
        }
    }
}

fn invalid(flag: &str, value: &str, problem: &str) -> anyhow::Error {
    anyhow::anyhow!("invalid value {} for `{flag}`: {problem}", without_password(value))
}
