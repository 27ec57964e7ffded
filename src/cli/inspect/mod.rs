//! `lkt inspect`: shows what a token contains, and whether a server would accept it.

mod input;
pub(super) mod report;
mod times;
pub(super) mod words;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::Args;

use super::files::{Input, refuse_shared_stdin};
use super::keys::{KeyArgs, Need};
use super::notes::Notes;
use crate::failure::Failure;
use crate::times::now;
use crate::token::{Check, DecodeError, Decoded, KeyPair, VerifyError};
use input::token_in;
use report::{Checked, Report};

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// A token, an answer of the token endpoint, a link into LiveKit Meet, the lines of `mint -o env`
    /// or a bearer header; without it, or with -, it is read from standard input
    token: Option<String>,

    /// Verify it as LiveKit's server would; needs the key
    #[arg(long)]
    verify: bool,

    /// Print JSON, for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: KeyArgs,
}

/// Decodes the token, checks it if asked to, and prints what was found.
pub(super) fn run(args: &InspectArgs, notes: Notes, stdout: &mut dyn Write) -> Result<(), Failure> {
    args.keys.refuse_without_verify(args.verify)?;
    let typed = ("TOKEN", Some(args.token.as_deref().unwrap_or("-")));
    refuse_shared_stdin([typed].into_iter().chain(args.keys.inputs()))?;
    let token = token(args)?;
    // Done first: without a key there is nothing to verify with, and nothing should be printed.
    let keys = args.verify.then(|| args.keys.find(Need::Keys, notes)).transpose()?;
    let decoded = Decoded::new(&token).map_err(|error| not_a_token(error, args))?;
    let now = now();
    let checks = keys.as_ref().map(|found| checks(&found.keys.pair, &decoded, now));
    let report = Report::new(&decoded, checks, now);
    let text = if args.json { report.json() } else { report.text() };
    stdout.write_all(text.as_bytes()).map_err(Failure::write)?;
    match report.refusal() {
        Some(reason) => Err(refused(reason, now)),
        None => Ok(()),
    }
}

fn token(args: &InspectArgs) -> Result<String, Failure> {
    let typed = args.token.as_deref().filter(|typed| *typed != "-");
    let text = match typed {
        Some(typed) => typed.to_owned(),
        None if io::stdin().is_terminal() => {
            let error = anyhow::anyhow!("there is no token");
            return Err(Failure::usage(error, "give it as an argument, or on standard input"));
        }
        None => Input::Stdin.read_text()?,
    };
    if text.trim().is_empty() {
        let empty = if typed.is_some() { "the token is empty" } else { "standard input is empty" };
        return Err(Failure::usage(anyhow::anyhow!(empty), "give a token"));
    }
    Ok(token_in(&text))
}

fn not_a_token(error: DecodeError, args: &InspectArgs) -> Failure {
    let file = args.token.as_deref().filter(|typed| Path::new(typed).is_file());
    let help = match file {
        Some(file) => format!("to read the file: `lkt inspect - < {file}`"),
        None => "give the whole token: three parts with dots between them".to_owned(),
    };
    // Without the cause, which the text already contains.
    Failure::failed(anyhow::anyhow!("{}", VerifyError::Malformed(error)), help)
}

fn checks(keys: &KeyPair, decoded: &Decoded, now: u64) -> Vec<Checked> {
    let check = |check: Check| Checked { check, result: keys.check(check, decoded, now) };
    Check::ALL.into_iter().map(check).collect()
}

fn refused(reason: &VerifyError, now: u64) -> Failure {
    let help = match reason {
        VerifyError::Signature => "use the secret of the key that the token names (`iss`)",
        VerifyError::Issuer { .. } => "use the key that the token names (`iss`)",
        VerifyError::Expired { .. } => "mint a new one",
        VerifyError::NotYet { .. } => "wait, or compare the clocks of both machines",
        _ => "mint one with `lkt mint`",
    };
    let error = anyhow::anyhow!("a server would refuse the token: {}", times::refusal(reason, now));
    Failure::failed(error, help)
}
