//! Runs the program, and checks everything that it prints.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use tempfile::TempDir;

/// A run of the program in an empty directory, with an empty environment and no home.
pub(crate) struct Lkt {
    command: Command,
    stdin: Vec<u8>,
    directory: TempDir,
}

/// `lkt` with these arguments, split at spaces.
pub(crate) fn lkt(arguments: &str) -> Lkt {
    let directory = tempfile::tempdir().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lkt"));
    command.env_clear().current_dir(&directory).args(arguments.split_whitespace());
    Lkt { command, stdin: Vec::new(), directory }
}

impl Lkt {
    /// Adds one argument, which may contain spaces.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, text: impl AsRef<[u8]>) -> Self {
        self.stdin = text.as_ref().to_vec();
        self
    }

    /// Adds a file to the directory that the program runs in.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
        self
    }

    /// The directory that the program runs in.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn output(mut self) -> Output {
        let command = self.command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        let text = std::mem::take(&mut self.stdin);
        // On a thread, because the program may fill its output before it has read all of its input.
        let writer = thread::spawn(move || stdin.write_all(&text));
        let output = child.wait_with_output().expect("ends");
        // A program that reads no input closes it. The test does not check that.
        let _ = writer.join().expect("writes");
        output
    }

    /// Returns stdout. Expects exit code 0 and an empty stderr.
    pub(crate) fn succeeds(self) -> String {
        let shown = format!("{:?}", self.command);
        let output = self.output();
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.success() && stderr.is_empty(), "{shown}\n{stdout}\n{stderr}");
        stdout
    }

    /// Returns stdout and stderr. Expects exit code 0.
    pub(crate) fn succeeds_saying(self) -> (String, String) {
        let shown = format!("{:?}", self.command);
        let output = self.output();
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(output.status.success(), "{shown}\n{stdout}\n{stderr}");
        (stdout, stderr)
    }

    /// Returns stderr. Expects an empty stdout, this exit code, and an `error:` line and a `help:`
    /// line.
    pub(crate) fn fails(self, code: i32) -> String {
        let shown = format!("{:?}", self.command);
        let output = self.output();
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        let lines = stderr.lines().collect::<Vec<_>>();
        let formed = matches!(lines.as_slice(), [.., error, help]
            if error.starts_with("error: ") && help.starts_with("help: ") && !help.ends_with('.'));
        let ended = output.status.code() == Some(code) && stdout.is_empty();
        assert!(formed && ended, "{shown} ended with {}\n{stdout}\n{stderr}", output.status);
        stderr
    }
}
