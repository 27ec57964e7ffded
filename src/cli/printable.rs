//! Text from elsewhere, safe for a terminal.

use std::fmt::{self, Write};

/// Displays a text with what would steer a terminal, or turn the direction of reading, escaped.
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            // The direction marks are no control characters to Unicode, but are not shown either.
            let steers = letter.is_control()
                || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if steers {
                write!(formatter, "{}", letter.escape_default())?;
            } else {
                formatter.write_char(letter)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Printable;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_the_rest_is_not() {
        let shown = Printable("Zoë 🚀\x1b[31m\n\u{202e}").to_string();
        assert_eq!(shown, "Zoë 🚀\\u{1b}[31m\\n\\u{202e}");
    }
}
