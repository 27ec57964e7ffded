//! `lkt health`: checks that a server answers, for the health check of a container and for scripts.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::notes::Notes;
use crate::failure::Failure;
use crate::service::http_client::NoAnswer;
use crate::service::probe::{self, Server};
use crate::service::readiness;

/// Maximum time from the look-up of the name to the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// The server: http://HOST:PORT, with its base path if it has one, or unix:PATH
    #[arg(value_name = "URL", default_value = "http://localhost:3000", value_hint = ValueHint::Url)]
    server: Server,

    /// Check that it can issue tokens now (/readyz), and not only that it is up (/healthz)
    #[arg(long)]
    ready: bool,
}

/// The reason why a server is not healthy.
#[derive(Debug, thiserror::Error)]
enum Unhealthy {
    #[error("`{server}` does not answer: {reason}")]
    NoAnswer { server: Server, reason: NoAnswer },
    #[error("`{server}` answers {status}, not 200")]
    Status { server: Server, status: u16 },
    #[error("what answers at `{server}` is not lkt")]
    NotLkt { server: Server },
}

pub(super) fn run(args: &HealthArgs, notes: Notes) -> Result<(), Failure> {
    let server = &args.server;
    let path = if args.ready { readiness::PATH } else { probe::HEALTH };
    let reply = server.get(path, TIMEOUT).map_err(|reason| {
        let help = match reason {
            NoAnswer::NotHttp => "see what listens there; lkt speaks plain HTTP",
            NoAnswer::NoHost => "check the spelling of its name, and whether DNS knows it",
            _ => "start `lkt serve`, or give the URL that it listens at",
        };
        Failure::failed(Unhealthy::NoAnswer { server: server.clone(), reason }, help)
    })?;
    if reply.status != 200 {
        let unhealthy = Unhealthy::Status { server: server.clone(), status: reply.status };
        return Err(Failure::failed(unhealthy, "see what listens there, and its log"));
    }
    if !reply.is_lkts {
        let unhealthy = Unhealthy::NotLkt { server: server.clone() };
        return Err(Failure::failed(unhealthy, "give the URL that `lkt serve` listens at"));
    }
    notes.note(|| format!("`{server}` is {}", if args.ready { "ready" } else { "up" }));
    Ok(())
}
