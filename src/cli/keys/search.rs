//! Collects the URL, the key and its secret from one source after another.

use super::env_file::unread_paths;
use super::key_list::KeyList;
use super::key_shape::shown_key;
use super::mistakes::{check_key, check_listed_secret, check_pair, check_secret, check_url};
use super::variable::{is_similar_to_url, misspelled_in_environment};
use super::{ChosenBy, Keys, Need, RawSecret, ResolvedKeys, Sourced, WAYS};
use crate::cli::notes::Notes;
use crate::endpoint::ServerUrl;
use crate::failure::Failure;
use crate::token::KeyPair;

/// The values of one source.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) url: Option<Sourced<String>>,
    pub(super) key: Option<Sourced<String>>,
    pub(super) secret: Option<Sourced<RawSecret>>,
    /// A keys file, or `LIVEKIT_KEYS`.
    pub(super) list: Option<Sourced<KeyList>>,
    /// Projects, whose values are used together. Without a key, the first one is used if
    /// [`Layer::has_default`].
    pub(super) projects: Vec<Sourced<Project>>,
    pub(super) has_default: bool,
}

/// A key, its secret, and the URL of the server that knows them.
pub(super) struct Project {
    pub(super) key: String,
    pub(super) secret: RawSecret,
    pub(super) url: Option<String>,
}

/// What has been found so far.
pub(super) struct Search {
    need: Need,
    url: Option<Sourced<String>>,
    key: Option<Sourced<String>>,
    secret: Option<Sourced<RawSecret>>,
    /// If there is a list, the secret comes only from it.
    list: Option<Sourced<KeyList>>,
    /// The key to pick from a list if no key is named.
    preferred: Option<String>,
    /// The env files that were read, and the variables that they contain.
    files: Vec<String>,
}

impl Search {
    pub(super) fn new(need: Need) -> Self {
        Self {
            need,
            url: None,
            key: None,
            secret: None,
            list: None,
            preferred: None,
            files: Vec::new(),
        }
    }

    /// The same search, which picks this key from a list if no key is named.
    pub(super) fn preferring(self, key: Option<&str>) -> Self {
        Self { preferred: key.map(str::to_owned), ..self }
    }

    pub(super) fn is_done(&self) -> bool {
        !self.wants_url() && self.key.is_some() && self.secret.is_some()
    }

    pub(super) fn wants_url(&self) -> bool {
        self.need == Need::KeysAndUrl && self.url.is_none()
    }

    pub(super) fn wants_key(&self) -> bool {
        self.key.is_none()
    }

    /// Whether a secret is missing and may come from somewhere other than a list.
    pub(super) fn wants_secret(&self) -> bool {
        self.secret.is_none() && self.list.is_none()
    }

    /// Records the contents of an env file, for the message that something is missing.
    pub(super) fn note_file(&mut self, contents: String) {
        self.files.push(contents);
    }

    /// Adds the values of a source that earlier sources did not have.
    pub(super) fn add(&mut self, mut layer: Layer) -> Result<(), Failure> {
        self.url = self.url.take().or_else(|| layer.url.clone());
        self.key = self.key.take().or_else(|| layer.key.clone());
        if self.wants_secret() {
            self.secret.clone_from(&layer.secret);
        }
        if self.wants_secret() {
            self.list = layer.list.take();
        }
        self.pick_from_list()?;
        self.take_project(&layer);
        Ok(())
    }

    /// Takes the key's secret from the list, or both if the list has only one key.
    fn pick_from_list(&mut self) -> Result<(), Failure> {
        let Some(list) = self.list.as_ref().filter(|_| self.secret.is_none()) else {
            return Ok(());
        };
        if let Some(key) = &self.key {
            let found = list.value.get(&key.value);
            let (name, secret) = found.ok_or_else(|| unknown_key(&key.value, list))?;
            self.secret = Some(list.with(secret));
            self.key = Some(key.with(name));
            return Ok(());
        }
        let preferred = self.preferred.as_ref().and_then(|key| list.value.get(key));
        if let Some((key, secret)) = preferred.or_else(|| list.value.only()) {
            self.key = Some(list.with(key));
            self.secret = Some(list.with(secret));
        }
        Ok(())
    }

    /// Takes what is missing from the project of the key, or from the default project if there is no key.
    /// A key is never used with the secret or the URL of another project.
    fn take_project(&mut self, layer: &Layer) {
        let has_key = |key: &str| {
            layer.projects.iter().find(|project| project.value.key.trim() == key.trim())
        };
        let project = match &self.key {
            Some(key) => has_key(&key.value),
            None => layer.projects.first().filter(|_| layer.has_default && self.wants_secret()),
        };
        let Some(project) = project else {
            let is_other = layer.has_default && self.key.is_some();
            if let Some(default) = layer.projects.first().filter(|_| is_other) {
                self.files.push(format!("{} has another API key", default.source));
            }
            return;
        };
        if self.wants_secret() {
            self.secret = Some(project.with(project.value.secret.clone()));
        }
        self.key.get_or_insert_with(|| project.with(project.value.key.clone()));
        if self.url.is_none() {
            self.url = project.value.url.clone().map(|url| project.with(url));
        }
    }

    /// Returns what was found, or an error if the command needs more.
    pub(super) fn finish(self, is_dev: bool, notes: Notes) -> Result<ResolvedKeys, Failure> {
        let url = self.url.clone().filter(|_| self.need == Need::KeysAndUrl);
        let url = url.map(parse_url).transpose()?;
        let (Some(key), Some(secret)) = (&self.key, &self.secret) else {
            return Err(self.without_keys());
        };
        let keys = keys(key, secret, notes)?;
        if keys.pair.secret().is_short() && !is_dev {
            notes.warn(
                "the API secret has under 32 bytes, which is easy to guess; LiveKit's server \
                 complains about it too",
            );
        }
        if self.need == Need::KeysAndUrl && url.is_none() {
            return Err(no_url(&self.files));
        }
        Ok(ResolvedKeys { keys, url })
    }

    fn without_keys(self) -> Failure {
        if let (Some(list), None) = (&self.list, &self.key) {
            let error = anyhow::anyhow!("{} has several keys: {}", list.source, list.value.names());
            return Failure::usage(error, "pick one with --api-key (or LIVEKIT_API_KEY)");
        }
        if let Some(key) = &self.key {
            // Before the key is shown: it may have its secret behind it.
            if let Err(failure) = check_key(key) {
                return failure;
            }
        }
        let missing = match (&self.key, &self.secret) {
            (Some(key), _) => {
                format!("no API secret for key {} (from {})", shown_key(&key.value), key.source)
            }
            (None, Some(secret)) => format!("no API key for the secret (from {})", secret.source),
            (None, None) => "no API key and secret".to_owned(),
        };
        let help = match (&self.key, &self.secret) {
            (Some(_), _) => "add LIVEKIT_API_SECRET, or --api-secret-file; see --help for all ways",
            (None, Some(_)) => "add LIVEKIT_API_KEY, or --api-key; see --help for all ways",
            (None, None) => WAYS,
        };
        let mut missing = with_files(missing, &self.files);
        let similar = misspelled_in_environment();
        if !similar.is_empty() {
            missing.push_str("; the environment has ");
            missing.push_str(&similar.join(", "));
        }
        Failure::failed(anyhow::anyhow!("{missing}"), help)
    }
}

fn unknown_key(key: &str, list: &Sourced<KeyList>) -> Failure {
    let (key, names) = (shown_key(key), list.value.names());
    let error = anyhow::anyhow!("{} has no key {key}; it has {names}", list.source);
    Failure::usage(error, "name one of its keys with --api-key (or LIVEKIT_API_KEY)")
}

fn keys(key: &Sourced<String>, secret: &Sourced<RawSecret>, notes: Notes) -> Result<Keys, Failure> {
    let source = if key.source == secret.source {
        key.source.clone()
    } else {
        format!("{}, its secret from {}", key.source, secret.source)
    };
    let chosen_by = match (key.chosen_by, secret.chosen_by) {
        (ChosenBy::WorkingDirectory, ChosenBy::WorkingDirectory) => ChosenBy::WorkingDirectory,
        _ => ChosenBy::User,
    };
    let is_exact = secret.value.is_exact();
    if is_exact {
        check_listed_secret(secret.value.as_str(), &secret.source)?;
    } else {
        check_key(key)?;
        check_secret(secret.value.as_str(), &secret.source, notes)?;
    }
    let pair = secret.value.to_secret().and_then(|secret| {
        if is_exact { KeyPair::exact(&key.value, secret) } else { KeyPair::new(&key.value, secret) }
    });
    let pair = pair.map_err(|error| Failure::failed(error, WAYS))?;
    check_pair(&pair, &secret.source, notes)?;
    Ok(Keys { pair, source, chosen_by })
}

pub(super) fn parse_url(url: Sourced<String>) -> Result<Sourced<ServerUrl>, Failure> {
    check_url(&url)?;
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

/// The failure when no source has the URL that the command needs.
pub(crate) fn no_url(files: &[String]) -> Failure {
    let mut missing = with_files("no URL of a LiveKit server".to_owned(), files);
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut similar = names.filter(|name| is_similar_to_url(name)).collect::<Vec<_>>();
    similar.sort();
    if !similar.is_empty() {
        missing.push_str("; the environment has ");
        missing.push_str(&similar.join(", "));
        missing.push_str(" (not read)");
    }
    let help = "give --url, or set LIVEKIT_URL (in the environment or an env file)";
    Failure::failed(anyhow::anyhow!("{missing}"), help)
}

/// Adds to a message which env files were read, what they contain, and which are there and not read.
fn with_files(mut missing: String, files: &[String]) -> String {
    let unread = unread_paths().map(|path| format!("`{}` is not read", path.display()));
    for file in files.iter().cloned().chain(unread) {
        missing.push_str("; ");
        missing.push_str(&file);
    }
    missing
}
