//! The fields of the messages in a room configuration, for messages about a wrong field. They come from
//! the code in livekit-protocol that reads the messages, so there is no list to maintain.

use std::cell::Cell;

use livekit_protocol::RoomConfiguration;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::{Value, json};

use crate::token::RoomConfig;

/// The names of the fields of a message.
type Names = &'static [&'static str];

/// The fields of a message in snake_case, by its path, such as `room_config.agents[0]`. Empty if the
/// path does not lead to a message.
pub(super) fn of_message(path: &str) -> Vec<&'static str> {
    let mut steps = path.split('.');
    if steps.next() != Some("room_config") {
        return Vec::new();
    }
    let (steps, found) = (steps.collect::<Vec<_>>(), Cell::new(None));
    // This always ends with an error, because there is nothing to read.
    let _ = RoomConfiguration::deserialize(Walk { steps: &steps, found: &found });
    let names = found.get().unwrap_or_default();
    // Most fields have both spellings; `aliOSS` is the only spelling of its field.
    let is_camel = |name: &str| snake_case(name) != name && names.contains(&&*snake_case(name));
    names.iter().copied().filter(|name| !is_camel(name)).collect()
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// The smallest and the largest number that an integer field accepts.
pub(super) fn range(path: &str) -> Option<(Value, Value)> {
    path.strip_prefix("room_config.")?;
    let takes = |value: Value| RoomConfig::from_value(at(path, value)).is_ok();
    let ranges = [
        (json!(0), json!(u32::MAX), json!(-1), json!(u64::from(u32::MAX) + 1)),
        (
            json!(i32::MIN),
            json!(i32::MAX),
            json!(i64::from(i32::MIN) - 1),
            json!(i64::from(i32::MAX) + 1),
        ),
        (json!(0), json!(u64::MAX), json!(-1), json!(1e20)),
        (json!(i64::MIN), json!(i64::MAX), json!(-1e20), json!(u64::MAX)),
    ];
    let fits = |(first, last, below, above): (Value, Value, Value, Value)| {
        let is_it = takes(first.clone()) && takes(last.clone()) && !takes(below) && !takes(above);
        is_it.then_some((first, last))
    };
    ranges.into_iter().find_map(fits)
}

/// A room configuration with this value at a path.
fn at(path: &str, value: Value) -> Value {
    let steps = path.split('.').skip(1).collect::<Vec<_>>();
    steps.into_iter().rev().fold(value, |value, step| match step.split_once('[') {
        Some((name, _)) => json!({ name: [value] }),
        None => json!({ step: value }),
    })
}

/// Follows a path, and records the fields of the message at its end.
struct Walk<'a> {
    /// The rest of the path: names, each with an optional index.
    steps: &'a [&'a str],
    found: &'a Cell<Option<Names>>,
}

fn end<T>() -> Result<T, Error> {
    Err(Error::custom(""))
}

impl<'de> Deserializer<'de> for Walk<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        end()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if self.steps.is_empty() {
            self.found.set(Some(fields));
            return end();
        }
        visitor.visit_map(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de> SeqAccess<'de> for Walk<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Self { steps, found } = *self;
        seed.deserialize(Walk { steps, found }).map(Some)
    }
}

impl<'de> MapAccess<'de> for Walk<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(step) = self.steps.first() else { return Ok(None) };
        let name = step.split('[').next().unwrap_or_default();
        let name: StrDeserializer<'_, Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let steps = self.steps.get(1..).unwrap_or_default();
        seed.deserialize(Walk { steps, found: self.found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_a_message_are_found_wherever_it_is() {
        assert!(of_message("room_config").starts_with(&["name", "empty_timeout"]));
        let agent = of_message("room_config.agents[3]");
        assert!(agent.contains(&"agent_name") && !agent.contains(&"agentName"), "{agent:?}");
        assert!(of_message("room_config.egress.room").contains(&"room_name"));
        let s3 = of_message("room_config.egress.room.fileOutputs[0].s3");
        assert!(s3.contains(&"access_key"), "{s3:?}");
        let file = of_message("room_config.egress.room.file_outputs[0]");
        assert!(file.contains(&"aliOSS"), "{file:?}");
        for path in
            ["", "a", "room_config.metadata", "room_config.nope.x", "room_config.agents[0].a.b"]
        {
            assert!(of_message(path).is_empty(), "{path}");
        }
    }

    #[test]
    fn the_range_of_a_number_is_found() {
        let unsigned = Some((json!(0), json!(u32::MAX)));
        assert_eq!(range("room_config.max_participants"), unsigned);
        assert_eq!(
            range("room_config.egress.room.advanced.width"),
            Some((json!(i32::MIN), json!(i32::MAX)))
        );
        assert_eq!(range("room_config.egress.room.segment_outputs[0].segment_duration"), unsigned);
        for path in ["room_config.metadata", "room_config", "participant_name", "room_config.a.b"] {
            assert_eq!(range(path), None, "{path}");
        }
    }
}
