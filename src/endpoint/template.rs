//! Placeholders in identities, names and rooms: `{random}` and `{identity}`.
//!
//! All other text stays as it is, including other braces: a default may be JSON. In JSON, values
//! are escaped as the content of a string, so that a client's identity cannot add members.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::IgnoredAny;

/// Length of a random text, in characters.
const LETTERS: usize = 8;

/// 32 letters and digits that are easy to tell apart: 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A source of random bits. The caller provides it, since the endpoint has none.
#[derive(Clone)]
pub struct Random(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Random {
    /// Wraps a function that returns 64 new random bits on each call.
    pub fn new(bits: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(bits))
    }

    /// Returns the text for `{random}`: 8 characters, one for the last 5 bits of each byte.
    pub fn text(&self) -> String {
        let bits = (self.0)();
        let letters = bits.to_le_bytes();
        let letters = letters.map(|byte| ALPHABET.get(usize::from(byte) % ALPHABET.len()));
        letters.into_iter().flatten().map(|&letter| char::from(letter)).collect()
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Random")
    }
}

/// A text with placeholders: one for random characters, and one for the participant's identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    /// Whether the whole text is a JSON object, list or string.
    json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Random,
    Identity,
}

const RANDOM: &str = "{random}";
const IDENTITY: &str = "{identity}";

impl Template {
    /// Reads a template: `{random}` stands for random characters, and `{identity}` for the
    /// participant's identity. If the whole text is a JSON object, list or string, values are
    /// escaped for JSON; otherwise they are filled in as they are.
    pub fn new(text: &str) -> Self {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, part, after)) = split_at_placeholder(rest) {
            parts.extend([Part::Text(before.to_owned()), part]);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Self { parts, json: is_json(text) }
    }

    /// Whether each text that is made from the template is a different one.
    pub fn is_random(&self) -> bool {
        self.parts.contains(&Part::Random)
    }

    /// Returns the text with its placeholders filled in, each `{random}` with new characters. A
    /// placeholder inside `identity`, which a client may choose, stays as it is.
    pub fn fill(&self, identity: &str, random: &Random) -> String {
        let mut filled = String::with_capacity(self.usual_length(identity));
        let identity = if self.json { escaped(identity) } else { Cow::Borrowed(identity) };
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Random => filled.push_str(&random.text()),
                Part::Identity => filled.push_str(&identity),
            }
        }
        filled
    }

    fn usual_length(&self, identity: &str) -> usize {
        let length = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Random => LETTERS,
            Part::Identity => identity.len(),
        };
        self.parts.iter().map(length).sum()
    }
}

impl fmt::Display for Template {
    /// Writes the text that was given to [`Template::new`].
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Random => formatter.write_str(RANDOM),
            Part::Identity => formatter.write_str(IDENTITY),
        })
    }
}

/// Whether a text is a JSON object, list or string.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Escapes a text as the content of a JSON string.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    // Writing a string does not fail.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let inside = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"'));
    Cow::Owned(inside.unwrap_or_default().to_owned())
}

/// The text before the first placeholder, the placeholder, and the text after it.
fn split_at_placeholder(text: &str) -> Option<(&str, Part, &str)> {
    let placeholders = [(RANDOM, Part::Random), (IDENTITY, Part::Identity)];
    let found = placeholders.into_iter().filter_map(|(placeholder, part)| {
        text.split_once(placeholder).map(|(before, after)| (before, part, after))
    });
    found.min_by_key(|(before, ..)| before.len())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let next = AtomicU64::new(0);
        let random = Random::new(move || next.fetch_add(1, Ordering::Relaxed));
        let filled = Template::new(r#"{"r":"{random}-{random}","i":"{identity}"}"#);
        let filled = filled.fill("{random}", &random);
        assert_eq!(filled, r#"{"r":"aaaaaaaa-baaaaaaa","i":"{random}"}"#);
        assert_eq!(Template::new("{x}-{identity}").to_string(), "{x}-{identity}");
    }

    #[test]
    fn what_is_filled_into_json_stays_inside_its_string() {
        let random = Random::new(|| 7);
        let fill = |text: &str| Template::new(text).fill("a\"b\\c\n", &random);
        let filled = fill(r#" {"i":"<{identity}>"} "#);
        assert_eq!(filled, r#" {"i":"<a\"b\\c\n>"} "#);
        assert_eq!(fill(r#""{identity}""#), r#""a\"b\\c\n""#);
        assert_eq!(fill("[{identity}]"), "[a\"b\\c\n]");
    }

    #[test]
    fn a_source_of_randomness_shows_no_bits() {
        assert_eq!(format!("{:?}", Random::new(|| 7)), "Random");
    }
}
