//! Which lines of an env file set which variable.
//!
//! Readers disagree about where a value ends whose quote is open. Nearly all of them agree on this rule: a
//! line that begins with a variable of lkt's is never part of another value, except inside double quotes
//! that are closed.

use super::PREFIXES;
use crate::cli::keys::Variable;

/// A line that sets a variable, or seems to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    pub(super) name: &'t str,
    /// Number of its first line.
    pub(super) line: usize,
    pub(super) form: Form,
    /// The text of the value, without the blanks around it. If it is quoted, it may have several lines.
    pub(super) raw: &'t str,
    /// Whether there are blanks around the `=`.
    pub(super) is_spaced: bool,
}

/// How the line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `NAME=value`, with or without `export` before it.
    Assignment,
    /// `NAME: value`.
    Colon,
    /// Anything else that names one of lkt's variables, such as `set NAME=value` of cmd.
    Other,
}

/// Words and marks before the name of a variable in files of other kinds.
const BEFORE_NAMES: [&str; 16] = [
    "set ",
    "setx ",
    "setenv ",
    "declare ",
    "typeset ",
    "readonly ",
    "local ",
    "env ",
    "-x ",
    "-gx ",
    "- ",
    "{",
    "$env:",
    "environment=",
    "\"",
    "'",
];

/// Finds the entries of a text, in order. Comments, and lines that are not entries, are left out.
pub(super) fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    let mut number = 1;
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let mut length_of_entry = length;
        if let Some((mut entry, at)) = entry(&rest[..length], number) {
            let value = &rest[at..];
            if let Some(longer) = length_of_lines(&entry, value) {
                entry.raw = value[..longer].trim_end();
                length_of_entry = at + longer;
            }
            found.push(entry);
        }
        let (done, left) = rest.split_at(length_of_entry);
        number += done.matches('\n').count();
        rest = left;
    }
    found
}

/// Whether a line seems to set a variable of LiveKit's or lkt's.
fn is_own(line: &str) -> bool {
    let (name, _) = after_export(line.trim_start_matches(is_ignored));
    has_own_prefix(name)
}

fn has_own_prefix(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The length of a quoted value that goes on after its first line, to the end of its last line. `text`
/// begins with the value.
fn length_of_lines(entry: &Entry<'_>, text: &str) -> Option<usize> {
    let quote = entry.raw.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    if entry.form != Form::Assignment {
        return None;
    }
    let end = closing_quote(text).filter(|end| *end >= entry.raw.len())? + 1;
    let (value, after) = text.split_at(end);
    let after = after.split_inclusive('\n').next().unwrap_or_default();
    let is_closed = after.trim().is_empty() || is_comment(after);
    let has_own = quote == '\'' && value.lines().skip(1).any(is_own);
    (is_closed && !has_own).then_some(end + after.len())
}

/// The index of the quote that closes a value, which begins with its quote. A backslash escapes a quote
/// within double quotes only.
pub(super) fn closing_quote(text: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    let (_, quote) = letters.next()?;
    let mut escaped = false;
    for (at, letter) in letters {
        if letter == quote && !escaped {
            return Some(at);
        }
        escaped = quote == '"' && letter == '\\' && !escaped;
    }
    None
}

/// Whether the text after a value is a comment.
pub(super) fn is_comment(rest: &str) -> bool {
    rest.starts_with(is_blank) && rest.trim_start_matches(is_blank).starts_with('#')
}

pub(super) fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t')
}

/// Blanks, and characters without width, which editors and the joining of files leave before a name.
fn is_ignored(letter: char) -> bool {
    is_blank(letter) || matches!(letter, '\u{feff}' | '\u{200b}' | '\u{a0}')
}

/// The entry of a line, and the index of its value.
fn entry(line: &str, number: usize) -> Option<(Entry<'_>, usize)> {
    let text = line.trim_start_matches(is_ignored);
    let (text, is_exported) = after_export(text);
    if text.trim().is_empty() || text.starts_with('#') {
        return None;
    }
    let (name, rest) = text.split_at(name_length(text));
    let after = rest.trim_start_matches(is_blank);
    let found = |form, value: &'_ str| {
        let blanks = value.len() - value.trim_start_matches(is_blank).len();
        (form, line.len() - value.len() + blanks, rest.len() > after.len() || blanks > 0)
    };
    let is_name_list = || after.split_whitespace().all(|word| name_length(word) == word.len());
    let is_systemd = name == "Environment";
    let (form, at, is_spaced) = match after.split_at_checked(1) {
        Some(("=", value)) if !name.is_empty() && !is_systemd => found(Form::Assignment, value),
        Some((":", value)) if !name.is_empty() && !value.starts_with('/') => {
            found(Form::Colon, value)
        }
        // `export A B` passes variables on.
        _ if is_exported && is_name_list() => return None,
        _ if has_own_prefix(name) => found(Form::Other, after),
        _ => return other(text, number).map(|entry| (entry, line.len())),
    };
    let raw = line[at..].trim();
    Some((Entry { name, line: number, form, raw, is_spaced: is_spaced && !raw.is_empty() }, at))
}

/// An entry of another format that has a variable of lkt's where its name is due.
fn other(text: &str, line: usize) -> Option<Entry<'_>> {
    let mut rest = text;
    while let Some(shorter) = BEFORE_NAMES.iter().find_map(|before| {
        let (start, rest) = rest.split_at_checked(before.len())?;
        start.eq_ignore_ascii_case(before).then(|| rest.trim_start_matches(is_blank))
    }) {
        rest = shorter;
    }
    let (name, raw) = rest.split_at(name_length(rest));
    let is_known = rest.len() < text.len() && Variable::is_named(name);
    is_known.then(|| Entry { name, line, form: Form::Other, raw: raw.trim(), is_spaced: false })
}

/// The text after `export`, and whether it was there.
fn after_export(text: &str) -> (&str, bool) {
    match text.strip_prefix("export").filter(|rest| rest.starts_with(is_blank)) {
        Some(rest) => (rest.trim_start_matches(is_blank), true),
        None => (text, false),
    }
}

fn name_length(text: &str) -> usize {
    let is_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
    text.find(|letter| !is_name(letter)).unwrap_or(text.len())
}
