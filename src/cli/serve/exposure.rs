//! Checks who can reach the server, and that this is intended.

use crate::failure::Failure;
use crate::service::listening::LocalAddress;
use crate::service::settings::Settings;

/// Refuses to listen beyond this machine without authentication, unless the user allows it: anyone
/// who finds the port could get tokens.
pub(super) fn check_addresses(settings: &Settings) -> Result<(), Failure> {
    if settings.is_guarded() {
        return Ok(());
    }
    match settings.listening.addresses.iter().find(|listen| !listen.is_local()) {
        Some(listen) => Err(exposed(&format!("anyone who can reach `{listen}` could get tokens"))),
        None => Ok(()),
    }
}

/// Checks each socket with [`check_socket`].
pub(super) fn check_sockets(settings: &Settings, locals: &[LocalAddress]) -> Result<(), Failure> {
    locals.iter().try_for_each(|local| check_socket(settings, local))
}

/// Refuses a Unix socket that other users can connect to, for the same reason, and one that everyone
/// can connect to where its clients are trusted to name a user. The mode of the socket is known only
/// after it has been created, since it depends on the umask or on systemd.
fn check_socket(settings: &Settings, local: &LocalAddress) -> Result<(), Failure> {
    #[cfg(unix)]
    if let LocalAddress::Unix(_) = local {
        let mode = SocketMode::of(local);
        let shown = mode.map_or_else(String::new, |mode| format!(" (mode {mode})"));
        let anyone = format!("anyone who can connect to `{local}`{shown}");
        if settings.trusts_proxies() && mode.is_some_and(SocketMode::is_everyones) {
            let help = "let only the group of the proxy connect (for systemd, SocketMode=0660 and \
                        SocketGroup)";
            return Err(Failure::usage(anyhow::anyhow!("{anyone} could name any user"), help));
        }
        if !settings.is_guarded() && !mode.is_some_and(SocketMode::is_owners_alone) {
            return Err(exposed(&format!("{anyone} could get tokens")));
        }
    }
    #[cfg(not(unix))]
    let _ = (settings, local);
    Ok(())
}

fn exposed(error: &str) -> Failure {
    let help = "give --auth-token-file (or LKT_AUTH_TOKEN) to ask for a bearer token, \
                --auth-issuer to ask for people's logins, or --allow-anonymous if that is what you want";
    Failure::usage(anyhow::anyhow!("{error}"), help)
}

/// The permissions of a Unix socket's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SocketMode(u32);

impl SocketMode {
    /// Returns `None` for a socket without a file, and for other addresses.
    #[cfg(unix)]
    pub(super) fn of(local: &LocalAddress) -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;
        let LocalAddress::Unix(path) = local else { return None };
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self(metadata.permissions().mode() & 0o777))
    }

    #[cfg(not(unix))]
    pub(super) fn of(_: &LocalAddress) -> Option<Self> {
        None
    }

    /// Whether users outside the socket's group can connect.
    #[cfg(unix)]
    fn is_everyones(self) -> bool {
        self.0 & 0o002 != 0
    }

    /// Whether only the owner of the socket can connect. Connecting requires write permission
    /// (unix(7)).
    pub(super) fn is_owners_alone(self) -> bool {
        self.0 & 0o022 == 0
    }
}

impl std::fmt::Display for SocketMode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:04o}", self.0)
    }
}
