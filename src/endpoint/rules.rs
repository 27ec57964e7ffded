//! Turns a request into claims. Only this module applies field rules, limits and lifetimes, for both
//! `lkt mint` and `lkt serve`.

use super::caller::Caller;
use super::fields::{Completion, FieldRules};
use super::login::{GivenGrant, GrantWhen, Verdict};
use super::{Random, Refusal, RequestError, TokenSourceRequest};
use crate::token::{Claims, Lifetime, TokenError, TokenLimits, check_credentials};

/// Rules for all tokens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenRules {
    /// When tokens are valid.
    pub lifetime: Lifetime,
    /// The claims that every token starts from: grants, kind and preset.
    pub base: Claims,
    /// How fields are decided.
    pub fields: FieldRules,
    /// Grants for callers whose login meets a condition, in order.
    pub grants: Vec<GrantWhen>,
    /// Grants for guests.
    pub guest_grants: Vec<GivenGrant>,
    /// Maximum sizes of the parts of a token.
    pub limits: TokenLimits,
    /// Whether egress outputs may contain credentials.
    pub allow_sensitive_credentials: bool,
}

impl Default for TokenRules {
    /// Tokens join.
    fn default() -> Self {
        let mut base = Claims::default();
        base.video.room_join = true;
        Self {
            lifetime: Lifetime::default(),
            base,
            fields: FieldRules::default(),
            grants: Vec::new(),
            guest_grants: Vec::new(),
            limits: TokenLimits::default(),
            allow_sensitive_credentials: false,
        }
    }
}

impl TokenRules {
    /// Returns the claims for a request of nobody in particular. `issuer` is the API key, and `now` is
    /// in seconds since the epoch.
    ///
    /// A token that does not join gets no default room, identity or name.
    ///
    /// # Errors
    /// [`RequestError`] when a part is too large, the room configuration carries a credential, or a
    /// join is incomplete.
    pub fn claims(
        &self,
        mut request: TokenSourceRequest,
        issuer: &str,
        now: u64,
        random: &Random,
    ) -> Result<Claims, RequestError> {
        let (caller, verdict) = (&Caller::ANYONE, &Verdict::NONE);
        let completion = self.completion(caller, verdict, None, random);
        let completed = completion.run(&mut request);
        completed.map_err(|refusal| RequestError::Refused(Box::new(refusal)))?;
        let claims = self.unchecked(request, issuer, now);
        claims.check(&self.limits, self.allow_sensitive_credentials)?;
        Ok(claims)
    }

    pub(super) fn completion<'c>(
        &'c self,
        caller: &'c Caller,
        verdict: &'c Verdict,
        headers: Option<&'c http::HeaderMap>,
        random: &'c Random,
    ) -> Completion<'c> {
        let (rules, joins) = (&self.fields, self.base.joins());
        Completion { rules, caller, verdict, headers, random, joins, limits: &self.limits }
    }

    /// Returns the claims for a complete request.
    pub(super) fn unchecked(&self, request: TokenSourceRequest, issuer: &str, now: u64) -> Claims {
        let mut claims = Claims { iss: issuer.to_owned(), ..self.base.clone() };
        self.lifetime.apply(&mut claims, now);
        if claims.video.room.is_empty() {
            claims.video.room = request.room_name.unwrap_or_default();
        }
        claims.sub = request.participant_identity.unwrap_or_default();
        claims.name = request.participant_name.unwrap_or_default();
        claims.metadata = request.participant_metadata.unwrap_or_default();
        claims.attributes = request.participant_attributes;
        claims.room_config = request.room_config;
        claims
    }

    /// Adds the grants of a caller.
    pub(super) fn grant(
        &self,
        claims: Claims,
        caller: &Caller,
        verdict: &Verdict,
    ) -> Result<Claims, Refusal> {
        let guest = if caller.is_guest() { self.guest_grants.as_slice() } else { &[] };
        let login = caller.login().map(|login| &login.claims);
        let holds = |when: &&GrantWhen| login.is_some_and(|login| when.check.holds(login));
        let by_claims = self.grants.iter().filter(holds).flat_map(|when| &when.grants);
        let grants = guest.iter().chain(by_claims).chain(&verdict.grants);
        // The values were checked when the grants were given.
        let granted = claims.with_grants(grants.map(GivenGrant::parts));
        granted.map_err(|_| Refusal::internal("a grant does not fit the token"))
    }

    /// Checks that fields are within the limits of tokens.
    pub(super) fn check_fields(&self, fields: &TokenSourceRequest) -> Result<(), TokenError> {
        self.limits.exceeded(&fields.sizes()).next().map_or(Ok(()), Err)?;
        if self.allow_sensitive_credentials {
            return Ok(());
        }
        check_credentials(fields.room_config.as_ref())
    }
}
