//! Templates with claims: `{claim.PATH}`, `{header.NAME}`, `{random}`, `{identity}`, `{room_name}`.
//!
//! Values are filled in as text. They are never read as a template, as JSON, or as a pattern.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

use super::claims::{ClaimPath, ClaimPathError, LoginClaims};
use crate::endpoint::template::{escaped, is_json};
use crate::endpoint::{Code, Random, Refusal};

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimTemplate {
    pub(super) parts: Vec<Part>,
    /// Whether the whole text is a JSON object, list or string.
    pub(super) json: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Claim(ClaimPath),
    Header(HeaderName),
    Random,
    Identity,
    RoomName,
}

/// The error for a text with an invalid placeholder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A placeholder has no closing brace.
    #[error("`{0}` has no `}}` at its end")]
    Open(String),
    /// There is no such placeholder.
    #[error(
        "there is no placeholder `{{{0}}}`: there are {{claim.PATH}}, {{header.NAME}}, {{random}}, \
         {{identity}} and {{room_name}}"
    )]
    Unknown(String),
    /// `{claim.…}` with an invalid path.
    #[error(transparent)]
    Path(#[from] ClaimPathError),
    /// A placeholder that a pattern for rooms cannot have.
    #[error("a pattern for rooms takes {{claim.PATH}}, {{header.NAME}} and {{identity}} alone")]
    Room,
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

/// A placeholder without a value in this request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missing(pub(super) String);

impl From<Missing> for Refusal {
    fn from(Missing(name): Missing) -> Self {
        let error = format!("`{name}` is missing, and this server's tokens are made from it");
        let hint = "log in with an account that has it; it must be a text, a number or a boolean";
        Self::new(Code::ClaimMissing, error, hint)
    }
}

impl ClaimTemplate {
    /// Reads a template. A brace is plain text unless a lower-case letter follows it. If the whole
    /// text is a JSON object, list or string, values are escaped for JSON; otherwise they are
    /// filled in as they are.
    ///
    /// # Errors
    /// [`TemplateError`] when a placeholder is wrong.
    pub fn new(text: &str) -> Result<Self, TemplateError> {
        let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            if !after.starts_with(|letter: char| letter.is_ascii_lowercase()) {
                literal.push('{');
                rest = after;
                continue;
            }
            let end =
                closing_brace(after).ok_or_else(|| TemplateError::Open(format!("{{{after}")))?;
            let (name, after) = after.split_at(end);
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(placeholder(name)?);
            rest = after.strip_prefix('}').unwrap_or(after);
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts, json: is_json(text) })
    }

    pub(super) fn has(&self, wanted: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(wanted)
    }

    pub(super) fn fill(&self, facts: &Facts<'_>) -> Result<String, Missing> {
        let mut filled = String::new();
        for part in &self.parts {
            let value = match part {
                Part::Text(text) => {
                    filled.push_str(text);
                    continue;
                }
                Part::Claim(path) => Cow::Owned(claim(path, facts)?),
                Part::Header(name) => Cow::Borrowed(header(name, facts)?),
                Part::Random => Cow::Owned(facts.random.text()),
                Part::Identity => Cow::Borrowed(facts.identity),
                Part::RoomName => Cow::Borrowed(facts.room_name),
            };
            filled.push_str(&if self.json { escaped(&value) } else { value });
        }
        Ok(filled)
    }
}

fn closing_brace(text: &str) -> Option<usize> {
    // A quoted name may contain a brace.
    let mut quoted = false;
    text.find(|letter| {
        quoted ^= letter == '"';
        letter == '}' && !quoted
    })
}

fn placeholder(name: &str) -> Result<Part, TemplateError> {
    Ok(match (name, name.split_once('.')) {
        ("random", _) => Part::Random,
        ("identity", _) => Part::Identity,
        ("room_name", _) => Part::RoomName,
        (_, Some(("claim", path))) => Part::Claim(path.parse()?),
        (_, Some(("header", header))) => {
            Part::Header(header.parse().map_err(|_| TemplateError::Header(header.to_owned()))?)
        }
        _ => return Err(TemplateError::Unknown(name.to_owned())),
    })
}

fn claim(path: &ClaimPath, facts: &Facts<'_>) -> Result<String, Missing> {
    let text = facts.claims.and_then(|claims| path.text(claims));
    text.ok_or_else(|| Missing(format!("claim.{path}")))
}

pub(super) fn header<'f>(name: &HeaderName, facts: &Facts<'f>) -> Result<&'f str, Missing> {
    let text = facts.headers.and_then(|headers| single(headers, name));
    text.ok_or_else(|| Missing(format!("header.{name}")))
}

/// Returns the header with this name, if there is exactly one and it is not empty.
pub(super) fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut lines = headers.get_all(name).iter();
    let (line, None) = (lines.next()?, lines.next()) else { return None };
    // Trimming other kinds of white space would make one user of two.
    let text = std::str::from_utf8(line.as_bytes().trim_ascii()).ok()?;
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn filled(template: &str, claims: Value) -> Result<String, Missing> {
        let claims = serde_json::from_value(claims).expect("an object");
        let random = Random::new(|| 0);
        let facts = Facts {
            claims: Some(&claims),
            headers: None,
            identity: "ada",
            room_name: "demo",
            random: &random,
        };
        ClaimTemplate::new(template).expect(template).fill(&facts)
    }

    #[test]
    fn placeholders_are_filled_once() {
        let claims = json!({"q": "x\",\"b\":\"", "sub": "{random}", "n": 5, "o": {"a.b": "x"}, "a}b": "y", "l": ["x"], "e": ""});
        for (template, expected) in [
            ("{claim.sub}-{random}", Ok("{random}-aaaaaaaa")),
            ("{claim.n}{identity}@{room_name}", Ok("5ada@demo")),
            (r#"{claim.o."a.b"}"#, Ok("x")),
            (r#"{claim."a}b"}!"#, Ok("y!")),
            (r#"{"a": {}} {1} {"#, Ok(r#"{"a": {}} {1} {"#)),
            (r#"{"a": "{claim.q}"}"#, Ok(r#"{"a": "x\",\"b\":\""}"#)),
            ("{claim.q}", Ok(r#"x","b":""#)),
            ("{claim.l}", Err("claim.l")),
            ("{claim.e}", Err("claim.e")),
            ("{claim.o}", Err("claim.o")),
            ("{header.remote-user}", Err("header.remote-user")),
        ] {
            let expected = expected.map(str::to_owned).map_err(|name| Missing(name.to_owned()));
            assert_eq!(filled(template, claims.clone()), expected, "{template}");
        }
    }

    #[test]
    fn a_wrong_placeholder_is_an_error_and_never_text() {
        for text in ["{claims.sub}", "{sub}", "{claim}", "{claim.}", "{claim.sub", "{header.a b}"] {
            assert!(ClaimTemplate::new(text).is_err(), "{text}");
        }
    }
}
