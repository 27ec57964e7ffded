//! Why a request cannot be read.

use super::super::Field;
use super::RequestError;
use crate::token::{Expected, FieldError, Json, JsonKind, Problem, given_twice};

/// Returns why these bytes cannot be read as a request.
pub(super) fn explain(bytes: &[u8]) -> RequestError {
    match serde_json::from_slice(bytes) {
        Ok(json) => explain_value(json),
        // The message says what is wrong and where, and quotes nothing.
        Err(error) => RequestError::Syntax(error.to_string()),
    }
}

/// Returns why this JSON cannot be read as a request.
pub(super) fn explain_value(json: Json) -> RequestError {
    let members = match json {
        Json::Object(members) => members,
        other => return RequestError::NotAnObject(other.kind()),
    };
    let mut seen = Vec::new();
    for (name, value) in &members {
        let Ok(field) = name.parse::<Field>() else { continue };
        let path = field.to_string();
        if seen.contains(&field) {
            return FieldError::new(path, Problem::GivenTwice).into();
        }
        seen.push(field);
        if let Some(error) = wrong_value(field, path, value) {
            return error.into();
        }
    }
    RequestError::Syntax("it cannot be read".to_owned())
}

/// Returns what is wrong with the value of a field, if anything. The room configuration is checked
/// elsewhere.
fn wrong_value(field: Field, path: String, value: &Json) -> Option<FieldError> {
    match (field, value) {
        (Field::RoomConfig | Field::RoomConfigPart(_), _) => None,
        (_, value) if value.is_empty() => None,
        (Field::ParticipantAttributes, Json::Object(members)) => wrong_attribute(&path, members),
        (Field::ParticipantAttributes, other) => {
            Some(FieldError::wrong_type(path, other.kind(), Expected::Object))
        }
        (_, Json::String(_)) => None,
        (_, other) => Some(FieldError::wrong_type(path, other.kind(), Expected::String)),
    }
}

fn wrong_attribute(path: &str, members: &[(String, Json)]) -> Option<FieldError> {
    if let Some(name) = given_twice(members) {
        return Some(FieldError::new(format!("{path}.{name}"), Problem::GivenTwice));
    }
    let mut wrong = members.iter();
    let wrong = wrong.find(|(_, value)| !matches!(value, Json::String(_) | Json::Null));
    wrong.map(|(name, value)| {
        FieldError::wrong_type(format!("{path}.{name}"), value.kind(), Expected::String)
    })
}

/// What to send instead of a field that cannot be read.
pub(in crate::endpoint) fn field_hint(error: &FieldError) -> &'static str {
    match &error.problem {
        _ if error.wants_string() => "send a string: JSON.stringify() makes one of anything",
        Problem::GivenTwice => "send it once, in one spelling",
        Problem::WrongType { expected: Expected::Object, found: JsonKind::String } => {
            "send the object itself, not its JSON in a string"
        }
        Problem::WrongType { expected: Expected::Object, .. } => "send an object, such as {}",
        Problem::WrongType { expected: Expected::List | Expected::Strings, .. } => {
            "send a list: put what you send into [ ]"
        }
        Problem::WrongType { expected: Expected::Boolean, .. } => {
            "send true or false, without quotes"
        }
        _ => "see TokenSourceRequest in LiveKit's protocol for the type of the field",
    }
}
