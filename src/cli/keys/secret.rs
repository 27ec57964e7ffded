//! API secrets as they were typed or read, and files that hold a secret.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use super::known_file::KnownFile;
use crate::cli::environment;
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::failure::Failure;
use crate::token::{ApiSecret, KeyError};

/// A secret as it was typed or read, including white space.
#[derive(Clone, Default)]
pub(crate) struct RawSecret {
    text: Zeroizing<String>,
    /// Whether white space around it is a part of it, as in LiveKit's own key format.
    is_exact: bool,
}

impl RawSecret {
    pub(super) fn new(text: Zeroizing<String>) -> Self {
        Self { text, is_exact: false }
    }

    /// A secret whose white space counts.
    pub(super) fn exact(text: Zeroizing<String>) -> Self {
        Self { text, is_exact: true }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_exact(&self) -> bool {
        self.is_exact
    }

    pub(super) fn to_secret(&self) -> Result<ApiSecret, KeyError> {
        let text = self.text.as_str();
        if self.is_exact { ApiSecret::exact(text) } else { ApiSecret::new(text) }
    }
}

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::new(Zeroizing::new(text)))
    }
}

impl FromStr for RawSecret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::new(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for RawSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signing tokens.
    Api,
    /// Anything else, such as verifying logins.
    Other,
}

/// Reads a file that holds one secret and nothing else.
///
/// # Errors
/// A file that cannot be read, an empty one, and one that is known to be something else.
pub(crate) fn read_secret(
    input: &Input,
    purpose: Purpose,
    notes: Notes,
) -> Result<Zeroizing<String>, Failure> {
    let text = read_text(input, notes)?;
    check_secret(&text, &input.name(), purpose)?;
    Ok(text)
}

/// Refuses the text of a file that cannot be one secret.
///
/// # Errors
/// An empty text, several lines, and a file that is known to be something else.
pub(crate) fn check_secret(text: &str, name: &str, purpose: Purpose) -> Result<(), Failure> {
    refuse_empty(text, name)?;
    refuse_known_file(text, name, purpose)?;
    if text.trim().contains(['\n', '\r']) {
        let error = anyhow::anyhow!("{name} has more than one line, and a secret is one");
        return Err(Failure::usage(error, "put the secret into it, and nothing else"));
    }
    Ok(())
}

/// Reads a file that holds secrets, one per line.
///
/// # Errors
/// Those of [`read_secret`], but for several lines, and none.
pub(crate) fn read_secrets(input: &Input, notes: Notes) -> Result<Zeroizing<String>, Failure> {
    input.warn_if_others_can_read(notes);
    let text = Zeroizing::new(input.read_text()?);
    refuse_known_file(&text, &input.name(), Purpose::Other)?;
    Ok(text)
}

/// The value of a variable that holds secrets, one per line, if it is set.
pub(crate) fn secrets_variable(name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    let Some(text) = environment::variable(name)?.map(Zeroizing::new) else { return Ok(None) };
    refuse_known_file(&text, name, Purpose::Other)?;
    Ok(Some(text))
}

fn read_text(input: &Input, notes: Notes) -> Result<Zeroizing<String>, Failure> {
    input.warn_if_others_can_read(notes);
    let text = Zeroizing::new(input.read_text()?);
    refuse_empty(&text, &input.name())?;
    Ok(text)
}

fn refuse_empty(text: &str, name: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        let error = anyhow::anyhow!("{name} holds no secret");
        return Err(Failure::failed(error, "put the secret into it, and nothing else"));
    }
    Ok(())
}

/// Refuses a text that is known to be something other than secrets.
fn refuse_known_file(text: &str, name: &str, purpose: Purpose) -> Result<(), Failure> {
    match (KnownFile::in_place_of_secret(text), purpose) {
        // An application may accept tokens of any form.
        (Some(KnownFile::Token), Purpose::Other) | (None, _) => Ok(()),
        (Some(known), Purpose::Api) => Err(known.in_place(name, "a secret")),
        (Some(known), Purpose::Other) => Err(known
            .in_place(name, "a secret")
            .with_help("give the value alone, on a line of its own")),
    }
}
