//! The rules that decide fields of a token: `--default` and `--set` of `lkt serve`.

mod complete;
mod value;

pub(super) use complete::{Completed, Completion};
use value::FieldValue;

use std::cell::RefCell;

use http::HeaderName;

use super::login::ClaimPath;
use super::template::{Part, TemplateError};
use super::{Field, Placeholders, RequestError};

/// When a rule decides its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum When {
    /// Always. A client that sends another value is refused.
    Always,
    /// Always, for a caller with a login, unless a backend sets the field. A name that the login does
    /// not have is left to the client.
    Login,
    /// If neither the client nor anything else has set the field.
    Absent,
}

/// A rule: a field, the template for its value, and when the rule applies.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRule {
    field: Field,
    value: FieldValue,
    when: When,
    /// The template as it was given.
    text: String,
}

/// Why a text cannot be the template of a field.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FieldRuleError {
    /// A placeholder is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The field takes JSON, but the text is not JSON.
    #[error("it is not JSON")]
    Syntax(#[from] serde_json::Error),
    /// The text is JSON that the field cannot hold.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The text has an unknown field.
    #[error("there is no field `{0}`")]
    Unknown(String),
    /// The template uses a field that is decided later.
    #[error("`{0}` is decided before `{1}`, and cannot be made from it")]
    Order(Field, Field),
}

impl FieldRule {
    /// Creates a rule. In JSON, the strings are templates. For a field of `room_config`, a text that is
    /// not JSON is a string.
    ///
    /// # Errors
    /// [`FieldRuleError`] if the field does not accept the text.
    pub fn new(field: Field, text: &str, when: When) -> Result<Self, FieldRuleError> {
        let placeholders = match when {
            When::Absent => Placeholders::Default,
            When::Always | When::Login => Placeholders::Caller,
        };
        let value = FieldValue::new(field, text, placeholders)?;
        let rule = Self { field, value, when, text: text.to_owned() };
        for (later, part) in
            [(Field::ParticipantIdentity, Part::Identity), (Field::RoomName, Part::RoomName)]
        {
            let is_early = field == Field::ParticipantIdentity || field == later;
            if is_early && rule.has(&|found| *found == part) {
                return Err(FieldRuleError::Order(field, later));
            }
        }
        Ok(rule)
    }

    /// The field.
    pub fn field(&self) -> Field {
        self.field
    }

    /// When the rule applies.
    pub fn when(&self) -> When {
        self.when
    }

    /// The template as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the template uses anything about the caller: claims or headers.
    pub fn is_personal(&self) -> bool {
        self.has_claims() || self.has_headers()
    }

    /// Whether the template uses claims of a login.
    pub fn has_claims(&self) -> bool {
        self.has(&|part| matches!(part, Part::Claim(_)))
    }

    /// Whether the template uses headers of a proxy.
    pub fn has_headers(&self) -> bool {
        self.has(&|part| matches!(part, Part::Header(_)))
    }

    /// The headers that the template is made from, which a proxy has to set or remove.
    pub fn headers(&self) -> Vec<HeaderName> {
        let found = RefCell::new(Vec::new());
        self.has(&|part| {
            if let Part::Header(name) = part {
                found.borrow_mut().push(name.clone());
            }
            false
        });
        found.into_inner()
    }

    /// What the template is made from, in backticks: `claim.PATH` of a login, `header.NAME` of a proxy.
    fn sources(&self) -> Vec<String> {
        let found = RefCell::new(Vec::new());
        self.has(&|part| {
            found.borrow_mut().extend(part.source());
            false
        });
        found.into_inner()
    }

    /// Whether each value that is made from the template is a different one.
    pub fn is_random(&self) -> bool {
        self.has(&|part| *part == Part::Random)
    }

    fn has(&self, wanted: &dyn Fn(&Part) -> bool) -> bool {
        self.value.any(&|template| template.has(wanted))
    }
}

/// The rules for all fields. The default has the constants on LiveKit's page on the endpoint for an
/// absent room and identity.
///
/// A name that nothing sets is the identity if the request has one, and `quickstart-username` otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldRules(Vec<FieldRule>);

impl Default for FieldRules {
    fn default() -> Self {
        let mut rules = Self(Vec::new());
        for (field, text) in [
            (Field::RoomName, "quickstart-room"),
            (Field::ParticipantIdentity, "quickstart-identity"),
        ] {
            let value = FieldValue::Fixed(text.to_owned());
            rules.add(FieldRule { field, value, when: When::Absent, text: text.to_owned() });
        }
        rules
    }
}

impl FieldRules {
    /// Adds a rule. It replaces an earlier one of its kind for the same field: [`When::Absent`] is one
    /// kind, and the others are another.
    ///
    /// The default of `room_config` as a whole is one for each of its fields, so that the default of a
    /// field that clients may not set always applies.
    pub fn add(&mut self, rule: FieldRule) {
        if (rule.field, rule.when) == (Field::RoomConfig, When::Absent) {
            for (part, value) in rule.value.parts() {
                let text = rule.text.clone();
                let field = Field::RoomConfigPart(part);
                self.add(FieldRule { field, value, when: rule.when, text });
            }
            return;
        }
        let is_default = |rule: &FieldRule| rule.when == When::Absent;
        self.0.retain(|old| old.field != rule.field || is_default(old) != is_default(&rule));
        self.0.push(rule);
        self.0.sort_by_key(|rule| (rule.field, rule.when));
    }

    /// Creates a rule and adds it.
    ///
    /// # Errors
    /// [`FieldRuleError`] if the field does not accept the text.
    pub fn set(&mut self, field: Field, text: &str, when: When) -> Result<(), FieldRuleError> {
        self.add(FieldRule::new(field, text, when)?);
        Ok(())
    }

    /// Adds what a login means for a token: the claim `user` is the identity, and the claim `name`, if
    /// there is one, the participant's name.
    ///
    /// # Errors
    /// [`FieldRuleError`] if the path cannot be written as a placeholder.
    pub fn add_login(&mut self, user: &ClaimPath) -> Result<(), FieldRuleError> {
        self.set(Field::ParticipantIdentity, &format!("{{claim.{user}}}"), When::Login)?;
        self.set(Field::ParticipantName, "{claim.name}", When::Login)
    }

    /// The rules for a field.
    pub fn of(&self, field: Field) -> impl Iterator<Item = &FieldRule> {
        self.0.iter().filter(move |rule| rule.field == field)
    }

    /// All rules.
    pub fn iter(&self) -> impl Iterator<Item = &FieldRule> {
        self.0.iter()
    }

    /// The rules that decide fields whatever the client sends.
    pub fn deciding(&self) -> impl Iterator<Item = &FieldRule> {
        self.0.iter().filter(|rule| rule.when != When::Absent)
    }

    /// The default of a field.
    pub fn default_of(&self, field: Field) -> Option<&FieldRule> {
        self.of(field).find(|rule| rule.when == When::Absent)
    }
}
