//! Reading what the command line names: a file, or standard input as `-`.

use std::cell::Cell;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
#[cfg(unix)]
use std::time::Instant;

use super::failure::Failure;
use super::notes::Notes;

/// The maximum size of an input that is read as a whole: 1 MiB. A token carries less.
const MAX_BYTES: u64 = 1024 * 1024;

/// What Windows's editors and PowerShell put before text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

thread_local! {
    /// How long this thread waits for each pipe; `None` for as long as it takes.
    static PATIENCE: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Reads again what was read before: a pipe is waited for no longer than `patience`, and standard input
/// is not read.
pub(crate) fn reread<T>(patience: Duration, work: impl FnOnce() -> T) -> T {
    let before = PATIENCE.replace(Some(patience));
    let done = work();
    PATIENCE.set(before);
    done
}

/// A pipe that is waited for until a deadline.
#[cfg(unix)]
struct Pipe {
    file: File,
    deadline: Instant,
}

#[cfg(unix)]
impl Pipe {
    fn open(path: &Path, patience: Duration) -> io::Result<Self> {
        use std::os::unix::fs::OpenOptionsExt;

        // Otherwise opening waits for somebody who writes.
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
    /// Reads all of it, without the byte order mark that it may start with.
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

    /// Reads all of it as text.
    ///
    /// # Errors
    /// Those of [`Input::read`], and text that is not UTF-8.
    pub(crate) fn read_text(&self) -> Result<String, Failure> {
        String::from_utf8(self.read()?).map_err(|_| {
            // The message leaves the bytes out: they may be a secret.
            let error = anyhow::anyhow!("{} is not UTF-8", self.name());
            Failure::usage(error, "save it as UTF-8")
        })
    }

    /// Opens it to be read bit by bit: any size, any kind of file.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + Send>, Failure> {
        match self {
            Self::Stdin => Ok(Box::new(io::stdin())),
            Self::File(path) => Ok(Box::new(self.open_file(path, |_, _| true)?)),
        }
    }

    /// The size of a regular file, in bytes.
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

    /// Warns of a file with a secret that users can read who need not.
    pub(crate) fn warn_if_others_can_read(&self, notes: Notes) {
        if matches!(self, Self::File(path) if others_can_read(path)) {
            notes.warn(&format!("others can read {}; run chmod 600 on it", self.name()));
        }
    }

    pub(crate) fn unreadable(&self, error: io::Error) -> Failure {
        let error = anyhow::Error::new(error).context(format!("cannot read {}", self.name()));
        Failure::usage(error, "give a file that exists and may be read")
    }

    /// Opens a file to be read with a limit of time.
    fn open_within(&self, path: &Path, patience: Duration) -> Result<Box<dyn Read>, Failure> {
        #[cfg(unix)]
        if fs::metadata(path).is_ok_and(|metadata| is_pipe(&metadata)) {
            let pipe = Pipe::open(path, patience).map_err(|error| self.unreadable(error))?;
            return Ok(Box::new(pipe));
        }
        let _ = patience;
        Ok(Box::new(self.open_file(path, is_file_or_pipe)?))
    }

    /// Opens a file if its kind will do. The kind is known before the file is opened: opening some
    /// devices has effects.
    fn open_file(
        &self,
        path: &Path,
        will_do: fn(&Path, &Metadata) -> bool,
    ) -> Result<File, Failure> {
        let metadata = fs::metadata(path).map_err(|error| self.unreadable(error))?;
        if metadata.is_dir() {
            return Err(self.unreadable(io::ErrorKind::IsADirectory.into()));
        }
        if !will_do(path, &metadata) {
            let error = anyhow::anyhow!("{} is neither a regular file nor a pipe", self.name());
            return Err(Failure::usage(error, "give a regular file or a pipe"));
        }
        File::open(path).map_err(|error| self.unreadable(error))
    }
}

/// Devices are refused, except the one that stands for an empty file.
fn is_file_or_pipe(path: &Path, metadata: &Metadata) -> bool {
    metadata.is_file() || is_pipe(metadata) || path == Path::new("/dev/null")
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_fifo()
}

/// Windows has no pipes among its files.
#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Whether users can read a file who need not.
#[cfg(unix)]
fn others_can_read(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let reader = rustix::process::geteuid().as_raw();
    let is_open = |metadata: Metadata| is_open(metadata.mode(), metadata.uid() == reader);
    // A pipe goes to its reader alone.
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && is_open(metadata))
}

/// Windows keeps access lists instead of a mode. `std` does not read them, and the crates that do
/// (windows-acl, windows-permissions) are built on winapi, which is no longer maintained.
#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}

/// The group of a file may read it where the reader is not its owner: Kubernetes mounts secrets so.
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
