"""Prometheus metrics of the service; every name is listed in docs/embedder.md."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """The service's own registry, so that two apps in one process do not share counters."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for every counter, which nothing here reads
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._http()
        self._batches()
        self._model()

    def _http(self) -> None:
        to, route = self.registry, ["method", "route"]
        self.requests = Counter("embedder_http_requests", "Answers sent.", [*route, "status"], registry=to)
        self.request_seconds = Histogram(
            "embedder_http_request_seconds", "Seconds to answer.", route, buckets=LATENCY_S, registry=to
        )
        self.in_flight = Gauge("embedder_http_in_flight", "Requests in progress.", registry=to)
        self.rejected = Counter("embedder_rejected", "Refusals, by the problem's slug.", ["reason"], registry=to)

    def _batches(self) -> None:
        to = self.registry
        self.texts = Counter("embedder_texts", "Texts embedded.", registry=to)
        self.tokens = Counter("embedder_tokens", "Tokens that the model read.", registry=to)
        self.padded_tokens = Counter(
            "embedder_padded_tokens", "Tokens of batches, each text as long as the longest.", registry=to
        )
        self.truncated = Counter("embedder_truncated_texts", "Texts cut to the model's length.", registry=to)
        self.dropped = Counter("embedder_dropped_texts", "Texts not computed: their client had left.", registry=to)
        self.batches = Counter("embedder_batches", "Batches, by outcome (ok, failed).", ["outcome"], registry=to)
        self.batch_texts = Histogram("embedder_batch_texts", "Texts of a batch.", buckets=TEXTS, registry=to)
        self.batch_seconds = Histogram(
            "embedder_batch_seconds", "Seconds of the model for one batch.", buckets=LATENCY_S, registry=to
        )
        self.queue_seconds = Histogram(
            "embedder_queue_seconds", "Seconds that a text waited for the model.", buckets=LATENCY_S, registry=to
        )
        self.queue_texts = Gauge("embedder_queue_texts", "Texts admitted and not yet answered.", registry=to)

    def _model(self) -> None:
        to = self.registry
        self.ready = Gauge("embedder_model_ready", "1 when the model answers.", registry=to)
        self.batcher_alive = Gauge("embedder_batcher_alive", "1 while the batcher's thread lives.", registry=to)
        self.load_seconds = Gauge("embedder_model_load_seconds", "Seconds that loading the model took.", registry=to)
        self.info = Gauge("embedder_model_info", "1, with what is loaded.", ["model", "device", "dtype"], registry=to)

    def batch(self, *, texts: int, tokens: int, padded: int, seconds: float) -> None:
        """Record one batch that succeeded."""
        self.batches.labels("ok").inc()
        self.texts.inc(texts)
        self.tokens.inc(tokens)
        self.padded_tokens.inc(padded)
        self.batch_texts.observe(texts)
        self.batch_seconds.observe(seconds)

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)
