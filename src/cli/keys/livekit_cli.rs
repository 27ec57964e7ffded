//! The projects of LiveKit's own CLI (`~/.livekit/cli-config.yaml`, `pkg/config` in
//! `github.com/livekit/livekit-cli`).

use std::path::PathBuf;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Layer, RawSecret, Sourced};
use crate::cli::environment;
use crate::cli::files::Input;
use crate::cli::suggest::did_you_mean;
use crate::failure::Failure;

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
        Some(project) => Ok(layer(project, &format!("--project {name}"))),
        None => Err(suggestion.map_or_else(no_project, |similar| {
            let error = anyhow::anyhow!("LiveKit's CLI knows no project `{name}`");
            Failure::usage(error, format!("did you mean `{similar}`?"))
        })),
    }
}

/// The default project, if there is one.
pub(super) fn default_project() -> Result<Layer, Failure> {
    let Some(path) = path()?.filter(|path| path.is_file()) else {
        return Ok(Layer::default());
    };
    let config = read(path)?;
    let name = &config.default_project;
    let project = config.projects.iter().find(|project| project.name == *name);
    let source = format!("the default project `{name}` of LiveKit's CLI");
    Ok(project.map_or_else(Layer::default, |project| layer(project, &source)))
}

/// Names of the projects, for completion. Empty if the configuration cannot be read.
pub(crate) fn project_names() -> Vec<String> {
    let path = path().ok().flatten().filter(|path| path.is_file());
    let config = path.and_then(|path| read(path).ok()).unwrap_or_default();
    config.projects.into_iter().map(|project| project.name).collect()
}

fn layer(project: &Project, source: &str) -> Layer {
    let given = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    let secret = project.api_secret.clone();
    Layer {
        url: given(&project.url).map(|url| Sourced::by_user(url, source)),
        pair: given(&project.api_key).map(|key| Sourced::by_user((key, secret), source)),
        ..Layer::default()
    }
}

fn path() -> Result<Option<PathBuf>, Failure> {
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
