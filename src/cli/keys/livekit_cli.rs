//! The projects of LiveKit's own CLI (`~/.livekit/cli-config.yaml`, and `livekit.toml` of the working
//! directory; `pkg/config` in `github.com/livekit/livekit-cli`).

use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::search::{self, Layer};
use super::{RawSecret, Sourced};
use crate::cli::environment;
use crate::cli::files::Input;
use crate::cli::suggest::did_you_mean;
use crate::failure::Failure;

/// The file of the working directory that names a project.
const LIVEKIT_TOML: &str = "livekit.toml";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Config {
    default_project: String,
    projects: Vec<Project>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Project {
    name: String,
    url: String,
    api_key: String,
    api_secret: RawSecret,
}

/// The project with this name. It must exist.
pub(super) fn project(name: &str) -> Result<Layer, Failure> {
    let no_project = || {
        let error = anyhow::anyhow!("LiveKit's CLI knows no project `{name}`");
        Failure::usage(error, "see `lk project list`, or add it with `lk project add`")
    };
    let Some(path) = path()?.filter(|path| path.is_file()) else {
        return Err(no_project());
    };
    let config = read(path)?;
    let names = || config.projects.iter().map(|project| project.name.as_str());
    let suggestion = did_you_mean(name, names());
    match config.projects.iter().find(|project| project.name == name) {
        Some(project) => {
            let projects = vec![project.sourced(&format!("--project {name}"))];
            Ok(Layer { projects, has_default: true, ..Layer::default() })
        }
        None => Err(suggestion.map_or_else(no_project, |similar| {
            let error = anyhow::anyhow!("LiveKit's CLI knows no project `{name}`");
            Failure::usage(error, format!("did you mean `{similar}`?"))
        })),
    }
}

/// All projects. The first one is the one that `livekit.toml` in the working directory names, or else the
/// default project.
pub(super) fn layer() -> Result<Layer, Failure> {
    let path = path()?.filter(|path| path.is_file());
    let subdomain = livekit_toml()?;
    let config = path.map(read).transpose()?.unwrap_or_default();
    let is_named = |project: &Project| match &subdomain {
        Some(subdomain) => project.subdomain() == Some(subdomain),
        None => project.name == config.default_project,
    };
    let named = config.projects.iter().position(is_named);
    if let (Some(subdomain), None) = (&subdomain, named) {
        let error = anyhow::anyhow!(
            "`{LIVEKIT_TOML}` names the subdomain `{subdomain}`, and no project of LiveKit's CLI has it"
        );
        let help = "add the project with `lk project add`, or give the key in another way (--help)";
        return Err(Failure::usage(error, help));
    }
    let source = |index: usize, project: &Project| match &subdomain {
        Some(_) if Some(index) == named => {
            format!("the project `{}` of LiveKit's CLI, which {LIVEKIT_TOML} names", project.name)
        }
        None if Some(index) == named => {
            format!("the default project `{}` of LiveKit's CLI", project.name)
        }
        _ => format!("the project `{}` of LiveKit's CLI", project.name),
    };
    let projects = config.projects.iter().enumerate();
    let projects = projects.map(|(index, project)| project.sourced(&source(index, project)));
    let mut projects = projects.collect::<Vec<_>>();
    if let Some(named) = named {
        projects.swap(0, named);
    }
    Ok(Layer { projects, has_default: named.is_some(), ..Layer::default() })
}

/// The subdomain of the project that `livekit.toml` in the working directory names, as `lk` reads it.
fn livekit_toml() -> Result<Option<String>, Failure> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct File {
        project: Table,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Table {
        subdomain: String,
    }
    let path = PathBuf::from(LIVEKIT_TOML);
    if !path.is_file() {
        return Ok(None);
    }
    let file = toml::from_str::<File>(&Input::File(path).read_text()?).map_err(|_| {
        let error = anyhow::anyhow!("`{LIVEKIT_TOML}` is not TOML with a table `[project]`");
        Failure::usage(error, "see what `lk agent create` writes, or remove the file")
    })?;
    Ok(Some(file.project.subdomain).filter(|subdomain| !subdomain.is_empty()))
}

/// Names of the projects, for completion. Empty if the configuration cannot be read.
pub(crate) fn project_names() -> Vec<String> {
    let path = path().ok().flatten().filter(|path| path.is_file());
    let config = path.and_then(|path| read(path).ok()).unwrap_or_default();
    config.projects.into_iter().map(|project| project.name).collect()
}

impl Project {
    fn sourced(&self, source: &str) -> Sourced<search::Project> {
        let url = Some(self.url.clone()).filter(|url| !url.trim().is_empty());
        let (key, secret) = (self.api_key.clone(), self.api_secret.clone());
        Sourced::by_user(search::Project { key, secret, url }, source)
    }

    /// The first label of the URL's host, as `lk` compares it.
    fn subdomain(&self) -> Option<&str> {
        let (scheme, rest) = self.url.split_once("://")?;
        let is_known = ["ws", "wss", "http", "https"].contains(&scheme);
        rest.split_once('.').map(|(label, _)| label).filter(|label| is_known && !label.is_empty())
    }
}

pub(super) fn path() -> Result<Option<PathBuf>, Failure> {
    let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let home = environment::variable(home)?.filter(|home| !home.is_empty());
    Ok(home.map(|home| PathBuf::from(home).join(".livekit/cli-config.yaml")))
}

fn read(path: PathBuf) -> Result<Config, Failure> {
    let input = Input::File(path);
    let text = Zeroizing::new(input.read_text()?);
    // Without the parser's message: it quotes the text, and so a secret.
    serde_saphyr::from_str(&text).map_err(|_| {
        let error = anyhow::anyhow!("{} is not what LiveKit's CLI writes", input.name());
        Failure::usage(error, "run `lk project list` to see what is wrong with it")
    })
}
