//! `lkt check --auth-issuer`: checks that logins of an issuer can be verified. It uses the code of
//! `lkt serve`.

use std::io::Write;
use std::sync::Arc;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueHint};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::files::Input;
use crate::cli::issuer::{VerifyArgs, parse_issuer};
use crate::cli::notes::Notes;
use crate::endpoint::login::{Algorithm, Issuer, KeySet, Login, LoginError, Verified};
use crate::failure::Failure;
use crate::printable::{Printable, pretty_json};
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

/// The keys of the issuer, and where they come from.
struct IssuerKeys {
    keys: Arc<KeySet>,
    place: String,
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
        let fetched = source.fetch().map_err(|problem| {
            let help = "the issuer must be exactly as in the tokens' `iss`; give --auth-jwks where it \
                        has no discovery. `lkt serve` uses keys that it has for another 24 hours";
            Failure::failed(anyhow::anyhow!("{problem}"), help)
        })?;
        Ok(IssuerKeys { keys: Arc::new(fetched.keys), place: fetched.url.to_string() })
    }
}

/// Refuses a token in place of a file name, without printing it.
fn refuse_token_as_file(args: &IssuerArgs) -> Result<(), Failure> {
    let is_token = |value: &String| value.starts_with("eyJ") && value.matches('.').count() == 2;
    if args.auth_token.as_ref().is_some_and(is_token) {
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
    let verified = token.map(|token| verify(issuer, &found.keys, bare(&token)));
    let text = if is_json {
        to_json(issuer, &found, verified.as_ref())
    } else {
        to_text(issuer, &found, verified.as_ref())
    };
    stdout.write_all(text.as_bytes()).map_err(Failure::write)?;
    if let Some(problem) = found.keys.problem().filter(|_| !issuer.secret_only) {
        let help = "no login can be verified until the issuer publishes a key for signatures";
        return Err(Failure::failed(anyhow::anyhow!("`{}`: {problem}", found.place), help));
    }
    match verified {
        Some(Err(error)) => {
            let help = format!("`lkt serve` answers 401 `{}` to it", error.code());
            Err(Failure::failed(error, help))
        }
        _ => Ok(()),
    }
}

/// A pasted token, with or without `Bearer`.
fn bare(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("Bearer ").unwrap_or(text).trim()
}

fn verify(issuer: &Issuer, keys: &KeySet, token: &str) -> Result<Login, LoginError> {
    match issuer.verify(token, keys, now())? {
        Verified::Login(login) => Ok(login),
        Verified::UnknownKey => Err(LoginError::UnknownKey),
    }
}

fn to_text(
    issuer: &Issuer,
    found: &IssuerKeys,
    verified: Option<&Result<Login, LoginError>>,
) -> String {
    let name = match issuer.name.as_str() {
        "" => "(none: logins without iss)",
        name => name,
    };
    let mut lines =
        vec![format!("{:<8} {name}", "issuer"), format!("{:<8} {}", "keys", found.place)];
    if issuer.secret.is_some() {
        lines.push(format!("{:<8} a shared secret: HS256, HS384, HS512", "key"));
    }
    for key in &found.keys.keys {
        let id = key.id.as_deref().unwrap_or("(no kid)");
        let algorithm =
            key.algorithm.map_or_else(|| "any algorithm of it".to_owned(), |a| a.to_string());
        lines.push(format!("{:<8} {id}: {}, {algorithm}", "key", key.key_type()));
    }
    lines.extend(found.keys.untried().map(|problem| format!("{:<8} {problem}", "note")));
    let unusable = found.keys.unusable.iter().map(|key| format!("{:<8} {key}", "unused"));
    lines.extend(unusable);
    match verified {
        Some(Ok(login)) => {
            lines.push(format!("{:<8} good: {} {}", "token", issuer.user, login.user()));
        }
        Some(Err(error)) => lines.push(format!("{:<8} no: {}", "token", error.code())),
        None => {}
    }
    let mut text = String::new();
    for line in &lines {
        text.push_str(&Printable(line).to_string());
        text.push('\n');
    }
    text
}

fn to_json(
    issuer: &Issuer,
    found: &IssuerKeys,
    verified: Option<&Result<Login, LoginError>>,
) -> String {
    let keys = found.keys.keys.iter().map(|key| {
        let algorithm = key.algorithm.map(Algorithm::as_str);
        json!({"kid": key.id, "type": key.key_type().to_string(), "alg": algorithm})
    });
    let unused = found
        .keys
        .unusable
        .iter()
        .map(|key| json!({"kid": key.id, "type": key.key_type, "problem": key.problem}));
    let error = verified.and_then(|verified| verified.as_ref().err());
    let value = json!({
        "ok": error.is_none(),
        "issuer": issuer.name,
        "keys_from": found.place,
        "keys": keys.collect::<Vec<_>>(),
        "unused": unused.collect::<Vec<_>>(),
        "claims": verified.and_then(|verified| verified.as_ref().ok()).map(|login| &login.claims),
        "code": error.map(|error| error.code().as_str()),
        "error": error.map(ToString::to_string),
    });
    pretty_json(&value)
}
