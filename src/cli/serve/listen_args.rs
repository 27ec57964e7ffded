//! The flags of `lkt serve` for the address to listen on.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::lan;
use crate::failure::Failure;
use crate::service::listening::Listen;
use crate::service::settings::ListenSettings;

// Where it listens. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Listening")]
pub(super) struct ListenArgs {
    /// Address to listen on: HOST:PORT, unix:PATH, or a port alone for 127.0.0.1; port 0 picks a free
    /// one. Not used when systemd passes a socket (LISTEN_FDS)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: Listen,

    /// Port to listen on: the same as `--listen 127.0.0.1:PORT`
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

    /// Prefix of every path, such as /livekit
    #[arg(
        long,
        value_name = "PATH",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(super) base_path: Option<String>,
}

impl ListenArgs {
    /// Address to listen on.
    pub(super) fn address(&self) -> Listen {
        let listen = match self.port {
            Some(port) => Listen::at_loopback(port),
            None => self.listen.clone(),
        };
        match listen {
            Listen::Tcp { port, .. } if self.lan => {
                Listen::Tcp { host: "0.0.0.0".to_owned(), port }
            }
            listen => listen,
        }
    }

    /// Where to listen, with this machine's address on its network.
    pub(super) fn settings(&self) -> Result<ListenSettings, Failure> {
        let lan = if self.lan { Some(lan::address()?) } else { None };
        Ok(ListenSettings { addresses: vec![self.address()], are_passed: false, lan })
    }
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
            parsed.map(|arguments| arguments.listening.address().to_string()).expect("arguments")
        };
        for arguments in ["--port 3001", "-p 3001", "-p3001", "--listen 3001", "--listen :3001"] {
            assert_eq!(listens_at(arguments), "127.0.0.1:3001", "{arguments}");
        }
        assert_eq!(listens_at("--lan -p 3001"), "0.0.0.0:3001");
        assert_eq!(listens_at(""), "127.0.0.1:3000");
    }
}
