//! Why an invitation is not accepted, and what a guest is told.

use crate::endpoint::{Code, Refusal};

/// Why an invitation is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvitationError {
    /// The credential is something else. It is not quoted, since it may be a secret.
    #[error("the credential is {0}, not an invitation")]
    NotAnInvitation(&'static str),
    /// The code is incomplete, or was changed in a way that makes it unreadable.
    #[error("the invitation cannot be read: {0}")]
    Malformed(&'static str),
    /// The code was made with a key that is not accepted here.
    #[error("the invitation was made with another API key")]
    UnknownKey,
    /// The code was changed after it was made.
    #[error("the invitation was changed after it was made: its signature is wrong")]
    Signature,
    /// The invitation has expired.
    #[error("the invitation expired {ago} seconds ago")]
    Expired {
        /// Seconds since it expired.
        ago: u64,
    },
    /// The invitation is not valid yet.
    #[error("the invitation is not valid yet: it starts in {left} seconds")]
    NotYet {
        /// Seconds until it becomes valid.
        left: u64,
    },
    /// All uses of the invitation are taken.
    #[error("the invitation has been used as often as it allows")]
    UsedUp,
    /// The invitation has a maximum number of uses, and this server counts none.
    #[error("the invitation has a maximum number of uses, and this server does not count uses")]
    Uncounted,
}

impl InvitationError {
    /// Returns the code on the wire.
    pub fn code(&self) -> Code {
        match self {
            Self::NotAnInvitation(_) => Code::NotAnInvitation,
            Self::Malformed(_) => Code::InvitationMalformed,
            Self::UnknownKey => Code::InvitationUnknownKey,
            Self::Signature => Code::InvitationBadSignature,
            Self::Expired { .. } => Code::InvitationExpired,
            Self::NotYet { .. } => Code::InvitationNotYetValid,
            Self::UsedUp => Code::InvitationUsedUp,
            Self::Uncounted => Code::InvitationUncounted,
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::NotAnInvitation(_) => "send the code of an invitation as `Authorization: Bearer`",
            Self::Malformed(_) | Self::Signature => "copy the whole link, or get a new one",
            Self::UnknownKey => "get a new invitation from whoever runs this server",
            Self::Expired { .. } | Self::UsedUp => "get a new invitation",
            Self::NotYet { .. } => "come back when it starts",
            Self::Uncounted => "get an invitation without a maximum number of uses",
        }
    }
}

impl From<InvitationError> for Refusal {
    fn from(error: InvitationError) -> Self {
        Self::new(error.code(), error.to_string(), error.hint()).invalid_token()
    }
}

impl Refusal {
    /// Returns the refusal for when an invitation is the only way to log in, and there is none.
    pub(in crate::endpoint) fn no_invitation() -> Self {
        let hint = "send the code of an invitation as `Authorization: Bearer`";
        Self::new(Code::Unauthorized, "an invitation is needed", hint)
    }
}

/// The error for an invitation whose code would be longer than [`MAX_CODE`](super::MAX_CODE) bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the code of the invitation would have {bytes} bytes, and the maximum is {max}")]
#[non_exhaustive]
pub struct TooLong {
    /// Length of the code.
    pub bytes: usize,
    /// Maximum length.
    pub max: usize,
}
