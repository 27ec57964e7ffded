//! Texts with placeholders, such as `user-{random}` and `{claim.sub}`.
//!
//! A placeholder is a name in braces; other braces are text, since a value may be JSON. What is filled
//! in is text: it is never read as a template, as JSON, or as a pattern.

mod json;

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

use http::{HeaderMap, HeaderName};
use serde_json::Value;

pub(super) use json::{JsonTemplate, check_not_almost_json};
use json::{escaped, is_json};

use super::caller::Caller;
use super::credentials::single;
use super::login::{ClaimPath, ClaimPathError, LoginClaims, scalar};
use super::{Code, Random, Refusal};

/// The placeholders that a place allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Placeholders {
    /// For the value of an absent field: `{random}` and `{identity}`.
    Default,
    /// For a field that depends on the caller: all but `{n}`.
    Caller,
    /// For a pattern of rooms: `{claim.PATH}`, `{header.NAME}` and `{identity}`.
    Room,
    /// For one of many tokens: `{n}`, the token's number, and `{random}`.
    Count,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// The first of these claims that the login has.
    Claim(Vec<ClaimPath>),
    Header(HeaderName),
    Random,
    Identity,
    RoomName,
    Number,
}

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    /// Whether the whole text is a JSON object, list or string.
    json: bool,
    /// The text as it was given.
    text: String,
}

/// The error for a text with a wrong placeholder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A placeholder has no closing brace.
    #[error("`{0}` has no `}}` at its end")]
    Open(String),
    /// There is no such placeholder in this place.
    #[error("there is no placeholder `{placeholder}`")]
    Unknown {
        /// The placeholder, in braces.
        placeholder: String,
        /// The placeholders that the place allows.
        known: &'static [&'static str],
    },
    /// `{claim.…}` with an invalid path.
    #[error(transparent)]
    Path(#[from] ClaimPathError),
    /// `{header.…}` with an invalid name.
    #[error("`{0}` is not the name of a header")]
    Header(String),
}

/// The values of placeholders.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'f> {
    pub(super) claims: Option<&'f LoginClaims>,
    /// Present only for requests from a trusted proxy.
    pub(super) headers: Option<&'f HeaderMap>,
    pub(super) identity: &'f str,
    pub(super) room_name: &'f str,
    pub(super) random: &'f Random,
}

impl<'f> Facts<'f> {
    /// What is known about a caller. Identity and room are empty.
    pub(super) fn about(
        caller: &'f Caller,
        headers: Option<&'f HeaderMap>,
        random: &'f Random,
    ) -> Self {
        let claims = caller.login().map(|login| &login.claims);
        let headers = headers.filter(|_| caller.from_proxy);
        Self { claims, headers, identity: "", room_name: "", random }
    }
}

/// Why a placeholder has no value in this request: `` `claim.org` is missing ``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) problem: String,
    cure: Cure,
}

/// Who can give a placeholder its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cure {
    /// The person, with another account, or whoever runs the issuer.
    Account,
    /// Whoever runs the issuer, or this server.
    Setup,
    /// The proxy.
    Proxy,
}

impl From<Missing> for Refusal {
    fn from(Missing { problem, cure }: Missing) -> Self {
        let error = format!("{problem}, and this server's tokens are made from it");
        let hint = match cure {
            Cure::Account => "log in with an account that has it, or set up the issuer to write it",
            Cure::Setup => {
                "set up the issuer to write a text, a number, a boolean or a list of one, or have \
                 this server use another claim"
            }
            Cure::Proxy => "have the proxy set it once, with a value",
        };
        let refusal = Self::new(Code::ClaimMissing, error, hint);
        if cure == Cure::Account { refusal } else { refusal.of_setup() }
    }
}

impl Placeholders {
    /// The names in braces.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Default => &["{random}", "{identity}"],
            Self::Caller => {
                &["{claim.PATH}", "{header.NAME}", "{random}", "{identity}", "{room_name}"]
            }
            Self::Room => &["{claim.PATH}", "{header.NAME}", "{identity}"],
            Self::Count => &["{n}", "{random}"],
        }
    }

    fn allows(self, part: &Part) -> bool {
        match part {
            Part::Text(_) => true,
            Part::Claim(_) | Part::Header(_) => matches!(self, Self::Caller | Self::Room),
            Part::Identity => self != Self::Count,
            Part::Random => self != Self::Room,
            Part::RoomName => self == Self::Caller,
            Part::Number => self == Self::Count,
        }
    }

    /// Reads a placeholder from the text inside its braces.
    fn read(self, name: &str) -> Result<Part, TemplateError> {
        let part = match (name, name.split_once('.')) {
            ("random", _) => Some(Part::Random),
            ("identity", _) => Some(Part::Identity),
            ("room_name", _) => Some(Part::RoomName),
            ("n", _) => Some(Part::Number),
            (_, Some(("claim", _))) => Some(Part::Claim(claim_paths(name)?)),
            (_, Some(("header", header))) => {
                let wrong = |_| TemplateError::Header(header.to_owned());
                Some(Part::Header(header.parse().map_err(wrong)?))
            }
            _ => None,
        };
        part.filter(|part| self.allows(part)).ok_or_else(|| TemplateError::Unknown {
            placeholder: format!("{{{name}}}"),
            known: self.names(),
        })
    }
}

impl Template {
    /// Reads a template. A brace with a letter after it begins a placeholder; any other brace is text.
    /// If the whole text is a JSON object, list or string, values are escaped for JSON; otherwise they
    /// are filled in as they are.
    ///
    /// # Errors
    /// [`TemplateError`] when a placeholder is wrong, or not allowed in this place.
    pub fn new(text: &str, placeholders: Placeholders) -> Result<Self, TemplateError> {
        Self::read(text, |text| {
            if !text.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                return Ok(None);
            }
            let open = || TemplateError::Open(format!("{{{text}"));
            let (name, rest) = split_at_brace(text).ok_or_else(open)?;
            Ok(Some((placeholders.read(name)?, rest)))
        })
    }

    /// Reads the template of one of many tokens: `{n}` is its number, and `{random}` random characters.
    /// All other braces are text.
    pub fn of_many(text: &str) -> Self {
        let Ok(template) = Self::read(text, |text| {
            let placeholder = split_at_brace(text);
            let read = |(name, rest)| Some((Placeholders::Count.read(name).ok()?, rest));
            Ok::<_, Infallible>(placeholder.and_then(read))
        });
        template
    }

    /// Reads a template with a function that reads the placeholder after a brace, and returns it with
    /// the text after it, or `None` for a brace that is text.
    fn read<E>(
        text: &str,
        placeholder: impl Fn(&str) -> Result<Option<(Part, &str)>, E>,
    ) -> Result<Self, E> {
        let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            let Some((part, after)) = placeholder(after)? else {
                literal.push('{');
                rest = after;
                continue;
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(part);
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts, json: is_json(text), text: text.to_owned() })
    }

    /// Whether each text that is made from the template is a different one.
    pub fn is_random(&self) -> bool {
        self.has(|part| *part == Part::Random)
    }

    /// Whether the template uses claims of a login.
    pub fn has_claims(&self) -> bool {
        self.has(|part| matches!(part, Part::Claim(_)))
    }

    /// Whether the template uses headers of a proxy.
    pub fn has_headers(&self) -> bool {
        self.has(|part| matches!(part, Part::Header(_)))
    }

    /// The parts, in order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether the template has no placeholders.
    pub fn is_fixed(&self) -> bool {
        !self.has(|part| !matches!(part, Part::Text(_)))
    }

    pub(super) fn has(&self, wanted: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(wanted)
    }

    /// Returns the text with its placeholders filled in, each `{random}` with new characters.
    pub(super) fn fill(&self, facts: &Facts<'_>) -> Result<String, Missing> {
        if let [Part::Text(text)] = self.parts.as_slice() {
            return Ok(text.clone());
        }
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                part if self.json => filled.push_str(&escaped(&part.value(facts)?)),
                part => filled.push_str(&part.value(facts)?),
            }
        }
        Ok(filled)
    }
}

impl Part {
    pub(super) fn value<'f>(&'f self, facts: &Facts<'f>) -> Result<Cow<'f, str>, Missing> {
        Ok(match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Claim(paths) => Cow::Owned(claim(paths, facts)?),
            Self::Header(name) => Cow::Borrowed(header(name, facts)?),
            Self::Random => Cow::Owned(facts.random.text()),
            Self::Identity => Cow::Borrowed(facts.identity),
            Self::RoomName => Cow::Borrowed(facts.room_name),
            // Numbers are those of `lkt mint --count`, which fills them in itself.
            Self::Number => Cow::Borrowed(""),
        })
    }

    /// The claim or the header that the part is made from, in backticks.
    pub(super) fn source(&self) -> Option<String> {
        match self {
            Self::Claim(paths) => Some(named(paths)),
            Self::Header(name) => Some(format!("`header.{name}`")),
            _ => None,
        }
    }
}

impl fmt::Display for Template {
    /// Writes the text that was given to [`Template::new`].
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Splits a text at the brace that closes a placeholder.
fn split_at_brace(text: &str) -> Option<(&str, &str)> {
    // A quoted name may contain a brace.
    let mut quoted = false;
    let end = text.find(|letter| {
        quoted ^= letter == '"';
        letter == '}' && !quoted
    })?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// Reads `claim.A|claim.B`: the first claim that the login has.
fn claim_paths(name: &str) -> Result<Vec<ClaimPath>, TemplateError> {
    // A quoted name may contain a `|`.
    let mut quoted = false;
    let is_bar = |letter: char| {
        quoted ^= letter == '"';
        letter == '|' && !quoted
    };
    let path = |alternative: &str| match alternative.strip_prefix("claim.") {
        Some(path) => Ok(path.parse::<ClaimPath>()?),
        None => Err(TemplateError::Unknown {
            placeholder: format!("{{{name}}}"),
            known: Placeholders::Caller.names(),
        }),
    };
    name.split(is_bar).map(path).collect()
}

/// Returns the text of the first of these claims that is there.
fn claim(paths: &[ClaimPath], facts: &Facts<'_>) -> Result<String, Missing> {
    let values = claim_values(paths, facts)?;
    match <[String; 1]>::try_from(values) {
        Ok([value]) => Ok(value),
        Err(values) => {
            let name = named(paths);
            let problem = format!("{name} is a list of {}", values.len());
            Err(Missing { problem, cure: Cure::Setup })
        }
    }
}

/// Returns the text of the first of these claims that is there, or the texts of its elements.
pub(super) fn claim_values(paths: &[ClaimPath], facts: &Facts<'_>) -> Result<Vec<String>, Missing> {
    let present = || paths.iter().filter_map(|path| path.find(facts.claims?));
    let found = present().find(|value| **value != "").or_else(|| present().next());
    let wrong =
        |problem: &str, cure| Missing { problem: format!("{} {problem}", named(paths)), cure };
    let texts = match found {
        None => return Err(wrong("is missing", Cure::Account)),
        Some(Value::Array(list)) => list.iter().map(scalar).collect::<Option<Vec<_>>>(),
        Some(value) => scalar(value).map(|text| vec![text]),
    };
    let texts =
        texts.ok_or_else(|| wrong("is neither a text, a number nor a boolean", Cure::Setup))?;
    if texts.iter().any(String::is_empty) {
        Err(wrong("is empty", Cure::Account))
    } else {
        Ok(texts)
    }
}

/// The names of claims in a message.
fn named(paths: &[ClaimPath]) -> String {
    let names = paths.iter().map(|path| format!("claim.{path}")).collect::<Vec<_>>();
    format!("`{}`", names.join("|"))
}

fn header<'f>(name: &HeaderName, facts: &Facts<'f>) -> Result<&'f str, Missing> {
    let text = facts.headers.and_then(|headers| single(headers, name));
    let problem = || format!("`header.{name}` is missing");
    text.ok_or_else(|| Missing { problem: problem(), cure: Cure::Proxy })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use serde_json::json;

    use super::*;

    fn filled(template: &str, identity: &str, claims: Value) -> Result<String, String> {
        let claims = serde_json::from_value(claims).expect("an object");
        let next = AtomicU64::new(0);
        let random = Random::new(move || next.fetch_add(1, Ordering::Relaxed));
        let claims = Some(&claims);
        let facts = Facts { claims, headers: None, identity, room_name: "demo", random: &random };
        Template::new(template, Placeholders::Caller)
            .expect(template)
            .fill(&facts)
            .map_err(|it| it.problem)
    }

    #[test]
    fn placeholders_are_filled_once_and_other_braces_stay() {
        let claims = json!({"q": "x\",\"b\":\"", "sub": "{random}", "n": 5, "o": {"a.b": "x"}, "a}b": "y", "l": ["x", "y"], "e": "", "one": ["x"], "a|b": "z", "none": null});
        for (template, expected) in [
            ("{random}-{random}", Ok("aaaaaaaa-baaaaaaa")),
            ("{claim.sub}-{random}", Ok("{random}-aaaaaaaa")),
            ("{claim.n}{identity}@{room_name}", Ok("5{random}@demo")),
            (r#"{claim.o."a.b"}"#, Ok("x")),
            (r#"{claim."a}b"}!"#, Ok("y!")),
            (r#"{"a": {}} {1} {"#, Ok(r#"{"a": {}} {1} {"#)),
            (r#"{"a": "{claim.q}"}"#, Ok(r#"{"a": "x\",\"b\":\""}"#)),
            ("{claim.q}", Ok(r#"x","b":""#)),
            ("{claim.l}", Err("`claim.l` is a list of 2")),
            ("{claim.one}", Ok("x")),
            ("{claim.e|claim.missing|claim.n}", Ok("5")),
            ("{claim.n|claim.l}", Ok("5")),
            (r#"{claim."a|b"|claim.n}"#, Ok("z")),
            ("{claim.missing|claim.none}", Err("`claim.missing|claim.none` is missing")),
            ("{claim.e}", Err("`claim.e` is empty")),
            ("{claim.o}", Err("`claim.o` is neither a text, a number nor a boolean")),
            ("{header.remote-user}", Err("`header.remote-user` is missing")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(filled(template, "{random}", claims.clone()), expected, "{template}");
        }
    }

    #[test]
    fn what_is_filled_into_json_stays_inside_its_string() {
        let fill = |text: &str| filled(text, "a\"b\\c\n", json!({})).expect(text);
        assert_eq!(fill(r#" {"i":"<{identity}>"} "#), r#" {"i":"<a\"b\\c\n>"} "#);
        assert_eq!(fill(r#""{identity}""#), r#""a\"b\\c\n""#);
        assert_eq!(fill("[{identity}]"), "[a\"b\\c\n]");
    }

    #[test]
    fn each_place_has_its_placeholders_and_refuses_the_others() {
        for (text, places) in [
            ("{claim.sub}", &[Placeholders::Caller, Placeholders::Room][..]),
            ("{header.x}", &[Placeholders::Caller, Placeholders::Room]),
            ("{identity}", &[Placeholders::Default, Placeholders::Caller, Placeholders::Room]),
            ("{random}", &[Placeholders::Default, Placeholders::Caller]),
            ("{room_name}", &[Placeholders::Caller]),
            ("{n}", &[]),
            ("{rnd}", &[]),
            ("{Random}", &[]),
            ("{claims.sub}", &[]),
            ("{claim}", &[]),
            ("{claim.}", &[]),
            ("{claim.sub", &[]),
            ("{header.a b}", &[]),
        ] {
            for place in [Placeholders::Default, Placeholders::Caller, Placeholders::Room] {
                let read = Template::new(text, place);
                assert_eq!(read.is_ok(), places.contains(&place), "{text}: {place:?}");
            }
        }
        let count = Template::of_many("{n}{rnd}{claim.x}{");
        assert_eq!(count.parts(), [Part::Number, Part::Text("{rnd}{claim.x}{".to_owned())]);
        assert_eq!(count.to_string(), "{n}{rnd}{claim.x}{");
    }
}
