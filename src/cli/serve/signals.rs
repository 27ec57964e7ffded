//! SIGINT and SIGTERM stop the server, SIGHUP has it read its keys again.

use std::io;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::cli::failure::Failure;
use crate::server::Stop;

pub(super) fn watch(stop: Stop, reload: impl Fn() + Send + 'static) -> Result<(), Failure> {
    let watch = || -> io::Result<()> {
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
        let work = move || {
            for signal in signals.forever() {
                if signal == SIGHUP { reload() } else { stop.set() }
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(work).map(drop)
    };
    watch().map_err(|error| {
        let error = anyhow::Error::new(error).context("cannot watch for signals");
        Failure::failed(error, "see whether the system is out of threads")
    })
}
