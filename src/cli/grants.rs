//! `--grant`: every grant there is, by its name on the wire.

use serde_json::{Map, Value};

use super::failure::Failure;
use super::suggest::did_you_mean;
use crate::token::{Claims, StrictValue};

/// What a grant's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true` or `false`; a name alone is `true`.
    Flag,
    /// Text.
    Text,
    /// A list, with commas between.
    List,
}

/// Every grant: where it stands among the claims, its name, and what it takes. A test holds this
/// against the types in `token/grants.rs`.
pub(super) const GRANTS: &[(&str, &str, Kind)] = &[
    ("video", "roomCreate", Kind::Flag),
    ("video", "roomList", Kind::Flag),
    ("video", "roomRecord", Kind::Flag),
    ("video", "roomAdmin", Kind::Flag),
    ("video", "roomJoin", Kind::Flag),
    ("video", "room", Kind::Text),
    ("video", "canPublish", Kind::Flag),
    ("video", "canSubscribe", Kind::Flag),
    ("video", "canPublishData", Kind::Flag),
    ("video", "canPublishSources", Kind::List),
    ("video", "canUpdateOwnMetadata", Kind::Flag),
    ("video", "ingressAdmin", Kind::Flag),
    ("video", "hidden", Kind::Flag),
    ("video", "recorder", Kind::Flag),
    ("video", "agent", Kind::Flag),
    ("video", "canSubscribeMetrics", Kind::Flag),
    ("video", "canManageAgentSession", Kind::Flag),
    ("video", "destinationRoom", Kind::Text),
    ("sip", "admin", Kind::Flag),
    ("sip", "call", Kind::Flag),
    ("agent", "admin", Kind::Flag),
    ("agent", "simulationAdmin", Kind::Flag),
    ("agent", "databaseAdmin", Kind::Flag),
    ("agent", "dispatchAdmin", Kind::Flag),
    ("inference", "perform", Kind::Flag),
    ("observability", "write", Kind::Flag),
    ("agentEndpoint", "call", Kind::Flag),
    ("agentEndpoint", "agentName", Kind::Text),
    ("agentEndpoint", "deployment", Kind::Text),
    ("agentThread", "all", Kind::Flag),
    ("agentThread", "scope", Kind::Text),
    ("agentThread", "threadIds", Kind::List),
    ("agentThread", "list", Kind::Flag),
    ("agentThread", "create", Kind::Flag),
    ("agentThread", "write", Kind::Flag),
    ("agentThread", "read", Kind::Flag),
    ("agentThread", "delete", Kind::Flag),
];

/// The names as `--grant` takes them: those of `video` alone, the others with a dot.
pub(super) fn names() -> impl Iterator<Item = String> {
    GRANTS.iter().map(|&(section, name, _)| typed_name(section, name))
}

fn typed_name(section: &str, name: &str) -> String {
    if section == "video" { name.to_owned() } else { format!("{section}.{name}") }
}

/// Grants as they were typed, by section and name.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants(Vec<(&'static str, &'static str, Value)>);

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

    /// Section, name and value of each grant, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'static str, &'static str, &Value)> {
        self.0.iter().map(|(section, name, value)| (*section, *name, value))
    }

    /// The value that was given to a grant of `video`.
    pub(super) fn video(&self, name: &str) -> Option<&Value> {
        let mut found = self.0.iter().rev();
        found
            .find(|(section, known, _)| (*section, *known) == ("video", name))
            .map(|(.., value)| value)
    }

    /// Whether anything is granted that is no detail of a join.
    pub(super) fn name_a_permission(&self) -> bool {
        const DETAILS: &[&str] = &["room", "hidden", "recorder", "destinationRoom"];
        self.0.iter().any(|(section, name, value)| {
            let detail = name.starts_with("can") || DETAILS.contains(name);
            *value != Value::Bool(false) && !(*section == "video" && detail)
        })
    }

    /// Puts the grants into claims, over what stands there.
    pub(super) fn apply(&self, claims: Claims) -> Result<Claims, Failure> {
        if self.0.is_empty() {
            return Ok(claims);
        }
        let mut value = serde_json::to_value(claims).map_err(wrong_value)?;
        for (section, name, grant) in &self.0 {
            let section = &mut value[section];
            if !section.is_object() {
                *section = Value::Object(Map::new());
            }
            section[name] = grant.clone();
        }
        serde_json::from_value(value).map_err(wrong_value)
    }

    /// `{"canPublish": false}`, merged into `video` as LiveKit's CLI takes it.
    fn add_json(&mut self, text: &str) -> Result<(), Failure> {
        let help = "give a JSON object of video grants, such as '{\"canPublish\": false}'";
        let StrictValue(value) =
            serde_json::from_str(text).map_err(|error| Failure::usage(error, help))?;
        let Value::Object(members) = value else {
            return Err(Failure::usage(anyhow::anyhow!("not a JSON object"), help));
        };
        for (name, value) in members {
            let (section, name, kind) = find("video", &name)?;
            check(&value, kind, name)?;
            self.0.push((section, name, value));
        }
        Ok(())
    }

    /// `name` or `name=value`.
    fn add_named(&mut self, text: &str) -> Result<(), Failure> {
        let (path, value) = match text.split_once('=') {
            Some((path, value)) => (path, Some(value)),
            None => (text, None),
        };
        let (section, name) = path.trim().split_once('.').unwrap_or(("video", path.trim()));
        let (section, name, kind) = find(section, name)?;
        let list =
            |text: &str| text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        let value = match (kind, value) {
            (Kind::Flag, None | Some("true")) => Value::Bool(true),
            (Kind::Flag, Some("false")) => Value::Bool(false),
            (Kind::Text, Some(text)) => Value::String(text.to_owned()),
            (Kind::List, Some(text)) => Value::from(list(text)),
            (kind, _) => return Err(wrong_kind(kind, name)),
        };
        self.0.push((section, name, value));
        Ok(())
    }
}

fn find(section: &str, name: &str) -> Result<(&'static str, &'static str, Kind), Failure> {
    let mut grants = GRANTS.iter();
    let found = grants.find(|(known, grant, _)| (*known, *grant) == (section, name));
    if let Some(&found) = found {
        return Ok(found);
    }
    let typed = typed_name(section, name);
    let error = anyhow::anyhow!("there is no grant `{typed}`");
    let names = names().collect::<Vec<_>>();
    // `roomName` is what everyone writes for `room`, and near to nothing.
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

fn check(value: &Value, kind: Kind, name: &str) -> Result<(), Failure> {
    let right = match kind {
        Kind::Flag => value.is_boolean(),
        Kind::Text => value.is_string(),
        Kind::List => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
    };
    if right { Ok(()) } else { Err(wrong_kind(kind, name)) }
}

fn wrong_kind(kind: Kind, name: &str) -> Failure {
    let (what, example) = match kind {
        Kind::Flag => ("true or false", format!("{name}=false")),
        Kind::Text => ("a text", format!("{name}=demo")),
        Kind::List => ("a list", format!("{name}=a,b")),
    };
    Failure::usage(anyhow::anyhow!("`{name}` takes {what}"), format!("write it as {example}"))
}

fn wrong_value(error: serde_json::Error) -> Failure {
    let help = "canPublishSources takes camera, microphone, screen_share and screen_share_audio";
    Failure::usage(error, help)
}
