//! Finds the process that listens at a TCP address. Works on Linux, for processes of the same user.

use std::fmt;
use std::net::SocketAddr;

use crate::service::probe::is_lkt;

/// What listens at an address.
pub(super) enum Holder {
    /// Another lkt answers there.
    Lkt,
    /// A process, such as `` `node` (process 1234) ``.
    Process(String),
    Unknown,
}

impl Holder {
    pub(super) fn at(address: SocketAddr) -> Self {
        if is_lkt(&address.to_string()) {
            return Self::Lkt;
        }
        find(address).map_or(Self::Unknown, Self::Process)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lkt => formatter.write_str("another lkt"),
            Self::Process(process) => formatter.write_str(process),
            Self::Unknown => formatter.write_str("something"),
        }
    }
}

#[cfg(target_os = "linux")]
fn find(address: SocketAddr) -> Option<String> {
    let sockets = linux::listening_sockets(address);
    let process = linux::process_with(&sockets)?;
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(format!("`{}` (process {process})", name.trim_end()))
}

#[cfg(not(target_os = "linux"))]
fn find(_: SocketAddr) -> Option<String> {
    None
}

/// Reads `/proc` (proc(5)).
#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::net::SocketAddr;

    /// The state of a listening socket in `/proc/net/tcp`.
    const LISTEN: &str = "0A";

    /// The tables of listening sockets that can be in the way of one at an address. A socket at `[::]`
    /// may be in the way of an IPv4 address.
    fn tables(address: SocketAddr) -> &'static [&'static str] {
        match address {
            SocketAddr::V4(_) => &["/proc/net/tcp", "/proc/net/tcp6"],
            SocketAddr::V6(_) => &["/proc/net/tcp6"],
        }
    }

    /// The inode numbers of the sockets that listen on the port of an address.
    pub(super) fn listening_sockets(address: SocketAddr) -> Vec<String> {
        let tables = tables(address).iter().flat_map(fs::read_to_string);
        tables.flat_map(|table| sockets_in(&table, address.port())).collect()
    }

    /// The columns are the line number, the local address, the remote address and the state, and then
    /// others. The tenth column is the inode.
    fn sockets_in(table: &str, port: u16) -> Vec<String> {
        let local_port = format!(":{port:04X}");
        let inode = |line: &str| {
            let columns = line.split_whitespace().collect::<Vec<_>>();
            let (local, state) = (*columns.get(1)?, *columns.get(3)?);
            let found = local.ends_with(&local_port) && state == LISTEN;
            found.then(|| columns.get(9).map(|&inode| inode.to_owned()))?
        };
        table.lines().filter_map(inode).collect()
    }

    /// The first process that has one of these sockets open.
    pub(super) fn process_with(sockets: &[String]) -> Option<u32> {
        let links = sockets.iter().map(|inode| format!("socket:[{inode}]")).collect::<Vec<_>>();
        let has_one = |process: &u32| {
            let descriptors = fs::read_dir(format!("/proc/{process}/fd"));
            let mut descriptors = descriptors.into_iter().flatten().flatten();
            descriptors.any(|descriptor| {
                let target = fs::read_link(descriptor.path());
                target.is_ok_and(|target| {
                    links.iter().any(|link| target.as_os_str() == link.as_str())
                })
            })
        };
        let entries = fs::read_dir("/proc").ok()?.flatten();
        let mut processes = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        processes.find(has_one)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_process_that_listens_on_a_port_is_found() {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = listener.local_addr().expect("an address");
            assert_eq!(process_with(&listening_sockets(address)), Some(std::process::id()));
            drop(listener);
            assert_eq!(process_with(&listening_sockets(address)), None);
        }
    }
}
