//! `--metrics-listen`: what Prometheus reads about a running service.
//!
//! Names and units follow Prometheus' conventions. No label has a room, an identity, an address or
//! anything else that a client chose, so the number of time series is bounded.

mod collected;
mod exposition;
#[cfg(target_os = "linux")]
mod process;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::issuer::Cached;
use crate::endpoint::Outcome;
use crate::server::{Answered, Limits, Load, OpenSocket};
use collected::{KeySets, ServerLoad};
use exposition::Exposition;

/// Upper bounds of the buckets for times, in seconds: most answers take microseconds, those that wait for
/// a backend up to seconds.
const SECONDS: [f64; 12] =
    [0.000_025, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Maximum number of connections of programs that read the metrics.
const CONNECTIONS: usize = 16;

/// The labels of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    /// `minted`, the code of a refusal, or `other`.
    code: &'static str,
    /// Who requested it, or `unknown` if that was not found out.
    caller: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
    os: &'static str,
    arch: &'static str,
}

/// Creates histograms of times.
#[derive(Debug, Clone, Copy)]
struct Times;

impl MetricConstructor<Histogram> for Times {
    fn new_metric(&self) -> Histogram {
        Histogram::new(SECONDS)
    }
}

/// Counts what a service does.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    answers: Histogram,
    asked: Family<ResultLabel, Histogram, Times>,
    round_trips: Family<ResultLabel, Histogram, Times>,
    store_calls: Family<ResultLabel, Counter>,
    reloads: Family<ResultLabel, Counter>,
    key_sets: Arc<KeySets>,
}

/// Creates metrics, and a thread that shows them at these sockets, if there are any. `load` is that of the
/// server of the endpoint, which has at most so many connections.
pub(crate) fn show(
    sockets: Vec<OpenSocket>,
    load: Load,
    connections: usize,
) -> io::Result<Option<Arc<Metrics>>> {
    if sockets.is_empty() {
        return Ok(None);
    }
    let metrics = Metrics::new(ServerLoad { load, most: connections });
    let limits = Limits { connections: CONNECTIONS, ..Limits::default() };
    let server = super::server(sockets, limits)?;
    let exposition = Exposition(Arc::clone(&metrics));
    let work = move || {
        if let Err(error) = server.run(exposition) {
            let reason = error.to_string();
            tracing::error!(reason, "the metrics can no longer be read");
        }
    };
    thread::Builder::new().name("metrics".to_owned()).spawn(work)?;
    Ok(Some(metrics))
}

impl Metrics {
    fn new(load: ServerLoad) -> Arc<Self> {
        let requests = Family::default();
        let answers = Histogram::new(SECONDS);
        let asked = Family::new_with_constructor(Times);
        let round_trips = Family::new_with_constructor(Times);
        let (store_calls, reloads) = (Family::default(), Family::default());
        let build = BuildLabels {
            version: env!("CARGO_PKG_VERSION"),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
        };
        let mut all = Registry::default();
        let registry = all.sub_registry_with_prefix("lkt");
        registry.register("build", "The program", Info::new(build));
        registry.register("requests", "Requests that were answered", requests.clone());
        let help = "Time from the last byte of a request to its answer";
        registry.register_with_unit("answer", help, Unit::Seconds, answers.clone());
        let help = "Time that the backend of --ask took";
        registry.register_with_unit("backend", help, Unit::Seconds, asked.clone());
        let help = "Time that a round trip to the store took";
        registry.register_with_unit("store", help, Unit::Seconds, round_trips.clone());
        registry.register("store_calls", "Calls to the store", store_calls.clone());
        registry.register("reloads", "Reloads of the configuration", reloads.clone());
        registry.register_collector(Box::new(load));
        let key_sets = Arc::<KeySets>::default();
        registry.register_collector(Box::new(Arc::clone(&key_sets)));
        #[cfg(target_os = "linux")]
        all.register_collector(Box::new(process::Process::new()));
        let registry = all;
        Arc::new(Self {
            registry,
            requests,
            answers,
            asked,
            round_trips,
            store_calls,
            reloads,
            key_sets,
        })
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, answered: &Answered<'_>) {
        let (answer, took) = (answered.answer, answered.arrived.elapsed());
        let code = match &answer.outcome {
            Outcome::Minted(_) => "minted",
            Outcome::Refused(refusal) => refusal.code.as_str(),
            _ => "other",
        };
        self.requests
            .get_or_create(&RequestLabels { code, caller: answer.caller.unwrap_or("unknown") })
            .inc();
        self.answers.observe(took.as_secs_f64());
    }

    /// Records a question to the backend.
    pub(crate) fn asked(&self, took: Duration, failed: bool) {
        self.asked.get_or_create(&result(failed)).observe(took.as_secs_f64());
    }

    /// Counts a reload.
    pub(crate) fn reloaded(&self, failed: bool) {
        self.reloads.get_or_create(&result(failed)).inc();
    }

    /// Shows these key sets from now on.
    pub(super) fn show_key_sets(&self, keys: &[Arc<Cached>]) {
        self.key_sets.replace(keys);
    }

    /// Everything, as Prometheus reads it.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }
}

impl Metrics {
    /// Records a round trip to the store. `failed` is whether it gave no reply in time.
    pub(crate) fn round_trip(&self, calls: usize, took: Duration, failed: bool) {
        self.round_trips.get_or_create(&result(failed)).observe(took.as_secs_f64());
        self.store_calls.get_or_create(&result(failed)).inc_by(calls as u64);
    }
}

fn result(failed: bool) -> ResultLabel {
    ResultLabel { result: if failed { "failed" } else { "done" } }
}
