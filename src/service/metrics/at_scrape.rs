//! Numbers that are read when Prometheus asks for them: the server's connections and lanes, the key sets
//! of issuers, and the process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeMetric,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::server::{LaneLoad, Load};
use crate::service::issuer::{Cached, CachedState};
use crate::service::log;

/// Writes metrics one after another.
pub(super) struct Encoder<'a>(pub(super) DescriptorEncoder<'a>);

impl Encoder<'_> {
    /// Writes a gauge with a value for each label.
    pub(super) fn gauge<N: EncodeGaugeValue>(
        &mut self,
        (name, unit, help): (&str, Option<&Unit>, &str),
        label: &'static str,
        values: impl IntoIterator<Item = (String, N)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        values.into_iter().try_for_each(|(value, number)| {
            let labels = [(label, value)];
            ConstGauge::new(number).encode(metric.encode_family(&labels)?)
        })
    }

    /// Writes a counter with a value for each label.
    pub(super) fn counter<N: EncodeCounterValue>(
        &mut self,
        (name, unit, help): (&str, Option<&Unit>, &str),
        label: &'static str,
        values: impl IntoIterator<Item = (String, N)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, unit, MetricType::Counter)?;
        values.into_iter().try_for_each(|(value, number)| {
            let labels = [(label, value)];
            ConstCounter::new(number).encode(metric.encode_family(&labels)?)
        })
    }

    /// Writes a gauge without labels.
    pub(super) fn one_gauge<N: EncodeGaugeValue>(
        &mut self,
        (name, unit, help): (&str, Option<&Unit>, &str),
        number: N,
    ) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        ConstGauge::new(number).encode(metric)
    }

    /// Writes a counter without labels.
    pub(super) fn one_counter<N: EncodeCounterValue>(
        &mut self,
        (name, unit, help): (&str, Option<&Unit>, &str),
        number: N,
    ) -> fmt::Result {
        let metric = self.0.encode_descriptor(name, help, unit, MetricType::Counter)?;
        ConstCounter::new(number).encode(metric)
    }
}

/// What the server that serves the endpoint is doing.
#[derive(Debug)]
pub(super) struct ServerLoad {
    pub(super) load: Load,
    /// Maximum number of connections.
    pub(super) most: usize,
}

impl Collector for ServerLoad {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut encoder = Encoder(encoder);
        let lanes = self.load.lanes().collect::<Vec<_>>();
        let sum = |number: fn(&LaneLoad) -> u64| lanes.iter().map(number).sum::<u64>();
        let states = [
            ("idle", sum(|lane| lane.idle)),
            ("receiving", sum(|lane| lane.receiving)),
            ("waiting", sum(|lane| lane.waiting)),
            ("sending", sum(|lane| lane.sending)),
            ("closing", sum(|lane| lane.closing)),
        ];
        let states = states.map(|(state, number)| (state.to_owned(), signed(number)));
        encoder.gauge(("connections", None, "Open connections"), "state", states)?;
        let help = "Maximum number of open connections";
        encoder.one_gauge(("connections_limit", None, help), signed(self.most as u64))?;
        let help = "Connections that were accepted and served";
        encoder.one_counter(("connections_accepted", None, help), sum(|lane| lane.accepted))?;
        let help = "Connections that were closed to make room for others";
        encoder.one_counter(("connections_evicted", None, help), sum(|lane| lane.evicted))?;
        let help = "Connections that were answered 503 since there was no room";
        encoder
            .one_counter(("connections_turned_away", None, help), sum(|lane| lane.turned_away))?;
        let help = "Time that each thread that serves connections has worked";
        let busy = lanes.iter().enumerate();
        let busy = busy.map(|(number, lane)| (number.to_string(), lane.busy.as_secs_f64()));
        encoder.counter(("lane_busy", Some(&Unit::Seconds), help), "lane", busy)?;
        let help = "Lines of the log that were lost, since stderr was full, or not read in time";
        encoder.one_counter(("log_lines_lost", None, help), log::lost_lines())
    }
}

/// The key sets of the issuers of logins. A reload replaces them.
#[derive(Default)]
pub(super) struct KeySets(Mutex<Vec<Arc<Cached>>>);

impl KeySets {
    /// Shows these from now on.
    pub(super) fn replace(&self, keys: &[Arc<Cached>]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = keys.to_vec();
    }

    /// By issuer: two time series with the same labels would make all of them unreadable.
    fn states(&self) -> BTreeMap<String, CachedState> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        keys.iter().filter_map(|keys| Some((keys.issuer()?, keys.state()))).collect()
    }
}

impl fmt::Debug for KeySets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeySets")
    }
}

impl Collector for KeySets {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (mut encoder, states) = (Encoder(encoder), self.states());
        if states.is_empty() {
            return Ok(());
        }
        let each = |number: fn(&CachedState) -> u64| {
            let states = states.iter();
            states.map(move |(issuer, state)| (issuer.clone(), number(state))).collect::<Vec<_>>()
        };
        let gauges = |number| each(number).into_iter().map(|(issuer, n)| (issuer, signed(n)));
        let help = "Whether logins of the issuer can be verified now";
        let usable = gauges(|state| u64::from(state.is_usable));
        encoder.gauge(("key_set_usable", None, help), "issuer", usable)?;
        let help = "Keys in the issuer's key set";
        encoder.gauge(("key_set_keys", None, help), "issuer", gauges(|state| state.keys as u64))?;
        let help = "When the issuer's keys were last fetched, 0 if never";
        let last = gauges(|state| state.fetched_at);
        let metric = ("key_set_last_success_timestamp", Some(&Unit::Seconds), help);
        encoder.gauge(metric, "issuer", last)?;
        let help = "Fetches of the issuer's keys that succeeded";
        let metric = ("key_set_fetches", None, help);
        encoder.counter(metric, "issuer", each(|state| state.fetches))?;
        let help = "Fetches of the issuer's keys that failed";
        encoder.counter(("key_set_failures", None, help), "issuer", each(|state| state.failures))
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
