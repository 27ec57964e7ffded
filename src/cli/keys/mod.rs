//! Finds the server URL and the API key.
//!
//! Each source is a [`Layer`]. Sources are searched in order of precedence, until the command has what
//! it needs. The rest is not read.

mod args;
mod env_file;
mod key_list;
mod livekit_cli;
mod search;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

pub(crate) use args::KeyArgs;
pub(crate) use livekit_cli::project_names;

use super::empty_flags::refuse_empty;
use super::environment;
use super::files::Input;
use super::notes::Notes;
use crate::endpoint::ServerUrl;
use crate::failure::Failure;
use crate::token::KeyPair;
use env_file::EnvFile;
use key_list::KeyList;
use search::{Layer, Search};

// The variables that lkt reads, from the environment and from env files.
const URL: &str = "LIVEKIT_URL";
const API_KEY: &str = "LIVEKIT_API_KEY";
const API_SECRET: &str = "LIVEKIT_API_SECRET";
const API_SECRET_FILE: &str = "LIVEKIT_API_SECRET_FILE";
const KEYS: &str = "LIVEKIT_KEYS";

/// All of these variables.
const VARIABLES: [&str; 5] = [URL, API_KEY, API_SECRET, API_SECRET_FILE, KEYS];

/// All ways to give a key, for a user who gave none.
const WAYS: &str = "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET, in the environment or in an env file \
    (development.env, .env.local or .env here, or --env-file PATH); or give --api-key with \
    --api-secret-file; or --keys-file FILE (also LIVEKIT_KEYS); or --project NAME of LiveKit's CLI; or \
    --dev for a server that was started with --dev";

/// A secret as it was typed or read, including white space.
#[derive(Clone, Default)]
pub(crate) struct RawSecret(Zeroizing<String>);

impl<'de> Deserialize<'de> for RawSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

impl FromStr for RawSecret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for RawSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

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
pub(crate) struct Found {
    pub(crate) keys: Keys,
    pub(crate) url: Option<Sourced<ServerUrl>>,
}

impl Found {
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
    pub(crate) fn find(&self, need: Need, notes: Notes) -> Result<Found, Failure> {
        self.refuse_empty()?;
        let mut search = Search::new(need);
        search.add(self.flag_layer(notes)?)?;
        if self.dev {
            search.add(dev_layer(&self.from_file.source_of("--dev")))?;
        }
        if let Some(name) = &self.project {
            search.add(livekit_cli::project(name)?)?;
        }
        // Read even if nothing more is needed, because the user asked for it.
        let named_file = self.env_file.as_deref();
        let named_file =
            named_file.map(|path| EnvFile::read(path, ChosenBy::User, notes)).transpose()?;
        if !search.is_done() {
            search.add(environment_layer(&search, notes)?)?;
        }
        self.search_env_files(named_file, &mut search, notes)?;
        if !search.is_done() {
            search.add(livekit_cli::default_project()?)?;
        }
        search.finish(self.dev, notes)
    }

    /// A value that the user chose with an option.
    fn by_user<T>(&self, option: &str, value: T) -> Sourced<T> {
        Sourced::by_user(value, &self.from_file.source_of(option))
    }

    fn refuse_empty(&self) -> Result<(), Failure> {
        refuse_empty([
            ("--url", self.url.as_deref()),
            ("--api-key", self.api_key.as_deref()),
            ("--api-secret-file", self.api_secret_file.as_deref()),
            ("--api-secret", self.api_secret.as_ref().map(|secret| secret.0.as_str())),
            ("--keys-file", self.keys_file.as_deref()),
            ("--project", self.project.as_deref()),
            ("--env-file", self.env_file.as_deref().and_then(Path::to_str)),
        ])
    }

    fn flag_layer(&self, notes: Notes) -> Result<Layer, Failure> {
        let url = self.url.clone().map(|url| self.by_user("--url", url));
        // A URL that was typed is checked, whether or not the command needs one.
        url.clone().map(parse_url).transpose()?;
        let mut layer = Layer {
            url,
            key: self.api_key.clone().map(|key| self.by_user("--api-key", key)),
            secret: self.api_secret.clone().map(|secret| self.by_user("--api-secret", secret)),
            ..Layer::default()
        };
        if let Some(path) = &self.api_secret_file {
            let secret = secret_from_file(path, notes)?;
            layer.secret = Some(self.by_user("--api-secret-file", secret));
        }
        if let Some(path) = &self.keys_file {
            let input = Input::from(path.as_str());
            input.warn_if_others_can_read(notes);
            let text = Zeroizing::new(input.read_text()?);
            let list = KeyList::parse(&text).map_err(|failure| failure.at(input.name()))?;
            layer.list = Some(Sourced::by_user(list, &input.name()));
        }
        Ok(layer)
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
                let file = EnvFile::read(path, ChosenBy::WorkingDirectory, notes)?;
                add_env_file(&file, search, notes)?;
            }
        }
        Ok(())
    }
}

/// What `livekit-server --dev` uses. `source` is how the user chose it.
fn dev_layer(source: &str) -> Layer {
    let value = |value: &str| Some(Sourced::by_user(value.to_owned(), source));
    let secret = RawSecret(Zeroizing::new("secret".to_owned()));
    Layer {
        url: value("ws://localhost:7880"),
        key: value("devkey"),
        secret: Some(Sourced::by_user(secret, source)),
        ..Layer::default()
    }
}

fn environment_layer(search: &Search, notes: Notes) -> Result<Layer, Failure> {
    variable_layer(search, notes, &|name| {
        Ok(environment::variable(name)?.map(|value| Sourced::by_user(value, name)))
    })
}

fn add_env_file(file: &EnvFile, search: &mut Search, notes: Notes) -> Result<(), Failure> {
    search.note_file(file.contents());
    let layer = variable_layer(search, notes, &|name| file.get(name, notes))?;
    search.add(layer)
}

/// The value of a variable, in the environment or in an env file.
type Variable<'a> = &'a dyn Fn(&str) -> Result<Option<Sourced<String>>, Failure>;

/// Returns the missing values that variables have. An empty value counts as not set.
fn variable_layer(search: &Search, notes: Notes, variable: Variable<'_>) -> Result<Layer, Failure> {
    let value = |name: &str, is_wanted: bool| {
        let found = if is_wanted { variable(name)? } else { None };
        Ok(found.filter(|variable| !variable.value.trim().is_empty()))
    };
    let mut layer = Layer {
        url: value(URL, search.wants_url())?,
        key: value(API_KEY, search.wants_key())?,
        ..Layer::default()
    };
    let list = value(KEYS, search.wants_secret())?;
    // If there is a list, the secret belongs to the key next to it, not to a key from elsewhere.
    if search.wants_secret() && (list.is_none() || layer.key.is_some()) {
        layer.secret = match value(API_SECRET, true)? {
            Some(secret) => Some(secret.with(RawSecret(Zeroizing::new(secret.value.clone())))),
            None => value(API_SECRET_FILE, true)?
                .map(|file| secret_of_variable(&file, notes))
                .transpose()?,
        };
    }
    if let Some(text) = list.filter(|_| layer.secret.is_none()) {
        let lines = Zeroizing::new(text.value.clone());
        let list = KeyList::parse(&lines).map_err(|failure| failure.at(text.source.clone()))?;
        layer.list = Some(text.with(list));
    }
    Ok(layer)
}

/// Reads the secret from the file that a variable names. If an env file in the working directory names
/// a file elsewhere, that file belongs to the user.
fn secret_of_variable(file: &Sourced<String>, notes: Notes) -> Result<Sourced<RawSecret>, Failure> {
    let path = file.value.trim();
    let is_stdin = Input::from(path) == Input::Stdin;
    // It may be the secret itself, which must not be shown.
    let is_path = is_stdin || path.contains(['/', '\\', '.']);
    if !is_path && !Path::new(path).exists() {
        let error = anyhow::anyhow!("{API_SECRET_FILE} does not name a file");
        return Err(Failure::usage(error, "give it the path of a file that holds the secret"));
    }
    let mut secret = file.with(secret_from_file(path, notes)?);
    let is_own = !is_stdin && is_in_working_directory(Path::new(path));
    if file.chosen_by == ChosenBy::WorkingDirectory && !is_own {
        secret.chosen_by = ChosenBy::User;
        secret.source = format!("`{path}`, which {} names", file.source);
    }
    Ok(secret)
}

/// Whether a file is in the working directory, with links followed.
fn is_in_working_directory(path: &Path) -> bool {
    let here = std::fs::canonicalize(".");
    matches!((std::fs::canonicalize(path), here), (Ok(file), Ok(here)) if file.starts_with(&here))
}

fn secret_from_file(path: &str, notes: Notes) -> Result<RawSecret, Failure> {
    let input = Input::from(path);
    input.warn_if_others_can_read(notes);
    let secret = RawSecret(Zeroizing::new(input.read_text()?));
    if secret.0.trim().is_empty() {
        let error = anyhow::anyhow!("{} holds no secret", input.name());
        return Err(Failure::failed(error, "put the API secret into it, and nothing else"));
    }
    Ok(secret)
}

/// The failure when no source has the URL that the command needs.
pub(super) fn no_url(files: &[String]) -> Failure {
    let missing = search::with_files("no URL of a LiveKit server".to_owned(), files);
    let help = "give --url, or set LIVEKIT_URL (in the environment or an env file)";
    Failure::failed(anyhow::anyhow!("{missing}"), help)
}

fn parse_url(url: Sourced<String>) -> Result<Sourced<ServerUrl>, Failure> {
    let Sourced { value, source, chosen_by } = url;
    match value.parse() {
        Ok(value) => Ok(Sourced { value, source, chosen_by }),
        Err(error) => {
            let help = "give a URL such as wss://my-project.livekit.cloud or ws://localhost:7880";
            let failure = Failure::usage(anyhow::Error::new(error), help);
            Err(failure.at(format!("the URL from {source}")))
        }
    }
}
