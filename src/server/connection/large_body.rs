//! The part of a connection that waits for room before it reads a large body.

use std::mem;
use std::time::Instant;

use super::{Connection, State};
use crate::server::Service;
use crate::server::context::Context;
use crate::server::http1::body::Body;
use crate::server::limits::{LARGE_BODY, LEAST_ROOM};
use crate::server::room::LARGE_TIME;

/// What a connection has of the room for large bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Its body needs none, or has not begun.
    None,
    /// It waits for room before it reads on.
    Waiting,
    /// It has room for this many bytes, since then.
    Taken(usize, Instant),
}

impl<S: Service> Connection<S> {
    /// Takes room that the connection has waited for.
    pub(in crate::server) fn take_room(&mut self, bytes: usize, now: Instant) {
        self.room = Share::Taken(bytes, now);
    }

    /// Gives back the room that the connection has, or waits for.
    pub(in crate::server) fn leave_room(&mut self, context: &mut Context<S>) {
        match mem::replace(&mut self.room, Share::None) {
            Share::None => {}
            Share::Waiting => context.room.leave(self.id.slot),
            Share::Taken(bytes, _) => context.room.give_back(bytes),
        }
    }

    /// Whether the connection has had room for too long, if others wait for it.
    pub(in crate::server) fn is_slow(&self, now: Instant) -> bool {
        matches!(self.room, Share::Taken(_, since) if now.saturating_duration_since(since) >= LARGE_TIME)
    }

    /// Whether the connection may read on: a large body needs room. It may have to wait.
    pub(super) fn may_read(&mut self, context: &mut Context<S>) -> bool {
        match mem::replace(&mut self.state, State::Idle) {
            State::Reading { began, request: Some(mut request) } => {
                let may_read = self.has_room(&request.body, context);
                if may_read && self.room != Share::None {
                    request.body.reserve();
                }
                self.state = State::Reading { began, request: Some(request) };
                may_read
            }
            other => {
                self.state = other;
                true
            }
        }
    }

    /// Whether there is room for a body. Takes it, or waits for it, if the body is large.
    pub(super) fn has_room(&mut self, body: &Body, context: &mut Context<S>) -> bool {
        if self.room == Share::None && body.is_larger_than(LARGE_BODY) {
            let (bytes, now) = (body.room().max(LEAST_ROOM), context.clock.now);
            let is_taken = context.room.take(self.id.slot, bytes, now);
            self.room = if is_taken { Share::Taken(bytes, now) } else { Share::Waiting };
        }
        self.room != Share::Waiting
    }

    /// Gives back what the body does not need, now that its size is known.
    pub(super) fn shrink_room(&mut self, body: &Body, context: &mut Context<S>) {
        if let Share::Taken(bytes, since) = self.room {
            let needed = body.room().clamp(LEAST_ROOM.min(bytes), bytes);
            context.room.give_back(bytes - needed);
            self.room = Share::Taken(needed, since);
        }
    }
}
