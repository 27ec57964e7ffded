//! The flags of `lkt serve` for the addresses to listen on.

use std::env;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::lan;
use crate::cli::environment;
use crate::failure::Failure;
use crate::service::listening::Listen;
use crate::service::settings::ListenSettings;

/// The variable with addresses to listen on, for containers.
const LKT_LISTEN: &str = "LKT_LISTEN";

/// The port if no address is given.
const DEFAULT_PORT: u16 = 3000;

// Where it listens. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listening")]
pub(super) struct ListenArgs {
    /// Address to listen on: HOST:PORT, unix:PATH, or a port alone for localhost, which is 127.0.0.1 and
    /// [::1]. Port 0 picks a free one, and $PORT is the variable PORT. Repeatable. Not used when systemd
    /// passes sockets (LISTEN_FDS) [default: localhost:3000] [env: LKT_LISTEN]
    #[arg(long, value_name = "ADDRESS", value_parser = parse_address)]
    listen: Vec<Listen>,

    /// Port to listen on: the same as `--listen localhost:PORT`
    #[arg(short, long, value_name = "PORT", conflicts_with = "listen")]
    port: Option<u16>,

    /// Listen on all interfaces, for phones on this network. Clients are told this machine's address
    /// where the URL names a loopback host
    #[arg(long)]
    pub(super) lan: bool,

    /// Path of the token endpoint, instead of /getToken, /createToken, /create-token and /api/token.
    /// Repeatable
    #[arg(
        long = "path",
        value_name = "PATH",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) paths: Vec<String>,

    /// Path that answers GET with roomName and participantName in the query, such as
    /// /api/connection-details, for LiveKit's older starter apps. Any link leads to a GET, so give it only
    /// for them. Repeatable
    #[arg(
        long,
        value_name = "PATH",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) connection_details: Vec<String>,

    /// Prefix of every path, such as /livekit
    #[arg(
        long,
        value_name = "PATH",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) base_path: Option<String>,
}

impl ListenArgs {
    /// Addresses to listen on.
    pub(super) fn addresses(&self) -> Result<Vec<Listen>, Failure> {
        let mut addresses = self.listen.clone();
        if let Some(port) = self.port {
            addresses.push(Listen::at_localhost(port));
        }
        if addresses.is_empty() {
            addresses = from_environment()?;
        }
        if addresses.is_empty() {
            addresses.push(Listen::at_localhost(DEFAULT_PORT));
        }
        if self.lan {
            for address in &mut addresses {
                open_to_network(address);
            }
        }
        Ok(addresses)
    }

    /// Where to listen, with this machine's address on its network.
    pub(super) fn settings(&self) -> Result<ListenSettings, Failure> {
        let addresses = self.addresses()?;
        refuse_overlap(&addresses, "--listen")?;
        let lan = if self.lan { Some(lan::choose(&addresses)?) } else { None };
        Ok(ListenSettings { addresses, are_passed: false, lan })
    }
}

/// Refuses two addresses of which one takes what the other needs. `options` names the options that gave them.
pub(super) fn refuse_overlap(addresses: &[Listen], options: &str) -> Result<(), Failure> {
    let mut rest = addresses;
    while let [first, others @ ..] = rest {
        if let Some(other) = others.iter().find(|other| other.overlaps(first)) {
            let error = if first == other {
                anyhow::anyhow!("`{first}` is given more than once with {options}")
            } else {
                anyhow::anyhow!("`{first}` and `{other}` of {options} are the same port")
            };
            return Err(Failure::usage(error, "leave one of them out, or give another port"));
        }
        rest = others;
    }
    Ok(())
}

/// Replaces loopback, which phones cannot reach, with all interfaces. Any other address was chosen.
fn open_to_network(address: &mut Listen) {
    let is_local = address.is_local();
    if let Listen::Tcp { host, .. } = address
        && is_local
    {
        "0.0.0.0".clone_into(host);
    }
}

/// The addresses in `LKT_LISTEN`, with commas or spaces between them.
fn from_environment() -> Result<Vec<Listen>, Failure> {
    let text = environment::variable(LKT_LISTEN)?.unwrap_or_default();
    let addresses = text.split([',', ' ']).filter(|address| !address.is_empty());
    let addresses = addresses.map(|address| {
        parse_address(address).map_err(|problem| {
            let error = anyhow::anyhow!("invalid address `{address}` in {LKT_LISTEN}: {problem}");
            Failure::usage(error, "correct the variable, or give --listen")
        })
    });
    addresses.collect()
}

/// Parses an address after replacing each `$NAME` or `${NAME}` with the variable of that name: platforms
/// such as Cloud Run and Heroku choose the port and set PORT, and an image without a shell cannot expand
/// it.
fn parse_address(text: &str) -> Result<Listen, String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut parts = text.split('$');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = match part.strip_prefix('{') {
            Some(part) => {
                part.split_once('}').ok_or("`${` has no `}`; write a variable as `$PORT`")?
            }
            None => part.split_at(part.find(|letter| !is_name(letter)).unwrap_or(part.len())),
        };
        if name.is_empty() || !name.chars().all(is_name) {
            return Err("write a variable as `$PORT`".to_owned());
        }
        let value = env::var(name).ok().filter(|value| !value.is_empty());
        expanded += &value
            .ok_or_else(|| format!("the variable {name} is not set; set it, or write its value"))?;
        expanded += rest;
    }
    expanded.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        listening: ListenArgs,
    }

    #[test]
    fn a_port_alone_is_one_of_this_machine() {
        let listens_at = |arguments: &str| {
            let arguments = format!("lkt {arguments}");
            let parsed = <Arguments as clap::Parser>::try_parse_from(arguments.split_whitespace());
            let addresses = parsed.map(|arguments| arguments.listening.addresses());
            let addresses = addresses.expect("arguments").expect("addresses");
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        for arguments in ["--port 3001", "-p 3001", "-p3001", "--listen 3001", "--listen :3001"] {
            assert_eq!(listens_at(arguments), "localhost:3001", "{arguments}");
        }
        assert_eq!(listens_at("--lan -p 3001"), "0.0.0.0:3001");
        assert_eq!(listens_at("--lan --listen 192.0.2.7:3001"), "192.0.2.7:3001");
        assert_eq!(listens_at("--listen 1 --listen [::1]:2"), "localhost:1 [::1]:2");
        assert_eq!(listens_at(""), "localhost:3000");
    }
}
