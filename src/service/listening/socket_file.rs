//! The file of a Unix socket: when it may be replaced, who may connect, and when it is removed.

use std::fs::{self, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};

use super::BACKLOG;

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

/// Tries to connect. Returns at once, even if the process that listens accepts no connections.
fn connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

/// Creates a socket that listens at the path, and its file.
pub(super) fn create(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    let metadata = path.symlink_metadata()?;
    let file = SocketFile { path: path.to_owned(), identity: identity(&metadata) };
    // The system has applied the umask. No client can connect before `listen`.
    fs::set_permissions(path, Permissions::from_mode(metadata.mode() & MODE))?;
    socket.listen(BACKLOG)?;
    Ok((socket.into(), file))
}

/// The file of a socket that this process created. It can be told apart from a later file at the same
/// path.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    /// Removes the file, unless another file is in its place.
    pub(super) fn remove(&self) {
        let is_same = |metadata| identity(&metadata) == self.identity;
        if self.path.symlink_metadata().is_ok_and(is_same) {
            // This fails only if the process has lost the permissions with which it created the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The device and inode of a file.
fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::{UnixDatagram, UnixStream};

    use super::*;

    fn open(path: &Path) -> Result<(UnixListener, SocketFile), String> {
        match make_way(path) {
            Ok(None) => create(path).map_err(|error| error.to_string()),
            Ok(Some(what)) => Err(what.to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn what_is_not_a_socket_left_behind_stays_in_its_place() {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        fs::write(at("file"), "text").expect("a file");
        fs::create_dir(at("directory")).expect("a directory");
        drop(UnixListener::bind(at("left")).expect("a socket"));
        symlink(at("left"), at("link")).expect("a link");
        let _datagram = UnixDatagram::bind(at("datagram")).expect("a socket");
        let _live = UnixListener::bind(at("live")).expect("a socket");
        for (name, what) in [
            ("file", "not a socket"),
            ("directory", "a directory"),
            ("link", "a symbolic link"),
            ("datagram", "a socket of another type"),
            ("live", "address in use"),
        ] {
            let error = open(&at(name)).expect_err(name);
            assert_eq!(error, what, "{name}");
            assert!(at(name).symlink_metadata().is_ok(), "{name}");
        }
        assert_eq!(fs::read_to_string(at("file")).expect("a file"), "text");
        open(&at("left")).expect("replaces what was left behind");
    }

    #[test]
    fn a_full_queue_of_connections_is_a_live_socket() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None);
        let socket = socket.expect("a socket");
        socket.bind(&socket2::SockAddr::unix(&path).expect("an address")).expect("binds");
        socket.listen(0).expect("listens");
        let _waiting = UnixStream::connect(&path).expect("connects");
        let error = open(&path).expect_err("a live socket");
        assert_eq!(error, "address in use");
    }

    #[test]
    fn owner_and_group_may_connect_and_nobody_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let listening = open(&path).expect("binds");
        let mode = fs::metadata(&path).expect("a socket").permissions().mode() & 0o777;
        // The umask of the user who runs the test may exclude the group.
        assert_eq!(mode & !0o060, 0o600, "{mode:o}");
        drop(listening);
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_that_another_has_put_in_its_place_is_not_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("socket");
        let listening = open(&path).expect("binds");
        fs::rename(&path, directory.path().join("moved")).expect("moves");
        let _other = UnixListener::bind(&path).expect("binds");
        drop(listening);
        assert!(path.exists());
    }
}
