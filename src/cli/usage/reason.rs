//! Why a value is refused, and what to do about it.

use std::num::{IntErrorKind, ParseIntError};

use crate::cli::suggest::did_you_mean;

/// How the part of a reason begins that says what to do.
const ADVICE: [&str; 12] = [
    "append ",
    "choose ",
    "did you mean ",
    "give ",
    "leave ",
    "name ",
    "put ",
    "set ",
    "the fields are ",
    "the placeholders are ",
    "use ",
    "write ",
];

/// Splits the reason why a value is refused into what is wrong, if it says so, and what to do.
pub(super) fn and_help(reason: &str) -> (Option<String>, Option<String>) {
    // clap's words for a number out of its range, `9 is not in 0..=5`.
    let range = reason.split_once(" is not in ").and_then(|(_, range)| range.split_once("..="));
    if let Some((first, last)) = range {
        let help = format!("give a number from {first} to {last}");
        return (Some(format!("it must be from {first} to {last}")), Some(help));
    }
    let is_advice = |text: &str| ADVICE.iter().any(|start| text.starts_with(start));
    let parts = reason.match_indices("; ").chain(reason.match_indices(": "));
    let parts = parts.map(|(at, mark)| (&reason[..at], &reason[at + mark.len()..]));
    match parts.filter(|(_, rest)| is_advice(rest)).min_by_key(|(before, _)| before.len()) {
        _ if is_advice(reason) => (None, Some(reason.to_owned())),
        Some((before, rest)) => (Some(before.to_owned()), Some(rest.to_owned())),
        None => (Some(reason.to_owned()), None),
    }
}

/// The reason why a text is not a number, or not one of the type.
pub(super) fn of_number(error: &ParseIntError) -> &'static str {
    match error.kind() {
        IntErrorKind::PosOverflow => "the number is too large; give a smaller one",
        IntErrorKind::Zero => "it must be 1 or more; give a number such as 1000",
        _ => "it is not a whole number; give digits alone, such as 1000",
    }
}

/// What to do about a value that is none of a list.
pub(super) fn one_of(value: &str, list: &str) -> String {
    match did_you_mean(value, list.split(", ")) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("give one of {list}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_and_what_to_do_are_told_apart() {
        for (reason, wrong, help) in [
            ("not a size; write it as 64KiB", Some("not a size"), Some("write it as 64KiB")),
            ("write it as N/SPAN", None, Some("write it as N/SPAN")),
            ("`a` has no `=`: write it as A=B", Some("`a` has no `=`"), Some("write it as A=B")),
            ("no such thing: it is elsewhere", Some("no such thing: it is elsewhere"), None),
            (
                "9 is not in 0..=5",
                Some("it must be from 0 to 5"),
                Some("give a number from 0 to 5"),
            ),
        ] {
            let expected = (wrong.map(str::to_owned), help.map(str::to_owned));
            assert_eq!(and_help(reason), expected, "{reason}");
        }
    }
}
