//! Patterns for rooms that take claims: `org-{claim.org_id}/*`.

use wildmatch::WildMatchPattern;

use super::template::{ClaimTemplate, Facts, Missing, Part, TemplateError};

/// They stand for `*` and `?` of the pattern itself. Unicode guarantees that they are no
/// characters, and a claim that has them in it is not filled in.
const MANY: char = '\u{1FFFE}';
const ONE: char = '\u{1FFFF}';

/// A pattern for names of rooms: `*` is any text, `?` any one character. What claims put into it is
/// text, and never a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomTemplate(ClaimTemplate);

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
        let ClaimTemplate(parts) = template;
        let wild = |letter| match letter {
            '*' => MANY,
            '?' => ONE,
            letter => letter,
        };
        let parts = parts.into_iter().map(|part| match part {
            Part::Text(text) => Part::Text(text.chars().map(wild).collect()),
            part => part,
        });
        Ok(Self(ClaimTemplate(parts.collect())))
    }

    /// Whether it has something of the person who asks in it.
    pub fn is_personal(&self) -> bool {
        self.0.is_personal()
    }

    /// Whether it has claims in it.
    pub fn has_claims(&self) -> bool {
        self.0.has(|part| matches!(part, Part::Claim(_)))
    }

    /// Whether it has headers of a proxy in it.
    pub fn has_headers(&self) -> bool {
        self.0.has(|part| matches!(part, Part::Header(_)))
    }

    /// The same pattern for a server, which asks for anyone: what depends on the person is any text.
    pub(super) fn for_anyone(&self) -> Self {
        let parts = self.0.0.iter().map(|part| match part {
            Part::Claim(_) | Part::Header(_) => Part::Text(MANY.into()),
            part => part.clone(),
        });
        Self(ClaimTemplate(parts.collect()))
    }

    pub(super) fn matches(&self, room: &str, facts: &Facts<'_>) -> Result<bool, Missing> {
        let pattern = self.0.fill(facts)?;
        let wild =
            |text: &str| text.chars().filter(|&letter| [MANY, ONE].contains(&letter)).count();
        let own = self.0.0.iter().map(|part| match part {
            Part::Text(text) => wild(text),
            _ => 0,
        });
        if wild(&pattern) != own.sum::<usize>() {
            return Ok(false);
        }
        Ok(WildMatchPattern::<MANY, ONE>::new(&pattern).matches(room))
    }
}
