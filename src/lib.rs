//! LiveKit tokens: mint, verify, and serve LiveKit's standard token endpoint.
//!
//! Data flows one way: text or HTTP in, request, policy, claims, signature, text or HTTP out.
//!
//! - [`token`] is what a LiveKit token is;
//! - [`endpoint`] is the token endpoint as pure functions over the `http` crate's types.
#![doc(test(attr(deny(warnings))))]

#[doc(hidden)]
pub mod cli;
pub mod endpoint;
pub mod server;
pub mod token;
