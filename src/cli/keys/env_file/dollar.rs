//! What a `$` in a value means.

use zeroize::Zeroizing;

use super::refusal::Refusal;

/// The value of a variable that may be put in.
pub(super) type Substitute<'a> = &'a dyn Fn(&str) -> Option<Zeroizing<String>>;

/// The meaning of a `$`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dollar<'t> {
    /// The character.
    Itself,
    /// `$NAME`, `${NAME}`, `${NAME-default}` or `${NAME:-default}`.
    Variable {
        name: &'t str,
        default: Option<&'t str>,
        /// The length of the text after the `$` that belongs to it.
        length: usize,
    },
}

/// Reads the text after a `$`.
pub(super) fn dollar(rest: &str) -> Result<Dollar<'_>, Refusal> {
    match rest.chars().next() {
        Some('(') => Err(Refusal::Command),
        Some('{') => in_braces(rest),
        Some(letter) if letter.is_ascii_alphabetic() || letter == '_' => {
            let length = name_length(rest);
            Ok(Dollar::Variable { name: &rest[..length], default: None, length })
        }
        // Variables of shells.
        Some(letter) if letter.is_ascii_digit() || "$@*#?!-'\"`".contains(letter) => {
            Err(Refusal::Dollar)
        }
        _ => Ok(Dollar::Itself),
    }
}

fn in_braces(rest: &str) -> Result<Dollar<'_>, Refusal> {
    let end = rest.find('}').ok_or(Refusal::Dollar)?;
    let (name, after) = rest[1..end].split_at(name_length(&rest[1..end]));
    let default = after.strip_prefix(":-").or_else(|| after.strip_prefix('-'));
    let is_plain = |default: &str| !default.contains(['$', '{', '\\', '"', '\'', '`']);
    if name.is_empty() || (default.is_none() && !after.is_empty()) || !default.is_none_or(is_plain)
    {
        return Err(Refusal::Dollar);
    }
    Ok(Dollar::Variable { name, default, length: end + 1 })
}

fn name_length(text: &str) -> usize {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.find(|letter| !is_name(letter)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_is_a_variable_a_character_or_refused() {
        let variable = |name, default, length| Ok(Dollar::Variable { name, default, length });
        for (rest, meaning) in [
            ("MY_SUB.x", variable("MY_SUB", None, 6)),
            ("{A}b", variable("A", None, 3)),
            ("{A:-text}", variable("A", Some("text"), 9)),
            ("{A-}", variable("A", Some(""), 4)),
            ("", Ok(Dollar::Itself)),
            (".", Ok(Dollar::Itself)),
            ("(pass)", Err(Refusal::Command)),
            ("{A", Err(Refusal::Dollar)),
            ("{A:?x}", Err(Refusal::Dollar)),
            ("{A:-${B}}", Err(Refusal::Dollar)),
            ("1", Err(Refusal::Dollar)),
            ("$", Err(Refusal::Dollar)),
        ] {
            assert_eq!(dollar(rest), meaning, "{rest}");
        }
    }
}
