//! Patterns for rooms with claims in them: `org-{claim.org_id}/*`.

use std::fmt;

use wildmatch::WildMatchPattern;

use super::template::{ClaimTemplate, Facts, Missing, Part, TemplateError};

/// Stand-ins for `*` and `?` in the pattern itself. Unicode guarantees that they are not
/// characters, and a pattern with a claim that contains one matches no room.
const MANY: char = '\u{1FFFE}';
const ONE: char = '\u{1FFFF}';

/// A pattern for room names: `*` matches any text, `?` any one character. Values from claims are
/// plain text, never patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomTemplate {
    template: ClaimTemplate,
    /// The pattern as it was given.
    text: String,
}

impl fmt::Display for RoomTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl RoomTemplate {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`TemplateError`] when a placeholder is wrong.
    pub fn new(pattern: &str) -> Result<Self, TemplateError> {
        let template = ClaimTemplate::new(pattern)?;
        if template.has(|part| matches!(part, Part::Random | Part::RoomName)) {
            return Err(TemplateError::Room);
        }
        let wild = |letter| match letter {
            '*' => MANY,
            '?' => ONE,
            letter => letter,
        };
        let parts = template.parts.into_iter().map(|part| match part {
            Part::Text(text) => Part::Text(text.chars().map(wild).collect()),
            part => part,
        });
        let template = ClaimTemplate { parts: parts.collect(), json: false };
        Ok(Self { template, text: pattern.to_owned() })
    }

    /// Whether the pattern uses claims.
    pub fn has_claims(&self) -> bool {
        self.template.has(|part| matches!(part, Part::Claim(_)))
    }

    /// Whether the pattern uses headers of a proxy.
    pub fn has_headers(&self) -> bool {
        self.template.has(|part| matches!(part, Part::Header(_)))
    }

    /// Whether the pattern matches a room that a server asks for. A server requests tokens for anyone,
    /// so parts that depend on the person match any text.
    pub(super) fn matches_for_anyone(
        &self,
        room: &str,
        facts: &Facts<'_>,
    ) -> Result<bool, Missing> {
        let parts = self.template.parts.iter().map(|part| match part {
            Part::Claim(_) | Part::Header(_) => Part::Text(MANY.into()),
            part => part.clone(),
        });
        matches(&ClaimTemplate { parts: parts.collect(), json: false }, room, facts)
    }

    pub(super) fn matches(&self, room: &str, facts: &Facts<'_>) -> Result<bool, Missing> {
        matches(&self.template, room, facts)
    }
}

fn matches(template: &ClaimTemplate, room: &str, facts: &Facts<'_>) -> Result<bool, Missing> {
    let pattern = template.fill(facts)?;
    let wild = |text: &str| text.chars().filter(|&letter| [MANY, ONE].contains(&letter)).count();
    let own = template.parts.iter().map(|part| match part {
        Part::Text(text) => wild(text),
        _ => 0,
    });
    if wild(&pattern) != own.sum::<usize>() {
        return Ok(false);
    }
    Ok(WildMatchPattern::<MANY, ONE>::new(&pattern).matches(room))
}
