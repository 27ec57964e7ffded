//! `--deny-file`: people, invitations and rooms that get no new tokens.

use std::fmt;
use std::str::FromStr;

use wildmatch::WildMatch;

use super::login::Login;
use super::{Caller, Code, Refusal};
use crate::token::Claims;

/// A list of people, invitations and rooms that get no new tokens. Tokens that were issued before remain
/// valid until they expire.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DenyList(Vec<Denied>);

/// A line of the list.
#[derive(Debug, Clone, PartialEq)]
struct Denied {
    what: What,
    pattern: WildMatch,
    /// When the line ends to have an effect, in seconds since the epoch.
    until: Option<u64>,
}

/// What a pattern is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Subject,
    LoginId,
    Identity,
    Room,
}

/// Every name, as it is written in the list.
const NAMES: [(&str, What); 4] = [
    ("sub", What::Subject),
    ("jti", What::LoginId),
    ("identity", What::Identity),
    ("room", What::Room),
];

impl FromStr for What {
    type Err = Problem;

    fn from_str(name: &str) -> Result<Self, Problem> {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, what)| *what).ok_or_else(|| Problem::Name(name.to_owned()))
    }
}

impl fmt::Display for What {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(_, what)| what == self).map_or("", |(name, _)| name);
        formatter.write_str(name)
    }
}

/// What is compared with the list: the token to be issued, and the login that requests it.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Requested<'a> {
    /// The person of the login, or the user that a proxy names.
    pub subject: Option<&'a str>,
    /// What else the person is called: by the claim `sub`, if another one is the person's, and by a proxy,
    /// besides a login.
    pub other_names: [Option<&'a str>; 2],
    /// Claim `jti` of the login, or the id of the invitation.
    pub login_id: Option<&'a str>,
    /// Identity of the token.
    pub identity: &'a str,
    /// Room of the token.
    pub room: &'a str,
}

impl<'a> Requested<'a> {
    pub(super) fn of(caller: &'a Caller, claims: &'a Claims) -> Self {
        let (login, user) = (caller.login(), caller.user());
        let invitation = caller.invitation().map(|invitation| invitation.id.as_str());
        Self {
            subject: login.map(Login::user).or(user),
            other_names: [login.and_then(Login::subject), user],
            login_id: caller.login().and_then(Login::id).or(invitation),
            identity: &claims.sub,
            room: &claims.video.room,
        }
    }
}

/// Why a line cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct DenyListError {
    /// Number of the line, from 1.
    pub line: usize,
    problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("there is no `=`")]
    NoValue,
    #[error("`{0}` is not `sub`, `identity`, `room` or `jti`")]
    Name(String),
    #[error("the pattern is empty")]
    Empty,
    #[error("`{0}` is not a time, such as 2026-12-31T18:00:00Z")]
    Time(String),
}

impl DenyList {
    /// Reads a list: a `NAME=PATTERN` a line, where the name is `sub`, `identity`, `room` or `jti` and the
    /// pattern may have `*` and `?`, then perhaps ` until ` and a time. Empty lines and lines that begin
    /// with `#` are skipped.
    ///
    /// # Errors
    /// [`DenyListError`] names the first line that is none of these.
    pub fn parse(
        text: &str,
        parse_time: impl Fn(&str) -> Option<u64>,
    ) -> Result<Self, DenyListError> {
        let lines = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
        let entries = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let entries = entries.map(|(line, text)| {
            entry(text, &parse_time).map_err(|problem| DenyListError { line, problem })
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    /// Adds an entry, written as a line of [`DenyList::parse`].
    ///
    /// # Errors
    /// [`DenyListError`] if it cannot be read. The list is as before.
    pub fn add(
        &mut self,
        line: &str,
        parse_time: impl Fn(&str) -> Option<u64>,
    ) -> Result<(), DenyListError> {
        self.0.append(&mut Self::parse(line, parse_time)?.0);
        Ok(())
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is denied.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the token may be issued at this time, in seconds since the epoch.
    ///
    /// # Errors
    /// The refusal, which names what is denied but not the pattern.
    pub fn check(&self, requested: Requested<'_>, now: u64) -> Result<(), Refusal> {
        let in_effect = self.0.iter().filter(|denied| denied.until.is_none_or(|until| now < until));
        for Denied { what, pattern, .. } in in_effect {
            let [sub, user] = requested.other_names;
            let values = match what {
                What::Subject => [requested.subject, sub, user],
                What::LoginId => [requested.login_id, None, None],
                What::Identity => [Some(requested.identity), None, None],
                What::Room => [Some(requested.room), None, None],
            };
            if values.into_iter().flatten().any(|value| pattern.matches(value)) {
                return Err(refusal(*what));
            }
        }
        Ok(())
    }
}

fn entry(text: &str, parse_time: impl Fn(&str) -> Option<u64>) -> Result<Denied, Problem> {
    let (name, rest) = text.split_once('=').ok_or(Problem::NoValue)?;
    let what = name.trim().parse()?;
    let (pattern, until) = match rest.rsplit_once(" until ") {
        Some((pattern, time)) => {
            let time = time.trim();
            let until = parse_time(time).ok_or_else(|| Problem::Time(time.to_owned()))?;
            (pattern, Some(until))
        }
        None => (rest, None),
    };
    match pattern.trim() {
        "" => Err(Problem::Empty),
        pattern => Ok(Denied { what, pattern: WildMatch::new(pattern), until }),
    }
}

fn refusal(what: What) -> Refusal {
    let error = match what {
        What::Subject => "this user gets no new tokens",
        What::LoginId => "this login gets no new tokens",
        What::Identity => "this identity gets no new tokens",
        What::Room => "this room gets no new tokens",
    };
    Refusal::new(Code::Denied, error, "contact the operator of this server")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<DenyList, String> {
        DenyList::parse(text, |time| time.parse().ok()).map_err(|error| error.to_string())
    }

    fn denied(list: &DenyList, requested: Requested<'_>, now: u64) -> Option<String> {
        list.check(requested, now).err().map(|refusal| refusal.error)
    }

    #[test]
    fn each_name_is_compared_with_its_own_value() {
        let eve = Requested {
            subject: Some("eve"),
            login_id: Some("login-1"),
            identity: "eve-phone",
            room: "den",
            ..Requested::default()
        };
        for (text, error) in [
            ("sub=eve", "this user gets no new tokens"),
            ("jti = login-?", "this login gets no new tokens"),
            ("identity=eve-*", "this identity gets no new tokens"),
            ("# all of it\n\n room=d*\n", "this room gets no new tokens"),
        ] {
            let list = list(text).expect(text);
            assert_eq!(denied(&list, eve, 0).as_deref(), Some(error), "{text}");
        }
        for text in ["sub=den", "jti=eve", "identity=eve", "room=eve*", "sub=EVE", ""] {
            assert_eq!(denied(&list(text).expect(text), eve, 0), None, "{text}");
        }
        // Whatever the person is called.
        let other_names = [Some("auth0|7"), Some("evelyn")];
        let eve = Requested { other_names, ..eve };
        for text in ["sub=eve", "sub=auth0|7", "sub=evelyn"] {
            assert!(denied(&list(text).expect(text), eve, 0).is_some(), "{text}");
        }
        // A guest has neither a subject nor a login.
        let guest = Requested { identity: "x", room: "y", ..Requested::default() };
        assert_eq!(denied(&list("sub=*\njti=*").expect("a list"), guest, 0), None);
    }

    #[test]
    fn a_line_ends_at_its_time() {
        let list = list("identity=eve smith until 100").expect("a list");
        let eve = Requested { identity: "eve smith", ..Requested::default() };
        assert!(denied(&list, eve, 99).is_some());
        assert_eq!(denied(&list, eve, 100), None);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        for (text, error) in [
            ("sub=a\neve", "line 2: there is no `=`"),
            ("user=eve", "line 1: `user` is not `sub`, `identity`, `room` or `jti`"),
            ("room=", "line 1: the pattern is empty"),
            ("room=a until soon", "line 1: `soon` is not a time, such as 2026-12-31T18:00:00Z"),
        ] {
            assert_eq!(list(text), Err(error.to_owned()), "{text}");
        }
    }
}
