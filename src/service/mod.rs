//! What runs until it is told to stop: the endpoint with its logins, limits and documents, its
//! listeners, and its log.
//!
//! It knows no command line. `cli` resolves options, files and the environment, and hands over what
//! they mean.

#![allow(clippy::disallowed_methods)] // the clock and the system are read here

pub(crate) mod backend;
mod documents;
pub(crate) mod gateway;
pub(crate) mod http_client;
pub(crate) mod issuer;
pub(crate) mod listening;
pub(crate) mod log;
#[cfg(unix)]
pub(crate) mod open_files;
mod openapi;
mod page;
mod pool;
pub(crate) mod probe;
mod proxies;
pub(crate) mod rate;
pub(crate) mod signals;
pub(crate) mod site;
