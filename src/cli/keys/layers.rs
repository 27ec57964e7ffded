//! What each source says: the flags, `--dev`, the environment, and env files.

use std::path::Path;

use zeroize::Zeroizing;

use super::env_file::EnvFile;
use super::key_list::KeyList;
use super::known_file::{KnownFile, Service, service};
use super::search::{Layer, Project, Search, parse_url};
use super::secret::{Purpose, read_secret};
use super::{ChosenBy, KeyArgs, RawSecret, Sourced, Variable, is_in_working_directory};
use crate::cli::environment;
use crate::cli::files::Input;
use crate::cli::notes::Notes;
use crate::failure::Failure;

impl KeyArgs {
    pub(super) fn flag_layer(&self, notes: Notes) -> Result<Layer, Failure> {
        let mut layer = match &self.keys_file {
            Some(path) => keys_file_layer(&Input::from(path.as_str()), notes)?,
            None => Layer::default(),
        };
        if let Some(url) = &self.url {
            let url = self.by_user("--url", url.clone());
            // A URL that was typed is checked, whether or not the command needs one.
            parse_url(url.clone())?;
            layer.url = Some(url);
        }
        if let Some(key) = &self.api_key {
            layer.key = Some(self.by_user("--api-key", key.clone()));
        }
        if let Some(secret) = &self.api_secret {
            layer.secret = Some(self.by_user("--api-secret", secret.clone()));
        }
        if let Some(path) = &self.api_secret_file {
            let secret =
                RawSecret::new(read_secret(&Input::from(path.as_str()), Purpose::Api, notes)?);
            layer.secret = Some(self.by_user("--api-secret-file", secret));
        }
        Ok(layer)
    }
}

/// A file of keys, or a configuration that has keys.
fn keys_file_layer(input: &Input, notes: Notes) -> Result<Layer, Failure> {
    input.warn_if_others_can_read(notes);
    let text = Zeroizing::new(input.read_text()?);
    let name = input.name();
    let at = |failure: Failure| failure.at(name.clone());
    let list = |list| Layer { list: Some(Sourced::by_user(list, &name)), ..Layer::default() };
    match KnownFile::of_document(&text) {
        Some(KnownFile::ServerConfig) => KeyList::in_server_config(&text).map(list).map_err(at),
        Some(KnownFile::ServiceConfig) => {
            let service = service(&text).map_err(at)?;
            let Service { api_key: key, api_secret: secret, ws_url: url } = service;
            let project = Sourced::by_user(Project { key, secret, url }, &name);
            Ok(Layer { projects: vec![project], has_default: true, ..Layer::default() })
        }
        // JSON is YAML.
        Some(KnownFile::Json) | None => match KeyList::parse(&text) {
            Ok(parsed) => Ok(list(parsed)),
            Err(failure) => match KnownFile::in_place_of_secret(&text) {
                Some(KnownFile::KeyLines | KnownFile::Json) | None => Err(at(failure)),
                Some(known) => Err(known.in_place(&name, "a file of keys")),
            },
        },
        Some(known) => Err(known.in_place(&name, "a file of keys")),
    }
}

/// What `livekit-server --dev` uses. `source` is how the user chose it.
pub(super) fn dev_layer(source: &str) -> Layer {
    let value = |value: &str| Some(Sourced::by_user(value.to_owned(), source));
    let secret = RawSecret::new(Zeroizing::new("secret".to_owned()));
    Layer {
        url: value("ws://localhost:7880"),
        key: value("devkey"),
        secret: Some(Sourced::by_user(secret, source)),
        ..Layer::default()
    }
}

pub(super) fn environment_layer(search: &Search, notes: Notes) -> Result<Layer, Failure> {
    variable_layer(search, notes, &|variable| {
        let name = variable.name();
        Ok(environment::variable(name)?.map(|value| Sourced::by_user(value, name)))
    })
}

pub(super) fn add_env_file(
    file: &EnvFile,
    search: &mut Search,
    notes: Notes,
) -> Result<(), Failure> {
    search.note_file(file.contents());
    let layer = variable_layer(search, notes, &|variable| file.get(variable, notes))?;
    search.add(layer)
}

/// The value of a variable, in the environment or in an env file.
type Lookup<'a> = &'a dyn Fn(Variable) -> Result<Option<Sourced<String>>, Failure>;

/// Returns the missing values that variables have. An empty value counts as not set.
fn variable_layer(search: &Search, notes: Notes, lookup: Lookup<'_>) -> Result<Layer, Failure> {
    let value = |variable: Variable, is_wanted: bool| {
        let found = if is_wanted { lookup(variable)? } else { None };
        Ok(found.filter(|variable| !variable.value.trim().is_empty()))
    };
    let mut layer = Layer {
        url: value(Variable::Url, search.wants_url())?,
        key: value(Variable::Key, search.wants_key())?,
        ..Layer::default()
    };
    let list = value(Variable::Keys, search.wants_secret())?;
    // If there is a list, the secret belongs to the key next to it, not to a key from elsewhere.
    if search.wants_secret() && (list.is_none() || layer.key.is_some()) {
        layer.secret = match value(Variable::Secret, true)? {
            Some(secret) => {
                let text = Zeroizing::new(secret.value.clone());
                Some(secret.with(RawSecret::new(text)))
            }
            None => value(Variable::SecretFile, true)?
                .map(|file| secret_of_variable(&file, notes))
                .transpose()?,
        };
    }
    if let Some(text) = list.filter(|_| layer.secret.is_none()) {
        layer.list = Some(list_of_variable(&text, notes)?);
    }
    Ok(layer)
}

fn list_of_variable(text: &Sourced<String>, notes: Notes) -> Result<Sourced<KeyList>, Failure> {
    let lines = Zeroizing::new(text.value.clone());
    let known = KnownFile::of_document(&lines).filter(|known| *known != KnownFile::Json);
    if let Some(known) = known {
        return Err(known.in_place(&text.source, "`key: secret` lines"));
    }
    let list = KeyList::parse(&lines).map_err(|failure| failure.at(text.source.clone()))?;
    for key in list.dropped_by_server(&lines) {
        notes.warn(&format!(
            "LiveKit's server drops the key {} from its {}, because YAML does not take the secret \
             for text; put quotes around the secret",
            super::key_shape::shown_key(key),
            Variable::Keys.name()
        ));
    }
    Ok(text.with(list))
}

/// Reads the secret from the file that a variable names. If an env file in the working directory names
/// a file elsewhere, that file belongs to the user.
fn secret_of_variable(file: &Sourced<String>, notes: Notes) -> Result<Sourced<RawSecret>, Failure> {
    let path = file.value.trim();
    let is_stdin = Input::from(path) == Input::Stdin;
    // It may be the secret itself, which must not be shown.
    let is_path = is_stdin || path.contains(['/', '\\', '.']);
    if !is_path && !Path::new(path).exists() {
        let error = anyhow::anyhow!("{} does not name a file", Variable::SecretFile.name());
        return Err(Failure::usage(error, "give it the path of a file that holds the secret"));
    }
    let mut secret =
        file.with(RawSecret::new(read_secret(&Input::from(path), Purpose::Api, notes)?));
    let is_own = !is_stdin && is_in_working_directory(Path::new(path));
    if file.chosen_by == ChosenBy::WorkingDirectory && !is_own {
        secret.chosen_by = ChosenBy::User;
        secret.source = format!("`{path}`, which {} names", file.source);
    }
    Ok(secret)
}
