//! The files that keys and URL may come from, so that a server can notice when they change.

use std::path::PathBuf;

use super::variable::Variable;
use super::{KeyArgs, env_file, livekit_cli};
use crate::cli::environment;

impl KeyArgs {
    /// Every file that is looked at, whether it is there or not.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let named = self.inputs().filter_map(|(_, path)| path).filter(|path| *path != "-");
        let mut files = named.map(PathBuf::from).collect::<Vec<_>>();
        if self.dev {
            return files;
        }
        match &self.env_file {
            Some(path) => files.push(path.clone()),
            None if self.no_env_file => {}
            None => files.extend(env_file::NAMES.map(PathBuf::from)),
        }
        files.extend(
            environment::variable(Variable::SecretFile.name()).ok().flatten().map(PathBuf::from),
        );
        files.extend(livekit_cli::path().ok().flatten());
        files
    }
}
