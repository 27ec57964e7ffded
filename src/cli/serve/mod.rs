//! `lkt serve`: the token endpoint over HTTP.

mod args;
mod banner;
mod bearer;
pub(super) mod config;
mod exposure;
mod fields;
mod hints;
mod invite_args;
mod lan;
mod limit_args;
mod listen_args;
mod login_args;
mod login_rules;
mod masked;
mod patterns;
mod replica_args;
mod settings;
mod urls;

use std::io::Write;
use std::time::Duration;

use clap::{ArgMatches, Command};

pub(super) use args::ServeArgs;

use super::files::reread;
use super::keys::ResolvedKeys;
use super::notes::Notes;
use crate::failure::Failure;
use crate::service::listening::{Listen, LocalAddress, Opened};
use crate::service::log::{self, LogFormat, LogQueue};
use crate::service::settings::{ListenSettings, Settings};
use crate::service::{self, out_of_resources};
use banner::Banner;

/// Maximum time to write the last lines of the log.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Maximum time that a reload waits for each source that is a pipe.
const SOURCE_PATIENCE: Duration = Duration::from_secs(5);

/// What the command needs besides its arguments.
pub(super) struct Invocation {
    /// The definition of the command.
    pub(super) command: Command,
    /// The parsed options, those of the file included.
    pub(super) options: Option<ArgMatches>,
    /// Parses the same command line again, with the present contents of its file.
    pub(super) parse_again: Box<dyn Fn() -> Result<ServeArgs, Failure> + Send + Sync>,
}

/// Serves until the server is told to stop, or prints the options in effect.
pub(super) fn run(
    args: &ServeArgs,
    invocation: Invocation,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    if args.config.print_config {
        let Some(options) = &invocation.options else { return Ok(()) };
        let addresses = args.listening.addresses()?;
        return config::print(&invocation.command, options, &addresses, stdout);
    }
    if args.config.check {
        let checked = checked(args, notes)?;
        checked.found.warn_of_mixed_sources(notes);
        return stdout.write_all(checked.text.as_bytes()).map_err(Failure::write);
    }
    // This comes first: it changes the environment, which threads would share.
    let passed = Opened::passed()?;
    let log_settings = args.log.settings(notes);
    let log = log::start(log_settings).map_err(out_of_resources)?;
    let notes = match log_settings.format {
        LogFormat::Json => notes.logged(),
        LogFormat::Text => notes,
    };
    let ran = serve(args, invocation, passed, notes, &log);
    log.flush(LAST_WORDS);
    ran
}

/// A configuration that could be served.
pub(super) struct Checked {
    pub(super) settings: Settings,
    /// The key and the URL, with their sources.
    pub(super) found: ResolvedKeys,
    /// What would be served, for people.
    pub(super) text: String,
}

/// Resolves the configuration as a start does: reads every file and key.
pub(super) fn checked(args: &ServeArgs, notes: Notes) -> Result<Checked, Failure> {
    let found = args.resolve_keys(notes)?;
    let settings = args.settings_with(found.clone(), args.listening.settings()?, notes)?;
    exposure::check_addresses(&settings)?;
    let addresses = &settings.listening.addresses;
    let locals = addresses.iter().filter_map(Listen::to_local).collect::<Vec<_>>();
    let text = Banner::new(&settings, &locals, None).to_checked_text();
    Ok(Checked { settings, found, text })
}

/// Serves with the sockets that were passed, or else with those that it opens.
fn serve(
    args: &ServeArgs,
    invocation: Invocation,
    passed: Opened,
    notes: Notes,
    log: &LogQueue,
) -> Result<(), Failure> {
    let mut place = args.listening.settings()?;
    if !passed.sockets.is_empty() {
        place = ListenSettings { addresses: addresses_of(&passed), are_passed: true, ..place };
    }
    let settings = args.settings(place, notes)?;
    exposure::check_addresses(&settings)?;
    let opened =
        if passed.sockets.is_empty() { Opened::at(&settings.listening.addresses)? } else { passed };
    opened.warnings.iter().for_each(|warning| notes.warn(warning));
    let locals = opened.sockets.iter().map(|listening| listening.local.clone()).collect::<Vec<_>>();
    exposure::check_sockets(&settings, &locals)?;
    let metrics = Opened::at(settings.metrics.as_slice())?.sockets;
    let metrics_local = metrics.first().map(|metrics| &metrics.local);
    let banner = Banner::new(&settings, &locals, metrics_local).to_text(settings.log.format);
    let reload = reload(invocation, settings.listening.clone(), locals, notes.logged());
    service::run(settings, opened.sockets, metrics, reload, || {
        if !notes.is_quiet() {
            log.put(&banner);
        }
    })
}

fn addresses_of(opened: &Opened) -> Vec<Listen> {
    opened.sockets.iter().map(|listening| listening.local.clone().into()).collect()
}

/// Makes new settings for a server that is running: reads the configuration, key, secret, URL and
/// accepted tokens again from their sources.
fn reload(
    invocation: Invocation,
    place: ListenSettings,
    locals: Vec<LocalAddress>,
    notes: Notes,
) -> impl Fn() -> Result<Settings, Failure> {
    let read = move || {
        let args = (invocation.parse_again)()?;
        if !place.are_passed && args.listening.addresses()? != place.addresses {
            tracing::warn!("a changed address takes effect at the next start");
        }
        let settings = args.settings(place.clone(), notes)?;
        exposure::check_addresses(&settings)?;
        exposure::check_sockets(&settings, &locals)?;
        Ok(settings)
    };
    // A thread that writes to stderr could wait for its reader.
    move || reread(SOURCE_PATIENCE, &read)
}
