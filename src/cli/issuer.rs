//! The options for the keys of an issuer, and for the claims that its tokens must have.

use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::files::Input;
use super::keys::{Purpose, read_secret};
use super::notes::Notes;
use crate::endpoint::login::{ClaimCheck, Issuer, KeySet};
use crate::failure::Failure;
use crate::printable::without_password;
use crate::service::issuer::{FetchUrl, KeySource};
use crate::token::ApiSecret;

// How tokens are verified. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_field_names)] // the names of the options
#[command(next_help_heading = "Logins")]
pub(in crate::cli) struct VerifyArgs {
    /// URL or file of the issuer's keys (JWKS), instead of discovery
    #[arg(
        long,
        value_name = "URL|FILE",
        requires = "auth_issuer",
        value_parser = NonEmptyStringValueParser::new()
    )]
    auth_jwks: Option<String>,

    /// File of a secret that the issuer signs with (HS256), instead of public keys
    #[arg(
        long,
        value_name = "FILE",
        requires = "auth_issuer",
        conflicts_with = "auth_jwks",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    auth_secret_file: Option<String>,

    /// Audience that login tokens must be for. Repeatable: one suffices
    #[arg(
        long,
        value_name = "AUD",
        requires = "auth_issuer",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(in crate::cli) auth_audience: Vec<String>,

    /// Claim that login tokens must have, such as azp=https://app.example. Repeatable: all must hold
    #[arg(long, value_name = "PATH=GLOB", requires = "auth_issuer")]
    pub(in crate::cli) auth_claim: Vec<ClaimCheck>,
}

impl VerifyArgs {
    /// The URL or file of the keys, if one is given.
    pub(in crate::cli) fn keys(&self) -> Option<&str> {
        self.auth_jwks.as_deref().or(self.auth_secret_file.as_deref())
    }

    /// The files that these options name.
    pub(in crate::cli) fn files(&self) -> impl Iterator<Item = &str> {
        let jwks = self.auth_jwks.as_deref().filter(|text| !text.contains("://"));
        jwks.into_iter().chain(self.auth_secret_file.as_deref())
    }

    /// The source of the issuer's keys. A file is read at once.
    pub(in crate::cli) fn key_source(
        &self,
        issuer: &str,
        notes: Notes,
    ) -> Result<KeySource, Failure> {
        match (&self.auth_jwks, &self.auth_secret_file) {
            (Some(jwks), _) => from_jwks(jwks),
            (None, Some(path)) => from_secret(path, notes),
            (None, None) => from_discovery(issuer),
        }
    }

    /// The issuer of this name, with what its tokens must have.
    pub(in crate::cli) fn issuer(&self, name: &str) -> Issuer {
        let mut issuer = Issuer::new(name);
        issuer.audiences.clone_from(&self.auth_audience);
        issuer.checks.clone_from(&self.auth_claim);
        issuer
    }
}

/// The discovery of `--auth-issuer`.
fn from_discovery(issuer: &str) -> Result<KeySource, Failure> {
    KeySource::discovery(issuer).map_err(|problem| {
        let help = "give an https URL, or its keys with --auth-jwks";
        Failure::usage(invalid("--auth-issuer", issuer, &problem), help)
    })
}

/// The URL or file of `--auth-jwks`.
fn from_jwks(text: &str) -> Result<KeySource, Failure> {
    const FLAG: &str = "--auth-jwks";
    if text.contains("://") {
        let url = text.parse::<FetchUrl>().map_err(|problem| {
            Failure::usage(invalid(FLAG, text, &problem), "give an https URL, or a file")
        })?;
        return Ok(KeySource::Jwks(url));
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
    Ok(KeySource::Fixed(Arc::new(keys)))
}

/// The shared secret of `--auth-secret-file`.
fn from_secret(path: &str, notes: Notes) -> Result<KeySource, Failure> {
    let text = read_secret(&Input::from(path), Purpose::Other, notes);
    let text = text.map_err(|failure| failure.at("`--auth-secret-file`"))?;
    let secret = ApiSecret::new(text.as_str())
        .map_err(|error| Failure::failed(error, "put the issuer's secret into the file"))?;
    if secret.is_short() {
        notes.warn("the issuer's secret has under 32 bytes; logins may be forged by guessing it");
    }
    Ok(KeySource::Fixed(Arc::new(KeySet::shared_secret(secret))))
}

fn invalid(flag: &str, value: &str, problem: &str) -> anyhow::Error {
    anyhow::anyhow!("invalid value {} for `{flag}`: {problem}", without_password(value))
}
