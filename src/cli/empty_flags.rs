//! Flags with an empty value, which most often come from a variable that was not set:
//! `--room "$ROOM"`.

use super::failure::Failure;

/// Refuses the first of these flags whose value is empty, so that it does not silently become the
/// default.
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
