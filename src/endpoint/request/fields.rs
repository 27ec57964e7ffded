//! The six fields of a request, by name.

use serde_json::{Map, Value, json};

use super::super::Field;
use super::TokenSourceRequest;
use crate::token::{RoomConfig, Sizes};

impl TokenSourceRequest {
    /// The field, if it is a string.
    fn text(&self, field: Field) -> Option<&Option<String>> {
        match field {
            Field::RoomName => Some(&self.room_name),
            Field::ParticipantIdentity => Some(&self.participant_identity),
            Field::ParticipantName => Some(&self.participant_name),
            Field::ParticipantMetadata => Some(&self.participant_metadata),
            Field::ParticipantAttributes | Field::RoomConfig | Field::RoomConfigPart(_) => None,
        }
    }

    /// Whether a field is set. An empty value counts as not set.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::ParticipantAttributes => !self.participant_attributes.is_empty(),
            Field::RoomConfig => self.room_config.is_some(),
            Field::RoomConfigPart(part) => {
                self.room_config.as_ref().is_some_and(|config| config.has(part))
            }
            text => self.text(text).is_some_and(Option::is_some),
        }
    }

    /// Whether both requests have the same value in a field.
    pub(in crate::endpoint) fn agrees(&self, field: Field, other: &Self) -> bool {
        match field {
            Field::ParticipantAttributes => {
                self.participant_attributes == other.participant_attributes
            }
            Field::RoomConfig => self.room_config == other.room_config,
            Field::RoomConfigPart(part) => {
                let [left, right] = [self, other].map(|it| it.room_config.clone());
                left.unwrap_or_default().agrees(part, &right.unwrap_or_default())
            }
            text => self.text(text) == other.text(text),
        }
    }

    /// Sets a field to its value in another request.
    pub(in crate::endpoint) fn take(&mut self, field: Field, from: Self) {
        match field {
            Field::RoomName => self.room_name = from.room_name,
            Field::ParticipantIdentity => self.participant_identity = from.participant_identity,
            Field::ParticipantName => self.participant_name = from.participant_name,
            Field::ParticipantMetadata => self.participant_metadata = from.participant_metadata,
            Field::ParticipantAttributes => {
                self.participant_attributes = from.participant_attributes;
            }
            Field::RoomConfig => self.room_config = from.room_config,
            Field::RoomConfigPart(part) => {
                let mut config = self.room_config.take().unwrap_or_default();
                config.copy_part(part, &from.room_config.unwrap_or_default());
                self.room_config = Some(config).filter(|config| !config.is_empty());
            }
        }
    }

    /// The size of each field, in bytes.
    pub(in crate::endpoint) fn sizes(&self) -> Sizes {
        let size = |field| self.text(field).and_then(Option::as_ref).map_or(0, String::len);
        Sizes {
            room: size(Field::RoomName),
            identity: size(Field::ParticipantIdentity),
            name: size(Field::ParticipantName),
            metadata: size(Field::ParticipantMetadata),
            attributes: Sizes::of_attributes(&self.participant_attributes),
        }
    }

    /// Sets a field that is a string.
    pub(in crate::endpoint) fn set_text(&mut self, field: Field, text: String) {
        // An empty value counts as not set.
        let text = Some(text).filter(|text| !text.is_empty());
        match field {
            Field::RoomName => self.room_name = text,
            Field::ParticipantIdentity => self.participant_identity = text,
            Field::ParticipantName => self.participant_name = text,
            Field::ParticipantMetadata => self.participant_metadata = text,
            Field::ParticipantAttributes | Field::RoomConfig | Field::RoomConfigPart(_) => {}
        }
    }

    /// Returns the request in LiveKit's snake_case, without absent fields.
    pub(in crate::endpoint) fn to_json(&self) -> Value {
        let value = |field: Field| match field {
            Field::ParticipantAttributes => json!(self.participant_attributes),
            Field::RoomConfig => {
                self.room_config.as_ref().map(RoomConfig::canonical_members).into()
            }
            text => json!(self.text(text)),
        };
        let fields = Field::WHOLE.into_iter().filter(|&field| self.has(field));
        fields.map(|field| (field.to_string(), value(field))).collect::<Map<_, _>>().into()
    }
}
