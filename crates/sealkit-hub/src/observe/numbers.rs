//! Numbers for Prometheus. Every label is one of a fixed list.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::health::Stored;

/// Upper ends of the histogram's classes, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 120.0, 600.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByAnswer {
    route: &'static str,
    method: &'static str,
    status: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByRoute {
    route: &'static str,
}

/// The numbers of one hub.
pub(crate) struct Numbers {
    registry: Registry,
    requests: Family<ByAnswer, Counter>,
    seconds: Family<ByRoute, Histogram>,
    received: Family<ByRoute, Counter>,
    sent: Family<ByRoute, Counter>,
    pub(super) open_requests: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) failed_handshakes: Counter,
    blobs: Gauge<u64, AtomicU64>,
    bytes: Gauge<u64, AtomicU64>,
    manifests: Gauge<u64, AtomicU64>,
    uploads: Gauge<u64, AtomicU64>,
}

/// One request that has ended.
pub(super) struct Ended {
    pub(super) route: &'static str,
    pub(super) method: &'static str,
    pub(super) status: u16,
    pub(super) took: Duration,
    pub(super) received: u64,
    pub(super) sent: u64,
}

impl Numbers {
    pub(super) fn new() -> Self {
        let mut numbers = Self {
            registry: Registry::with_prefix("sealkit_hub"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            received: Family::default(),
            sent: Family::default(),
            open_requests: Gauge::default(),
            connections: Gauge::default(),
            failed_handshakes: Counter::default(),
            blobs: Gauge::default(),
            bytes: Gauge::default(),
            manifests: Gauge::default(),
            uploads: Gauge::default(),
        };
        numbers.register();
        numbers
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that serves", build);
        let what = "Requests that have ended; 499 where the client went away before the answer";
        registry.register("requests", what, self.requests.clone());
        let what = "Time from the head of a request to the last byte of its answer";
        registry.register_with_unit("request_duration", what, Unit::Seconds, self.seconds.clone());
        let what = "Bytes of the bodies of requests";
        registry.register_with_unit("received", what, Unit::Bytes, self.received.clone());
        let what = "Bytes of the bodies of answers";
        registry.register_with_unit("sent", what, Unit::Bytes, self.sent.clone());
        registry.register("open_requests", "Requests under way", self.open_requests.clone());
        registry.register("connections", "Connections that are served", self.connections.clone());
        let what = "TLS handshakes that failed";
        registry.register("failed_handshakes", what, self.failed_handshakes.clone());
        registry.register("blobs", "Blobs that are stored", self.blobs.clone());
        let what = "Bytes of the blobs that are stored";
        registry.register_with_unit("blobs", what, Unit::Bytes, self.bytes.clone());
        registry.register("manifests", "Manifests that are stored", self.manifests.clone());
        registry.register("uploads", "Uploads that were begun and not ended", self.uploads.clone());
    }

    pub(super) fn count(&self, ended: &Ended) {
        let route = ended.route;
        let (method, status) = (ended.method, u32::from(ended.status));
        self.requests.get_or_create(&ByAnswer { route, method, status }).inc();
        let route = ByRoute { route };
        self.seconds.get_or_create(&route).observe(ended.took.as_secs_f64());
        self.received.get_or_create(&route).inc_by(ended.received);
        self.sent.get_or_create(&route).inc_by(ended.sent);
    }

    /// All of them, with what is stored where that is known.
    pub(super) fn text(&self, stored: Option<&Stored>) -> String {
        if let Some(stored) = stored {
            self.blobs.set(stored.blobs);
            self.bytes.set(stored.bytes);
            self.manifests.set(stored.manifests);
            self.uploads.set(stored.uploads);
        }
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
