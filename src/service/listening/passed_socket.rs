//! The listening socket that systemd passes to a service.

use listenfd::ListenFd;
use socket2::SockRef;

use super::Listening;
use crate::failure::Failure;

/// Takes the socket that `LISTEN_FDS` and `LISTEN_PID` describe, if they are meant for this process.
/// The variables are removed, so that no child process uses them. Call this before starting other threads.
pub(super) fn take() -> Result<Option<Listening>, Failure> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => return Ok(None),
        1 => {}
        many => return Err(wrong(format!("{many} sockets were passed, and one is served"))),
    }
    // If the socket is not a Unix socket, it is not taken.
    if let Ok(Some(listener)) = passed.take_unix_listener(0) {
        check_listens(&SockRef::from(&listener))?;
        return Listening::unix(listener).map(Some).map_err(wrong);
    }
    let Some(listener) = passed.take_tcp_listener(0).map_err(wrong)? else { return Ok(None) };
    check_listens(&SockRef::from(&listener))?;
    Listening::tcp(listener).map(Some).map_err(wrong)
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
        anyhow::anyhow!("cannot use the socket that was passed (LISTEN_FDS): {reason}"),
        "pass one listening stream socket (in systemd: one ListenStream= and Accept=no), or unset \
         LISTEN_FDS",
    )
}
