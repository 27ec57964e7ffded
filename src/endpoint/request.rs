//! `TokenSourceRequest`: a client's request, in proto3's JSON mapping.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Expected as Wanted, IgnoredAny, MapAccess, SeqAccess};
use serde::de::{Unexpected, Visitor};

use super::{Field, Policy, Refusal};
use crate::token::{
    Expected, FieldError, Json, JsonBudget, JsonBudgetError, JsonKind, Problem, ReadRoomConfig,
    RoomConfig, TokenError, given_twice, without_lone_surrogates,
};

/// A client's request; every field may be absent (`TokenSourceRequest` in LiveKit's protocol).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct TokenSourceRequest {
    /// The room to join.
    pub room_name: Option<String>,
    /// The participant's identity.
    pub participant_identity: Option<String>,
    /// The participant's display name.
    pub participant_name: Option<String>,
    /// The participant's metadata.
    pub participant_metadata: Option<String>,
    /// The participant's attributes. An empty map counts as absent.
    pub participant_attributes: BTreeMap<String, String>,
    /// The room's configuration. An empty one becomes `None`.
    pub room_config: Option<RoomConfig>,
}

/// A request, and the unknown names found while reading it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadRequest {
    /// The request.
    pub request: TokenSourceRequest,
    /// The paths of names that are not in LiveKit's protocol. A newer client may send some.
    pub unknown: Vec<String>,
}

/// Why a request cannot be answered with a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request is not JSON.
    #[error("the request is not JSON: {0}")]
    Syntax(String),
    /// The request is JSON, but not an object.
    #[error("the request is {0}, and must be a JSON object")]
    NotAnObject(JsonKind),
    /// The request has too many values to be read.
    #[error(transparent)]
    Budget(#[from] JsonBudgetError),
    /// A field has a value of the wrong type, or is given twice.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The requested token cannot be minted.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl TokenSourceRequest {
    /// Reads a request. An empty body counts as `{}`. White space alone is not JSON (RFC 8259,
    /// section 2) and is refused, so that a client whose template rendered to nothing gets an
    /// error.
    ///
    /// # Errors
    /// Any [`RequestError`] but [`RequestError::Token`].
    pub fn from_json(bytes: &[u8]) -> Result<ReadRequest, RequestError> {
        let (wire, unknown) = read(bytes)?;
        Self::from_wire(wire, unknown)
    }

    /// Reads the body of a request like [`from_json`](Self::from_json), and checks it against a policy.
    /// `null` counts as `{}`, as in every field: some HTTP clients send it for no body.
    pub(super) fn from_body(bytes: &[u8], policy: &Policy) -> Result<ReadRequest, Refusal> {
        let bytes = if bytes == b"null" { b"{}" } else { bytes };
        let (wire, unknown) = read(bytes)?;
        // Refused before it becomes a message of the protocol, which is many times larger.
        if let Some(field) = policy.denies_json(&wire.room_config) {
            return Err(Refusal::denied(field));
        }
        let read = Self::from_wire(wire, unknown)?;
        policy.check(&read.request)?;
        Ok(read)
    }

    fn from_wire(wire: Wire, mut unknown: Vec<String>) -> Result<ReadRequest, RequestError> {
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

    /// Whether a field is set. An empty value counts as not set.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::RoomName => self.room_name.is_some(),
            Field::ParticipantIdentity => self.participant_identity.is_some(),
            Field::ParticipantName => self.participant_name.is_some(),
            Field::ParticipantMetadata => self.participant_metadata.is_some(),
            Field::ParticipantAttributes => !self.participant_attributes.is_empty(),
            Field::RoomConfig => self.room_config.is_some(),
            Field::RoomConfigPart(part) => {
                self.room_config.as_ref().is_some_and(|config| config.has(part.as_str()))
            }
        }
    }
}

/// The request as JSON, before its room configuration is read.
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
    room_config: Json,
}

/// Reads a request and its unknown names.
fn read(bytes: &[u8]) -> Result<(Wire, Vec<String>), RequestError> {
    // PowerShell begins its files with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.is_empty() {
        return Ok((Wire::default(), Vec::new()));
    }
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return Err(RequestError::Syntax("it is white space alone".to_owned()));
    }
    JsonBudget::REQUEST.check(bytes)?;
    // serde would read a list as an object, by position.
    let is_object = bytes.starts_with(b"{");
    if let Some(wire) = is_object.then(|| read_wire(bytes)).flatten() {
        return Ok(wire);
    }
    let mended = std::str::from_utf8(bytes).map(without_lone_surrogates).unwrap_or_default();
    let wire = is_object.then(|| read_wire(mended.as_bytes())).flatten();
    wire.ok_or_else(|| explain(bytes))
}

/// Reads a request and its unknown names. Returns `None` if it cannot be read. [`explain`] then
/// finds the reason: tracking it here would double the time.
fn read_wire(bytes: &[u8]) -> Option<(Wire, Vec<String>)> {
    let mut unknown = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let mut note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());
    let wire = Wire::deserialize(serde_ignored::Deserializer::new(&mut json, &mut note)).ok()?;
    json.end().ok()?;
    Some((wire, unknown))
}

/// Returns why these bytes cannot be read as a request.
fn explain(bytes: &[u8]) -> RequestError {
    let members = match serde_json::from_slice(bytes) {
        Ok(Json::Object(members)) => members,
        Ok(other) => return RequestError::NotAnObject(other.kind()),
        // The message says what is wrong and where, and quotes nothing.
        Err(error) => return RequestError::Syntax(error.to_string()),
    };
    let mut seen = Vec::new();
    for (name, value) in &members {
        let Ok(field) = name.parse::<Field>() else { continue };
        let path = field.to_string();
        if seen.contains(&field) {
            return FieldError::new(path, Problem::GivenTwice).into();
        }
        seen.push(field);
        if let Some(error) = wrong_value(field, path, value) {
            return error.into();
        }
    }
    RequestError::Syntax("it cannot be read".to_owned())
}

/// Returns what is wrong with the value of a field, if anything. The room configuration is checked
/// elsewhere.
fn wrong_value(field: Field, path: String, value: &Json) -> Option<FieldError> {
    match (field, value) {
        (Field::RoomConfig | Field::RoomConfigPart(_), _) => None,
        (_, value) if value.is_empty() => None,
        (Field::ParticipantAttributes, Json::Object(members)) => wrong_attribute(&path, members),
        (Field::ParticipantAttributes, other) => {
            Some(FieldError::wrong_type(path, other.kind(), Expected::Object))
        }
        (_, Json::String(_)) => None,
        (_, other) => Some(FieldError::wrong_type(path, other.kind(), Expected::String)),
    }
}

fn wrong_attribute(path: &str, members: &[(String, Json)]) -> Option<FieldError> {
    if let Some(name) = given_twice(members) {
        return Some(FieldError::new(format!("{path}.{name}"), Problem::GivenTwice));
    }
    let mut wrong = members.iter();
    let wrong = wrong.find(|(_, value)| !matches!(value, Json::String(_) | Json::Null));
    wrong.map(|(name, value)| {
        FieldError::wrong_type(format!("{path}.{name}"), value.kind(), Expected::String)
    })
}

fn room_config(json: Json, unknown: &mut Vec<String>) -> Result<Option<RoomConfig>, FieldError> {
    if json.is_empty() {
        return Ok(None);
    }
    let ReadRoomConfig { config, unknown: more, .. } = RoomConfig::from_json(json)?;
    unknown.extend(more);
    Ok(Some(config).filter(|config| !config.is_empty()))
}

/// A string. `null` and empty values count as absent.
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

/// A map of strings. `null` and empty values count as absent. So does a member that is `null`
/// (Unity sends such members).
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
                return Err(A::Error::custom("given twice"));
            }
            attributes.insert(key, value);
        }
        Ok(attributes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }
}

/// The value of an attribute: a string, which may be empty, or `null`.
struct AttributeValue(Option<String>);

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self)
    }
}

fn empty_map<'de, A: MapAccess<'de>>(mut map: A, expected: &dyn Wanted) -> Result<(), A::Error> {
    match map.next_key::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::invalid_type(Unexpected::Map, expected)),
    }
}

fn empty_list<'de, A: SeqAccess<'de>>(mut list: A, expected: &dyn Wanted) -> Result<(), A::Error> {
    match list.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::invalid_type(Unexpected::Seq, expected)),
    }
}
