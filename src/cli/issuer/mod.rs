//! The options for the keys of an issuer, and for the claims that its tokens must have.

mod secret;

use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::files::Input;
use super::notes::Notes;
use crate::endpoint::login::{ClaimCheck, Issuer, KeySet};
use crate::failure::Failure;
use crate::printable::without_password;
use crate::service::issuer::{FetchUrl, KeySource};

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

    /// File of a secret that the issuer signs with (HS256, HS384, HS512), instead of public keys or,
    /// with --auth-jwks, beside them. The file is text; base64:FILE, hex:FILE and raw:FILE are the
    /// other forms
    #[arg(
        long,
        value_name = "[FORM:]FILE",
        requires = "auth_issuer",
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
    /// The URL and the files of the keys, if any are given.
    pub(in crate::cli) fn keys(&self) -> Vec<&str> {
        let secret = self.auth_secret_file.as_deref().map(secret::file);
        self.auth_jwks.as_deref().into_iter().chain(secret).collect()
    }

    /// The source of the issuer's public keys. A file is read at once.
    pub(in crate::cli) fn key_source(&self, issuer: &str) -> Result<KeySource, Failure> {
        match (&self.auth_jwks, &self.auth_secret_file) {
            (Some(jwks), _) => from_jwks(jwks),
            // The issuer signs with the secret alone.
            (None, Some(_)) => Ok(KeySource::Fixed(Arc::new(KeySet::default()))),
            (None, None) => from_discovery(issuer),
        }
    }

    /// The issuer of this name, with its secret and with what its tokens must have.
    pub(in crate::cli) fn issuer(&self, name: &str, notes: Notes) -> Result<Issuer, Failure> {
        let mut issuer = Issuer::new(name);
        if let Some(value) = &self.auth_secret_file {
            issuer.secret = Some(secret::read(value, notes)?);
            issuer.secret_only = self.auth_jwks.is_none();
        }
        issuer.audiences.clone_from(&self.auth_audience);
        issuer.checks.clone_from(&self.auth_claim);
        Ok(issuer)
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
    from_file(text, &bytes)
}

/// The public keys in a file: a JWKS, a list of keys, or PEM.
fn from_file(name: &str, bytes: &[u8]) -> Result<KeySource, Failure> {
    let failed = |problem: &str| {
        let help = "give the issuer's public keys, as a JWKS or in PEM";
        Failure::usage(invalid("--auth-jwks", name, problem), help)
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let is_pem = text.contains("-----BEGIN ") && !text.trim_start().starts_with(['{', '[']);
    let keys = if is_pem { KeySet::from_pem(text) } else { KeySet::from_jwks(bytes) };
    let keys = keys.map_err(|error| failed(&error.to_string()))?;
    match keys.problem() {
        Some(problem) => Err(failed(&problem)),
        None => Ok(KeySource::Fixed(Arc::new(keys))),
    }
}

fn invalid(flag: &str, value: &str, problem: &str) -> anyhow::Error {
    anyhow::anyhow!("invalid value {} for `{flag}`: {problem}", without_password(value))
}
