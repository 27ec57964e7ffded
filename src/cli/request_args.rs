//! The fields of a request as flags, and requests as JSON.

use std::collections::BTreeMap;
use std::path::Path;

use clap::{Args, ValueHint};

use super::empty_flags::refuse_empty;
use super::files::Input;
use super::grants::contradiction;
use super::notes::Notes;
use super::room_config_fields;
use super::suggest::did_you_mean;
use crate::endpoint::{Field, RequestError, TokenSourceRequest};
use crate::failure::Failure;
use crate::printable::short_name;
use crate::token::{AgentDispatch, FieldError, Json, Problem, RoomConfig, TokenError, given_twice};

/// How to pass a room configuration.
const ROOM_CONFIG_HELP: &str = "give proto3 JSON such as '{\"maxParticipants\": 10}', @FILE, or - for \
                                standard input";

/// How to write a file of attributes.
const ATTRIBUTES_HELP: &str = "write a JSON object whose values are strings";

/// What to do about a name that is given twice.
const GIVEN_TWICE_HELP: &str = "leave one of them out";

/// How to write a request.
const REQUEST_HELP: &str = "give a JSON object such as {\"room_name\": \"demo\"}";

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

    /// Name of the participant, for people to read [default: the identity, if one is given, else
    /// quickstart-username]
    #[arg(short, long)]
    pub(super) name: Option<String>,

    /// Metadata of the participant
    #[arg(short, long, value_name = "TEXT")]
    pub(super) metadata: Option<String>,

    /// Attribute of the participant; everything after the first `=` is its value. Repeatable
    #[arg(short, long = "attribute", value_name = "KEY=VALUE", value_parser = parse_attribute)]
    pub(super) attributes: Vec<(String, String)>,

    /// File with a JSON object of attributes; --attribute adds to them, and wins
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(super) attribute_file: Option<String>,

    /// Configuration of the room, used if this join creates it: proto3 JSON, @FILE, or - for
    /// standard input
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(super) room_config: Option<String>,

    /// Agent to dispatch if this join creates the room. Servers before 1.8.2 ignore it. Repeatable
    #[arg(long = "agent", value_name = "NAME")]
    pub(super) agents: Vec<String>,

    /// Metadata of the agent's job
    #[arg(long, value_name = "TEXT", alias = "job-metadata")]
    pub(super) agent_metadata: Option<String>,

    /// Deployment of the agent. Servers 1.8.2 to 1.11 refuse the token
    #[arg(long, value_name = "NAME", alias = "deployment")]
    pub(super) agent_deployment: Option<String>,

    /// Thread that the agent's job reads and writes, such as AT_…. Servers 1.8.2 to 1.11 refuse the token;
    /// newer ones ignore it until they know threads
    #[arg(long, value_name = "ID")]
    pub(super) agent_thread: Option<String>,

    /// Attribute of the agent. Servers 1.8.2 to 1.11 refuse the token, 1.12.0 to 1.13.1 ignore it. Repeatable
    #[arg(long = "agent-attribute", value_name = "KEY=VALUE", value_parser = parse_attribute)]
    pub(super) agent_attributes: Vec<(String, String)>,
}

fn parse_attribute(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, _)) if key.trim().is_empty() => {
            Err("the key before `=` is empty; write it as KEY=VALUE".to_owned())
        }
        Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
        None => Err("write it as KEY=VALUE".to_owned()),
    }
}

/// Refuses two values for one key. The same value twice is allowed.
fn refuse_contradictions(flag: &str, attributes: &[(String, String)]) -> Result<(), Failure> {
    let mut seen = BTreeMap::new();
    for (key, value) in attributes {
        match seen.insert(key, value) {
            Some(before) if before != value => {
                let typed = |value: &str| format!("{flag} {key}={value}");
                return Err(contradiction(&typed(before), &typed(value)));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The values of the flags, including the contents of the files that they name.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestFlags {
    request: TokenSourceRequest,
    agents: Vec<AgentDispatch>,
}

impl RequestArgs {
    /// Takes the flags, and reads the files that they name.
    pub(super) fn resolve(&self) -> Result<RequestFlags, Failure> {
        self.refuse_empty()?;
        refuse_contradictions("--attribute", &self.attributes)?;
        refuse_contradictions("--agent-attribute", &self.agent_attributes)?;
        let mut request = TokenSourceRequest {
            room_name: self.room.clone(),
            participant_identity: self.identity.clone(),
            participant_name: self.name.clone(),
            participant_metadata: self.metadata.clone(),
            ..TokenSourceRequest::default()
        };
        if let Some(file) = &self.attribute_file {
            let input = Input::from(file.as_str());
            let attributes = parse_attributes(&input.read_text()?);
            request.participant_attributes =
                attributes.map_err(|failure| failure.at(input.name()))?;
        }
        request.participant_attributes.extend(self.attributes.iter().cloned());
        if let Some(text) = &self.room_config {
            let config = room_config_json(text).and_then(|json| parse_room_config(&json));
            request.room_config = config.map_err(|failure| failure.at("--room-config"))?;
        }
        Ok(RequestFlags { request, agents: self.dispatches()? })
    }

    /// Warns of a file's name in place of a text, as curl and `--room-config` have it.
    pub(super) fn warn_of_files(&self, notes: Notes) {
        for name in self.agents.iter().filter(|name| name.contains(',')) {
            notes.warn(&format!(
                "--agent `{name}` is one agent with a comma in its name; give each with an --agent of its own"
            ));
        }
        let texts = [
            ("--metadata", self.metadata.as_deref()),
            ("--agent-metadata", self.agent_metadata.as_deref()),
        ];
        for (option, text) in texts {
            if text
                .and_then(|text| text.strip_prefix('@'))
                .is_some_and(|file| Path::new(file).exists())
            {
                notes.warn(&format!(
                    "{option} is a text, and the name of a file stays one; for its contents, give \
                     {option} \"$(cat FILE)\""
                ));
            }
        }
    }

    /// The options that read a file or standard input.
    pub(super) fn inputs(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        [
            ("--attribute-file", self.attribute_file.as_deref()),
            ("--room-config", self.room_config.as_deref()),
        ]
        .into_iter()
    }

    fn refuse_empty(&self) -> Result<(), Failure> {
        refuse_empty([
            ("--room", self.room.as_deref()),
            ("--identity", self.identity.as_deref()),
            ("--name", self.name.as_deref()),
            ("--metadata", self.metadata.as_deref()),
            ("--attribute-file", self.attribute_file.as_deref()),
            ("--room-config", self.room_config.as_deref()),
            ("--agent-metadata", self.agent_metadata.as_deref()),
            ("--agent-deployment", self.agent_deployment.as_deref()),
            ("--agent-thread", self.agent_thread.as_deref()),
        ])
    }

    fn dispatches(&self) -> Result<Vec<AgentDispatch>, Failure> {
        if self.agents.is_empty() {
            let details = [
                (self.agent_metadata.is_some(), "--agent-metadata"),
                (self.agent_deployment.is_some(), "--agent-deployment"),
                (self.agent_thread.is_some(), "--agent-thread"),
                (!self.agent_attributes.is_empty(), "--agent-attribute"),
            ];
            let Some((_, flag)) = details.into_iter().find(|(given, _)| *given) else {
                return Ok(Vec::new());
            };
            let error = anyhow::anyhow!("{flag} is for an agent, and none is named");
            return Err(Failure::usage(error, "name the agent with --agent"));
        }
        self.agents.iter().map(|name| self.dispatch(name)).collect()
    }

    fn dispatch(&self, name: &str) -> Result<AgentDispatch, Failure> {
        if name.trim().is_empty() {
            let error = anyhow::anyhow!("--agent has an empty name");
            let help = "agents without a name join every new room by themselves: leave --agent out";
            return Err(Failure::usage(error, help));
        }
        let mut agent = AgentDispatch::named(name);
        agent.metadata = self.agent_metadata.clone().unwrap_or_default();
        agent.deployment = self.agent_deployment.clone().unwrap_or_default();
        agent.thread_id = self.agent_thread.clone().unwrap_or_default();
        agent.attributes = self.agent_attributes.iter().cloned().collect();
        Ok(agent)
    }
}

impl RequestFlags {
    /// The room as it was typed.
    pub(super) fn room(&self) -> Option<&str> {
        self.request.room_name.as_deref()
    }

    /// Combines the flags with a request; the flags take precedence.
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

/// Parses a JSON object of strings. A member that is `null` is ignored, as in a request.
fn parse_attributes(json: &str) -> Result<BTreeMap<String, String>, Failure> {
    let wrong = |error| Failure::usage(error, ATTRIBUTES_HELP);
    let Json::Object(members) = parse_json(json, ATTRIBUTES_HELP)? else {
        return Err(wrong(anyhow::anyhow!("the attributes are not a JSON object")));
    };
    if let Some(key) = given_twice(&members) {
        let error = anyhow::anyhow!("`{key}` is given twice");
        return Err(Failure::usage(error, GIVEN_TWICE_HELP));
    }
    let attribute = |(key, value)| match value {
        Json::Null => None,
        Json::String(text) => Some(Ok((key, text))),
        _ => Some(Err(wrong(anyhow::anyhow!("the value of `{key}` is not a string")))),
    };
    members.into_iter().filter_map(attribute).collect()
}

/// Returns the JSON that `--room-config` contains, or reads it from the file.
fn room_config_json(text: &str) -> Result<String, Failure> {
    match text.strip_prefix('@') {
        Some("") => {
            let error = anyhow::anyhow!("there is no name of a file after `@`");
            Err(Failure::usage(error, "write it as @FILE, such as @room.json"))
        }
        Some(path) => Input::File(path.into()).read_text(),
        None if text == "-" => Input::Stdin.read_text(),
        None => Ok(text.to_owned()),
    }
}

/// Parses a `livekit.RoomConfiguration` and refuses unknown names. An empty one counts as none.
fn parse_room_config(json: &str) -> Result<Option<RoomConfig>, Failure> {
    let read = RoomConfig::from_json(parse_json(json, ROOM_CONFIG_HELP)?);
    let read = read.map_err(|error| {
        let help = field_help(&error).unwrap_or_else(|| ROOM_CONFIG_HELP.to_owned());
        Failure::usage(error, help)
    })?;
    refuse_unknown(&read.unknown)?;
    Ok(Some(read.config).filter(|config| !config.is_empty()))
}

fn parse_json(json: &str, help: &str) -> Result<Json, Failure> {
    serde_json::from_str(json).map_err(|error| {
        let error = anyhow::anyhow!("not JSON: {error}");
        Failure::usage(error, help)
    })
}

/// Reads the request that `--request` names.
pub(super) fn read_request(input: &Input) -> Result<TokenSourceRequest, Failure> {
    let json = input.read()?;
    if json.is_empty() {
        return Err(Failure::usage(anyhow::anyhow!("{} is empty", input.name()), REQUEST_HELP));
    }
    parse_request(&json).map_err(|failure| failure.at(input.name()))
}

/// Parses a request from JSON, and refuses unknown names.
pub(super) fn parse_request(json: &[u8]) -> Result<TokenSourceRequest, Failure> {
    let read = TokenSourceRequest::from_json(json).map_err(explain)?;
    refuse_unknown(&read.unknown)?;
    Ok(read.request)
}

/// Refuses the first unknown field name.
fn refuse_unknown(unknown: &[String]) -> Result<(), Failure> {
    let Some(path) = unknown.first() else { return Ok(()) };
    let error = anyhow::anyhow!("there is no field `{}`", short_name(path));
    Err(Failure::usage(error, unknown_field_help(path)))
}

/// What to write in place of a field that does not exist.
pub(super) fn unknown_field_help(path: &str) -> String {
    let (owner, name) = path.rsplit_once('.').unwrap_or(("a request", path));
    let fields = if path.contains('.') {
        room_config_fields::of_message(owner).into_iter().map(str::to_owned).collect::<Vec<_>>()
    } else {
        Field::names().filter(|name| !name.contains('.')).collect()
    };
    match path {
        "ttl" | "validFor" | "valid_for" | "expires_in" => {
            return "use --ttl, or leave it out".to_owned();
        }
        _ if path.contains("permission") || ["grants", "video"].contains(&path) => {
            return "use --grant, or leave it out: a request has no permissions".to_owned();
        }
        _ => {}
    }
    match did_you_mean(name, fields.iter().map(String::as_str)) {
        Some(similar) => format!("did you mean `{similar}`?"),
        None if fields.is_empty() => "the fields of a request are in docs/endpoint.md".to_owned(),
        None => format!("the fields of {} are {}", short_name(owner), fields.join(", ")),
    }
}

/// The help for a wrong field, if there is more to say than what the field accepts.
fn field_help(error: &FieldError) -> Option<String> {
    match &error.problem {
        Problem::GivenTwice => Some(GIVEN_TWICE_HELP.to_owned()),
        Problem::Value => {
            let (first, last) = room_config_fields::range(&error.path)?;
            Some(format!("give a whole number from {first} to {last}"))
        }
        _ if error.wants_string() => Some("write the value as a string".to_owned()),
        _ if error.path == "room_config" => None,
        _ => error.sample().map(|sample| format!("write it as {sample}")),
    }
}

/// Explains why no token was minted.
pub(super) fn explain(error: RequestError) -> Failure {
    let help = match &error {
        RequestError::Syntax(_) | RequestError::NotAnObject(_) => REQUEST_HELP.to_owned(),
        RequestError::Budget(_) => "give fewer values in one request".to_owned(),
        RequestError::Field(error) => {
            let sample = || error.sample().map(|sample| format!("write it as {sample}"));
            let help = field_help(error).or_else(sample);
            help.unwrap_or_else(|| "see docs/endpoint.md for the field".to_owned())
        }
        RequestError::Token(TokenError::Limit(_)) => {
            "give less of it, or use --no-limits for a server that is configured to take it"
                .to_owned()
        }
        RequestError::Token(TokenError::Credential { .. }) => {
            "set up the egress on a server, or use --allow-sensitive-credentials".to_owned()
        }
        RequestError::Token(TokenError::Join(_)) => "give --room and --identity".to_owned(),
        _ => return Failure::failed(error, "check the API key and secret"),
    };
    Failure::usage(error, help)
}
