//! What runs until it is told to stop: the endpoint with its logins, limits and documents, its
//! listeners, and its log.
//!
//! It knows no command line. `cli` resolves options, files and the environment, and hands over what
//! they mean.

#![allow(clippy::disallowed_methods)] // the clock and the system are read here

mod backend;
mod deny_store;
mod documents;
mod fingerprint;
mod gateway;
pub(crate) mod http_client;
pub(crate) mod issuer;
pub(crate) mod join;
pub(crate) mod listening;
pub(crate) mod log;
mod metrics;
#[cfg(unix)]
mod open_files;
mod openapi;
mod outbound;
mod page;
mod pool;
pub(crate) mod probe;
mod proxies;
pub(crate) mod rate;
pub(crate) mod readiness;
mod reload;
mod request_id;
pub(crate) mod settings;
mod signals;
mod site;
pub(crate) mod store;
mod watch;
mod web_page;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::failure::Failure;
use crate::server::{Limits, OpenSocket, Server};
pub(crate) use fingerprint::fingerprint;
use gateway::{Gateway, SharedGateway};
use listening::Listening;
use log::LogSettings;
use metrics::Metrics;
use reload::Reloader;
use settings::Settings;
use site::Site;

/// Serves until the process is told to stop, and shows metrics at another address. `read_again` makes new settings when it is told to reload,
/// and `started` is called when everything is ready.
pub(crate) fn run(
    settings: Settings,
    sockets: Vec<Listening>,
    metrics: Vec<Listening>,
    read_again: impl Fn() -> Result<Settings, Failure> + Send + Sync + 'static,
    started: impl FnOnce(),
) -> Result<(), Failure> {
    let removers = sockets.iter().map(Listening::remover).collect::<Vec<_>>();
    let remove_files = move || removers.iter().for_each(|remove| remove());
    // The rest keeps the files of Unix sockets, and removes them when this function returns.
    let (sockets, _files): (Vec<_>, Vec<_>) = sockets.into_iter().map(Listening::split).unzip();
    let server = server(sockets, fitting(&settings.limits)).map_err(out_of_resources)?;
    let lan = settings.listening.lan.as_ref().map(|lan| lan.address);
    let fixed = (settings.limits.clone(), settings.log);
    let files = Arc::new(Mutex::new(settings.files.clone()));
    let (metrics, _files): (Vec<_>, Vec<_>) = metrics.into_iter().map(Listening::split).unzip();
    let most = settings.limits.connections;
    let metrics = metrics::show(metrics, server.load(), most).map_err(out_of_resources)?;
    let gateway = Gateway::start(settings, metrics.clone(), None).map_err(out_of_resources)?;
    let shared = SharedGateway::new(gateway);
    let reload = {
        let (shared, files, metrics) = (shared.clone(), Arc::clone(&files), metrics.clone());
        move || {
            let reloaded = reload(&shared, &read_again, &fixed, &files, metrics.clone());
            if let Some(metrics) = &metrics {
                metrics.reloaded(reloaded.is_err());
            }
            match reloaded {
                // Logged after the change, so that a script that waits for this line can send requests at
                // once.
                Ok((key, secret, from)) => tracing::info!(key, secret, from, "reloaded"),
                Err(failure) => {
                    let reason = failure.problem();
                    tracing::error!(
                        reason,
                        "not reloaded; the previous configuration stays in use"
                    );
                }
            }
        }
    };
    let reloader = Reloader::start(reload).map_err(out_of_resources)?;
    signals::watch(server.stop_handle(), remove_files, reloader.clone())?;
    let files = move || files.lock().unwrap_or_else(PoisonError::into_inner).clone();
    watch::watch(files, move || reloader.request()).map_err(out_of_resources)?;
    started();
    // Done after the start lines, so that errors are logged below them.
    shared.load().fetch_keys();
    server.run(Site::new(shared, lan, metrics)).map_err(out_of_resources)
}

/// A server at all these sockets.
fn server(sockets: Vec<OpenSocket>, limits: Limits) -> io::Result<Server> {
    let mut sockets = sockets.into_iter();
    let first = sockets.next().ok_or_else(|| io::Error::other("there is no socket"))?;
    let mut server = Server::new(first, limits)?;
    sockets.try_for_each(|socket| server.add_listener(socket))?;
    Ok(server)
}

/// Replaces the gateway by one with new settings, and returns the key, the fingerprint of its secret, and their
/// source. Keeps the old one
/// if there are none. `fixed` cannot change.
fn reload(
    shared: &SharedGateway,
    read_again: impl Fn() -> Result<Settings, Failure>,
    fixed: &(Limits, LogSettings),
    files: &Mutex<Vec<PathBuf>>,
    metrics: Option<Arc<Metrics>>,
) -> Result<(String, String, String), Failure> {
    let settings = read_again()?;
    if (&settings.limits, &settings.log) != (&fixed.0, &fixed.1) {
        tracing::warn!("changed limits and log options take effect at the next start");
    }
    let keys = &settings.endpoint.keys;
    let secret = fingerprint(keys.secret());
    let loaded = (keys.key().to_owned(), secret, settings.sources.key.clone());
    files.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&settings.files);
    let gateway = Gateway::start(settings, metrics, Some(&shared.load()));
    let gateway = gateway.map_err(out_of_resources)?;
    shared.replace(gateway);
    shared.load().fetch_keys();
    Ok(loaded)
}

/// The limits, as far as the system allows them.
fn fitting(limits: &Limits) -> Limits {
    let limits = limits.clone();
    #[cfg(unix)]
    let limits =
        Limits { connections: open_files::fit(limits.connections, limits.waiting()), ..limits };
    limits
}

/// The failure when the system does not give what the service needs.
pub(crate) fn out_of_resources(error: io::Error) -> Failure {
    Failure::failed(error, "see whether the system is out of threads or open files")
}
