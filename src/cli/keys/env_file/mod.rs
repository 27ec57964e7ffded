//! Env files: `NAME=value` or `export NAME=value` lines.
//!
//! dotenvy reads them. Readers of env files disagree about quotes, comments, escapes and variables, so what
//! dotenvy returns for one of lkt's variables is compared with the line itself (`docs/keys.md`).

mod dollar;
mod lines;
mod quoting;
mod refusal;
mod verdict;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::known_file::KnownFile;
use super::variable::{is_similar_to_url, misspelled};
use super::{ChosenBy, Sourced, Variable, is_in_working_directory};
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::failure::Failure;
use refusal::Refusal;
use verdict::{Dollars, Verdict, malformed_line, names, verdicts};

/// The env files of the working directory, in order of precedence.
pub(super) const NAMES: [&str; 3] = ["development.env", ".env.local", ".env"];

/// How the variables of LiveKit and lkt begin.
const PREFIXES: [&str; 2] = ["LIVEKIT_", "LKT_"];

/// An env file that has been read.
pub(super) struct EnvFile {
    path: PathBuf,
    /// Whether the user named the file, or lkt found it in the working directory.
    chosen_by: ChosenBy,
    verdicts: BTreeMap<Variable, Verdict>,
    /// Variables that lkt does not read: those of other programs with the URL of a LiveKit server, and its
    /// own in another case, with what to do.
    similar: Vec<String>,
    /// Whether the file was found in the working directory and is a link to a file elsewhere.
    is_link: bool,
}

impl EnvFile {
    /// Reads a file, without changing the environment of the process.
    ///
    /// # Errors
    /// A file that cannot be read, or a line of a variable of LiveKit's that is not `NAME=value`. The
    /// other lines belong to other programs.
    pub(super) fn read(path: &Path, chosen_by: ChosenBy) -> Result<Self, Failure> {
        let text = text(&Input::File(path.to_owned()))?;
        if let Some(line) = malformed_line(&text) {
            // Without the line, which may contain a secret.
            let error = anyhow::anyhow!("line {line} of `{}` is not NAME=value", path.display());
            return Err(Failure::usage(error, Refusal::NotAssigned.help()));
        }
        if chosen_by == ChosenBy::User
            && names(&text).is_empty()
            && let Some(known) = KnownFile::of_document(&text)
        {
            return Err(known.in_place(&format!("`{}`", path.display()), "an env file"));
        }
        // The file of a cloned repository could put any secret of the environment into a value that is
        // printed or sent.
        let environment = |name: &str| std::env::var(name).ok();
        let dollars = match chosen_by {
            ChosenBy::User => Dollars::Replaced(&environment),
            ChosenBy::WorkingDirectory => Dollars::Refused,
        };
        let is_link = chosen_by == ChosenBy::WorkingDirectory && !is_in_working_directory(path);
        let names = names(&text).into_iter();
        let similar = names.filter_map(|name| match misspelled(name) {
            Some(meant) => Some(format!("{name} (write {})", meant.name())),
            None if is_similar_to_url(name) => Some(format!("{name} (not read)")),
            None => None,
        });
        Ok(Self {
            path: path.to_owned(),
            chosen_by,
            verdicts: verdicts(&text, dollars),
            similar: similar.collect(),
            is_link,
        })
    }

    /// The value of a variable, if the file sets it, with warnings about readers that differ.
    ///
    /// # Errors
    /// A value that readers of env files do not agree about.
    pub(super) fn get(
        &self,
        variable: Variable,
        notes: Notes,
    ) -> Result<Option<Sourced<String>>, Failure> {
        let Some(Verdict { line, result }) = self.verdicts.get(&variable) else { return Ok(None) };
        let (name, path) = (variable.name(), self.path.display());
        let spelled = result.as_ref().map_err(|refusal| {
            let error = anyhow::anyhow!("{name} in line {line} of `{path}` {refusal}");
            Failure::usage(error, refusal.help())
        })?;
        for difference in &spelled.differences {
            notes.warn(&format!("{name} in line {line} of `{path}`: {difference}"));
        }
        let (mut chosen_by, mut source) = (self.chosen_by, format!("{name} in {path}"));
        if spelled.is_substituted {
            // The file may refer to one of the user's variables that holds the secret.
            (chosen_by, source) =
                (ChosenBy::User, format!("{source}, which substitutes a variable"));
        } else if variable.is_secret() && self.is_link {
            // The link may lead to one of the user's files.
            (chosen_by, source) =
                (ChosenBy::User, format!("{source}, which is a link to a file elsewhere"));
        }
        Ok(Some(Sourced { value: spelled.value.to_string(), source, chosen_by }))
    }

    /// The names of LiveKit's variables in the file, for the message that one is missing.
    pub(super) fn contents(&self) -> String {
        let named = self.verdicts.iter().map(|(variable, verdict)| match &verdict.result {
            Ok(spelled) if spelled.value.trim().is_empty() => {
                format!("{} (empty)", variable.name())
            }
            _ => variable.name().to_owned(),
        });
        let all = named.chain(self.similar.iter().cloned()).collect::<Vec<_>>();
        let all =
            if all.is_empty() { "no LIVEKIT_… variable".to_owned() } else { all.join(", ") };
        format!("`{}` has {all}", self.path.display())
    }
}

/// The existing env files of the working directory. A directory named `.env`, such as a virtual
/// environment of Python, does not count.
pub(super) fn default_paths() -> impl Iterator<Item = &'static Path> {
    existing(&NAMES)
}

/// The existing env files of the working directory that other tools read, and lkt does not.
pub(super) fn unread_paths() -> impl Iterator<Item = &'static Path> {
    existing(&[
        ".env.development.local",
        ".env.development",
        ".env.production.local",
        ".env.production",
        ".env.test",
        "production.env",
        "env.local",
        "livekit.env",
    ])
}

fn existing(names: &'static [&'static str]) -> impl Iterator<Item = &'static Path> {
    let paths = names.iter().map(Path::new);
    paths.filter(|path| std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir()))
}

/// The text of an env file, with `\n` at the end of each line. Bytes of other programs' lines need not be
/// UTF-8.
fn text(input: &Input) -> Result<Zeroizing<String>, Failure> {
    let bytes = Zeroizing::new(input.read_utf8_or_similar()?);
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
    Ok(Zeroizing::new(if text.contains('\n') {
        text.to_string()
    } else {
        text.replace('\r', "\n")
    }))
}
