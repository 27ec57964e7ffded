//! The room configuration that a token can carry: the settings of the room, if this join creates
//! it.

use std::collections::BTreeMap;

use livekit_protocol::{RoomAgentDispatch, RoomConfiguration, RoomEgress};
use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{self, Serialize, Serializer};
use serde_json::{Map, Value};

use super::credentials;
use super::json::{Json, JsonKind};
use super::newer::{self, Extra};
use super::proto_json::{self, Expected, FieldError};
use super::room_config_part::RoomConfigPart;

/// First part of the paths in errors.
const ROOT: &str = "room_config";

/// A `livekit.RoomConfiguration` (proto3), read and written in proto3's JSON mapping. It is boxed,
/// since the message is three times as large as all other claims together, and few tokens carry
/// one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoomConfig {
    message: Box<RoomConfiguration>,
    /// What the message has no place for.
    extras: Vec<Extra>,
}

/// An agent to dispatch when the room is created; empty strings are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentDispatch {
    /// The agent's name, as its worker registered it.
    pub agent_name: String,
    /// The metadata of the agent's job.
    pub metadata: String,
    /// The agent's deployment (LiveKit Cloud).
    pub deployment: String,
    /// The agent's attributes.
    pub attributes: BTreeMap<String, String>,
    /// The thread that the agent's job reads and writes (LiveKit's protocol 1.54.0).
    pub thread_id: String,
}

impl AgentDispatch {
    /// Creates a dispatch with only the agent's name.
    pub fn named(agent_name: impl Into<String>) -> Self {
        Self { agent_name: agent_name.into(), ..Self::default() }
    }
}

/// A room configuration, and the unknown names found while reading it.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ReadRoomConfig {
    /// The configuration.
    pub config: RoomConfig,
    /// The paths of names that are not in LiveKit's protocol, such as `room_config.colour`. A newer
    /// client may send some.
    pub unknown: Vec<String>,
}

impl RoomConfig {
    /// Reads proto3 JSON, in `snake_case` or camelCase. Names that are not in LiveKit's protocol
    /// are skipped and reported; the caller decides whether they are an error.
    ///
    /// # Errors
    /// [`FieldError`] when a value has the wrong type, or a field is given twice.
    pub fn from_value(value: Value) -> Result<ReadRoomConfig, FieldError> {
        Self::from_json(value.into())
    }

    pub(crate) fn from_json(mut json: Json) -> Result<ReadRoomConfig, FieldError> {
        if json.kind() != JsonKind::Object {
            return Err(FieldError::wrong_type(ROOT, json.kind(), Expected::Object));
        }
        let extras = newer::take_out(&mut json, ROOT)?;
        let (message, unknown) = proto_json::read::<RoomConfiguration>(json, ROOT)?;
        let message = Box::new(without_empty_egress(message));
        Ok(ReadRoomConfig { config: Self { message, extras }, unknown })
    }

    /// Whether nothing is set. An empty configuration is left out of the token.
    pub fn is_empty(&self) -> bool {
        *self.message == RoomConfiguration::default() && self.extras.is_empty()
    }

    /// Returns the fields in canonical proto JSON: camelCase, without fields at their default.
    pub fn canonical_members(&self) -> Map<String, Value> {
        match self.canonical() {
            Ok(Value::Object(members)) => members,
            // An unknown enum value. A message that was read never has one.
            _ => Map::new(),
        }
    }

    /// Whether a join that creates the room starts an egress, such as a recording.
    pub fn records(&self) -> bool {
        self.message.egress.is_some()
    }

    /// Returns the path of the first egress output that contains a credential, if there is one.
    /// LiveKit's Go SDK refuses to sign such a configuration, since anyone who holds the token can
    /// read it.
    pub fn find_credential(&self) -> Option<String> {
        self.message.egress.as_ref()?;
        credentials::find(&self.canonical().ok()?)
    }

    /// Returns the names of the dispatched agents. An agent without a name gives the empty string.
    pub fn agent_names(&self) -> impl Iterator<Item = &str> {
        self.message.agents.iter().map(|agent| agent.agent_name.as_str())
    }

    /// Whether the configuration dispatches an agent.
    pub fn dispatches(&self) -> bool {
        !self.message.agents.is_empty()
    }

    /// Adds an agent to dispatch.
    pub fn add_agent(&mut self, agent: AgentDispatch) {
        self.message.agents.push(RoomAgentDispatch {
            agent_name: agent.agent_name,
            metadata: agent.metadata,
            deployment: agent.deployment,
            attributes: agent.attributes.into_iter().collect(),
            ..RoomAgentDispatch::default()
        });
        if !agent.thread_id.is_empty() {
            self.extras.push(Extra::thread(self.message.agents.len() - 1, agent.thread_id));
        }
    }

    /// Returns the message, without what its crate does not have yet.
    pub fn message(&self) -> &RoomConfiguration {
        &self.message
    }

    /// Whether a field is set.
    pub fn has(&self, part: RoomConfigPart) -> bool {
        !part.equals(&self.message, &RoomConfiguration::default())
    }

    /// What a field has that the message has no place for.
    fn extras_of(&self, part: RoomConfigPart) -> impl Iterator<Item = &Extra> {
        self.extras.iter().filter(move |extra| extra.part == part)
    }

    /// Whether both have the same value in a field.
    pub fn agrees(&self, part: RoomConfigPart, other: &Self) -> bool {
        part.equals(&self.message, &other.message) && self.extras_of(part).eq(other.extras_of(part))
    }

    /// Sets a field to its value in another configuration.
    pub fn copy_part(&mut self, part: RoomConfigPart, from: &Self) {
        part.copy(&from.message, &mut self.message);
        self.extras.retain(|extra| extra.part != part);
        self.extras.extend(from.extras_of(part).cloned());
    }

    /// Returns canonical proto JSON: camelCase, without defaults, and with names in a fixed order,
    /// since the order of the message's hash maps varies.
    fn canonical(&self) -> Result<Value, serde_json::Error> {
        let mut value = serde_json::to_value(&self.message)?;
        for extra in &self.extras {
            extra.put_into(&mut value);
        }
        // Does nothing as this crate builds serde_json, but an embedding program may enable its
        // feature `preserve_order`.
        value.sort_all_objects();
        Ok(value)
    }
}

impl From<RoomConfiguration> for RoomConfig {
    fn from(message: RoomConfiguration) -> Self {
        Self { message: Box::new(message), extras: Vec::new() }
    }
}

impl Serialize for RoomConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.canonical().map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RoomConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(deserializer)?;
        Self::from_json(json).map(|read| read.config).map_err(D::Error::custom)
    }
}

/// `egress: {}` counts as absent, as every empty value in a request does.
fn without_empty_egress(mut message: RoomConfiguration) -> RoomConfiguration {
    message.egress = message.egress.filter(|egress| *egress != RoomEgress::default());
    message
}
