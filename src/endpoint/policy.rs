//! The fields and rooms that clients may request.

use std::collections::BTreeSet;

use super::caller::Caller;
use super::template::{Facts, Part};
use super::{Field, Refusal, RoomPattern, TokenSourceRequest};
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

/// The error for a field that is both denied and required.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is both denied and required")]
#[non_exhaustive]
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

    /// Refuses a request that sets a field which clients may not set.
    pub(super) fn check_denied(&self, request: &TokenSourceRequest) -> Result<(), Refusal> {
        match self.deny.iter().find(|&&field| request.has(field)) {
            Some(&field) => Err(Refusal::denied(field)),
            None => Ok(()),
        }
    }

    /// Refuses a request that lacks a field which clients must set.
    pub(super) fn check_required(&self, request: &TokenSourceRequest) -> Result<(), Refusal> {
        match self.require.iter().find(|&&field| !request.has(field)) {
            Some(&field) => Err(Refusal::required(field)),
            None => Ok(()),
        }
    }

    /// Returns a denied field that a room configuration surely sets. [`Policy::check_denied`] finds the rest.
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

    /// Checks the room that a client names, before a backend is asked. Patterns that are made from the
    /// identity cannot be checked yet.
    pub(super) fn check_asked_room(
        &self,
        request: &TokenSourceRequest,
        caller: &Caller,
        facts: Facts<'_>,
    ) -> Result<(), Refusal> {
        let Some(room) = &request.room_name else { return Ok(()) };
        self.check_room_of(room, caller, &facts, &|part| *part == Part::Identity)
    }

    /// Checks the room of the token, whether it comes from the client or from a default.
    pub(super) fn check_room(
        &self,
        claims: &Claims,
        caller: &Caller,
        facts: Facts<'_>,
    ) -> Result<(), Refusal> {
        let facts = Facts { identity: &claims.sub, ..facts };
        self.check_room_of(&claims.video.room, caller, &facts, &|_| false)
    }

    fn check_room_of(
        &self,
        room: &str,
        caller: &Caller,
        facts: &Facts<'_>,
        is_open: &dyn Fn(&Part) -> bool,
    ) -> Result<(), Refusal> {
        if self.rooms.is_empty() {
            return Ok(());
        }
        // A server requests tokens for anyone, so what depends on the person matches any text.
        let is_server = caller.is_server();
        let is_personal = |part: &Part| matches!(part, Part::Claim(_) | Part::Header(_));
        let is_free = |part: &Part| is_open(part) || (is_server && is_personal(part));
        let mut missing = None;
        for pattern in &self.rooms {
            match pattern.matches(room, facts, &is_free) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(name) => missing = Some(name),
            }
        }
        Err(missing.map_or_else(|| Refusal::room(room), Refusal::from))
    }
}
