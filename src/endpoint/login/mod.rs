//! Logins: identifies the caller and adapts the token to that person.
//!
//! Like the rest of the endpoint, this module does no I/O. Keys are passed in as values.
//! [`Endpoint::identify`](crate::endpoint::Endpoint::identify) reports when it needs keys that it
//! was not given: the caller fetches them in its own way, on threads or under async, and calls it
//! again. A backend's answer is passed in as a [`Verdict`].
//!
//! Each rule here closes a hole that other implementations had: keys belong to one issuer, an
//! unknown `kid` never falls back to another key, the location of keys never comes from a token, a
//! claim of the wrong type does not count as absent, and a claim that is given twice is refused.

mod asker;
mod check;
mod claims;
mod error;
mod grant;
mod jwk;
mod keys;
mod pem;
mod places;
mod room;
mod rules;
mod secret;
mod set;
mod signature;
mod strict;
mod template;
mod token;
mod verdict;
mod verify;

use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;

pub use asker::Asker;
pub use check::{ClaimCheck, ClaimCheckError};
pub use claims::{ClaimPath, ClaimPathError, LoginClaims};
pub use error::LoginError;
pub use grant::{GivenGrant, GrantError, GrantWhen};
pub(super) use grant::{from_json as grants_from_json, to_json as grants_to_json};
pub use keys::{Key, KeySet, KeySetError, UnusableKey};
pub use places::TokenPlaces;
pub use room::RoomTemplate;
pub(super) use rules::Personal;
pub use rules::PersonalRules;
pub use secret::{SharedSecret, SharedSecretError};
pub use set::{Set, SetError};
pub use signature::{Algorithm, KeyType};
pub use template::{ClaimTemplate, TemplateError};
pub use verdict::{NoVerdict, Verdict, question};
pub use verify::{Issuer, LEEWAY, Login, Verified};

use super::access::BearerTokens;
use super::{Code, Refusal};
use asker::Who;
use places::Token;
use token::Unverified;

/// Which logins are required. The default requires none.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Logins {
    /// The issuers whose login tokens are accepted.
    pub issuers: Vec<Issuer>,
    /// Where login tokens are in a request.
    pub places: TokenPlaces,
    /// The header in which a proxy names the user that it has logged in.
    pub proxy_header: Option<HeaderName>,
    /// Whether a request without a login is accepted as a guest's.
    pub optional: bool,
    /// Bearer tokens of servers, which request tokens for others. They are accepted in
    /// addition to logins.
    pub servers: Option<BearerTokens>,
    /// How a token depends on the caller.
    pub rules: PersonalRules,
}

/// The result of [`Endpoint::identify`](crate::endpoint::Endpoint::identify). Use a `match` to
/// handle both cases.
#[derive(Debug)]
pub enum Identified {
    /// The caller is known.
    Asker(Asker),
    /// The keys of an issuer are needed first.
    NeedsKeys(NeededKeys),
}

/// The keys that are needed to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NeededKeys {
    /// The issuer's index in [`Logins::issuers`].
    pub issuer: usize,
    /// Whether the issuer's keys are known, but none has the token's `kid`.
    pub newer: bool,
}

impl NeededKeys {
    /// Returns the refusal for when no keys, or no newer ones, can be fetched. `retry_after` is in
    /// seconds.
    pub fn refusal(self, retry_after: u16) -> Refusal {
        if self.newer {
            LoginError::UnknownKey.into()
        } else {
            Refusal::keys_unavailable(retry_after)
        }
    }
}

impl Logins {
    /// Whether any way to log in is configured.
    pub fn is_asking(&self) -> bool {
        !self.issuers.is_empty() || self.proxy_header.is_some()
    }

    pub(super) fn identify(
        &self,
        head: &Parts,
        from_proxy: bool,
        keys: &[Option<Arc<KeySet>>],
        now: u64,
    ) -> Result<Identified, Refusal> {
        if !self.is_asking() {
            return Ok(Identified::Asker(Asker::anyone()));
        }
        let user = self.user(head, from_proxy)?;
        let login = match self.token(head)? {
            Token::Server => return Ok(Identified::Asker(Asker::new(Who::Server, from_proxy))),
            Token::None => None,
            Token::Login(token) => match self.verify(token, keys, now)? {
                (_, Verified::Login(login)) => Some(login),
                (issuer, Verified::UnknownKey) => {
                    let newer = keys.get(issuer).is_some_and(Option::is_some);
                    return Ok(Identified::NeedsKeys(NeededKeys { issuer, newer }));
                }
            },
        };
        let who = self.who(login, user)?;
        Ok(Identified::Asker(Asker::new(who, from_proxy)))
    }

    /// Requires every configured kind of login. A guest has none of them.
    fn who(&self, login: Option<Login>, user: Option<String>) -> Result<Who, Refusal> {
        let lacks_login = !self.issuers.is_empty() && login.is_none();
        let lacks_user = self.proxy_header.is_some() && user.is_none();
        if !lacks_login && !lacks_user {
            return Ok(Who::Person { login: login.map(Box::new), user });
        }
        if self.optional && login.is_none() && user.is_none() {
            return Ok(Who::Guest);
        }
        if lacks_login {
            return Err(LoginError::Missing.into());
        }
        let error = "the proxy names no user";
        Err(Refusal::new(Code::Unauthorized, error, "log in, and ask by way of the proxy"))
    }

    /// Returns the user that the proxy names. From any other client, the header is a forgery.
    fn user(&self, head: &Parts, from_proxy: bool) -> Result<Option<String>, Refusal> {
        let Some(name) = &self.proxy_header else { return Ok(None) };
        if !head.headers.contains_key(name) {
            return Ok(None);
        }
        if !from_proxy {
            let error = format!("the header `{name}` is taken from a trusted proxy alone");
            return Err(Refusal::new(Code::HeaderDenied, error, "ask by way of the proxy"));
        }
        let lines = head.headers.get_all(name).iter();
        match template::single(&head.headers, name) {
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

    fn token<'h>(&self, head: &'h Parts) -> Result<Token<'h>, LoginError> {
        if self.issuers.is_empty() {
            return Ok(Token::None);
        }
        self.places.find(&head.headers, self.servers.as_ref())
    }

    fn verify(
        &self,
        token: &str,
        keys: &[Option<Arc<KeySet>>],
        now: u64,
    ) -> Result<(usize, Verified), LoginError> {
        let token = Unverified::new(token)?;
        let index = verify::issuer_of(&token, &self.issuers)?;
        let keys = keys.get(index).and_then(Option::as_deref);
        match self.issuers.get(index) {
            Some(issuer) => Ok((index, issuer.verify_parts(token, keys, now)?)),
            None => Ok((index, Verified::UnknownKey)),
        }
    }
}
