//! A builder for tokens, for programs that mint their own.

use std::time::Duration;

use super::{
    AgentDispatch, Claims, KeyPair, Lifetime, Timestamp, TokenError, TokenLimits, VideoGrant,
};

/// A token that is not signed yet.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use lkt::token::{KeyPair, Token};
///
/// # let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_490_239);
/// let token = Token::join("demo", "ada")
///     .name("Ada")
///     .ttl(Duration::from_secs(3600))
///     .sign(&KeyPair::dev(), now)?; // SystemTime::now()
/// assert_eq!(KeyPair::dev().verify(&token, now)?.video.room, "demo");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Token {
    claims: Claims,
    lifetime: Lifetime,
}

impl Token {
    /// Creates a token that lets a participant join a room. Neither name may be empty.
    pub fn join(room: impl Into<String>, identity: impl Into<String>) -> Self {
        let mut claims = Claims::default();
        claims.video.room_join = true;
        claims.video.room = room.into();
        claims.sub = identity.into();
        Self::with_claims(claims)
    }

    /// Creates a token with these claims, whatever they grant. The issuer and the times are set
    /// when it is signed.
    pub fn with_claims(claims: Claims) -> Self {
        Self { claims, lifetime: Lifetime::default() }
    }

    /// Sets the lifetime, in whole seconds. The default is [`TTL`](super::TTL).
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.lifetime.ttl = ttl;
        self
    }

    /// Sets the time by which `nbf` precedes now, in whole seconds. The default is
    /// [`BACKDATE`](super::BACKDATE).
    pub fn backdate(mut self, backdate: Duration) -> Self {
        self.lifetime.backdate = backdate;
        self
    }

    /// Sets the participant's display name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.claims.name = name.into();
        self
    }

    /// Sets the participant's metadata.
    pub fn metadata(mut self, metadata: impl Into<String>) -> Self {
        self.claims.metadata = metadata.into();
        self
    }

    /// Adds an attribute of the participant.
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.claims.attributes.insert(key.into(), value.into());
        self
    }

    /// Changes the grants on rooms, such as what the participant may do in its room.
    pub fn video(mut self, change: impl FnOnce(&mut VideoGrant)) -> Self {
        change(&mut self.claims.video);
        self
    }

    /// Adds an agent, which is dispatched if this join creates the room.
    pub fn agent(mut self, agent: AgentDispatch) -> Self {
        self.claims.room_config.get_or_insert_default().add_agent(agent);
        self
    }

    /// Signs the token. `now` is a [`SystemTime`](std::time::SystemTime), or a number of seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`TokenError`] if a LiveKit server would refuse the token, or if the token would reveal a
    /// credential to anyone who holds it.
    pub fn sign(self, keys: &KeyPair, now: impl Into<Timestamp>) -> Result<String, TokenError> {
        let now = now.into().seconds();
        let mut claims = self.claims;
        keys.key().clone_into(&mut claims.iss);
        self.lifetime.apply(&mut claims, now);
        claims.check(&TokenLimits::default(), false)?;
        Ok(keys.sign(&claims)?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn issuer_and_times_are_right_without_being_asked_for() {
        let token = Token::join("demo", "ada").sign(&KeyPair::dev(), 1000).expect("signs");
        let claims = KeyPair::dev().verify(&token, 1000).expect("verifies");
        assert_eq!((claims.iss.as_str(), claims.sub.as_str()), ("devkey", "ada"));
        assert_eq!((claims.iat, claims.nbf, claims.exp), (990, 990, 1600));
        let (ttl, backdate) = (Duration::from_secs(5), Duration::ZERO);
        let token = Token::join("demo", "ada").ttl(ttl).backdate(backdate);
        let token = token.sign(&KeyPair::dev(), UNIX_EPOCH + Duration::from_millis(1_000_900));
        let claims = KeyPair::dev().verify(&token.expect("signs"), 1000).expect("verifies");
        assert_eq!((claims.iat, claims.nbf, claims.exp), (1000, 1000, 1005));
    }

    #[test]
    fn what_a_server_would_refuse_is_not_signed() {
        let sign = |token: Token| token.sign(&KeyPair::dev(), 1000);
        assert!(matches!(sign(Token::join("", "ada")), Err(TokenError::Join(_))));
        assert!(matches!(sign(Token::join("demo", "")), Err(TokenError::Join(_))));
        let long = Token::join("demo", "ada").name("n".repeat(257));
        assert!(matches!(sign(long), Err(TokenError::Limit(_))));
    }
}
