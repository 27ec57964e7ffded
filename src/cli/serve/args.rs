//! The flags of `lkt serve`, in groups: each has a heading in the help.

use clap::builder::{NonEmptyStringValueParser, PossibleValue};
use clap::{Args, ValueEnum, ValueHint};
use tracing::level_filters::LevelFilter;

use super::config::ConfigArgs;
use super::fields::{default_names, field_names, parse_default, parse_field};
use super::invite_args::InviteArgs;
use super::limit_args::LimitArgs;
use super::listen_args::ListenArgs;
use super::login_args::LoginArgs;
use super::replica_args::ReplicaArgs;
use crate::cli::from_file::FromFile;
use crate::cli::keys::KeyArgs;
use crate::cli::known_values::KnownValues;
use crate::cli::notes::Notes;
use crate::cli::permissions::PermissionArgs;
use crate::endpoint::{Field, Hosts};
use crate::service::log::{LogFormat, LogSettings};

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ServeArgs {
    #[command(flatten)]
    pub(super) keys: KeyArgs,

    #[command(flatten)]
    pub(super) permissions: PermissionArgs,

    #[command(flatten)]
    pub(super) logins: LoginArgs,

    #[command(flatten)]
    pub(super) invites: InviteArgs,

    #[command(flatten)]
    pub(super) config: ConfigArgs,

    #[command(flatten)]
    pub(super) listening: ListenArgs,

    #[command(flatten)]
    pub(super) requests: PolicyArgs,

    #[command(flatten)]
    pub(super) access: AccessArgs,

    #[command(flatten)]
    pub(super) replicas: ReplicaArgs,

    #[command(flatten)]
    pub(super) log: LogArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

// What requests may contain. (A doc comment would become the about of the command, here and below.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Requests")]
pub(super) struct PolicyArgs {
    /// Value of a field that a request leaves out. {random} becomes 8 random characters, {identity}
    /// the participant's identity; in a value that is JSON, {identity} is escaped as JSON text. Repeatable
    #[arg(
        long = "default",
        value_name = "FIELD=VALUE",
        hide_possible_values = true,
        value_parser = KnownValues::new(parse_default, default_names)
    )]
    pub(super) defaults: Vec<(Field, String)>,

    /// Refuse requests that set this field. Repeatable
    #[arg(
        long,
        value_name = "FIELD",
        hide_possible_values = true,
        value_parser = KnownValues::new(parse_field, field_names)
    )]
    pub(super) deny: Vec<Field>,

    /// Refuse requests that leave out this field. Repeatable
    #[arg(
        long,
        value_name = "FIELD",
        hide_possible_values = true,
        value_parser = KnownValues::new(parse_field, field_names)
    )]
    pub(super) require: Vec<Field>,

    /// Allow rooms that match this pattern (* and ?), and no others. Repeatable
    #[arg(
        long,
        value_name = "GLOB",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) allow_room: Vec<String>,

    /// Make up a random identity and a random room for each request that names none
    #[arg(long)]
    pub(super) fresh: bool,
}

// Who may send requests, apart from people with a login.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access")]
pub(super) struct AccessArgs {
    /// File of accepted bearer tokens, one per line [env: LKT_AUTH_TOKEN, the tokens themselves]
    #[arg(
        long,
        value_name = "FILE",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath
    )]
    pub(super) auth_token_file: Option<String>,

    /// Give tokens to everyone who can reach this server, even from other machines
    #[arg(long)]
    pub(super) allow_anonymous: bool,

    /// X-Sandbox-ID header that apps for LiveKit Cloud's development token server must send
    #[arg(
        long,
        value_name = "ID",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) sandbox_id: Option<String>,

    /// Allow web pages of this origin: https://app.example.com, https://*.preview.example.com for one
    /// label, or * for all. Without --dev, it replaces the default: pages on localhost. Repeatable
    #[arg(
        long,
        value_name = "ORIGIN",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) cors_origin: Vec<String>,

    /// Send no CORS headers, for a proxy in front that sends them
    #[arg(long, conflicts_with = "cors_origin")]
    pub(super) no_cors: bool,

    /// Accept this name in the Host header, in addition to loopback names and addresses;
    /// .example.com for it and all names below it. Repeatable
    #[arg(
        long,
        value_name = "NAME",
        value_parser = parse_host,
        value_hint = ValueHint::Hostname
    )]
    pub(super) allow_host: Vec<String>,
}

// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(next_help_heading = "Log")]
pub(super) struct LogArgs {
    /// Format of the log on stderr
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(super) log_format: LogFormat,

    /// Log health checks and CORS preflights too
    #[arg(short, long, conflicts_with = "quiet")]
    pub(super) verbose: bool,
}

impl LogArgs {
    pub(super) fn settings(&self, notes: Notes) -> LogSettings {
        let level = match (notes.is_quiet(), self.verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, false) => LevelFilter::INFO,
            (false, true) => LevelFilter::DEBUG,
        };
        LogSettings { format: self.log_format, level }
    }
}

impl ValueEnum for LogFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Text => PossibleValue::new("text").help("Text for people"),
            Self::Json => PossibleValue::new("json").help("One JSON object per line"),
        })
    }
}

impl ServeArgs {
    /// Notes which of these options come from a configuration file.
    pub(in crate::cli) fn note_sources(&mut self, file: &FromFile) {
        self.keys.from_file = file.clone();
    }
}

fn parse_host(name: &str) -> Result<String, String> {
    Hosts::check_name(name).map(|()| name.to_owned()).map_err(|error| error.to_string())
}
