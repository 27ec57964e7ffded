//! `--grant`: every grant there is, by its name on the wire.

use serde_json::{Map, Value};

use super::failure::Failure;
use super::suggest::did_you_mean;
use crate::token::{Claims, GRANTS, Grant, GrantValue, Json, TrackSource, given_twice};

/// The names as `--grant` takes them.
pub(super) fn names() -> impl Iterator<Item = String> {
    GRANTS.iter().map(Grant::path)
}

/// Grants as they were typed, with their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants(Vec<(&'static Grant, Value)>);

impl Grants {
    /// Reads every `--grant`.
    pub(super) fn parse(typed: &[String]) -> Result<Self, Failure> {
        let mut grants = Self::default();
        for text in typed {
            let parsed = if text.trim_start().starts_with('{') {
                grants.add_json(text)
            } else {
                grants.add_named(text)
            };
            parsed.map_err(|failure| failure.at(format!("--grant {text}")))?;
        }
        Ok(grants)
    }

    /// Each grant with its value, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static Grant, &Value)> {
        self.0.iter().map(|(grant, value)| (*grant, value))
    }

    /// The value that was given to a grant of `video`.
    pub(super) fn video(&self, name: &str) -> Option<&Value> {
        let mut found = self.0.iter().rev();
        let found = found.find(|(grant, _)| grant.claim == "video" && grant.name == name);
        found.map(|(_, value)| value)
    }

    /// Whether any grant is more than a detail of joining a room.
    pub(super) fn name_a_permission(&self) -> bool {
        const DETAILS: &[&str] = &["room", "hidden", "recorder", "destinationRoom"];
        self.0.iter().any(|(grant, value)| {
            let detail = grant.name.starts_with("can") || DETAILS.contains(&grant.name);
            *value != Value::Bool(false) && !(grant.claim == "video" && detail)
        })
    }

    /// Adds the grants to claims, and replaces those that are there already.
    pub(super) fn apply(&self, claims: Claims) -> Result<Claims, Failure> {
        if self.0.is_empty() {
            return Ok(claims);
        }
        let mut value = serde_json::to_value(claims).map_err(unwritable)?;
        for (grant, granted) in &self.0 {
            let claim = &mut value[grant.claim];
            if !claim.is_object() {
                *claim = Value::Object(Map::new());
            }
            claim[grant.name] = granted.clone();
        }
        serde_json::from_value(value).map_err(unwritable)
    }

    /// `{"canPublish": false}`, merged into `video` as LiveKit's CLI takes it.
    fn add_json(&mut self, text: &str) -> Result<(), Failure> {
        let help = "give a JSON object of video grants, such as '{\"canPublish\": false}'";
        let json = serde_json::from_str(text).map_err(|error| Failure::usage(error, help))?;
        let Json::Object(members) = json else {
            return Err(Failure::usage(anyhow::anyhow!("not a JSON object"), help));
        };
        if let Some(name) = given_twice(&members) {
            return Err(Failure::usage(anyhow::anyhow!("`{name}` is given twice"), help));
        }
        for (name, value) in members {
            let (grant, value) = (find("video", &name)?, value.into_value());
            check(&value, grant)?;
            if !value.is_null() {
                self.0.push((grant, value));
            }
        }
        Ok(())
    }

    /// `name` or `name=value`.
    fn add_named(&mut self, text: &str) -> Result<(), Failure> {
        let (path, value) = match text.split_once('=') {
            Some((path, value)) => (path, Some(value)),
            None => (text, None),
        };
        let (claim, name) = path.trim().split_once('.').unwrap_or(("video", path.trim()));
        let grant = find(claim, name)?;
        let list =
            |text: &str| text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        let value = match (grant.value, value) {
            (GrantValue::Flag | GrantValue::OptionalFlag, None | Some("true")) => Value::Bool(true),
            (GrantValue::Flag | GrantValue::OptionalFlag, Some("false")) => Value::Bool(false),
            (GrantValue::Text, Some(text)) => Value::String(text.to_owned()),
            (GrantValue::List, Some(text)) => Value::from(list(text)),
            _ => return Err(wrong_value(grant)),
        };
        check(&value, grant)?;
        self.0.push((grant, value));
        Ok(())
    }
}

fn find(claim: &str, name: &str) -> Result<&'static Grant, Failure> {
    if let Some(grant) = Grant::find(claim, name) {
        return Ok(grant);
    }
    let typed = if claim == "video" { name.to_owned() } else { format!("{claim}.{name}") };
    let error = anyhow::anyhow!("there is no grant `{typed}`");
    let names = names().collect::<Vec<_>>();
    // Many people write `roomName` for `room`, and no grant has a similar name.
    let similar = match typed.as_str() {
        "roomName" => Some("room"),
        typed => did_you_mean(typed, names.iter().map(String::as_str)),
    };
    let help = match similar {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => format!("the grants are: {}", names.join(", ")),
    };
    Err(Failure::usage(error, help))
}

/// Refuses a value that the grant does not take; `null` is no value.
fn check(value: &Value, grant: &Grant) -> Result<(), Failure> {
    let strings =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    let right = match grant.value {
        GrantValue::Flag | GrantValue::OptionalFlag => value.is_boolean(),
        GrantValue::Text => value.is_string(),
        GrantValue::List => strings(value),
    };
    if !right && !value.is_null() {
        return Err(wrong_value(grant));
    }
    if grant.name != "canPublishSources" {
        return Ok(());
    }
    let mut sources = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    let known = TrackSource::NAMED.map(TrackSource::as_str);
    match sources.find(|source| !known.contains(source)) {
        None => Ok(()),
        Some(unknown) => {
            let error = anyhow::anyhow!("there is no source `{unknown}`");
            Err(Failure::usage(error, format!("canPublishSources takes {}", known.join(", "))))
        }
    }
}

fn wrong_value(grant: &Grant) -> Failure {
    let name = grant.name;
    let (what, example) = match grant.value {
        GrantValue::Flag | GrantValue::OptionalFlag => ("true or false", format!("{name}=false")),
        GrantValue::Text => ("a text", format!("{name}=demo")),
        GrantValue::List => ("a list", format!("{name}=a,b")),
    };
    Failure::usage(anyhow::anyhow!("`{name}` takes {what}"), format!("write it as {example}"))
}

/// Every value has been checked.
fn unwritable(error: serde_json::Error) -> Failure {
    Failure::usage(error, "leave out --grant")
}
