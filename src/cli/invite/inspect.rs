//! `lkt invite inspect`: shows what an invitation allows, and whether a server would accept it.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::words;
use crate::cli::files::{Input, refuse_shared_stdin};
use crate::cli::inspect::report::section;
use crate::cli::inspect::words::allows;
use crate::cli::keys::{KeyArgs, Need};
use crate::cli::notes::Notes;
use crate::endpoint::invitation::{
    Invitation, InvitationError, InvitationKey, UnverifiedInvitation,
};
use crate::failure::Failure;
use crate::printable::pretty_json;
use crate::times::now;

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// A code, a link with one, or a bearer header; without it, or with -, it is read from standard
    /// input
    code: Option<String>,

    /// Verify it as `lkt serve --invites` would; needs the key
    #[arg(long)]
    verify: bool,

    /// Print JSON, for programs
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    keys: KeyArgs,
}

pub(super) fn run(args: &InspectArgs, notes: Notes, stdout: &mut dyn Write) -> Result<(), Failure> {
    args.keys.refuse_without_verify(args.verify)?;
    let typed = ("CODE", Some(args.code.as_deref().unwrap_or("-")));
    refuse_shared_stdin([typed].into_iter().chain(args.keys.inputs()))?;
    let text = text(args)?;
    // Done first: without a key there is nothing to verify with, and nothing should be printed.
    let keys = args.verify.then(|| args.keys.find(Need::Keys, notes)).transpose()?;
    let code = UnverifiedInvitation::new(code_in(&text)).map_err(unreadable)?;
    let invitation = code.content().map_err(unreadable)?;
    let now = now();
    let refusal = keys.map(|found| {
        let key = InvitationKey::new(&found.keys.pair);
        code.check_signature(&[key]).and_then(|()| invitation.check_times(now))
    });
    let printed =
        if args.json { json(&invitation, refusal, now) } else { report(&invitation, refusal, now) };
    stdout.write_all(printed.as_bytes()).map_err(Failure::write)?;
    match refusal {
        Some(Err(error)) => Err(refused(error)),
        _ => Ok(()),
    }
}

fn text(args: &InspectArgs) -> Result<String, Failure> {
    let typed = args.code.as_deref().filter(|typed| *typed != "-");
    let text = match typed {
        Some(typed) => typed.to_owned(),
        None if io::stdin().is_terminal() => {
            let error = anyhow::anyhow!("there is no invitation");
            return Err(Failure::usage(error, "give it as an argument, or on standard input"));
        }
        None => Input::Stdin.read_text()?,
    };
    if text.trim().is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("the invitation is empty"), "give a code"));
    }
    Ok(text)
}

/// The code in a link, a header, or by itself.
fn code_in(text: &str) -> &str {
    let text = text.trim();
    let word = text.split_ascii_whitespace().next_back().unwrap_or(text);
    word.rsplit_once('#').map_or(word, |(_, code)| code)
}

fn json(invitation: &Invitation, refusal: Option<Result<(), InvitationError>>, now: u64) -> String {
    let mut json = words::json(invitation);
    json["expired"] = (now >= invitation.expires_at).into();
    if let Some(result) = refusal {
        json["verified"] = result.is_ok().into();
        json["reason"] = result.err().map(|error| error.to_string()).into();
    }
    pretty_json(&json)
}

fn report(
    invitation: &Invitation,
    refusal: Option<Result<(), InvitationError>>,
    now: u64,
) -> String {
    let mut text = section("invitation", words::lines(invitation, now).into_iter());
    text += &section("allows", allows(&invitation.claims()).into_iter());
    let checked = match refusal {
        None => "not checked: add --verify, with the key".to_owned(),
        Some(Ok(())) => "ok      made with this key, unchanged, and valid now".to_owned(),
        Some(Err(error)) => format!("refused {error}"),
    };
    text + &section("signature", [checked].into_iter())
}

fn unreadable(error: InvitationError) -> Failure {
    let help = match error {
        InvitationError::NotAnInvitation("a LiveKit token" | "a login token") => {
            "to read a token, use `lkt inspect`"
        }
        _ => "give the whole link or code, as `lkt invite` printed it",
    };
    Failure::failed(error, help)
}

fn refused(error: InvitationError) -> Failure {
    let help = match error {
        InvitationError::UnknownKey | InvitationError::Signature => {
            "use the API key and secret that the invitation was made with"
        }
        _ => "make a new one with `lkt invite`",
    };
    let error = anyhow::Error::new(error).context("`lkt serve --invites` would refuse it");
    Failure::failed(error, help)
}

#[cfg(test)]
mod tests {
    use super::code_in;

    #[test]
    fn a_code_is_found_wherever_it_is_copied_from() {
        for text in [
            "lkti_x",
            " lkti_x\r\n",
            "https://call.example.com/join#lkti_x",
            "Bearer lkti_x",
            "Authorization: Bearer lkti_x\n",
        ] {
            assert_eq!(code_in(text), "lkti_x", "{text}");
        }
    }
}
