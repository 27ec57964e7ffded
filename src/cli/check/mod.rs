//! `lkt check`: checks with the LiveKit server whether URL, key and secret belong together, that logins
//! can be verified, or a whole configuration of `lkt serve`.

mod configuration;
mod issuer;
mod login_report;
mod pasted_login;
mod report;
mod served;
mod validate;
mod verdict;

use std::io::Write;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::keys::{KeyArgs, Need, ResolvedKeys};
use super::notes::Notes;
use super::request_args::explain;
use super::serve::ServeArgs;
use super::{environment, keys, random};
use crate::endpoint::{ServerUrl, TokenRules, TokenSourceRequest};
use crate::failure::Failure;
use crate::times::now;
use report::Report;
use validate::{Exchange, validate, validate_uri};
use verdict::{Problem, verdict};

/// Name of the token's room and participant. Neither is created. It is short, for servers with low limits
/// on names.
const NAME: &str = "lkt";

/// The variable in which LiveKit's server SDKs look for a token.
const TOKEN: &str = "LIVEKIT_TOKEN";

/// Lifetime of the token, which is used once. LiveKit allows another 60 s of leeway, enough for a clock
/// that is slightly off.
const TTL: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,

    /// Contact the server even if the URL comes from an env file in this directory and the key from
    /// elsewhere
    #[arg(long)]
    yes: bool,

    /// Check a configuration file of `lkt serve`: every file and key, and with them the LiveKit server
    /// and each issuer of logins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "json")]
    pub(super) config: Option<String>,

    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    issuer: issuer::IssuerArgs,
}

/// Asks the server, and prints the report.
///
/// `configured` are the options in the file of `--config`, if it is given.
pub(super) fn run(
    args: &CheckArgs,
    configured: Option<&ServeArgs>,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    if let Some(configured) = configured {
        return configuration::run(args, configured, notes, stdout);
    }
    if let Some(issuer) = args.issuer.name() {
        refuse_keys(args)?;
        return issuer::run(&args.issuer, issuer, args.json, notes, stdout);
    }
    let found = args.keys.find(Need::KeysAndUrl, notes)?;
    if environment::variable(TOKEN)?.is_some_and(|token| !token.trim().is_empty()) {
        notes.warn(&format!(
            "{TOKEN} is set too: LiveKit's server SDKs for Node, Go and Python use it in place of the key; \
             unset it where they have the key"
        ));
    }
    refuse_mixed_sources(args, &found)?;
    check_server(&found, args.json, notes, stdout)
}

/// Asks the LiveKit server, and prints the report.
fn check_server(
    found: &ResolvedKeys,
    is_json: bool,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let Some(url) = &found.url else { return Err(keys::no_url(&[])) };
    let exchange = ask(found, &url.value)?;
    let verdict = verdict(&exchange);
    let report = Report::new(found, url, &exchange, verdict.as_ref().err());
    let text = if is_json { report.json() } else { report.text() };
    stdout.write_all(text.as_bytes()).map_err(Failure::write)?;
    if let Some(warning) = verdict.is_ok().then(|| report.clock_warning()).flatten() {
        notes.warn(&warning);
    }
    verdict.map_err(Problem::into_failure)
}

/// Refuses LiveKit's key when the issuer of logins is checked, instead of ignoring one of the two.
fn refuse_keys(args: &CheckArgs) -> Result<(), Failure> {
    match args.keys.first_given().or(args.yes.then_some("--yes")) {
        Some(flag) => {
            let error = anyhow::anyhow!("`{flag}` cannot be used with `--auth-issuer`");
            Err(Failure::usage(
                error,
                "check the LiveKit server and the issuer one after the other",
            ))
        }
        None => Ok(()),
    }
}

/// Refuses to send a token signed with the user's key to a server that was chosen by the author of an
/// env file in this directory.
fn refuse_mixed_sources(args: &CheckArgs, found: &ResolvedKeys) -> Result<(), Failure> {
    match found.mixed_sources().filter(|_| !args.yes) {
        Some(mixed) => {
            let help = "if they belong together, give --yes, or the URL with --url";
            Err(Failure::usage(anyhow::anyhow!("{mixed}"), help))
        }
        None => Ok(()),
    }
}

/// Mints a token, and finds out whether the server accepts it.
fn ask(found: &ResolvedKeys, url: &ServerUrl) -> Result<Exchange, Failure> {
    let pair = &found.keys.pair;
    let mut rules = TokenRules::default();
    rules.lifetime.ttl = TTL;
    let request = TokenSourceRequest {
        room_name: Some(NAME.to_owned()),
        participant_identity: Some(NAME.to_owned()),
        ..TokenSourceRequest::default()
    };
    let claims = rules.claims(request, pair.key(), now(), &random::system()).map_err(explain)?;
    let token = pair
        .sign(&claims)
        .map_err(|error| Failure::failed(error, "check the API key and secret"))?;
    let uri = validate_uri(url).map_err(|error| {
        Failure::usage(error, "give a URL such as wss://my-project.livekit.cloud")
    })?;
    Ok(validate(&uri, url.is_loopback(), pair.key(), &token))
}
