//! From a request to claims: the one place where defaults, limits and lifetimes are applied, for
//! `lkt mint` and `lkt serve` alike.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Random, RequestError, Template, TokenSourceRequest};
use crate::token::{Claims, Limits, RoomConfig, StrictValue};

/// How far back `nbf` lies, in seconds, so that a client or server whose clock runs a little behind
/// takes the token.
const BACKDATE: u64 = 10;

/// What every token has in common, whoever asks.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenRules {
    /// How long a token is good for, in whole seconds.
    pub ttl: Duration,
    /// From when, in seconds since the epoch, instead of now.
    pub not_before: Option<u64>,
    /// Until when, in seconds since the epoch, instead of `ttl` later.
    pub expires_at: Option<u64>,
    /// Grants, kind and preset: the claims that every token starts from.
    pub base: Claims,
    /// What stands in for absent fields.
    pub defaults: Defaults,
    /// How large the parts of a token may be.
    pub limits: Limits,
    /// Whether egress outputs may carry credentials.
    pub allow_sensitive_credentials: bool,
}

impl Default for TokenRules {
    /// Joins, for ten minutes, as LiveKit's page on the endpoint has it.
    fn default() -> Self {
        let mut base = Claims::default();
        base.video.room_join = true;
        Self {
            ttl: Duration::from_secs(600),
            not_before: None,
            expires_at: None,
            base,
            defaults: Defaults::default(),
            limits: Limits::default(),
            allow_sensitive_credentials: false,
        }
    }
}

/// What stands in for a field that a request does not set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Defaults {
    /// For `room_name`.
    pub room_name: Template,
    /// For `participant_identity`.
    pub participant_identity: Template,
    /// For `participant_name`.
    pub participant_name: Template,
    /// For `participant_metadata`.
    pub participant_metadata: Option<Template>,
    /// For `participant_attributes`.
    pub participant_attributes: Vec<(String, Template)>,
    /// For all of `room_config`.
    pub room_config: Option<RoomConfig>,
    /// For single fields of `room_config`, by their camelCase names.
    pub room_config_parts: Map<String, Value>,
}

impl Default for Defaults {
    /// The constants of LiveKit's page on the endpoint.
    fn default() -> Self {
        Self {
            room_name: Template::new("quickstart-room"),
            participant_identity: Template::new("quickstart-identity"),
            participant_name: Template::new("quickstart-username"),
            participant_metadata: None,
            participant_attributes: Vec::new(),
            room_config: None,
            room_config_parts: Map::new(),
        }
    }
}

impl TokenRules {
    /// The claims that a request gets. `issuer` is the API key, `now` is in seconds since the epoch.
    ///
    /// A token that does not join gets no default room, identity or name.
    ///
    /// # Errors
    /// [`RequestError`] when a limit is passed, a credential would show, or a join is incomplete.
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
        claims.nbf = self.not_before.unwrap_or(now.saturating_sub(BACKDATE));
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
        claims.check_join()?;
        claims.check_limits(&self.limits)?;
        self.check_credentials(&claims)?;
        Ok(claims)
    }

    fn check_credentials(&self, claims: &Claims) -> Result<(), RequestError> {
        if self.allow_sensitive_credentials {
            return Ok(());
        }
        match claims.room_config.as_ref().and_then(RoomConfig::find_credential) {
            Some(path) => Err(RequestError::Credential { path }),
            None => Ok(()),
        }
    }
}

impl Defaults {
    fn complete(
        &self,
        mut request: TokenSourceRequest,
        random: &Random,
    ) -> Result<TokenSourceRequest, RequestError> {
        let identity = match request.participant_identity.take() {
            Some(identity) => identity,
            None => self.participant_identity.fill("", random),
        };
        let fill = |template: &Template| template.fill(&identity, random);
        request.room_name.get_or_insert_with(|| fill(&self.room_name));
        request.participant_name.get_or_insert_with(|| fill(&self.participant_name));
        if request.participant_metadata.is_none() {
            request.participant_metadata = self.participant_metadata.as_ref().map(fill);
        }
        if request.participant_attributes.is_empty() {
            let attributes = self.participant_attributes.iter();
            let filled = attributes.map(|(key, value)| (key.clone(), fill(value)));
            request.participant_attributes = filled.collect();
        }
        request.room_config = self.complete_room_config(request.room_config)?;
        request.participant_identity = Some(identity);
        Ok(request)
    }

    fn complete_room_config(
        &self,
        asked: Option<RoomConfig>,
    ) -> Result<Option<RoomConfig>, RequestError> {
        let config = asked.or_else(|| self.room_config.clone());
        if self.room_config_parts.is_empty() {
            return Ok(config);
        }
        let config = config.unwrap_or_default();
        let mut members = config.canonical_members();
        for (name, value) in &self.room_config_parts {
            members.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let (config, _) = RoomConfig::from_value(StrictValue(Value::Object(members)))?;
        Ok(Some(config).filter(|config| !config.is_empty()))
    }
}
