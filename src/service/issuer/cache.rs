//! The keys of each issuer, fetched in the background.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Fetched, KeySource};
use crate::endpoint::login::KeySet;
use crate::endpoint::{Code, NeededKeys, Refusal};
use crate::service::pool::Pool;

/// Minimum time between two fetches if keys are present: for a `kid` that they lack, or after a
/// failure.
const BETWEEN_FETCHES: Duration = Duration::from_secs(30);

/// How long expired keys are used while newer ones are fetched. After that, requests wait for the
/// fetch: a key that its issuer withdrew overnight must not be accepted in the morning, unless that
/// fetch fails.
const STALE_AT_MOST: Duration = Duration::from_secs(30);

/// Minimum time between two fetches if there are no keys.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// Maximum number of requests that wait for the keys of one issuer.
const MOST_WAITING: usize = 256;

/// A request that continues when keys have been fetched, or could not be fetched.
type Waiting = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    /// When the keys expire.
    fresh_until: Option<Instant>,
    /// When the last fetch began.
    tried: Option<Instant>,
    /// Whether the last fetch failed. Old keys then stay in use.
    failed: bool,
    fetching: bool,
    waiting: Vec<Waiting>,
}

/// The keys of one issuer.
pub(crate) struct Cached {
    source: KeySource,
    state: Mutex<State>,
}

impl Cached {
    pub(crate) fn new(source: KeySource) -> Arc<Self> {
        let keys = match &source {
            KeySource::Fixed(keys) => Some(Arc::clone(keys)),
            _ => None,
        };
        Arc::new(Self { source, state: Mutex::new(State { keys, ..State::default() }) })
    }

    /// Returns the entry of `old` with the same source, including its keys, or a new entry.
    pub(crate) fn reuse(source: KeySource, old: &[Arc<Self>]) -> Arc<Self> {
        let same = old.iter().find(|cached| cached.source.is_same(&source));
        same.map_or_else(|| Self::new(source), Arc::clone)
    }

    /// The current keys, if they are not too old. Expired keys are renewed in the background.
    pub(crate) fn current(self: &Arc<Self>, pool: &Pool) -> Option<Arc<KeySet>> {
        let mut state = self.lock();
        let keys = state.usable();
        let due = state.fresh_until.is_none_or(|until| Instant::now() >= until);
        let pause = if keys.is_some() { BETWEEN_FETCHES } else { BETWEEN_TRIES };
        if due && state.may_fetch(pause) {
            self.fetch(&mut state, pool);
        }
        keys
    }

    /// Calls `then` when keys newer than `seen` have been fetched, and runs the job that it returns.
    /// `then` is not called if the job cannot run.
    ///
    /// # Errors
    /// The answer to give if no keys will be fetched now.
    pub(crate) fn wait(
        self: &Arc<Self>,
        needed: NeededKeys,
        seen: Option<&Arc<KeySet>>,
        pool: &Pool,
        then: impl FnOnce() -> Waiting,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        let is_newer = match (state.usable(), seen) {
            (Some(keys), Some(seen)) => !Arc::ptr_eq(&keys, seen),
            (keys, _) => keys.is_some(),
        };
        if is_newer {
            drop(state);
            then()();
            return Ok(());
        }
        let pause = if needed.newer { BETWEEN_FETCHES } else { BETWEEN_TRIES };
        if matches!(self.source, KeySource::Fixed(_)) || !(state.fetching || state.may_fetch(pause))
        {
            return Err(needed.refusal(seconds_until_next(&state)));
        }
        if state.waiting.len() >= MOST_WAITING {
            return Err(too_many());
        }
        if !state.fetching && !self.fetch(&mut state, pool) {
            return Err(Refusal::keys_unavailable(1));
        }
        state.waiting.push(then());
        Ok(())
    }

    /// Starts a fetch. Returns `false` if the pool has too much to do.
    fn fetch(self: &Arc<Self>, state: &mut State, pool: &Pool) -> bool {
        if matches!(self.source, KeySource::Fixed(_)) {
            return false;
        }
        let cached = Arc::clone(self);
        // Each issuer has its turn.
        let issuer = Arc::as_ptr(&cached) as u64;
        state.fetching = pool.run(issuer, move || cached.finish(cached.source.fetch()));
        if state.fetching {
            state.tried = Some(Instant::now());
        }
        state.fetching
    }

    fn finish(&self, fetched: Result<Fetched, String>) {
        let mut state = self.lock();
        state.fetching = false;
        state.failed = fetched.is_err();
        match fetched {
            Ok(Fetched { keys, fresh, .. }) => {
                tracing::debug!(keys = keys.keys.len(), ?fresh, "fetched the keys of an issuer");
                state.keys = Some(Arc::new(keys));
                state.fresh_until = Some(Instant::now() + fresh);
            }
            Err(reason) => {
                let serves_on = state.keys.is_some();
                tracing::error!(reason, serves_on, "cannot fetch the keys of an issuer");
            }
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for then in waiting {
            then();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The keys, unless they are too old. Keys from a file are always fresh.
    fn usable(&self) -> Option<Arc<KeySet>> {
        let is_old = |until: Instant| until.elapsed() >= STALE_AT_MOST;
        self.keys.clone().filter(|_| self.failed || !self.fresh_until.is_some_and(is_old))
    }

    fn may_fetch(&self, pause: Duration) -> bool {
        !self.fetching && self.tried.is_none_or(|tried| tried.elapsed() >= pause)
    }
}

fn seconds_until_next(state: &State) -> u16 {
    let since = state.tried.map_or(BETWEEN_TRIES, |tried| tried.elapsed());
    let left = BETWEEN_TRIES.saturating_sub(since).as_secs() + 1;
    u16::try_from(left).unwrap_or(u16::MAX)
}

pub(crate) fn too_many() -> Refusal {
    let error = "too many requests wait for an answer from elsewhere";
    Refusal::new(Code::Busy, error, "ask again in a moment").retry_after(1_u16)
}
