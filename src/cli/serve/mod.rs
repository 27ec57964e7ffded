//! `lkt serve`: the token endpoint over HTTP.

mod args;
mod banner;
pub(super) mod config;
mod configure;
mod exposure;
mod fields;
mod hints;
mod lan;
mod limit_args;
mod listen_args;
mod login_args;
mod login_rules;

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

pub(super) use args::ServeArgs;

use super::files::reread;
use super::notes::Notes;
use crate::failure::Failure;
use crate::server::{Limits, Server};
use crate::service::gateway::{Gateway, SharedGateway};
use crate::service::listening::{Listening, LocalAddress};
use crate::service::log::{self, LogFormat, LogQueue};
#[cfg(unix)]
use crate::service::open_files;
use crate::service::signals;
use crate::service::site::Site;
use configure::Configured;

/// Maximum time to write the last lines of the log.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Maximum time that a reload waits for each source that is a pipe.
const SOURCE_PATIENCE: Duration = Duration::from_secs(5);

/// Prints the options in effect, parsed from these arguments.
pub(super) fn print_config(
    args: &ServeArgs,
    arguments: &[OsString],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    config::print(&args.listening.address(), arguments, out)
}

/// Serves until the server is told to stop.
pub(super) fn run(args: &ServeArgs, notes: Notes) -> Result<(), Failure> {
    // This comes first: it changes the environment, which threads would share.
    let passed = Listening::passed()?;
    let args = &match &passed {
        Some(passed) => args.at_passed(passed.local.clone().into()),
        None => args.clone(),
    };
    let log = log::start(args.log.log_format, args.log.level(notes)).map_err(out_of_resources)?;
    let notes = match args.log.log_format {
        LogFormat::Json => notes.logged(),
        LogFormat::Text => notes,
    };
    let ran = configure_and_serve(args, passed, notes, &log);
    log.flush(LAST_WORDS);
    ran
}

/// Serves with the socket that was passed, or else with one that it opens.
fn configure_and_serve(
    args: &ServeArgs,
    passed: Option<Listening>,
    notes: Notes,
    log: &LogQueue,
) -> Result<(), Failure> {
    let lan = if args.listening.lan { Some(lan::address()?) } else { None };
    let configured = configure::endpoint(args, lan, notes)?;
    exposure::check_address(args, &configured)?;
    let listening = match passed {
        Some(passed) => passed,
        None => Listening::open(&args.listening.address())?,
    };
    exposure::check_socket(args, &configured, &listening.local)?;
    let announced = banner::Banner::new(args, &configured, &listening.local, lan);
    let Configured { endpoint, key_sources, .. } = configured;
    let gateway = Gateway::start(endpoint, key_sources, args.logins.given_conditions(), None)
        .map_err(out_of_resources)?;
    let shared = SharedGateway::new(gateway);
    let remove_file = listening.remover();
    // `listening` keeps the file of a Unix socket, and removes it when this function returns.
    let Listening { socket, local, .. } = listening;
    let server = Server::new(socket, limits(args)).map_err(out_of_resources)?;
    // A thread that writes to stderr could wait for its reader.
    let reload = reload(args.clone(), local, lan, notes.logged(), shared.clone());
    signals::watch(server.stop_handle(), remove_file, reload)?;
    if !notes.is_quiet() {
        log.put(&announced.to_text(args));
    }
    // Done after the start lines, so that errors are logged below them.
    shared.load().fetch_keys();
    server.run(Site::new(shared, lan)).map_err(out_of_resources)
}

fn out_of_resources(error: io::Error) -> Failure {
    Failure::failed(error, "see whether the system is out of threads or open files")
}

fn limits(args: &ServeArgs) -> Limits {
    let limits = args.limits.limits();
    #[cfg(unix)]
    let limits =
        Limits { connections: open_files::fit(limits.connections, limits.waiting()), ..limits };
    limits
}

/// Reads the configuration, key, secret, URL and accepted tokens again from their sources. Keeps the
/// old values if that fails.
fn reload(
    args: ServeArgs,
    local: LocalAddress,
    lan: Option<IpAddr>,
    notes: Notes,
    shared: SharedGateway,
) -> impl Fn() + Send + Sync + 'static {
    let read = move || -> Result<(String, String), Failure> {
        let started = &args;
        let args = args.read_again()?;
        if args.limits.limits() != started.limits.limits() || args.log != started.log {
            tracing::warn!("changed limits and log options take effect at the next start");
        }
        let configured = configure::endpoint(&args, lan, notes)?;
        exposure::check_address(&args, &configured)?;
        exposure::check_socket(&args, &configured, &local)?;
        let Configured { endpoint, key_source, key_sources, .. } = configured;
        let key = endpoint.keys.key().to_owned();
        let gateway = Gateway::start(
            endpoint,
            key_sources,
            args.logins.given_conditions(),
            Some(&shared.load()),
        );
        shared.replace(gateway.map_err(out_of_resources)?);
        shared.load().fetch_keys();
        Ok((key, key_source))
    };
    move || match reread(SOURCE_PATIENCE, &read) {
        // Logged after the change, so that a script that waits for this line can send requests at once.
        Ok((key, from)) => tracing::info!(key, from, "reloaded"),
        Err(failure) => {
            let reason = failure.problem();
            tracing::error!(reason, "not reloaded; the previous configuration stays in use");
        }
    }
}
