//! `lkt check --config`: checks the configuration of `lkt serve`, and then with the LiveKit server and
//! with each issuer what the configuration says about them.

use std::io::Write;
use std::sync::Arc;

use super::issuer;
use super::login_report::{IssuerKeys, LoginReport};
use super::{CheckArgs, check_server, refuse_mixed_sources};
use crate::cli::notes::Notes;
use crate::cli::serve::{ServeArgs, checked};
use crate::endpoint::login::Issuer;
use crate::failure::Failure;
use crate::service::issuer::KeySource;

/// Prints what `lkt serve --config FILE --check` prints, and then the reports of the servers. All of
/// them are contacted, even if one has a problem. Returns the first problem.
pub(super) fn run(
    args: &CheckArgs,
    serve: &ServeArgs,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    refuse_other_options(args)?;
    let checked = checked(serve, notes)?;
    refuse_mixed_sources(args, &checked.found)?;
    writeln!(stdout, "{}", checked.text).map_err(Failure::write)?;
    let settings = checked.settings;
    let mut outcome = check_server(&checked.found, false, notes, stdout);
    for (issuer, source) in settings.endpoint.callers.issuers.iter().zip(&settings.key_sources) {
        writeln!(stdout).map_err(Failure::write)?;
        outcome = outcome.and(check_issuer(issuer, source, stdout));
    }
    outcome
}

/// Refuses options that the file has.
fn refuse_other_options(args: &CheckArgs) -> Result<(), Failure> {
    let issuer = args.issuer.name().map(|_| "--auth-issuer");
    match args.keys.first_given().or(issuer) {
        Some(flag) => {
            let error = anyhow::anyhow!("`{flag}` cannot be used with `--config`");
            let help = "put it into the file, or try it with `lkt serve --config FILE --check`";
            Err(Failure::usage(error, help))
        }
        None => Ok(()),
    }
}

/// Fetches the keys of an issuer and prints them.
fn check_issuer(
    issuer: &Issuer,
    source: &KeySource,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    let found = match source {
        KeySource::Fixed(keys) => {
            IssuerKeys { keys: Arc::clone(keys), place: "a file or a shared secret".to_owned() }
        }
        source => issuer::fetched(source)
            .map_err(|failure| failure.at(format!("the issuer `{}`", issuer.name)))?,
    };
    let report = LoginReport { issuer, found: &found, pasted: None, verified: None };
    stdout.write_all(report.text().as_bytes()).map_err(Failure::write)?;
    issuer::refuse_without_keys(issuer, &found)
}
