//! Invitations: signed texts that let whoever has one into one room, until a certain time.
//!
//! An invitation is a credential of this endpoint, as a login is. It is never a LiveKit token, and a
//! LiveKit token is never an invitation: the forms differ, and an invitation is signed with a key
//! that is derived from the API secret (see [`InvitationKey`]), never with the secret itself.
//!
//! ```
//! use lkt::endpoint::Random;
//! use lkt::endpoint::invitation::{Invitation, InvitationKey, verify};
//! use lkt::token::KeyPair;
//!
//! let now = 1_795_490_239;
//! let key = InvitationKey::new(&KeyPair::dev());
//! let random = Random::new(|| 7); // your random bits here
//! let code = Invitation::new("weekly-call", now + 3600, &random).sign(&key)?;
//! assert_eq!(verify(&code, &[key], now)?.room, "weekly-call");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accepted;
mod code;
mod error;
mod key;

use std::num::NonZeroU32;

pub use accepted::Invitations;
pub use code::{MAX_CODE, UnverifiedInvitation, is_invitation, verify};
pub use error::{InvitationError, TooLong};
pub use key::InvitationKey;

use super::Random;
use super::login::GivenGrant;
use crate::token::Claims;

/// Prefix of made-up identities, unless the invitation has another one.
pub const GUEST: &str = "guest-";

/// An invitation to a room.
///
/// Create one with [`Invitation::new`], then change its fields as needed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Invitation {
    /// The random id, for logs and for a list of invitations that are no longer accepted.
    pub id: String,
    /// The only room that it lets anyone into.
    pub room: String,
    /// The identity of whoever uses it.
    pub identity: InvitedIdentity,
    /// The name of whoever uses it. If `None`, guests choose their own.
    pub name: Option<String>,
    /// The title that guests see.
    pub label: Option<String>,
    /// The grants, in addition to joining the room.
    pub grants: Vec<GivenGrant>,
    /// When it becomes valid, in seconds since the Unix epoch. `None` means at once.
    pub not_before: Option<u64>,
    /// When it expires, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// Maximum number of tokens that it yields. `None` means no limit.
    pub uses: Option<NonZeroU32>,
}

/// The identity that an invitation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvitedIdentity {
    /// This one, for a single person.
    Fixed(String),
    /// A new one for each token: this prefix and random characters.
    Prefix(String),
}

impl Invitation {
    /// Creates an invitation to a room, for any number of guests who choose their own names.
    /// `expires_at` is in seconds since the Unix epoch.
    pub fn new(room: impl Into<String>, expires_at: u64, random: &Random) -> Self {
        Self {
            id: format!("{}{}", random.text(), random.text()),
            room: room.into(),
            identity: InvitedIdentity::Prefix(GUEST.to_owned()),
            name: None,
            label: None,
            grants: Vec::new(),
            not_before: None,
            expires_at,
            uses: None,
        }
    }

    /// Checks the times. `now` is in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`InvitationError::Expired`] or [`InvitationError::NotYet`].
    pub fn check_times(&self, now: u64) -> Result<(), InvitationError> {
        if let Some(ago) = now.checked_sub(self.expires_at) {
            return Err(InvitationError::Expired { ago });
        }
        match self.not_before.and_then(|start| start.checked_sub(now)) {
            Some(left) if left > 0 => Err(InvitationError::NotYet { left }),
            _ => Ok(()),
        }
    }

    /// Returns claims with everything that the invitation allows, and nothing else. Issuer,
    /// identity, name and times are left out.
    pub fn claims(&self) -> Claims {
        let mut claims = Claims::default();
        claims.video.room_join = true;
        claims.video.room.clone_from(&self.room);
        // The values were checked when the grants were given.
        let granted = claims.clone().with_grants(self.grants.iter().map(GivenGrant::parts));
        granted.unwrap_or(claims)
    }
}
