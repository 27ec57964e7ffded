//! `localhost`: clients try 127.0.0.1, [::1], or one after the other. Node 18 and some proxies try only
//! the first one that the system names, which is often [::1].

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::port_holder::Holder;
use super::{Listening, Opened, open_tcp_at};

/// Number of free ports to try until one is free at both addresses.
const TRIES: usize = 16;

/// Whether a host is this name, which is not looked up: its addresses are fixed (RFC 6761, 6.3).
pub(super) fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
}

/// Opens a socket at 127.0.0.1 and, where it can be had, one at [::1] with the same port.
pub(super) fn open(port: u16) -> io::Result<Opened> {
    let tries = if port == 0 { TRIES } else { 1 };
    let mut opened = Opened::default();
    for _ in 0..tries {
        opened = open_both(port)?;
        if opened.warnings.is_empty() {
            break;
        }
    }
    Ok(opened)
}

fn open_both(port: u16) -> io::Result<Opened> {
    let v4 = match open_tcp_at((Ipv4Addr::LOCALHOST, port).into(), false) {
        Ok(listener) => Listening::tcp(listener)?,
        // A machine may have IPv6 alone.
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
            let v6 = open_tcp_at((Ipv6Addr::LOCALHOST, port).into(), true).map_err(|_| error)?;
            return Ok(Opened { sockets: vec![Listening::tcp(v6)?], warnings: Vec::new() });
        }
        Err(error) => return Err(error),
    };
    let port = v4.local.tcp().map_or(port, |address| address.port());
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    let mut opened = Opened { sockets: vec![v4], warnings: Vec::new() };
    match open_tcp_at(address, true) {
        Ok(listener) => opened.sockets.push(Listening::tcp(listener)?),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            opened.warnings.push(other_server(address));
        }
        // The machine has no IPv6.
        Err(_) => {}
    }
    Ok(opened)
}

/// The warning that another server gets a part of the requests.
fn other_server(address: SocketAddr) -> String {
    let who = Holder::at(address).to_string();
    let port = address.port();
    format!(
        "{who} listens at `{address}`, and gets what clients send to `localhost:{port}` if they try that \
         address first; stop it, or use `http://127.0.0.1:{port}`"
    )
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn locals(opened: &Opened) -> Vec<String> {
        opened.sockets.iter().map(|listening| listening.local.to_string()).collect()
    }

    #[test]
    fn both_addresses_of_localhost_have_the_same_port() {
        let opened = open(0).expect("opens");
        let locals = locals(&opened);
        let (_, port) = locals[0].rsplit_once(':').expect("a port");
        let mut expected = vec![format!("127.0.0.1:{port}")];
        if TcpListener::bind("[::1]:0").is_ok() {
            expected.push(format!("[::1]:{port}"));
        }
        assert_eq!((locals.clone(), opened.warnings), (expected, Vec::new()));
    }

    #[test]
    fn another_server_at_the_other_address_is_named() {
        let Ok(other) = TcpListener::bind("[::1]:0") else { return };
        let port = other.local_addr().expect("an address").port();
        // The same port may be in use at 127.0.0.1.
        let Ok(opened) = open(port) else { return };
        assert_eq!(locals(&opened), [format!("127.0.0.1:{port}")]);
        let [warning] = opened.warnings.as_slice() else { panic!("{:?}", opened.warnings) };
        assert!(warning.contains(&format!("listens at `[::1]:{port}`")), "{warning}");
        #[cfg(target_os = "linux")]
        assert!(warning.contains(&format!("(process {})", std::process::id())), "{warning}");
    }
}
