//! Signals that stop the server or make it reload its configuration.

use std::io;

use super::reload::Reloader;
use crate::failure::Failure;
use crate::server::Stop;

/// Watches for signals. The first signal to stop lets requests in flight end, and the second ends the
/// process. `on_stop` is called after the first one. SIGHUP
/// requests a reload.
pub(crate) fn watch(
    stop: Stop,
    on_stop: impl Fn() + Send + 'static,
    reloader: Reloader,
) -> Result<(), Failure> {
    let stop_or_exit = move |exit_code| {
        if stop.is_set() {
            std::process::exit(exit_code);
        }
        stop.set();
        on_stop();
    };
    start(stop_or_exit, reloader).map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot watch for signals");
        Failure::failed(error, "see whether the system is out of threads")
    })
}

/// Calls `stop_or_exit` with an exit code at each signal to stop.
#[cfg(unix)]
fn start(stop_or_exit: impl Fn(i32) + Send + 'static, reloader: Reloader) -> io::Result<()> {
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let hangup = Hangup::at_start();
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let work = move || {
        for signal in signals.forever() {
            match signal {
                SIGHUP if hangup.is_terminal_gone() => stop_or_exit(128 + SIGHUP),
                SIGHUP => reloader.request(),
                signal => stop_or_exit(128 + signal),
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(work).map(drop)
}

/// Distinguishes a hangup of the terminal from a SIGHUP that means a reload.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
struct Hangup {
    /// Whether the process was started from a terminal, and should end with it.
    ends_with_terminal: bool,
}

#[cfg(unix)]
impl Hangup {
    fn at_start() -> Self {
        Self { ends_with_terminal: has_terminal() && !ignores_hangup() }
    }

    fn is_terminal_gone(self) -> bool {
        self.ends_with_terminal && !has_terminal()
    }
}

/// Whether the process has a controlling terminal (tty(4)).
#[cfg(unix)]
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// Whether SIGHUP was ignored from the start, as with `nohup` (proc_pid_status(5)).
#[cfg(target_os = "linux")]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & (1 << (signal_hook::consts::SIGHUP - 1)) != 0)
}

/// Other systems do not report this. `nohup` takes standard output and error from the terminal.
#[cfg(all(unix, not(target_os = "linux")))]
fn ignores_hangup() -> bool {
    use std::io::IsTerminal;
    !io::stdout().is_terminal() && !io::stderr().is_terminal()
}

/// Handles Ctrl-C, Ctrl-Break and the end of the console. No signal means a reload here.
#[cfg(windows)]
fn start(stop_or_exit: impl Fn(i32) + Send + 'static, _reloader: Reloader) -> io::Result<()> {
    const CONTROL_C_EXIT: i32 = 130;
    ctrlc::set_handler(move || stop_or_exit(CONTROL_C_EXIT)).map_err(io::Error::other)
}
