//! Where the server URL and the API key come from.
//!
//! Each place is a [`Layer`]. They are asked from the highest down, and only until everything that
//! the command needs is found: what is not needed is not read.

mod args;
mod env_file;
mod key_list;
mod livekit_cli;

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use zeroize::Zeroizing;

pub(crate) use args::KeyArgs;
pub(crate) use livekit_cli::project_names;

use super::environment::Environment;
use super::failure::Failure;
use super::files::{Input, others_can_read};
use super::notes::Notes;
use crate::endpoint::ServerUrl;
use crate::token::{ApiSecret, KeyPair};
use key_list::KeyList;

// The variables that are read, in the environment and in env files.
const URL: &str = "LIVEKIT_URL";
const API_KEY: &str = "LIVEKIT_API_KEY";
const API_SECRET: &str = "LIVEKIT_API_SECRET";
const API_SECRET_FILE: &str = "LIVEKIT_API_SECRET_FILE";
const KEYS: &str = "LIVEKIT_KEYS";

/// Every way to give a key, for whoever gave none.
const WAYS: &str = "set LIVEKIT_API_KEY and LIVEKIT_API_SECRET, in the environment or in an env file \
    (development.env, .env.local or .env here, or --env-file PATH); or give --api-key with \
    --api-secret-file; or --keys-file FILE (also LIVEKIT_KEYS); or --project NAME of LiveKit's CLI; or \
    --dev for a server that was started with --dev";

/// A secret as it was typed or read, before it is a key's.
#[derive(Clone)]
pub(crate) struct Typed(Zeroizing<String>);

impl FromStr for Typed {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A value, and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) source: String,
}

impl<T> Sourced<T> {
    fn new(value: T, source: &str) -> Self {
        Self { value, source: source.to_owned() }
    }
}

/// What one place has to say.
#[derive(Default)]
struct Layer {
    url: Option<Sourced<String>>,
    key: Option<Sourced<String>>,
    secret: Option<Sourced<Typed>>,
    /// Keys with their secrets.
    pairs: Option<Sourced<KeyList>>,
}

/// What a command signs with.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) pair: KeyPair,
    pub(crate) source: String,
}

/// What was found.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) keys: Keys,
    pub(crate) url: Option<Sourced<ServerUrl>>,
}

/// What a command needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Need {
    /// A key and its secret.
    #[default]
    Keys,
    /// And the URL.
    KeysAndUrl,
}

impl KeyArgs {
    /// Finds what a command needs.
    pub(crate) fn find(
        &self,
        need: Need,
        environment: &dyn Environment,
        notes: Notes,
    ) -> Result<Found, Failure> {
        let mut search = Search { need, ..Search::default() };
        let layers: [&dyn Fn() -> Result<Layer, Failure>; 6] = [
            &|| self.flags(notes),
            &|| Ok(self.dev()),
            &|| self.project(environment),
            &|| variables(environment, notes),
            &|| self.env_file(notes),
            &|| default_project(environment),
        ];
        for layer in layers {
            if search.is_done() {
                break;
            }
            search.add(layer()?)?;
        }
        search.finish(self, notes)
    }

    fn flags(&self, notes: Notes) -> Result<Layer, Failure> {
        let mut layer = Layer {
            url: self.url.clone().map(|url| Sourced::new(url, "--url")),
            key: self.api_key.clone().map(|key| Sourced::new(key, "--api-key")),
            secret: self.api_secret.clone().map(|secret| Sourced::new(secret, "--api-secret")),
            pairs: None,
        };
        if let Some(path) = &self.api_secret_file {
            layer.secret = Some(secret_file(path, "--api-secret-file", notes)?);
        }
        if let Some(path) = &self.keys_file {
            let input = Input::from(path.as_str());
            warn_if_others_can_read(&input, notes);
            let text = Zeroizing::new(input.read_text()?);
            let list = KeyList::parse(&text).map_err(|failure| failure.at(input.shown()))?;
            layer.pairs = Some(Sourced::new(list, &format!("--keys-file {path}")));
        }
        Ok(layer)
    }

    fn dev(&self) -> Layer {
        if !self.dev {
            return Layer::default();
        }
        let source = |value: &str| Some(Sourced::new(value.to_owned(), "--dev"));
        let secret = Typed(Zeroizing::new("secret".to_owned()));
        Layer {
            url: source("ws://localhost:7880"),
            key: source("devkey"),
            secret: Some(Sourced::new(secret, "--dev")),
            pairs: None,
        }
    }

    fn project(&self, environment: &dyn Environment) -> Result<Layer, Failure> {
        let Some(name) = &self.project else { return Ok(Layer::default()) };
        livekit_cli::project(name, environment)
    }

    fn env_file(&self, notes: Notes) -> Result<Layer, Failure> {
        let path = match &self.env_file {
            Some(path) => Some(path.clone()),
            None if self.no_env_file => None,
            None => env_file::default_path(),
        };
        let Some(path) = path else { return Ok(Layer::default()) };
        let variables = env_file::read(&path)?;
        let source = |name: &str| format!("{name} in {}", path.display());
        from_variables(&|name| variables.get(name).map(|value| value.to_string()), &source, notes)
    }
}

fn variables(environment: &dyn Environment, notes: Notes) -> Result<Layer, Failure> {
    from_variables(&|name| environment.variable(name), &str::to_owned, notes)
}

fn default_project(environment: &dyn Environment) -> Result<Layer, Failure> {
    livekit_cli::default_project(environment)
}

fn from_variables(
    variable: &dyn Fn(&str) -> Option<String>,
    source: &dyn Fn(&str) -> String,
    notes: Notes,
) -> Result<Layer, Failure> {
    let value = |name: &str| {
        let value = variable(name).filter(|value| !value.trim().is_empty())?;
        Some(Sourced::new(value, &source(name)))
    };
    let secret = value(API_SECRET).map(|secret| Sourced {
        value: Typed(Zeroizing::new(secret.value)),
        source: secret.source,
    });
    let secret = match (secret, value(API_SECRET_FILE)) {
        (Some(secret), _) => Some(secret),
        (None, Some(file)) => Some(secret_file(file.value.trim(), &file.source, notes)?),
        (None, None) => None,
    };
    let pairs = value(KEYS).map(|keys| {
        let text = Zeroizing::new(keys.value);
        let list = KeyList::parse(&text).map_err(|failure| failure.at(keys.source.clone()))?;
        Ok(Sourced { value: list, source: keys.source })
    });
    Ok(Layer { url: value(URL), key: value(API_KEY), secret, pairs: pairs.transpose()? })
}

fn secret_file(path: &str, source: &str, notes: Notes) -> Result<Sourced<Typed>, Failure> {
    let input = Input::from(path);
    warn_if_others_can_read(&input, notes);
    let secret = Typed(Zeroizing::new(input.read_text()?));
    if secret.0.trim().is_empty() {
        let error = anyhow::anyhow!("{} holds no secret", input.shown());
        return Err(Failure::failed(error, "put the API secret into it, and nothing else"));
    }
    Ok(Sourced::new(secret, source))
}

fn warn_if_others_can_read(input: &Input, notes: Notes) {
    if let Input::File(path) = input
        && others_can_read(path)
    {
        notes.warn(&format!("others can read `{}`; run chmod 600 on it", Path::display(path)));
    }
}

/// What has been found so far.
#[derive(Default)]
struct Search {
    need: Need,
    url: Option<Sourced<String>>,
    key: Option<Sourced<String>>,
    secret: Option<Sourced<Typed>>,
}

impl Search {
    fn is_done(&self) -> bool {
        let url = self.need == Need::Keys || self.url.is_some();
        url && self.key.is_some() && self.secret.is_some()
    }

    fn add(&mut self, layer: Layer) -> Result<(), Failure> {
        self.url = self.url.take().or(layer.url);
        self.key = self.key.take().or(layer.key);
        self.secret = self.secret.take().or(layer.secret);
        match layer.pairs {
            Some(pairs) if self.secret.is_none() => self.pick(&pairs),
            _ => Ok(()),
        }
    }

    /// Takes a key with its secret, never a secret that belongs to another key.
    fn pick(&mut self, pairs: &Sourced<KeyList>) -> Result<(), Failure> {
        let Sourced { value: list, source } = pairs;
        let picked = match &self.key {
            Some(key) => list.get(key.value.trim()).map(|secret| (key.value.clone(), secret)),
            None => list.only().map_err(|failure| failure.at(source.clone()))?,
        };
        if let Some((key, secret)) = picked {
            self.secret = Some(Sourced { value: secret, source: source.clone() });
            self.key.get_or_insert(Sourced { value: key, source: source.clone() });
        }
        Ok(())
    }

    fn finish(self, args: &KeyArgs, notes: Notes) -> Result<Found, Failure> {
        let url = self.url.map(parse_url).transpose()?;
        let (Some(key), Some(secret)) = (self.key, self.secret) else {
            return Err(Failure::failed(anyhow::anyhow!("no API key and secret"), WAYS));
        };
        let source = if key.source == secret.source {
            key.source.clone()
        } else {
            format!("{}, its secret from {}", key.source, secret.source)
        };
        let secret = ApiSecret::new(secret.value.0.as_str())
            .map_err(|error| Failure::failed(error, WAYS))?;
        let pair =
            KeyPair::new(&key.value, secret).map_err(|error| Failure::failed(error, WAYS))?;
        check_mistakes(&pair)?;
        if pair.secret().is_short() && !args.dev {
            notes.warn(
                "the API secret has under 32 bytes, which is easy to guess; LiveKit's server \
                        complains about it too",
            );
        }
        if self.need == Need::KeysAndUrl && url.is_none() {
            return Err(no_url());
        }
        Ok(Found { keys: Keys { pair, source }, url })
    }
}

/// A command needs the URL, and no place has it.
pub(super) fn no_url() -> Failure {
    let help = "give --url, or set LIVEKIT_URL (in the environment or an env file)";
    Failure::failed(anyhow::anyhow!("no URL of a LiveKit server"), help)
}

fn parse_url(url: Sourced<String>) -> Result<Sourced<ServerUrl>, Failure> {
    let Sourced { value, source } = url;
    match value.parse() {
        Ok(value) => Ok(Sourced { value, source }),
        Err(error) => {
            let help = "give a URL such as wss://my-project.livekit.cloud or ws://localhost:7880";
            let failure = Failure::usage(anyhow::Error::new(error), help);
            Err(failure.at(format!("the URL from {source}")))
        }
    }
}

/// Two mistakes that a server would answer with a bare 401.
fn check_mistakes(pair: &KeyPair) -> Result<(), Failure> {
    let secret = pair.secret().expose();
    if secret.starts_with(b"API") && !pair.key().starts_with("API") {
        let error = anyhow::anyhow!("the API secret begins with `API`, as keys do");
        return Err(Failure::failed(error, "key and secret are probably swapped: exchange them"));
    }
    let dev = KeyPair::dev();
    if pair.key() == dev.key() && pair.secret() != dev.secret() {
        let error = anyhow::anyhow!("the key is `devkey`, but the secret is not the one of --dev");
        let help = "`livekit-server --dev` knows devkey with the secret `secret`: use --dev, or name \
                    your own key";
        return Err(Failure::failed(error, help));
    }
    Ok(())
}
