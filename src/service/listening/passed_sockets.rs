//! The listening sockets that systemd passes to a service.

use listenfd::ListenFd;
use socket2::SockRef;

use super::Listening;
use crate::failure::Failure;

/// Takes the sockets that `LISTEN_FDS` and `LISTEN_PID` describe, if they are meant for this process.
/// The variables are removed, so that no child process uses them. Call this before starting other threads.
pub(super) fn take() -> Result<Vec<Listening>, Failure> {
    let mut passed = ListenFd::from_env();
    (0..passed.len()).map(|index| take_one(&mut passed, index)).collect()
}

fn take_one(passed: &mut ListenFd, index: usize) -> Result<Listening, Failure> {
    // If the socket is not a Unix socket, it is not taken.
    if let Ok(Some(listener)) = passed.take_unix_listener(index) {
        check_listens(&SockRef::from(&listener))?;
        return Listening::unix(listener).map_err(wrong);
    }
    let listener = passed.take_tcp_listener(index).map_err(wrong)?;
    let listener = listener.ok_or_else(|| wrong("it is gone"))?;
    check_listens(&SockRef::from(&listener))?;
    Listening::tcp(listener).map_err(wrong)
}

/// Checks that the socket is listening: `Accept=yes` passes a connection, on which accepting always
/// fails. Systems without systemd cannot always tell the two apart.
fn check_listens(socket: &SockRef<'_>) -> Result<(), Failure> {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    match socket.is_listener() {
        Ok(true) => {}
        Ok(false) => return Err(wrong("it does not listen (Accept=yes?)")),
        Err(error) => return Err(wrong(error)),
    }
    let _ = socket;
    Ok(())
}

/// The failure for a socket that cannot be served, with the reason.
fn wrong(reason: impl std::fmt::Display) -> Failure {
    Failure::failed(
        anyhow::anyhow!("cannot use a socket that was passed (LISTEN_FDS): {reason}"),
        "pass listening stream sockets (in systemd: ListenStream= and Accept=no), or unset LISTEN_FDS",
    )
}
