//! Collects the URL, the key and its secret from one source after another.

use super::key_list::KeyList;
use super::{ChosenBy, Found, Keys, Need, RawSecret, Sourced, WAYS, no_url, parse_url};
use crate::cli::notes::Notes;
use crate::failure::Failure;
use crate::token::{ApiSecret, KeyPair};

/// The values of one source.
#[derive(Default)]
pub(super) struct Layer {
    pub(super) url: Option<Sourced<String>>,
    pub(super) key: Option<Sourced<String>>,
    pub(super) secret: Option<Sourced<RawSecret>>,
    /// A keys file, or `LIVEKIT_KEYS`.
    pub(super) list: Option<Sourced<KeyList>>,
    /// A key and its secret, which are used together or not at all.
    pub(super) pair: Option<Sourced<(String, RawSecret)>>,
}

/// What has been found so far.
pub(super) struct Search {
    need: Need,
    url: Option<Sourced<String>>,
    key: Option<Sourced<String>>,
    secret: Option<Sourced<RawSecret>>,
    /// If there is a list, the secret comes only from it.
    list: Option<Sourced<KeyList>>,
    /// The env files that were read, and the variables that they contain.
    files: Vec<String>,
}

impl Search {
    pub(super) fn new(need: Need) -> Self {
        Self { need, url: None, key: None, secret: None, list: None, files: Vec::new() }
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
    pub(super) fn add(&mut self, layer: Layer) -> Result<(), Failure> {
        self.url = self.url.take().or(layer.url);
        self.key = self.key.take().or(layer.key);
        if self.wants_secret() {
            self.secret = layer.secret;
        }
        if self.wants_secret() {
            self.list = layer.list;
        }
        self.pick_from_list()?;
        if let Some(pair) = &layer.pair {
            self.take_pair(pair);
        }
        Ok(())
    }

    /// Takes the key's secret from the list, or both if the list has only one key.
    fn pick_from_list(&mut self) -> Result<(), Failure> {
        let Some(list) = self.list.as_ref().filter(|_| self.secret.is_none()) else {
            return Ok(());
        };
        match &self.key {
            Some(key) => {
                let name = key.value.trim();
                let secret = list.value.get(name).ok_or_else(|| unknown_key(name, list))?;
                self.secret = Some(list.with(secret));
            }
            None => {
                if let Some((key, secret)) = list.value.only() {
                    self.key = Some(list.with(key));
                    self.secret = Some(list.with(secret));
                }
            }
        }
        Ok(())
    }

    /// Takes a secret together with its own key, never with another one.
    fn take_pair(&mut self, pair: &Sourced<(String, RawSecret)>) {
        let (key, secret) = &pair.value;
        let fits = self.key.as_ref().is_none_or(|known| known.value.trim() == key.trim());
        if self.wants_secret() && fits {
            self.secret = Some(pair.with(secret.clone()));
            self.key.get_or_insert_with(|| pair.with(key.clone()));
        }
    }

    /// Returns what was found, or an error if the command needs more.
    pub(super) fn finish(self, is_dev: bool, notes: Notes) -> Result<Found, Failure> {
        let url = self.url.clone().filter(|_| self.need == Need::KeysAndUrl);
        let url = url.map(parse_url).transpose()?;
        let (Some(key), Some(secret)) = (&self.key, &self.secret) else {
            return Err(self.without_keys());
        };
        let keys = keys(key, secret)?;
        check_mistakes(&keys.pair, notes)?;
        if keys.pair.secret().is_short() && !is_dev {
            notes.warn(
                "the API secret has under 32 bytes, which is easy to guess; LiveKit's server \
                 complains about it too",
            );
        }
        if self.need == Need::KeysAndUrl && url.is_none() {
            return Err(no_url(&self.files));
        }
        Ok(Found { keys, url })
    }

    fn without_keys(self) -> Failure {
        if let (Some(list), None) = (&self.list, &self.key) {
            let error = anyhow::anyhow!("{} has several keys: {}", list.source, list.value.names());
            return Failure::usage(error, "pick one with --api-key (or LIVEKIT_API_KEY)");
        }
        let missing = match (&self.key, &self.secret) {
            (Some(key), _) => {
                format!("no API secret for key `{}` (from {})", key.value.trim(), key.source)
            }
            (None, Some(secret)) => format!("no API key for the secret (from {})", secret.source),
            (None, None) => "no API key and secret".to_owned(),
        };
        Failure::failed(anyhow::anyhow!("{}", with_files(missing, &self.files)), WAYS)
    }
}

/// Adds to a message which env files were read, and what they contain.
pub(super) fn with_files(mut missing: String, files: &[String]) -> String {
    for file in files {
        missing.push_str("; ");
        missing.push_str(file);
    }
    missing
}

fn unknown_key(key: &str, list: &Sourced<KeyList>) -> Failure {
    let error =
        anyhow::anyhow!("{} has no key `{key}`; it has {}", list.source, list.value.names());
    Failure::usage(error, "name one of its keys with --api-key (or LIVEKIT_API_KEY)")
}

fn keys(key: &Sourced<String>, secret: &Sourced<RawSecret>) -> Result<Keys, Failure> {
    let source = if key.source == secret.source {
        key.source.clone()
    } else {
        format!("{}, its secret from {}", key.source, secret.source)
    };
    let chosen_by = match (key.chosen_by, secret.chosen_by) {
        (ChosenBy::WorkingDirectory, ChosenBy::WorkingDirectory) => ChosenBy::WorkingDirectory,
        _ => ChosenBy::User,
    };
    let secret = ApiSecret::new(secret.value.0.as_str());
    let pair = secret.and_then(|secret| KeyPair::new(&key.value, secret));
    let pair = pair.map_err(|error| Failure::failed(error, WAYS))?;
    Ok(Keys { pair, source, chosen_by })
}

/// Checks for two mistakes that a server would answer with a bare 401.
fn check_mistakes(pair: &KeyPair, notes: Notes) -> Result<(), Failure> {
    let secret = pair.secret().expose();
    if secret.starts_with(b"API") && !pair.key().starts_with("API") {
        let error = anyhow::anyhow!("the API secret begins with `API`, as keys do");
        return Err(Failure::failed(error, "key and secret are probably swapped: exchange them"));
    }
    let dev = KeyPair::dev();
    if pair.key() == dev.key() && pair.secret() != dev.secret() {
        notes.note(|| {
            "the secret of `devkey` is not `secret`, as `livekit-server --dev` has it; --dev uses \
             that one"
                .to_owned()
        });
    }
    Ok(())
}
