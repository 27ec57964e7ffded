//! Who calls the endpoint, once it is known.

use super::invitation::{Invitation, InvitedIdentity};
use super::login::Login;

/// Who calls the endpoint. Only [`Endpoint::identify`](crate::endpoint::Endpoint::identify) creates
/// one.
#[derive(Debug, Clone)]
pub struct Caller {
    pub(super) who: Who,
    /// Whether the request comes from the proxy whose headers are trusted.
    pub(super) from_proxy: bool,
}

/// Takes the place of an issuer for invitations. No issuer has this name: it is not a URL.
const INVITED: &str = "invitation";

#[derive(Debug, Clone)]
pub(super) enum Who {
    /// Anyone: the endpoint requires no login.
    Anyone,
    /// Someone with a bearer token, where nobody has a login.
    Bearer,
    /// A server with a bearer token. It requests tokens for others.
    Server,
    /// Someone without a login, if that is allowed.
    Guest,
    /// Someone with an invitation.
    Invited(Box<Invitation>),
    /// Someone with a login token, or logged in by a proxy.
    Person { login: Option<Box<Login>>, user: Option<String> },
}

impl Caller {
    /// A caller of whom nothing is known.
    pub(super) const ANYONE: Self = Self { who: Who::Anyone, from_proxy: false };

    /// Returns the login that came with the request.
    pub fn login(&self) -> Option<&Login> {
        match &self.who {
            Who::Person { login, .. } => login.as_deref(),
            _ => None,
        }
    }

    /// Returns the user that a proxy has named.
    pub fn user(&self) -> Option<&str> {
        match &self.who {
            Who::Person { user, .. } => user.as_deref(),
            _ => None,
        }
    }

    /// Returns the invitation that came with the request.
    pub fn invitation(&self) -> Option<&Invitation> {
        match &self.who {
            Who::Invited(invitation) => Some(invitation),
            _ => None,
        }
    }

    /// Returns what identifies this person, for example for a rate limit: issuer and subject, or an
    /// empty string and the name from the proxy. An invitation to one person counts as that person.
    /// Returns `None` for every other caller.
    pub fn person(&self) -> Option<(&str, &str)> {
        match &self.who {
            Who::Person { login: Some(login), .. } => Some((login.issuer(), login.user())),
            Who::Person { user: Some(user), .. } => Some(("", user)),
            Who::Invited(it) if matches!(it.identity, InvitedIdentity::Fixed(_)) => {
                Some((INVITED, &it.id))
            }
            _ => None,
        }
    }

    /// Whether the caller has no login, on an endpoint where others have one.
    pub fn is_guest(&self) -> bool {
        matches!(self.who, Who::Guest)
    }

    /// Whether the caller is a server with a bearer token, which requests tokens for others.
    pub fn is_server(&self) -> bool {
        matches!(self.who, Who::Server)
    }

    /// Returns the kind of caller, for a log or metrics: `user`, `invited`, `guest`, `server` (with a bearer token), or
    /// `anyone` where no login is required.
    pub fn kind(&self) -> &'static str {
        match &self.who {
            Who::Anyone => "anyone",
            Who::Bearer | Who::Server => "server",
            Who::Guest => "guest",
            Who::Invited(_) => "invited",
            Who::Person { .. } => "user",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_is_a_person_and_only_a_server_a_server() {
        let user = Who::Person { login: None, user: Some("ada".to_owned()) };
        for (who, person, is_guest, is_server) in [
            (Who::Anyone, None, false, false),
            (Who::Server, None, false, true),
            (Who::Guest, None, true, false),
            (user, Some(("", "ada")), false, false),
        ] {
            let caller = Caller { who, from_proxy: false };
            assert_eq!(
                (caller.person(), caller.is_guest(), caller.is_server()),
                (person, is_guest, is_server)
            );
        }
    }
}
