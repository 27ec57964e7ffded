//! Fields that depend on the caller: `--set FIELD=TEMPLATE` of `lkt serve`.

use serde_json::{Map, Value, json};

use super::template::{ClaimTemplate, Facts, Missing, Part, TemplateError};
use crate::endpoint::json_template::{JsonTemplate, check_not_almost_json};
use crate::endpoint::{Field, ReadRequest, Refusal, RequestError, TokenSourceRequest};
use crate::token::RoomConfig;

/// A field, and the template for its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Set {
    pub(super) field: Field,
    value: SetValue,
    /// Whether it is implied by another setting instead of being configured itself.
    pub(super) implied: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum SetValue {
    Text(ClaimTemplate),
    /// Written as JSON text for metadata, and as an object for fields that are objects.
    Json(JsonTemplate<ClaimTemplate>),
}

/// Why a field cannot be set to a template.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// A placeholder is wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The field takes JSON, but the text is not JSON.
    #[error("`{0}` is set to JSON, which this is not: {1}")]
    Json(Field, String),
    /// The field does not accept the value.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The field has no such part.
    #[error("there is no field `{0}`")]
    Unknown(String),
    /// The template uses a field that is decided later.
    #[error("`{0}` is decided before `{1}`, and cannot be made from it")]
    Order(Field, Field),
}

impl Set {
    /// Sets a field to a template. In JSON, the strings are templates.
    ///
    /// # Errors
    /// [`SetError`] says what is wrong with it.
    pub fn new(field: Field, text: &str) -> Result<Self, SetError> {
        let value = read_value(field, text)?;
        let set = Self { field, value, implied: false };
        for (name, part) in
            [(Field::ParticipantIdentity, Part::Identity), (Field::RoomName, Part::RoomName)]
        {
            let early = match field {
                Field::ParticipantIdentity => true,
                Field::RoomName => name == Field::RoomName,
                _ => false,
            };
            if early && set.has(&|found| *found == part) {
                return Err(SetError::Order(field, name));
            }
        }
        Ok(set)
    }

    /// Marks it as implied by another setting. A backend's answer takes precedence over it.
    pub fn implied(self) -> Self {
        Self { implied: true, ..self }
    }

    /// The field.
    pub fn field(&self) -> Field {
        self.field
    }

    /// Whether the template uses anything about the caller: claims or headers.
    pub fn is_personal(&self) -> bool {
        self.has(&|part| matches!(part, Part::Claim(_) | Part::Header(_)))
    }

    /// Whether the template uses claims.
    pub fn has_claims(&self) -> bool {
        self.has(&|part| matches!(part, Part::Claim(_)))
    }

    /// Whether the template uses headers of a proxy.
    pub fn has_headers(&self) -> bool {
        self.has(&|part| matches!(part, Part::Header(_)))
    }

    fn has(&self, wanted: &dyn Fn(&Part) -> bool) -> bool {
        match &self.value {
            SetValue::Text(template) => template.has(wanted),
            SetValue::Json(template) => template.any(&|text| text.has(wanted)),
        }
    }

    /// Returns a request with only this field.
    pub(super) fn fill(&self, facts: &Facts<'_>) -> Result<TokenSourceRequest, Refusal> {
        let value = match &self.value {
            SetValue::Text(template) => Value::String(template.fill(facts)?),
            SetValue::Json(template) => json_value(self.field, fill_json(template, facts)?),
        };
        as_request(self.field, value).map_err(|error| match error {
            SetError::Request(error) => error.into(),
            // Names were checked when the field was set; claims only fill values.
            error => Refusal::internal(error.to_string()),
        })
    }

    /// Whether a value that the template needs is missing. Some implied fields are only set if it
    /// is there.
    pub(super) fn is_missing(&self, facts: &Facts<'_>) -> bool {
        let filled: Result<(), Missing> = match &self.value {
            SetValue::Text(template) => template.fill(facts).map(drop),
            SetValue::Json(template) => fill_json(template, facts).map(drop),
        };
        filled.is_err()
    }
}

fn read_value(field: Field, text: &str) -> Result<SetValue, SetError> {
    let refuse_almost_json = |text: &str| {
        check_not_almost_json(text).map_err(|error| SetError::Json(field, error.to_string()))
    };
    let json = serde_json::from_str::<Value>(text);
    let value = match field {
        Field::RoomName | Field::ParticipantIdentity | Field::ParticipantName => {
            return Ok(SetValue::Text(ClaimTemplate::new(text)?));
        }
        Field::ParticipantMetadata => match json {
            Ok(value) if value.is_object() || value.is_array() || value.is_string() => value,
            _ => {
                refuse_almost_json(text)?;
                return Ok(SetValue::Text(ClaimTemplate::new(text)?));
            }
        },
        // A bare word is a string: `room_config.metadata=hello`.
        Field::RoomConfigPart(_) => json.unwrap_or_else(|_| Value::from(text)),
        _ => json.map_err(|error| SetError::Json(field, error.to_string()))?,
    };
    // A string may hold JSON too, such as the metadata of an agent.
    let template = JsonTemplate::new(value, &|text| {
        refuse_almost_json(text)?;
        Ok::<_, SetError>(ClaimTemplate::new(text)?)
    })?;
    let random = crate::endpoint::Random::new(|| 0);
    let facts =
        Facts { claims: None, headers: None, identity: "x", room_name: "x", random: &random };
    // This checks names and types now. Values from claims are checked on each request.
    if let Ok(value) = fill_json(&template, &facts) {
        as_request(field, json_value(field, value))?;
    }
    Ok(SetValue::Json(template))
}

fn fill_json(template: &JsonTemplate<ClaimTemplate>, facts: &Facts<'_>) -> Result<Value, Missing> {
    template.fill(&|text| text.fill(facts))
}

/// Converts JSON to the value of a field. Metadata is a string that holds the JSON.
fn json_value(field: Field, value: Value) -> Value {
    if field == Field::ParticipantMetadata { Value::String(value.to_string()) } else { value }
}

/// Reads a value with the parser for requests, so that it means the same there.
fn as_request(field: Field, value: Value) -> Result<TokenSourceRequest, SetError> {
    let json = match (field, value) {
        (Field::RoomConfigPart(part), value) => json!({"room_config": {part.as_str(): value}}),
        (field, value) => Value::Object(Map::from_iter([(field.to_string(), value)])),
    };
    let ReadRequest { request, unknown } =
        TokenSourceRequest::from_json(json.to_string().as_bytes())?;
    match unknown.into_iter().next() {
        Some(field) => Err(SetError::Unknown(field)),
        None => Ok(request),
    }
}

/// Copies one field of `source` into `target`.
pub(super) fn take_over(
    field: Field,
    source: &TokenSourceRequest,
    target: &mut TokenSourceRequest,
) -> Result<(), Refusal> {
    match field {
        Field::RoomName => target.room_name.clone_from(&source.room_name),
        Field::ParticipantIdentity => {
            target.participant_identity.clone_from(&source.participant_identity);
        }
        Field::ParticipantName => target.participant_name.clone_from(&source.participant_name),
        Field::ParticipantMetadata => {
            target.participant_metadata.clone_from(&source.participant_metadata);
        }
        Field::ParticipantAttributes => {
            target.participant_attributes.clone_from(&source.participant_attributes);
        }
        Field::RoomConfig => target.room_config.clone_from(&source.room_config),
        Field::RoomConfigPart(part) => {
            let mut members = part_of(target.room_config.as_ref());
            members.extend(part_of(source.room_config.as_ref()).remove_entry(part.as_str()));
            let read =
                RoomConfig::from_value(Value::Object(members)).map_err(RequestError::from)?;
            target.room_config = Some(read.config).filter(|config| !config.is_empty());
        }
    }
    Ok(())
}

fn part_of(config: Option<&RoomConfig>) -> Map<String, Value> {
    config.map(RoomConfig::canonical_members).unwrap_or_default()
}

/// Whether two requests have the same value in a field.
pub(super) fn agree(field: Field, left: &TokenSourceRequest, right: &TokenSourceRequest) -> bool {
    match field {
        Field::RoomName => left.room_name == right.room_name,
        Field::ParticipantIdentity => left.participant_identity == right.participant_identity,
        Field::ParticipantName => left.participant_name == right.participant_name,
        Field::ParticipantMetadata => left.participant_metadata == right.participant_metadata,
        Field::ParticipantAttributes => left.participant_attributes == right.participant_attributes,
        Field::RoomConfig => left.room_config == right.room_config,
        Field::RoomConfigPart(part) => {
            part_of(left.room_config.as_ref()).get(part.as_str())
                == part_of(right.room_config.as_ref()).get(part.as_str())
        }
    }
}
