//! A JSON value that keeps what `serde_json::Value` drops: the order of members, and duplicate
//! names.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

/// Maximum number of names that are compared one by one. A larger object uses a set.
const SMALL: usize = 8;

/// A JSON value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Json {
    #[default]
    Null,
    Boolean(bool),
    Number(Number),
    String(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The kind of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

impl fmt::Display for JsonKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

impl Json {
    pub(crate) fn kind(&self) -> JsonKind {
        match self {
            Self::Null => JsonKind::Null,
            Self::Boolean(_) => JsonKind::Boolean,
            Self::Number(_) => JsonKind::Number,
            Self::String(_) => JsonKind::String,
            Self::List(_) => JsonKind::List,
            Self::Object(_) => JsonKind::Object,
        }
    }

    #[cfg(feature = "endpoint")]
    /// Whether the value counts as absent in a request: `null`, `""`, `{}` or `[]` (PHP's empty
    /// map).
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Object(members) => members.is_empty(),
            Self::Boolean(_) | Self::Number(_) => false,
        }
    }

    #[cfg(feature = "endpoint")]
    /// Whether the value surely sets something: it is neither empty nor a type's default, and neither is
    /// everything in it. In a list, every entry counts.
    pub(crate) fn is_set(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Boolean(value) => *value,
            Self::Number(number) => number.as_f64() != Some(0.0),
            Self::String(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Object(members) => members.iter().any(|(_, value)| value.is_set()),
        }
    }

    /// Converts to a `Value`. If two members have the same name, the later one is kept.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Bool(value),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(text),
            Self::List(list) => list.into_iter().map(Self::into_value).collect(),
            Self::Object(members) => {
                let members = members.into_iter();
                members
                    .map(|(name, value)| (name, value.into_value()))
                    .collect::<Map<_, _>>()
                    .into()
            }
        }
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::String(text),
            Value::Array(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Value::Object(members) => {
                let members = members.into_iter();
                Self::Object(members.map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

/// Appends a text as a JSON string.
#[cfg(feature = "endpoint")]
pub(crate) fn write_text(json: &mut Vec<u8>, text: &str) {
    // Looks at all bytes, so that the compiler can look at many at once. Most texts need no escape.
    let needs_escape = |byte| byte < b' ' || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |found, byte| found | needs_escape(byte)) {
        // Writing to a `Vec` does not fail.
        let _ = serde_json::to_writer(json, text);
        return;
    }
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

/// Returns the first name that is given twice in an object.
pub(crate) fn given_twice(members: &[(String, Json)]) -> Option<&str> {
    let names = members.iter().map(|(name, _)| name.as_str());
    if members.len() <= SMALL {
        let mut names = names.enumerate();
        let before = |index: usize, name: &str| {
            members.iter().take(index).any(|(earlier, _)| earlier == name)
        };
        return names.find(|&(index, name)| before(index, name)).map(|(_, name)| name);
    }
    let mut seen = HashSet::with_capacity(members.len());
    names.into_iter().find(|name| !seen.insert(*name))
}

/// Replaces the escape of every unpaired surrogate by that of U+FFFD, as Go reads it. JavaScript writes
/// one when a text is cut within an emoji.
pub(crate) fn without_lone_surrogates(json: &str) -> String {
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, escape)) = rest.find('\\').and_then(|at| rest.split_at_checked(at)) {
        clean.push_str(before);
        let (first, second) = (surrogate(escape, 0), surrogate(escape, 6));
        let (taken, length) = match (first, second) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (escape.get(..12), 12),
            (Some(0xd800..0xe000), _) => (Some("\\ufffd"), 6),
            // An escaped backslash does not begin another escape.
            _ => (escape.get(..2), 2),
        };
        clean.push_str(taken.unwrap_or(escape));
        rest = escape.get(length..).unwrap_or_default();
    }
    clean.push_str(rest);
    clean
}

/// Returns the code unit of the escape at index `at`, such as `\ud83d`.
fn surrogate(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

impl Serialize for Json {
    /// Writes the value as it was read, including duplicate names.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(members) => {
                serializer.collect_map(members.iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = object.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn everything_that_stands_in_a_text_is_kept() {
        let Json::Object(members) = parse(r#"{"b":[null,1.0],"a":null,"b":"x"}"#) else {
            panic!("an object")
        };
        let names = members.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["b", "a", "b"]);
        assert_eq!(given_twice(&members), Some("b"));
        let value = Json::Object(members).into_value();
        assert_eq!(value, serde_json::json!({"a": null, "b": "x"}));
    }

    #[test]
    fn a_name_given_twice_is_found_in_objects_of_any_size() {
        for size in [2, SMALL, SMALL + 1, 100] {
            let mut members = (0..size).map(|n| (n.to_string(), Json::Null)).collect::<Vec<_>>();
            assert_eq!(given_twice(&members), None, "{size}");
            members.push(("1".to_owned(), Json::Null));
            assert_eq!(given_twice(&members), Some("1"), "{size}");
        }
    }

    #[cfg(feature = "endpoint")]
    #[test]
    fn a_text_is_written_as_serde_json_writes_it() {
        for text in ["", "a", "Zo\u{eb} \u{7f}\u{2028}", "\"", "a\\b", "\n", "\0x", "\u{1f}"] {
            let mut json = Vec::new();
            write_text(&mut json, text);
            assert_eq!(json, serde_json::to_vec(text).expect("a text"), "{text:?}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_replaced_and_a_whole_one_stays() {
        for (text, expected) in [
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (r#"{"a":"\ude00\ud83dx"}"#, r#"{"a":"\ufffd\ufffdx"}"#),
            (r#"{"a":"\\ud83d\n"}"#, r#"{"a":"\\ud83d\n"}"#),
            (r#"{"a":"\é"}"#, r#"{"a":"\é"}"#),
            ("\\", "\\"),
        ] {
            assert_eq!(without_lone_surrogates(text), expected);
        }
    }
}
