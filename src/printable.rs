//! Makes text from elsewhere safe to show on a terminal, and in JSON that may be shown on one.

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde_json::Value;

/// Displays a text on one line, with control characters and bidirectional controls escaped.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if is_unsafe(letter) {
                write!(formatter, "{}", letter.escape_default())?;
            } else {
                formatter.write_char(letter)?;
            }
        }
        Ok(())
    }
}

/// Maximum length of a name from elsewhere in a message, in characters.
const MAX_NAME: usize = 200;

/// A name for a message: its beginning, if it is longer than any name should be.
pub(crate) fn short_name(name: &str) -> Cow<'_, str> {
    let mut letters = name.chars();
    let start = letters.by_ref().take(MAX_NAME).collect::<String>();
    if letters.next().is_none() { Cow::Borrowed(name) } else { Cow::Owned(format!("{start}…")) }
}

/// `{"` in base64url, with which every header of a JWT begins.
const JWT: &str = "eyJ";

/// Whether a text is a JWT by its looks: a header, and three parts in all.
pub(crate) fn looks_like_token(text: &str) -> bool {
    text.starts_with(JWT) && text.matches('.').count() == 2
}

/// Whether there may be a JWT in a text, or a part of one.
pub(crate) fn may_contain_token(text: &str) -> bool {
    text.contains(JWT)
}

/// A value as it was typed, in backticks. A value with an `@` is left out, because it may be a URL with
/// a password. So is a token.
pub(crate) fn without_password(value: &str) -> Cow<'static, str> {
    if value.contains('@') {
        Cow::Borrowed("(not shown: what stands before an `@` may be a password)")
    } else if may_contain_token(value) && value.contains('.') {
        Cow::Borrowed("(not shown: it looks like a token)")
    } else {
        Cow::Owned(format!("`{value}`"))
    }
}

/// A URL without the parts that may be secret: a password, and the values in the query.
pub(crate) fn without_secrets(url: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, ""), |(url, _)| (url, "?***"));
    let (scheme, rest) = before.split_once("://").unwrap_or(("", before));
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{query}"),
        None => format!("{before}{query}"),
    }
}

/// JSON on several lines, which is safe to print to a terminal, with the end of the last line.
pub(crate) fn pretty_json(value: &Value) -> String {
    escape_controls_json(&format!("{value:#}\n")).into_owned()
}

/// Escapes the characters in JSON text that JSON allows unescaped but a terminal acts on: DEL, the C1
/// controls, and the bidirectional controls. The result is JSON for the same value.
pub(crate) fn escape_controls_json(json: &str) -> Cow<'_, str> {
    // The C0 controls are escaped already inside strings. Outside strings they are white space.
    let needs_escape = |letter: char| letter > '\u{1f}' && is_unsafe(letter);
    if !json.contains(needs_escape) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for letter in json.chars() {
        if needs_escape(letter) {
            // Writing to a string does not fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal acts on a character instead of showing it: a control character, a line or
/// paragraph separator, or a control of the text direction (Unicode, UAX #9, section 2). All of them
/// are below U+10000.
fn is_unsafe(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_the_rest_is_not() {
        let shown = Printable("Zoë 🚀\x1b[31m\n\u{202e}\u{61c}\u{9b}").to_string();
        assert_eq!(shown, "Zoë 🚀\\u{1b}[31m\\n\\u{202e}\\u{61c}\\u{9b}");
    }

    #[test]
    fn json_keeps_its_value_and_loses_its_controls() {
        let controls =
            "\u{7f}\u{80}\u{9b}\u{9f}\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}";
        let value = serde_json::json!({"room": format!("Zoë 🚀\x1b\n{controls}")});
        let json = format!("{value:#}\n");
        let escaped = escape_controls_json(&json);
        assert!(!escaped.contains(|letter: char| controls.contains(letter)), "{escaped}");
        assert!(escaped.contains("Zoë 🚀") && escaped.contains("\\u202e"), "{escaped}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).expect("JSON"), value);
        assert!(matches!(escape_controls_json("{\n}\n"), Cow::Borrowed(_)));
    }
}
