//! What clients may ask for.

use std::collections::BTreeSet;
use std::fmt;

use wildmatch::WildMatch;

use super::{Field, Refusal, TokenSourceRequest};
use crate::token::Claims;

/// Rules on the fields of a request. The default lets clients set everything.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Policy {
    /// Fields that no client may set.
    pub deny: BTreeSet<Field>,
    /// Fields that every client must set.
    pub require: BTreeSet<Field>,
    /// Patterns (`*`, `?`) that a token's room must match one of; none allows every room.
    pub rooms: Vec<RoomPattern>,
}

/// A pattern for the names of rooms: `*` is any text, `?` any one character.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomPattern(WildMatch);

impl RoomPattern {
    /// Every text is a pattern.
    pub fn new(pattern: &str) -> Self {
        Self(WildMatch::new(pattern))
    }

    /// Whether a room's name fits.
    pub fn matches(&self, room: &str) -> bool {
        self.0.matches(room)
    }
}

impl fmt::Display for RoomPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Rules that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is both denied and required")]
pub struct PolicyError(pub Field);

impl Policy {
    /// Checks that some request can meet the policy.
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

    /// Checks the room that the token is for, whether the client named it or a default did.
    pub(super) fn check_room(&self, claims: &Claims) -> Result<(), Refusal> {
        let room = &claims.video.room;
        if self.rooms.is_empty() || self.rooms.iter().any(|pattern| pattern.matches(room)) {
            Ok(())
        } else {
            Err(Refusal::room(room))
        }
    }
}
