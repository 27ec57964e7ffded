//! Environment variables.

use std::env::{self, VarError};

use crate::failure::Failure;

/// The value of a variable, if it is set.
///
/// # Errors
/// A value that is not UTF-8. The message names the variable but leaves out its value, which may be a
/// secret.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            let error = anyhow::anyhow!("the value of {name} is not UTF-8");
            Err(Failure::usage(error, format!("set {name} to text in UTF-8, or unset it")))
        }
    }
}
