//! `lkt serve`: the token endpoint over HTTP.

mod args;
mod banner;
mod configure;
mod lan;
mod logging;
mod login;
mod signals;

use std::io;
use std::net::IpAddr;

pub(super) use args::ServeArgs;

use super::environment::Environment;
use super::failure::Failure;
use super::notes::Notes;
use super::{end_at_ceiling, printable};
use crate::server::{Ceiling, ListenError, PassedSocket, Server, SharedEndpoint};
use configure::Configured;

/// Serves until it is told to stop.
pub(super) fn run(
    args: &ServeArgs,
    environment: &dyn Environment,
    notes: Notes,
) -> Result<(), Failure> {
    // First of all: it changes the environment, which threads would share.
    let passed = PassedSocket::take().map_err(cannot_listen)?;
    let args = &match &passed {
        Some(socket) => args.at_passed(socket.listen()),
        None => args.clone(),
    };
    logging::start(args, notes);
    let lan = if args.lan { Some(lan::address()?) } else { None };
    let configured = configure::endpoint(args, lan, environment, notes)?;
    configure::check_exposure(args, &configured)?;
    let server = listen(args, passed).map_err(cannot_listen)?;
    let announced = banner::Announced::new(args, &configured, server.local_address(), lan);
    let shared = SharedEndpoint::new(configured.endpoint);
    let stop = server.stop_handle();
    let ceiling = Ceiling {
        memory: args.max_memory,
        stuck: args.max_connections / 2,
        end: Box::new(|reason| end_at_ceiling(reason)),
    };
    signals::watch(stop.clone(), reload(args.clone(), lan, notes, shared.clone()))?;
    announced.print(args);
    let ran = server.run(&shared, &stop, ceiling);
    ran.map_err(|error| Failure::failed(error, "see whether the system is out of threads"))
}

fn listen(args: &ServeArgs, passed: Option<PassedSocket>) -> Result<Server, ListenError> {
    match passed {
        Some(socket) => Server::take_over(socket, args.limits()),
        None => Server::bind(&args.listen(), args.limits()),
    }
}

/// Reads key, secret, URL and accepted tokens again from where they came, or keeps the old ones.
fn reload(
    args: ServeArgs,
    lan: Option<IpAddr>,
    notes: Notes,
    shared: SharedEndpoint,
) -> impl Fn() + Send + 'static {
    move || match configure::endpoint(&args, lan, &super::environment::ProcessEnvironment, notes) {
        Ok(Configured { endpoint, key_source, .. }) => {
            let key = endpoint.keys.key().to_owned();
            // Said once it is so: whoever waits for the line may ask at once.
            shared.replace(endpoint);
            tracing::info!(key, from = key_source, "reloaded");
        }
        Err(failure) => {
            let reason = failure.to_string();
            let reason = reason.lines().next().unwrap_or_default();
            tracing::error!(%reason, "not reloaded, everything stays as it was");
        }
    }
}

fn cannot_listen(error: ListenError) -> Failure {
    match &error {
        ListenError::Syntax(_) => {
            Failure::usage(error, "write it as 127.0.0.1:3000, [::1]:3000 or unix:/run/lkt.sock")
        }
        ListenError::InUse(_) => Failure::failed(
            error,
            "another lkt or a web framework may run there; stop it, or use --listen 127.0.0.1:0",
        ),
        ListenError::Passed(_) => Failure::failed(
            error,
            "pass one listening stream socket (in systemd: one ListenStream= and Accept=no), or \
             unset LISTEN_FDS",
        ),
        ListenError::System { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            Failure::failed(error, "make the directory of the socket first")
        }
        _ => Failure::failed(error, "give --listen an address of this machine that you may use"),
    }
}
