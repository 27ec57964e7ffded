//! LiveKit tokens: mint, verify, and serve LiveKit's standard token endpoint.
//!
//! Data flows one way: text or HTTP in, request, policy, claims, signature, text or HTTP out.
//!
//! - [`token`] has the parts of a LiveKit token: claims, the key that signs them, and verification;
//! - `endpoint` is the token endpoint as pure functions over the `http` crate's types: mount
//!   `Endpoint::handle` under axum, AWS Lambda, or anything else that provides an `http::Request`;
//! - `server` is the HTTP server of `lkt serve`, with its limits.
//!
//! The first two read no clock, no environment and no randomness, do no I/O and do not panic: they
//! take what they need as arguments.
//!
//! ```
//! use lkt::token::{KeyPair, Token};
//!
//! # let now = 1_795_490_239;
//! let token = Token::join("demo", "ada").sign(&KeyPair::dev(), now)?; // or SystemTime::now()
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! See `examples/` for more: `embed.rs` mints a token, and the package in `servers/` mounts the
//! endpoint under axum and as an AWS Lambda function.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | (none) | [`token`] |
//! | `endpoint` | `endpoint`, over the types of `http` |
//! | `server` | `server`, over the system's sockets |
//! | `tiny_http` | a second reader of the bytes that clients of `server` send; Unix only |
//! | `cli` | the program `lkt` |
//!
//! `cli` and `tiny_http` are on by default. A program that only mints tokens or mounts the endpoint
//! does not need them:
//! `lkt = { version = "…", default-features = false, features = ["endpoint"] }`.
//!
//! # Versions
//!
//! The crate follows semantic versioning: before 1.0, a breaking change raises the minor version.
//! The API is what these pages document; the module `cli` is hidden from them and may change at any
//! time. Types that will grow with LiveKit are `#[non_exhaustive]`: create them with `new` or
//! `default`, then set their fields. The API exposes types of `http` 1, `serde_json` 1 and (in
//! [`token::RoomConfig::message`]) `livekit-protocol` 0.8; a new major version of one of them is a
//! new major version of this crate. The required Rust version may rise with the minor version.
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "endpoint")]
pub mod endpoint;
#[cfg(feature = "cli")]
mod failure;
#[cfg(feature = "cli")]
mod printable;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "cli")]
mod service;
#[cfg(feature = "cli")]
mod times;
pub mod token;

/// The README's code examples, as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
