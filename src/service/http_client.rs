//! The HTTP client of `lkt check`, `lkt health` and the logins of `lkt serve`: a request and its answer
//! within a time limit.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use std::{env, io};

use http::Uri;
use rustls::CertificateError;
use ureq::Agent;
use ureq::config::{Config, ConfigBuilder};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use super::outbound;
use crate::times::words;

/// Size of a connection's buffers for reading and for writing, in bytes. ureq's default is 128 KiB each.
const BUFFER_BYTES: usize = 16 * 1024;

/// The reason why there is no answer. It contains nothing of the request, whose URL may hold a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// There is no connection, or no answer over it.
    #[error("{0}")]
    NoServer(String),
    /// The name of the host cannot be resolved.
    #[error("there is no such host")]
    NoHost,
    /// The server and this machine do not agree on TLS.
    #[error("{0}")]
    Tls(String),
    /// The proxy that the environment names cannot be used, or does not connect.
    #[error("{0}")]
    Proxy(String),
    /// The answer is not HTTP.
    #[error("the server does not speak HTTP")]
    NotHttp,
}

impl NoAnswer {
    /// `timeout` is the time limit of the request.
    pub(crate) fn new(error: &ureq::Error, timeout: Duration) -> Self {
        use ureq::Error;
        match error {
            Error::HostNotFound => Self::NoHost,
            Error::Timeout(_) => Self::late(timeout),
            Error::Rustls(error) => Self::from(error),
            Error::Tls(problem) => Self::Tls((*problem).to_owned()),
            Error::Io(error) => Self::from(error),
            Error::Protocol(_) | Error::LargeResponseHeader(..) => Self::NotHttp,
            Error::ConnectProxyFailed(reason) => Self::Proxy(format!(
                "the proxy that the environment names does not connect: {reason}"
            )),
            _ => Self::NoServer("the connection failed".to_owned()),
        }
    }
}

impl NoAnswer {
    /// There was no answer within this time.
    pub(crate) fn late(timeout: Duration) -> Self {
        Self::NoServer(format!("no answer within {}", words(timeout.as_secs())))
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
            io::ErrorKind::InvalidData => {
                let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
                inner.map_or_else(|| Self::Tls(error.to_string()), Self::from)
            }
            // std has no kind for it.
            _ if error.to_string().contains("failed to lookup address") => Self::NoHost,
            _ => Self::NoServer(error.to_string()),
        }
    }
}

impl From<&rustls::Error> for NoAnswer {
    fn from(error: &rustls::Error) -> Self {
        Self::Tls(match error {
            rustls::Error::InvalidCertificate(reason) => certificate_words(reason),
            rustls::Error::General(reason) if reason.contains("CA certificates") => {
                format!("this machine has no certificates to trust; {TRUST}")
            }
            other => other.to_string(),
        })
    }
}

fn certificate_words(reason: &CertificateError) -> String {
    match reason {
        CertificateError::UnknownIssuer => {
            format!("this machine does not trust the issuer of the server's certificate; {TRUST}")
        }
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the server's certificate is that of an authority (CA:TRUE), which no client accepts from \
             a server"
                .to_owned()
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. }
        | CertificateError::NotValidForName
        | CertificateError::NotValidForNameContext { .. }
        | CertificateError::Revoked => format!("the server's certificate is refused: {reason}"),
        // A certificate that was made for itself can fail in other ways.
        _ => format!("the server's certificate is refused: {reason}; {TRUST}"),
    }
}

/// What to do where a certificate is not trusted. The variable, which the verifier reads, replaces the
/// certificates of the system.
const TRUST: &str = "set SSL_CERT_FILE to a file of the certificates to trust, in PEM";

/// A client for the server of a URL. It uses TLS with the certificates that this machine trusts, and the
/// proxy that the environment names for this URL. A redirect counts as the answer.
pub(crate) fn agent(target: &Uri, timeout: Duration) -> Result<Agent, NoAnswer> {
    let proxy = outbound::proxy(target, |name| env::var(name).ok());
    let proxy = proxy.map_err(|error| NoAnswer::Proxy(error.to_string()))?;
    Ok(with_tls(config(timeout).proxy(proxy)))
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
    let config = config.tls_config(tls).build();
    Agent::with_parts(config, DefaultConnector::default(), BothOfLocalhost::default())
}

/// Looks names up. `localhost` has both of its addresses, as in browsers (RFC 6761, section 6.3), even if the
/// system's hosts file lists one alone.
#[derive(Debug, Default)]
struct BothOfLocalhost {
    others: DefaultResolver,
}

impl Resolver for BothOfLocalhost {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        if !uri.host().is_some_and(|host| host.eq_ignore_ascii_case("localhost")) {
            return self.others.resolve(uri, config, timeout);
        }
        let default = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default);
        let mut addresses = self.empty();
        addresses.push((Ipv6Addr::LOCALHOST, port).into());
        addresses.push((Ipv4Addr::LOCALHOST, port).into());
        Ok(addresses)
    }
}

fn config(timeout: Duration) -> ConfigBuilder<AgentScope> {
    Config::builder()
        .timeout_global(Some(timeout))
        // Requests and answers are small, and there is a connection for each thread.
        .input_buffer_size(BUFFER_BYTES)
        .output_buffer_size(BUFFER_BYTES)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("lkt/", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_be_resolved_is_no_server_that_is_down() {
        let error =
            io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(NoAnswer::from(&error), NoAnswer::NoHost);
    }

    #[test]
    fn no_reason_shows_a_url_that_it_was_not_given() {
        let error = ureq::Error::BadUri("http://a/rtc/validate?access_token=e.y.J".to_owned());
        let reason = NoAnswer::new(&error, Duration::from_secs(5));
        assert_eq!(reason.to_string(), "the connection failed");
    }
}
