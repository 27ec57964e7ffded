//! How a value is spelled in an env file, and which readers of env files read the spelling differently.
//!
//! What is said about other readers was found by giving them the lines of
//! `tests/integration/known/env-lines.json`.

use zeroize::Zeroizing;

use super::dollar::{Dollar, Substitute, dollar};
use super::lines::{closing_quote, is_blank, is_comment};
use super::refusal::Refusal;
use crate::cli::keys::Variable;

/// Maximum length of a value into which variables are put, in bytes.
const MAX_SUBSTITUTED: usize = 64 * 1024;

/// A value whose spelling lkt reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spelled {
    pub(super) value: Zeroizing<String>,
    pub(super) differences: Vec<Difference>,
    /// Whether a variable was replaced by its value.
    pub(super) is_substituted: bool,
}

/// How a common reader reads the value differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Difference {
    #[error(
        "readers in JavaScript, Java, PHP and Ruby end the value at the `#`; put it into quotes"
    )]
    Hash,
    #[error(
        "docker's --env-file and systemd take the note after the value for a part of it; put it on a line \
         of its own"
    )]
    Note,
    #[error("shells drop the backslash; put the value into single quotes")]
    Backslash,
    #[error(
        "shells drop the quotes inside the value; a secret without quotes is read alike everywhere"
    )]
    QuoteInside,
    #[error("shells end the value at one of `;&|<>()`; put it into quotes")]
    ShellMark,
    #[error(
        "dotenv, Node, python-dotenv and Java keep the backslash before the `$`; no spelling of a `$` is \
         read alike everywhere, so choose a secret without one"
    )]
    EscapedDollar,
    #[error(
        "Next, Vite, Bun and dotenv-expand replace variables in single quotes too; no spelling of a `$` \
         is read alike everywhere, so choose a secret without one"
    )]
    QuotedDollar,
    #[error("shells keep the `\\n` as it is; write a real line break")]
    EscapedBreak,
    #[error("most readers keep the blanks inside the quotes, which lkt leaves out")]
    BlankEdge,
    #[error("shells and docker do not read a variable with blanks around the `=`")]
    Spaced,
    #[error("it is set again, after line {0}; Deno and dotenvy use the first one, lkt the last")]
    SetTwice(usize),
    #[error(
        "lkt puts in a variable where it has a `$`; dotenv, Node, docker and systemd keep the `$`"
    )]
    Substituted,
}

/// Reads a value.
pub(super) fn spelled(
    raw: &str,
    variable: Variable,
    substitute: Substitute<'_>,
) -> Result<Spelled, Refusal> {
    let is_break = |letter: char| letter == '\n' || letter == '\r';
    let is_control = |letter: char| {
        (letter.is_control() && letter != '\t' && !is_break(letter)) || letter == '\u{fffd}'
    };
    if raw.contains(is_control) {
        return Err(Refusal::Control);
    }
    if raw.contains(is_break) && variable != Variable::Keys {
        return Err(Refusal::LineBreak);
    }
    let mut reader = Reader { variable, substitute, spelled: Spelled::default() };
    match raw.chars().next() {
        None => {}
        Some('`') => return Err(Refusal::Backtick),
        Some(quote @ ('"' | '\'')) => {
            let (inner, has_note) = quoted(raw)?;
            if has_note {
                reader.differs(Difference::Note);
            }
            if quote == '"' { reader.double(inner)? } else { reader.single(inner)? }
        }
        Some(_) => reader.unquoted(raw)?,
    }
    Ok(reader.spelled)
}

/// The text between the quotes of a value, and whether a note follows it.
fn quoted(raw: &str) -> Result<(&str, bool), Refusal> {
    let (inner, after) = raw.split_at(closing_quote(raw).ok_or(Refusal::OpenQuote)?);
    let after = after.get(1..).unwrap_or_default();
    if after.starts_with([';', ',']) {
        return Err(Refusal::FinalMark);
    }
    if !after.trim().is_empty() && !is_comment(after) {
        return Err(Refusal::AfterQuote);
    }
    Ok((inner.get(1..).unwrap_or_default(), is_comment(after)))
}

/// Why a blank in a value is refused.
fn blank(rest: &str) -> Refusal {
    let mut next = rest.split_whitespace();
    let name = next.next().and_then(|word| word.split_once('=')).map_or("", |(name, _)| name);
    let is_name = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    if name.len() > 2 && name.chars().all(is_name) { Refusal::SecondName } else { Refusal::Blank }
}

/// Builds a value from its text.
struct Reader<'a> {
    variable: Variable,
    substitute: Substitute<'a>,
    spelled: Spelled,
}

impl Reader<'_> {
    fn differs(&mut self, difference: Difference) {
        if !self.spelled.differences.contains(&difference) {
            self.spelled.differences.push(difference);
        }
    }

    fn unquoted(&mut self, raw: &str) -> Result<(), Refusal> {
        let comment = raw.match_indices('#').map(|(at, _)| at);
        let comment =
            comment.map(|at| raw.split_at(at).0).find(|before| before.ends_with(is_blank));
        if comment.is_some() {
            self.differs(Difference::Note);
        }
        let value = comment.unwrap_or(raw).trim_end_matches(is_blank);
        if value.is_empty() || value.starts_with('#') {
            return Err(Refusal::Hash);
        }
        if value.ends_with([';', ',']) {
            return Err(Refusal::FinalMark);
        }
        let mut rest = value;
        while let Some(letter) = rest.chars().next() {
            match letter {
                '`' => return Err(Refusal::Backtick),
                '"' | '\'' if matches!(self.variable, Variable::Url | Variable::Key) => {
                    return Err(Refusal::QuoteInside);
                }
                '"' | '\'' => self.differs(Difference::QuoteInside),
                '\\' => self.differs(Difference::Backslash),
                '#' => self.differs(Difference::Hash),
                ';' | '&' | '|' | '<' | '>' | '(' | ')' => self.differs(Difference::ShellMark),
                letter if letter.is_whitespace() => return Err(blank(rest)),
                _ => {}
            }
            rest = self.letter(letter, rest)?;
        }
        Ok(())
    }

    fn double(&mut self, inner: &str) -> Result<(), Refusal> {
        self.edges(inner);
        let mut rest = inner;
        while let Some(letter) = rest.chars().next() {
            match (letter, rest.get(1..2)) {
                ('`', _) => return Err(Refusal::Backtick),
                ('\\', Some("$")) => {
                    self.differs(Difference::EscapedDollar);
                    self.spelled.value.push('$');
                    rest = &rest[2..];
                }
                ('\\', Some("n")) if self.variable == Variable::Keys => {
                    self.differs(Difference::EscapedBreak);
                    self.spelled.value.push('\n');
                    rest = &rest[2..];
                }
                ('\\', _) => return Err(Refusal::Escape),
                _ => rest = self.letter(letter, rest)?,
            }
        }
        Ok(())
    }

    fn single(&mut self, inner: &str) -> Result<(), Refusal> {
        self.edges(inner);
        // Some readers see an escape in these.
        if inner.contains("\\\\") || inner.ends_with('\\') {
            return Err(Refusal::Escape);
        }
        let dollars = inner.match_indices('$').filter_map(|(at, _)| inner.get(at + 1..));
        if dollars.into_iter().any(|rest| !matches!(dollar(rest), Ok(Dollar::Itself))) {
            self.differs(Difference::QuotedDollar);
        }
        self.spelled.value.push_str(inner);
        Ok(())
    }

    fn edges(&mut self, inner: &str) {
        if inner.trim() != inner && self.variable != Variable::Keys {
            self.differs(Difference::BlankEdge);
        }
    }

    /// Adds a letter, or what a variable stands for, and returns the text after it.
    fn letter<'t>(&mut self, letter: char, rest: &'t str) -> Result<&'t str, Refusal> {
        let after = &rest[letter.len_utf8()..];
        if letter == '$'
            && let Dollar::Variable { name, default, length } = dollar(after)?
        {
            let value = (self.substitute)(name).filter(|value| !value.is_empty());
            let value = match (value, default) {
                (Some(value), _) => value,
                (None, Some(default)) => Zeroizing::new(default.to_owned()),
                (None, None) => return Err(Refusal::Unset),
            };
            if self.spelled.value.len() + value.len() > MAX_SUBSTITUTED {
                return Err(Refusal::Long);
            }
            self.spelled.value.push_str(&value);
            self.spelled.is_substituted = true;
            self.differs(Difference::Substituted);
            return Ok(&after[length..]);
        }
        self.spelled.value.push(letter);
        Ok(after)
    }
}
