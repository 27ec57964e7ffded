//! The list of all metrics, and what counts them.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, prometheus_text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::answers::{AnswerTimes, Requests, SECONDS};
use super::at_scrape::{KeySets, ServerLoad};
#[cfg(target_os = "linux")]
use super::process::Process;
use crate::server::Answered;
use crate::service::issuer::Cached;

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
    requests: Requests,
    answers: AnswerTimes,
    asked: Family<ResultLabel, Histogram, Times>,
    round_trips: Family<ResultLabel, Histogram, Times>,
    store_calls: Family<ResultLabel, Counter>,
    reloads: Family<ResultLabel, Counter>,
    key_sets: Arc<KeySets>,
}

impl Metrics {
    pub(super) fn new(load: ServerLoad) -> Arc<Self> {
        let (requests, answers) = (Requests::new(), AnswerTimes::default());
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
        registry.register("requests", "Requests that were answered", requests.all.clone());
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
        all.register_collector(Box::new(Process::new()));
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
        self.requests.count(answered.answer);
        self.answers.observe(answered.arrived.elapsed());
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
    pub(in crate::service) fn show_key_sets(&self, keys: &[Arc<Cached>]) {
        self.key_sets.replace(keys);
    }

    /// Everything, as Prometheus reads it.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = prometheus_text::encode(&mut text, &self.registry);
        text
    }

    /// Records a round trip to the store. `failed` is whether it gave no reply in time.
    pub(crate) fn round_trip(&self, calls: usize, took: Duration, failed: bool) {
        self.round_trips.get_or_create(&result(failed)).observe(took.as_secs_f64());
        self.store_calls.get_or_create(&result(failed)).inc_by(calls as u64);
    }
}

fn result(failed: bool) -> ResultLabel {
    ResultLabel { result: if failed { "failed" } else { "done" } }
}
