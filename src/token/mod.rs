//! LiveKit tokens: claims, grants, room configuration, key and signature.
//!
//! Everything here is pure: no clock, no environment, no randomness, no I/O, and no panics. Times
//! are seconds since the Unix epoch, passed in as arguments.
//!
//! The names on the wire are LiveKit's (`auth/grants.go` of `github.com/livekit/protocol`).

#![cfg_attr(
    not(test),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod builder;
mod check;
mod claim_kinds;
mod claims;
pub(crate) mod credentials;
mod decode;
#[cfg(feature = "endpoint")]
mod grant_summary;
mod grant_table;
mod grants;
mod hs256;
mod json;
#[cfg(feature = "endpoint")]
mod json_budget;
mod key;
mod lifetime;
mod limits;
mod names;
mod newer;
mod numeric_date;
mod participant;
mod proto_json;
mod review;
mod room_config;
mod room_config_part;
mod server_reading;
#[cfg(feature = "cli")]
mod stencil;
mod suspicion;
mod verify;

pub use builder::Token;
pub use check::TokenError;
#[cfg(feature = "endpoint")]
pub(crate) use check::check_credentials;
pub use claims::{Claims, IncompleteJoin};
pub use decode::{DecodeError, Decoded};
pub use grant_table::{GRANTS, Grant, GrantScope, GrantValue};
pub use grants::{
    AgentEndpointGrant, AgentGrant, AgentThreadGrant, InferenceGrant, ObservabilityGrant, SipGrant,
    TrackSource, VideoGrant,
};
#[cfg(feature = "endpoint")]
pub(crate) use hs256::Hs256;
pub use json::JsonKind;
#[cfg(feature = "endpoint")]
pub(crate) use json::write_text;
#[cfg(feature = "endpoint")]
pub(crate) use json::{Json, given_twice, without_lone_surrogates};
#[cfg(feature = "endpoint")]
pub(crate) use json_budget::JsonBudget;
#[cfg(feature = "endpoint")]
pub use json_budget::JsonBudgetError;
pub use key::{ApiSecret, KeyError, KeyPair, SignError};
pub use lifetime::{BACKDATE, Lifetime, TTL, Timestamp};
#[cfg(feature = "endpoint")]
pub(crate) use limits::Sizes;
pub use limits::{LimitError, TokenLimits};
pub use names::UnknownName;
pub use participant::{KindDetail, ParticipantKind};
pub use proto_json::{Expected, FieldError, Problem};
pub use room_config::{AgentDispatch, ReadRoomConfig, RoomConfig};
pub use room_config_part::RoomConfigPart;
#[cfg(feature = "cli")]
pub(crate) use stencil::Stencil;
pub use suspicion::Suspicion;
pub use verify::{Check, LEEWAY, VerifyError};

/// Whether a value is its type's default, so that the token leaves it out, as LiveKit's `omitempty`
/// does.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
