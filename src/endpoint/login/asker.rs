//! The caller that requests a token, once it is known.

use super::verdict::Verdict;
use super::verify::Login;

/// The caller that requests a token. Only
/// [`Endpoint::identify`](crate::endpoint::Endpoint::identify) creates one.
#[derive(Debug, Clone)]
pub struct Asker {
    pub(super) who: Who,
    /// Whether the request comes from the proxy whose headers are trusted.
    pub(super) from_proxy: bool,
    pub(in crate::endpoint) verdict: Verdict,
}

#[derive(Debug, Clone)]
pub(super) enum Who {
    /// Anyone: the endpoint requires no login.
    Anyone,
    /// A server with a bearer token. It requests tokens for others.
    Server,
    /// Someone without a login, if that is allowed.
    Guest,
    /// Someone with a login token, or logged in by a proxy.
    Person { login: Option<Box<Login>>, user: Option<String> },
}

impl Asker {
    /// Returns an unknown caller, for an endpoint that requires no login.
    pub(in crate::endpoint) fn anyone() -> Self {
        Self::new(Who::Anyone, false)
    }

    pub(super) fn new(who: Who, from_proxy: bool) -> Self {
        Self { who, from_proxy, verdict: Verdict::default() }
    }

    /// Returns the login that came with the request.
    pub fn login(&self) -> Option<&Login> {
        match &self.who {
            Who::Person { login, .. } => login.as_deref(),
            Who::Anyone | Who::Server | Who::Guest => None,
        }
    }

    /// Returns the user that a proxy has named.
    pub fn user(&self) -> Option<&str> {
        match &self.who {
            Who::Person { user, .. } => user.as_deref(),
            Who::Anyone | Who::Server | Who::Guest => None,
        }
    }

    /// Returns what identifies this person, for example for a rate limit: issuer and subject, or an
    /// empty string and the name from the proxy. Returns `None` for every other caller.
    pub fn person(&self) -> Option<(&str, &str)> {
        match &self.who {
            Who::Person { login: Some(login), .. } => Some((login.issuer(), login.user())),
            Who::Person { user: Some(user), .. } => Some(("", user)),
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

    /// Adds a backend's answer about the request.
    pub fn with_verdict(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
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
            let asker = Asker::new(who, false);
            assert_eq!(
                (asker.person(), asker.is_guest(), asker.is_server()),
                (person, is_guest, is_server)
            );
        }
    }
}
