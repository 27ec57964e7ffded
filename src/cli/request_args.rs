//! What to ask for, as flags (section by section the fields of `TokenSourceRequest`).

use std::collections::BTreeMap;

use clap::Args;

use super::failure::Failure;
use super::files::Input;
use super::suggest::did_you_mean;
use crate::endpoint::{Field, ReadRequest, RequestError, TokenSourceRequest};
use crate::token::{AgentDispatch, RoomConfig};

/// How to pass a room configuration.
const ROOM_CONFIG_HELP: &str = "give proto3 JSON such as '{\"maxParticipants\": 10}', @FILE, or - for \
                                standard input";

// Flags for the fields of a request. (A doc comment would become the about of its commands.)
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Room and participant")]
pub(super) struct RequestArgs {
    /// Room to join [default: quickstart-room]
    #[arg(short, long, value_name = "NAME")]
    pub(super) room: Option<String>,

    /// Identity of the participant, unique in the room [default: quickstart-identity]
    #[arg(short, long)]
    pub(super) identity: Option<String>,

    /// Name of the participant, for people to read [default: the identity, if one is given]
    #[arg(short, long)]
    pub(super) name: Option<String>,

    /// Metadata of the participant
    #[arg(short, long, value_name = "TEXT")]
    pub(super) metadata: Option<String>,

    /// Attribute of the participant; only the first `=` splits, and the value stays as it is
    #[arg(short, long = "attribute", value_name = "KEY=VALUE", value_parser = parse_attribute)]
    pub(super) attributes: Vec<(String, String)>,

    /// JSON object of attributes; --attribute adds to it
    #[arg(long, value_name = "FILE")]
    pub(super) attribute_file: Option<String>,

    /// What the room shall be if this join creates it: proto3 JSON, @FILE, or - for standard input
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(super) room_config: Option<String>,

    /// Agent to dispatch, if this join creates the room
    #[arg(long = "agent", value_name = "NAME")]
    pub(super) agents: Vec<String>,

    /// What the agent's job gets as its metadata
    #[arg(long, value_name = "TEXT", alias = "job-metadata")]
    pub(super) agent_metadata: Option<String>,

    /// The agent's deployment (LiveKit Cloud)
    #[arg(long, value_name = "NAME", alias = "deployment")]
    pub(super) agent_deployment: Option<String>,
}

fn parse_attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some(("", _)) => Err("the key before `=` is empty".to_owned()),
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err("write it as KEY=VALUE".to_owned()),
    }
}

/// What the flags ask for, with the files that they name read.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestFlags {
    request: TokenSourceRequest,
    agents: Vec<AgentDispatch>,
}

impl RequestArgs {
    /// Reads what the flags name.
    pub(super) fn read(&self) -> Result<RequestFlags, Failure> {
        let given = |flag: &Option<String>| flag.clone().filter(|text| !text.is_empty());
        let mut request = TokenSourceRequest {
            room_name: given(&self.room),
            participant_identity: given(&self.identity),
            participant_name: given(&self.name),
            participant_metadata: given(&self.metadata),
            ..TokenSourceRequest::default()
        };
        if let Some(file) = &self.attribute_file {
            request.participant_attributes = attributes_of(&Input::from(file.as_str()))?;
        }
        request.participant_attributes.extend(self.attributes.iter().cloned());
        if let Some(text) = &self.room_config {
            request.room_config = read_room_config(text)?;
        }
        Ok(RequestFlags { request, agents: self.dispatches()? })
    }

    fn dispatches(&self) -> Result<Vec<AgentDispatch>, Failure> {
        if self.agents.is_empty() {
            let flag = match (&self.agent_metadata, &self.agent_deployment) {
                (Some(_), _) => "--agent-metadata",
                (None, Some(_)) => "--agent-deployment",
                (None, None) => return Ok(Vec::new()),
            };
            let error = anyhow::anyhow!("{flag} is for an agent, and none is named");
            return Err(Failure::usage(error, "name the agent with --agent"));
        }
        self.agents.iter().map(|name| self.dispatch(name)).collect()
    }

    fn dispatch(&self, name: &str) -> Result<AgentDispatch, Failure> {
        if name.is_empty() {
            let error = anyhow::anyhow!("--agent has an empty name");
            let help = "agents without a name join every new room by themselves: leave --agent out";
            return Err(Failure::usage(error, help));
        }
        let mut agent = AgentDispatch::named(name);
        agent.metadata = self.agent_metadata.clone().unwrap_or_default();
        agent.deployment = self.agent_deployment.clone().unwrap_or_default();
        Ok(agent)
    }
}

impl RequestFlags {
    /// The request with the flags over it.
    pub(super) fn over(&self, mut base: TokenSourceRequest) -> TokenSourceRequest {
        let flags = self.request.clone();
        base.room_name = flags.room_name.or(base.room_name);
        base.participant_identity = flags.participant_identity.or(base.participant_identity);
        base.participant_name = flags.participant_name.or(base.participant_name);
        base.participant_metadata = flags.participant_metadata.or(base.participant_metadata);
        base.participant_attributes.extend(flags.participant_attributes);
        base.room_config = flags.room_config.or(base.room_config);
        if !self.agents.is_empty() {
            let config = base.room_config.get_or_insert_default();
            self.agents.iter().cloned().for_each(|agent| config.add_agent(agent));
        }
        base
    }
}

fn attributes_of(input: &Input) -> Result<BTreeMap<String, String>, Failure> {
    let text = input.read_text()?;
    // The same reader as for a request, so the same rules and messages.
    let request = format!(r#"{{"participant_attributes":{text}}}"#);
    match TokenSourceRequest::from_json(request.as_bytes()) {
        Ok(read) => Ok(read.request.participant_attributes),
        Err(error) => {
            let help = "write a JSON object whose values are strings";
            Err(Failure::usage(error, help).at(input.shown()))
        }
    }
}

fn read_room_config(text: &str) -> Result<Option<RoomConfig>, Failure> {
    let json = match text.strip_prefix('@') {
        Some(path) => Input::File(path.into()).read_text()?,
        None if text == "-" => Input::Stdin.read_text()?,
        None => text.to_owned(),
    };
    let request = format!(r#"{{"room_config":{json}}}"#);
    let read = TokenSourceRequest::from_json(request.as_bytes());
    let read = read.map_err(|error| Failure::usage(error, ROOM_CONFIG_HELP).at("--room-config"))?;
    refuse_unknown(&read).map_err(|failure| failure.at("--room-config"))?;
    Ok(read.request.room_config)
}

/// A request as JSON, in which every name has to be known.
pub(super) fn read_request(bytes: &[u8]) -> Result<TokenSourceRequest, Failure> {
    let read = TokenSourceRequest::from_json(bytes).map_err(explain)?;
    refuse_unknown(&read)?;
    Ok(read.request)
}

fn refuse_unknown(read: &ReadRequest) -> Result<(), Failure> {
    let Some(name) = read.unknown.first() else { return Ok(()) };
    let error = anyhow::anyhow!("there is no field `{name}`");
    let names = Field::names().collect::<Vec<_>>();
    let help = match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None => "see the README for the fields of a request".to_owned(),
    };
    Err(Failure::usage(error, help))
}

/// Why no token was minted.
pub(super) fn explain(error: RequestError) -> Failure {
    let help = match &error {
        RequestError::Syntax(_) | RequestError::NotAnObject(_) => {
            "give a JSON object such as {\"room_name\": \"demo\"}".to_owned()
        }
        RequestError::Field(error) if error.wants_string() => {
            "write the value as a string".to_owned()
        }
        RequestError::Field(_) => "see the README for what the field takes".to_owned(),
        RequestError::Limit(_) => {
            "give less of it, or use --no-limits for a server that is configured to take it"
                .to_owned()
        }
        RequestError::Credential { .. } => {
            "set up the egress on a server, or use --allow-sensitive-credentials".to_owned()
        }
        RequestError::Join(_) => "give --room and --identity".to_owned(),
        _ => return Failure::failed(error, "check the API key and secret"),
    };
    Failure::usage(error, help)
}
