//! The keys of each issuer, fetched in the background.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Fetched, KeySource};
use crate::endpoint::login::KeySet;
use crate::endpoint::{Code, NeededKeys, Refusal};
use crate::service::pool::{Pool, contained};
use crate::times::now;

/// Minimum time between two fetches if keys are present: for a `kid` that they lack, or after a
/// failure.
const BETWEEN_FETCHES: Duration = Duration::from_secs(30);

/// How long expired keys are used while newer ones are fetched. After that, requests wait for the
/// fetch: a key that its issuer withdrew overnight must not be accepted in the morning, unless that
/// fetch fails.
const STALE_AT_MOST: Duration = Duration::from_secs(30);

/// How long keys are used after the last fetch that worked, while fetches fail. A withdrawn key is not
/// accepted for longer.
pub(crate) const KEPT_AT_MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// Minimum time between two fetches if there are no keys.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// Minimum time between two reports of the same failure.
const BETWEEN_REPORTS: Duration = Duration::from_secs(60);

/// Maximum number of requests that wait for the keys of one issuer.
const MOST_WAITING: usize = 256;

/// A request that continues when keys have been fetched, or could not be fetched.
type Waiting = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    /// When the keys expire.
    fresh_until: Option<Instant>,
    /// When the keys were fetched.
    fetched: Option<Instant>,
    /// When the last fetch began.
    tried: Option<Instant>,
    /// Whether the last fetch failed. Old keys then stay in use.
    failed: bool,
    /// The same in seconds since the epoch, and how often fetching succeeded and failed, for metrics.
    fetched_at: u64,
    fetches: u64,
    failures: u64,
    /// Why fetching failed, as it was logged last, and when.
    logged: Option<(String, Instant)>,
    fetching: bool,
    waiting: Vec<Waiting>,
}

/// What metrics show of the keys of an issuer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CachedState {
    /// Whether logins can be verified.
    pub(crate) is_usable: bool,
    /// Number of keys.
    pub(crate) keys: usize,
    /// When keys were last fetched, in seconds since the epoch; 0 if never.
    pub(crate) fetched_at: u64,
    /// How often fetching succeeded.
    pub(crate) fetches: u64,
    /// How often it failed.
    pub(crate) failures: u64,
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

    /// The issuer, or the URL of its keys. `None` for keys from a file.
    pub(in crate::service) fn issuer(&self) -> Option<String> {
        match &self.source {
            KeySource::Discovery { issuer, .. } => Some(issuer.clone()),
            KeySource::Jwks(url) => Some(url.to_string()),
            KeySource::Fixed(_) => None,
        }
    }

    /// What there is to show.
    pub(in crate::service) fn state(&self) -> CachedState {
        let state = self.lock();
        let usable = state.usable(Instant::now());
        CachedState {
            is_usable: usable.is_some(),
            keys: usable.map_or(0, |keys| keys.keys.len()),
            fetched_at: state.fetched_at,
            fetches: state.fetches,
            failures: state.failures,
        }
    }

    /// The current keys, if they are not too old. Expired keys are renewed in the background.
    pub(crate) fn current(self: &Arc<Self>, pool: &Pool) -> Option<Arc<KeySet>> {
        let mut state = self.lock();
        let keys = state.usable(Instant::now());
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
        let is_newer = match (state.usable(Instant::now()), seen) {
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
        state.fetching = pool.run(issuer, move || cached.finish_with(|| cached.source.fetch()));
        if state.fetching {
            state.tried = Some(Instant::now());
        }
        state.fetching
    }

    /// Fetches, and continues what waits for that. A panic is a failure: the next fetch must not wait for
    /// the end of this one.
    fn finish_with(&self, fetch: impl FnOnce() -> Result<Fetched, String>) {
        let failed = || Err("lkt has a bug: see its standard error".to_owned());
        self.finish(contained(fetch).unwrap_or_else(failed));
    }

    fn finish(&self, fetched: Result<Fetched, String>) {
        let mut state = self.lock();
        state.fetching = false;
        state.failed = fetched.is_err();
        if fetched.is_ok() {
            (state.fetches, state.fetched_at) = (state.fetches + 1, now());
        } else {
            state.failures += 1;
        }
        match fetched {
            Ok(Fetched { keys, url, fresh }) => {
                tracing::debug!(keys = keys.keys.len(), ?fresh, "fetched the keys of an issuer");
                state.report(&url.to_string(), &keys);
                // Also when no key is left: an issuer may withdraw all of them.
                state.keys = Some(Arc::new(keys));
                state.fresh_until = Some(Instant::now() + fresh);
                state.fetched = Some(Instant::now());
            }
            Err(reason) if state.was_logged(&reason) => {}
            Err(reason) => {
                let left =
                    state.left(Instant::now()).map(|left| Duration::from_secs(left.as_secs()));
                let left = left.map(|left| humantime::format_duration(left).to_string());
                let hint = "the issuer must be exactly as in the tokens' `iss`; `lkt check --auth-issuer` \
                            tries it, and --auth-jwks names the keys themselves";
                tracing::error!(
                    reason,
                    old_keys_for = left,
                    hint,
                    "cannot fetch the keys of an issuer"
                );
                state.logged = Some((reason, Instant::now()));
            }
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for then in waiting {
            contained(then);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The keys, unless they are too old. Keys from a file are always fresh.
    fn usable(&self, now: Instant) -> Option<Arc<KeySet>> {
        let is_stale = |until: Instant| now.saturating_duration_since(until) >= STALE_AT_MOST;
        let is_old = if self.failed {
            self.fetched.is_some() && self.left(now).is_none()
        } else {
            self.fresh_until.is_some_and(is_stale)
        };
        self.keys.clone().filter(|_| !is_old)
    }

    /// How long the keys stay in use if no fetch works. `None` if there are none, or no longer.
    fn left(&self, now: Instant) -> Option<Duration> {
        let age = now.saturating_duration_since(self.fetched?);
        KEPT_AT_MOST.checked_sub(age).filter(|left| !left.is_zero())
    }

    /// Logs what an issuer should correct in its keys.
    fn report(&mut self, url: &str, keys: &KeySet) {
        match keys.problem() {
            Some(problem) if self.was_logged(&problem) => {}
            Some(problem) => {
                let hint = "the issuer must publish a key for signatures; `lkt check --auth-issuer` lists \
                            its keys";
                tracing::error!(
                    url,
                    problem,
                    hint,
                    "an issuer publishes no key that can verify logins"
                );
                self.logged = Some((problem, Instant::now()));
            }
            None => self.logged = None,
        }
        if let Some(problem) = keys.untried() {
            tracing::warn!(url, problem, "an issuer publishes many keys");
        }
    }

    /// Whether this reason was logged just now. Without keys, a fetch may fail every five seconds.
    fn was_logged(&self, reason: &str) -> bool {
        let is_recent = |at: &Instant| at.elapsed() < BETWEEN_REPORTS;
        self.logged.as_ref().is_some_and(|(logged, at)| logged == reason && is_recent(at))
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

#[cfg(test)]
mod tests {
    use super::super::FetchUrl;
    use super::*;

    #[test]
    fn a_failure_is_reported_once_a_minute_and_another_one_at_once() {
        let mut state = State::default();
        assert!(!state.was_logged("a"));
        state.logged = Some(("a".to_owned(), Instant::now()));
        assert!(state.was_logged("a") && !state.was_logged("b"));
        state.report("https://x", &KeySet::default());
        assert!(state.was_logged("it has no keys") && !state.was_logged("a"));
    }

    #[test]
    fn keys_are_used_for_a_day_while_fetches_fail() {
        let now = Instant::now();
        let fetched = State {
            keys: Some(Arc::default()),
            fresh_until: Some(now + Duration::from_secs(600)),
            fetched: Some(now),
            ..State::default()
        };
        let minute = Duration::from_secs(60);
        let almost_a_day = Duration::from_secs(23 * 3600 + 59 * 60);
        let day = almost_a_day + minute;
        assert!(fetched.usable(now + Duration::from_secs(629)).is_some());
        assert!(fetched.usable(now + Duration::from_secs(630)).is_none());
        let failed = State { failed: true, ..fetched };
        assert!(failed.usable(now + almost_a_day).is_some());
        assert_eq!(failed.left(now + almost_a_day), Some(minute));
        assert!(failed.usable(now + day).is_none());
        // Keys of a file are not fetched, and do not age.
        let file = State { keys: Some(Arc::default()), ..State::default() };
        assert!(file.usable(now + day).is_some());
    }

    #[test]
    fn a_panic_ends_one_fetch_and_one_request() {
        let url = "https://id.example/jwks".parse::<FetchUrl>().expect("a URL");
        let cached = Cached::new(KeySource::Jwks(url.clone()));
        let (done, is_done) = std::sync::mpsc::channel();
        let last = Box::new(move || done.send(()).expect("the test waits"));
        {
            let mut state = cached.lock();
            state.fetching = true;
            state.waiting = vec![Box::new(|| panic!("as the test wants it")), last];
        }
        cached.finish_with(|| panic!("as the test wants it"));
        is_done.try_recv().expect("the other request continues");
        assert!(cached.lock().failed && cached.lock().may_fetch(BETWEEN_TRIES));
        let fresh = Duration::from_secs(60);
        cached.finish_with(|| Ok(Fetched { keys: KeySet::default(), url, fresh }));
        assert!(cached.lock().usable(Instant::now()).is_some());
    }

    #[test]
    fn a_key_set_replaces_the_old_one_also_if_it_is_empty_and_a_failure_does_not() {
        let url = "https://id.example/jwks".parse::<FetchUrl>().expect("a URL");
        let cached = Cached::new(KeySource::Jwks(url.clone()));
        let finish = |jwks: &str| {
            let keys = KeySet::from_jwks(jwks.as_bytes()).map_err(|error| error.to_string());
            let fresh = Duration::from_secs(60);
            cached.finish(keys.map(|keys| Fetched { keys, url: url.clone(), fresh }));
            cached.lock().usable(Instant::now()).map(|keys| keys.keys.len())
        };
        let key =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        assert_eq!(finish("garbage"), None);
        assert_eq!(finish(&format!(r#"{{"keys":[{key}]}}"#)), Some(1));
        assert_eq!(finish("garbage"), Some(1));
        assert_eq!(finish(r#"{"keys":[]}"#), Some(0));
    }
}
