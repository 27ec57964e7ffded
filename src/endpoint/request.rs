//! `TokenSourceRequest`: what a client asks for, read as proto3's JSON mapping says.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::Value;

use super::Field;
use super::field::to_snake_case;
use crate::token::{
    IncompleteJoin, LimitError, RoomConfig, RoomConfigError, SignError, StrictValue,
};

/// What a client asks for; every field may be absent (`TokenSourceRequest` in LiveKit's protocol).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TokenSourceRequest {
    /// The room to join.
    pub room_name: Option<String>,
    /// The participant's identity.
    pub participant_identity: Option<String>,
    /// The participant's name, for people to read.
    pub participant_name: Option<String>,
    /// The participant's metadata.
    pub participant_metadata: Option<String>,
    /// The participant's attributes; none is absent.
    pub participant_attributes: BTreeMap<String, String>,
    /// The room's configuration; never an empty one.
    pub room_config: Option<RoomConfig>,
}

/// A request as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadRequest {
    /// What was asked.
    pub request: TokenSourceRequest,
    /// The paths of the names that no one knows. A newer client may well send some.
    pub unknown: Vec<String>,
}

/// Why a request cannot be answered with a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not JSON.
    #[error("the request is not JSON: {0}")]
    Syntax(String),
    /// JSON, but no object.
    #[error("the request is {0}, and must be a JSON object")]
    NotAnObject(&'static str),
    /// A field has a wrong type, or stands there twice.
    #[error("`{field}`: {problem}")]
    Field {
        /// The field's path.
        field: String,
        /// What is wrong with it.
        problem: String,
        /// Whether an object, a list or a number stands where text is due.
        stringify: bool,
    },
    /// A part is larger than a LiveKit server takes.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// An egress output carries a credential, which whoever holds the token could read.
    #[error("`{path}` is a credential, and whoever holds the token could read it")]
    Credential {
        /// Where it stands.
        path: String,
    },
    /// The token would join, but says not where or as whom.
    #[error(transparent)]
    Join(#[from] IncompleteJoin),
    /// The token could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl From<RoomConfigError> for RequestError {
    fn from(error: RoomConfigError) -> Self {
        Self::Field { field: error.path, problem: error.problem, stringify: false }
    }
}

impl TokenSourceRequest {
    /// Reads a request. No bytes at all ask for nothing in particular, as `{}` does. White space
    /// alone is no JSON text (RFC 8259, section 2), so that a client whose template came out empty
    /// learns of it.
    ///
    /// # Errors
    /// [`RequestError::Syntax`], [`RequestError::NotAnObject`] or [`RequestError::Field`].
    pub fn from_json(bytes: &[u8]) -> Result<ReadRequest, RequestError> {
        // PowerShell begins its files with a byte order mark.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if bytes.is_empty() {
            return Ok(ReadRequest::default());
        }
        let bytes = bytes.trim_ascii();
        match bytes.first() {
            None => return Err(RequestError::Syntax("it is white space alone".to_owned())),
            Some(b'{') => {}
            // serde would take a list for an object by position.
            Some(&first) => return Err(not_an_object(bytes, first)),
        }
        let (wire, mut unknown) = read_wire(bytes)?;
        let room_config = room_config(wire.room_config, &mut unknown)?;
        let request = Self {
            room_name: wire.room_name.0,
            participant_identity: wire.participant_identity.0,
            participant_name: wire.participant_name.0,
            participant_metadata: wire.participant_metadata.0,
            participant_attributes: wire.participant_attributes.0,
            room_config,
        };
        Ok(ReadRequest { request, unknown })
    }

    /// Whether a field is set. An empty value is not a setting.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::RoomName => self.room_name.is_some(),
            Field::ParticipantIdentity => self.participant_identity.is_some(),
            Field::ParticipantName => self.participant_name.is_some(),
            Field::ParticipantMetadata => self.participant_metadata.is_some(),
            Field::ParticipantAttributes => !self.participant_attributes.is_empty(),
            Field::RoomConfig => self.room_config.is_some(),
            Field::RoomConfigPart(part) => {
                self.room_config.as_ref().is_some_and(|config| config.has(part))
            }
        }
    }
}

/// The request's JSON, before the room configuration in it is looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(alias = "roomName")]
    room_name: Text,
    #[serde(alias = "participantIdentity")]
    participant_identity: Text,
    #[serde(alias = "participantName")]
    participant_name: Text,
    #[serde(alias = "participantMetadata")]
    participant_metadata: Text,
    #[serde(alias = "participantAttributes")]
    participant_attributes: Attributes,
    #[serde(alias = "roomConfig")]
    room_config: StrictValue,
}

fn read_wire(bytes: &[u8]) -> Result<(Wire, Vec<String>), RequestError> {
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
    let wire = Wire::deserialize(serde_ignored::Deserializer::new(&mut json, &mut note));
    // Keeping track of the path takes as long as all the rest, so it is done for errors alone.
    let wire = wire.map_err(|error| explain(&error, &path_of_error(bytes)))?;
    json.end().map_err(|error| RequestError::Syntax(error.to_string()))?;
    Ok((wire, unknown))
}

/// Where reading the request fails: reads it once more.
fn path_of_error(bytes: &[u8]) -> String {
    let mut track = serde_path_to_error::Track::new();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    // The error is known.
    let _ = Wire::deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track));
    track.path().to_string()
}

/// serde's error, with the field that it is about.
fn explain(error: &serde_json::Error, path: &str) -> RequestError {
    use serde_json::error::Category;
    let problem = error.to_string();
    if error.classify() != Category::Data {
        return RequestError::Syntax(problem);
    }
    // A name given twice at the top stands in the message alone.
    let named = problem.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next());
    let path = if path == "." { named.unwrap_or_default() } else { path };
    let (top, rest) = path.split_at(path.find(['.', '[']).unwrap_or(path.len()));
    let stringify = ["map", "sequence", "integer", "floating point", "boolean"]
        .iter()
        .any(|kind| problem.starts_with(&format!("invalid type: {kind}")));
    let top = to_snake_case(top);
    RequestError::Field {
        field: format!("{top}{rest}"),
        stringify: stringify && top != "room_config",
        problem,
    }
}

fn not_an_object(bytes: &[u8], first: u8) -> RequestError {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return RequestError::Syntax(error.to_string());
    }
    RequestError::NotAnObject(match first {
        b'[' => "a list",
        b'"' => "a string",
        b'n' => "null",
        b't' | b'f' => "a boolean",
        _ => "a number",
    })
}

fn room_config(
    StrictValue(value): StrictValue,
    unknown: &mut Vec<String>,
) -> Result<Option<RoomConfig>, RequestError> {
    if is_empty(&value) {
        return Ok(None);
    }
    if !value.is_object() {
        let problem = "it must be a JSON object".to_owned();
        return Err(RequestError::Field {
            field: "room_config".to_owned(),
            problem,
            stringify: false,
        });
    }
    let (config, more) = RoomConfig::from_value(StrictValue(value))?;
    unknown.extend(more);
    Ok(Some(config).filter(|config| !config.is_empty()))
}

/// `null`, `""`, `{}` and `[]` (PHP's empty map) mean absent.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A string; `null` and what is empty are none.
#[derive(Default)]
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        empty_map(map, &self).map(|()| None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        empty_list(list, &self).map(|()| None)
    }
}

/// A map of strings; `null` and what is empty are none, as is a member that is `null` (Unity).
#[derive(Default)]
struct Attributes(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttributesVisitor).map(Self)
    }
}

struct AttributesVisitor;

impl<'de> Visitor<'de> for AttributesVisitor {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object whose values are strings")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(BTreeMap::new())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match text {
            "" => Ok(BTreeMap::new()),
            text => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        empty_list(list, &self).map(|()| BTreeMap::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut attributes = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let AttributeValue(value) = map.next_value()?;
            if attributes.contains_key(&key) {
                return Err(A::Error::custom(format_args!("`{key}` is given twice")));
            }
            attributes.insert(key, value);
        }
        Ok(attributes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }
}

/// A string, which may be empty here, or `null`.
struct AttributeValue(Option<String>);

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

fn empty_map<'de, A: MapAccess<'de>>(
    mut map: A,
    expected: &dyn serde::de::Expected,
) -> Result<(), A::Error> {
    match map.next_key::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::invalid_type(Unexpected::Map, expected)),
    }
}

fn empty_list<'de, A: SeqAccess<'de>>(
    mut list: A,
    expected: &dyn serde::de::Expected,
) -> Result<(), A::Error> {
    match list.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, expected)),
    }
}
