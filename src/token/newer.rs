//! What LiveKit's protocol has in a room configuration, and crate livekit-protocol does not have yet.
//!
//! It is taken out of the JSON before the crate reads it, and put back when the configuration is
//! written. An entry of [`NEWER`] goes when the crate has it.

use serde_json::Value;

use super::json::Json;
use super::proto_json::{Expected, FieldError, Problem};
use super::room_config_part::RoomConfigPart;

/// A field, or values of a field, that the crate lacks.
struct Newer {
    /// The part of the room configuration that has it.
    part: RoomConfigPart,
    snake_case: &'static str,
    camel_case: &'static str,
    values: Values,
}

enum Values {
    /// Any string.
    Text,
    /// These names of an enum, besides those that the crate has.
    Names(&'static [&'static str]),
}

/// Protocol 1.54.0 against crate livekit-protocol 0.8.
const NEWER: &[Newer] = &[
    Newer {
        part: RoomConfigPart::Agents,
        snake_case: "thread_id",
        camel_case: "threadId",
        values: Values::Text,
    },
    Newer {
        part: RoomConfigPart::Egress,
        snake_case: "file_type",
        camel_case: "fileType",
        values: Values::Names(&["MCAP"]),
    },
    Newer {
        part: RoomConfigPart::Egress,
        snake_case: "protocol",
        camel_case: "protocol",
        values: Values::Names(&["HLS_FMP4_PROTOCOL"]),
    },
];

/// Maps whose names are the user's own.
const OWN_NAMES: [&str; 3] = ["attributes", "metadata", "tags"];

/// A value that the crate has no place for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extra {
    pub(super) part: RoomConfigPart,
    /// The canonical path of the message that it belongs to: names and indices.
    path: Vec<Step>,
    name: &'static str,
    value: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Name(String),
    Index(usize),
}

impl Extra {
    /// The thread of an agent.
    pub(super) fn thread(agent: usize, id: String) -> Self {
        let path = vec![Step::Name("agents".to_owned()), Step::Index(agent)];
        Self { part: RoomConfigPart::Agents, path, name: "threadId", value: id }
    }

    /// Adds the value to a canonical room configuration.
    pub(super) fn put_into(&self, config: &mut Value) {
        let message = self.path.iter().try_fold(config, |value, step| match step {
            Step::Name(name) => value.get_mut(name),
            Step::Index(index) => value.get_mut(index),
        });
        if let Some(members) = message.and_then(Value::as_object_mut) {
            members.insert(self.name.to_owned(), self.value.clone().into());
        }
    }
}

/// Takes everything that the crate lacks out of a room configuration. The paths of errors begin with
/// `root`.
pub(super) fn take_out(config: &mut Json, root: &str) -> Result<Vec<Extra>, FieldError> {
    let Json::Object(members) = config else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (name, value) in members {
        let part = RoomConfigPart::find(name);
        if let Some(part) = part.filter(|part| NEWER.iter().any(|newer| newer.part == *part)) {
            let path = vec![Step::Name(part.as_str().to_owned())];
            let mut walk = Walk { part, found: &mut found };
            walk.take(value, &path, &format!("{root}.{name}"))?;
        }
    }
    Ok(found)
}

struct Walk<'f> {
    part: RoomConfigPart,
    found: &'f mut Vec<Extra>,
}

impl Walk<'_> {
    fn take(&mut self, json: &mut Json, path: &[Step], shown: &str) -> Result<(), FieldError> {
        match json {
            Json::List(list) => {
                for (index, entry) in list.iter_mut().enumerate() {
                    let path = [path, &[Step::Index(index)]].concat();
                    self.take(entry, &path, &format!("{shown}[{index}]"))?;
                }
                Ok(())
            }
            Json::Object(members) => self.take_members(members, path, shown),
            _ => Ok(()),
        }
    }

    fn take_members(
        &mut self,
        members: &mut Vec<(String, Json)>,
        path: &[Step],
        shown: &str,
    ) -> Result<(), FieldError> {
        for newer in NEWER.iter().filter(|newer| newer.part == self.part) {
            let is_it = |(name, value): &(String, Json)| {
                [newer.snake_case, newer.camel_case].contains(&name.as_str()) && newer.has(value)
            };
            let Some(at) = members.iter().position(is_it) else { continue };
            let (_, value) = members.remove(at);
            let shown = format!("{shown}.{}", newer.snake_case);
            let is_twice = |(name, _): &(String, Json)| {
                [newer.snake_case, newer.camel_case].contains(&name.as_str())
            };
            if members.iter().any(is_twice) {
                return Err(FieldError::new(shown, Problem::GivenTwice));
            }
            let value = match value {
                Json::String(text) => text,
                Json::Null => continue,
                other => return Err(FieldError::wrong_type(shown, other.kind(), Expected::String)),
            };
            if !value.is_empty() {
                let path = path.to_vec();
                self.found.push(Extra { part: self.part, path, name: newer.camel_case, value });
            }
        }
        for (name, value) in members {
            if !OWN_NAMES.contains(&name.as_str()) {
                let path = [path, &[Step::Name(camel_case(name))]].concat();
                self.take(value, &path, &format!("{shown}.{name}"))?;
            }
        }
        Ok(())
    }
}

impl Newer {
    /// Whether a value is one that the crate lacks.
    fn has(&self, value: &Json) -> bool {
        match (&self.values, value) {
            (Values::Text, _) => true,
            (Values::Names(names), Json::String(name)) => names.contains(&name.as_str()),
            (Values::Names(_), _) => false,
        }
    }
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::RoomConfig;
    use super::*;

    fn read(value: Value) -> Result<(Value, Vec<String>), String> {
        let read = RoomConfig::from_value(value).map_err(|error| error.to_string())?;
        Ok((serde_json::to_value(read.config).expect("writes"), read.unknown))
    }

    #[test]
    fn what_the_crate_lacks_is_carried() {
        let outputs = json!([{"fileType": "MCAP"}, {"filepath": "a", "fileType": "MP4"}]);
        let segments = json!([{"protocol": "HLS_FMP4_PROTOCOL", "filenamePrefix": "a"}]);
        let written = json!({
            "agents": [{"agentName": "a"}, {"threadId": "AT_1", "attributes": {"thread_id": "x"}}],
            "egress": {"room": {"fileOutputs": outputs, "segmentOutputs": segments}},
        });
        assert_eq!(read(written.clone()), Ok((written.clone(), Vec::new())));
        let snake = json!({
            "agents": [{"agent_name": "a"}, {"thread_id": "AT_1", "attributes": {"thread_id": "x"}}],
            "egress": {"room": {"file_outputs": [
                {"file_type": "MCAP"}, {"filepath": "a", "file_type": "MP4"}
            ], "segment_outputs": [{"protocol": "HLS_FMP4_PROTOCOL", "filename_prefix": "a"}]}},
        });
        assert_eq!(read(snake), Ok((written, Vec::new())));
        for empty in [json!(null), json!("")] {
            let config = json!({"agents": [{"threadId": empty}]});
            assert_eq!(read(config), Ok((json!({"agents": [{}]}), Vec::new())));
        }
    }

    #[test]
    fn a_wrong_value_of_a_newer_field_is_named() {
        for (agent, error) in [
            (
                json!({"thread_id": 5}),
                "`room_config.agents[0].thread_id` is a number, and must be a string",
            ),
            (
                json!({"thread_id": "a", "threadId": "b"}),
                "`room_config.agents[0].thread_id` is given twice",
            ),
        ] {
            assert_eq!(read(json!({"agents": [agent]})), Err(error.to_owned()));
        }
        let unknown = json!({"egress": {"room": {"fileOutputs": [{"fileType": "NEXT"}]}}});
        assert!(read(unknown).is_err());
    }
}
