//! What a token allows, and for how long: flags that `mint` and `serve` share.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::failure::Failure;
use super::grants::{self, Grants};
use super::times::{parse_ttl, words};
use crate::endpoint::TokenRules;
use crate::token::{Claims, Limits};

/// The values of `--kind`.
const KINDS: [&str; 7] = ["standard", "ingress", "egress", "sip", "agent", "connector", "bridge"];

/// The values of `--allow-source`.
const SOURCES: [&str; 4] = ["camera", "microphone", "screen_share", "screen_share_audio"];

// Flags for grants and lifetime. (A doc comment would become the about of its commands.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What the token allows")]
pub(super) struct PermissionArgs {
    /// How long the token is good for: 90s, 10m, 1h 30m; a bare number is seconds. It ends joining,
    /// not a call that goes on
    #[arg(long, value_name = "SPAN", alias = "valid-for", default_value = "10m", value_parser = parse_ttl)]
    pub(super) ttl: Duration,

    /// Join the room; the default when no other permission is named
    #[arg(long)]
    join: bool,

    /// Create and delete rooms
    #[arg(long)]
    create: bool,

    /// List rooms
    #[arg(long)]
    list: bool,

    /// Moderate the room
    #[arg(long)]
    admin: bool,

    /// Record: start and stop egress
    #[arg(long, alias = "egress")]
    record: bool,

    /// Manage ingress
    #[arg(long)]
    ingress: bool,

    /// Use LiveKit Inference
    #[arg(long)]
    inference: bool,

    /// Let the participant change its own name, metadata and attributes
    #[arg(long)]
    allow_update_metadata: bool,

    /// Publish from these sources and no others
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = PossibleValuesParser::new(SOURCES))]
    allow_source: Vec<String>,

    /// Publish no tracks
    #[arg(long)]
    no_publish: bool,

    /// Subscribe to no tracks
    #[arg(long)]
    no_subscribe: bool,

    /// Publish no data
    #[arg(long)]
    no_publish_data: bool,

    /// Stay invisible to the others
    #[arg(long)]
    hidden: bool,

    /// Kind of the participant
    #[arg(long, value_parser = PossibleValuesParser::new(KINDS))]
    kind: Option<String>,

    /// Preset of the room's configuration (LiveKit Cloud)
    #[arg(long, value_name = "NAME")]
    room_preset: Option<String>,

    /// Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b),
    /// or a JSON object of video grants
    #[arg(
        long = "grant",
        value_name = "GRANT",
        add = ArgValueCandidates::new(|| grants::names().map(CompletionCandidate::new).collect()),
    )]
    grants: Vec<String>,

    /// Let parts be larger than a LiveKit server takes by default
    #[arg(long)]
    no_limits: bool,

    /// Let egress outputs carry credentials, which whoever holds the token can read
    #[arg(long)]
    allow_sensitive_credentials: bool,
}

impl PermissionArgs {
    /// The rules that these flags make.
    pub(super) fn rules(&self) -> Result<TokenRules, Failure> {
        Ok(TokenRules {
            ttl: self.ttl,
            base: self.base()?,
            limits: if self.no_limits { Limits::NONE } else { Limits::default() },
            allow_sensitive_credentials: self.allow_sensitive_credentials,
            ..TokenRules::default()
        })
    }

    /// The claims that every token starts from.
    fn base(&self) -> Result<Claims, Failure> {
        let grants = Grants::parse(&self.grants)?;
        let named = self.create || self.list || self.admin || self.record || self.ingress;
        let named = named || self.inference || grants.name_a_permission();
        let mut claims = Claims::default();
        let video = &mut claims.video;
        video.room_join = self.join || !named;
        video.room_create = self.create;
        video.room_list = self.list;
        video.room_admin = self.admin;
        video.room_record = self.record;
        video.ingress_admin = self.ingress;
        video.hidden = self.hidden;
        video.can_update_own_metadata = self.allow_update_metadata.then_some(true);
        video.can_publish = self.no_publish.then_some(false);
        video.can_subscribe = self.no_subscribe.then_some(false);
        video.can_publish_data = self.no_publish_data.then_some(false);
        video.can_publish_sources = parse_values(&self.allow_source)?;
        claims.inference.perform = self.inference;
        claims.kind = parse_values(&self.kind.iter().cloned().collect::<Vec<_>>())?.pop();
        claims.room_preset = self.room_preset.clone().unwrap_or_default();
        let claims = grants.apply(claims)?;
        self.check(&claims, &grants)?;
        Ok(claims)
    }

    /// Refuses what contradicts itself, instead of leaving a part of it out.
    fn check(&self, claims: &Claims, grants: &Grants) -> Result<(), Failure> {
        if self.no_publish && !self.allow_source.is_empty() {
            let error = anyhow::anyhow!("--no-publish and --allow-source contradict each other");
            return Err(Failure::usage(error, "leave one of them out"));
        }
        let granted = |name| grants.video(name).and_then(serde_json::Value::as_bool);
        if self.join && granted("roomJoin") == Some(false) {
            let error = anyhow::anyhow!("--join and --grant roomJoin=false contradict each other");
            return Err(Failure::usage(error, "leave one of them out"));
        }
        let nothing = Claims { kind: None, room_preset: String::new(), ..claims.clone() };
        if nothing == Claims::default() {
            let error = anyhow::anyhow!("the token would allow nothing");
            return Err(Failure::usage(error, "name a permission, such as --join"));
        }
        match self.detail_of_a_join() {
            Some(flag) if !claims.joins() => {
                let error =
                    anyhow::anyhow!("{flag} is for a token that joins, and this one does not");
                Err(Failure::usage(error, "add --join"))
            }
            _ => Ok(()),
        }
    }

    /// A flag that means something only to a participant.
    fn detail_of_a_join(&self) -> Option<&'static str> {
        let flags = [
            (self.no_publish, "--no-publish"),
            (self.no_subscribe, "--no-subscribe"),
            (self.no_publish_data, "--no-publish-data"),
            (!self.allow_source.is_empty(), "--allow-source"),
            (self.allow_update_metadata, "--allow-update-metadata"),
            (self.hidden, "--hidden"),
        ];
        flags.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
    }

    /// What to warn of once at the start of a server.
    pub(super) fn serve_warning(&self) -> Option<String> {
        let span = words(self.ttl.as_secs());
        (self.ttl <= Duration::from_secs(60)).then(|| {
            format!("clients stop caching tokens that are good for {span}: they count the last 60s as over")
        })
    }
}

/// Wire names as their enum. clap has let nothing else through.
fn parse_values<T: serde::de::DeserializeOwned>(names: &[String]) -> Result<Vec<T>, Failure> {
    let parse = |name: &String| serde_json::from_value(name.as_str().into());
    let values = names.iter().map(parse).collect::<Result<_, _>>();
    values.map_err(|error| Failure::usage(error, "see --help for the values"))
}
