//! LiveKit's standard token endpoint as pure functions over the `http` crate's types.
//!
//! A request passes these steps in order, and each can answer it:
//!
//! 1. `Host` (DNS rebinding), 2. `Origin` and preflight, 3. path and method, 4. bearer token,
//! 5. content type, 6. size, 7. caller ([`login`]), 8. JSON and policy, 9. a backend's decision,
//! 10. fields, 11. claims, 12. signature.
//!
//! [`Endpoint::handle`] performs them all. A server that reads bodies, fetches keys or asks a backend in
//! its own way calls the steps one by one: [`Endpoint::admit`] performs the first six, which need only
//! the head, [`Endpoint::identify`] the seventh, [`Endpoint::parse`] the eighth,
//! [`Endpoint::decide`] the ninth, and [`Endpoint::answer`] the rest. The contract is LiveKit's page on
//! the endpoint, <https://docs.livekit.io/frontends/authentication/tokens/endpoint/>.
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

mod answer;
mod caller;
mod callers;
mod content_type;
mod cors;
mod credentials;
mod deny_list;
mod field;
mod fields;
mod hint;
mod hosts;
pub mod invitation;
pub mod login;
mod origins;
mod policy;
mod query;
mod random;
mod refusal;
mod request;
mod room;
mod routes;
mod rules;
mod server_url;
mod steps;
mod template;

use std::collections::BTreeSet;

/// The crate whose types the endpoint speaks, in the version that it speaks.
pub use http;

pub use answer::{Answer, LoginNote, Minted, Outcome, answer_body};
pub use caller::Caller;
pub use callers::{Callers, Identified, NeededKeys};
pub use credentials::BearerTokens;
pub use deny_list::{DenyList, DenyListError, Requested};
pub use field::{Field, UnknownField};
pub use fields::{FieldRule, FieldRuleError, FieldRules, When};
pub use hint::Hint;
#[cfg(feature = "cli")]
pub(crate) use hosts::is_loopback;
pub use hosts::{ANDROID_EMULATOR, HostError, Hosts};
pub use origins::{Origin, OriginError, Origins};
pub use policy::{Policy, PolicyError};
pub use random::Random;
pub use refusal::{Code, Refusal};
pub use request::{ReadRequest, RequestError, TokenSourceRequest};
pub use room::RoomPattern;
pub use routes::Routes;
pub use rules::TokenRules;
pub use server_url::{ServerUrl, ServerUrlError};
pub use steps::{Admitted, Parsed};
#[cfg(feature = "cli")]
pub(crate) use template::Part;
pub use template::{Placeholders, Template, TemplateError};

use crate::token::KeyPair;
pub use crate::token::RoomConfigPart;

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
    /// Who may call it.
    pub callers: Callers,
    /// Who gets no new tokens.
    pub deny_list: DenyList,
    /// The web pages that may request tokens.
    pub origins: Origins,
    /// The host names that this server answers to.
    pub hosts: Hosts,
    /// Maximum size of a request body, in bytes.
    pub max_body: usize,
    /// The source of random bits.
    pub random: Random,
    /// Replaces the hint of a refusal.
    pub hint: Hint,
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
            callers: Callers::default(),
            deny_list: DenyList::default(),
            origins: Origins::default(),
            hosts: Hosts::default(),
            max_body: MAX_BODY,
            random,
            hint: Hint::default(),
        }
    }

    /// The headers that decide about a token. A proxy must set each of them, or remove it from the
    /// requests of clients.
    pub fn trusted_headers(&self) -> BTreeSet<String> {
        let rules = self.rules.fields.iter().flat_map(FieldRule::headers);
        let rooms = self.policy.rooms.iter().flat_map(RoomPattern::headers);
        let user = self.callers.proxy_header.clone();
        user.into_iter().chain(rules).chain(rooms).map(|name| name.to_string()).collect()
    }
}
