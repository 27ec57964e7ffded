//! Findings about a token that a person should know before relying on it.

use super::{FieldError, LimitError};

/// Something about a token that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Suspicion {
    /// A claim or grant is not spelled as LiveKit spells it. The server reads it anyway.
    #[error("`{written}` is read as `{meant}`, though LiveKit spells it otherwise")]
    Spelling {
        /// The spelling in the token.
        written: String,
        /// LiveKit's spelling.
        meant: String,
    },
    /// A claim, a grant or a header parameter is given twice. In the server, the later one wins,
    /// and objects are merged.
    #[error("`{claim}` is given twice: the later one counts, and objects are merged")]
    GivenTwice {
        /// Its path.
        claim: String,
    },
    /// A claim cannot be read, so servers refuse the token.
    #[error("LiveKit's server cannot read the token: {0}")]
    Unreadable(FieldError),
    /// The algorithm is not HS256, the only one that LiveKit accepts.
    #[error("its algorithm is `{found}`, and LiveKit accepts HS256 only")]
    Algorithm {
        /// The header's `alg`; empty when it has none.
        found: String,
    },
    /// The token has no `iss`.
    #[error("it has no `iss`: a server cannot tell which key signed it, and refuses it")]
    NoIssuer,
    /// A grant has a member that LiveKit does not define.
    #[error("`{grant}` is not a grant of LiveKit's, and servers ignore it")]
    UnknownGrant {
        /// Its path.
        grant: String,
    },
    /// The value of a claim is a name that LiveKit does not define.
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
    /// The token has no `exp`.
    #[error(
        "it has no `exp`: servers since August 2026 refuse it, and older ones accept it forever"
    )]
    NoExpiry,
    /// The token has expired.
    #[error("it expired {ago} seconds ago")]
    Expired {
        /// Seconds since it expired.
        ago: i64,
    },
    /// The token is valid for more than a day.
    #[error("it is valid for more than a day, also for anyone who finds it")]
    LongLived,
    /// The token has no `nbf`.
    #[error("it has no `nbf`: some clients never refresh it then")]
    NoStart,
    /// The token is not valid yet.
    #[error("it is not valid yet, for another {left} seconds")]
    NotYet {
        /// Seconds until it becomes valid.
        left: i64,
    },
    /// The token's `nbf` is after its `exp`.
    #[error("its `nbf` is after its `exp`, so it is never valid")]
    NeverValid,
    /// The token joins, but names no room.
    #[error("it joins, but names no room")]
    NoRoom,
    /// The token joins, but names no identity.
    #[error("it joins, but names no identity (`sub`)")]
    NoIdentity,
    /// The token moderates a room, but names none.
    #[error("it moderates a room, but names none")]
    NoRoomToModerate,
    /// The token names sources to publish from, but forbids publishing.
    #[error("it names sources to publish from, but may not publish")]
    SourcesWithoutPublishing,
    /// The token names a room, which does not limit one of its grants.
    #[error("`{grant}` applies to every room: `room` does not limit it")]
    EveryRoom {
        /// The grant's name, as `--grant` has it.
        grant: &'static str,
    },
    /// The token dispatches an agent without joining.
    #[error("it dispatches an agent, but does not join, and only a join does that")]
    DispatchWithoutJoin,
    /// The room configuration contains a credential.
    #[error("`{path}` is a credential, and whoever holds the token can read it")]
    Credential {
        /// Its path.
        path: String,
    },
    /// A part of the token is larger than a server accepts by default.
    #[error(transparent)]
    Limit(LimitError),
    /// The token has a claim `room_config`. That is the name in requests; the claim is
    /// `roomConfig`.
    #[error("`room_config` is not read by any server: the claim is `roomConfig`")]
    RequestName,
    /// The token has its grants in a claim `grants`, which no server reads.
    #[error("`grants` is not read by any server: the claim for grants on rooms is `video`")]
    GrantsName,
}
