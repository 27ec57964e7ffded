//! The example servers pass the table of requests and answers that lkt's own tests have.

#![allow(clippy::disallowed_methods, clippy::format_push_string)]

mod lambda;
mod login;

/// lkt's own tests have this code in their module of the same name.
#[path = "."]
#[allow(dead_code)]
mod support {
    #[path = "../../../../tests/integration/support/http.rs"]
    mod http;
    #[path = "../../../../tests/integration/support/server.rs"]
    mod server;
    #[path = "../../../../tests/integration/support/token.rs"]
    mod token;

    pub(crate) use http::{Answer, Connection, post};
    pub(crate) use server::TestServer;
    pub(crate) use token::{claims_value, verify_dev};

    /// The current time, in seconds since the epoch.
    pub(crate) fn now() -> u64 {
        let now = std::time::SystemTime::now();
        now.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
    }
}

#[path = "../../../../tests/integration/conformance/table.rs"]
#[allow(dead_code)]
mod table;

use std::process::Command;

use support::TestServer;

#[test]
fn axum_conforms() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_axum"));
    table::ask_all(&TestServer::run(&mut server, "127.0.0.1:0"), table::table());
}
