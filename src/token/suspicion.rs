//! What a person should know about a token before relying on it.

use super::{FieldError, LimitError};

/// Something about a token that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Suspicion {
    /// A claim or grant is spelled in another way than LiveKit does. The server reads it all the same.
    #[error("`{written}` is read as `{meant}`, though LiveKit spells it otherwise")]
    Spelling {
        /// As it stands in the token.
        written: String,
        /// As LiveKit spells it.
        meant: String,
    },
    /// A claim, a grant or a header parameter is given twice. The server takes the later one, and merges
    /// objects.
    #[error("`{claim}` is given twice: the later one counts, and objects are merged")]
    GivenTwice {
        /// Its path.
        claim: String,
    },
    /// A claim cannot be read, so servers refuse the token.
    #[error("LiveKit's server cannot read the token: {0}")]
    Unreadable(FieldError),
    /// Another algorithm than the one of LiveKit tokens.
    #[error("its algorithm is `{found}`, and LiveKit accepts HS256 only")]
    Algorithm {
        /// The header's `alg`; empty when it has none.
        found: String,
    },
    /// No `iss`.
    #[error("it has no `iss`: a server cannot tell which key signed it, and refuses it")]
    NoIssuer,
    /// A grant has a member that LiveKit does not have.
    #[error("`{grant}` is not a grant of LiveKit's, and servers ignore it")]
    UnknownGrant {
        /// Its path.
        grant: String,
    },
    /// A claim has a name for its value that LiveKit does not have.
    #[error("`{claim}` is `{name}`, which is none of LiveKit's values")]
    UnknownName {
        /// The path of the claim.
        claim: String,
        /// Its value.
        name: String,
    },
    /// A part of the room configuration has a value that this crate does not know.
    #[error("`{path}` has a value that only newer servers know")]
    UnknownValue {
        /// Its path.
        path: String,
    },
    /// No `exp`.
    #[error(
        "it has no `exp`: servers since August 2026 refuse it, and older ones accept it forever"
    )]
    NoExpiry,
    /// It has expired.
    #[error("it expired {ago} seconds ago")]
    Expired {
        /// Seconds since then.
        ago: i64,
    },
    /// It is valid for more than a day.
    #[error("it is valid for more than a day, also for anyone who finds it")]
    LongLived,
    /// No `nbf`.
    #[error("it has no `nbf`: some clients never refresh it then")]
    NoStart,
    /// It is not valid yet.
    #[error("it is not valid yet, for another {left} seconds")]
    NotYet {
        /// Seconds until then.
        left: i64,
    },
    /// It starts after it ends.
    #[error("its `nbf` is after its `exp`, so it is never valid")]
    NeverValid,
    /// It joins, but names no room.
    #[error("it joins, but names no room")]
    NoRoom,
    /// It joins, but names no identity.
    #[error("it joins, but names no identity (`sub`)")]
    NoIdentity,
    /// It moderates a room, but names none.
    #[error("it moderates a room, but names none")]
    NoRoomToModerate,
    /// It allows sources, but no publishing.
    #[error("it names sources to publish from, but may not publish")]
    SourcesWithoutPublishing,
    /// It dispatches an agent without joining.
    #[error("it dispatches an agent, but does not join, and only a join does that")]
    DispatchWithoutJoin,
    /// Its room configuration carries a credential.
    #[error("`{path}` is a credential, and whoever holds the token can read it")]
    Credential {
        /// Where it is.
        path: String,
    },
    /// A part of it is larger than a server accepts by default.
    #[error(transparent)]
    Limit(LimitError),
    /// `room_config` is the request's name, and the claim is `roomConfig`.
    #[error("`room_config` is not read by any server: the claim is `roomConfig`")]
    RequestName,
    /// The grants stand in a claim `grants`.
    #[error("`grants` is not read by any server: the claim for grants on rooms is `video`")]
    GrantsName,
}
