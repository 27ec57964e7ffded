//! Where a store is: one server, the primary that Sentinels name, or a cluster.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use redis::cluster::ClusterClient;
use redis::{Client, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, RedisResult};
use zeroize::Zeroizing;

use super::link::Link;

/// Where a store is. Its `Display` and `Debug` have no password.
#[derive(Clone)]
pub(crate) struct StoreLocation {
    kind: Kind,
    /// The URL without user, password and query.
    shown: String,
}

#[derive(Clone)]
enum Kind {
    Server(Box<ConnectionInfo>),
    /// Some servers of a cluster, which name the others.
    Cluster(Vec<ConnectionInfo>),
    /// Sentinels, the name by which they know the primary, and how to connect to that: its address is
    /// replaced by the one that they give.
    Sentinels {
        sentinels: Vec<ConnectionInfo>,
        name: String,
        primary: Box<ConnectionInfo>,
    },
}

/// Why a text is not the URL of a store. It does not quote the text, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LocationError {
    /// The scheme is another.
    #[error("the scheme `{0}` is not one of a store")]
    Scheme(String),
    /// The URL cannot be parsed.
    #[error("the URL of the store cannot be parsed")]
    Form,
    /// Sentinels need the name of the primary.
    #[error("the URL names no primary")]
    NoPrimary,
}

impl LocationError {
    /// How to write it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Scheme(_) => {
                "write redis://, rediss:// (with TLS), valkey://, valkeys:// or redis+unix://, and \
                 redis+cluster:// or redis+sentinel:// for several servers"
            }
            Self::Form => {
                "write it as redis://HOST:6379, redis+cluster://HOST:6379,HOST:6379 or \
                 redis+unix:///run/valkey/valkey.sock, with user and password percent-encoded"
            }
            Self::NoPrimary => "write it as redis+sentinel://HOST:26379,HOST:26379/NAME",
        }
    }
}

impl FromStr for StoreLocation {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let (scheme, rest) = text.split_once("://").ok_or(LocationError::Form)?;
        let (base, mode) = scheme.split_once('+').unwrap_or((scheme, ""));
        let is_known = ["redis", "rediss", "valkey", "valkeys"].contains(&base);
        if !is_known || !["", "unix", "cluster", "sentinel"].contains(&mode) {
            return Err(LocationError::Scheme(scheme.to_owned()));
        }
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (format!("{login}@"), place),
            None => (String::new(), rest),
        };
        let visible = place.split('?').next().unwrap_or_default();
        let shown = format!("{scheme}://{visible}");
        if mode == "unix" {
            let info = parse(&format!("{base}+unix://{rest}"))?;
            return Ok(Self { kind: Kind::Server(Box::new(info)), shown });
        }
        let (hosts, path) = place.split_once('/').unwrap_or((place, ""));
        let server =
            |login: &str, host: &str, path: &str| parse(&format!("{base}://{login}{host}/{path}"));
        let kind = match mode {
            "cluster" => {
                let nodes = hosts.split(',').map(|host| server(&login, host, path));
                Kind::Cluster(nodes.collect::<Result<_, _>>()?)
            }
            "sentinel" => {
                let (name, database) = path.split_once('/').unwrap_or((path, ""));
                if name.is_empty() {
                    return Err(LocationError::NoPrimary);
                }
                let sentinels =
                    hosts.split(',').map(|host| server("", &with_port(host, 26379), ""));
                Kind::Sentinels {
                    sentinels: sentinels.collect::<Result<_, _>>()?,
                    name: name.to_owned(),
                    primary: Box::new(server(&login, "127.0.0.1", database)?),
                }
            }
            _ => Kind::Server(Box::new(server(&login, hosts, path)?)),
        };
        Ok(Self { kind, shown })
    }
}

/// A host with this port, unless it has one.
fn with_port(host: &str, port: u16) -> String {
    let has_port = host.rsplit(']').next().unwrap_or(host).contains(':');
    if has_port { host.to_owned() } else { format!("{host}:{port}") }
}

fn parse(url: &str) -> Result<ConnectionInfo, LocationError> {
    // The text of the crate's error may quote the URL.
    let info = url.into_connection_info().map_err(|_| LocationError::Form)?;
    let settings = info.redis_settings().clone().set_lib_name("lkt", env!("CARGO_PKG_VERSION"));
    Ok(info.set_redis_settings(settings))
}

impl StoreLocation {
    /// The same place with a password, which did not have to be in the URL.
    pub(crate) fn with_password(mut self, password: &Zeroizing<String>) -> Self {
        let with = |info: &mut ConnectionInfo| {
            let settings = info.redis_settings().clone().set_password(password.as_str());
            *info = info.clone().set_redis_settings(settings);
        };
        match &mut self.kind {
            Kind::Server(info) | Kind::Sentinels { primary: info, .. } => with(info),
            Kind::Cluster(nodes) => nodes.iter_mut().for_each(with),
        }
        self
    }

    /// Whether the two are the same place with the same credentials.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let parts = |place: &Self| match &place.kind {
            Kind::Server(info) | Kind::Sentinels { primary: info, .. } => {
                vec![(info.addr().clone(), credentials(info))]
            }
            Kind::Cluster(nodes) => {
                nodes.iter().map(|info| (info.addr().clone(), credentials(info))).collect()
            }
        };
        self.shown == other.shown && parts(self) == parts(other)
    }

    /// The number of connections that are worth having: more than one, so that a slow reply does not delay
    /// every call. To a cluster, each connection sends one call at a time.
    pub(super) fn connections(&self) -> usize {
        if matches!(self.kind, Kind::Cluster(_)) { 8 } else { 2 }
    }

    /// Connects, within this time for each server that is tried.
    pub(in crate::service) fn connect(&self, limit: Duration) -> RedisResult<Link> {
        match &self.kind {
            Kind::Server(info) => connect(info, limit).map(Link::Server),
            Kind::Cluster(nodes) => {
                let builder = ClusterClient::builder(nodes.iter().cloned());
                // A retry follows a key that has moved to another server.
                let builder = builder.retries(2).connection_timeout(limit).response_timeout(limit);
                // In milliseconds. The default is over a second, and a call has a quarter of one.
                let builder = builder.min_retry_wait(5).max_retry_wait(20);
                Ok(Link::Cluster(Box::new(builder.build()?.get_connection()?)))
            }
            Kind::Sentinels { sentinels, name, primary } => {
                let address = primary_address(sentinels, name, limit)?;
                let (host, port) = address;
                let template = primary.addr().clone();
                let address = with_address(template, host, port);
                connect(&primary.as_ref().clone().set_addr(address), limit).map(Link::Server)
            }
        }
    }
}

fn credentials(info: &ConnectionInfo) -> (Option<String>, Option<String>, i64) {
    let settings = info.redis_settings();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (owned(settings.username()), owned(settings.password()), settings.db())
}

fn connect(info: &ConnectionInfo, limit: Duration) -> RedisResult<redis::Connection> {
    Client::open(info.clone())?.get_connection_with_timeout(limit)
}

/// The address of the primary, from the first Sentinel that knows it.
fn primary_address(
    sentinels: &[ConnectionInfo],
    name: &str,
    limit: Duration,
) -> RedisResult<(String, u16)> {
    let deadline = Instant::now() + limit;
    let mut last = RedisError::from((ErrorKind::Io, "no Sentinel replied before the deadline"));
    for sentinel in sentinels {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let known = connect(sentinel, left).and_then(|mut connection| {
            connection.set_read_timeout(Some(left))?;
            let mut question = redis::cmd("SENTINEL");
            question.arg("get-master-addr-by-name").arg(name);
            question.query::<Option<(String, u16)>>(&mut connection)
        });
        match known {
            Ok(Some(address)) => return Ok(address),
            Ok(None) => {
                last = RedisError::from((ErrorKind::Client, "no Sentinel knows the primary"));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The same kind of address, with or without TLS, at another place.
fn with_address(like: redis::ConnectionAddr, host: String, port: u16) -> redis::ConnectionAddr {
    use redis::ConnectionAddr::{Tcp, TcpTls};
    match like {
        TcpTls { insecure, tls_params, .. } => TcpTls { host, port, insecure, tls_params },
        _ => Tcp(host, port),
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for StoreLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("StoreLocation").field(&self.shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_and_shown_without_a_password() {
        for (url, shown) in [
            ("redis://127.0.0.1", "redis://127.0.0.1"),
            ("redis://user:secret@127.0.0.1:6380/3", "redis://127.0.0.1:6380/3"),
            ("rediss://:secret@cache.example", "rediss://cache.example"),
            ("valkey://[::1]:6379", "valkey://[::1]:6379"),
            ("redis+unix:///run/valkey.sock?pass=secret&db=2", "redis+unix:///run/valkey.sock"),
            ("redis+cluster://u:secret@a:7000,b:7001", "redis+cluster://a:7000,b:7001"),
            ("valkey+sentinel://:secret@a,[::1]:5/main/2", "valkey+sentinel://a,[::1]:5/main/2"),
        ] {
            let location = url.parse::<StoreLocation>().expect(url);
            assert_eq!(location.to_string(), shown);
            assert!(!format!("{location:?}").contains("secret"), "{location:?}");
        }
    }

    #[test]
    fn other_forms_are_refused_without_quoting_them() {
        for (url, error) in [
            ("http://secret@host", LocationError::Scheme("http".to_owned())),
            ("redis+pubsub://host", LocationError::Scheme("redis+pubsub".to_owned())),
            ("localhost:6379", LocationError::Form),
            ("redis://:secret@host:port", LocationError::Form),
            ("redis+sentinel://:secret@host", LocationError::NoPrimary),
        ] {
            let found = url.parse::<StoreLocation>().expect_err(url);
            assert_eq!(found, error);
            assert!(!found.to_string().contains("secret"), "{found}");
        }
    }

    #[test]
    fn a_password_from_a_file_makes_another_location() {
        let plain = "redis://host".parse::<StoreLocation>().expect("a location");
        let with = plain.clone().with_password(&Zeroizing::new("secret".to_owned()));
        assert!(plain.is_same(&plain.clone()) && !plain.is_same(&with));
    }
}
