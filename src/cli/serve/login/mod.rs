//! Who is asking, for `lkt serve`: keys are fetched and backends asked by threads of their own, and
//! the one request that needs them waits for them, in bounded numbers. All others go on.

mod args;
mod backend;
mod cache;
mod client;
mod fetch;
mod place;
mod pool;
mod rate;
mod settings;
#[cfg(test)]
mod tests;

use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use http::request::Parts;
use ipnet::IpNet;

pub(in crate::cli) use args::LoginArgs;
pub(in crate::cli) use client::Peer;
pub(in crate::cli) use settings::LoginSettings;

use crate::endpoint::login::{Asker, Identified, KeySet, NeededKeys, question};
use crate::endpoint::{Admitted, Answer, Endpoint, Refusal};
use backend::Backend;
use cache::{Cached, too_many};
use pool::Pool;
use rate::Limiter;

/// Threads that fetch keys. A slow issuer holds one of them for ten seconds at most.
const FETCHERS: usize = 4;

/// Threads that ask the backend: as many requests are under way at once.
const ASKERS: usize = 32;

/// Maximum number of requests that wait for one of these threads.
const QUEUE: usize = 256;

/// An admitted request that has to be answered.
pub(in crate::cli) struct Question {
    pub(in crate::cli) admitted: Admitted,
    pub(in crate::cli) head: Parts,
    pub(in crate::cli) body: Vec<u8>,
    pub(in crate::cli) peer: Peer,
    /// In seconds since the epoch.
    pub(in crate::cli) now: u64,
}

/// Takes the answer to a request that had to wait.
type Later = Box<dyn FnOnce(Answer) + Send>;

/// An endpoint with everything that it takes to know who asks.
pub(in crate::cli) struct Desk {
    endpoint: Endpoint,
    keys: Vec<Arc<Cached>>,
    fetchers: Arc<Pool>,
    askers: Arc<Pool>,
    backend: Option<Backend>,
    limiter: Option<Arc<Limiter>>,
    proxies: Vec<IpNet>,
}

impl Desk {
    /// Starts the threads that are needed, or takes over those of `old`, with the keys that it has.
    /// Keys that are not there are fetched from now on.
    pub(in crate::cli) fn start(
        endpoint: Endpoint,
        settings: LoginSettings,
        args: &LoginArgs,
        old: Option<&Self>,
    ) -> io::Result<Arc<Self>> {
        let reused = old.map_or(&[][..], |old| old.keys.as_slice());
        let keys = settings.sources.into_iter().map(|source| Cached::reuse(source, reused));
        let keys = keys.collect::<Vec<_>>();
        let pool = |old: Option<&Arc<Pool>>, name, threads, is_needed| match old {
            Some(pool) => Ok(Arc::clone(pool)),
            None => Pool::start(name, if is_needed { threads } else { 0 }, QUEUE).map(Arc::new),
        };
        let same_rate = |limiter: &&Arc<Limiter>| Some(limiter.rate) == args.rate;
        let kept = old.and_then(|old| old.limiter.as_ref()).filter(same_rate).map(Arc::clone);
        let had_keys = old.filter(|old| !old.keys.is_empty()).map(|old| &old.fetchers);
        let had_backend = old.filter(|old| old.backend.is_some()).map(|old| &old.askers);
        let desk = Self {
            endpoint,
            fetchers: pool(had_keys, "keys", FETCHERS, !keys.is_empty())?,
            askers: pool(had_backend, "ask", ASKERS, args.ask.is_some())?,
            backend: args.ask.clone().map(Backend::new),
            limiter: kept.or_else(|| args.rate.map(|rate| Arc::new(Limiter::new(rate)))),
            proxies: args.trusted_proxy.clone(),
            keys,
        };
        desk.current_keys();
        Ok(Arc::new(desk))
    }

    /// The endpoint.
    pub(in crate::cli) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Answers at once, or returns `None` and has `later` take the answer from another thread. It
    /// never waits.
    pub(in crate::cli) fn answer(
        self: &Arc<Self>,
        question: Question,
        later: impl FnOnce(Answer) + Send + 'static,
    ) -> Option<Answer> {
        let keys = self.current_keys();
        let from_proxy = question.peer.is_trusted(&self.proxies);
        let identified =
            self.endpoint.identify(&question.head, from_proxy, &keys, question.now);
        match identified {
            ControlFlow::Break(answer) => Some(answer),
            ControlFlow::Continue(Identified::Asker(asker)) => {
                self.answer_as(asker, question, Box::new(later))
            }
            ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
                self.wait_for_keys(needed, &keys, question, Box::new(later))
            }
        }
    }

    fn current_keys(&self) -> Vec<Option<Arc<KeySet>>> {
        self.keys.iter().map(|cached| cached.current(&self.fetchers)).collect()
    }

    fn wait_for_keys(
        self: &Arc<Self>,
        needed: NeededKeys,
        keys: &[Option<Arc<KeySet>>],
        question: Question,
        later: Later,
    ) -> Option<Answer> {
        let head = question.head.clone();
        let seen = keys.get(needed.issuer).and_then(Option::as_ref);
        let cached = self.keys.get(needed.issuer)?;
        let desk = Arc::clone(self);
        let then = Box::new(move || desk.resume(question, later));
        let waits = cached.wait(needed, seen, &self.fetchers, then);
        waits.err().map(|refusal| self.endpoint.refuse(&head, refusal))
    }

    /// Goes on with a request for which keys were fetched. It does not wait a second time.
    fn resume(self: &Arc<Self>, question: Question, later: Later) {
        let keys = self.current_keys();
        let from_proxy = question.peer.is_trusted(&self.proxies);
        let identified =
            self.endpoint.identify(&question.head, from_proxy, &keys, question.now);
        match identified {
            ControlFlow::Break(answer) => later(answer),
            ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
                later(self.endpoint.refuse(&question.head, needed.refusal(5)));
            }
            ControlFlow::Continue(Identified::Asker(asker)) => {
                // What comes at once goes the same way.
                let shared = Arc::new(std::sync::Mutex::new(Some(later)));
                let deliver = {
                    let shared = Arc::clone(&shared);
                    move |answer| {
                        let later = shared.lock().ok().and_then(|mut later| later.take());
                        if let Some(later) = later {
                            later(answer);
                        }
                    }
                };
                if let Some(answer) = self.answer_as(asker, question, Box::new(deliver.clone())) {
                    deliver(answer);
                }
            }
        }
    }

    fn answer_as(
        self: &Arc<Self>,
        asker: Asker,
        question: Question,
        later: Later,
    ) -> Option<Answer> {
        let address = question.peer.client(&question.head.headers, &self.proxies);
        if let Some(limiter) = self.limiter.as_ref().filter(|_| !asker.is_server()) {
            if let Err(refusal) = limiter.check(asker.person(), address) {
                return Some(self.endpoint.refuse(&question.head, refusal));
            }
        }
        match &self.backend {
            Some(backend) => self.ask(backend, asker, question, address, later),
            None => Some(self.mint(&asker, question)),
        }
    }

    fn mint(&self, asker: &Asker, question: Question) -> Answer {
        let Question { admitted, head, body, now, .. } = question;
        self.endpoint.answer_as(asker, admitted, &head, &body, now)
    }

    fn ask(
        self: &Arc<Self>,
        backend: &Backend,
        asker: Asker,
        request: Question,
        address: Option<IpAddr>,
        later: Later,
    ) -> Option<Answer> {
        let head = request.head.clone();
        let refuse = |refusal: Refusal| Some(self.endpoint.refuse(&head, refusal));
        let remote = address.map_or_else(|| "unix".to_owned(), |address| address.to_string());
        let asked = match question(&request.body, asker.login(), &remote) {
            Ok(asked) => asked,
            Err(refusal) => return refuse(refusal),
        };
        let (desk, backend) = (Arc::clone(self), backend.clone());
        let is_asked = self.askers.run(move || {
            let answer = match backend.ask(&request.head, &asked) {
                Ok(verdict) => desk.mint(&asker.with_verdict(verdict), request),
                Err(no) => desk.endpoint.refuse(&request.head, no.into()),
            };
            later(answer);
        });
        if is_asked { None } else { refuse(too_many()) }
    }
}
