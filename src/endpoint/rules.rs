//! Turns a request into claims. Only this module applies defaults, limits and lifetimes, for both
//! `lkt mint` and `lkt serve`.

use std::time::Duration;

use super::{Defaults, Random, RequestError, TokenSourceRequest};
use crate::token::{BACKDATE, Claims, TTL, TokenError, TokenLimits, check_credentials};

/// Rules for all tokens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenRules {
    /// How long a token is valid, in whole seconds.
    pub ttl: Duration,
    /// Time by which `nbf` and `iat` precede now, in whole seconds, so that a client or server whose clock
    /// is slightly behind accepts the token.
    pub backdate: Duration,
    /// Fixed time at which tokens become valid, in seconds since the epoch. Overrides `backdate`.
    pub not_before: Option<u64>,
    /// Fixed time at which tokens expire, in seconds since the epoch. Overrides `ttl`.
    pub expires_at: Option<u64>,
    /// The claims that every token starts from: grants, kind and preset.
    pub base: Claims,
    /// Defaults for absent fields.
    pub defaults: Defaults,
    /// Maximum sizes of the parts of a token.
    pub limits: TokenLimits,
    /// Whether egress outputs may contain credentials.
    pub allow_sensitive_credentials: bool,
}

impl Default for TokenRules {
    /// Tokens join and are valid for ten minutes, as on LiveKit's page on the endpoint.
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
    /// Returns the claims for a request. `issuer` is the API key, and `now` is in seconds since the
    /// epoch.
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
        // Servers up to 1.12 refuse a token whose `iat` is ahead of their clock, too.
        claims.iat = now.saturating_sub(self.backdate.as_secs());
        claims.nbf = self.not_before.unwrap_or(claims.iat);
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
