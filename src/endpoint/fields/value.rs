//! The value that a rule gives a field.

use serde_json::{Map, Value, json};

use super::FieldRuleError;
use crate::endpoint::template::{Facts, JsonTemplate, Missing, check_not_almost_json};
use crate::endpoint::{
    Field, Placeholders, ReadRequest, Refusal, RequestError, Template, TokenSourceRequest,
};
use crate::token::{Json, RoomConfig, RoomConfigPart};

/// The template for the value of a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FieldValue {
    /// A string without placeholders.
    Fixed(String),
    /// A string.
    Text(Template),
    /// A string that holds JSON, as metadata often does.
    JsonText(JsonTemplate),
    /// Attributes.
    Attributes(Vec<(String, Template)>),
    /// A room configuration without placeholders.
    FixedConfig(RoomConfig),
    /// A room configuration.
    Config(JsonTemplate),
}

impl FieldValue {
    pub(super) fn new(
        field: Field,
        text: &str,
        placeholders: Placeholders,
    ) -> Result<Self, FieldRuleError> {
        let template = |text: &str| Ok::<_, FieldRuleError>(Template::new(text, placeholders)?);
        // A text in JSON may hold JSON too, such as the metadata of an agent.
        let inner = |text: &str| {
            let template = template(text)?;
            check_not_almost_json(text)?;
            Ok(template)
        };
        let json = || serde_json::from_str::<Value>(text);
        Ok(match field {
            Field::RoomName | Field::ParticipantIdentity | Field::ParticipantName => {
                Self::text(template(text)?)
            }
            Field::ParticipantMetadata => match (placeholders, json()) {
                (Placeholders::Caller, Ok(value))
                    if value.is_object() || value.is_array() || value.is_string() =>
                {
                    Self::JsonText(JsonTemplate::new(value, &inner)?)
                }
                _ => Self::text(inner(text)?),
            },
            Field::ParticipantAttributes => {
                let read = check(field, json()?)?.participant_attributes.into_iter();
                let templates = read.map(|(key, value)| Ok((key, inner(&value)?)));
                Self::Attributes(templates.collect::<Result<_, FieldRuleError>>()?)
            }
            Field::RoomConfig => Self::config(json()?, &inner)?,
            Field::RoomConfigPart(part) => {
                // A bare word is a string: `room_config.metadata=hello`.
                let value = json().unwrap_or_else(|_| text.into());
                Self::config(json!({part.as_str(): value}), &inner)?
            }
        })
    }

    fn text(template: Template) -> Self {
        if template.is_fixed() { Self::Fixed(template.to_string()) } else { Self::Text(template) }
    }

    fn config(
        value: Value,
        template: &impl Fn(&str) -> Result<Template, FieldRuleError>,
    ) -> Result<Self, FieldRuleError> {
        let json = JsonTemplate::new(value.clone(), template)?;
        let is_personal = |template: &Template| template.has_claims() || template.has_headers();
        if json.any(&is_personal) {
            // The value of a number may come from a claim, so it can be checked only when it is there.
            return Ok(Self::Config(json));
        }
        let config = check(Field::RoomConfig, value)?.room_config.unwrap_or_default();
        let is_fixed = !json.any(&|template| !template.is_fixed());
        Ok(if is_fixed { Self::FixedConfig(config) } else { Self::Config(json) })
    }

    /// The value of each field of a room configuration.
    pub(super) fn parts(&self) -> Vec<(RoomConfigPart, Self)> {
        match self {
            Self::FixedConfig(config) => {
                let parts = RoomConfigPart::ALL.iter().filter(|&&part| config.has(part));
                parts.map(|&part| (part, Self::FixedConfig(config.clone()))).collect()
            }
            Self::Config(JsonTemplate::Object(members)) => {
                let part = |(name, value): &(String, JsonTemplate)| {
                    let one = JsonTemplate::Object(vec![(name.clone(), value.clone())]);
                    Some((RoomConfigPart::find(name)?, Self::Config(one)))
                };
                members.iter().filter_map(part).collect()
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn any(&self, is: &dyn Fn(&Template) -> bool) -> bool {
        match self {
            Self::Fixed(_) | Self::FixedConfig(_) => false,
            Self::Text(template) => is(template),
            Self::JsonText(json) | Self::Config(json) => json.any(is),
            Self::Attributes(attributes) => attributes.iter().any(|(_, value)| is(value)),
        }
    }

    /// Returns a request with only this field.
    pub(super) fn fill(
        &self,
        field: Field,
        facts: &Facts<'_>,
    ) -> Result<TokenSourceRequest, FillError> {
        let mut request = TokenSourceRequest::default();
        match self {
            Self::Fixed(text) => request.set_text(field, text.clone()),
            Self::Text(template) => request.set_text(field, template.fill(facts)?),
            Self::JsonText(json) => {
                request.set_text(field, json.fill(facts)?.into_value().to_string());
            }
            Self::Attributes(attributes) => {
                let filled = attributes.iter();
                let filled = filled.map(|(key, value)| Ok((key.clone(), value.fill(facts)?)));
                request.participant_attributes = filled.collect::<Result<_, Missing>>()?;
            }
            Self::FixedConfig(config) => request.room_config = Some(config.clone()),
            Self::Config(json) => request.room_config = Some(read_config(json.fill(facts)?)?),
        }
        Ok(request)
    }
}

fn read_config(json: Json) -> Result<RoomConfig, RequestError> {
    Ok(RoomConfig::from_json(json)?.config)
}

/// Why a value cannot be filled in.
#[derive(Debug)]
pub(super) enum FillError {
    /// A placeholder has no value.
    Missing(Missing),
    /// The field cannot hold the value, which comes from a claim.
    Request(RequestError),
}

impl From<Missing> for FillError {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<RequestError> for FillError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl From<FillError> for Refusal {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Missing(missing) => missing.into(),
            FillError::Request(error) => error.into(),
        }
    }
}

/// Reads one field with the parser for requests, so that a value means the same as in a request.
fn check(field: Field, value: Value) -> Result<TokenSourceRequest, FieldRuleError> {
    let request = Value::Object(Map::from_iter([(field.to_string(), value)]));
    let ReadRequest { request, unknown } =
        TokenSourceRequest::from_json(request.to_string().as_bytes())?;
    match unknown.into_iter().next() {
        Some(field) => Err(FieldRuleError::Unknown(field)),
        None => Ok(request),
    }
}
