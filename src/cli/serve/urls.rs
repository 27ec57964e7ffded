//! The URLs at which a server is found: for the start lines.

use std::net::{IpAddr, SocketAddr};

use crate::service::listening::LocalAddress;
use crate::service::settings::Settings;

/// Where clients find the endpoint and the page.
pub(super) struct Urls {
    /// The endpoint at each address. The first one is the one to use.
    pub(super) endpoints: Vec<String>,
    /// The page, if it is served: on this machine, also with `--lan`.
    pub(super) page: Option<String>,
    /// The port for other machines, with `--lan`.
    pub(super) lan_port: Option<u16>,
}

impl Urls {
    pub(super) fn new(settings: &Settings, locals: &[LocalAddress]) -> Self {
        let path = settings.endpoint.routes.shown();
        let lan = settings.listening.lan.as_ref().map(|lan| lan.address);
        let endpoints = locals.iter().map(|local| match local {
            LocalAddress::Tcp(address) => format!("http://{}{path}", reachable(*address, lan)),
            #[cfg(unix)]
            LocalAddress::Unix(_) => format!("{local} (POST {path})"),
        });
        let tcp = || locals.iter().filter_map(LocalAddress::tcp);
        let page = tcp().find_map(|address| page(address, lan));
        let for_lan = tcp().find(|address| !address.ip().is_loopback()).filter(|_| lan.is_some());
        Self { endpoints: endpoints.collect(), page, lan_port: for_lan.map(|found| found.port()) }
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
