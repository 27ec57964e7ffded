//! The claims that LiveKit's server knows, the kind of value that each holds, and how a value is
//! read.

use serde_json::{Map, Value};

use super::grant_table::{GRANTS, Grant, GrantValue};
use super::json::{Json, JsonKind};
use super::numeric_date::seconds;
use super::proto_json::{Expected, FieldError};

/// The kind of value that a claim or a member of a grant holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Flag,
    OptionalFlag,
    Text,
    Texts,
    /// A string or a list of strings.
    Audience,
    Seconds,
    Attributes,
    /// An object of grants.
    Grants,
    RoomConfig,
}

/// The claims that LiveKit's server reads. The server takes the identity from `sub`, but its struct
/// also has a field for `identity`: a value there that is not a string makes it refuse the token.
const CLAIMS: &[(&str, Kind)] = &[
    ("iss", Kind::Text),
    ("sub", Kind::Text),
    ("aud", Kind::Audience),
    ("exp", Kind::Seconds),
    ("nbf", Kind::Seconds),
    ("iat", Kind::Seconds),
    ("jti", Kind::Text),
    ("identity", Kind::Text),
    ("name", Kind::Text),
    ("kind", Kind::Text),
    ("kindDetails", Kind::Texts),
    ("video", Kind::Grants),
    ("sip", Kind::Grants),
    ("agent", Kind::Grants),
    ("inference", Kind::Grants),
    ("observability", Kind::Grants),
    ("agentEndpoint", Kind::Grants),
    ("agentThread", Kind::Grants),
    ("roomConfig", Kind::RoomConfig),
    ("roomPreset", Kind::Text),
    ("sha256", Kind::Text),
    ("metadata", Kind::Text),
    ("attributes", Kind::Attributes),
];

/// Finds the claim that a name in a token refers to. Returns LiveKit's spelling and the kind of
/// value.
pub(super) fn known_claim(name: &str) -> Option<(&'static str, Kind)> {
    CLAIMS.iter().copied().find(|(known, _)| is_same(known, name))
}

/// Finds the member of a grant that a name in a token refers to.
pub(super) fn known_grant(claim: &str, member: &str) -> Option<(&'static str, Kind)> {
    let mut grants = GRANTS.iter().filter(|grant| grant.claim == claim);
    let Grant { name, value, .. } = grants.find(|grant| is_same(grant.name, member))?;
    let kind = match value {
        GrantValue::Flag => Kind::Flag,
        GrantValue::OptionalFlag => Kind::OptionalFlag,
        GrantValue::Text => Kind::Text,
        GrantValue::List => Kind::Texts,
    };
    Some((name, kind))
}

/// Whether Go's `encoding/json` treats two names as equal. It ignores the case of ASCII letters,
/// and folds the long s and the Kelvin sign, as Unicode's simple case folding does.
fn is_same(known: &str, name: &str) -> bool {
    let folded = |letter| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    known.chars().map(folded).eq(name.chars().map(folded))
}

impl Kind {
    /// Reads a value. `before` is the value of an earlier claim with the same name. The paths of
    /// errors start at the claim.
    pub(super) fn read(self, json: Json, before: Option<Value>) -> Result<Value, FieldError> {
        let found = json.kind();
        let expected = match (self, json) {
            (Self::Flag | Self::OptionalFlag, Json::Boolean(value)) => {
                return Ok(Value::Bool(value));
            }
            (Self::Text | Self::Audience, Json::String(text)) => return Ok(Value::String(text)),
            (Self::Texts, Json::List(list)) => return texts(list, before),
            (Self::Audience, Json::List(list)) => return audience(list),
            (Self::Attributes, Json::Object(members)) => return attributes(members, before),
            (Self::Seconds, json) => match json.into_value() {
                value if seconds(&value).is_some() => return Ok(value),
                _ => Expected::Seconds,
            },
            (Self::Flag | Self::OptionalFlag, _) => Expected::Boolean,
            (Self::Text, _) => Expected::String,
            (Self::Texts, _) => Expected::Strings,
            (Self::Audience, _) => Expected::StringOrStrings,
            (Self::Attributes | Self::Grants | Self::RoomConfig, _) => Expected::Object,
        };
        Err(FieldError::wrong_type("", found, expected))
    }
}

fn audience(list: Vec<Json>) -> Result<Value, FieldError> {
    match list.iter().find(|entry| entry.kind() != JsonKind::String) {
        Some(other) => Err(FieldError::wrong_type("", other.kind(), Expected::StringOrStrings)),
        None => Ok(Json::List(list).into_value()),
    }
}

/// Merges a list into an earlier one: `null` keeps the earlier entry at the same index.
fn texts(list: Vec<Json>, before: Option<Value>) -> Result<Value, FieldError> {
    let mut before = match before {
        Some(Value::Array(before)) => before,
        _ => Vec::new(),
    };
    let entry = |(index, json): (usize, Json)| match json {
        Json::String(text) => Ok(Value::String(text)),
        Json::Null => {
            let before = before.get_mut(index).map(Value::take);
            Ok(before.unwrap_or_else(|| Value::from("")))
        }
        other => Err(FieldError::wrong_type(format!("[{index}]"), other.kind(), Expected::String)),
    };
    list.into_iter().enumerate().map(entry).collect()
}

/// Merges attributes into earlier ones; `null` counts as the empty string.
fn attributes(members: Vec<(String, Json)>, before: Option<Value>) -> Result<Value, FieldError> {
    let mut read = match before {
        Some(Value::Object(before)) => before,
        _ => Map::new(),
    };
    for (name, json) in members {
        let value = match json {
            Json::String(text) => Value::String(text),
            Json::Null => Value::from(""),
            other => {
                let path = format!(".{name}");
                return Err(FieldError::wrong_type(path, other.kind(), Expected::String));
            }
        };
        read.insert(name, value);
    }
    Ok(Value::Object(read))
}
