//! A connection of this process to itself, at the address of a Unix socket that only it knows.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

use socket2::SockRef;

/// Listens at a random address and connects to it. `buffer` is the size of the sockets' buffers, in
/// bytes. Both sockets are non-blocking. The connection still has to be accepted, and others may have
/// connected too: abstract addresses are visible to every process.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn connect(buffer: usize) -> io::Result<(UnixListener, UnixStream)> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;

    // It needs no file: services and containers often cannot write anywhere.
    connect_at(&SocketAddr::from_abstract_name(random_name())?, buffer)
}

/// Listens in a new directory that only its owner can enter, and connects to it. `buffer` is the size
/// of the sockets' buffers, in bytes. Both sockets are non-blocking. The connection still has to be
/// accepted.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn connect(buffer: usize) -> io::Result<(UnixListener, UnixStream)> {
    use std::os::unix::fs::DirBuilderExt;

    let directory = std::env::temp_dir().join(random_name());
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    let address = SocketAddr::from_pathname(directory.join("socket"));
    let connected = address.and_then(|address| connect_at(&address, buffer));
    // The sockets need it no longer. If this fails, the directory that is left contains no data.
    let _ = std::fs::remove_dir_all(&directory);
    connected
}

/// A name that no other process can guess: the standard library's hashes have a random key. Its source of
/// randomness needs no file, so this works in an empty root directory too.
fn random_name() -> String {
    let hash = RandomState::new();
    format!("lkt-{:016x}{:016x}", hash.hash_one(0), hash.hash_one(1))
}

fn connect_at(address: &SocketAddr, buffer: usize) -> io::Result<(UnixListener, UnixStream)> {
    let listener = UnixListener::bind_addr(address)?;
    listener.set_nonblocking(true)?;
    SockRef::from(&listener).set_recv_buffer_size(buffer)?;
    let stream = UnixStream::connect_addr(address)?;
    stream.set_nonblocking(true)?;
    SockRef::from(&stream).set_send_buffer_size(buffer)?;
    Ok((listener, stream))
}
