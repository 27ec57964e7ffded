//! The file of a Unix socket: when it may be replaced, who may connect, and when it is removed.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use mio::net::UnixListener;
use socket2::{Domain, SockAddr, Socket, Type};

use super::ListenError;
use super::socket::{BACKLOG, Listener};

/// The mode of the file: owner and group may connect, unless the umask forbids it.
const MODE: u32 = 0o660;

/// Listens on a new Unix socket. A socket left behind by an earlier process is replaced.
pub(super) fn bind(path: &Path) -> Result<Listener, ListenError> {
    let at = format!("unix:{}", path.display());
    make_way(path, &at)?;
    listen(path).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse(at),
        _ => ListenError::System { at, source },
    })
}

/// Removes a socket on which no process listens. Any other file at the path is an error.
fn make_way(path: &Path, at: &str) -> Result<(), ListenError> {
    let failed = |source| ListenError::System { at: at.to_owned(), source };
    let metadata = match path.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    let taken = |what| Err(ListenError::Taken { path: path.display().to_string(), what });
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return taken("a symbolic link");
    }
    if !kind.is_socket() {
        return taken(if kind.is_dir() { "a directory" } else { "not a socket" });
    }
    match connect(path) {
        // The error for a socket that no process has open any more, whatever its type.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if is_wrong_type(&error) => return taken("a socket of another type"),
        // The connection is accepted, or would be if the queue were not full.
        _ => return Err(ListenError::InUse(at.to_owned())),
    }
    if metadata.uid() != own_uid() {
        return taken("the socket of another user");
    }
    fs::remove_file(path).map_err(failed)
}

/// Tries to connect, without waiting for a process that does not accept.
fn connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

/// Whether the error is `EPROTOTYPE`: a running process has the socket, and it is not a stream socket.
fn is_wrong_type(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::PROTOTYPE.raw_os_error())
}

fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn listen(path: &Path) -> io::Result<Listener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // The system has applied the umask. No client can connect before `listen`.
    let mode = fs::symlink_metadata(path)?.mode() & MODE;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(Listener::Unix(UnixListener::from_std(socket.into())))
}

/// The file of a socket that this process created. It can be told apart from a later file at the same
/// path.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }
}

impl Drop for SocketFile {
    /// Removes the file, unless another file is in its place.
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            // This fails only if the process has lost the permissions with which it created the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The device and inode of a file.
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    path.symlink_metadata().map(|metadata| (metadata.dev(), metadata.ino()))
}
