//! A few threads that wait for other servers, so that no other thread has to.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Job = Box<dyn FnOnce() + Send>;

/// Threads with a bounded queue. They end when the pool is dropped.
pub(crate) struct Pool(SyncSender<Job>);

impl Pool {
    pub(crate) fn start(name: &str, threads: usize, queue: usize) -> io::Result<Arc<Self>> {
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let receiver = Arc::clone(&receiver);
            let work = move || {
                while let Some(job) = next(&receiver) {
                    job();
                }
            };
            thread::Builder::new().name(name.to_owned()).spawn(work)?;
        }
        Ok(Arc::new(Self(sender)))
    }

    /// Runs a job when its turn comes. Returns `false` if too many jobs are waiting.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) -> bool {
        self.0.try_send(Box::new(job)).is_ok()
    }
}

fn next(receiver: &Mutex<Receiver<Job>>) -> Option<Job> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
