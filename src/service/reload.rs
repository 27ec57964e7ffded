//! The thread that reloads the configuration.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::{io, thread};

/// Requests reloads. They run on a thread of their own, one at a time, so that they block nothing.
#[derive(Debug, Clone)]
pub(crate) struct Reloader(SyncSender<()>);

impl Reloader {
    /// Starts the thread. Each reload has a further thread, so that a panic does not prevent later reloads.
    pub(crate) fn start(reload: impl Fn() + Send + Sync + 'static) -> io::Result<Self> {
        // There is room for one: any number of requests during a reload cause a single further reload.
        let (wanted, wishes) = sync_channel(1);
        let reload_once = move || {
            thread::scope(|scope| {
                let reload = thread::Builder::new().spawn_scoped(scope, &reload);
                reload.is_ok_and(|reload| reload.join().is_ok())
            })
        };
        let work = move || {
            for () in &wishes {
                if !reload_once() {
                    tracing::error!("not reloaded: lkt is out of threads, or has a bug");
                }
            }
        };
        thread::Builder::new().name("reload".to_owned()).spawn(work)?;
        Ok(Self(wanted))
    }

    /// Requests a reload, and does not wait for it.
    pub(crate) fn request(&self) {
        // If there is no room, a reload is due already.
        let _ = self.0.try_send(());
    }
}
