//! JSON whose strings are templates.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Facts, Missing, Template};
use crate::token::Json;

/// Refuses a text that looks like JSON but is not valid. A placeholder outside a string, or a typo,
/// would make it plain text, and a client's value could then add members to it.
///
/// # Errors
/// The parse error of a text that looks like JSON.
pub(in crate::endpoint) fn check_not_almost_json(text: &str) -> Result<(), serde_json::Error> {
    let mut letters = text.trim_start().chars();
    let seems_json = match letters.next() {
        Some('"') => true,
        // `{claim.sub}` and `{identity}` are placeholders.
        Some('{') => !letters.as_str().starts_with(|letter: char| letter.is_ascii_alphabetic()),
        // `[guest] …` is plain text.
        Some('[') => {
            let inside = letters.as_str().trim_start();
            let literals = ["true", "false", "null"];
            literals.iter().any(|literal| inside.starts_with(literal))
                || inside.starts_with(['"', '{', '[', ']', '-'])
                || inside.starts_with(|first: char| first.is_ascii_digit())
        }
        _ => false,
    };
    if seems_json { serde_json::from_str::<IgnoredAny>(text).map(drop) } else { Ok(()) }
}

/// JSON whose strings are templates. The names of members are not.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::endpoint) enum JsonTemplate {
    Fixed(Value),
    Text(Template),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl JsonTemplate {
    /// Builds a template from JSON, and reads each string with `text`.
    pub(in crate::endpoint) fn new<E>(
        value: Value,
        text: &impl Fn(&str) -> Result<Template, E>,
    ) -> Result<Self, E> {
        Ok(match value {
            Value::String(string) => Self::Text(text(&string)?),
            Value::Array(list) => {
                let list = list.into_iter().map(|entry| Self::new(entry, text));
                Self::List(list.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(name, value)| Ok((name, Self::new(value, text)?)));
                Self::Object(members.collect::<Result<_, _>>()?)
            }
            other => Self::Fixed(other),
        })
    }

    /// Returns the JSON with its templates filled in. Each one stays a single string, so that a
    /// value cannot add members.
    pub(in crate::endpoint) fn fill(&self, facts: &Facts<'_>) -> Result<Json, Missing> {
        Ok(match self {
            Self::Fixed(value) => value.clone().into(),
            Self::Text(template) => Json::String(template.fill(facts)?),
            Self::List(list) => {
                let list = list.iter().map(|entry| entry.fill(facts));
                Json::List(list.collect::<Result<_, _>>()?)
            }
            Self::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, value)| Ok((name.clone(), value.fill(facts)?)));
                Json::Object(members.collect::<Result<_, _>>()?)
            }
        })
    }

    /// Whether `is` holds for any of the templates.
    pub(in crate::endpoint) fn any(&self, is: &dyn Fn(&Template) -> bool) -> bool {
        match self {
            Self::Fixed(_) => false,
            Self::Text(template) => is(template),
            Self::List(list) => list.iter().any(|entry| entry.any(is)),
            Self::Object(members) => members.iter().any(|(_, value)| value.any(is)),
        }
    }
}

/// Whether a text is a JSON object, list or string.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Escapes a text as the content of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    // Writing a string does not fail.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let inside = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"'));
    inside.unwrap_or_default().to_owned()
}
