//! Reads the bearer tokens that the server accepts.

use crate::cli::files::Input;
use crate::cli::keys::{read_secrets, secrets_variable};
use crate::cli::notes::Notes;
use crate::endpoint::BearerTokens;
use crate::failure::Failure;

/// Name of the variable that holds accepted bearer tokens.
pub(super) const AUTH_TOKEN: &str = "LKT_AUTH_TOKEN";

/// Minimum length of a bearer token, in bytes. A shorter one could be guessed.
const MIN_BEARER: usize = 16;

/// Reads the tokens from the file of `--auth-token-file`, or else from the environment. Returns `None`
/// if there is neither, or if the file has none.
pub(super) fn bearer_tokens(
    file: Option<&str>,
    notes: Notes,
) -> Result<Option<BearerTokens>, Failure> {
    let text = match file {
        Some(path) => Some(read_secrets(&Input::from(path), notes)?),
        None => secrets_variable(AUTH_TOKEN)?,
    };
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let tokens = BearerTokens::from_lines(&text);
    if tokens.is_none() && file.is_none() {
        return Err(no_bearer_token());
    }
    let source = file.unwrap_or(AUTH_TOKEN);
    for (number, token) in (1..).zip(text.lines().map(str::trim)) {
        if !token.is_empty() && !token.starts_with('#') {
            check_line(token, number, source, notes)?;
        }
    }
    Ok(tokens)
}

/// The failure for a file or a variable without a token.
pub(super) fn no_bearer_token() -> Failure {
    let error = anyhow::anyhow!("there is no bearer token to accept");
    Failure::failed(error, "put one token per line into the file or LKT_AUTH_TOKEN")
}

/// Refuses a token that clients cannot send (RFC 6750, section 2.1), and warns of a short one. Neither
/// message quotes it.
fn check_line(token: &str, number: usize, source: &str, notes: Notes) -> Result<(), Failure> {
    if let Some(letter) = token.chars().find(|letter| !letter.is_ascii_graphic()) {
        let problem = if letter.is_whitespace() { "blanks" } else { "characters outside ASCII" };
        let problem = if letter.is_ascii_control() { "control characters" } else { problem };
        let error = anyhow::anyhow!(
            "line {number} of `{source}` is not a bearer token that a client can send: it has {problem}"
        );
        let help = "write the token alone into its line, such as one of `openssl rand -hex 32`; a \
                    comment is a line of its own that begins with `#`";
        return Err(Failure::failed(error, help));
    }
    if token.len() < MIN_BEARER {
        notes.warn(&format!(
            "the bearer token in line {number} of `{source}` has under {MIN_BEARER} bytes, which is \
             easy to guess; make one with `openssl rand -hex 32`"
        ));
    }
    Ok(())
}
