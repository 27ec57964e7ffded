//! The options for the keys of an issuer, and for the claims that its tokens must have.

mod secret;

use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};

use super::files::Input;
use super::notes::Notes;
use crate::endpoint::login::{ClaimCheck, ClaimPath, Issuer, KeySet};
use crate::failure::Failure;
use crate::printable::without_password;
use crate::service::issuer::{FetchUrl, KeySource, issuer_of};

// How tokens are verified. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Default, Args)]
#[allow(clippy::struct_field_names)] // the names of the options
#[command(next_help_heading = "Logins")]
pub(in crate::cli) struct VerifyArgs {
    /// URL or file of the issuer's keys (JWKS), instead of discovery
    #[arg(
        long,
        value_name = "URL|FILE",
        requires = "issuer",
        value_parser = NonEmptyStringValueParser::new()
    )]
    auth_jwks: Option<String>,

    /// File of a secret that the issuer signs with (HS256, HS384, HS512), instead of public keys or,
    /// with --auth-jwks, beside them. The file is text; base64:FILE, hex:FILE and raw:FILE are the
    /// other forms
    #[arg(
        long,
        value_name = "[FORM:]FILE",
        requires = "issuer",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    auth_secret_file: Option<String>,

    /// Accept login tokens without an issuer (`iss`), instead of those of --auth-issuer; their keys are a
    /// secret or a file
    #[arg(long, group = "issuer")]
    auth_no_issuer: bool,

    /// Audience that login tokens must be for. Repeatable: one suffices
    #[arg(
        long,
        value_name = "AUD",
        requires = "issuer",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(in crate::cli) auth_audience: Vec<String>,

    /// Claim that login tokens must have, such as azp=https://app.example. PATH!=GLOB must not match,
    /// and !PATH must be absent. Repeatable: all claims must hold, and one value of each suffices
    #[arg(long, value_name = "PATH=GLOB", requires = "issuer")]
    pub(in crate::cli) auth_claim: Vec<ClaimCheck>,

    /// Claim that identifies the person, a text or a whole number [default: sub]
    #[arg(long, value_name = "PATH", requires = "issuer")]
    pub(in crate::cli) auth_user_claim: Option<ClaimPath>,

    /// Host that is reached over plain http, for --auth-issuer, --auth-jwks and --ask, such as a service
    /// of the same compose file. Whoever controls the network to it can forge logins. Repeatable
    #[arg(long, value_name = "HOST", value_parser = parse_plain_host)]
    allow_http: Vec<String>,
}

impl VerifyArgs {
    /// The URL and the files of the keys, if any are given.
    pub(in crate::cli) fn keys(&self) -> Vec<&str> {
        let secret = self.auth_secret_file.as_deref().map(secret::file);
        self.auth_jwks.as_deref().into_iter().chain(secret).collect()
    }

    /// The issuers: those of `--auth-issuer`, or one without a name.
    pub(in crate::cli) fn issuers<'a>(&self, named: &'a [String]) -> Vec<&'a str> {
        let unnamed = self.auth_no_issuer.then_some("");
        named.iter().map(String::as_str).chain(unnamed).collect()
    }

    /// The claim that identifies the person.
    pub(in crate::cli) fn user_claim(&self) -> ClaimPath {
        self.auth_user_claim.clone().unwrap_or_default()
    }

    /// The hosts that are trusted without TLS.
    pub(in crate::cli) fn plain_hosts(&self) -> Arc<[String]> {
        self.allow_http.iter().cloned().collect()
    }

    /// The source of the issuer's public keys. A file is read at once.
    pub(in crate::cli) fn key_source(&self, issuer: &str) -> Result<KeySource, Failure> {
        match (&self.auth_jwks, &self.auth_secret_file) {
            (Some(jwks), _) if issuer.is_empty() && jwks.contains("://") => {
                let error = anyhow::anyhow!("with --auth-no-issuer, the keys must be in a file");
                Err(Failure::usage(error, "save the keys, and give the file with --auth-jwks"))
            }
            (Some(jwks), _) => from_jwks(jwks, &self.plain_hosts()),
            // The issuer signs with the secret alone.
            (None, Some(_)) => Ok(KeySource::Fixed(Arc::new(KeySet::default()))),
            (None, None) if issuer.is_empty() => {
                let error = anyhow::anyhow!("with --auth-no-issuer, no keys can be found");
                let help = "give them with --auth-secret-file or --auth-jwks FILE";
                Err(Failure::usage(error, help))
            }
            (None, None) => from_discovery(issuer, &self.plain_hosts()),
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
        issuer.user = self.user_claim();
        Ok(issuer)
    }
}

/// The discovery of `--auth-issuer`.
fn from_discovery(issuer: &str, plain_hosts: &Arc<[String]>) -> Result<KeySource, Failure> {
    KeySource::discovery(issuer, plain_hosts).map_err(|problem| {
        let help = "give an https URL, or its keys with --auth-jwks";
        Failure::usage(invalid("--auth-issuer", issuer, &problem), help)
    })
}

/// The URL or file of `--auth-jwks`.
fn from_jwks(text: &str, plain_hosts: &Arc<[String]>) -> Result<KeySource, Failure> {
    const FLAG: &str = "--auth-jwks";
    if text.contains("://") {
        let url = FetchUrl::new(text, plain_hosts).map_err(|problem| {
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

/// The issuer of `--auth-issuer`. The URL of its metadata is one that people paste.
pub(in crate::cli) fn parse_issuer(text: &str) -> Result<String, String> {
    let issuer = issuer_of(text);
    if issuer.is_empty() { Err("a value is required".to_owned()) } else { Ok(issuer) }
}

fn parse_plain_host(text: &str) -> Result<String, String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || ".-_:[]".contains(letter);
    let has_port = text.contains(':') && !text.starts_with('[');
    if text.is_empty() || has_port || !text.chars().all(is_name) {
        return Err("write the name of a host alone, such as keycloak".to_owned());
    }
    Ok(text.to_owned())
}

fn invalid(flag: &str, value: &str, problem: &str) -> anyhow::Error {
    anyhow::anyhow!("invalid value {} for `{flag}`: {problem}", without_password(value))
}
