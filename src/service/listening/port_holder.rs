//! Finds the process that listens on a TCP port. Works on Linux, for processes of the same user.

/// The process that listens on this port, such as `` `node` (process 1234) ``.
#[cfg(target_os = "linux")]
pub(super) fn find(port: u16) -> Option<String> {
    let sockets = linux::listening_sockets(port);
    let process = linux::process_with(&sockets)?;
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(format!("`{}` (process {process})", name.trim_end()))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn find(_: u16) -> Option<String> {
    None
}

/// Reads `/proc` (proc(5)).
#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    /// The state of a listening socket in `/proc/net/tcp`.
    const LISTEN: &str = "0A";

    /// The inode numbers of the sockets that listen on this port.
    pub(super) fn listening_sockets(port: u16) -> Vec<String> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
        let tables = tables.into_iter().flatten();
        tables.flat_map(|table| sockets_in(&table, port)).collect()
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
            let port = listener.local_addr().expect("an address").port();
            assert_eq!(process_with(&listening_sockets(port)), Some(std::process::id()));
            drop(listener);
            assert_eq!(process_with(&listening_sockets(port)), None);
        }
    }
}
