//! `--deny-store`: a deny list that lives in the store, as a set with one entry a member, so that every
//! replica has it, and programs can change it with `SADD` and `SREM`.
//!
//! It is read every two seconds, not for each token: a token waits for nobody, and while the store cannot
//! be reached, the list that was read last remains.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::pool::contained;
use super::store::{Link, StoreLocation};
use crate::endpoint::DenyList;
use crate::times::parse_time;

/// Time between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// Maximum time for the store to reply.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum number of entries. Each is compared with each token. A longer list is not read in part: who
/// would be on the rest of it?
const MAX_ENTRIES: usize = 10_000;

/// The members of the set, and the list that they are.
type Read = (Vec<Vec<u8>>, Arc<DenyList>);

/// A deny list that lives in the store. Its thread ends when it is dropped.
pub(crate) struct DenyStore {
    location: StoreLocation,
    key: String,
    /// The list that was read last, and its members.
    last: Mutex<Option<Read>>,
    /// Whether the thread that reads it has been started.
    is_read: AtomicBool,
}

impl DenyStore {
    /// The list in the set `key`, or `old`, if that is the same.
    pub(crate) fn new(location: &StoreLocation, key: &str, old: Option<&Arc<Self>>) -> Arc<Self> {
        let same = old.filter(|old| old.key == key && old.location.is_same(location));
        same.cloned().unwrap_or_else(|| {
            let (location, key) = (location.clone(), key.to_owned());
            let (last, is_read) = (Mutex::default(), AtomicBool::new(false));
            Arc::new(Self { location, key, last, is_read })
        })
    }

    /// Starts the thread that reads the list, unless it has been started.
    pub(crate) fn start(self: &Arc<Self>) {
        if self.is_read.swap(true, Ordering::Relaxed) {
            return;
        }
        let watched = Arc::downgrade(self);
        let thread = thread::Builder::new().name("deny list".to_owned());
        if let Err(error) = thread.spawn(move || watch(&watched)) {
            let reason = error.to_string();
            tracing::error!(reason, "cannot start the thread that reads the deny list");
            self.is_read.store(false, Ordering::Relaxed);
        }
    }

    /// The list; `None` if it has never been read.
    pub(crate) fn current(&self) -> Option<Arc<DenyList>> {
        self.lock().as_ref().map(|(_, list)| Arc::clone(list))
    }

    /// Reads the list again. Returns the number of its entries if it has changed.
    fn read(&self, link: &mut Option<Link>) -> Result<Option<usize>, String> {
        if link.is_none() {
            *link = Some(self.location.connect(TIMEOUT).map_err(|error| error_text(&error))?);
        }
        let Some(open) = link.as_mut() else { return Ok(None) };
        let members = open.members(&self.key, MAX_ENTRIES, TIMEOUT);
        let mut members = members.map_err(|error| error_text(&error))?.map_err(|number| {
            format!("it has {number} entries, and {MAX_ENTRIES} is the maximum")
        })?;
        members.sort_unstable();
        let mut last = self.lock();
        if last.as_ref().is_some_and(|(before, _)| *before == members) {
            return Ok(None);
        }
        let (mut entries, mut unread) = (DenyList::default(), Vec::new());
        for member in &members {
            let added = match std::str::from_utf8(member) {
                Ok(entry) => {
                    entries.add(entry, |time| parse_time(time).ok()).map_err(|e| e.to_string())
                }
                Err(_) => Err("it is not UTF-8".to_owned()),
            };
            unread.extend(added.err());
        }
        // The others count all the same: what is denied must not depend on somebody's typing error.
        if let Some(problem) = unread.first() {
            let entries = unread.len();
            tracing::error!(
                entries,
                problem,
                "entries of the deny list in the store cannot be read"
            );
        }
        let number = entries.len();
        *last = Some((members, Arc::new(entries)));
        Ok(Some(number))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Read>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text of an error may quote a URL, and so a password; its category does not.
fn error_text(error: &redis::RedisError) -> String {
    error.category().to_owned()
}

fn watch(denied: &Weak<DenyStore>) {
    let (mut link, mut failed) = (None, false);
    while let Some(denied) = denied.upgrade() {
        let read = contained(|| denied.read(&mut link));
        match read.unwrap_or_else(|| Err("lkt has a bug: see its standard error".to_owned())) {
            Ok(changed) => {
                if let Some(entries) = changed {
                    tracing::info!(entries, "read the deny list in the store");
                }
                failed = false;
            }
            Err(reason) => {
                link = None;
                if !failed {
                    tracing::error!(
                        reason,
                        "cannot read the deny list in the store; the last one stays in effect"
                    );
                }
                failed = true;
            }
        }
        drop(denied);
        thread::sleep(BETWEEN_LOOKS);
    }
}
