//! The names of the fields of a request.

use std::fmt;
use std::str::FromStr;

use crate::token::RoomConfigPart;

/// A field of `TokenSourceRequest`, or of the room configuration in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Field {
    /// `room_name`
    RoomName,
    /// `participant_identity`
    ParticipantIdentity,
    /// `participant_name`
    ParticipantName,
    /// `participant_metadata`
    ParticipantMetadata,
    /// `participant_attributes`
    ParticipantAttributes,
    /// `room_config`, with any of its fields
    RoomConfig,
    /// One field of `room_config`.
    RoomConfigPart(RoomConfigPart),
}

/// The six fields, and their names in the protocol and in canonical JSON.
const FIELDS: &[(Field, &str, &str)] = &[
    (Field::RoomName, "room_name", "roomName"),
    (Field::ParticipantIdentity, "participant_identity", "participantIdentity"),
    (Field::ParticipantName, "participant_name", "participantName"),
    (Field::ParticipantMetadata, "participant_metadata", "participantMetadata"),
    (Field::ParticipantAttributes, "participant_attributes", "participantAttributes"),
    (Field::RoomConfig, "room_config", "roomConfig"),
];

/// The error for a name that no field has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no field `{0}`")]
#[non_exhaustive]
pub struct UnknownField(pub String);

impl Field {
    /// The six fields of `TokenSourceRequest`.
    pub const WHOLE: [Self; 6] = [
        Self::RoomName,
        Self::ParticipantIdentity,
        Self::ParticipantName,
        Self::ParticipantMetadata,
        Self::ParticipantAttributes,
        Self::RoomConfig,
    ];

    /// The field of `TokenSourceRequest` that holds this one.
    pub(super) fn whole(self) -> Self {
        match self {
            Self::RoomConfigPart(_) => Self::RoomConfig,
            field => field,
        }
    }

    /// The field of `TokenSourceRequest` with this name.
    pub(super) fn find_whole(name: &str) -> Option<Self> {
        let found = FIELDS.iter().find(|(_, snake, camel)| [*snake, *camel].contains(&name));
        found.map(|&(field, ..)| field)
    }

    /// Returns every name that parses, in snake_case.
    pub fn names() -> impl Iterator<Item = String> {
        let fields = FIELDS.iter().map(|&(_, name, _)| name.to_owned());
        let parts = RoomConfigPart::ALL.iter();
        fields.chain(parts.map(|part| format!("room_config.{}", part.snake_case())))
    }
}

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = match text.split_once('.') {
            Some(("room_config" | "roomConfig", name)) => {
                RoomConfigPart::find(name).map(Self::RoomConfigPart)
            }
            Some(_) => None,
            None => Self::find_whole(text),
        };
        found.ok_or_else(|| UnknownField(text.to_owned()))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::RoomConfigPart(part) = self {
            return write!(formatter, "room_config.{}", part.snake_case());
        }
        let name = FIELDS.iter().find(|(field, ..)| field == self).map_or("", |(_, name, _)| name);
        formatter.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_and_prints_as_itself() {
        for name in Field::names() {
            assert_eq!(name.parse::<Field>().expect(&name).to_string(), name);
        }
        assert_eq!("roomName".parse(), Ok(Field::RoomName));
        assert_eq!(
            "room_config.maxParticipants".parse::<Field>().map(|f| f.to_string()).as_deref(),
            Ok("room_config.max_participants")
        );
        assert!("room_config.".parse::<Field>().is_err());
        assert!("room".parse::<Field>().is_err());
    }
}
