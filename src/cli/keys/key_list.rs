//! LiveKit's format for keys: `key: secret` lines, which are a YAML map.
//!
//! It is read as `livekit-server` 1.13 reads it, which takes the first YAML document and counts white space
//! as a part of a secret.

use std::collections::BTreeMap;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::RawSecret;
use super::key_shape::{looks_like_key, shown_key};
use crate::failure::Failure;
use crate::printable::Printable;
use crate::token::{KeyError, KeyPair};

type Map = BTreeMap<String, Option<String>>;

/// Keys with their secrets; at least one key.
pub(super) struct KeyList(BTreeMap<String, Zeroizing<String>>);

/// The part of a LiveKit server's configuration that has the keys, or names their file. If
/// the file is named, the server reads its keys only from there.
#[derive(Deserialize)]
struct ServerConfig {
    keys: Option<Map>,
    key_file: Option<String>,
}

impl KeyList {
    /// Parses the lines.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(line) = (1_usize..).zip(text.lines()).find(|(_, line)| line.starts_with('\t')) {
            let error = anyhow::anyhow!("line {} begins with a tab", line.0);
            return Err(Failure::usage(error, "LiveKit's server refuses it too: use spaces"));
        }
        let map = serde_saphyr::from_str::<Map>(first_document(text));
        // Without the parser's message: it quotes the text, and so a secret.
        let map =
            map.map_err(|_| wrong(text, || "the keys are not lines of `key: secret`".to_owned()))?;
        Self::new(map, text)
    }

    /// Parses the configuration of a LiveKit server.
    pub(super) fn in_server_config(text: &str) -> Result<Self, Failure> {
        let config = serde_saphyr::from_str::<ServerConfig>(first_document(text));
        let config = config.map_err(|_| {
            let error = anyhow::anyhow!("its `keys:` are not lines of `key: secret`");
            Failure::usage(error, "write one `key: secret` a line under `keys:`")
        })?;
        if let Some(file) = config.key_file.filter(|file| !file.is_empty()) {
            let file = Printable(&file);
            let error = anyhow::anyhow!("the server reads its keys from its `key_file`, `{file}`");
            return Err(Failure::usage(error, "give that file with --keys-file"));
        }
        let Some(keys) = config.keys else {
            let error = anyhow::anyhow!("there are no `keys:` in it");
            return Err(Failure::usage(error, "give the keys that the server gets elsewhere"));
        };
        Self::new(keys, "")
    }

    /// `text` is only used to describe what is wrong.
    fn new(map: Map, text: &str) -> Result<Self, Failure> {
        let map = map.into_iter().map(|(key, secret)| (key, secret.map(Zeroizing::new)));
        let map = map.collect::<BTreeMap<_, _>>();
        let without = map.iter().find(|(_, secret)| secret.as_ref().is_none_or(|s| s.is_empty()));
        if let Some((key, _)) = without {
            return Err(wrong(text, || format!("the key {} has no secret", shown_key(key))));
        }
        if map.is_empty() {
            let error = anyhow::anyhow!("there are no keys");
            return Err(Failure::usage(error, "write one `key: secret` a line"));
        }
        Ok(Self(map.into_iter().map(|(key, secret)| (key, secret.unwrap_or_default())).collect()))
    }

    /// A key as the list has it, with its secret. White space around `key` does not matter.
    pub(super) fn get(&self, key: &str) -> Option<(String, RawSecret)> {
        let found = self.0.get_key_value(key).or_else(|| self.0.get_key_value(key.trim()));
        found.map(|(key, secret)| (key.clone(), RawSecret::exact(secret.clone())))
    }

    /// The key with its secret, if it is the only one.
    pub(super) fn only(&self) -> Option<(String, RawSecret)> {
        let (key, secret) = self.0.first_key_value().filter(|_| self.0.len() == 1)?;
        Some((key.clone(), RawSecret::exact(secret.clone())))
    }

    /// Every key with its secret.
    pub(super) fn pairs(&self) -> Result<Vec<KeyPair>, KeyError> {
        let pairs = self.0.iter().map(|(key, secret)| {
            KeyPair::exact(key, RawSecret::exact(secret.clone()).to_secret()?)
        });
        pairs.collect()
    }

    /// The names of the keys, for messages. If keys and secrets are swapped, the names are left out.
    pub(super) fn names(&self) -> String {
        if self.is_swapped() {
            return "(not shown: key and secret are probably swapped; write `key: secret`)"
                .to_owned();
        }
        self.0.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
    }

    fn is_swapped(&self) -> bool {
        self.0.iter().any(|(key, secret)| looks_like_key(secret) && !looks_like_key(key))
    }

    /// The keys that `livekit-server` drops from its LIVEKIT_KEYS without a word, since YAML takes
    /// their secrets for something other than text. From a file, it reads them as text.
    pub(super) fn dropped_by_server(&self, text: &str) -> Vec<&str> {
        let is_dropped = |secret: &str| {
            let stands_plain = |at: usize| text[..at].ends_with([' ', '\t']);
            is_not_text(secret)
                && (secret.is_empty()
                    || text.match_indices(secret).any(|(at, _)| {
                        let before = text[..at].trim_end();
                        stands_plain(at)
                            && !before.ends_with(['"', '\''])
                            && !before.ends_with("!!str")
                    }))
        };
        let dropped = self.0.iter().filter(|(key, secret)| {
            is_dropped(secret) && (looks_like_key(key) || !looks_like_key(secret))
        });
        dropped.map(|(key, _)| key.as_str()).collect()
    }
}

/// The first of the YAML documents in a text.
pub(super) fn first_document(text: &str) -> &str {
    let mut has_content = false;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let is_mark = |mark: &str| {
            line.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        if has_content && (is_mark("---") || is_mark("...")) {
            break;
        }
        end += line.len();
        has_content |= !(line.trim().is_empty() || line.starts_with(['#', '%']) || is_mark("---"));
    }
    &text[..end]
}

/// Whether YAML 1.2, as Go's `yaml.v3` reads it, takes an unquoted text for a number, a boolean, null or a
/// date.
fn is_not_text(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", ".inf",
        ".Inf", ".nan",
    ];
    if WORDS.contains(&text) {
        return true;
    }
    let number = text.strip_prefix(['-', '+']).unwrap_or(text).replace('_', "");
    let is_based = ["0x", "0o", "0b"].iter().any(|prefix| {
        number.strip_prefix(prefix).is_some_and(|digits| {
            !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_hexdigit())
        })
    });
    let is_date = text.len() >= 8
        && text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .split(['-', 'T', 't', ' ', ':', '.', 'Z', '+'])
            .all(|part| part.chars().all(|letter| letter.is_ascii_digit()))
        && text.get(4..5) == Some("-")
        && text.matches('-').count() >= 2;
    is_based || is_date || is_decimal(&number)
}

fn is_decimal(number: &str) -> bool {
    number.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && number.parse::<f64>().is_ok()
}

/// A failure that describes the first wrong line, or has other words if each line looks right.
fn wrong(text: &str, other: impl FnOnce() -> String) -> Failure {
    let problem = wrong_line(text).unwrap_or_else(other);
    let help = "write one `key: secret` a line, with a space after the colon";
    Failure::usage(anyhow::anyhow!("{problem}"), help)
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
        if secret.contains(": ") {
            return Some(format!("line {number} has more than one key"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_documents_the_first_is_read() {
        for (text, first) in [
            ("a: b\n---\nc: d\n", "a: b\n"),
            ("# x\n---\na: b\n...\nc: d\n", "# x\n---\na: b\n"),
            ("%YAML 1.2\n---\na: b", "%YAML 1.2\n---\na: b"),
            ("a: b\n---x: y\n", "a: b\n---x: y\n"),
        ] {
            assert_eq!(first_document(text), first);
        }
    }

    #[test]
    fn what_yaml_does_not_take_for_text_is_known() {
        for text in [
            "123",
            "0123",
            "1e10",
            "0x1F",
            "1_000",
            "true",
            "null",
            "~",
            "",
            "2024-01-01",
            "1.5",
            ".5",
        ] {
            assert!(is_not_text(text), "{text}");
        }
        for text in ["yes", "12:34:56", "abc", "1e", "1-2-3", "0xZZ", "infinity", "secret", "-"] {
            assert!(!is_not_text(text), "{text}");
        }
    }
}
