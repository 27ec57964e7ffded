//! LiveKit tokens: mint, verify, and serve LiveKit's standard token endpoint.
//!
//! Data flows one way: text or HTTP in, request, policy, claims, signature, text or HTTP out.
//!
//! - [`token`] is what a LiveKit token is: claims, a key that signs them, and checking;
//! - `endpoint` is the token endpoint as pure functions over the `http` crate's types: mount
//!   `Endpoint::handle` under axum, AWS Lambda, or anything else that
//!   has an `http::Request`;
//! - `server` is the HTTP server of `lkt serve`, with its limits.
//!
//! The first two read no clock, no environment and no randomness, do no I/O and do not panic: what
//! they need comes in as an argument.
//!
//! ```
//! use lkt::token::{KeyPair, Token};
//!
//! # let now = 1_795_490_239;
//! let token = Token::join("demo", "ada").sign(&KeyPair::dev(), now)?; // or SystemTime::now()
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! More in `examples/`: `embed.rs` mints a token, `axum.rs` and `lambda.rs` mount the endpoint.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | (none) | [`token`] |
//! | `endpoint` | `endpoint`, over the types of `http` |
//! | `server` | `server`, over sockets of the system |
//! | `tiny_http` | a second reader of every request that `server` answers; on Unix only |
//! | `cli` | the program `lkt` |
//!
//! `cli` and `tiny_http` are on by default. A program that mints tokens, or mounts the endpoint, has no
//! use for them: `lkt = { version = "…", default-features = false, features = ["endpoint"] }`.
//!
//! # Versions
//!
//! The crate follows semantic versioning: before 1.0, what breaks a caller raises the second number.
//! The API is what these pages show; the module `cli`, which they do not, may change at any time.
//! Types that will grow with LiveKit are `#[non_exhaustive]`: make them with `new` or `default`, then
//! set their fields. Of other crates, the API has types of `http` 1, `serde_json` 1 and (in
//! [`token::RoomConfig::message`]) `livekit-protocol` 0.8; a new major version of one of them is one
//! of this crate. The Rust version that it needs may rise with the second number.
#![doc(test(attr(deny(warnings), allow(dead_code, unused_variables))))]

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "endpoint")]
pub mod endpoint;
#[cfg(feature = "server")]
pub mod server;
pub mod token;

/// The README's code, as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
