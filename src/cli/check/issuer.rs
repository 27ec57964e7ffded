//! `lkt check --auth-issuer`: checks that logins of an issuer can be verified. It uses the code of
//! `lkt serve`.

use std::io::Write;
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};
use zeroize::Zeroizing;

use super::login_report::{Accepted, IssuerKeys, LoginReport, NotAccepted};
use super::pasted_login::PastedLogin;
use super::served::served;
use crate::cli::files::Input;
use crate::cli::issuer::{VerifyArgs, parse_issuer};
use crate::cli::notes::Notes;
use crate::endpoint::Code;
use crate::endpoint::login::{Issuer, KeySet, LoginError, Verified};
use crate::failure::Failure;
use crate::printable::looks_like_token;
use crate::service::issuer::KeySource;
use crate::times::now;

#[derive(Debug, Args)]
#[allow(clippy::struct_field_names)] // the names of the options
#[command(next_help_heading = "Logins")]
pub(super) struct IssuerArgs {
    /// Check the issuer of logins instead of the LiveKit server: its discovery and its keys
    #[arg(long, value_name = "URL", group = "issuer", value_parser = parse_issuer)]
    auth_issuer: Option<String>,

    #[command(flatten)]
    verify: VerifyArgs,

    /// File of a login token to verify, or - for standard input
    #[arg(
        long,
        value_name = "FILE|-",
        requires = "issuer",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    auth_token: Option<String>,
}

impl IssuerArgs {
    /// The issuer to check, if one is given. It is empty for tokens without an issuer.
    pub(super) fn name(&self) -> Option<&str> {
        self.verify.issuers(self.auth_issuer.as_slice()).first().copied()
    }

    /// Finds the keys as `lkt serve` does, and fetches them once.
    fn keys(&self, issuer: &str) -> Result<IssuerKeys, Failure> {
        let source = self.verify.key_source(issuer)?;
        if let KeySource::Fixed(keys) = source {
            let place = self.verify.keys().join(", ");
            return Ok(IssuerKeys { keys, place });
        }
        fetched(&source)
    }
}

/// Fetches the keys of an issuer once.
pub(super) fn fetched(source: &KeySource) -> Result<IssuerKeys, Failure> {
    let fetched = source.fetch().map_err(|problem| {
        let help = "the issuer must be exactly as in the tokens' `iss`; give --auth-jwks where it \
                    has no discovery. `lkt serve` uses keys that it has for another 24 hours";
        Failure::failed(anyhow::anyhow!("{problem}"), help)
    })?;
    Ok(IssuerKeys { keys: Arc::new(fetched.keys), place: fetched.url.to_string() })
}

/// Refuses an issuer whose keys can verify no login.
pub(super) fn refuse_without_keys(issuer: &Issuer, found: &IssuerKeys) -> Result<(), Failure> {
    match found.keys.problem().filter(|_| !issuer.secret_only) {
        Some(problem) => {
            let help = "no login can be verified until the issuer publishes a key for signatures";
            Err(Failure::failed(anyhow::anyhow!("`{}`: {problem}", found.place), help))
        }
        None => Ok(()),
    }
}

/// Refuses a token in place of a file name, without printing it.
fn refuse_token_as_file(args: &IssuerArgs) -> Result<(), Failure> {
    if args.auth_token.as_deref().is_some_and(looks_like_token) {
        let error = anyhow::anyhow!("`--auth-token` takes a file, and this is a token");
        return Err(Failure::usage(error, "give it on standard input: `--auth-token -`"));
    }
    Ok(())
}

/// Fetches the keys and prints what was found. Then verifies the token, if there is one.
pub(super) fn run(
    args: &IssuerArgs,
    issuer: &str,
    is_json: bool,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    refuse_token_as_file(args)?;
    let issuer = &args.verify.issuer(issuer, notes)?;
    let token = match &args.auth_token {
        Some(path) => {
            let text = Input::from(path.as_str()).read_text();
            Some(Zeroizing::new(text.map_err(|failure| failure.at("`--auth-token`"))?))
        }
        None => None,
    };
    let found = args.keys(&issuer.name)?;
    let pasted = token.map(|text| PastedLogin::new(&text));
    let verified = pasted.as_ref().map(|pasted| verify(issuer, &found.keys, &pasted.token));
    let verified = verified.transpose()?;
    let report =
        LoginReport { issuer, found: &found, pasted: pasted.as_ref(), verified: verified.as_ref() };
    let text = if is_json { report.json() } else { report.text() };
    stdout.write_all(text.as_bytes()).map_err(Failure::write)?;
    refuse_without_keys(issuer, &found)?;
    match verified {
        Some(Err(NotAccepted { code, error })) => {
            let mut help = format!("`lkt serve` answers {} `{code}` to it", code.status().as_u16());
            let flags = pasted.map(|pasted| pasted.flags()).unwrap_or_default();
            if code == Code::WrongAudience && !flags.is_empty() {
                help += "; give the one of these that names your application: ";
                help += &flags.join(", ");
            }
            Err(Failure::failed(anyhow::anyhow!("{error}"), help))
        }
        _ => Ok(()),
    }
}

/// Verifies a login, and requests a token with it as clients of `lkt serve` do.
fn verify(
    issuer: &Issuer,
    keys: &Arc<KeySet>,
    token: &str,
) -> Result<Result<Accepted, NotAccepted>, Failure> {
    let no =
        |error: LoginError| Ok(Err(NotAccepted { code: error.code(), error: error.to_string() }));
    let login = match issuer.verify(token, keys, now()) {
        Err(error) => return no(error),
        Ok(Verified::UnknownKey { unsuited }) => return no(LoginError::without_key(unsuited)),
        Ok(Verified::Login(login)) => login,
    };
    Ok(match served(issuer, keys, token)? {
        Ok(cut_name) => Ok(Accepted { login, cut_name }),
        Err(refusal) => Err(NotAccepted { code: refusal.code, error: refusal.error }),
    })
}
