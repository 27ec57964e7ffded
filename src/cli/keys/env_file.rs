//! Env files: `NAME=value` or `export NAME=value` lines.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::cli::failure::Failure;

/// What is looked for in the working directory, in this order.
const NAMES: &[&str] = &["development.env", ".env.local", ".env"];

/// The env file of the working directory, if it has one.
pub(super) fn default_path() -> Option<PathBuf> {
    NAMES.iter().map(PathBuf::from).find(|path| path.is_file())
}

/// The variables of a file. The environment is left as it is.
pub(super) fn read(path: &Path) -> Result<HashMap<String, Zeroizing<String>>, Failure> {
    let lines = dotenvy::from_path_iter(path).map_err(|error| unreadable(path, &error))?;
    let mut variables = HashMap::new();
    for line in lines {
        let (name, value) = line.map_err(|error| unreadable(path, &error))?;
        variables.insert(name, Zeroizing::new(value));
    }
    Ok(variables)
}

fn unreadable(path: &Path, error: &dotenvy::Error) -> Failure {
    let path = path.display();
    match error {
        dotenvy::Error::Io(error) => Failure::usage(
            anyhow::anyhow!("cannot read `{path}`: {error}"),
            "give --env-file a file that exists and may be read, or use --no-env-file",
        ),
        // Without dotenvy's own words: they have the line in them, and so maybe a secret.
        _ => Failure::usage(
            anyhow::anyhow!("`{path}` has a line that is not NAME=value"),
            "write one NAME=value a line, and put values with spaces or # into quotes",
        ),
    }
}
