//! LiveKit's format for keys: `key: secret` lines, which are a YAML map.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::RawSecret;
use crate::failure::Failure;

/// Keys with their secrets; at least one key.
pub(super) struct KeyList(BTreeMap<String, Zeroizing<String>>);

impl KeyList {
    /// Parses the lines.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        // YAML requires a space after the colon, which people leave out in one-liners. LiveKit's server
        // requires it too, and says so.
        let map = serde_saphyr::from_str::<BTreeMap<String, String>>(text);
        // Without the parser's message: it quotes the text, and so a secret.
        let map = map.map_err(|_| {
            let problem = wrong_line(text);
            let problem =
                problem.unwrap_or_else(|| "the keys are not lines of `key: secret`".to_owned());
            let help = "write one `key: secret` a line, with a space after the colon";
            Failure::usage(anyhow::anyhow!("{problem}"), help)
        })?;
        if map.is_empty() {
            let error = anyhow::anyhow!("there are no keys");
            return Err(Failure::usage(error, "write one `key: secret` a line"));
        }
        Ok(Self(map.into_iter().map(|(key, secret)| (key, Zeroizing::new(secret))).collect()))
    }

    /// The secret of a key.
    pub(super) fn get(&self, key: &str) -> Option<RawSecret> {
        self.0.get(key).cloned().map(RawSecret)
    }

    /// The key with its secret, if it is the only one.
    pub(super) fn only(&self) -> Option<(String, RawSecret)> {
        let (key, secret) = self.0.first_key_value().filter(|_| self.0.len() == 1)?;
        Some((key.clone(), RawSecret(secret.clone())))
    }

    /// The names of the keys, for messages.
    pub(super) fn names(&self) -> String {
        self.0.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
    }
}

/// Describes the first line that is not `key: secret`, without quoting it: if key and secret are
/// swapped, or the colon is misplaced, any part can be the secret.
fn wrong_line(text: &str) -> Option<String> {
    let mut seen = BTreeMap::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, secret)) = line.split_once(':') else {
            return Some(format!("line {number} has no colon"));
        };
        if secret.is_empty() {
            return Some(format!("line {number} has no secret"));
        }
        if !secret.starts_with([' ', '\t']) {
            return Some(format!("line {number} has no space after the colon"));
        }
        if let Some(first) = seen.insert(key.trim(), number) {
            return Some(format!("line {number} has the key of line {first} again"));
        }
    }
    None
}
