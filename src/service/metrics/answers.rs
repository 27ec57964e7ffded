//! What is counted for every answer. The lanes share it, so it has neither locks nor look-ups for what happens
//! all the time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::endpoint::{Answer, Outcome};

/// Upper bounds of the buckets for times, in seconds: most answers take microseconds, those that wait for
/// a backend up to seconds.
pub(super) const SECONDS: [f64; 12] =
    [0.000_025, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

/// The labels of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    /// `minted`, the code of a refusal, or `other`.
    code: &'static str,
    /// Who requested it, or `unknown` if that was not found out.
    caller: &'static str,
}

/// The kinds of callers that get tokens.
const CALLERS: [&str; 5] = ["anyone", "user", "guest", "invited", "server"];

/// The outcome of a request for a token.
const MINTED: &str = "minted";

/// Counts answers by their outcome and the kind of caller.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    pub(super) all: Family<RequestLabels, Counter>,
    /// Those that got a token, in the order of [`CALLERS`].
    minted: [Counter; CALLERS.len()],
}

impl Requests {
    pub(super) fn new() -> Self {
        let all = Family::<RequestLabels, Counter>::default();
        let of = |caller| all.get_or_create_owned(&RequestLabels { code: MINTED, caller });
        let minted = CALLERS.map(of);
        Self { all, minted }
    }

    pub(super) fn count(&self, answer: &Answer) {
        let caller = answer.caller.unwrap_or("unknown");
        let code = match &answer.outcome {
            Outcome::Minted(_) => MINTED,
            Outcome::Refused(refusal) => refusal.code.as_str(),
            _ => "other",
        };
        let known = CALLERS.iter().position(|known| *known == caller);
        match known.and_then(|at| self.minted.get(at)).filter(|_| code == MINTED) {
            Some(minted) => minted.inc(),
            None => self.all.get_or_create(&RequestLabels { code, caller }).inc(),
        };
    }
}

/// A histogram of times.
#[derive(Debug, Clone, Default)]
pub(super) struct AnswerTimes(Arc<Times>);

#[derive(Debug, Default)]
struct Times {
    /// How many were at most as long as each of [`SECONDS`] and longer than the one before, and how many
    /// were longer than all.
    counts: [AtomicU64; SECONDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl AnswerTimes {
    pub(super) fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = SECONDS.partition_point(|bound| *bound < seconds);
        if let Some(count) = self.0.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.0.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl EncodeMetric for AnswerTimes {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let counts = self.0.counts.each_ref().map(|count| count.load(Ordering::Relaxed));
        let bounds = SECONDS.into_iter().chain([f64::MAX]);
        let buckets = bounds.zip(counts).collect::<Vec<_>>();
        let sum = Duration::from_nanos(self.0.nanoseconds.load(Ordering::Relaxed));
        encoder.encode_histogram::<NoLabelSet>(
            sum.as_secs_f64(),
            counts.iter().sum(),
            &buckets,
            None,
        )
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
