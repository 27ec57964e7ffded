//! Why a server cannot listen, and what to do about it.

use std::io;
use std::net::{TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::path::Path;

use super::address::Listen;
use super::localhost;
use super::port_holder::Holder;
use crate::failure::Failure;
#[cfg(unix)]
use crate::service::probe::is_lkt;

/// The failure to show to a user who wants to listen at `listen`.
pub(super) fn explain(error: io::Error, listen: &Listen) -> Failure {
    if error.kind() == io::ErrorKind::AddrInUse {
        return in_use(listen);
    }
    let help = system_help(error.kind(), listen);
    let error = anyhow::Error::new(error).context(format!("cannot listen at `{listen}`"));
    Failure::failed(error, help)
}

/// The failure if something else is at the path of a Unix socket. `what` names it, with an article.
#[cfg(unix)]
pub(super) fn taken(path: &Path, what: &str) -> Failure {
    let error = anyhow::anyhow!("`{}` exists and is {what}", path.display());
    Failure::failed(error, "remove it, or give another path")
}

fn system_help(kind: io::ErrorKind, listen: &Listen) -> &'static str {
    match (kind, listen) {
        (io::ErrorKind::PermissionDenied, Listen::Tcp { port: 1..1024, .. }) => {
            "ports below 1024 need root or CAP_NET_BIND_SERVICE: use 3000, or lkt.socket"
        }
        #[cfg(unix)]
        (io::ErrorKind::NotFound, Listen::Unix(_)) => "make the directory of the socket first",
        #[cfg(unix)]
        (io::ErrorKind::PermissionDenied, Listen::Unix(_)) => {
            "give a path in a directory that you may write to"
        }
        _ => "give --listen an address of this machine that you may use",
    }
}

/// Names the process that listens there, if it can be found, and a free port.
fn in_use(listen: &Listen) -> Failure {
    match listen {
        Listen::Tcp { host, port } => port_in_use(host, *port),
        #[cfg(unix)]
        Listen::Unix(_) => socket_in_use(&listen.to_string()),
    }
}

#[cfg(unix)]
fn socket_in_use(address: &str) -> Failure {
    let (who, it) = if is_lkt(address) { ("another lkt", "it") } else { ("something", "that") };
    let error = anyhow::anyhow!("{who} listens at `{address}` already");
    Failure::failed(error, format!("stop {it}, or give another path"))
}

fn port_in_use(host: &str, port: u16) -> Failure {
    let at = |port| Listen::Tcp { host: host.to_owned(), port }.to_string();
    // `localhost` fails only because of this one of its addresses.
    let host = if localhost::is_localhost(host) { "127.0.0.1" } else { host };
    let address = (host, port).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    let who = address.map_or(Holder::Unknown, Holder::at);
    let help = match free_port(host, port) {
        Some(free) => format!("stop it, or use `--listen {}`", at(free)),
        None => "stop it, or give another port".to_owned(),
    };
    Failure::failed(anyhow::anyhow!("{who} listens at `{}` already", at(port)), help)
}

/// Finds the next free port.
fn free_port(host: &str, taken: u16) -> Option<u16> {
    const TRIES: usize = 100;
    let mut next = (taken.checked_add(1)?..=u16::MAX).take(TRIES);
    next.find(|&port| TcpListener::bind((host, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_explained() {
        let tcp = |port| Listen::Tcp { host: "0.0.0.0".to_owned(), port };
        let explained =
            |listen: &Listen, kind: io::ErrorKind| explain(kind.into(), listen).to_string();
        assert_eq!(
            explained(&tcp(80), io::ErrorKind::PermissionDenied),
            "error: cannot listen at `0.0.0.0:80`: permission denied\n\
             help: ports below 1024 need root or CAP_NET_BIND_SERVICE: use 3000, or lkt.socket"
        );
        let far = explained(&tcp(3000), io::ErrorKind::AddrNotAvailable);
        assert!(
            far.ends_with("give --listen an address of this machine that you may use"),
            "{far}"
        );
        #[cfg(unix)]
        {
            let nowhere = explained(&Listen::Unix("a/b".into()), io::ErrorKind::NotFound);
            assert!(nowhere.ends_with("help: make the directory of the socket first"), "{nowhere}");
        }
    }
}
