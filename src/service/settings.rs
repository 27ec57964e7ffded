//! What the service is told: everything resolved, and where the values come from.

use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;

use super::issuer::{FetchUrl, KeySource};
use super::join::JoinUrl;
use super::listening::Listen;
use super::log::LogSettings;
use super::rate::Rate;
use super::store::StoreLocation;
use crate::endpoint::{Endpoint, Field};
use crate::server::Limits;

/// What the service is told. Reloading replaces it, except for where it listens, limits and log.
pub(crate) struct Settings {
    /// The endpoint with its key, rules, policy, callers and paths.
    pub(crate) endpoint: Endpoint,
    /// Where the keys of each issuer of logins are.
    pub(crate) key_sources: Vec<KeySource>,
    /// The backend that decides about each request.
    pub(crate) ask: Option<FetchUrl>,
    /// The link into a call, for the page for guests, if invitations are accepted.
    pub(crate) join_url: Option<JoinUrl>,
    /// Maximum number of tokens for each person or address.
    pub(crate) rate: Option<Rate>,
    /// Proxies whose headers are trusted.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// What the replicas of the service share.
    pub(crate) store: Option<StoreSettings>,
    /// Where Prometheus reads metrics.
    pub(crate) metrics: Option<Listen>,
    /// The files that these settings were read from.
    pub(crate) files: Vec<PathBuf>,
    pub(crate) listening: ListenSettings,
    pub(crate) limits: Limits,
    pub(crate) log: LogSettings,
    pub(crate) sources: Sources,
    pub(crate) shown: Shown,
}

/// The store that replicas share.
#[derive(Debug, Clone)]
pub(crate) struct StoreSettings {
    pub(crate) location: StoreLocation,
    pub(crate) on_failure: StoreFailure,
    /// The set that has a deny list.
    pub(crate) denied: Option<String>,
}

/// What becomes of a request if the store that counts it cannot be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum StoreFailure {
    /// Each process counts by itself.
    #[default]
    Allow,
    /// It is refused.
    Deny,
}

/// Where the service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenSettings {
    pub(crate) addresses: Vec<Listen>,
    /// Whether the sockets were passed to this process.
    pub(crate) are_passed: bool,
    pub(crate) lan: Option<Lan>,
}

/// This machine on its network, for phones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lan {
    /// The address that is told to clients.
    pub(crate) address: IpAddr,
    /// The other addresses, each with its interface.
    pub(crate) others: Vec<String>,
}

/// Where values come from, for messages: `--url`, or `url in lkt.toml`.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(crate) key: String,
    pub(crate) url: String,
    /// The file or the variable of the accepted bearer tokens.
    pub(crate) bearer: String,
    /// The option that lets everyone have tokens, if it is set.
    pub(crate) anonymous: Option<String>,
    /// The option that chooses the allowed origins.
    pub(crate) origins: String,
}

/// Options as they were written, which the start lines show.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The patterns of allowed rooms.
    pub(crate) rooms: Vec<String>,
    /// Whether requests that name nothing get a random identity and room.
    pub(crate) fresh: bool,
    /// The fields that are set to a value, with its template.
    pub(crate) fixed: Vec<(Field, String)>,
    /// A warning about the permissions.
    pub(crate) permissions: Option<String>,
}

impl Settings {
    /// Whether requests must carry a credential or be allowed by a backend, or the user has allowed
    /// requests without either.
    pub(crate) fn is_guarded(&self) -> bool {
        let callers = &self.endpoint.callers;
        callers.bearer.is_some() && callers.issuers.is_empty()
            || (callers.need_login() && !callers.guests)
            || self.ask.is_some()
            || self.sources.anonymous.is_some()
    }

    /// Whether a proxy names the user in a header.
    pub(crate) fn trusts_proxies(&self) -> bool {
        self.endpoint.callers.proxy_header.is_some()
    }
}
