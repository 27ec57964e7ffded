//! The options for the keys of an issuer, and for the claims that its tokens must have.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::KeySource;
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

    /// The source of the issuer's keys. A file is read at once.
    pub(in crate::cli) fn key_source(
        &self,
        issuer: &str,
        notes: Notes,
    ) -> Result<KeySource, Failure> {
        match (&self.auth_jwks, &self.auth_secret_file) {
            (Some(jwks), _) => KeySource::jwks(jwks),
            (None, Some(path)) => KeySource::secret(path, notes),
            (None, None) => KeySource::discovery(issuer),
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
