//! The options for the keys of an issuer, and for the claims that its tokens must have.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::{KeySource, secret};
use crate::cli::failure::Failure;
use crate::cli::notes::Notes;
use crate::endpoint::login::{ClaimCheck, Issuer};

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
            (Some(jwks), _) => KeySource::jwks(jwks),
            (None, Some(_)) => Ok(KeySource::none()),
            (None, None) => KeySource::discovery(issuer),
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
