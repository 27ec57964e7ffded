//! A server in a separate process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::http::{Answer, Connection};

/// Maximum time to wait for a line of the log. A missing line must fail the test instead of blocking
/// it.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// More lines than any test logs.
const MANY_LINES: usize = 1 << 16;

/// A running `lkt serve`, which is killed when dropped.
pub(crate) struct TestServer {
    child: Child,
    address: SocketAddr,
    log: Receiver<String>,
}

impl TestServer {
    /// Runs a command that serves, with these additional arguments.
    pub(crate) fn run(command: &mut Command, arguments: &str) -> Self {
        Self::run_with_log(command, arguments, MANY_LINES)
    }

    /// The same, with room for this number of log lines that the test has not read yet.
    pub(super) fn run_with_log(command: &mut Command, arguments: &str, lines: usize) -> Self {
        let command = command.args(arguments.split_whitespace()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let stderr = child.stderr.take().expect("a pipe");
        let log = follow(stderr, lines);
        let address = loop {
            let line = log.recv_timeout(MAX_WAIT).expect("a line that says where it listens");
            // In text and in JSON, the address is in the first URL with a path.
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

    /// Sends a request without a body on a new connection, and returns the answer.
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

    /// Waits for the next line of the log that contains this text.
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

    /// Waits until the process ends, and returns the rest of its log.
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
            // Shown if the test fails.
            eprintln!("[lkt] {line}");
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
