//! JSON with placeholders in its strings.

use serde_json::{Map, Value};

use super::Template;

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
