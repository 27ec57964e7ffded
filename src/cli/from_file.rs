//! Which options of `lkt serve` come from its configuration file.

use std::collections::BTreeSet;
use std::path::Path;

use super::files::Input;
use super::notes::Notes;

/// The options that come from the configuration file.
#[derive(Debug, Clone, Default)]
pub(super) struct FromFile {
    /// The file, as it was typed.
    pub(super) path: String,
    /// Long names.
    pub(super) names: BTreeSet<String>,
    pub(super) has_secret: bool,
}

impl FromFile {
    /// Warns if the file has a secret, and users who do not need it can read it.
    pub(super) fn warn_if_others_can_read(&self, notes: Notes) {
        if self.has_secret {
            Input::from(self.path.as_str()).warn_if_others_can_read(notes);
        }
    }

    /// An option with its source, for messages: `--url`, or `url in lkt.toml`.
    pub(super) fn source_of(&self, option: &str) -> String {
        let name = option.trim_start_matches('-');
        if !self.names.contains(name) {
            return option.to_owned();
        }
        let file = Path::new(&self.path).file_name();
        format!(
            "{name} in {}",
            file.map_or(self.path.as_str().into(), |file| file.to_string_lossy())
        )
    }
}
