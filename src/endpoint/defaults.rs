//! Defaults for the fields that a request does not set.

use std::collections::BTreeMap;
use std::convert::Infallible;

use serde_json::Value;

use super::json_template::{JsonTemplate, check_not_almost_json};
use super::{Field, Random, RequestError, Template, TokenSourceRequest};
use crate::token::{FieldError, Json, RoomConfig};

/// The default of each field. [`Defaults::set`] changes one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Defaults {
    /// For `room_name`.
    pub room_name: Template,
    /// For `participant_identity`.
    pub participant_identity: Template,
    /// For `participant_name`. If `None`, the name is the identity if the request has one, and
    /// `quickstart-username` otherwise.
    pub participant_name: Option<Template>,
    /// For `participant_metadata`.
    pub participant_metadata: Option<Template>,
    /// For `participant_attributes` as a whole.
    pub participant_attributes: Vec<(String, Template)>,
    /// For each field of `room_config`, by its camelCase name.
    room_config: BTreeMap<String, JsonTemplate<Template>>,
}

impl Default for Defaults {
    /// The constants on LiveKit's page on the endpoint.
    fn default() -> Self {
        Self {
            room_name: Template::new("quickstart-room"),
            participant_identity: Template::new("quickstart-identity"),
            participant_name: None,
            participant_metadata: None,
            participant_attributes: Vec::new(),
            room_config: BTreeMap::new(),
        }
    }
}

/// Why a text cannot be the default of a field.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefaultError {
    /// The text is not JSON, but the field takes an object.
    #[error("it is not JSON")]
    Syntax(#[from] serde_json::Error),
    /// The text is JSON that the field cannot hold.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The text has an unknown field.
    #[error("there is no field `{0}`")]
    Unknown(String),
}

impl Defaults {
    /// Sets the default of a field.
    ///
    /// `text` may have the placeholders of [`Template::new`]. For `participant_attributes`,
    /// `room_config` and its fields it is JSON, whose strings may have placeholders. For a field of
    /// `room_config`, a text that is not JSON is a string.
    ///
    /// # Errors
    /// [`DefaultError`] if the field does not accept the text.
    pub fn set(&mut self, field: Field, text: &str) -> Result<(), DefaultError> {
        match field {
            Field::RoomName => self.room_name = Template::new(text),
            Field::ParticipantIdentity => self.participant_identity = Template::new(text),
            Field::ParticipantName => self.participant_name = Some(Template::new(text)),
            Field::ParticipantMetadata => self.participant_metadata = Some(template(text)?),
            Field::ParticipantAttributes => {
                let request = read(field, serde_json::from_str(text)?)?;
                let attributes = request.participant_attributes.into_iter();
                let attributes = attributes.map(|(key, value)| Ok((key, template(&value)?)));
                self.participant_attributes =
                    attributes.collect::<Result<_, serde_json::Error>>()?;
            }
            Field::RoomConfig => self.add_room_config(serde_json::from_str(text)?)?,
            Field::RoomConfigPart(part) => {
                // A bare word is a string: `room_config.metadata=hello`.
                let json = serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.into()));
                self.add_room_config(Json::Object(vec![(part.as_str().to_owned(), json)]))?;
            }
        }
        Ok(())
    }

    fn add_room_config(&mut self, json: Json) -> Result<(), DefaultError> {
        let request = read(Field::RoomConfig, json)?;
        let members = request.room_config.unwrap_or_default().canonical_members();
        for (name, value) in members {
            self.room_config.insert(name, JsonTemplate::new(value, &template)?);
        }
        Ok(())
    }

    /// Fills in the absent fields of a request.
    pub(super) fn complete(
        &self,
        mut request: TokenSourceRequest,
        random: &Random,
    ) -> Result<TokenSourceRequest, RequestError> {
        let named = request.participant_identity.take();
        let identity = match &named {
            Some(identity) => identity.clone(),
            None => self.participant_identity.fill("", random),
        };
        let fill = |template: &Template| template.fill(&identity, random);
        request.room_name.get_or_insert_with(|| fill(&self.room_name));
        request.participant_name.get_or_insert_with(|| self.name(named, &identity, random));
        if request.participant_metadata.is_none() {
            request.participant_metadata = self.participant_metadata.as_ref().map(fill);
        }
        if request.participant_attributes.is_empty() {
            let attributes = self.participant_attributes.iter();
            let filled = attributes.map(|(key, value)| (key.clone(), fill(value)));
            request.participant_attributes = filled.collect();
        }
        if !self.room_config.is_empty() {
            request.room_config = self.complete_room_config(request.room_config, &fill)?;
        }
        request.participant_identity = Some(identity);
        Ok(request)
    }

    /// Returns the default name of a participant with this identity. `named` is the identity in the
    /// request, if it has one.
    pub(super) fn name(&self, named: Option<String>, identity: &str, random: &Random) -> String {
        match &self.participant_name {
            Some(template) => template.fill(identity, random),
            None => named.unwrap_or_else(|| "quickstart-username".to_owned()),
        }
    }

    /// Completes each field separately, so that the default of a field that clients may not set
    /// always applies.
    fn complete_room_config(
        &self,
        asked: Option<RoomConfig>,
        fill: &dyn Fn(&Template) -> String,
    ) -> Result<Option<RoomConfig>, FieldError> {
        let mut members = asked.unwrap_or_default().canonical_members();
        for (name, template) in &self.room_config {
            members.entry(name.clone()).or_insert_with(|| {
                let Ok(value) = template.fill(&|text| Ok::<_, Infallible>(fill(text)));
                value
            });
        }
        let read = RoomConfig::from_value(Value::Object(members))?;
        Ok(Some(read.config).filter(|config| !config.is_empty()))
    }
}

/// Reads a text that may hold JSON.
fn template(text: &str) -> Result<Template, serde_json::Error> {
    check_not_almost_json(text)?;
    Ok(Template::new(text))
}

/// Reads one field with the parser for requests, so that a default means the same as in a request.
fn read(field: Field, json: Json) -> Result<TokenSourceRequest, DefaultError> {
    let request = Json::Object(vec![(field.to_string(), json)]);
    let text = serde_json::to_vec(&request)?;
    let read = TokenSourceRequest::from_json(&text)?;
    match read.unknown.into_iter().next() {
        Some(unknown) => Err(DefaultError::Unknown(unknown)),
        None => Ok(read.request),
    }
}
