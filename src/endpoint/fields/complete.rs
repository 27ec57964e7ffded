//! Decides each field of a token: by the client, a backend, and the rules.

use http::HeaderMap;

use super::value::FillError;
use super::{FieldRule, FieldRules, When};
use crate::endpoint::caller::{Caller, Who};
use crate::endpoint::login::Verdict;
use crate::endpoint::template::{Facts, Part};
use crate::endpoint::{Code, Field, Random, Refusal, TokenSourceRequest};
use crate::token::TokenLimits;

/// Prefix of a guest's identity. It keeps guests apart from people whose identity comes from their
/// login.
const GUEST: &str = "guest-";

/// The name of a participant whose identity nobody has named.
const NAME: &str = "quickstart-username";

/// The order in which fields are decided. Later fields can be made from identity and room.
const ORDER: [Field; 6] = [
    Field::ParticipantIdentity,
    Field::RoomName,
    Field::ParticipantName,
    Field::ParticipantMetadata,
    Field::ParticipantAttributes,
    Field::RoomConfig,
];

/// The fields that an invitation decides, where others get them from their login.
const BY_INVITATION: [Field; 3] =
    [Field::ParticipantIdentity, Field::ParticipantName, Field::RoomName];

/// What decides the fields of one token.
pub(in crate::endpoint) struct Completion<'c> {
    pub(in crate::endpoint) rules: &'c FieldRules,
    pub(in crate::endpoint) caller: &'c Caller,
    pub(in crate::endpoint) verdict: &'c Verdict,
    /// Present only for a request over HTTP.
    pub(in crate::endpoint) headers: Option<&'c HeaderMap>,
    pub(in crate::endpoint) random: &'c Random,
    /// Whether the token joins. One that does not gets no defaults.
    pub(in crate::endpoint) joins: bool,
    /// Maximum sizes of the fields.
    pub(in crate::endpoint) limits: &'c TokenLimits,
}

/// What is known about a request that was completed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::endpoint) struct Completed {
    /// Whether the client, a login or the backend has named the identity.
    pub(in crate::endpoint) is_named: bool,
    /// The size in bytes of the login's name, if only its beginning is in the token.
    pub(in crate::endpoint) cut_name: Option<usize>,
}

impl Completion<'_> {
    /// Completes a request.
    pub(in crate::endpoint) fn run(
        &self,
        request: &mut TokenSourceRequest,
    ) -> Result<Completed, Refusal> {
        for &field in &self.verdict.cleared {
            request.take(field, TokenSourceRequest::default());
        }
        // Only deciding rules compare a value with what the client sent.
        let decides = self.rules.deciding().next().is_some();
        let asked = if decides { request.clone() } else { TokenSourceRequest::EMPTY };
        for field in Field::WHOLE.into_iter().filter(|&field| self.verdict.request.has(field)) {
            request.take(field, self.verdict.request.clone());
        }
        let mut completed = Completed::default();
        for field in ORDER {
            let rules = || self.rules.iter().filter(|rule| rule.field.whole() == field);
            for rule in rules().filter(|rule| rule.when != When::Absent) {
                completed.cut_name = completed.cut_name.or(self.decide(rule, &asked, request)?);
            }
            if field == Field::ParticipantIdentity {
                completed.is_named = request.has(field);
            }
            if self.joins {
                for rule in rules().filter(|rule| rule.when == When::Absent) {
                    if !request.has(rule.field) {
                        request.take(rule.field, self.fill(rule, request)?);
                    }
                }
            }
            if self.joins && field == Field::ParticipantName && !request.has(field) {
                let identity = request.participant_identity.clone().filter(|_| completed.is_named);
                request.participant_name = identity.or_else(|| Some(NAME.to_owned()));
            }
        }
        Ok(completed)
    }

    /// Applies a rule that decides its field, whatever the client has sent. Returns the size of a
    /// name that was cut.
    fn decide(
        &self,
        rule: &FieldRule,
        asked: &TokenSourceRequest,
        request: &mut TokenSourceRequest,
    ) -> Result<Option<usize>, Refusal> {
        let (field, said) = (rule.field, &self.verdict.request);
        if rule.when == When::Login && said.has(field) {
            return Ok(None);
        }
        let mut wanted = match (&self.caller.who, rule.is_personal()) {
            // A server itself says for whom it requests a token.
            (Who::Server, true) => return Ok(None),
            (Who::Invited(_), true) if BY_INVITATION.contains(&field) => return Ok(None),
            (Who::Guest | Who::Invited(_), true) => {
                return self.decide_for_guest(rule, asked, request).map(|()| None);
            }
            _ => match self.fill(rule, request) {
                // A name of the wrong form must not let the client choose any.
                Err(FillError::Missing(_)) if is_optional(rule) && self.is_unusable(rule) => {
                    let participant_name = request.participant_identity.clone();
                    TokenSourceRequest { participant_name, ..TokenSourceRequest::EMPTY }
                }
                Err(FillError::Missing(_)) if is_optional(rule) => return Ok(None),
                filled => filled?,
            },
        };
        let cut_name = is_optional(rule).then(|| self.cut_name(&mut wanted)).flatten();
        if rule.is_personal() {
            self.check_size(rule, &wanted)?;
        }
        if said.has(field) && !said.agrees(field, &wanted) {
            // The backend and the configuration contradict each other.
            return Err(Refusal::backend_failed());
        }
        if asked.has(field) && !said.has(field) && !asked.agrees(field, &wanted) {
            return Err(denied(field));
        }
        request.take(field, wanted);
        Ok(cut_name)
    }

    /// Cuts a name that nobody has demanded to what a LiveKit server accepts, at a character. Returns
    /// its size before.
    fn cut_name(&self, request: &mut TokenSourceRequest) -> Option<usize> {
        let most = self.limits.name;
        let name = request.participant_name.as_mut().filter(|name| name.len() > most)?;
        let size = name.len();
        let end = (0..=most).rev().find(|&end| name.is_char_boundary(end));
        name.truncate(end.unwrap_or_default());
        Some(size)
    }

    /// Refuses a value that is too large. It comes from the login or the proxy, so the client cannot
    /// send less.
    fn check_size(&self, rule: &FieldRule, wanted: &TokenSourceRequest) -> Result<(), Refusal> {
        let Some(limit) = self.limits.exceeded(&wanted.sizes()).next() else { return Ok(()) };
        let error = format!(
            "`{}` is made from {} and has {} bytes; a LiveKit server accepts at most {}",
            rule.field,
            rule.sources().join(" and "),
            limit.size,
            limit.limit
        );
        let hint = "shorten it where the login comes from, or have this server make the field from \
                    something else";
        Err(Refusal::new(Code::ClaimMissing, error, hint).about(&rule.field).of_setup())
    }

    /// Decides a field for a guest, who must not choose what others get from their login.
    fn decide_for_guest(
        &self,
        rule: &FieldRule,
        asked: &TokenSourceRequest,
        request: &mut TokenSourceRequest,
    ) -> Result<(), Refusal> {
        let field = rule.field;
        if self.verdict.request.has(field) {
            return Ok(());
        }
        // A guest may choose a name, unless the operator sets it: the name is only for display.
        let may_choose = rule.when == When::Login && field == Field::ParticipantName;
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

    /// Whether the login has what a rule is made from, but not as a text.
    fn is_unusable(&self, rule: &FieldRule) -> bool {
        let claims = self.caller.login().map(|login| &login.claims);
        claims.is_some_and(|claims| {
            rule.has(&|part| match part {
                Part::Claim(paths) => paths.iter().any(|path| path.is_present(claims)),
                _ => false,
            })
        })
    }

    fn fill(
        &self,
        rule: &FieldRule,
        request: &TokenSourceRequest,
    ) -> Result<TokenSourceRequest, FillError> {
        let facts = Facts {
            identity: request.participant_identity.as_deref().unwrap_or_default(),
            room_name: request.room_name.as_deref().unwrap_or_default(),
            ..Facts::about(self.caller, self.headers, self.random)
        };
        rule.value.fill(rule.field, &facts)
    }
}

/// Whether a rule is skipped if a placeholder has no value: the name that a login does not have.
fn is_optional(rule: &FieldRule) -> bool {
    rule.when == When::Login && rule.field == Field::ParticipantName
}

fn denied(field: Field) -> Refusal {
    let error = format!("this server sets `{field}`, and the request has another value");
    let hint = format!("leave `{field}` out");
    Refusal::new(Code::FieldDenied, error, hint).about(&field)
}
