//! An issuer of logins, for `lkt serve` and `lkt check`: the source of its keys, and fetching them.

mod args;
mod fetch;
mod place;

use std::sync::Arc;

use zeroize::Zeroizing;

use super::failure::Failure;
use super::files::Input;
use super::notes::Notes;
use super::printable::without_password;
use crate::endpoint::login::KeySet;
use crate::token::ApiSecret;
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
        let keys = KeySet::from_jwks(&bytes).map_err(|error| {
            let help = "give the issuer's public keys as a JWKS: {\"keys\": [...]}";
            Failure::usage(invalid(FLAG, text, &error.to_string()), help)
        })?;
        Ok(Self::Fixed(Arc::new(keys)))
    }

    /// The shared secret of `--auth-secret-file`.
    fn secret(path: &str, notes: Notes) -> Result<Self, Failure> {
        let input = Input::from(path);
        input.warn_if_others_can_read(notes);
        let text = input.read_text().map_err(|failure| failure.at("`--auth-secret-file`"))?;
        let text = Zeroizing::new(text);
        let secret = ApiSecret::new(text.as_str()).map_err(|_| {
            let error = anyhow::anyhow!("{} is empty", input.name());
            Failure::failed(error, "put the issuer's secret into it")
        })?;
        if secret.is_short() {
            notes.warn(
                "the issuer's secret has under 32 bytes; logins may be forged by guessing it",
            );
        }
        Ok(Self::Fixed(Arc::new(KeySet::shared_secret(secret))))
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
