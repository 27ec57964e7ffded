//! Warns of patterns that look like regular expressions: all but `*` and `?` stands for itself in them.

use crate::cli::notes::Notes;

/// Warns of patterns of `--allow-room`.
pub(super) fn warn_of_rooms(patterns: &[String], notes: Notes) {
    let signs = ["[", "]+", ".*", ".+", "\\", "(", "|", "^", "$"];
    warn("--allow-room", &signs, patterns.iter().map(String::as_str), notes);
}

/// Warns of patterns in the text of a deny list.
pub(super) fn warn_of_denied(text: &str, notes: Notes) {
    // `|` is a part of many `sub`, such as auth0|5f7c.
    let signs = [".*", ".+", "[", "\\", "^"];
    let patterns = text.lines().filter_map(|line| line.split_once('='));
    warn("--deny-file", &signs, patterns.map(|(_, pattern)| pattern.trim()), notes);
}

fn warn<'p>(option: &str, signs: &[&str], patterns: impl Iterator<Item = &'p str>, notes: Notes) {
    for pattern in patterns.filter(|pattern| signs.iter().any(|&sign| pattern.contains(sign))) {
        notes.warn(&format!(
            "{option} `{pattern}` looks like a regular expression; only `*` and `?` have a meaning in it, as \
             in `team-*`"
        ));
    }
}
