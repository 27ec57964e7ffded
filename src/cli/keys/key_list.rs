//! LiveKit's own format for keys: `key: secret` lines, a YAML map.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::Typed;
use crate::cli::failure::Failure;

/// Keys with their secrets.
pub(super) struct KeyList(BTreeMap<String, Zeroizing<String>>);

impl KeyList {
    /// Reads the lines.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        // YAML wants a space after the colon, which people leave out in one-liners; so does
        // LiveKit's server, and says so.
        let map = serde_saphyr::from_str::<BTreeMap<String, String>>(text);
        // Without the parser's words: they quote the text, and so a secret.
        let map = map.map_err(|_| {
            let error = anyhow::anyhow!("the keys are not lines of `key: secret`");
            Failure::usage(error, "write one `key: secret` a line, with a space after the colon")
        })?;
        Ok(Self(map.into_iter().map(|(key, secret)| (key, Zeroizing::new(secret))).collect()))
    }

    /// One key with its secret.
    pub(super) fn from_pair(key: &str, Typed(secret): Typed) -> Self {
        Self(BTreeMap::from([(key.trim().to_owned(), secret)]))
    }

    /// A key's secret.
    pub(super) fn get(&self, key: &str) -> Option<Typed> {
        self.0.get(key).cloned().map(Typed)
    }

    /// The only key, if there is one; several are for the user to choose from.
    pub(super) fn only(&self) -> Result<Option<(String, Typed)>, Failure> {
        let mut pairs = self.0.iter();
        let (first, more) = (pairs.next(), pairs.next());
        if more.is_some() {
            let keys = self.0.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let error = anyhow::anyhow!("there are several keys: {keys}");
            return Err(Failure::usage(error, "pick one with --api-key (or LIVEKIT_API_KEY)"));
        }
        Ok(first.map(|(key, secret)| (key.clone(), Typed(secret.clone()))))
    }
}
