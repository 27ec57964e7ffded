//! Code that the tests share: running the program, talking to its server, reading tokens.

mod command;
mod everything;
mod http;
mod lkt_serve;
mod server;
mod token;

pub(crate) use command::{Lkt, lkt};
pub(crate) use everything::everything;
pub(crate) use http::{Answer, Connection, JSON, json_post, post};
pub(crate) use server::TestServer;
pub(crate) use token::{claims_of, claims_value, header_text, verify_dev};

/// The current time, in seconds since the epoch.
pub(crate) fn now() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}
