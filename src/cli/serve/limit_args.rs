//! The flags of `lkt serve` that limit what a client may use.

use std::time::Duration;

use clap::Args;

use crate::cli::sizes::{parse_number, parse_size};
use crate::server::{Limits, MAX_HEAD_BYTES};
use crate::times::parse_timeout;

// Limits on clients. (A doc comment would become the about of the command.)
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// Maximum size of a request body, in bytes
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "64KiB",
        value_parser = |text: &str| parse_size(text, 2..=64 << 20)
    )]
    pub(super) max_body: usize,

    /// Maximum size of a request's head (request line and headers), in bytes
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "16KiB",
        value_parser = |text: &str| parse_size(text, 256..=MAX_HEAD_BYTES)
    )]
    max_header_bytes: usize,

    /// Maximum number of header lines in a request
    #[arg(
        long,
        value_name = "N",
        default_value_t = Limits::default().header_lines,
        value_parser = |text: &str| parse_number(text, 1..=1000)
    )]
    max_header_lines: usize,

    /// Maximum number of open connections. For another one, the connection that has been idle longest
    /// makes room, or the one whose request has taken longest; if there is none, it is answered 503
    #[arg(
        long,
        value_name = "N",
        default_value_t = Limits::default().connections,
        value_parser = |text: &str| parse_number(text, 1..=1_000_000)
    )]
    max_connections: usize,

    /// Maximum time for a request, from its first byte to its answer
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "10s",
        value_parser = parse_timeout
    )]
    request_timeout: Duration,

    /// Maximum time that a connection may be idle between requests
    #[arg(
        long,
        value_name = "SPAN",
        default_value = "65m",
        value_parser = parse_timeout
    )]
    idle_timeout: Duration,
}

impl LimitArgs {
    /// The limits for the server. The limit for a body belongs to the endpoint.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        limits: LimitArgs,
    }

    #[test]
    fn limits_are_the_servers_own_unless_given() {
        let parsed = <Arguments as clap::Parser>::try_parse_from(["lkt"]);
        let args = parsed.map(|arguments| arguments.limits).expect("arguments");
        assert_eq!(args.limits(), Limits::default());
        assert_eq!(args.max_body, crate::endpoint::MAX_BODY);
    }
}
