//! Requests that wait: for the keys of an issuer, for the store, or for the backend.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use http::StatusCode;
use http::request::Parts;

use super::{Counting, Gateway, limited};
use crate::endpoint::invitation::InvitationError;
use crate::endpoint::login::{KeySet, NoVerdict};
use crate::endpoint::{Admitted, Answer, Caller, Identified, NeededKeys, Outcome, Parsed, Refusal};
use crate::server::{Client, LateAnswer};
use crate::service::rate::{self, network};
use crate::service::settings::StoreFailure;
use crate::service::store::{self, Reply, Unavailable};
use crate::service::{backend, proxies};

/// A request that waits. It is kept as it came, since what is read from it can be many times larger, and
/// is read again when it goes on.
pub(super) struct Waiting {
    pub(super) admitted: Admitted,
    pub(super) head: Parts,
    pub(super) body: Vec<u8>,
    pub(super) client: Client,
    /// Time of the request, in seconds since the epoch.
    pub(super) now: u64,
    pub(super) later: LateAnswer,
}

/// What is known about a request that waits for the store or the backend.
pub(super) struct Known {
    /// Issuer and subject.
    person: Option<(String, String)>,
    address: Option<IpAddr>,
    /// The question to the backend, if there is one.
    question: Option<Vec<u8>>,
}

impl Known {
    fn person(&self) -> Option<(&str, &str)> {
        self.person.as_ref().map(|(issuer, subject)| (issuer.as_str(), subject.as_str()))
    }
}

/// What the backend answered, and how long that took.
struct Asked {
    answer: Result<(StatusCode, Vec<u8>), String>,
    took: Duration,
}

impl Gateway {
    /// Notes what must be known about a request while it waits.
    pub(super) fn known(&self, parsed: &Parsed, head: &Parts, client: Client) -> Known {
        let address = proxies::address(client, &head.headers, &self.proxies);
        let question = self.backend.is_some().then(|| {
            let remote = address.map_or_else(|| "unix".to_owned(), |address| address.to_string());
            parsed.question(&remote)
        });
        let person = parsed.caller().person();
        let person = person.map(|(issuer, subject)| (issuer.to_owned(), subject.to_owned()));
        Known { person, address, question }
    }

    /// Begins with a large request in a thread that is there for it.
    pub(super) fn begin_elsewhere(self: &Arc<Self>, request: Waiting) {
        let gateway = Arc::clone(self);
        let address = proxies::address(request.client, &request.head.headers, &self.proxies);
        self.deciders.run(self.turn_of(address), move || {
            let keys = gateway.current_keys();
            match gateway.identify(&request.head, request.client, &keys, request.now) {
                ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
                    gateway.wait_for_keys(needed, &keys, request);
                }
                _ => gateway.resume(request),
            }
        });
    }

    /// Resumes a request once keys have been fetched, or refuses it.
    pub(super) fn wait_for_keys(
        self: &Arc<Self>,
        needed: NeededKeys,
        keys: &[Option<Arc<KeySet>>],
        request: Waiting,
    ) {
        let mut request = Some(request);
        let then = || -> Box<dyn FnOnce() + Send> {
            let (gateway, request) = (Arc::clone(self), request.take());
            Box::new(move || request.into_iter().for_each(|request| gateway.resume(request)))
        };
        let seen = keys.get(needed.issuer).and_then(Option::as_ref);
        let waits = match self.keys.get(needed.issuer) {
            Some(cached) => cached.wait(needed, seen, &self.fetchers, then),
            None => Err(needed.refusal(1)),
        };
        if let (Err(refusal), Some(request)) = (waits, request) {
            request.later.answer(self.endpoint.refuse(&request.head, refusal));
        }
    }

    /// Continues a request for which keys have been fetched. It does not wait for keys a second time.
    pub(super) fn resume(self: &Arc<Self>, request: Waiting) {
        let parsed = match self.read(&request) {
            ControlFlow::Break(answer) => return request.later.answer(answer),
            ControlFlow::Continue(parsed) => parsed,
        };
        let counting = self.count(parsed.caller(), &request.head.headers, request.client);
        match counting {
            Counting::Done(Err(refusal)) => self.refuse_parsed(&parsed, request, refusal),
            Counting::Done(Ok(())) if !self.waits_for_others(parsed.caller()) => {
                self.answer_parsed(parsed, request);
            }
            counting => {
                let known = self.known(&parsed, &request.head, request.client);
                drop(parsed);
                self.go_on(counting, known, request);
            }
        }
    }

    /// Continues a request that has been read once: counts its token, sends a question to the backend,
    /// takes one of the uses of an invitation, and answers.
    pub(super) fn go_on(self: &Arc<Self>, counting: Counting, known: Known, request: Waiting) {
        match (counting, &self.store) {
            (Counting::InStore(call), Some((store, on_failure))) => {
                let (gateway, on_failure) = (Arc::clone(self), *on_failure);
                store.call(call, move |reply| {
                    let counted = gateway.counted(reply, on_failure, &known);
                    gateway.go_on(Counting::Done(counted), known, request);
                });
            }
            (Counting::Done(Err(refusal)), _) => self.decide(request, Err(refusal)),
            _ if known.question.is_some() => self.ask(known, request),
            _ => self.decide(request, Ok(None)),
        }
    }

    /// What the store's reply about `--rate` means.
    fn counted(
        &self,
        reply: Reply,
        on_failure: StoreFailure,
        known: &Known,
    ) -> Result<(), Refusal> {
        match (reply, on_failure, &self.limiter) {
            (Ok(microseconds), ..) => rate::allowed_after(microseconds),
            (Err(Unavailable), StoreFailure::Allow, Some(limiter)) => {
                limiter.check(known.person(), known.address)
            }
            (Err(Unavailable), ..) => Err(store::unavailable()),
        }
    }

    /// Sends the question to the backend, and answers as it decides. If too many requests are waiting for
    /// the backend, the request is dropped. It is then answered as if the backend had failed.
    fn ask(self: &Arc<Self>, known: Known, mut request: Waiting) {
        request.later = request.later.or_refuse(Refusal::backend_failed());
        let gateway = Arc::clone(self);
        let end = Instant::now() + backend::TIMEOUT;
        let turn = self.turn(&known);
        self.askers.run(turn, move || {
            let asked = gateway.asked(&request.head, known, end);
            let deciders = Arc::clone(&gateway.deciders);
            let (done, is_done) = channel::<()>();
            deciders.run(turn, move || {
                let _done = done;
                gateway.decide(request, Ok(Some(asked)));
            });
            // Until then, no other answer is fetched: only as many are here as there are threads. This
            // fails when the job has ended, or has been dropped.
            let _ = is_done.recv();
        });
    }

    /// Whether the request would have to ask the backend, and too many others of its client wait for that.
    pub(super) fn has_too_many(&self, known: &Known) -> bool {
        known.question.is_some() && !self.askers.accepts(self.turn(known))
    }

    /// Whose turn a request takes: that of a person, or of a network.
    fn turn(&self, known: &Known) -> u64 {
        match known.person() {
            Some(person) => self.hash.hash_one(person),
            None => self.turn_of(known.address),
        }
    }

    /// The turn of a network.
    fn turn_of(&self, address: Option<IpAddr>) -> u64 {
        self.hash.hash_one(address.map(|address| network(address, 32, 64)))
    }

    /// Waits for the backend's answer, at the latest until `end`. The time that a request has waited for
    /// its turn counts.
    fn asked(&self, head: &Parts, known: Known, end: Instant) -> Asked {
        let began = Instant::now();
        let left = end.saturating_duration_since(began);
        let answer = match (&self.backend, known.question) {
            (Some(backend), Some(question)) if !left.is_zero() => {
                backend.ask(head, &question, left)
            }
            _ => Err("too many requests wait for it".to_owned()),
        };
        Asked { answer, took: began.elapsed() }
    }

    /// Answers a request that had to wait, unless it is refused.
    fn decide(self: &Arc<Self>, request: Waiting, asked: Result<Option<Asked>, Refusal>) {
        let mut parsed = match self.read(&request) {
            ControlFlow::Break(answer) => return request.later.answer(answer),
            ControlFlow::Continue(parsed) => parsed,
        };
        let decided = match asked {
            Ok(Some(asked)) => self.heed(asked, &mut parsed),
            Ok(None) => Ok(()),
            Err(refusal) => Err(refusal),
        };
        match decided {
            Ok(()) => self.answer_parsed(parsed, request),
            Err(refusal) => self.refuse_parsed(&parsed, request, refusal),
        }
    }

    fn refuse_parsed(&self, parsed: &Parsed, request: Waiting, refusal: Refusal) {
        let answer = self.endpoint.refuse_parsed(parsed, &request.head, refusal);
        request.later.answer(answer);
    }

    /// Reads a request again.
    fn read(&self, request: &Waiting) -> ControlFlow<Answer, Parsed> {
        let Waiting { admitted, head, body, client, now, .. } = request;
        match self.identify(head, *client, &self.current_keys(), *now)? {
            Identified::Caller(caller) => self.endpoint.parse(*admitted, caller, head, body),
            Identified::NeedsKeys(needed) => {
                ControlFlow::Break(self.endpoint.refuse(head, needed.refusal(5)))
            }
        }
    }

    /// Does what the backend has decided.
    fn heed(&self, asked: Asked, parsed: &mut Parsed) -> Result<(), Refusal> {
        let answer = asked.answer.map_err(NoVerdict::Failed);
        let decided = answer.and_then(|(status, body)| self.endpoint.decide(parsed, status, &body));
        if let Some(metrics) = &self.metrics {
            metrics.asked(asked.took, matches!(decided, Err(NoVerdict::Failed(_))));
        }
        if let Err(NoVerdict::Failed(reason)) = &decided {
            tracing::error!(reason, "the backend gave no usable answer");
        }
        Ok(decided?)
    }

    /// Answers a request, if need be once one of the uses of its invitation has been taken. None is taken
    /// for a request that gets no token.
    fn answer_parsed(self: &Arc<Self>, parsed: Parsed, request: Waiting) {
        let Waiting { head, now, later, .. } = request;
        let uses = use_of(parsed.caller(), now);
        let caller = uses.is_some().then(|| parsed.caller().clone());
        let answer = self.mint(parsed, &head, now);
        let is_minted = matches!(answer.outcome, Outcome::Minted(_));
        let (Some(call), Some(caller), Some((store, _)), true) =
            (uses, caller, &self.store, is_minted)
        else {
            return later.answer(answer);
        };
        let gateway = Arc::clone(self);
        store.call(call, move |reply| {
            let refusal = match reply {
                Ok(0) => InvitationError::UsedUp.into(),
                Ok(_) => return later.answer(answer),
                Err(Unavailable) => store::unavailable(),
            };
            later.answer(gateway.endpoint.refuse_caller(&caller, &head, refusal));
        });
    }
}

/// The call to the store that takes one of the uses of the caller's invitation, if they are limited.
fn use_of(caller: &Caller, now: u64) -> Option<store::Call> {
    let (invitation, uses) = limited(caller)?;
    let left = Duration::from_secs(invitation.expires_at.saturating_sub(now));
    // The clocks of replicas differ.
    Some(store::Call::take_use(&invitation.id, uses, left + Duration::from_secs(3600)))
}
