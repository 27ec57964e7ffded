//! From a request to claims: the one place where defaults, limits and lifetimes are applied, for
//! `lkt mint` and `lkt serve` alike.

use std::time::Duration;

use super::{Defaults, Random, RequestError, TokenSourceRequest};
use crate::token::{BACKDATE, Claims, TTL, TokenError, TokenLimits, check_credentials};

/// What all tokens have in common.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenRules {
    /// How long a token is valid, in whole seconds.
    pub ttl: Duration,
    /// How far `nbf` lies before now, in whole seconds, so that a client or server whose clock runs a
    /// little behind accepts the token.
    pub backdate: Duration,
    /// When tokens become valid, in seconds since the epoch, instead of `backdate` before now.
    pub not_before: Option<u64>,
    /// When tokens expire, in seconds since the epoch, instead of `ttl` later.
    pub expires_at: Option<u64>,
    /// Grants, kind and preset: the claims that every token starts from.
    pub base: Claims,
    /// Defaults for absent fields.
    pub defaults: Defaults,
    /// Maximum sizes of the parts of a token.
    pub limits: TokenLimits,
    /// Whether egress outputs may carry credentials.
    pub allow_sensitive_credentials: bool,
}

impl Default for TokenRules {
    /// Joins, for ten minutes, as LiveKit's page on the endpoint has it.
    fn default() -> Self {
        let mut base = Claims::default();
        base.video.room_join = true;
        Self {
            ttl: TTL,
            backdate: BACKDATE,
            not_before: None,
            expires_at: None,
            base,
            defaults: Defaults::default(),
            limits: TokenLimits::default(),
            allow_sensitive_credentials: false,
        }
    }
}

impl TokenRules {
    /// The claims that a request gets. `issuer` is the API key, `now` is in seconds since the epoch.
    ///
    /// A token that does not join gets no default room, identity or name.
    ///
    /// # Errors
    /// [`RequestError`] when a part is too large, the room configuration carries a credential, or a
    /// join is incomplete.
    pub fn claims(
        &self,
        request: TokenSourceRequest,
        issuer: &str,
        now: u64,
        random: &Random,
    ) -> Result<Claims, RequestError> {
        let request =
            if self.base.joins() { self.defaults.complete(request, random)? } else { request };
        let mut claims = Claims { iss: issuer.to_owned(), ..self.base.clone() };
        claims.iat = now;
        claims.nbf = self.not_before.unwrap_or(now.saturating_sub(self.backdate.as_secs()));
        let start = self.not_before.unwrap_or(now);
        claims.exp = self.expires_at.unwrap_or(start.saturating_add(self.ttl.as_secs()));
        if claims.video.room.is_empty() {
            claims.video.room = request.room_name.unwrap_or_default();
        }
        claims.sub = request.participant_identity.unwrap_or_default();
        claims.name = request.participant_name.unwrap_or_default();
        claims.metadata = request.participant_metadata.unwrap_or_default();
        claims.attributes = request.participant_attributes;
        claims.room_config = request.room_config;
        self.check(&claims)?;
        Ok(claims)
    }

    fn check(&self, claims: &Claims) -> Result<(), TokenError> {
        claims.check_join()?;
        claims.check_limits(&self.limits)?;
        if self.allow_sensitive_credentials { Ok(()) } else { check_credentials(claims) }
    }
}
