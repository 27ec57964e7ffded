//! `lkt serve`: the token endpoint over HTTP.

mod args;
mod banner;
mod configure;
mod exposure;
mod lan;
mod listen_failure;
mod logging;
mod port_holder;
mod signals;

use std::net::IpAddr;

pub(super) use args::ServeArgs;

use super::environment::Environment;
use super::failure::Failure;
use super::notes::Notes;
use super::end_at_ceiling;
use crate::server::{Ceiling, ListenError, PassedSocket, Server, SharedEndpoint};
use configure::Configured;

/// Serves until it is told to stop.
pub(super) fn run(
    args: &ServeArgs,
    environment: &dyn Environment,
    notes: Notes,
) -> Result<(), Failure> {
    // First of all: it changes the environment, which threads would share.
    let cannot_listen = |error, args: &ServeArgs| listen_failure::explain(error, &args.listen());
    let passed = PassedSocket::take().map_err(|error| cannot_listen(error, args))?;
    let args = &match &passed {
        Some(socket) => args.at_passed(socket.listen()),
        None => args.clone(),
    };
    logging::start(args, notes);
    let lan = if args.lan { Some(lan::address()?) } else { None };
    let configured = configure::endpoint(args, lan, environment, notes)?;
    exposure::check_address(args, &configured)?;
    let server = listen(args, passed).map_err(|error| cannot_listen(error, args))?;
    exposure::check_socket(args, &configured, server.local_address())?;
    let announced = banner::Announced::new(args, &configured, server.local_address(), lan);
    let shared = SharedEndpoint::new(configured.endpoint);
    let stop = server.stop_handle();
    let ceiling = Ceiling {
        memory: args.max_memory,
        stuck: args.max_connections / 2,
        end: Box::new(|reason| end_at_ceiling(reason)),
    };
    signals::watch(stop.clone(), reload(args.clone(), lan, notes, shared.clone()))?;
    announced.print(args, notes);
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
