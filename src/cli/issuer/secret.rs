//! The file of `--auth-secret-file`: a secret as text, as base64, as hexadecimal, or as raw bytes.

use zeroize::Zeroizing;

use crate::cli::files::Input;
use crate::cli::keys::{Purpose, check_secret};
use crate::cli::notes::Notes;
use crate::endpoint::login::SharedSecret;
use crate::failure::Failure;

/// How the file holds the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Base64,
    Hex,
    Raw,
}

/// The prefixes of the option's value. Without one, the file is text.
const FORMS: [(&str, Form); 4] =
    [("text:", Form::Text), ("base64:", Form::Base64), ("hex:", Form::Hex), ("raw:", Form::Raw)];

/// Splits the value of the option into the form and the file.
fn split(value: &str) -> (Form, &str) {
    let named = FORMS.iter().find_map(|(prefix, form)| Some((*form, value.strip_prefix(prefix)?)));
    named.unwrap_or((Form::Text, value))
}

/// The file that the option names.
pub(super) fn file(value: &str) -> &str {
    split(value).1
}

/// Reads the secret. A secret that can be guessed gets a warning.
pub(super) fn read(value: &str, notes: Notes) -> Result<SharedSecret, Failure> {
    let (form, path) = split(value);
    let input = Input::from(path);
    input.warn_if_others_can_read(notes);
    let secret = input.read().and_then(|bytes| parse(form, Zeroizing::new(bytes), &input, path));
    let secret = secret.map_err(|failure| failure.at("`--auth-secret-file`"))?;
    if secret.is_short() {
        notes.warn("the issuer's secret has under 32 bytes; logins may be forged by guessing it");
    }
    Ok(secret)
}

fn parse(
    form: Form,
    mut bytes: Zeroizing<Vec<u8>>,
    input: &Input,
    path: &str,
) -> Result<SharedSecret, Failure> {
    let name = input.name();
    if form == Form::Raw {
        let secret = SharedSecret::from_bytes(std::mem::take(&mut *bytes));
        return secret.map_err(|error| {
            Failure::failed(anyhow::anyhow!("{name} {error}"), "put the issuer's secret into it")
        });
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        let help = format!("write raw:{path} if the secret is the bytes of the file, as they are");
        Failure::usage(anyhow::anyhow!("{name} is not text in UTF-8"), help)
    })?;
    check_secret(text, &name, Purpose::Other)?;
    let read = match form {
        Form::Base64 => SharedSecret::from_base64,
        Form::Hex => SharedSecret::from_hex,
        Form::Text | Form::Raw => SharedSecret::from_text,
    };
    read(text).map_err(|error| {
        let help = format!("give the file without its form, if the secret is text: {path}");
        Failure::usage(anyhow::anyhow!("{name} {error}"), help)
    })
}
