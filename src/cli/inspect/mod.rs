//! `lkt inspect`: shows what a token contains, and whether a server would accept it.

mod body;
mod checks;
pub(super) mod report;
mod servers;
mod times;
pub(super) mod words;

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use clap::{Args, ValueHint};

use super::files::{Input, refuse_shared_stdin};
use super::keys::KeyArgs;
use super::notes::Notes;
use super::pasted::token_in;
use crate::failure::Failure;
use crate::times::now;
use crate::token::{DecodeError, Decoded, VerifyError};
use body::{Body, Refusal};
use checks::checks;
use report::Report;

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// A token, an answer of a token endpoint, a link into LiveKit Meet, the lines of `mint -o env` or
    /// `lk token create`, or a bearer header; without it, or with -, it is read from standard input
    token: Option<String>,

    /// Verify it as LiveKit's server would; needs the key
    #[arg(long)]
    verify: bool,

    /// Body of a webhook that the token signs, as it was received: a file, or - for standard input
    #[arg(long, value_name = "FILE|-", value_hint = ValueHint::FilePath, requires = "verify")]
    body: Option<String>,

    /// Print JSON, for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: KeyArgs,
}

/// Decodes the token, checks it if a key is given, and prints what was found.
pub(super) fn run(args: &InspectArgs, notes: Notes, stdout: &mut dyn Write) -> Result<(), Failure> {
    args.keys.refuse_without_verify(args.verify)?;
    let typed = ("TOKEN", Some(args.token.as_deref().unwrap_or("-")));
    let body = ("--body", args.body.as_deref());
    refuse_shared_stdin([typed, body].into_iter().chain(args.keys.inputs()))?;
    let token = token(args)?;
    let decoded = Decoded::new(&token);
    // Done first: without a key there is nothing to verify with, and nothing should be printed.
    let issuer = decoded.as_ref().ok().and_then(|token| token.claims.get("iss")?.as_str());
    let keys = args.verify.then(|| args.keys.find_for(issuer, notes)).transpose()?;
    let decoded = decoded.as_ref().map_err(|error| not_a_token(error, &token, args))?;
    let body = args.body.as_deref().map(|path| Input::from(path).read().map(Body::new));
    let body = body.transpose()?;
    let now = now();
    let checks = keys.as_ref().map(|found| checks(&found.keys.pair, decoded, body.as_ref(), now));
    let report = Report::new(decoded, checks, now);
    let text = if args.json { report.json() } else { report.text() };
    stdout.write_all(text.as_bytes()).map_err(Failure::write)?;
    match report.refusal() {
        Some(refusal) => Err(refused(refusal)),
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
        return Err(Failure::usage(
            anyhow::anyhow!(empty),
            "give a token, or see whether a variable is not set",
        ));
    }
    Ok(token_in(&text))
}

fn not_a_token(error: &DecodeError, token: &str, args: &InspectArgs) -> Failure {
    let file = args.token.as_deref().filter(|typed| Path::new(typed).is_file());
    let help = match (file, error) {
        (Some(file), _) => format!("to read the file: `lkt inspect - < {file}`"),
        (None, _) if looks_like_a_path(token) => {
            "there is no such file; to read one: `lkt inspect - < FILE`".to_owned()
        }
        (None, _) if token.contains(INVITATION) => {
            "this is an invitation: use `lkt invite inspect`".to_owned()
        }
        (None, _) if token.contains("://") => {
            "the link has no token in it: `token=` or `access_token=`".to_owned()
        }
        (None, DecodeError::Parts(2)) => {
            "its signature is missing: give the whole token, with what follows the second dot"
                .to_owned()
        }
        (None, DecodeError::Parts(_)) if token.split_whitespace().nth(1).is_some() => {
            "give one token at a time, and nothing else".to_owned()
        }
        (None, DecodeError::Parts(5)) => {
            "an encrypted token (JWE) has 5 parts; LiveKit's tokens are signed: give one of those"
                .to_owned()
        }
        (None, DecodeError::Parts(1)) if token.starts_with('{') => {
            "the JSON has no `participant_token`: it may be an error of the endpoint, or claims"
                .to_owned()
        }
        _ => "give the whole token: three parts with dots between them".to_owned(),
    };
    // Without the cause, which the text already contains.
    Failure::failed(anyhow::anyhow!("{}", VerifyError::Malformed(error.clone())), help)
}

/// What codes of invitations begin with.
const INVITATION: &str = "lkti_";

/// Whether a text is the name of a file rather than a token: no token has such an end or beginning.
fn looks_like_a_path(text: &str) -> bool {
    let ends = [".txt", ".jwt", ".json", ".token", ".env"];
    text.starts_with(['@', '.', '~']) || ends.iter().any(|end| text.ends_with(end))
}

fn refused(refusal: &Refusal) -> Failure {
    let error = anyhow::anyhow!("a server would refuse the token: {}", refusal.reason);
    Failure::failed(error, refusal.help.as_str())
}
