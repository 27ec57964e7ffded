//! The permissions and the lifetime of a token: flags that `mint` and `serve` share.

use std::time::Duration;

use clap::Args;

use super::empty_flags::refuse_empty;
use super::grants::{self, Grants};
use super::known_values::KnownValues;
use crate::endpoint::TokenRules;
use crate::failure::Failure;
use crate::times::{parse_span, parse_ttl, words};
use crate::token::{Claims, Lifetime, ParticipantKind, TokenLimits, TrackSource, UnknownName};

fn kinds() -> Vec<String> {
    ParticipantKind::ALL.iter().map(ToString::to_string).collect()
}

fn parse_kind(name: &str) -> Result<ParticipantKind, String> {
    name.parse().map_err(|error: UnknownName| error.to_string())
}

fn sources() -> Vec<String> {
    TrackSource::NAMED.iter().map(ToString::to_string).collect()
}

/// Parses a source to publish from. LiveKit's `unknown` is not one. Spaces around the name are ignored:
/// the flag takes a list.
fn parse_source(name: &str) -> Result<TrackSource, String> {
    let source = TrackSource::NAMED.into_iter().find(|source| source.as_str() == name.trim());
    source.ok_or_else(|| format!("it is none of {}", sources().join(", ")))
}

// Flags for grants and lifetime. (A doc comment would become the about of its commands.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What the token allows")]
pub(super) struct PermissionArgs {
    /// How long the token is valid: 90s, 10m, 1h30m; a bare number is seconds. It limits joining, not
    /// the length of a call
    #[arg(long, value_name = "SPAN", alias = "valid-for", default_value = "10m", value_parser = parse_ttl)]
    pub(super) ttl: Duration,

    /// How far `nbf` and `iat` lie before now, for clients and servers whose clocks run behind: 10s, 0s
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = parse_span)]
    backdate: Duration,

    /// Join the room; the default when no other permission is named
    #[arg(long)]
    join: bool,

    #[command(flatten)]
    grants: GrantArgs,

    /// Kind of the participant
    #[arg(long, value_parser = KnownValues::new(parse_kind, kinds))]
    kind: Option<ParticipantKind>,

    /// Preset of the room's configuration, which the server must have: else a join fails. Servers before
    /// 1.8.2 ignore it
    #[arg(long, value_name = "NAME")]
    room_preset: Option<String>,

    /// Lift the size limits, which are the defaults of a LiveKit server
    #[arg(long)]
    no_limits: bool,

    /// Allow credentials in egress outputs; anyone who has the token can read them
    #[arg(long)]
    allow_sensitive_credentials: bool,
}

// Flags for grants. (A doc comment would become the about of its commands.)
#[derive(Debug, Clone, Args)]
pub(super) struct GrantArgs {
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

    /// Allow publishing from these sources only, with commas between them. Repeatable
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = KnownValues::new(parse_source, sources))]
    allow_source: Vec<TrackSource>,

    /// Forbid publishing tracks
    #[arg(long)]
    no_publish: bool,

    /// Forbid subscribing to tracks
    #[arg(long)]
    no_subscribe: bool,

    /// Forbid publishing data
    #[arg(long)]
    no_publish_data: bool,

    /// Hide the participant from the others
    #[arg(long)]
    hidden: bool,

    /// Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b),
    /// or a JSON object of video grants. Repeatable
    #[arg(
        long = "grant",
        value_name = "GRANT",
        hide_possible_values = true,
        value_parser = KnownValues::new(|text| Ok(text.to_owned()), || grants::names().collect()),
    )]
    grants: Vec<String>,
}

impl PermissionArgs {
    /// The token rules that these flags describe.
    pub(super) fn rules(&self) -> Result<TokenRules, Failure> {
        let lifetime = Lifetime { ttl: self.ttl, backdate: self.backdate, ..Lifetime::default() };
        Ok(TokenRules {
            lifetime,
            base: self.base()?,
            limits: if self.no_limits { TokenLimits::NONE } else { TokenLimits::default() },
            allow_sensitive_credentials: self.allow_sensitive_credentials,
            ..TokenRules::default()
        })
    }

    /// The claims that every token starts from.
    fn base(&self) -> Result<Claims, Failure> {
        refuse_empty([("--room-preset", self.room_preset.as_deref())])?;
        let given = self.given()?;
        given.refuse_contradictions()?;
        let room_preset = self.room_preset.clone().unwrap_or_default();
        let mut claims =
            given.apply(Claims { kind: self.kind, room_preset, ..Claims::default() })?;
        if !given.name_a_permission() {
            if given.typed("roomJoin").is_some() {
                let error = anyhow::anyhow!("the token would allow nothing");
                return Err(Failure::usage(error, "name a permission, such as --join"));
            }
            claims.video.room_join = true;
        }
        match given.detail_of_a_join() {
            Some(typed) if !claims.joins() => {
                let error =
                    anyhow::anyhow!("{typed} needs a token that joins, and this one does not");
                Err(Failure::usage(error, "add --join"))
            }
            _ => Ok(claims),
        }
    }

    /// `--join`, followed by the other grants.
    fn given(&self) -> Result<Grants, Failure> {
        let mut given = Grants::default();
        if self.join {
            given.add("video", "roomJoin", true, "--join")?;
        }
        given.append(self.grants.given()?);
        Ok(given)
    }

    /// How the permission to moderate a room was typed.
    pub(super) fn admin_as_typed(&self) -> &'static str {
        if self.grants.admin { "--admin" } else { "--grant roomAdmin" }
    }

    /// The warning to print once when a server starts, if there is one.
    pub(super) fn serve_warning(&self) -> Option<String> {
        let span = words(self.ttl.as_secs());
        (self.ttl <= Duration::from_secs(60)).then(|| {
            format!("clients do not cache tokens that are valid for {span}: they stop using one 60s before it expires")
        })
    }
}

impl GrantArgs {
    /// The grants of each flag, followed by each `--grant`.
    pub(super) fn given(&self) -> Result<Grants, Failure> {
        refuse_empty(self.grants.iter().map(|grant| ("--grant", Some(grant.as_str()))))?;
        let flags = [
            (self.create, "video", "roomCreate", true, "--create"),
            (self.list, "video", "roomList", true, "--list"),
            (self.admin, "video", "roomAdmin", true, "--admin"),
            (self.record, "video", "roomRecord", true, "--record"),
            (self.ingress, "video", "ingressAdmin", true, "--ingress"),
            (self.inference, "inference", "perform", true, "--inference"),
            (self.no_publish, "video", "canPublish", false, "--no-publish"),
            (self.no_subscribe, "video", "canSubscribe", false, "--no-subscribe"),
            (self.no_publish_data, "video", "canPublishData", false, "--no-publish-data"),
            (
                self.allow_update_metadata,
                "video",
                "canUpdateOwnMetadata",
                true,
                "--allow-update-metadata",
            ),
            (self.hidden, "video", "hidden", true, "--hidden"),
        ];
        let mut given = Grants::default();
        for (_, claim, name, value, typed) in flags.into_iter().filter(|(given, ..)| *given) {
            given.add(claim, name, value, typed)?;
        }
        if !self.allow_source.is_empty() {
            let sources = self.allow_source.iter().map(|source| source.as_str());
            let sources = sources.collect::<Vec<_>>();
            given.add("video", "canPublishSources", sources, "--allow-source")?;
        }
        given.append(Grants::parse("--grant", &self.grants)?);
        Ok(given)
    }
}
