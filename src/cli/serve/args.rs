//! The flags of `lkt serve`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::keys::KeyArgs;
use crate::cli::offered::Offered;
use crate::cli::permissions::PermissionArgs;
use crate::cli::times::parse_timeout;
use crate::endpoint::{Field, MAX_BODY};
use crate::server::{Limits, Listen};

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ServeArgs {
    #[command(flatten)]
    pub(super) keys: KeyArgs,

    #[command(flatten)]
    pub(super) permissions: PermissionArgs,

    /// Where to listen: HOST:PORT (port 0 picks a free one) or unix:PATH; not used when systemd passes
    /// a socket (LISTEN_FDS)
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000",
        help_heading = "Listening"
    )]
    listen: Listen,

    /// Where the socket listens that was passed instead.
    #[arg(skip)]
    passed: Option<Listen>,

    /// Listen on all interfaces, for phones on this network; a loopback host in the URL is replaced
    /// by this machine's address
    #[arg(long, help_heading = "Listening")]
    pub(super) lan: bool,

    /// Path of the endpoint, instead of the usual ones
    #[arg(long = "path", value_name = "PATH", help_heading = "Listening")]
    pub(super) paths: Vec<String>,

    /// What stands before every path
    #[arg(
        long,
        value_name = "PATH",
        default_value = "",
        hide_default_value = true,
        help_heading = "Listening"
    )]
    pub(super) base_path: String,

    /// What stands in for an absent field; {random} and {identity} are filled in
    #[arg(long = "default", value_name = "FIELD=VALUE", hide_possible_values = true, value_parser = Offered::new(parse_default, default_names), help_heading = "What clients may ask for")]
    pub(super) defaults: Vec<(Field, String)>,

    /// A field that clients may not set
    #[arg(long, value_name = "FIELD", hide_possible_values = true, value_parser = Offered::new(parse_field, field_names), help_heading = "What clients may ask for")]
    pub(super) deny: Vec<Field>,

    /// A field that clients must set
    #[arg(long, value_name = "FIELD", hide_possible_values = true, value_parser = Offered::new(parse_field, field_names), help_heading = "What clients may ask for")]
    pub(super) require: Vec<Field>,

    /// A pattern (*, ?) that rooms must match; several allow what any of them allows
    #[arg(long, value_name = "GLOB", help_heading = "What clients may ask for")]
    pub(super) allow_room: Vec<String>,

    /// A random identity and a random room for whoever names none
    #[arg(long, help_heading = "What clients may ask for")]
    pub(super) fresh: bool,

    /// File of accepted bearer tokens, one a line [env: LKT_AUTH_TOKEN, the tokens themselves]
    #[arg(long, value_name = "FILE", help_heading = "Who may ask")]
    pub(super) auth_token_file: Option<String>,

    /// Hand out tokens to anyone who can reach this server, even beyond this machine
    #[arg(long, help_heading = "Who may ask")]
    pub(super) allow_anonymous: bool,

    /// The X-Sandbox-ID that apps for LiveKit Cloud's development token server must send
    #[arg(long, value_name = "ID", help_heading = "Who may ask")]
    pub(super) sandbox_id: Option<String>,

    /// Origin whose web pages may ask, or * for any; without it, pages on this machine
    #[arg(long, value_name = "ORIGIN", help_heading = "Who may ask")]
    pub(super) cors_origin: Vec<String>,

    /// Leave CORS to the proxy in front
    #[arg(long, conflicts_with = "cors_origin", help_heading = "Who may ask")]
    pub(super) no_cors: bool,

    /// Name that this server goes by, besides those of loopback
    #[arg(long, value_name = "NAME", help_heading = "Who may ask")]
    pub(super) allow_host: Vec<String>,

    /// Form of the log on stderr
    #[arg(long, value_enum, default_value = "text", help_heading = "Log")]
    pub(super) log_format: LogFormat,

    /// Log probes and preflights as well
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Log")]
    pub(super) verbose: bool,

    /// Bytes of a request's body
    #[arg(long, value_name = "BYTES", default_value_t = MAX_BODY, help_heading = "Limits")]
    pub(super) max_body: usize,

    /// Bytes of a request's head
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().head_bytes, help_heading = "Limits")]
    max_header_bytes: usize,

    /// Lines of a request's head
    #[arg(long, value_name = "LINES", default_value_t = Limits::default().header_lines, help_heading = "Limits")]
    max_header_lines: usize,

    /// Connections at once; for one more, the one that has waited longest makes room, or it is answered
    /// 503
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections, help_heading = "Limits")]
    pub(super) max_connections: usize,

    /// How long a request may take, from its first byte until it is answered
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = parse_timeout, help_heading = "Limits")]
    request_timeout: Duration,

    /// How long a connection may wait for a request
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = parse_timeout, help_heading = "Limits")]
    idle_timeout: Duration,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

impl ServeArgs {
    /// The same with a socket that was passed, which `--listen` and `--lan` do not move.
    pub(super) fn at_passed(&self, listen: Listen) -> Self {
        Self { passed: Some(listen), ..self.clone() }
    }

    /// Whether the socket was passed to this process.
    pub(super) fn is_passed(&self) -> bool {
        self.passed.is_some()
    }

    /// Where to listen, `--lan` considered.
    pub(super) fn listen(&self) -> Listen {
        if let Some(listen) = &self.passed {
            return listen.clone();
        }
        match &self.listen {
            Listen::Tcp { port, .. } if self.lan => {
                Listen::Tcp { host: "0.0.0.0".to_owned(), port: *port }
            }
            listen => listen.clone(),
        }
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            head_bytes: self.max_header_bytes,
            header_lines: self.max_header_lines,
            request: self.request_timeout,
            idle: self.idle_timeout,
            ..Limits::default()
        }
    }
}

fn field_names() -> Vec<String> {
    Field::names().collect()
}

fn default_names() -> Vec<String> {
    Field::names().map(|name| format!("{name}=")).collect()
}

fn parse_field(text: &str) -> Result<Field, String> {
    text.parse::<Field>().map_err(|error| {
        let names = field_names();
        match crate::cli::suggest::did_you_mean(text, names.iter().map(String::as_str)) {
            Some(similar) => format!("{error}; did you mean `{similar}`?"),
            None => format!("{error}; the fields are {}", names.join(", ")),
        }
    })
}

fn parse_default(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as FIELD=VALUE")?;
    Ok((parse_field(name)?, value.to_owned()))
}
