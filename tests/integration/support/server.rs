//! A server in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::http::{Answer, Connection};

/// How long a line of the log may take: what never comes is a failure, and not a test that never ends.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// More lines than any test logs.
const MANY_LINES: usize = 1 << 16;

/// `lkt serve`, killed when dropped.
pub(crate) struct TestServer {
    child: Child,
    address: SocketAddr,
    log: Receiver<String>,
}

impl TestServer {
    /// `lkt serve --dev` on a free port, with these arguments.
    pub(crate) fn start(arguments: &str) -> Self {
        Self::run(
            Command::new(env!("CARGO_BIN_EXE_lkt")).env_clear().args([
                "serve",
                "--dev",
                "--listen",
                "127.0.0.1:0",
            ]),
            arguments,
        )
    }

    /// The same with a log that nobody reads, once it has said where it listens.
    pub(crate) fn start_unread(arguments: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
        command.env_clear().args(["serve", "--dev", "--listen", "127.0.0.1:0"]);
        Self::run_with_log(&mut command, arguments, 0)
    }

    /// The same through a shell, after it has done something.
    pub(crate) fn start_after(shell: &str, arguments: &str) -> Self {
        let script = format!("{shell}; exec \"$0\" serve --dev --listen 127.0.0.1:0 \"$@\"");
        let mut command = Command::new("/bin/sh");
        Self::run(command.env_clear().args(["-c", &script, env!("CARGO_BIN_EXE_lkt")]), arguments)
    }

    /// A command that serves, with more arguments.
    pub(crate) fn run(command: &mut Command, arguments: &str) -> Self {
        Self::run_with_log(command, arguments, MANY_LINES)
    }

    /// The same, with room for so many lines of the log that the test has not asked for.
    fn run_with_log(command: &mut Command, arguments: &str, lines: usize) -> Self {
        let command = command.args(arguments.split_whitespace()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let stderr = child.stderr.take().expect("a pipe");
        let log = follow(stderr, lines);
        let address = loop {
            let line = log.recv_timeout(MAX_WAIT).expect("a line that says where it listens");
            // As text or as JSON, it is the first URL with a path in it.
            if let Some((_, url)) = line.split_once("http://") {
                let authority = url.split('/').next().expect("an authority");
                break authority.parse().expect("an address");
            }
        };
        Self { child, address, log }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The answer to a request without a body, on a connection of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, host: &str) -> Answer {
        let mut connection = Connection::open(self.address);
        connection.send(format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        let answer =
            if method == "HEAD" { connection.answer_to_head() } else { connection.answer() };
        answer.expect("an answer")
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The first line of the log from here on that has this in it.
    pub(crate) fn wait_for_log(&self, part: &str) -> String {
        loop {
            let line = self.log.recv_timeout(MAX_WAIT);
            let line = line.unwrap_or_else(|error| panic!("no line with `{part}`: {error}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a number");
        kill(Pid::from_raw(pid), signal).expect("signalled");
    }

    /// Waits until the process ends; the rest of its log.
    pub(crate) fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let status = self.child.wait().expect("ends");
        (status, self.log.iter().collect())
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(stderr: ChildStderr, lines: usize) -> Receiver<String> {
    let (sender, receiver) = sync_channel(lines);
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Shown with a test that fails.
            eprintln!("[lkt] {line}");
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
