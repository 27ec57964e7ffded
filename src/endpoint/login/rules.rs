//! How the token depends on the caller: fields, rooms and grants.

use http::HeaderMap;

use super::asker::{Asker, Who};
use super::claims::LoginClaims;
use super::grant::{GivenGrant, GrantWhen};
use super::room::RoomTemplate;
use super::set::{self, Set};
use super::template::Facts;
use crate::endpoint::{Code, Defaults, Field, Random, Refusal, TokenSourceRequest};
use crate::token::Claims;

/// How tokens depend on the caller. The default changes nothing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PersonalRules {
    /// Fields that depend on the caller.
    pub set: Vec<Set>,
    /// Patterns for rooms. A token's room must match one of them; an empty list allows every room.
    pub rooms: Vec<RoomTemplate>,
    /// Grants for callers that meet a condition, in order.
    pub grants: Vec<GrantWhen>,
    /// Grants for guests.
    pub guest_grants: Vec<GivenGrant>,
}

/// The inputs for the token of one request.
pub(in crate::endpoint) struct Personal<'p> {
    pub(in crate::endpoint) rules: &'p PersonalRules,
    pub(in crate::endpoint) asker: &'p Asker,
    pub(in crate::endpoint) headers: &'p HeaderMap,
    pub(in crate::endpoint) random: &'p Random,
}

/// Prefix of a guest's identity. It keeps guests apart from people whose identity comes from their
/// login.
const GUEST: &str = "guest-";

/// The fields that are decided first, in this order. Later fields can be made from earlier ones.
const FIRST: [Field; 2] = [Field::ParticipantIdentity, Field::RoomName];

impl Personal<'_> {
    /// Completes a request. Returns whether the client, a login or the backend has named the
    /// identity.
    ///
    /// `defaults` fill in the identity and the room, if other fields are made from them. They are
    /// `None` for a token that does not join.
    pub(in crate::endpoint) fn complete(
        &self,
        request: &mut TokenSourceRequest,
        defaults: Option<&Defaults>,
    ) -> Result<bool, Refusal> {
        let asked = request.clone();
        self.merge_verdict(request)?;
        let sets = &self.rules.set;
        let mut is_named = false;
        for field in FIRST {
            for set in sets.iter().filter(|set| set.field == field) {
                self.set(set, &asked, request)?;
            }
            if field == Field::ParticipantIdentity {
                is_named = request.participant_identity.is_some();
            }
            if let (false, Some(defaults)) = (sets.is_empty(), defaults) {
                self.fill_default(field, request, defaults);
            }
        }
        if let (false, Some(defaults), Some(identity)) =
            (is_named, defaults, &request.participant_identity)
        {
            let name = || defaults.name(None, identity, self.random);
            request.participant_name.get_or_insert_with(name);
        }
        for set in sets.iter().filter(|set| !FIRST.contains(&set.field)) {
            self.set(set, &asked, request)?;
        }
        Ok(is_named)
    }

    /// Applies the backend's fields, which override the client's.
    fn merge_verdict(&self, request: &mut TokenSourceRequest) -> Result<(), Refusal> {
        let said = &self.asker.verdict.request;
        for field in Field::WHOLE.into_iter().filter(|&field| said.has(field)) {
            set::take_over(field, said, request)?;
        }
        Ok(())
    }

    fn fill_default(&self, field: Field, request: &mut TokenSourceRequest, defaults: &Defaults) {
        let identity = request.participant_identity.clone().unwrap_or_default();
        let (place, template) = match field {
            Field::RoomName => (&mut request.room_name, &defaults.room_name),
            _ => (&mut request.participant_identity, &defaults.participant_identity),
        };
        place.get_or_insert_with(|| template.fill(&identity, self.random));
    }

    fn set(
        &self,
        set: &Set,
        asked: &TokenSourceRequest,
        request: &mut TokenSourceRequest,
    ) -> Result<(), Refusal> {
        let (field, verdict) = (set.field, &self.asker.verdict.request);
        if set.implied && verdict.has(field) {
            return Ok(());
        }
        let wanted = match (&self.asker.who, set.is_personal()) {
            // A server itself says for whom it requests a token.
            (Who::Server, true) => return Ok(()),
            (Who::Guest, true) => return self.set_guest(set, asked, request),
            _ => {
                let facts = self.facts(request);
                if set.implied && field == Field::ParticipantName && set.is_missing(&facts) {
                    return Ok(());
                }
                set.fill(&facts)?
            }
        };
        if verdict.has(field) && !set::agree(field, verdict, &wanted) {
            // The backend and the configuration contradict each other.
            return Err(Refusal::backend_failed());
        }
        if asked.has(field) && !verdict.has(field) && !set::agree(field, asked, &wanted) {
            return Err(denied(field));
        }
        set::take_over(field, &wanted, request)
    }

    /// Sets a field for a guest, who must not choose what others get from their login.
    fn set_guest(
        &self,
        set: &Set,
        asked: &TokenSourceRequest,
        request: &mut TokenSourceRequest,
    ) -> Result<(), Refusal> {
        let field = set.field;
        if self.asker.verdict.request.has(field) {
            return Ok(());
        }
        // A guest may choose a name, unless the operator sets it: the name is only for display.
        let may_choose = set.implied && field == Field::ParticipantName;
        if asked.has(field) && !may_choose {
            return Err(denied(field));
        }
        match field {
            Field::ParticipantIdentity => {
                request.participant_identity = Some(format!("{GUEST}{}", self.random.text()));
                Ok(())
            }
            Field::RoomName => {
                let error = "the room depends on the login, and there is none";
                Err(Refusal::new(Code::ClaimMissing, error, "log in, and send the login's token"))
            }
            _ => Ok(()),
        }
    }

    fn facts<'f>(&'f self, request: &'f TokenSourceRequest) -> Facts<'f> {
        Facts {
            claims: self.claims(),
            headers: self.asker.from_proxy.then_some(self.headers),
            identity: request.participant_identity.as_deref().unwrap_or_default(),
            room_name: request.room_name.as_deref().unwrap_or_default(),
            random: self.random,
        }
    }

    fn claims(&self) -> Option<&LoginClaims> {
        self.asker.login().map(|login| &login.claims)
    }

    /// Adds the caller's grants to the claims.
    pub(in crate::endpoint) fn grant(&self, claims: Claims) -> Result<Claims, Refusal> {
        let guest = if self.asker.is_guest() { self.rules.guest_grants.as_slice() } else { &[] };
        let login = self.claims();
        let holds = |when: &&GrantWhen| login.is_some_and(|login| when.check.holds(login));
        let by_claims = self.rules.grants.iter().filter(holds).flat_map(|when| &when.grants);
        let grants = guest.iter().chain(by_claims).chain(&self.asker.verdict.grants);
        // The values were checked when the grants were given.
        let granted = claims.with_grants(grants.map(GivenGrant::parts));
        granted.map_err(|_| Refusal::internal("a grant does not fit the token"))
    }

    /// Checks the token's room against the patterns.
    pub(in crate::endpoint) fn check_room(&self, claims: &Claims) -> Result<(), Refusal> {
        if self.rules.rooms.is_empty() {
            return Ok(());
        }
        let room = &claims.video.room;
        let request = TokenSourceRequest {
            participant_identity: Some(claims.sub.clone()),
            ..TokenSourceRequest::default()
        };
        let facts = self.facts(&request);
        let mut missing = None;
        let is_server = self.asker.is_server();
        for pattern in &self.rules.rooms {
            let matches = if is_server {
                pattern.matches_for_anyone(room, &facts)
            } else {
                pattern.matches(room, &facts)
            };
            match matches {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(name) => missing = Some(name),
            }
        }
        Err(missing.map_or_else(|| Refusal::room(room), Refusal::from))
    }
}

fn denied(field: Field) -> Refusal {
    let error = format!("`{field}` is decided by who asks, and is another than was asked for");
    let hint = format!("leave `{field}` out");
    Refusal::new(Code::FieldDenied, error, hint).about(&field)
}
