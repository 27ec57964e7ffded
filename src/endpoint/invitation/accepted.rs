//! Which invitations an endpoint accepts, and what they change in a request.

use std::time::Duration;

use http::request::Parts;

use super::{Invitation, InvitationError, InvitationKey, InvitedIdentity, verify};
use crate::endpoint::credentials::bearer;
use crate::endpoint::{Code, Field, Random, Refusal, TokenRules, TokenSourceRequest};
use crate::token::Claims;

/// The invitations that are accepted as logins. The default accepts none.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Invitations {
    /// The keys whose invitations are accepted.
    pub keys: Vec<InvitationKey>,
    /// Whether your program counts how often an invitation was used, and answers with
    /// [`InvitationError::UsedUp`] above [`Invitation::uses`]. If not, the endpoint refuses
    /// invitations with such a limit.
    pub counts_uses: bool,
}

impl Invitations {
    /// Accepts invitations of these keys.
    pub fn of(keys: impl IntoIterator<Item = InvitationKey>) -> Self {
        Self { keys: keys.into_iter().collect(), counts_uses: false }
    }

    /// Whether any invitation is accepted.
    pub fn are_accepted(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Verifies the invitation that a request carries as its bearer token. `now` is in seconds since
    /// the Unix epoch.
    ///
    /// # Errors
    /// The refusal of a request without a valid invitation.
    pub fn in_request(&self, head: &Parts, now: u64) -> Result<Invitation, Refusal> {
        let code = bearer(&head.headers).and_then(|code| std::str::from_utf8(code).ok());
        Ok(self.verify(code.ok_or_else(Refusal::no_invitation)?, now)?)
    }

    /// Verifies a code. `now` is in seconds since the Unix epoch.
    ///
    /// # Errors
    /// [`InvitationError`] gives the first reason to refuse it.
    pub fn verify(&self, code: &str, now: u64) -> Result<Invitation, InvitationError> {
        let invitation = verify(code, &self.keys, now)?;
        if invitation.uses.is_some() && !self.counts_uses {
            return Err(InvitationError::Uncounted);
        }
        Ok(invitation)
    }
}

impl Invitation {
    /// Writes room, identity and name into a request. Refuses a request that names others, or for
    /// a configuration of the room, which could start a recording or an agent.
    pub(in crate::endpoint) fn complete(
        &self,
        request: &mut TokenSourceRequest,
        random: &Random,
    ) -> Result<(), Refusal> {
        if request.room_config.is_some() {
            return Err(denied(Field::RoomConfig));
        }
        decide(Field::RoomName, &mut request.room_name, self.room.clone())?;
        let place = &mut request.participant_identity;
        match &self.identity {
            InvitedIdentity::Fixed(identity) => {
                decide(Field::ParticipantIdentity, place, identity.clone())?;
            }
            InvitedIdentity::Prefix(prefix) => {
                let identity = format!("{prefix}{}", random.text());
                decide(Field::ParticipantIdentity, place, identity)?;
            }
        }
        match &self.name {
            Some(name) => {
                decide(Field::ParticipantName, &mut request.participant_name, name.clone())
            }
            None => Ok(()),
        }
    }

    /// Returns the rules for its tokens: its own grants in place of the endpoint's, and no token that
    /// outlasts it.
    pub(in crate::endpoint) fn rules(&self, rules: &TokenRules, now: u64) -> TokenRules {
        let Claims { kind, room_preset, .. } = rules.base.clone();
        let mut base = Claims { kind, room_preset, ..self.claims() };
        // The room is a field of the request, which a backend may change.
        base.video.room.clear();
        let left = Duration::from_secs(self.expires_at.saturating_sub(now));
        let mut lifetime = rules.lifetime.clone();
        lifetime.ttl = lifetime.ttl.min(left);
        lifetime.expires_at = lifetime.expires_at.map(|at| at.min(self.expires_at));
        TokenRules { lifetime, base, ..rules.clone() }
    }
}

/// Sets a field to the value that the invitation gives it, unless the request has another.
fn decide(field: Field, place: &mut Option<String>, value: String) -> Result<(), Refusal> {
    match place {
        Some(asked) if *asked != value => Err(denied(field)),
        _ => {
            *place = Some(value);
            Ok(())
        }
    }
}

fn denied(field: Field) -> Refusal {
    let error = format!("`{field}` is decided by the invitation");
    Refusal::new(Code::FieldDenied, error, format!("leave `{field}` out")).about(&field)
}
