//! `lkt serve` in a separate process.

use std::process::Command;

use super::server::TestServer;

const LKT: &str = env!("CARGO_BIN_EXE_lkt");

/// `lkt serve --dev` on a free port.
const SERVE: [&str; 4] = ["serve", "--dev", "--listen", "127.0.0.1:0"];

impl TestServer {
    /// Starts `lkt serve --dev` on a free port, with these arguments.
    pub(crate) fn start(arguments: &str) -> Self {
        Self::run(Command::new(LKT).env_clear().args(SERVE), arguments)
    }

    /// Starts a server whose log is not read after the line with the address.
    pub(crate) fn start_unread(arguments: &str) -> Self {
        Self::run_with_log(Command::new(LKT).env_clear().args(SERVE), arguments, 0)
    }

    /// Starts a server through a shell, after a command of the shell.
    pub(crate) fn start_after(shell: &str, arguments: &str) -> Self {
        let script = format!("{shell}; exec \"$0\" \"$@\"");
        let mut command = Command::new("/bin/sh");
        Self::run(command.env_clear().args(["-c", &script, LKT]).args(SERVE), arguments)
    }
}
