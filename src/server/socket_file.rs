//! The file of a Unix socket: when it may be replaced, who may connect, and when it is removed.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use super::listen::BACKLOG;

/// The mode of the file: owner and group may connect, unless the umask forbids it.
const MODE: u32 = 0o660;

/// Makes way for a new socket: removes one on which no process listens. Returns what else is at the
/// path, with an article. An error says that something listens there, or is the system's.
pub(super) fn make_way(path: &Path) -> io::Result<Option<&'static str>> {
    let metadata = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    let kind = metadata.file_type();
    if kind.is_symlink() {
        return Ok(Some("a symbolic link"));
    }
    if !kind.is_socket() {
        return Ok(Some(if kind.is_dir() { "a directory" } else { "not a socket" }));
    }
    match connect(path).map_err(|error| Errno::from_io_error(&error)) {
        // The error for a socket that no process has open any more, whatever its type.
        Err(Some(Errno::CONNREFUSED)) => {}
        // A running process has it, and it is not a stream socket.
        Err(Some(Errno::PROTOTYPE)) => return Ok(Some("a socket of another type")),
        // The connection is accepted, or would be if the queue were not full.
        _ => return Err(io::ErrorKind::AddrInUse.into()),
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Ok(Some("the socket of another user"));
    }
    fs::remove_file(path).map(|()| None)
}

/// Tries to connect, without waiting for a process that does not accept.
fn connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

/// Opens a new socket that listens at the path.
pub(super) fn open(path: &Path) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // The system has applied the umask. No client can connect before `listen`.
    let mode = fs::symlink_metadata(path)?.mode() & MODE;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The path of a socket that listens.
pub(super) fn path(listener: &UnixListener) -> io::Result<PathBuf> {
    let address = listener.local_addr()?;
    let path = address.as_pathname().ok_or_else(|| io::Error::other("the socket has no path"))?;
    Ok(path.to_owned())
}

/// The file of a socket that this process created. It can be told apart from a later file at the same
/// path.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    pub(super) fn of(listener: &UnixListener) -> io::Result<Self> {
        let path = path(listener)?;
        Ok(Self { identity: identity(&path)?, path })
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
