//! Finds out who wants a token, for `lkt serve`. Separate threads fetch keys and ask backends. A
//! bounded number of requests wait for them; all other requests continue.

mod waiting;

use std::hash::RandomState;
use std::io;
use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::Arc;

use http::HeaderMap;
use http::request::Parts;
use ipnet::IpNet;

use super::backend::Backend;
use super::deny_store::DenyStore;
use super::issuer::Cached;
use super::join::{self, JoinUrl};
use super::metrics::Metrics;
use super::pool::{Pool, PoolLimits};
use super::proxies;
use super::rate::Limiter;
use super::request_id;
use super::settings::{Settings, StoreFailure, StoreSettings};
use super::store::{self, Store};
use crate::endpoint::invitation::Invitation;
use crate::endpoint::login::KeySet;
use crate::endpoint::{Admitted, Answer, Caller, Endpoint, Identified, Parsed, Refusal};
use crate::server::{Call, Client, LARGE_BODY, Replaceable};
use waiting::Waiting;

/// The threads that fetch keys. A slow issuer blocks one of them for at most ten seconds.
const FETCHERS: PoolLimits = PoolLimits { threads: 4, threads_per_client: 1, waiting: 256 };

/// The threads that ask the backend, and so the maximum number of questions at the same time. Some are
/// left to others if one person or network sends more requests than the backend answers. A quarter of all
/// connections may wait for their turn: with the questions at the same time, less than the half that may
/// wait for anything, so that it is the pool that decides whose request gives way.
fn askers(connections: usize) -> PoolLimits {
    PoolLimits { threads: 32, threads_per_client: 24, waiting: (connections / 4).max(1) }
}

/// The threads that read large requests, and that go on with a request once the backend has answered. They
/// are few, since each may need many times the size of a request.
const DECIDERS: PoolLimits = PoolLimits { threads: 2, threads_per_client: 2, waiting: 1024 };

/// An endpoint and everything that it needs to find out who the caller is.
pub(crate) struct Gateway {
    endpoint: Endpoint,
    keys: Vec<Arc<Cached>>,
    fetchers: Arc<Pool>,
    askers: Arc<Pool>,
    deciders: Arc<Pool>,
    backend: Option<Backend>,
    join_url: Option<JoinUrl>,
    limiter: Option<Arc<Limiter>>,
    /// The store that counts for all replicas, and what happens without it.
    store: Option<(Arc<Store>, StoreFailure)>,
    /// The deny list that lives in the store.
    denied: Option<Arc<DenyStore>>,
    metrics: Option<Arc<Metrics>>,
    proxies: Vec<IpNet>,
    /// For turns. It may change with a reload.
    hash: RandomState,
}

/// What keeps tokens from being issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The keys of an issuer.
    Keys,
    /// The store.
    Store,
}

/// A gateway that can be replaced by another between two requests.
pub(crate) type SharedGateway = Replaceable<Gateway>;

/// How a token is counted.
enum Counting {
    /// It has been, and may be issued or not.
    Done(Result<(), Refusal>),
    /// The store does it.
    InStore(store::Call),
}

impl Gateway {
    /// Starts the threads that are needed, or takes over the threads and keys of `old`.
    pub(crate) fn start(
        settings: Settings,
        metrics: Option<Arc<Metrics>>,
        old: Option<&Self>,
    ) -> io::Result<Arc<Self>> {
        let Settings { endpoint, key_sources, ask, join_url, rate, store, .. } = settings;
        let denied =
            store.as_ref().and_then(|store| Some((&store.location, store.denied.as_ref()?)));
        let before = old.and_then(|old| old.denied.as_ref());
        let denied = denied.map(|(location, key)| DenyStore::new(location, key, before));
        let store =
            store.map(|settings| reuse_store(settings, metrics.as_ref(), old)).transpose()?;
        let connections = settings.limits.connections;
        let reused = old.map_or(&[][..], |old| old.keys.as_slice());
        let keys = key_sources.into_iter().map(|source| Cached::reuse(source, reused));
        let keys = keys.collect::<Vec<_>>();
        let fetching = old.map(|old| Arc::clone(&old.fetchers));
        let asking = old.map(|old| Arc::clone(&old.askers));
        let deciding = old.map(|old| Arc::clone(&old.deciders));
        let counting = old.and_then(|old| old.limiter.as_ref());
        let counting = counting.filter(|limiter| Some(limiter.rate) == rate).map(Arc::clone);
        let gateway = Self {
            endpoint,
            keys,
            fetchers: fetching.unwrap_or_else(|| Pool::new("keys", FETCHERS)),
            askers: asking.unwrap_or_else(|| Pool::new("ask", askers(connections))),
            deciders: deciding.unwrap_or_else(|| Pool::new("decide", DECIDERS)),
            backend: ask.map(Backend::new),
            join_url,
            limiter: counting.or_else(|| rate.map(|rate| Arc::new(Limiter::new(rate)))),
            store,
            denied,
            metrics,
            proxies: settings.trusted_proxies,
            hash: RandomState::new(),
        };
        if let Some(metrics) = &gateway.metrics {
            metrics.show_key_sets(&gateway.keys);
        }
        Ok(Arc::new(gateway))
    }

    /// Starts to fetch missing keys, and the deny list in the store, before the first request needs them.
    pub(crate) fn fetch_keys(&self) {
        self.current_keys();
        if let Some(denied) = &self.denied {
            denied.start();
        }
    }

    /// What keeps tokens from being issued, if anything: the keys of an issuer are not known, or the store
    /// cannot be reached and requests are refused without it. Both are tried again.
    pub(crate) fn missing(&self) -> Option<Missing> {
        if self.current_keys().iter().any(Option::is_none) {
            return Some(Missing::Keys);
        }
        let (store, on_failure) = self.store.as_ref()?;
        let is_needed = *on_failure == StoreFailure::Deny && self.limiter.is_some();
        let is_unread = self.denied.as_ref().is_some_and(|denied| denied.current().is_none());
        (is_unread || (is_needed && !store.probe())).then_some(Missing::Store)
    }

    /// Answers a request that has passed everything else.
    fn mint(&self, mut parsed: Parsed, head: &Parts, now: u64) -> Answer {
        if let Some(denied) = &self.denied {
            let is_lax = matches!(self.store, Some((_, StoreFailure::Allow)));
            match denied.current() {
                Some(list) => parsed.deny_also(list),
                None if is_lax => {}
                None => return self.endpoint.refuse_parsed(&parsed, head, store::unavailable()),
            }
        }
        self.endpoint.answer(parsed, head, now)
    }

    /// The endpoint.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Answers a request for the page for guests, or for what it needs.
    pub(crate) fn join_page(&self, head: &Parts) -> Option<Answer> {
        join::answer(self.join_url.as_ref()?, &self.endpoint, head)
    }

    /// Answers immediately, or returns `None` and answers later from another thread. It never blocks.
    pub(crate) fn answer(
        self: &Arc<Self>,
        admitted: Admitted,
        head: &mut Arc<Parts>,
        body: Vec<u8>,
        call: &Call<'_>,
    ) -> Option<Answer> {
        if self.backend.is_some() {
            // The answer has the id that the backend gets.
            request_id::complete(&mut Arc::make_mut(head).headers);
        }
        let head = &**head;
        let (client, now) = (call.client, call.now);
        let waiting = |head: &Parts, body, later| {
            let head = head.clone();
            Waiting { admitted, head, body, client, now, later }
        };
        if body.len() > LARGE_BODY {
            let later = call.later().map(|later| self.begin_elsewhere(waiting(head, body, later)));
            return later.err().map(|refusal| self.endpoint.refuse(head, refusal));
        }
        let keys = self.current_keys();
        let caller = match self.identify(head, client, &keys, now) {
            ControlFlow::Break(answer) => return Some(answer),
            ControlFlow::Continue(Identified::Caller(caller)) => caller,
            ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
                let wait = |later| self.wait_for_keys(needed, &keys, waiting(head, body, later));
                return call
                    .later()
                    .map(wait)
                    .err()
                    .map(|refusal| self.endpoint.refuse(head, refusal));
            }
        };
        let parsed = match self.endpoint.parse(admitted, caller, head, &body) {
            ControlFlow::Break(answer) => return Some(answer),
            ControlFlow::Continue(parsed) => parsed,
        };
        let counting = self.count(parsed.caller(), &head.headers, client);
        match &counting {
            Counting::Done(Err(refusal)) => {
                return Some(self.endpoint.refuse_parsed(&parsed, head, refusal.clone()));
            }
            Counting::Done(Ok(())) if !self.waits_for_others(parsed.caller()) => {
                return Some(self.mint(parsed, head, now));
            }
            _ => {}
        }
        let known = self.known(&parsed, head, client);
        // Without a handle: until the lanes have been told, the requests that are refused would have the
        // places of others.
        if self.has_too_many(&known) {
            return Some(self.endpoint.refuse_parsed(&parsed, head, Refusal::backend_failed()));
        }
        // Only now: a handle counts as a request that waits, and wakes the lane when it is dropped.
        match call.later() {
            Ok(later) => {
                drop(parsed);
                self.go_on(counting, known, waiting(head, body, later));
                None
            }
            Err(refusal) => Some(self.endpoint.refuse_parsed(&parsed, head, refusal)),
        }
    }

    fn current_keys(&self) -> Vec<Option<Arc<KeySet>>> {
        self.keys.iter().map(|cached| cached.current(&self.fetchers)).collect()
    }

    fn identify(
        &self,
        head: &Parts,
        client: Client,
        keys: &[Option<Arc<KeySet>>],
        now: u64,
    ) -> ControlFlow<Answer, Identified> {
        let from_proxy = proxies::is_trusted(client, &self.proxies);
        self.endpoint.identify(head, from_proxy, keys, now)
    }

    /// Whether a request whose token is counted has to wait for the backend, or for the store.
    fn waits_for_others(&self, caller: &Caller) -> bool {
        self.backend.is_some() || limited(caller).is_some()
    }

    /// Counts the token that a caller requests, or finds out how the store does.
    fn count(&self, caller: &Caller, headers: &HeaderMap, client: Client) -> Counting {
        let Some(limiter) = self.limiter.as_ref().filter(|_| !caller.is_server()) else {
            return Counting::Done(Ok(()));
        };
        let address = proxies::address(client, headers, &self.proxies);
        match self.store {
            Some(_) => Counting::InStore(limiter.call(caller.person(), address)),
            None => Counting::Done(limiter.check(caller.person(), address)),
        }
    }

    /// The origin of a request, for a log: the address that a trusted proxy names, or the client's own
    /// address.
    pub(crate) fn remote(&self, client: Client, headers: &HeaderMap) -> String {
        let own = match client {
            Client::Tcp(peer) => Some(peer.ip().to_canonical()),
            _ => None,
        };
        let address = proxies::address(client, headers, &self.proxies);
        let named = address.filter(|_| address != own);
        named.map_or_else(|| client.to_string(), |address| address.to_string())
    }
}

/// The invitation of a caller, if it has a maximum number of uses.
fn limited(caller: &Caller) -> Option<(&Invitation, NonZeroU32)> {
    caller.invitation().and_then(|invitation| Some((invitation, invitation.uses?)))
}

/// The store, with the connections of `old` if it is the same.
fn reuse_store(
    settings: StoreSettings,
    metrics: Option<&Arc<Metrics>>,
    old: Option<&Gateway>,
) -> io::Result<(Arc<Store>, StoreFailure)> {
    let StoreSettings { location, on_failure, .. } = settings;
    let same = old.and_then(|old| old.store.as_ref());
    let same = same.filter(|(store, _)| store.location().is_same(&location));
    let store = match same {
        Some((store, _)) => Arc::clone(store),
        None => Store::start(location, metrics.cloned())?,
    };
    Ok((store, on_failure))
}
