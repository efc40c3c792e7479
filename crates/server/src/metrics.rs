//! Metrics for Prometheus, in the OpenMetrics text format.
//!
//! Labels are route templates, never paths, so that keys of entities do not become time series.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::maintenance::{Maintenance, Measurement, MeasurementKind};

/// The media type of [`Metrics::text`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Sixteen buckets from a quarter of a millisecond to eight seconds.
const BUCKET_FIRST: f64 = 0.000_25;
const BUCKET_FACTOR: f64 = 2.0;
const BUCKET_COUNT: u16 = 16;

/// What the names of an engine's metrics start with.
const ENGINE_PREFIX: &str = "anabranch_engine";

/// The metrics of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge<i64, AtomicI64>,
    binary_requests: Family<BinaryLabels, Counter>,
    binary_durations: Family<OperationLabels, Histogram, fn() -> Histogram>,
    binary_in_flight: Gauge<i64, AtomicI64>,
}

/// A request of the binary protocol.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct BinaryLabels {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

/// Counts a request as in flight until it is dropped.
pub(crate) struct InFlight(Gauge<i64, AtomicI64>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    pub(crate) fn new(maintenance: Arc<dyn Maintenance>) -> Self {
        let mut all = Registry::default();
        all.register_collector(Box::new(EngineCollector(maintenance)));
        let registry = all.sub_registry_with_prefix("anabranch_http");
        let requests = Family::default();
        let durations = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let in_flight = Gauge::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from the head of a request to its response",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("requests_in_flight", "Requests being worked on", in_flight.clone());
        let registry = all.sub_registry_with_prefix("anabranch_binary");
        let binary_requests = Family::default();
        let binary_durations = Family::new_with_constructor(new_histogram as fn() -> Histogram);
        let binary_in_flight = Gauge::default();
        registry.register("requests", "Requests answered", binary_requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from the arrival of a request to its answer",
            Unit::Seconds,
            binary_durations.clone(),
        );
        registry.register(
            "requests_in_flight",
            "Requests being worked on",
            binary_in_flight.clone(),
        );
        Self {
            registry: all,
            requests,
            durations,
            in_flight,
            binary_requests,
            binary_durations,
            binary_in_flight,
        }
    }

    /// Counts a request that begins.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts a request that was answered.
    pub(crate) fn record(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        let labels = RequestLabels { method, route: route.clone(), status };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&RouteLabels { method, route }).observe(took.as_secs_f64());
    }

    /// Counts a request of the binary protocol that begins.
    pub(crate) fn begin_binary(&self) -> InFlight {
        self.binary_in_flight.inc();
        InFlight(self.binary_in_flight.clone())
    }

    /// Counts a request of the binary protocol that was answered.
    pub(crate) fn record_binary(&self, operation: &'static str, status: u16, took: Duration) {
        self.binary_requests.get_or_create(&BinaryLabels { operation, status }).inc();
        let labels = OperationLabels { operation };
        self.binary_durations.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// All metrics as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// Asks the engine each time.
struct EngineCollector(Arc<dyn Maintenance>);

impl fmt::Debug for EngineCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EngineCollector")
    }
}

impl Collector for EngineCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Measurement { name, help, kind, value } in self.0.measurements() {
            let name = format!("{ENGINE_PREFIX}_{name}");
            let metric_type = match kind {
                MeasurementKind::Counter => MetricType::Counter,
                MeasurementKind::Gauge => MetricType::Gauge,
            };
            let metric = encoder.encode_descriptor(&name, help, None, metric_type)?;
            match kind {
                MeasurementKind::Counter => ConstCounter::new(value).encode(metric)?,
                MeasurementKind::Gauge => ConstGauge::new(value).encode(metric)?,
            }
        }
        Ok(())
    }
}

fn new_histogram() -> Histogram {
    Histogram::new(exponential_buckets(BUCKET_FIRST, BUCKET_FACTOR, BUCKET_COUNT))
}
