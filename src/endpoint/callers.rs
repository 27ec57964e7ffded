//! Who may call the endpoint, and finding out who calls.

use std::sync::Arc;

use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;
use subtle::ConstantTimeEq;

use super::caller::{Caller, Who};
use super::credentials::{BearerTokens, bearer, single};
use super::invitation::{Invitations, is_invitation};
use super::login::{self, Algorithm, Issuer, KeySet, Login, LoginError, TokenPlaces, Verified};
use super::routes::TokenRoute;
use super::{Code, Refusal};

/// Name of the header in which apps for LiveKit Cloud's development token server send its id.
const SANDBOX_ID: &str = "x-sandbox-id";

/// Who may call the endpoint. The default is anyone.
///
/// Bearer tokens, logins and invitations come in the same header: with several, any is accepted. With a
/// proxy's word and a bearer token or a login, both are needed; an invitation needs nothing else.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Callers {
    /// Bearer tokens that are accepted. Next to [`issuers`](Self::issuers), they are those of servers,
    /// which request tokens for others.
    pub bearer: Option<BearerTokens>,
    /// The issuers whose login tokens are accepted.
    pub issuers: Vec<Issuer>,
    /// The keys of each issuer, in the same order, for [`Endpoint::handle`](super::Endpoint::handle). A
    /// server that fetches keys gives them to [`Endpoint::identify`](super::Endpoint::identify) instead.
    pub keys: Vec<Option<Arc<KeySet>>>,
    /// The invitations that are accepted.
    pub invitations: Invitations,
    /// Where login tokens are in a request.
    pub places: TokenPlaces,
    /// The header in which a proxy names the user that it has logged in.
    pub proxy_header: Option<HeaderName>,
    /// Whether a request without a login is accepted as a guest's.
    pub guests: bool,
    /// `X-Sandbox-ID`, on the development token server's paths.
    pub sandbox_id: Option<String>,
}

/// The result of [`Endpoint::identify`](crate::endpoint::Endpoint::identify). Use a `match` to
/// handle both cases.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums)] // callers must handle both
pub enum Identified {
    /// The caller is known.
    Caller(Caller),
    /// The keys of an issuer are needed first.
    NeedsKeys(NeededKeys),
}

/// The keys that are needed to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeededKeys {
    /// The issuer's index in [`Callers::issuers`].
    pub issuer: usize,
    /// Whether the issuer's keys are known, but none has the token's `kid`.
    pub newer: bool,
    /// The token's algorithm, if none of the known keys is for it.
    pub unsuited: Option<Algorithm>,
}

impl NeededKeys {
    /// Returns the refusal for when no keys, or no newer ones, can be fetched. `retry_after` is in
    /// seconds.
    pub fn refusal(self, retry_after: u16) -> Refusal {
        if self.newer {
            LoginError::without_key(self.unsuited).into()
        } else {
            Refusal::keys_unavailable(retry_after)
        }
    }
}

/// The content of `Authorization`.
enum Token<'h> {
    None,
    Server,
    /// The code of an invitation, or what was sent in its place.
    Invitation(&'h str),
    Login(&'h str),
}

impl std::fmt::Debug for Callers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sandbox_id = self.sandbox_id.as_ref().map(|_| "***");
        formatter
            .debug_struct("Callers")
            .field("bearer", &self.bearer)
            .field("issuers", &self.issuers)
            .field("keys", &self.keys.len())
            .field("invitations", &self.invitations)
            .field("proxy_header", &self.proxy_header)
            .field("guests", &self.guests)
            .field("sandbox_id", &sandbox_id)
            .finish_non_exhaustive()
    }
}

impl Callers {
    /// Whether any way to log in is configured.
    pub fn need_login(&self) -> bool {
        self.know_people() || self.invitations.are_accepted()
    }

    /// Whether people have logins.
    fn know_people(&self) -> bool {
        !self.issuers.is_empty() || self.proxy_header.is_some()
    }

    /// Whether a request has an invitation, which is not verified yet.
    fn is_invited(&self, head: &Parts) -> bool {
        self.invitations.are_accepted() && bearer(&head.headers).is_some_and(is_invitation)
    }

    /// Checks the credentials that need no keys.
    pub(super) fn check(&self, head: &Parts, route: TokenRoute) -> Result<(), Refusal> {
        let is_needed = self.issuers.is_empty() && !self.is_invited(head);
        if let Some(tokens) = self.bearer.as_ref().filter(|_| is_needed) {
            match bearer(&head.headers) {
                Some(token) if tokens.accepts(token) => {}
                Some(_) => return Err(Refusal::unauthorized("the bearer token is not accepted")),
                None => return Err(Refusal::unauthorized("a bearer token is needed")),
            }
        }
        if let (Some(id), TokenRoute::Sandbox | TokenRoute::SandboxV1) = (&self.sandbox_id, route) {
            let header = head.headers.get(SANDBOX_ID);
            let given = header.map_or("", |value| value.to_str().unwrap_or_default());
            // An id without letters and digits is compared as it is.
            let trim = if bare(id).is_empty() { |id| id } else { bare };
            if !bool::from(trim(id).as_bytes().ct_eq(trim(given).as_bytes())) {
                return Err(Refusal::sandbox_id());
            }
        }
        Ok(())
    }

    pub(super) fn identify(
        &self,
        head: &Parts,
        from_proxy: bool,
        keys: &[Option<Arc<KeySet>>],
        now: u64,
    ) -> Result<Identified, Refusal> {
        let caller = |who| Ok(Identified::Caller(Caller { who, from_proxy }));
        if !self.need_login() {
            return caller(if self.bearer.is_some() { Who::Bearer } else { Who::Anyone });
        }
        let user = self.user(head, from_proxy)?;
        let login = match self.token(head)? {
            Token::Server => return caller(Who::Server),
            Token::None => None,
            Token::Invitation(code) => {
                let invitation = self.invitations.verify(code, now)?;
                return caller(Who::Invited(Box::new(invitation)));
            }
            Token::Login(token) => match login::verify(token, &self.issuers, keys, now)? {
                (_, Verified::Login(login)) => Some(login),
                (issuer, Verified::UnknownKey { unsuited }) => {
                    let newer = keys.get(issuer).is_some_and(Option::is_some);
                    return Ok(Identified::NeedsKeys(NeededKeys { issuer, newer, unsuited }));
                }
            },
        };
        caller(self.who(login, user)?)
    }

    /// Requires every configured kind of login. A guest has none of them.
    fn who(&self, login: Option<Login>, user: Option<String>) -> Result<Who, Refusal> {
        if !self.know_people() {
            return if self.guests { Ok(Who::Guest) } else { Err(Refusal::no_invitation()) };
        }
        let lacks_login = !self.issuers.is_empty() && login.is_none();
        let lacks_user = self.proxy_header.is_some() && user.is_none();
        if !lacks_login && !lacks_user {
            return Ok(Who::Person { login: login.map(Box::new), user });
        }
        if self.guests && login.is_none() && user.is_none() {
            return Ok(Who::Guest);
        }
        if lacks_login {
            return Err(LoginError::Missing.into());
        }
        let error = "the proxy names no user";
        let hint = "log in, and send the request through the proxy";
        Err(Refusal::new(Code::Unauthorized, error, hint))
    }

    /// Returns the user that the proxy names. From any other client, the header is a forgery.
    fn user(&self, head: &Parts, from_proxy: bool) -> Result<Option<String>, Refusal> {
        let Some(name) = &self.proxy_header else { return Ok(None) };
        if !head.headers.contains_key(name) {
            return Ok(None);
        }
        if !from_proxy {
            let error = format!("only a trusted proxy may send the header `{name}`");
            return Err(Refusal::new(
                Code::HeaderDenied,
                error,
                "send the request through the proxy",
            ));
        }
        let lines = head.headers.get_all(name).iter();
        match single(&head.headers, name) {
            // Apache puts this into a header for a variable that is not set, as for a user without a login.
            Some("(null)") => Ok(None),
            Some(user) => Ok(Some(user.to_owned())),
            // A proxy may set an empty header for someone who is not logged in.
            None if lines.into_iter().all(|line| line.as_bytes().trim_ascii().is_empty()) => {
                Ok(None)
            }
            None => {
                let error = format!("the header `{name}` is not one line of UTF-8");
                Err(Refusal::new(Code::Unauthorized, error, "have the proxy set it once"))
            }
        }
    }

    fn token<'h>(&self, head: &'h Parts) -> Result<Token<'h>, Refusal> {
        // Where only a proxy names people, the header is the proxy's own affair.
        let is_read = !self.issuers.is_empty() || self.proxy_header.is_none();
        let is_read = is_read || self.is_invited(head);
        if !is_read {
            return Ok(Token::None);
        }
        let credential = bearer(&head.headers);
        let is_server = |token| self.bearer.as_ref().is_some_and(|known| known.accepts(token));
        if credential.is_some_and(is_server) {
            return Ok(Token::Server);
        }
        if !self.issuers.is_empty() && !self.is_invited(head) {
            return Ok(self.places.find(&head.headers)?.map_or(Token::None, Token::Login));
        }
        if !head.headers.contains_key(AUTHORIZATION) {
            return Ok(Token::None);
        }
        let code = credential.ok_or(LoginError::NotBearer)?;
        Ok(Token::Invitation(std::str::from_utf8(code).unwrap_or_default()))
    }
}

/// An id as the Swift and Flutter clients send it: without leading and trailing characters that are
/// neither letters nor digits.
fn bare(id: &str) -> &str {
    id.trim_matches(|letter: char| !letter.is_ascii_alphanumeric())
}
