//! Finds the server URL and the API key.
//!
//! Each source is a [`Layer`]. Sources are searched in order of precedence, until the command has what
//! it needs. The rest is not read.

mod args;
mod env_file;
mod files;
mod key_list;
mod key_shape;
mod known_file;
mod layers;
mod livekit_cli;
mod mistakes;
mod search;
mod secret;
mod several;
mod variable;

use std::path::Path;

pub(crate) use args::KeyArgs;
pub(crate) use livekit_cli::project_names;
pub(crate) use search::no_url;
pub(crate) use secret::{Purpose, RawSecret, check_secret, read_secrets, secrets_variable};
pub(crate) use several::all_keys;

use super::empty_flags::refuse_empty;
use super::notes::Notes;
use crate::endpoint::ServerUrl;
use crate::failure::Failure;
use crate::token::KeyPair;
use env_file::EnvFile;
use layers::{add_env_file, dev_layer, environment_layer};
use search::Search;
use variable::Variable;

/// All ways to give a key, for a user who gave none.
const WAYS: &str = "use --dev for `livekit-server --dev`, or put LIVEKIT_API_KEY and LIVEKIT_API_SECRET into \
    the environment or into `.env`; see --help for all ways";

/// The person who chose a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChosenBy {
    /// The user: by a flag, the environment, a file that a flag names, or LiveKit's CLI.
    User,
    /// The author of the env file in the working directory, which may be a cloned repository.
    WorkingDirectory,
}

/// A value and its source.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    /// The source for messages, such as `--url` or `LIVEKIT_URL in .env`.
    pub(crate) source: String,
    pub(crate) chosen_by: ChosenBy,
}

impl<T> Sourced<T> {
    /// A value that the user chose.
    fn by_user(value: T, source: &str) -> Self {
        Self { value, source: source.to_owned(), chosen_by: ChosenBy::User }
    }

    /// Another value from the same source.
    fn with<U>(&self, value: U) -> Sourced<U> {
        Sourced { value, source: self.source.clone(), chosen_by: self.chosen_by }
    }
}

/// The keys that a command signs with.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) pair: KeyPair,
    pub(crate) source: String,
    chosen_by: ChosenBy,
}

/// The values that were found.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedKeys {
    pub(crate) keys: Keys,
    pub(crate) url: Option<Sourced<ServerUrl>>,
}

impl ResolvedKeys {
    /// Returns a warning if the URL comes from an env file in the working directory and the key does
    /// not: the author of the file may want to receive tokens signed with the user's key. Commands that
    /// use both print the warning, and `lkt check`, which sends a token, refuses.
    pub(crate) fn mixed_sources(&self) -> Option<String> {
        let url = self.url.as_ref().filter(|url| url.chosen_by == ChosenBy::WorkingDirectory)?;
        (self.keys.chosen_by != ChosenBy::WorkingDirectory).then(|| {
            format!(
                "the URL `{}` is from {}, but the API key `{}` is from {}",
                url.value,
                url.source,
                self.keys.pair.key(),
                self.keys.source
            )
        })
    }

    /// Warns of [mixed sources](Self::mixed_sources).
    pub(crate) fn warn_of_mixed_sources(&self, notes: Notes) {
        if let Some(mixed) = self.mixed_sources() {
            notes.warn(&format!("{mixed}; give --url if they belong together"));
        }
    }
}

/// The values that a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A key and its secret.
    Keys,
    /// A key, its secret and the URL.
    KeysAndUrl,
}

impl KeyArgs {
    /// Finds what a command needs.
    pub(crate) fn find(&self, need: Need, notes: Notes) -> Result<ResolvedKeys, Failure> {
        self.search(Search::new(need), notes)
    }

    /// Finds a key that a token was signed with. Of several keys in a list, it is the issuer's.
    pub(crate) fn find_for(
        &self,
        issuer: Option<&str>,
        notes: Notes,
    ) -> Result<ResolvedKeys, Failure> {
        self.search(Search::new(Need::Keys).preferring(issuer), notes)
    }

    fn search(&self, mut search: Search, notes: Notes) -> Result<ResolvedKeys, Failure> {
        refuse_empty(self.given())?;
        search.add(self.flag_layer(notes)?)?;
        if self.dev {
            search.add(dev_layer(&self.from_file.source_of("--dev")))?;
        }
        if let Some(name) = &self.project {
            search.add(livekit_cli::project(name)?)?;
        }
        // Read even if nothing more is needed, because the user named it.
        let named_file = self.env_file.as_deref();
        let named_file = named_file.map(|path| EnvFile::read(path, ChosenBy::User)).transpose()?;
        if !search.is_done() {
            search.add(environment_layer(&search, notes)?)?;
        }
        self.search_env_files(named_file, &mut search, notes)?;
        if !search.is_done() {
            search.add(livekit_cli::layer()?)?;
        }
        search.finish(self.dev, notes)
    }

    /// A value that the user chose with an option.
    fn by_user<T>(&self, option: &str, value: T) -> Sourced<T> {
        Sourced::by_user(value, &self.from_file.source_of(option))
    }

    /// Adds the values of the named file, or else those of the files in the working directory.
    fn search_env_files(
        &self,
        named: Option<EnvFile>,
        search: &mut Search,
        notes: Notes,
    ) -> Result<(), Failure> {
        if let Some(file) = named {
            return add_env_file(&file, search, notes);
        }
        for path in env_file::default_paths().filter(|_| !self.no_env_file) {
            if !search.is_done() {
                let file = EnvFile::read(path, ChosenBy::WorkingDirectory)?;
                add_env_file(&file, search, notes)?;
            }
        }
        Ok(())
    }
}

/// Whether a file is in the working directory, with links followed.
fn is_in_working_directory(path: &Path) -> bool {
    let here = std::fs::canonicalize(".");
    matches!((std::fs::canonicalize(path), here), (Ok(file), Ok(here)) if file.starts_with(&here))
}
