//! Reads inputs that the command line names: a file, or `-` for standard input.

use std::borrow::Cow;
use std::cell::Cell;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use super::encrypted;
use super::notes::Notes;
use crate::failure::Failure;

/// Maximum size of an input that is read as a whole: 1 MiB. A token holds less.
const MAX_BYTES: u64 = 1024 * 1024;

/// The bytes that Windows editors and PowerShell put before UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

thread_local! {
    /// How long this thread waits for a pipe; `None` for no limit.
    static PATIENCE: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Reads inputs a second time: waits at most `patience` for each pipe, and does not read standard
/// input.
pub(crate) fn reread<T>(patience: Duration, work: impl FnOnce() -> T) -> T {
    let before = PATIENCE.replace(Some(patience));
    let done = work();
    PATIENCE.set(before);
    done
}

/// A pipe that is read until a deadline.
#[cfg(unix)]
struct Pipe {
    file: File,
    deadline: Instant,
}

#[cfg(unix)]
impl Pipe {
    fn open(path: &Path, patience: Duration) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;

        // Without this flag, opening would wait for a writer.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(path)?;
        Ok(Self { file, deadline: Instant::now() + patience })
    }
}

#[cfg(unix)]
impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};

        let left = self.deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let ready = poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&left))?;
        if ready == 0 { Err(io::ErrorKind::TimedOut.into()) } else { self.file.read(buffer) }
    }
}

/// A file, or standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        if text == "-" { Self::Stdin } else { Self::File(text.into()) }
    }
}

/// Refuses two of these options that both read standard input: the later one would find it empty.
pub(crate) fn refuse_shared_stdin<'a>(
    options: impl IntoIterator<Item = (&'static str, Option<&'a str>)>,
) -> Result<(), Failure> {
    let mut readers = options.into_iter().filter(|(_, value)| *value == Some("-"));
    match (readers.next(), readers.next()) {
        (Some((one, _)), Some((other, _))) => {
            let error = anyhow::anyhow!("`{one}` and `{other}` both read standard input");
            Err(Failure::usage(error, "give one of them a file"))
        }
        _ => Ok(()),
    }
}

impl Input {
    /// Reads the whole input, without a leading byte order mark.
    ///
    /// # Errors
    /// A file that is neither a regular file nor a pipe, or more than 1 MiB.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let reader: Box<dyn Read> = match (self, PATIENCE.get()) {
            (Self::Stdin, None) => Box::new(io::stdin().lock()),
            (Self::Stdin, Some(_)) => {
                let error = anyhow::anyhow!("standard input is not read again");
                return Err(Failure::usage(error, "give a file that can be read again"));
            }
            (Self::File(path), None) => Box::new(self.open_file(path, is_file_or_pipe)?),
            (Self::File(path), Some(patience)) => self.open_within(path, patience)?,
        };
        let read = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(error))?;
        if bytes.len() as u64 > MAX_BYTES {
            let error = anyhow::anyhow!("{} is larger than 1 MiB", self.name());
            return Err(Failure::usage(error, "give at most 1 MiB"));
        }
        if bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(bytes)
    }

    /// Reads the whole input as text.
    ///
    /// # Errors
    /// Those of [`Input::read`], and text that is not UTF-8.
    pub(crate) fn read_text(&self) -> Result<String, Failure> {
        String::from_utf8(self.read_utf8_or_similar()?).map_err(|_| {
            // The message leaves the bytes out: they may be a secret.
            let error = anyhow::anyhow!("{} is not UTF-8", self.name());
            Failure::usage(error, "save it as UTF-8")
        })
    }

    /// Reads the whole input, which may have single bytes that are not UTF-8.
    ///
    /// # Errors
    /// Those of [`Input::read`], a file that is encrypted, and text in UTF-16, which Windows PowerShell
    /// writes.
    pub(crate) fn read_utf8_or_similar(&self) -> Result<Vec<u8>, Failure> {
        let bytes = self.read()?;
        if let Some(tool) = encrypted::tool(&bytes) {
            let error = anyhow::anyhow!("{} is encrypted with {}", self.name(), tool.name);
            return Err(Failure::usage(error, tool.way));
        }
        let has_zeros =
            bytes.iter().take(64).filter(|byte| **byte == 0).count() > bytes.len().min(64) / 4;
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || has_zeros {
            let error = anyhow::anyhow!("{} is UTF-16", self.name());
            let help = "save it as UTF-8; in Windows PowerShell, write it with \
                        `Set-Content -Encoding utf8`";
            return Err(Failure::usage(error, help));
        }
        Ok(bytes)
    }

    /// Opens the input for reading piece by piece: any size, any kind of file.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>, Failure> {
        match self {
            Self::Stdin => Ok(Box::new(io::stdin())),
            Self::File(path) => Ok(Box::new(self.open_file(path, |_, _| true)?)),
        }
    }

    /// The size of the input in bytes, if it is a regular file.
    pub(crate) fn size(&self) -> Option<u64> {
        let Self::File(path) = self else { return None };
        fs::metadata(path).ok().filter(Metadata::is_file).map(|metadata| metadata.len())
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => format!("`{}`", path.display()),
        }
    }

    /// Warns if users who do not need it can read a file that contains a secret.
    pub(crate) fn warn_if_others_can_read(&self, notes: Notes) {
        let Self::File(path) = self else { return };
        if others_can_read(path) {
            notes.warn(&format!("others can read {}; {}", self.name(), close(path)));
        }
    }

    pub(crate) fn unreadable(&self, error: io::Error) -> Failure {
        let text = match self {
            Self::File(path) if error.kind() == io::ErrorKind::NotFound => path.to_string_lossy(),
            _ => Cow::Borrowed(""),
        };
        let is_pair = text.split_once(':').is_some_and(|(key, _)| key.starts_with("API"));
        if is_pair && !text.contains('/') {
            let error =
                anyhow::anyhow!("the name of a file is due, and this is a key with its secret");
            return Failure::usage(error, "put it into LIVEKIT_KEYS, or into a file");
        }
        let help = if text.starts_with("~/") {
            "write $HOME in place of `~`, which the shell replaces only at the start of a word"
        } else if text.starts_with(['{', '[']) {
            "this option names a file; `-` reads the JSON from standard input"
        } else if text.starts_with('@') {
            "give the name of the file alone, without `@`"
        } else if text.contains("://") {
            "fetch it into a file first: lkt does not read this from a URL"
        } else {
            "give a file that exists and may be read"
        };
        let error = anyhow::Error::new(error).context(format!("cannot read {}", self.name()));
        Failure::usage(error, help)
    }

    /// Opens a file to be read within a time limit.
    fn open_within(&self, path: &Path, patience: Duration) -> Result<Box<dyn Read>, Failure> {
        self.check_kind(path, is_file_or_pipe)?;
        // Whatever it is by now, it is read until the deadline.
        #[cfg(unix)]
        let opened = Pipe::open(path, patience);
        #[cfg(not(unix))]
        let opened = {
            let _ = patience;
            File::open(path)
        };
        Ok(Box::new(opened.map_err(|error| self.unreadable(error))?))
    }

    /// Opens a file if it is of an accepted kind.
    fn open_file(
        &self,
        path: &Path,
        will_do: fn(&Path, &Metadata) -> bool,
    ) -> Result<File, Failure> {
        self.check_kind(path, will_do)?;
        File::open(path).map_err(|error| self.unreadable(error))
    }

    /// Checks that a file is of an accepted kind. This comes before opening it, because opening some
    /// devices has side effects.
    fn check_kind(
        &self,
        path: &Path,
        will_do: fn(&Path, &Metadata) -> bool,
    ) -> Result<(), Failure> {
        let metadata = fs::metadata(path).map_err(|error| self.unreadable(error))?;
        if metadata.is_dir() {
            return Err(self.unreadable(io::ErrorKind::IsADirectory.into()));
        }
        if !will_do(path, &metadata) {
            let error = anyhow::anyhow!("{} is neither a regular file nor a pipe", self.name());
            return Err(Failure::usage(error, "give a regular file or a pipe"));
        }
        Ok(())
    }
}

/// Whether a file is a regular file or a pipe. Devices are refused, except the null device, which
/// counts as an empty file.
fn is_file_or_pipe(path: &Path, metadata: &Metadata) -> bool {
    metadata.is_file() || is_pipe(metadata) || path == Path::new("/dev/null")
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

/// Files on Windows are never pipes.
#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// What keeps others from reading a file. The mode of a secret that is mounted is set where it is mounted:
/// Kubernetes mounts with 0644 and Podman and Docker with 0444 unless told otherwise, and chmod is refused.
fn close(path: &Path) -> &'static str {
    let is_kubernetes = path.parent().is_some_and(|folder| folder.join("..data").is_symlink());
    if is_kubernetes {
        "set defaultMode: 0440 where the volume is mounted, with an fsGroup"
    } else if path.starts_with("/run/secrets") {
        "set mode=0400 and uid where the secret is mounted"
    } else {
        "run chmod 600 on it"
    }
}

/// Whether users who do not need it can read a file.
#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let reader = rustix::process::geteuid().as_raw();
    let is_open = |metadata: Metadata| is_open(metadata.mode(), metadata.uid() == reader);
    // The contents of a pipe go to its reader only.
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && is_open(metadata))
}

/// Windows uses access lists instead of a mode. `std` does not read them, and the crates that do
/// (windows-acl, windows-permissions) depend on winapi, which is no longer maintained.
#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

/// Whether a mode lets too many users read. The group may read if the reader is not the owner:
/// Kubernetes mounts secrets like this.
#[cfg(unix)]
fn is_open(mode: u32, is_owner: bool) -> bool {
    mode & 0o004 != 0 || (is_owner && mode & 0o040 != 0)
}

#[cfg(all(test, unix))]
mod tests {
    use super::is_open;

    #[test]
    fn the_group_may_read_a_file_of_another_owner() {
        for (mode, is_owner, open) in [
            (0o600, true, false),
            (0o640, true, true),
            (0o440, false, false),
            (0o444, false, true),
            (0o604, true, true),
        ] {
            assert_eq!(is_open(mode, is_owner), open, "{mode:o} {is_owner}");
        }
    }
}
