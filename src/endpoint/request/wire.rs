//! Reads the fields of a request from JSON, in one pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Expected as Wanted, IgnoredAny, MapAccess, SeqAccess};
use serde::de::{Unexpected, Visitor};
use serde_json::Value;

use super::super::Field;
use super::RequestError;
use super::explain::{explain, explain_value};
use crate::token::{Json, JsonBudget, without_lone_surrogates};

/// The request as JSON, before its room configuration is read.
#[derive(Default)]
pub(super) struct Wire {
    pub(super) room_name: Text,
    pub(super) participant_identity: Text,
    pub(super) participant_name: Text,
    pub(super) participant_metadata: Text,
    pub(super) participant_attributes: Attributes,
    pub(super) room_config: Json,
}

/// Reads a request and its unknown names.
pub(super) fn read(bytes: &[u8]) -> Result<(Wire, Vec<String>), RequestError> {
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
    let object = std::str::from_utf8(bytes).ok().filter(|text| text.starts_with('{'));
    let wire = object
        .and_then(|text| read_wire(text).or_else(|| read_wire(&without_lone_surrogates(text))));
    wire.ok_or_else(|| explain(bytes))
}

/// Reads a request that has been read as JSON.
pub(super) fn from_value(value: &Value) -> Result<(Wire, Vec<String>), RequestError> {
    let Value::Object(members) = value else {
        return Err(RequestError::NotAnObject(Json::from(value.clone()).kind()));
    };
    members.deserialize_map(WireVisitor).map_err(|_| explain_value(value.clone().into()))
}

/// Reads a request and its unknown names. Returns `None` if it cannot be read. [`explain`] then
/// finds the reason: tracking it here would double the time. From bytes, each string would be checked to be
/// UTF-8 by itself, which takes longer than for the whole text.
fn read_wire(text: &str) -> Option<(Wire, Vec<String>)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(WireVisitor).ok()?;
    json.end().ok()?;
    Some(read)
}

/// Reads a request and its unknown names.
struct WireVisitor;

impl<'de> Visitor<'de> for WireVisitor {
    type Value = (Wire, Vec<String>);

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut wire, mut unknown, mut left) =
            (Wire::default(), Vec::new(), Field::WHOLE.map(Some));
        while let Some(name) = map.next_key::<Name>()? {
            let field = match name {
                Name::Field(field) => field,
                Name::Unknown(name) => {
                    map.next_value::<IgnoredAny>()?;
                    unknown.push(name);
                    continue;
                }
            };
            if left.iter_mut().find_map(|it| it.take_if(|it| *it == field)).is_none() {
                return Err(A::Error::custom("given twice"));
            }
            match field {
                Field::RoomName => wire.room_name = map.next_value()?,
                Field::ParticipantIdentity => wire.participant_identity = map.next_value()?,
                Field::ParticipantName => wire.participant_name = map.next_value()?,
                Field::ParticipantMetadata => wire.participant_metadata = map.next_value()?,
                Field::ParticipantAttributes => wire.participant_attributes = map.next_value()?,
                Field::RoomConfig | Field::RoomConfigPart(_) => {
                    wire.room_config = map.next_value()?;
                }
            }
        }
        Ok((wire, unknown))
    }
}

/// The name of a member of a request.
enum Name {
    Field(Field),
    Unknown(String),
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        let field = Field::find_whole(name);
        Ok(field.map_or_else(|| Name::Unknown(name.to_owned()), Name::Field))
    }
}

/// A string. `null` and empty values count as absent.
#[derive(Default)]
pub(super) struct Text(pub(super) Option<String>);

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
pub(super) struct Attributes(pub(super) BTreeMap<String, String>);

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
        let (mut attributes, mut absent) = (BTreeMap::new(), BTreeSet::new());
        while let Some(key) = map.next_key::<String>()? {
            if attributes.contains_key(&key) || absent.contains(&key) {
                return Err(A::Error::custom("given twice"));
            }
            match map.next_value::<Option<String>>()? {
                Some(value) => drop(attributes.insert(key, value)),
                None => drop(absent.insert(key)),
            }
        }
        Ok(attributes)
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
