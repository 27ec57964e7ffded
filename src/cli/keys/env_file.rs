//! Env files: `NAME=value` or `export NAME=value` lines, as dotenvy reads them.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use zeroize::Zeroizing;

use super::{API_SECRET, ChosenBy, KEYS, Sourced, VARIABLES, is_in_working_directory};
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::failure::Failure;

/// The env files of the working directory, in order of precedence.
const NAMES: [&str; 3] = ["development.env", ".env.local", ".env"];

/// Stands for a `$` that must not be substituted. This code point does not occur in text.
const PLAIN_DOLLAR: char = '\u{10FFFF}';

/// Maximum number of times that a file is read again without its bad lines.
const PASSES: usize = 64;

type Variables = HashMap<String, Zeroizing<String>>;

/// An env file that has been read.
pub(super) struct EnvFile {
    path: PathBuf,
    /// Whether the user named the file, or lkt found it in the working directory.
    chosen_by: ChosenBy,
    variables: Variables,
    /// The variables whose value contains a substitution from outside the file.
    substituted: Vec<&'static str>,
    /// Whether the file was found in the working directory and is a link to a file elsewhere.
    is_link: bool,
}

impl EnvFile {
    /// Reads a file, without changing the environment of the process.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that is not `NAME=value`. In a file that the user did not
    /// name, only the lines of lkt's own variables are checked: the other lines belong to other
    /// programs.
    pub(super) fn read(path: &Path, chosen_by: ChosenBy, notes: Notes) -> Result<Self, Failure> {
        let mut text = Zeroizing::new(Input::File(path.to_owned()).read_text()?);
        if chosen_by == ChosenBy::WorkingDirectory {
            let skipped = blank_foreign_lines(&mut text);
            if let Some(first) = skipped.first() {
                let (count, path) = (skipped.len(), path.display());
                notes.note(|| {
                    format!("lines of `{path}` that are not NAME=value are skipped: {count}, line {first} first")
                });
            }
        }
        let variables = parse(&text).map_err(|line| malformed(path, line))?;
        let plain = parse_without_substitution(&text);
        let is_substituted = |name: &&str| {
            variables.get(*name) != plain.get(*name) && !is_from_file_alone(name, &plain, PASSES)
        };
        let substituted = VARIABLES.into_iter().filter(is_substituted).collect();
        let is_link = chosen_by == ChosenBy::WorkingDirectory && !is_in_working_directory(path);
        Ok(Self { path: path.to_owned(), chosen_by, variables, substituted, is_link })
    }

    /// The value of a variable, if the file sets it.
    ///
    /// # Errors
    /// A substituted value that is printed or sent unchanged, from a file that the user did not name.
    /// The file may come from a cloned repository, and could put any secret of the environment into the
    /// value.
    pub(super) fn get(&self, name: &str, notes: Notes) -> Result<Option<Sourced<String>>, Failure> {
        let Some(value) = self.variables.get(name) else { return Ok(None) };
        let value = value.to_string();
        let source = format!("{name} in {}", self.path.display());
        let is_secret = [API_SECRET, KEYS].contains(&name);
        if self.substituted.contains(&name) && !value.trim().is_empty() {
            if is_secret {
                notes.warn(&format!(
                    "a `$` in the {name} of `{}` was substituted, as a shell does; put the value \
                     into single quotes to use it as it is",
                    self.path.display()
                ));
            } else if self.chosen_by == ChosenBy::WorkingDirectory {
                return Err(self.substituted(name));
            }
            // The file may refer to one of the user's variables that holds the secret.
            let source = format!("{source}, which substitutes a variable");
            return Ok(Some(Sourced { value, source, chosen_by: ChosenBy::User }));
        }
        if is_secret && self.is_link {
            // The link may lead to one of the user's files.
            let source = format!("{source}, which is a link to a file elsewhere");
            return Ok(Some(Sourced { value, source, chosen_by: ChosenBy::User }));
        }
        Ok(Some(Sourced { value, source, chosen_by: self.chosen_by }))
    }

    fn substituted(&self, name: &str) -> Failure {
        let path = self.path.display();
        let error = anyhow::anyhow!("the {name} of `{path}` substitutes a variable with `$`");
        let help = format!(
            "write the value as it is, a variable of the same file as ${{NAME}}, or name the file with \
             --env-file {path}"
        );
        Failure::usage(error, help)
    }

    /// The names of LiveKit's variables in the file, for the message that one is missing.
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

/// The existing env files of the working directory. A directory named `.env`, such as a virtual
/// environment of Python, does not count.
pub(super) fn default_paths() -> impl Iterator<Item = &'static Path> {
    let paths = NAMES.iter().map(Path::new);
    paths.filter(|path| std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir()))
}

/// Parses the variables of a text. The error is the number of the first bad line.
fn parse(text: &str) -> Result<Variables, usize> {
    entries(text).map(|entry| entry.map_err(|bad| bad.line)).collect()
}

/// An entry that is not `NAME=value`.
struct BadEntry {
    /// The number of its first line.
    line: usize,
    /// Whether it continues on the next lines, because a quote is not closed.
    is_long: bool,
}

/// Iterates over the variables of a text, in order.
fn entries(text: &str) -> impl Iterator<Item = Result<(String, Zeroizing<String>), BadEntry>> {
    let lines_read = Rc::new(Cell::new(0));
    let lines = Lines { rest: text.as_bytes(), read: Rc::clone(&lines_read) };
    dotenvy::Iter::new(lines).map(move |variable| {
        let (name, value) = variable.map_err(|error| bad_entry(&error, lines_read.get()))?;
        Ok((name, Zeroizing::new(value)))
    })
}

/// Empties the lines that are neither `NAME=value` nor lkt's own, and returns their numbers.
fn blank_foreign_lines(text: &mut Zeroizing<String>) -> BTreeSet<usize> {
    let mut blanked = BTreeSet::new();
    for _ in 0..PASSES {
        let lines = text.split_inclusive('\n').collect::<Vec<_>>();
        let line_at =
            |number: usize| lines.get(number.wrapping_sub(1)).copied().unwrap_or_default();
        let bad = entries(text).filter_map(Result::err);
        let bad = bad.filter(|bad| !is_own(line_at(bad.line))).collect::<Vec<_>>();
        blanked.extend(bad.iter().map(|bad| bad.line));
        let lines = (1..).zip(&lines);
        let kept = lines.map(|(number, line)| if blanked.contains(&number) { "\n" } else { line });
        let kept = Zeroizing::new(kept.collect());
        *text = kept;
        // The lines that an open quote had taken for its value are read separately in the next pass.
        if bad.iter().all(|bad| !bad.is_long) {
            break;
        }
    }
    blanked
}

/// Whether a line seems to set a variable that lkt may read.
fn is_own(line: &str) -> bool {
    let line = line.trim_start();
    let name = line.strip_prefix("export").map_or(line, str::trim_start);
    name.starts_with("LIVEKIT_") || name.starts_with("LKT_")
}

/// Parses the variables of a text without any substitution.
fn parse_without_substitution(text: &str) -> Variables {
    let mut escaped = false;
    let plain = text.chars().map(|letter| {
        let kept = escaped;
        escaped = letter == '\\' && !kept;
        if letter == '$' && !kept { PLAIN_DOLLAR } else { letter }
    });
    let text = Zeroizing::new(plain.collect::<String>());
    let plain = |value: Zeroizing<String>| Zeroizing::new(value.replace(PLAIN_DOLLAR, "$"));
    // Without substitution, `${A B}` is two words, and the variable is left out.
    let variables = entries(&text).filter_map(Result::ok);
    variables.map(|(name, value)| (name, plain(value))).collect()
}

/// Whether each `$NAME` and `${NAME}` in the value of a variable stands for a variable of the same file
/// for which the same holds. `written` has the values as written in the file. `depth` ends cycles.
fn is_from_file_alone(name: &str, written: &Variables, depth: usize) -> bool {
    let (Some(value), Some(depth)) = (written.get(name), depth.checked_sub(1)) else {
        return false;
    };
    value.split('$').skip(1).all(|rest| {
        // A name ends where dotenvy ends it: without braces, at an underscore.
        let name = match rest.strip_prefix('{') {
            Some(rest) => rest.split('}').next(),
            None => rest.split(|letter: char| !letter.is_alphanumeric()).next(),
        };
        let name = name.unwrap_or_default();
        // A variable of the environment would take precedence.
        std::env::var_os(name).is_none() && is_from_file_alone(name, written, depth)
    })
}

/// Finds the first line of a bad entry. dotenvy returns the text from there to the end of the last line
/// that it read.
fn bad_entry(error: &dotenvy::Error, last: usize) -> BadEntry {
    let more = match error {
        dotenvy::Error::LineParse(text, _) => text.trim_end().matches('\n').count(),
        _ => 0,
    };
    BadEntry { line: last.saturating_sub(more), is_long: more > 0 }
}

/// Returns one line at a time and counts the lines, since dotenvy's errors have no line number.
struct Lines<'a> {
    rest: &'a [u8],
    read: Rc<Cell<usize>>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |end| end + 1);
        let (line, rest) = self.rest.split_at(end.min(buffer.len()));
        self.rest = rest;
        buffer[..line.len()].copy_from_slice(line);
        // A line longer than the buffer is returned in parts. Only the last part is counted.
        let is_end = line.ends_with(b"\n") || (rest.is_empty() && !line.is_empty());
        self.read.set(self.read.get() + usize::from(is_end));
        Ok(line.len())
    }
}

/// Leaves out dotenvy's message: it quotes the line, which may contain a secret.
fn malformed(path: &Path, line: usize) -> Failure {
    Failure::usage(
        anyhow::anyhow!("line {line} of `{}` is not NAME=value", path.display()),
        "write one NAME=value a line, with quotes around a value that has spaces or a #; for a \
         variable write `${NAME}`, or use single quotes",
    )
}

#[cfg(test)]
mod tests {
    use super::{blank_foreign_lines, parse, parse_without_substitution};
    use zeroize::Zeroizing;

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
            let read = parse_without_substitution(&text);
            assert_eq!(read["LIVEKIT_API_SECRET"].as_str(), secret, "{value}");
        }
    }

    #[test]
    fn lines_of_other_programs_are_skipped_however_they_are_wrong() {
        for (text, kept) in [
            ("GREETING=hello world\nLIVEKIT_URL=u\n", "\nLIVEKIT_URL=u\n"),
            ("A=it's\nLIVEKIT_URL='u'\nB=x y", "\nLIVEKIT_URL='u'\n\n"),
            ("A=\"$B\"\nLIVEKIT_URL=u v\n", "\nLIVEKIT_URL=u v\n"),
            ("export LKT_X=u v\nC=1\n", "export LKT_X=u v\nC=1\n"),
        ] {
            let mut read = Zeroizing::new(text.to_owned());
            blank_foreign_lines(&mut read);
            assert_eq!(read.as_str(), kept, "{text}");
        }
    }
}
