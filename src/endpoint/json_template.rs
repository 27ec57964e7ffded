//! JSON with placeholders in its strings.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::Template;

/// Checks that a text is not almost JSON. A placeholder outside of a string, or a typing error, would
/// leave it as plain text, into which a client's value could write members.
///
/// # Errors
/// What is wrong with the JSON that it seems to be.
pub(super) fn check_not_almost_json(text: &str) -> Result<(), serde_json::Error> {
    let mut letters = text.trim_start().chars();
    let seems_json = match letters.next() {
        Some('"') => true,
        // `{claim.sub}` and `{identity}` are placeholders.
        Some('{') => !letters.as_str().starts_with(|letter: char| letter.is_ascii_lowercase()),
        // `[guest] …` is not.
        Some('[') => {
            let inside = letters.as_str().trim_start();
            inside.starts_with(['"', '{', '[', ']', '-'])
                || inside.starts_with(|first: char| first.is_ascii_digit())
        }
        _ => false,
    };
    if seems_json { serde_json::from_str::<IgnoredAny>(text).map(drop) } else { Ok(()) }
}

/// JSON whose strings can have placeholders.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonTemplate {
    Fixed(Value),
    Text(Template),
    List(Vec<JsonTemplate>),
    Object(Vec<(String, JsonTemplate)>),
}

impl JsonTemplate {
    pub(super) fn new(value: Value) -> Self {
        match value {
            Value::String(text) => {
                let template = Template::new(&text);
                if template.has_placeholders() {
                    Self::Text(template)
                } else {
                    Self::Fixed(Value::String(text))
                }
            }
            Value::Array(list) => Self::List(list.into_iter().map(Self::new).collect()),
            Value::Object(members) => {
                let members = members.into_iter();
                Self::Object(members.map(|(name, value)| (name, Self::new(value))).collect())
            }
            other => Self::Fixed(other),
        }
    }

    /// The JSON with its strings filled in. Each is filled in as text, so that a value cannot add
    /// members.
    pub(super) fn fill(&self, fill: &dyn Fn(&Template) -> String) -> Value {
        match self {
            Self::Fixed(value) => value.clone(),
            Self::Text(template) => Value::String(fill(template)),
            Self::List(list) => list.iter().map(|entry| entry.fill(fill)).collect(),
            Self::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, value)| (name.clone(), value.fill(fill)));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}
