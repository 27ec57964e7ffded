//! What a token allows, and for how long: flags that `mint` and `serve` share.

use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use super::grants::{self, Grants};
use super::known_values::KnownValues;
use super::times::{parse_span, parse_ttl, words};
use crate::endpoint::TokenRules;
use crate::token::{Claims, ParticipantKind, TokenLimits, TrackSource, UnknownName};

/// A parser of names on the wire that offers them for completion.
fn names<T>(values: fn() -> Vec<String>) -> KnownValues<T>
where
    T: std::str::FromStr<Err = UnknownName>,
{
    KnownValues::new(|name| name.parse::<T>().map_err(|error| error.to_string()), values)
}

fn kinds() -> Vec<String> {
    ParticipantKind::ALL.iter().map(ToString::to_string).collect()
}

fn sources() -> Vec<String> {
    TrackSource::NAMED.iter().map(ToString::to_string).collect()
}

// Flags for grants and lifetime. (A doc comment would become the about of its commands.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What the token allows")]
pub(super) struct PermissionArgs {
    /// How long the token is valid: 90s, 10m, 1h 30m; a bare number is seconds. It limits joining, not
    /// the length of a call
    #[arg(long, value_name = "SPAN", alias = "valid-for", default_value = "10m", value_parser = parse_ttl)]
    pub(super) ttl: Duration,

    /// How far `nbf` lies before now, for clients and servers whose clocks run behind: 10s, 0s
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = parse_span)]
    backdate: Duration,

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

    /// Allow publishing from these sources only, with commas between them. Repeatable
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = names::<TrackSource>(sources))]
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

    /// Kind of the participant
    #[arg(long, value_parser = names::<ParticipantKind>(kinds))]
    kind: Option<ParticipantKind>,

    /// Preset of the room's configuration (LiveKit Cloud)
    #[arg(long, value_name = "NAME")]
    room_preset: Option<String>,

    /// Any grant: NAME, NAME=VALUE (such as canPublish=false, sip.call, agentThread.threadIds=a,b),
    /// or a JSON object of video grants. Repeatable
    #[arg(
        long = "grant",
        value_name = "GRANT",
        hide_possible_values = true,
        value_parser = KnownValues::new(|text| Ok(text.to_owned()), || grants::names().collect()),
    )]
    grants: Vec<String>,

    /// Lift the size limits, which are the defaults of a LiveKit server
    #[arg(long)]
    no_limits: bool,

    /// Allow credentials in egress outputs; anyone who has the token can read them
    #[arg(long)]
    allow_sensitive_credentials: bool,
}

impl PermissionArgs {
    /// The rules that these flags make.
    pub(super) fn rules(&self) -> Result<TokenRules, Failure> {
        Ok(TokenRules {
            ttl: self.ttl,
            backdate: self.backdate,
            base: self.base()?,
            limits: if self.no_limits { TokenLimits::NONE } else { TokenLimits::default() },
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
        video.can_publish_sources.clone_from(&self.allow_source);
        claims.inference.perform = self.inference;
        claims.kind = self.kind;
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
                    anyhow::anyhow!("{flag} needs a token that joins, and this one does not");
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
            format!("clients do not cache tokens that are valid for {span}: they stop using one 60s before it expires")
        })
    }
}
