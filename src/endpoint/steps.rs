//! The steps of a request, from its head to its answer.

use std::ops::ControlFlow;
use std::sync::Arc;

use http::request::Parts;
use http::{Method, Request, Response, StatusCode};

use super::answer::{self, Minted, Outcome};
use super::credentials::bearer;
use super::fields::Completed;
use super::invitation::is_invitation;
use super::login::{KeySet, NoVerdict, Verdict, question};
use super::routes::{Route, TokenRoute};
use super::template::Facts;
use super::{
    Answer, Caller, DenyList, Endpoint, Field, Identified, ReadRequest, Refusal, RequestError,
    Requested, Routes, TokenSourceRequest, content_type, cors, query,
};
use crate::token::Timestamp;

/// A request for a token whose head has passed every check.
///
/// Only [`Endpoint::admit`] creates one, and [`Endpoint::parse`] requires one, so no token is
/// minted for a request that was not checked.
#[derive(Debug, Clone, Copy)]
pub struct Admitted {
    route: TokenRoute,
    /// Whether the content type was checked, because the head declares a body.
    has_json_type: bool,
}

/// A request for a token that the policy allows, and who has sent it. Only [`Endpoint::parse`] creates
/// one.
#[derive(Debug)]
pub struct Parsed {
    route: TokenRoute,
    request: TokenSourceRequest,
    /// The paths of unknown fields.
    unknown: Vec<String>,
    caller: Caller,
    verdict: Verdict,
    denied: Option<Arc<DenyList>>,
}

impl Parsed {
    /// Who has sent the request.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Has [`Endpoint::answer`] look into another list besides the endpoint's own.
    pub fn deny_also(&mut self, list: Arc<DenyList>) {
        self.denied = Some(list);
    }

    /// Returns the question to a backend that decides about requests, as JSON: `{"request": …,
    /// "claims": …|null, "remote": …}`, with `"user"` if a proxy has named one. `remote` is where the
    /// request comes from. [`Endpoint::decide`] reads the backend's answer.
    pub fn question(&self, remote: &str) -> Vec<u8> {
        question(&self.request, &self.caller, remote)
    }
}

impl Endpoint {
    /// Answers a request. `now` is a [`SystemTime`](std::time::SystemTime), or a number of seconds since
    /// the Unix epoch. Logins are verified with [`Callers::keys`](super::Callers::keys), and no client
    /// counts as a trusted proxy.
    pub fn handle(&self, request: Request<Vec<u8>>, now: impl Into<Timestamp>) -> Answer {
        let (head, body) = request.into_parts();
        match self.admit(&head, Some(body.len() as u64)) {
            ControlFlow::Break(answer) => answer,
            ControlFlow::Continue(admitted) => self.handle_admitted(admitted, &head, &body, now),
        }
    }

    /// Answers a request like [`handle`](Self::handle), once its head has been admitted and its body has
    /// arrived.
    pub fn handle_admitted(
        &self,
        admitted: Admitted,
        head: &Parts,
        body: &[u8],
        now: impl Into<Timestamp>,
    ) -> Answer {
        let now = now.into();
        let caller = match self.identify(head, false, &self.callers.keys, now) {
            ControlFlow::Break(answer) => return answer,
            ControlFlow::Continue(Identified::Caller(caller)) => caller,
            ControlFlow::Continue(Identified::NeedsKeys(needed)) => {
                return self.refuse(head, needed.refusal(1));
            }
        };
        match self.parse(admitted, caller, head, body) {
            ControlFlow::Break(answer) => answer,
            ControlFlow::Continue(parsed) => self.answer(parsed, head, now),
        }
    }

    /// Checks the head of a request before its body is read. Returns the answer if it is already
    /// known. Otherwise the request is admitted.
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

    /// Identifies the caller. A caller that is not allowed gets an answer at once.
    ///
    /// `from_proxy` says whether the request comes from a trusted proxy. `keys` has the keys of
    /// each issuer, in the order of [`Callers::issuers`](super::Callers::issuers), with `None` for keys
    /// that are not known yet.
    pub fn identify(
        &self,
        head: &Parts,
        from_proxy: bool,
        keys: &[Option<Arc<KeySet>>],
        now: impl Into<Timestamp>,
    ) -> ControlFlow<Answer, Identified> {
        match self.callers.identify(head, from_proxy, keys, now.into().seconds()) {
            Ok(identified) => ControlFlow::Continue(identified),
            Err(refusal) => ControlFlow::Break(self.refuse(head, refusal)),
        }
    }

    /// Reads the body of a request, and checks it against the policy. A request that is not allowed gets
    /// an answer at once.
    pub fn parse(
        &self,
        Admitted { route, has_json_type }: Admitted,
        caller: Caller,
        head: &Parts,
        body: &[u8],
    ) -> ControlFlow<Answer, Parsed> {
        match self.read(route, &caller, has_json_type, head, body) {
            Ok(ReadRequest { request, unknown }) => {
                let verdict = Verdict::NONE;
                ControlFlow::Continue(Parsed {
                    route,
                    request,
                    unknown,
                    caller,
                    verdict,
                    denied: None,
                })
            }
            Err(refusal) => ControlFlow::Break(self.refuse_caller(&caller, head, refusal)),
        }
    }

    /// Reads a backend's answer to [`Parsed::question`]: 204, or 200 with a JSON object, approves the
    /// request. What the object has is decided by the backend, also where it is empty.
    ///
    /// # Errors
    /// [`NoVerdict`] if the backend does not approve the request, or its answer cannot be used. Answer
    /// with [`Endpoint::refuse_parsed`].
    pub fn decide(
        &self,
        parsed: &mut Parsed,
        status: StatusCode,
        body: &[u8],
    ) -> Result<(), NoVerdict> {
        let verdict = Verdict::read(status, body)?;
        // What the backend gets wrong is not the fault of the client.
        let checked = self.rules.check_fields(&verdict.request);
        checked.map_err(|error| NoVerdict::Failed(format!("its answer: {error}")))?;
        parsed.verdict = verdict;
        Ok(())
    }

    /// Answers a request that has passed every step, with a token or with a refusal.
    pub fn answer(&self, parsed: Parsed, head: &Parts, now: impl Into<Timestamp>) -> Answer {
        let Parsed { route, request, unknown, caller, verdict, denied } = parsed;
        let lists = [Some(&self.deny_list), denied.as_deref()];
        match self.mint(request, (&caller, &verdict), lists, head, now.into().seconds()) {
            Ok((token, claims, completed)) => {
                let server_url = self.server_url.for_client(head);
                let mut response = answer::token(route, &server_url, &token, &claims);
                answer::name_ignored(&mut response, &unknown);
                let cut_off = answer::cut_off(route, &response);
                let minted = Minted::new(claims, token.len(), completed, unknown, cut_off);
                let outcome = Outcome::Minted(Box::new(minted));
                Answer::new(self.origins.mark(head, response), outcome).by(&caller)
            }
            Err(refusal) => self.refuse_caller(&caller, head, refusal),
        }
    }

    /// Refuses a parsed request for a reason of your own.
    pub fn refuse_parsed(
        &self,
        parsed: &Parsed,
        head: &Parts,
        refusal: impl Into<Refusal>,
    ) -> Answer {
        self.refuse_caller(&parsed.caller, head, refusal.into())
    }

    /// Answers a request with a response of your own, with the headers that let a web page read it.
    pub fn respond(&self, head: &Parts, response: Response<Vec<u8>>) -> Answer {
        Answer::new(self.origins.mark(head, response), Outcome::Other)
    }

    /// Refuses a request for a reason of your own, with the headers that let a web page read the
    /// refusal.
    pub fn refuse(&self, head: &Parts, mut refusal: Refusal) -> Answer {
        if let Some(hint) = self.hint.of(&refusal) {
            refusal.hint = hint;
        }
        let response = self.origins.mark(head, refusal.response());
        Answer::new(response, Outcome::Refused(Box::new(refusal)))
    }

    /// Refuses a request of this caller for a reason of your own.
    pub fn refuse_caller(&self, caller: &Caller, head: &Parts, refusal: Refusal) -> Answer {
        self.refuse(head, refusal).by(caller)
    }

    fn early(
        &self,
        head: &Parts,
        body_length: Option<u64>,
    ) -> Result<ControlFlow<Response<Vec<u8>>, Admitted>, Refusal> {
        if self.origins.is_preflight(head) || Routes::is_probe(head) {
            let allow = self.routes.allowed(head.uri.path());
            return Ok(ControlFlow::Break(self.origins.options(head, allow)));
        }
        // The health check tells nothing, and a load balancer calls it by an address or a name of its own.
        if !self.routes.is_health_check(head) {
            self.hosts.check(head)?;
        }
        if !self.is_own_page(head) {
            self.origins.check(head)?;
        }
        let route = match self.routes.find(head)? {
            Route::Token(route) => route,
            Route::Health => return Ok(ControlFlow::Break(answer::health())),
        };
        if head.method == Method::OPTIONS {
            let allow = self.routes.allowed(head.uri.path());
            return Ok(ControlFlow::Break(self.origins.options(head, allow)));
        }
        self.callers.check(head, route)?;
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

    /// Whether a request with an invitation comes from a page of this server itself, the page for
    /// guests, wherever it is reached.
    fn is_own_page(&self, head: &Parts) -> bool {
        self.callers.invitations.are_accepted()
            && cors::is_same_origin(head)
            && bearer(&head.headers).is_some_and(is_invitation)
    }

    fn read(
        &self,
        route: TokenRoute,
        caller: &Caller,
        has_json_type: bool,
        head: &Parts,
        body: &[u8],
    ) -> Result<ReadRequest, Refusal> {
        if body.len() > self.max_body {
            return Err(Refusal::too_large(self.max_body));
        }
        // An empty body needs no type, and only now is it known whether a chunked one is empty.
        if !has_json_type && !body.is_empty() {
            content_type::check(head)?;
        }
        let mut read = if route == TokenRoute::ConnectionDetails {
            TokenSourceRequest::from_query(head.uri.query().unwrap_or_default(), &self.policy)?
        } else {
            let mut read = TokenSourceRequest::from_body(body, &self.policy)?;
            read.unknown.extend(query::ignored(head, body));
            query::check_names(&read)?;
            read
        };
        if let Some(invitation) = caller.invitation() {
            invitation.complete(&mut read.request, &self.random)?;
        }
        self.policy.check_required(&read.request)?;
        // A room that a rule decides is compared with that rule's.
        if self.rules.fields.deciding().all(|rule| rule.field() != Field::RoomName) {
            let facts = Facts::about(caller, Some(&head.headers), &self.random);
            self.policy.check_asked_room(&read.request, caller, facts)?;
        }
        Ok(read)
    }

    /// Returns the token, its claims, and what is known about its fields.
    fn mint(
        &self,
        mut request: TokenSourceRequest,
        (caller, verdict): (&Caller, &Verdict),
        denied: [Option<&DenyList>; 2],
        head: &Parts,
        now: u64,
    ) -> Result<(String, crate::token::Claims, Completed), Refusal> {
        let invited = caller.invitation().map(|invitation| invitation.rules(&self.rules, now));
        let rules = invited.as_ref().unwrap_or(&self.rules);
        let (random, headers) = (&self.random, Some(&head.headers));
        let completion = rules.completion(caller, verdict, headers, random);
        let completed = completion.run(&mut request)?;
        let claims = rules.unchecked(request, self.keys.key(), now);
        // Grants may make a token that joins.
        let claims = rules.grant(claims, caller, verdict)?;
        let checked = claims.check(&rules.limits, rules.allow_sensitive_credentials);
        checked.map_err(RequestError::Token)?;
        self.policy.check_room(&claims, caller, Facts::about(caller, headers, random))?;
        let requested = Requested::of(caller, &claims);
        denied.into_iter().flatten().try_for_each(|list| list.check(requested, now))?;
        let token = self.keys.sign(&claims).map_err(|error| RequestError::Token(error.into()))?;
        Ok((token, claims, completed))
    }
}
