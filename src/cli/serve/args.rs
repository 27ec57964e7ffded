//! The flags of `lkt serve`.

use std::ffi::OsString;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, ValueEnum, ValueHint};

use super::config;
use super::login::LoginArgs;
use crate::cli::Cli;
use crate::cli::failure::Failure;
use crate::cli::keys::KeyArgs;
use crate::cli::known_values::KnownValues;
use crate::cli::permissions::PermissionArgs;
use crate::cli::sizes::{parse_number, parse_size};
use crate::cli::suggest::did_you_mean;
use crate::cli::times::parse_timeout;
use crate::endpoint::Field;
use crate::server::{Limits, Listen, MAX_HEAD_BYTES};

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ServeArgs {
    #[command(flatten)]
    pub(super) keys: KeyArgs,

    #[command(flatten)]
    pub(super) permissions: PermissionArgs,

    #[command(flatten)]
    pub(super) logins: LoginArgs,

    /// TOML file of these options, by their long names; the command line wins
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub(super) config: Option<String>,

    /// Print the options in effect as TOML, with secrets masked, and exit
    #[arg(long, help_heading = "Configuration")]
    pub(in crate::cli) print_config: bool,

    /// The command line as it was typed, for reading `config` again.
    #[arg(skip)]
    pub(in crate::cli) typed: Vec<OsString>,

    /// Address to listen on: HOST:PORT, unix:PATH, or a port alone for 127.0.0.1; port 0 picks a free
    /// one. Not used when systemd passes a socket (LISTEN_FDS)
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000",
        value_parser = parse_listen,
        help_heading = "Listening"
    )]
    listen: Listen,

    /// Port to listen on: the same as `--listen 127.0.0.1:PORT`
    #[arg(short, long, value_name = "PORT", conflicts_with = "listen", help_heading = "Listening")]
    port: Option<u16>,

    /// Address of the socket that was passed to this process, which is used instead of `listen`.
    #[arg(skip)]
    passed: Option<Listen>,

    /// Listen on all interfaces, for phones on this network. Clients are told this machine's address
    /// where the URL names a loopback host
    #[arg(long, help_heading = "Listening")]
    pub(super) lan: bool,

    /// Path of the token endpoint, instead of /getToken, /createToken, /create-token and /api/token
    #[arg(
        long = "path",
        value_name = "PATH",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Listening"
    )]
    pub(super) paths: Vec<String>,

    /// Prefix of every path, such as /livekit
    #[arg(
        long,
        value_name = "PATH",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Listening"
    )]
    pub(super) base_path: Option<String>,

    /// Value of a field that a request leaves out. {random} becomes 8 random characters, {identity}
    /// the participant's identity; in a value that is JSON, {identity} is escaped as JSON text
    #[arg(
        long = "default",
        value_name = "FIELD=VALUE",
        hide_possible_values = true,
        value_parser = KnownValues::new(parse_default, default_names),
        help_heading = "Requests"
    )]
    pub(super) defaults: Vec<(Field, String)>,

    /// Refuse requests that set this field
    #[arg(
        long,
        value_name = "FIELD",
        hide_possible_values = true,
        value_parser = KnownValues::new(parse_field, field_names),
        help_heading = "Requests"
    )]
    pub(super) deny: Vec<Field>,

    /// Refuse requests that leave out this field
    #[arg(
        long,
        value_name = "FIELD",
        hide_possible_values = true,
        value_parser = KnownValues::new(parse_field, field_names),
        help_heading = "Requests"
    )]
    pub(super) require: Vec<Field>,

    /// Allow rooms that match this pattern (* and ?), and no others; repeat it to allow more
    #[arg(
        long,
        value_name = "GLOB",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Requests"
    )]
    pub(super) allow_room: Vec<String>,

    /// Make up a random identity and a random room for each request that names none
    #[arg(long, help_heading = "Requests")]
    pub(super) fresh: bool,

    /// File of accepted bearer tokens, one per line [env: LKT_AUTH_TOKEN, the tokens themselves]
    #[arg(
        long,
        value_name = "FILE",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::FilePath,
        help_heading = "Access"
    )]
    pub(super) auth_token_file: Option<String>,

    /// Give tokens to everyone who can reach this server, even from other machines
    #[arg(long, help_heading = "Access")]
    pub(super) allow_anonymous: bool,

    /// X-Sandbox-ID header that apps for LiveKit Cloud's development token server must send
    #[arg(
        long,
        value_name = "ID",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Access"
    )]
    pub(super) sandbox_id: Option<String>,

    /// Allow web pages of this origin, such as https://app.example.com, or * for all. It replaces the
    /// default: pages on localhost
    #[arg(
        long,
        value_name = "ORIGIN",
        value_parser = NonEmptyStringValueParser::new(),
        help_heading = "Access"
    )]
    pub(super) cors_origin: Vec<String>,

    /// Send no CORS headers, for a proxy in front that sends them
    #[arg(long, conflicts_with = "cors_origin", help_heading = "Access")]
    pub(super) no_cors: bool,

    /// Accept this name in the Host header, beside loopback names
    #[arg(
        long,
        value_name = "NAME",
        value_parser = NonEmptyStringValueParser::new(),
        value_hint = ValueHint::Hostname,
        help_heading = "Access"
    )]
    pub(super) allow_host: Vec<String>,

    /// Format of the log on stderr
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", help_heading = "Log")]
    pub(super) log_format: LogFormat,

    /// Log health checks and CORS preflights too
    #[arg(short, long, conflicts_with = "quiet", help_heading = "Log")]
    pub(super) verbose: bool,

    /// Maximum size of a request body, in bytes
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "64KiB",
        value_parser = |text: &str| parse_size(text, 2..=64 << 20),
        help_heading = "Limits"
    )]
    pub(super) max_body: usize,

    /// Maximum size of a request's head (request line and headers), in bytes
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "16KiB",
        value_parser = |text: &str| parse_size(text, 256..=MAX_HEAD_BYTES),
        help_heading = "Limits"
    )]
    max_header_bytes: usize,

    /// Maximum number of header lines in a request
    #[arg(
        long,
        value_name = "N",
        default_value_t = Limits::default().header_lines,
        value_parser = |text: &str| parse_number(text, 1..=1000),
        help_heading = "Limits"
    )]
    max_header_lines: usize,

    /// Maximum number of open connections. Another one takes the place of the connection that has been
    /// idle longest; if none is idle, it is answered 503
    #[arg(
        long,
        value_name = "N",
        default_value_t = Limits::default().connections,
        value_parser = |text: &str| parse_number(text, 1..=1_000_000),
        help_heading = "Limits"
    )]
    pub(super) max_connections: usize,

    /// Maximum time for a request, from its first byte to its answer
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "10s",
        value_parser = parse_timeout,
        help_heading = "Limits"
    )]
    request_timeout: Duration,

    /// Maximum time that a connection may be idle between requests
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "60s",
        value_parser = parse_timeout,
        help_heading = "Limits"
    )]
    idle_timeout: Duration,
}

/// Host that a port alone stands for.
const LOOPBACK: &str = "127.0.0.1";

/// Format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Text for people.
    Text,
    /// One JSON object per line.
    Json,
}

impl ServeArgs {
    /// The same arguments for a socket that was passed to this process; `--listen` and `--lan` do not
    /// apply to it.
    #[cfg(unix)]
    pub(super) fn at_passed(&self, listen: Listen) -> Self {
        Self { passed: Some(listen), ..self.clone() }
    }

    /// The same with its configuration file read again.
    pub(super) fn read_again(&self) -> Result<Self, Failure> {
        if self.config.is_none() {
            return Ok(self.clone());
        }
        let expanded = config::expand(self.typed.clone())?;
        let cli = Cli::try_parse_from(expanded);
        let cli = cli.map_err(|error| Failure::usage(error, "see `lkt serve --help`"))?;
        let read = cli.into_serve().unwrap_or_else(|| self.clone());
        // The address does not change: the server goes on listening where it is.
        Ok(Self {
            listen: self.listen.clone(),
            port: self.port,
            passed: self.passed.clone(),
            lan: self.lan,
            typed: self.typed.clone(),
            ..read
        })
    }

    /// Whether the socket was passed to this process.
    pub(super) fn is_passed(&self) -> bool {
        self.passed.is_some()
    }

    /// Address to listen on.
    pub(super) fn listen(&self) -> Listen {
        if let Some(listen) = &self.passed {
            return listen.clone();
        }
        let listen = match self.port {
            Some(port) => Listen::Tcp { host: LOOPBACK.to_owned(), port },
            None => self.listen.clone(),
        };
        match listen {
            Listen::Tcp { port, .. } if self.lan => {
                Listen::Tcp { host: "0.0.0.0".to_owned(), port }
            }
            listen => listen,
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

fn parse_listen(text: &str) -> Result<Listen, String> {
    let text = text.trim();
    let port = text.strip_prefix(':').unwrap_or(text);
    if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
        let port = port.parse().map_err(|_| "ports go up to 65535".to_owned())?;
        return Ok(Listen::Tcp { host: LOOPBACK.to_owned(), port });
    }
    text.parse().map_err(|_| {
        "write it as 127.0.0.1:3000, [::1]:3000, unix:/run/lkt.sock, or a port alone".to_owned()
    })
}

fn field_names() -> Vec<String> {
    Field::names().collect()
}

pub(super) fn default_names() -> Vec<String> {
    Field::names().map(|name| format!("{name}=")).collect()
}

fn parse_field(text: &str) -> Result<Field, String> {
    text.parse::<Field>().map_err(|error| {
        let names = field_names();
        match did_you_mean(text, names.iter().map(String::as_str)) {
            Some(similar) => format!("{error}; did you mean `{similar}`?"),
            None => format!("{error}; the fields are {}", names.join(", ")),
        }
    })
}

pub(super) fn parse_default(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as FIELD=VALUE")?;
    if value.is_empty() {
        return Err("the value after `=` is empty; leave the flag out for no default".to_owned());
    }
    Ok((parse_field(name)?, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        serve: ServeArgs,
        #[arg(long)]
        quiet: bool,
    }

    fn parsed(arguments: &str) -> ServeArgs {
        let arguments = format!("lkt {arguments}");
        let parsed = <Arguments as clap::Parser>::try_parse_from(arguments.split_whitespace());
        parsed.map(|arguments| arguments.serve).expect("arguments")
    }

    #[test]
    fn limits_are_the_servers_own_unless_given() {
        let args = parsed("");
        assert_eq!(args.limits(), Limits::default());
        assert_eq!(args.max_body, crate::endpoint::MAX_BODY);
    }

    #[test]
    fn a_port_alone_is_one_of_this_machine() {
        for arguments in ["--port 3001", "-p 3001", "-p3001", "--listen 3001", "--listen :3001"] {
            assert_eq!(parsed(arguments).listen().to_string(), "127.0.0.1:3001", "{arguments}");
        }
        assert_eq!(parsed("--lan -p 3001").listen().to_string(), "0.0.0.0:3001");
        assert_eq!(parsed("").listen().to_string(), "127.0.0.1:3000");
    }
}
