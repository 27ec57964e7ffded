//! The URLs at which a server is found: for the start lines.

use std::net::{IpAddr, SocketAddr};

use crate::service::join;
use crate::service::listening::LocalAddress;
use crate::service::settings::Settings;

/// Where clients find the endpoint and the page.
pub(super) struct Urls {
    /// The endpoint at each address. The first one is the one to use.
    pub(super) endpoints: Vec<String>,
    /// The page, if it is served: on this machine, also with `--lan`.
    pub(super) page: Option<String>,
    /// The page for guests, if invitations are accepted.
    pub(super) join_page: Option<String>,
    /// The port for other machines, with `--lan`.
    pub(super) lan_port: Option<u16>,
}

impl Urls {
    pub(super) fn new(settings: &Settings, locals: &[LocalAddress]) -> Self {
        let endpoint = &settings.endpoint;
        let (path, join) = (endpoint.routes.shown(), join::path(endpoint));
        let lan = settings.listening.lan.as_ref().map(|lan| lan.address);
        let url = |local: &LocalAddress, request: (&str, &str)| match local {
            LocalAddress::Tcp(address) => {
                format!("http://{}{}", reachable(*address, lan), request.1)
            }
            #[cfg(unix)]
            LocalAddress::Unix(_) => format!("{local} ({} {})", request.0, request.1),
        };
        let endpoints = locals.iter().map(|local| url(local, ("POST", &path)));
        let join_page = locals.first().filter(|_| settings.join_url.is_some());
        let join_page = join_page.map(|local| url(local, ("GET", &join)));
        let tcp = || locals.iter().filter_map(LocalAddress::tcp);
        let page = tcp().find_map(|address| page(address, lan));
        let for_lan = tcp().find(|address| !address.ip().is_loopback()).filter(|_| lan.is_some());
        let lan_port = for_lan.map(|found| found.port());
        Self { endpoints: endpoints.collect(), page, join_page, lan_port }
    }
}

/// The address that clients on this network use.
fn reachable(address: SocketAddr, lan: Option<IpAddr>) -> SocketAddr {
    match lan {
        Some(lan) if address.ip().is_unspecified() => (lan, address.port()).into(),
        _ => address,
    }
}

fn page(address: SocketAddr, lan: Option<IpAddr>) -> Option<String> {
    if address.ip().is_loopback() {
        return Some(format!("http://{address}/"));
    }
    let is_reached_from_here = lan.is_some() && address.ip().is_unspecified();
    is_reached_from_here.then(|| format!("http://127.0.0.1:{}/", address.port()))
}
