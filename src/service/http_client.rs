//! The HTTP client of `lkt check`, `lkt health` and the logins of `lkt serve`: a request and its answer
//! within a time limit.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::config::{Config, ConfigBuilder};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use crate::times::words;

/// The reason why there is no answer. It contains nothing of the request, whose URL may hold a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// There is no connection, or no answer over it.
    #[error("{0}")]
    NoServer(String),
    /// The server and this machine do not agree on TLS.
    #[error("{0}")]
    Tls(String),
    /// The answer is not HTTP.
    #[error("the server does not speak HTTP")]
    NotHttp,
}

impl NoAnswer {
    /// `timeout` is the time limit of the request.
    pub(crate) fn new(error: &ureq::Error, timeout: Duration) -> Self {
        use ureq::Error;
        match error {
            Error::HostNotFound => Self::NoServer("there is no such host".to_owned()),
            Error::Timeout(_) => {
                Self::NoServer(format!("no answer within {}", words(timeout.as_secs())))
            }
            Error::Rustls(error) => Self::Tls(error.to_string()),
            Error::Tls(problem) => Self::Tls((*problem).to_owned()),
            Error::Io(error) => Self::from(error),
            Error::Protocol(_) | Error::LargeResponseHeader(..) => Self::NotHttp,
            Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => {
                Self::NoServer("the proxy from the environment does not let it through".to_owned())
            }
            _ => Self::NoServer("the connection failed".to_owned()),
        }
    }
}

impl From<&io::Error> for NoAnswer {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::NoServer("connection refused".to_owned()),
            io::ErrorKind::NotFound => Self::NoServer("there is no such socket".to_owned()),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                Self::NoServer("the connection was closed without an answer".to_owned())
            }
            // Errors of rustls come through a stream as this kind.
            io::ErrorKind::InvalidData => Self::Tls(error.to_string()),
            _ => Self::NoServer(error.to_string()),
        }
    }
}

/// A client for TCP servers. It uses TLS with the certificates that this machine trusts, and the proxy
/// that the environment names. A redirect counts as the answer.
pub(crate) fn agent(timeout: Duration) -> Agent {
    with_tls(config(timeout))
}

/// The same client without a proxy, for requests to this machine that a proxy must not see.
pub(crate) fn direct_agent(timeout: Duration) -> Agent {
    with_tls(config(timeout).proxy(None))
}

fn with_tls(config: ConfigBuilder<AgentScope>) -> Agent {
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    config.tls_config(tls).build().into()
}

/// A client for the server that listens on this Unix socket. The host of a URL is ignored.
#[cfg(unix)]
pub(crate) fn unix_agent(path: &std::path::Path, timeout: Duration) -> Agent {
    use ureq::unversioned::resolver::DefaultResolver;
    let connector = unix::UnixConnector::new(path.to_owned());
    let config = config(timeout).proxy(None).build();
    Agent::with_parts(config, connector, DefaultResolver::default())
}

fn config(timeout: Duration) -> ConfigBuilder<AgentScope> {
    Config::builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("lkt/", env!("CARGO_PKG_VERSION")))
}

/// Adds Unix sockets to ureq, which supports only TCP.
#[cfg(unix)]
mod unix {
    use std::io::{self, Read, Write};
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;
    use std::time::Duration;

    use socket2::{Domain, SockAddr, Socket, Type};
    use ureq::Error;
    use ureq::unversioned::transport::{
        Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
    };

    #[derive(Debug)]
    pub(super) struct UnixConnector {
        path: PathBuf,
    }

    impl UnixConnector {
        pub(super) fn new(path: PathBuf) -> Self {
            Self { path }
        }
    }

    impl Connector for UnixConnector {
        type Out = UnixTransport;

        fn connect(
            &self,
            details: &ConnectionDetails,
            _: Option<()>,
        ) -> Result<Option<Self::Out>, Error> {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
            let within = limit(details.timeout);
            socket.connect_timeout(&SockAddr::unix(&self.path)?, within)?;
            let (input, output) =
                (details.config.input_buffer_size(), details.config.output_buffer_size());
            let buffers = LazyBuffers::new(input, output);
            Ok(Some(UnixTransport { stream: OwnedFd::from(socket).into(), buffers }))
        }
    }

    #[derive(Debug)]
    pub(super) struct UnixTransport {
        stream: UnixStream,
        buffers: LazyBuffers,
    }

    impl Transport for UnixTransport {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.buffers
        }

        fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
            self.stream.set_write_timeout(Some(limit(timeout)))?;
            let output = self.buffers.output().get(..amount).unwrap_or_default();
            self.stream.write_all(output).map_err(|error| late(error, timeout))
        }

        fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
            self.stream.set_read_timeout(Some(limit(timeout)))?;
            let read = self.stream.read(self.buffers.input_append_buf());
            let length = read.map_err(|error| late(error, timeout))?;
            self.buffers.input_appended(length);
            Ok(length > 0)
        }

        /// Whether the connection can serve another request. There is never another one.
        fn is_open(&mut self) -> bool {
            false
        }
    }

    /// The time limit of a socket, which must not be zero.
    fn limit(timeout: NextTimeout) -> Duration {
        (*timeout.after).max(Duration::from_millis(1))
    }

    fn late(error: io::Error, timeout: NextTimeout) -> Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
            _ => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_shows_a_url_that_it_was_not_given() {
        let error = ureq::Error::BadUri("http://a/rtc/validate?access_token=e.y.J".to_owned());
        let reason = NoAnswer::new(&error, Duration::from_secs(5));
        assert_eq!(reason.to_string(), "the connection failed");
    }
}
