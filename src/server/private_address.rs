//! The address of a Unix socket that only this process knows, for a connection to itself.

use std::io;
use std::os::unix::net::SocketAddr;

/// A random address. Its directory, if it has one, is removed when the value is dropped.
#[derive(Debug)]
pub(super) struct PrivateAddress {
    address: SocketAddr,
    /// A directory that only its owner can enter, on systems without abstract addresses.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    directory: std::path::PathBuf,
}

impl PrivateAddress {
    pub(super) fn address(&self) -> &SocketAddr {
        &self.address
    }
}

fn random_name() -> io::Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(io::Error::other)?;
    Ok(format!("lkt-{:032x}", u128::from_ne_bytes(bits)))
}

/// Returns an abstract address. It needs no file: services and containers often cannot write anywhere.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn new() -> io::Result<PrivateAddress> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;

    Ok(PrivateAddress { address: SocketAddr::from_abstract_name(random_name()?)? })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn new() -> io::Result<PrivateAddress> {
    use std::os::unix::fs::DirBuilderExt;

    let directory = std::env::temp_dir().join(random_name()?);
    std::fs::DirBuilder::new().mode(0o700).create(&directory)?;
    let address = SocketAddr::from_pathname(directory.join("socket"))?;
    Ok(PrivateAddress { address, directory })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Drop for PrivateAddress {
    fn drop(&mut self) {
        // If this fails, the directory that is left contains no data.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
