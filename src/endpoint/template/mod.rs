//! Texts with placeholders, such as `user-{random}` and `{claim.sub}`.
//!
//! A placeholder is a name in braces; other braces are text, since a value may be JSON. What is filled
//! in is text: it is never read as a template, as JSON, or as a pattern.

mod fill;
mod json;
mod placeholder;

use std::convert::Infallible;
use std::fmt;

pub(super) use fill::{Facts, Missing, claim_values};
pub(super) use json::{JsonTemplate, check_not_almost_json};
use json::{escaped, is_json};
pub(crate) use placeholder::Part;
pub use placeholder::{Placeholders, TemplateError};

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    /// Whether the whole text is a JSON object, list or string.
    json: bool,
    /// The text as it was given.
    text: String,
}

impl Template {
    /// Reads a template. A brace with a letter after it begins a placeholder; any other brace is text.
    /// If the whole text is a JSON object, list or string, values are escaped for JSON; otherwise they
    /// are filled in as they are.
    ///
    /// # Errors
    /// [`TemplateError`] when a placeholder is wrong, or not allowed in this place.
    pub fn new(text: &str, placeholders: Placeholders) -> Result<Self, TemplateError> {
        for marks in ["${", "{{"] {
            let (_, name) = text.split_once(marks).unwrap_or_default();
            if name.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                let end = name.find('}').map_or(name.len(), |at| at + 1);
                return Err(TemplateError::Doubled(format!("{marks}{}", &name[..end])));
            }
        }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use serde_json::{Value, json};

    use super::*;
    use crate::endpoint::Random;

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
            ("${claim.sub}", &[]),
            ("a-{{identity}}", &[]),
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
