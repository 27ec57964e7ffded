//! Env files: `NAME=value` or `export NAME=value` lines, as dotenvy reads them.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{API_SECRET, Place, Sourced, VARIABLES};
use crate::cli::failure::Failure;
use crate::cli::files::Input;
use crate::cli::notes::Notes;

/// The env files of the working directory, in order of precedence.
const NAMES: [&str; 3] = ["development.env", ".env.local", ".env"];

/// Stands for a `$` that is not to be substituted. No text uses this code point.
const PLAIN_DOLLAR: char = '\u{10FFFF}';

/// A file that has been read.
pub(super) struct EnvFile {
    path: PathBuf,
    /// Whether the user named the file, or it was found in the working directory.
    place: Place,
    variables: HashMap<String, Zeroizing<String>>,
    /// Whether a `$` in the secret stood for something else, such as a variable of the environment.
    is_secret_substituted: bool,
}

impl EnvFile {
    /// Reads a file. The environment of the process stays as it is.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that is not `NAME=value`.
    pub(super) fn read(path: &Path, place: Place, notes: Notes) -> Result<Self, Failure> {
        let text = Zeroizing::new(Input::File(path.to_owned()).read_text()?);
        let variables = parse(&text).map_err(|line| malformed(path, line))?;
        let is_secret_substituted =
            variables.get(API_SECRET) != secret_without_substitution(&text).as_ref();
        if is_secret_substituted {
            notes.warn(&format!(
                "a `$` in the {API_SECRET} of `{}` was substituted, as a shell does; put the secret \
                 into single quotes to use it as it is",
                path.display()
            ));
        }
        Ok(Self { path: path.to_owned(), place, variables, is_secret_substituted })
    }

    /// The value of a variable, if the file has it.
    pub(super) fn get(&self, name: &str) -> Option<Sourced<String>> {
        let value = self.variables.get(name)?.to_string();
        // A repository's file may name a variable of the user's that holds the secret.
        let is_from_elsewhere = name == API_SECRET && self.is_secret_substituted;
        let place = if is_from_elsewhere { Place::User } else { self.place };
        Some(Sourced { value, source: format!("{name} in {}", self.path.display()), place })
    }

    /// Which of LiveKit's variables the file has, for the message that one is missing.
    pub(super) fn contents(&self) -> String {
        let known = |name: &&str| {
            let value = self.variables.get(*name)?;
            Some(if value.trim().is_empty() {
                format!("{name} (empty)")
            } else {
                (*name).to_owned()
            })
        };
        let names = VARIABLES.iter().filter_map(known).collect::<Vec<_>>();
        let names =
            if names.is_empty() { "no LIVEKIT_… variable".to_owned() } else { names.join(", ") };
        format!("`{}` has {names}", self.path.display())
    }
}

/// The env files of the working directory that are there. A directory, such as a virtual environment
/// of Python named `.env`, is none.
pub(super) fn default_paths() -> impl Iterator<Item = &'static Path> {
    let paths = NAMES.iter().map(Path::new);
    paths.filter(|path| std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir()))
}

/// The variables of a text, or the number of the line that is wrong.
fn parse(text: &str) -> Result<HashMap<String, Zeroizing<String>>, usize> {
    let lines_read = Cell::new(0);
    let lines = Lines { rest: text.as_bytes(), read: &lines_read };
    let variables = dotenvy::Iter::new(lines).map(|variable| {
        let (name, value) = variable.map_err(|error| first_line(&error, lines_read.get()))?;
        Ok((name, Zeroizing::new(value)))
    });
    variables.collect()
}

/// The secret of a text in which no `$` means anything.
fn secret_without_substitution(text: &str) -> Option<Zeroizing<String>> {
    let mut escaped = false;
    let plain = text.chars().map(|letter| {
        let kept = escaped;
        escaped = letter == '\\' && !kept;
        if letter == '$' && !kept { PLAIN_DOLLAR } else { letter }
    });
    let text = Zeroizing::new(plain.collect::<String>());
    let secret = parse(&text).ok()?.remove(API_SECRET)?;
    Some(Zeroizing::new(secret.replace(PLAIN_DOLLAR, "$")))
}

/// The number of the line on which something wrong starts. dotenvy gives the text from there to the
/// end of the last line that it read.
fn first_line(error: &dotenvy::Error, last: usize) -> usize {
    match error {
        dotenvy::Error::LineParse(text, _) => {
            last.saturating_sub(text.trim_end().matches('\n').count())
        }
        _ => last,
    }
}

/// Hands out a line at a time, and counts them: dotenvy's errors have no line number.
struct Lines<'a> {
    rest: &'a [u8],
    read: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end + 1);
        let (line, rest) = self.rest.split_at(end.min(buffer.len()));
        self.rest = rest;
        buffer[..line.len()].copy_from_slice(line);
        // A line longer than the buffer is handed out in parts, of which the last one counts.
        let is_end = line.ends_with(b"\n") || (rest.is_empty() && !line.is_empty());
        self.read.set(self.read.get() + usize::from(is_end));
        Ok(line.len())
    }
}

/// Leaves dotenvy's own words out: they quote the line, and so maybe a secret.
fn malformed(path: &Path, line: usize) -> Failure {
    Failure::usage(
        anyhow::anyhow!("line {line} of `{}` is not NAME=value", path.display()),
        "write one NAME=value a line, with quotes around a value that has spaces or a #",
    )
}

#[cfg(test)]
mod tests {
    use super::{parse, secret_without_substitution};

    #[test]
    fn the_line_on_which_something_wrong_starts_is_named() {
        for (text, line) in [
            ("what is this", 1),
            ("A=1\n\n# note\nB=x y\nC=1\n", 4),
            ("A='1\n2\n3'\nB C\n", 4),
            ("A=1\nB='open\nC=2\nD=3\n", 2),
            ("A=1\nB=\"two\nlines\" more\n", 2),
        ] {
            assert_eq!(parse(text).expect_err(text), line, "{text}");
        }
        let long = format!("A={}\nB C", "x".repeat(20_000));
        assert_eq!(parse(&long).expect_err("B C"), 2);
    }

    #[test]
    fn a_dollar_that_means_nothing_stays() {
        for (value, secret) in [
            ("abc$def", "abc$def"),
            ("'abc$def'", "abc$def"),
            ("\"a\\$b\"", "a$b"),
            ("a${HOME}b", "a${HOME}b"),
            ("a\\\\$b", "a\\$b"),
        ] {
            let text = format!("LIVEKIT_API_SECRET={value}\n");
            let read = secret_without_substitution(&text).expect(value);
            assert_eq!(read.as_str(), secret, "{value}");
        }
    }
}
