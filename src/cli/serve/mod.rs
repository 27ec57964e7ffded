//! `lkt serve`: the token endpoint over HTTP.

mod args;
mod banner;
pub(super) mod config;
mod exposure;
mod fields;
mod hints;
mod lan;
mod limit_args;
mod listen_args;
mod login_args;
mod login_rules;
mod settings;

use std::io::Write;
use std::time::Duration;

pub(super) use args::ServeArgs;

use super::command_line::CommandLine;
use super::files::reread;
use super::notes::Notes;
use crate::failure::Failure;
use crate::service::listening::{Listening, LocalAddress};
use crate::service::log::{self, LogFormat, LogQueue};
use crate::service::settings::{ListenSettings, Settings};
use crate::service::{self, out_of_resources};
use banner::Banner;

/// Maximum time to write the last lines of the log.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Maximum time that a reload waits for each source that is a pipe.
const SOURCE_PATIENCE: Duration = Duration::from_secs(5);

/// Serves until the server is told to stop, or prints the options in effect.
pub(super) fn run(
    args: &ServeArgs,
    line: CommandLine,
    notes: Notes,
    stdout: &mut dyn Write,
) -> Result<(), Failure> {
    if args.config.print_config {
        return config::print(args, line.serve_options(), stdout);
    }
    // This comes first: it changes the environment, which threads would share.
    let passed = Listening::passed()?;
    let log_settings = args.log.settings(notes);
    let log = log::start(log_settings).map_err(out_of_resources)?;
    let notes = match log_settings.format {
        LogFormat::Json => notes.logged(),
        LogFormat::Text => notes,
    };
    let ran = serve(args, line, passed, notes, &log);
    log.flush(LAST_WORDS);
    ran
}

/// Serves with the socket that was passed, or else with one that it opens.
fn serve(
    args: &ServeArgs,
    line: CommandLine,
    passed: Option<Listening>,
    notes: Notes,
    log: &LogQueue,
) -> Result<(), Failure> {
    let mut place = args.listening.settings()?;
    if let Some(passed) = &passed {
        place = ListenSettings { addresses: vec![passed.local.clone().into()], ..place };
        place.are_passed = true;
    }
    let settings = args.settings(place, notes)?;
    exposure::check_addresses(&settings)?;
    let listening = match passed {
        Some(passed) => passed,
        None => Listening::open(&args.listening.address())?,
    };
    exposure::check_socket(&settings, &listening.local)?;
    let banner = Banner::new(&settings, &listening.local).to_text(settings.log.format);
    let reload = reload(line, settings.listening.clone(), listening.local.clone(), notes.logged());
    service::run(settings, listening, reload, || {
        if !notes.is_quiet() {
            log.put(&banner);
        }
    })
}

/// Makes new settings for a server that is running: reads the configuration, key, secret, URL and
/// accepted tokens again from their sources.
fn reload(
    line: CommandLine,
    place: ListenSettings,
    local: LocalAddress,
    notes: Notes,
) -> impl Fn() -> Result<Settings, Failure> {
    let read = move || {
        let args = line.parse_again()?;
        if !place.are_passed && args.listening.settings()?.addresses != place.addresses {
            tracing::warn!("a changed address takes effect at the next start");
        }
        let settings = args.settings(place.clone(), notes)?;
        exposure::check_addresses(&settings)?;
        exposure::check_socket(&settings, &local)?;
        Ok(settings)
    };
    // A thread that writes to stderr could wait for its reader.
    move || reread(SOURCE_PATIENCE, &read)
}
