//! Patterns for the rooms of tokens: `team-*`, `org-{claim.org_id}/*`.

use std::fmt;

use http::HeaderName;
use wildmatch::WildMatchPattern;

use super::template::{Facts, Missing, Part, claim_values};
use super::{Placeholders, Template, TemplateError};

/// Stand-ins for `*` and `?` in the pattern itself. Unicode guarantees that they are not
/// characters, and a pattern with a claim that contains one matches no room.
const MANY: char = '\u{1FFFE}';
const ONE: char = '\u{1FFFF}';

/// Maximum number of patterns that the lists of a login make of one. More match no room.
const MOST_PATTERNS: usize = 4096;

type Wild = WildMatchPattern<MANY, ONE>;

/// A pattern for room names: `*` matches any text, `?` any one character. Placeholders are filled in as
/// plain text, never as patterns.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomPattern {
    template: Template,
    /// The pattern, if it has no placeholders.
    fixed: Option<Wild>,
}

impl fmt::Display for RoomPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.template.fmt(formatter)
    }
}

impl RoomPattern {
    /// Reads a pattern, which may have the placeholders of [`Placeholders::Room`].
    ///
    /// # Errors
    /// [`TemplateError`] when a placeholder is wrong.
    pub fn new(pattern: &str) -> Result<Self, TemplateError> {
        let template = Template::new(pattern, Placeholders::Room)?;
        let fixed = template.is_fixed().then(|| Wild::new(&wild(pattern)));
        Ok(Self { template, fixed })
    }

    /// Whether the pattern uses claims of a login.
    pub fn has_claims(&self) -> bool {
        self.template.has_claims()
    }

    /// Whether the pattern uses headers of a proxy.
    pub fn has_headers(&self) -> bool {
        self.template.has_headers()
    }

    /// The headers that the pattern is made from, which a proxy has to set or remove.
    pub fn headers(&self) -> Vec<HeaderName> {
        let header = |part: &Part| match part {
            Part::Header(name) => Some(name.clone()),
            _ => None,
        };
        self.template.parts().iter().filter_map(header).collect()
    }

    /// Whether the pattern matches a room. Placeholders for which `is_free` holds match any text.
    pub(super) fn matches(
        &self,
        room: &str,
        facts: &Facts<'_>,
        is_free: &dyn Fn(&Part) -> bool,
    ) -> Result<bool, Missing> {
        if let Some(fixed) = &self.fixed {
            return Ok(fixed.matches(room));
        }
        let mut patterns = vec![String::new()];
        for part in self.template.parts() {
            let values = match part {
                Part::Text(text) => vec![wild(text)],
                part if is_free(part) => vec![MANY.to_string()],
                // Each element of a list allows.
                Part::Claim(paths) => plain(claim_values(paths, facts)?),
                part => plain(vec![part.value(facts)?.into_owned()]),
            };
            if patterns.len().saturating_mul(values.len()) > MOST_PATTERNS {
                return Ok(false);
            }
            let longer = |pattern: &String| {
                values.iter().map(|value| format!("{pattern}{value}")).collect::<Vec<_>>()
            };
            patterns = patterns.iter().flat_map(longer).collect();
        }
        Ok(patterns.iter().any(|pattern| Wild::new(pattern).matches(room)))
    }
}

/// Values that are text in a pattern. Those that look like a part of a pattern match no room.
fn plain(mut values: Vec<String>) -> Vec<String> {
    values.retain(|value| !value.contains([MANY, ONE]));
    values
}

fn wild(text: &str) -> String {
    let wild = |letter| match letter {
        '*' => MANY,
        '?' => ONE,
        letter => letter,
    };
    text.chars().map(wild).collect()
}
