//! Flags with an empty value, which usually comes from a variable that is not set: `--room "$ROOM"`.

use crate::failure::Failure;

/// Refuses the first of these flags that has an empty value, instead of silently using the default.
pub(crate) fn refuse_empty<'a>(
    flags: impl IntoIterator<Item = (&'static str, Option<&'a str>)>,
) -> Result<(), Failure> {
    match flags.into_iter().find(|(_, value)| value.is_some_and(|value| value.trim().is_empty())) {
        Some((flag, _)) => {
            let error = anyhow::anyhow!("{flag} is empty");
            Err(Failure::usage(
                error,
                "leave it out for the default, or see whether a variable is not set",
            ))
        }
        None => Ok(()),
    }
}
