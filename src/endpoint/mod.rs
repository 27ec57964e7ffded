//! LiveKit's standard token endpoint as pure functions over the `http` crate's types.
//!
//! A request passes these steps in order, and each can answer it:
//!
//! 1. `Host` (DNS rebinding), 2. `Origin` and preflight, 3. path and method, 4. credentials,
//! 5. content type, 6. size, 7. caller ([`login`]), 8. JSON, 9. policy, 10. claims,
//! 11. signature.
//!
//! [`Endpoint::admit`] performs the first six, which need only the head. [`Endpoint::identify`]
//! identifies the caller, if logins are required. [`Endpoint::answer`] or [`Endpoint::answer_as`]
//! performs the rest. If no logins are required, [`Endpoint::handle`] does it all. The contract is
//! LiveKit's page on the endpoint,
//! <https://docs.livekit.io/frontends/authentication/tokens/endpoint/>.
//!
//! ```
//! use lkt::endpoint::{Endpoint, Random};
//! use lkt::token::KeyPair;
//!
//! let url = "ws://localhost:7880".parse()?;
//! let endpoint = Endpoint::new(KeyPair::dev(), url, Random::new(|| 7)); // your random bits here
//! let request = http::Request::post("/getToken").header("content-type", "application/json");
//! let now = 1_795_490_239; // or SystemTime::now()
//! let answer = endpoint.handle(request.body(b"{}".to_vec())?, now);
//! assert_eq!(answer.response.status(), 201);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(
    not(test),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)
)]

mod access;
mod answer;
mod content_type;
mod cors;
mod defaults;
mod field;
mod hosts;
pub mod invitation;
mod json_template;
pub mod login;
mod policy;
mod refusal;
mod request;
mod routes;
mod rules;
mod server_url;
mod template;

use std::ops::ControlFlow;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, Request, Response};

pub use access::{Access, BearerTokens};
pub use answer::{Answer, LoginNote, Minted, Outcome, answer_body};
pub use cors::{OriginError, Origins};
pub use defaults::{DefaultError, Defaults};
pub use field::{Field, RoomConfigPart, UnknownField};
pub use hosts::{ANDROID_EMULATOR, Hosts};
pub use policy::{Policy, PolicyError, RoomPattern};
pub use refusal::{Code, Refusal};
pub use request::{ReadRequest, RequestError, TokenSourceRequest};
pub use routes::Routes;
pub use rules::TokenRules;
pub use server_url::{ServerUrl, ServerUrlError};
pub use template::{Random, Template};

use crate::token::{KeyPair, Timestamp};
use login::{Asker, Identified, KeySet, Logins, Personal, Verdict};
use routes::{Route, TokenRoute};

/// Default of [`Endpoint::max_body`]: 64 KiB.
pub const MAX_BODY: usize = 64 * 1024;

/// A token endpoint. It holds no state, so any number of copies give the same answers.
///
/// Create one with [`Endpoint::new`], then change its fields as needed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Endpoint {
    /// The key pair that signs tokens.
    pub keys: KeyPair,
    /// The LiveKit server that clients are told to connect to. If its host is loopback, a client in
    /// the Android emulator, whose requests name the host [`ANDROID_EMULATOR`], gets that host
    /// instead.
    pub server_url: ServerUrl,
    /// The grants and lifetime of every token, and the defaults for absent fields.
    pub rules: TokenRules,
    /// The fields and rooms that clients may request.
    pub policy: Policy,
    /// The paths that are served.
    pub routes: Routes,
    /// The credentials that clients must send.
    pub access: Access,
    /// Which logins are required, and how they change a token.
    pub logins: Logins,
    /// The web pages that may request tokens.
    pub origins: Origins,
    /// The host names that this server answers to.
    pub hosts: Hosts,
    /// Maximum size of a request body, in bytes.
    pub max_body: usize,
    /// The source of random bits.
    pub random: Random,
    /// Replaces the hint of a refusal, if your program can say how its operator allows the request.
    /// `None` keeps the library's hint.
    pub hint: fn(&Refusal) -> Option<&'static str>,
}

/// A request for a token whose head has passed every check.
///
/// Only [`Endpoint::admit`] creates one, and [`Endpoint::answer`] requires one, so no token is
/// minted for a request that was not checked.
#[derive(Debug)]
pub struct Admitted {
    route: TokenRoute,
    /// Whether the content type was checked, because the head declares a body.
    has_json_type: bool,
}

impl Endpoint {
    /// Creates an endpoint that serves `POST /getToken` and its other usual names to anyone who can
    /// reach it, accepts any web page on this machine, and lets clients set every field.
    pub fn new(keys: KeyPair, server_url: ServerUrl, random: Random) -> Self {
        Self {
            keys,
            server_url,
            rules: TokenRules::default(),
            policy: Policy::default(),
            routes: Routes::default(),
            access: Access::default(),
            logins: Logins::default(),
            origins: Origins::default(),
            hosts: Hosts::default(),
            max_body: MAX_BODY,
            random,
            hint: |_| None,
        }
    }

    /// Answers a request. `now` is a [`SystemTime`](std::time::SystemTime), or a number of seconds since
    /// the Unix epoch.
    pub fn handle(&self, request: Request<Vec<u8>>, now: impl Into<Timestamp>) -> Answer {
        let now = now.into().seconds();
        let (head, body) = request.into_parts();
        match self.admit(&head, Some(body.len() as u64)) {
            ControlFlow::Break(answer) => answer,
            ControlFlow::Continue(admitted) => self.answer(admitted, &head, &body, now),
        }
    }

    /// Checks the head of a request before its body is read. Returns the answer if it is already
    /// known. Otherwise the request is admitted, and [`Endpoint::answer`] answers it once the body
    /// has arrived.
    ///
    /// `body_length` is the length in bytes that the head declares: 0 for a request without a body,
    /// `None` for one whose length is not known yet (a chunked body).
    pub fn admit(&self, head: &Parts, body_length: Option<u64>) -> ControlFlow<Answer, Admitted> {
        match self.early(head, body_length) {
            Ok(ControlFlow::Continue(admitted)) => ControlFlow::Continue(admitted),
            Ok(ControlFlow::Break(response)) => ControlFlow::Break(self.respond(head, response)),
            Err(refusal) => ControlFlow::Break(self.refuse(head, refusal)),
        }
    }

    /// Answers a request that [`Endpoint::admit`] has admitted, with a token or with a refusal.
    /// `now` is in seconds since the Unix epoch. An endpoint that requires logins refuses the
    /// request: use [`Endpoint::identify`] and [`Endpoint::answer_as`] instead.
    pub fn answer(&self, admitted: Admitted, head: &Parts, body: &[u8], now: u64) -> Answer {
        if self.logins.is_asking() {
            return self.refuse(head, login::LoginError::Missing.into());
        }
        self.answer_as(&Asker::anyone(), admitted, head, body, now)
    }

    /// Identifies the caller, if [`Endpoint::logins`] requires it. A caller that is not allowed gets
    /// an answer at once.
    ///
    /// `from_proxy` says whether the request comes from a trusted proxy. `keys` has the keys of
    /// each issuer, in the order of [`Logins::issuers`], with `None` for keys that are not known
    /// yet. `now` is in seconds since the Unix epoch.
    pub fn identify(
        &self,
        head: &Parts,
        from_proxy: bool,
        keys: &[Option<Arc<KeySet>>],
        now: u64,
    ) -> ControlFlow<Answer, Identified> {
        match self.logins.identify(head, from_proxy, keys, now) {
            Ok(identified) => ControlFlow::Continue(identified),
            Err(refusal) => ControlFlow::Break(self.refuse(head, refusal)),
        }
    }

    /// Answers an admitted request from a caller that [`Endpoint::identify`] has identified.
    pub fn answer_as(
        &self,
        asker: &Asker,
        admitted: Admitted,
        head: &Parts,
        body: &[u8],
        now: u64,
    ) -> Answer {
        match self.mint(asker, admitted, head, body, now) {
            Ok((response, outcome)) => {
                let answer = Answer::new(self.origins.mark(head, response), outcome);
                Answer { login: login_note(asker), ..answer }
            }
            Err(refusal) => self.refuse_asker(asker, head, refusal),
        }
    }

    /// Refuses a request from a caller that [`Endpoint::identify`] has identified, for a reason of
    /// your own.
    pub fn refuse_asker(&self, asker: &Asker, head: &Parts, refusal: Refusal) -> Answer {
        Answer { login: login_note(asker), ..self.refuse(head, refusal) }
    }

    /// Answers a request with a response of your own, with the headers that let a web page read it.
    pub fn respond(&self, head: &Parts, response: Response<Vec<u8>>) -> Answer {
        Answer::new(self.origins.mark(head, response), Outcome::Other)
    }

    /// Refuses a request for a reason of your own, with the headers that let a web page read the
    /// refusal.
    pub fn refuse(&self, head: &Parts, mut refusal: Refusal) -> Answer {
        if let Some(hint) = (self.hint)(&refusal) {
            hint.clone_into(&mut refusal.hint);
        }
        let response = self.origins.mark(head, refusal.response());
        Answer::new(response, Outcome::Refused(Box::new(refusal)))
    }

    /// Checks that the fields from a backend are within the limits of tokens. If they are not, the
    /// request is refused with [`ask_failed`](Code::AskFailed), since the mistake is not the
    /// client's. The error here gives the reason, for a log.
    ///
    /// # Errors
    /// [`RequestError`] says what is wrong.
    pub fn check_verdict(&self, verdict: &Verdict, now: u64) -> Result<(), RequestError> {
        if verdict.request == TokenSourceRequest::default() {
            return Ok(());
        }
        let fields = verdict.request.clone();
        self.rules.claims(fields, self.keys.key(), now, &self.random).map(drop)
    }

    fn early(
        &self,
        head: &Parts,
        body_length: Option<u64>,
    ) -> Result<ControlFlow<Response<Vec<u8>>, Admitted>, Refusal> {
        self.hosts.check(head)?;
        self.origins.check(head)?;
        let route = match self.routes.find(head)? {
            Route::Token(route) => route,
            Route::Health => return Ok(ControlFlow::Break(answer::health())),
        };
        if head.method == Method::OPTIONS {
            return Ok(ControlFlow::Break(self.origins.preflight(head)));
        }
        self.access.check(head, route)?;
        let length = body_length.unwrap_or(0);
        if length > self.max_body as u64 {
            return Err(Refusal::too_large(self.max_body));
        }
        let has_json_type = length > 0;
        if has_json_type {
            content_type::check(head)?;
        }
        Ok(ControlFlow::Continue(Admitted { route, has_json_type }))
    }

    fn mint(
        &self,
        asker: &Asker,
        Admitted { route, has_json_type }: Admitted,
        head: &Parts,
        body: &[u8],
        now: u64,
    ) -> Result<(Response<Vec<u8>>, Outcome), Refusal> {
        if body.len() > self.max_body {
            return Err(Refusal::too_large(self.max_body));
        }
        // An empty body needs no type, and only now is it known whether a chunked one is empty.
        if !has_json_type && !body.is_empty() {
            content_type::check(head)?;
        }
        let ReadRequest { mut request, unknown } =
            TokenSourceRequest::from_body(body, &self.policy)?;
        self.check_verdict(&asker.verdict, now).map_err(|_| Refusal::backend_failed())?;
        let (rules, headers, random) = (&self.logins.rules, &head.headers, &self.random);
        let personal = Personal { rules, asker, headers, random };
        let defaults = self.rules.base.joins().then_some(&self.rules.defaults);
        let is_named = personal.complete(&mut request, defaults)?;
        let claims = self.rules.claims(request, self.keys.key(), now, &self.random)?;
        let claims = personal.grant(claims)?;
        // The grants may have made this a token that joins.
        claims.check_join().map_err(|error| RequestError::Token(error.into()))?;
        self.policy.check_room(&claims)?;
        personal.check_room(&claims)?;
        let token = self.keys.sign(&claims).map_err(|error| RequestError::Token(error.into()))?;
        let server_url = self.server_url.for_client(head);
        let mut response = answer::token(route, &server_url, &token, &claims);
        answer::name_ignored(&mut response, &unknown);
        let minted = Minted::new(&claims, token.len(), !is_named, unknown);
        Ok((response, Outcome::Minted(Box::new(minted))))
    }
}

fn login_note(asker: &Asker) -> Option<Box<LoginNote>> {
    asker.login().map(|login| Box::new(login.into()))
}
