//! How many bytes a connection has received, counted by the kernel (Linux).
//!
//! tiny_http reads ahead. What it has read of the next request, nobody can look at any more, and what
//! is looked at then is not what tiny_http reads. So a connection goes on only if the kernel received
//! exactly the bytes of the requests that were answered, and no other.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use socket2::SockRef;

/// No program that this one might start shall inherit a connection.
#[cfg(target_os = "linux")]
const FLAGS: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const FLAGS: RecvFlags = RecvFlags::empty();

/// A third file descriptor of a connection's socket, and one that is ours.
#[derive(Debug)]
pub(super) struct Counter(OwnedFd);

impl Counter {
    /// The number of this file descriptor.
    pub(super) fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Has reads and writes of the connection never wait. `None` when that cannot be.
    pub(super) fn never_wait(&self) -> Option<()> {
        rustix::io::ioctl_fionbio(&self.0, true).ok()
    }

    /// Has the connection reset when it is closed.
    pub(super) fn reset_when_closed(&self) {
        // It is closed anyway; without this, its client may notice late.
        let _ = SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
    }

    /// Bytes received so far. `None` where the kernel does not count: on Unix sockets, and on other
    /// systems than Linux.
    #[cfg(target_os = "linux")]
    pub(super) fn received(&self) -> Option<u64> {
        nix::sys::socket::getsockopt(&self.0, tcp_info::TcpInfo).ok().map(|info| info[16])
    }

    #[cfg(not(target_os = "linux"))]
    #[allow(clippy::unused_self)]
    pub(super) fn received(&self) -> Option<u64> {
        None
    }
}

/// Turns a bare number into an owner, by sending the file descriptor to ourselves.
#[derive(Debug)]
pub(super) struct Counters(UnixStream, UnixStream);

impl Counters {
    pub(super) fn new() -> std::io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        // Nothing ever waits: what is received has just been sent.
        theirs.set_nonblocking(true)?;
        Ok(Self(ours, theirs))
    }

    /// A counter for the socket with this number.
    pub(super) fn at(&self, number: RawFd) -> Option<Counter> {
        let message = [ControlMessage::ScmRights(&[number])];
        let from = self.0.as_raw_fd();
        sendmsg::<()>(from, &[IoSlice::new(&[0])], &message, MsgFlags::empty(), None).ok()?;
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut received = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        recvmsg(&self.1, &mut [IoSliceMut::new(&mut byte)], &mut received, FLAGS).ok()?;
        let mut rights = received.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(rights) => Some(rights),
            _ => None,
        });
        rights.next()?.next().map(Counter)
    }
}

#[cfg(target_os = "linux")]
mod tcp_info {
    use nix::libc;

    /// The beginning of Linux's `struct tcp_info`: 8 bytes, 24 numbers of 4, then of 8
    /// `tcpi_pacing_rate`, `tcpi_max_pacing_rate`, `tcpi_bytes_acked` and `tcpi_bytes_received`. The
    /// kernel fills in as much as is asked for (all of this since 4.1).
    type Beginning = [u64; 17];

    /// What the kernel knows of a TCP connection.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct TcpInfo;

    nix::getsockopt_impl!(
        TcpInfo,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        Beginning,
        nix::sys::socket::sockopt::GetStruct<Beginning>
    );
}
