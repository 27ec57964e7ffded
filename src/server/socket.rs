//! A connection's socket, by its number.
//!
//! tiny_http owns the socket and hands it to nobody, so this is not an owner and not a borrow but
//! the bare number. What makes that sound is the [`registry`](super::registry): a number is used
//! only while its connection stands there, and a connection is closed and taken out of it in one
//! step, under its lock or by the very thread that uses the number.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::RawFd;

use nix::errno::Errno;
use nix::sys::socket::{self, MsgFlags, SockaddrStorage, UnixAddr};

use super::LocalAddress;

/// To hear by an error that a client is gone, and not by a signal (which Rust programs ignore, but
/// perhaps not the one that embeds this). Apple's systems have no such flag.
#[cfg(not(target_vendor = "apple"))]
const NO_SIGNAL: MsgFlags = MsgFlags::MSG_NOSIGNAL;
#[cfg(target_vendor = "apple")]
const NO_SIGNAL: MsgFlags = MsgFlags::empty();

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Socket(RawFd);

impl Socket {
    /// What has this number: a connection to a listening address, something else, or nothing.
    pub(super) fn at(number: RawFd, local: &LocalAddress) -> Found {
        let ours = match local {
            LocalAddress::Tcp(listening) => {
                socket::getsockname::<SockaddrStorage>(number).map(|address| {
                    let v4 = address.as_sockaddr_in().map(nix::sys::socket::SockaddrIn::port);
                    let v6 = address.as_sockaddr_in6().map(nix::sys::socket::SockaddrIn6::port);
                    v4.or(v6) == Some(listening.port())
                })
            }
            LocalAddress::Unix(path) => {
                socket::getsockname::<UnixAddr>(number).map(|address| address.path() == Some(path))
            }
        };
        // The listening socket itself has no peer. A connection whose client is gone has none any
        // more either, but is one: `recv` tells them apart without waiting or taking anything.
        let probe = || socket::recv(number, &mut [0], MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT);
        match ours {
            Err(Errno::EBADF) => Found::Nothing,
            Ok(true) => match probe() {
                Err(Errno::ENOTCONN | Errno::EINVAL) => Found::Other,
                Ok(1..) | Err(Errno::EAGAIN | Errno::EINTR) => Found::Connection(Self(number)),
                Ok(0) | Err(_) => Found::Ended,
            },
            _ => Found::Other,
        }
    }

    /// Its number.
    pub(super) fn number(self) -> RawFd {
        self.0
    }

    /// Who is at the other end, on TCP.
    pub(super) fn peer(self) -> Option<SocketAddr> {
        let address = socket::getpeername::<SockaddrStorage>(self.0).ok()?;
        let v4 = address.as_sockaddr_in().map(|address| SocketAddr::V4((*address).into()));
        v4.or_else(|| address.as_sockaddr_in6().map(|address| SocketAddr::V6((*address).into())))
    }

    /// Copies what has arrived without taking it, and without waiting: `None` where nothing has. 0 bytes
    /// mean that the client will send no more.
    pub(super) fn peek(self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match socket::recv(self.0, buffer, MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT) {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends what the socket takes at once, and returns how much that was; `None` when the client is
    /// gone.
    pub(super) fn send_now(self, bytes: &[u8]) -> Option<usize> {
        let flags = MsgFlags::MSG_DONTWAIT | NO_SIGNAL;
        loop {
            match socket::send(self.0, bytes, flags) {
                Ok(sent) => return Some(sent),
                Err(Errno::EAGAIN) => return Some(0),
                Err(Errno::EINTR) => {}
                Err(_) => return None,
            }
        }
    }

    /// Takes out and forgets what has arrived; whether the client may send more.
    pub(super) fn discard(self, scratch: &mut [u8]) -> Discarded {
        match socket::recv(self.0, scratch, MsgFlags::MSG_DONTWAIT) {
            Ok(0) => Discarded::End,
            Ok(bytes) => Discarded::Bytes(bytes),
            Err(Errno::EAGAIN | Errno::EINTR) => Discarded::NothingYet,
            Err(_) => Discarded::End,
        }
    }

    /// Ends one or both directions; whoever waits in a read or a write wakes up.
    pub(super) fn shutdown(self, how: Shutdown) {
        let how = match how {
            Shutdown::Read => socket::Shutdown::Read,
            Shutdown::Write => socket::Shutdown::Write,
            Shutdown::Both => socket::Shutdown::Both,
        };
        let _ = socket::shutdown(self.0, how);
    }
}

/// What has a number.
pub(super) enum Found {
    Connection(Socket),
    /// A connection whose client is gone, or has ended its side without a word: no request can come.
    Ended,
    Other,
    Nothing,
}

pub(super) enum Discarded {
    Bytes(usize),
    NothingYet,
    End,
}
