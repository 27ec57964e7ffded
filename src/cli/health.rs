//! `lkt health`: checks that a server answers, for the health check of a container and for scripts.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::notes::Notes;
use crate::failure::Failure;
use crate::service::http_client::NoAnswer;
use crate::service::probe::Server;

/// Maximum time from the look-up of the name to the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// The server: http://HOST:PORT, with its base path if it has one, or unix:PATH
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:3000", value_hint = ValueHint::Url)]
    server: Server,
}

/// The reason why a server is not healthy.
#[derive(Debug, thiserror::Error)]
enum Unhealthy {
    #[error("`{server}` does not answer: {reason}")]
    NoAnswer { server: Server, reason: NoAnswer },
    #[error("`{server}` answers {status}, not 200")]
    Status { server: Server, status: u16 },
}

pub(super) fn run(args: &HealthArgs, notes: Notes) -> Result<(), Failure> {
    let server = &args.server;
    let status = server.status(TIMEOUT).map_err(|reason| {
        let help = match reason {
            NoAnswer::NotHttp => "see what listens there; lkt speaks plain HTTP",
            NoAnswer::NoHost => "check the spelling of its name, and whether DNS knows it",
            _ => "start `lkt serve`, or give the URL that it listens at",
        };
        Failure::failed(Unhealthy::NoAnswer { server: server.clone(), reason }, help)
    })?;
    if status != 200 {
        let unhealthy = Unhealthy::Status { server: server.clone(), status };
        return Err(Failure::failed(unhealthy, "see what listens there, and its log"));
    }
    notes.note(|| format!("`{server}` is up"));
    Ok(())
}
