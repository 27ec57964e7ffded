//! The fields and rooms that clients may request.

use std::collections::BTreeSet;
use std::fmt;

use wildmatch::WildMatch;

use super::{Field, Refusal, TokenSourceRequest};
use crate::token::{Claims, Json};

/// Rules on the fields and the room of a request. The default lets clients set everything.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Policy {
    /// Fields that no client may set.
    pub deny: BTreeSet<Field>,
    /// Fields that every client must set.
    pub require: BTreeSet<Field>,
    /// Patterns (`*`, `?`) for rooms. A token's room must match one of them; an empty list allows
    /// every room.
    pub rooms: Vec<RoomPattern>,
}

/// A pattern for room names: `*` matches any text, `?` any one character.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomPattern(WildMatch);

impl RoomPattern {
    /// Creates a pattern. Every text is valid.
    pub fn new(pattern: &str) -> Self {
        Self(WildMatch::new(pattern))
    }

    /// Whether a room name matches.
    pub fn matches(&self, room: &str) -> bool {
        self.0.matches(room)
    }
}

impl fmt::Display for RoomPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The error for a field that is both denied and required.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is both denied and required")]
pub struct PolicyError(pub Field);

impl Policy {
    /// Checks that the policy does not contradict itself.
    ///
    /// # Errors
    /// [`PolicyError`] names a field that is denied and required.
    pub fn check_itself(&self) -> Result<(), PolicyError> {
        match self.deny.intersection(&self.require).next() {
            Some(&field) => Err(PolicyError(field)),
            None => Ok(()),
        }
    }

    pub(super) fn check(&self, request: &TokenSourceRequest) -> Result<(), Refusal> {
        if let Some(&field) = self.deny.iter().find(|&&field| request.has(field)) {
            return Err(Refusal::denied(field));
        }
        match self.require.iter().find(|&&field| !request.has(field)) {
            Some(&field) => Err(Refusal::required(field)),
            None => Ok(()),
        }
    }

    /// Returns a denied field that a room configuration surely sets. [`Policy::check`] finds the rest.
    pub(super) fn denies_json(&self, room_config: &Json) -> Option<Field> {
        let Json::Object(members) = room_config else { return None };
        let is_denied = |&field: &Field| match field {
            Field::RoomConfig => room_config.is_set(),
            Field::RoomConfigPart(part) => members.iter().any(|(name, value)| {
                [part.as_str(), part.snake_case()].contains(&name.as_str()) && value.is_set()
            }),
            _ => false,
        };
        self.deny.iter().copied().find(is_denied)
    }

    /// Checks the room of the token, whether it comes from the client or from a default.
    pub(super) fn check_room(&self, claims: &Claims) -> Result<(), Refusal> {
        let room = &claims.video.room;
        if self.rooms.is_empty() || self.rooms.iter().any(|pattern| pattern.matches(room)) {
            Ok(())
        } else {
            Err(Refusal::room(room))
        }
    }
}
