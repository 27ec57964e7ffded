//! Checks claims before they are signed: a LiveKit server would only refuse the token later.

use super::{Claims, IncompleteJoin, LimitError, RoomConfig, SignError, TokenLimits};

/// Why a token was not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token joins, but names no room or no identity.
    #[error(transparent)]
    Join(#[from] IncompleteJoin),
    /// A part of the token is larger than a LiveKit server accepts by default.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The room configuration contains a credential, which anyone who holds the token could read.
    #[error("`{path}` is a credential, and whoever holds the token could read it")]
    Credential {
        /// The path of the credential.
        path: String,
    },
    /// The token cannot be written as JSON.
    #[error(transparent)]
    Sign(#[from] SignError),
}

impl Claims {
    /// Checks that a server with these limits would accept the claims, and that they reveal no
    /// credential to whoever holds the token.
    ///
    /// # Errors
    /// [`TokenError`] says what is wrong.
    pub fn check(
        &self,
        limits: &TokenLimits,
        allow_sensitive_credentials: bool,
    ) -> Result<(), TokenError> {
        self.check_join()?;
        self.check_limits(limits)?;
        if allow_sensitive_credentials {
            return Ok(());
        }
        check_credentials(self.room_config.as_ref())
    }
}

/// Checks that no egress output of a room configuration carries a credential.
pub(crate) fn check_credentials(config: Option<&RoomConfig>) -> Result<(), TokenError> {
    match config.and_then(RoomConfig::find_credential) {
        Some(path) => Err(TokenError::Credential { path }),
        None => Ok(()),
    }
}
