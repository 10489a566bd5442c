"""Request metrics that every part of the gateway shares, and the page Prometheus scrapes."""

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest

REQUESTS = Counter("ai_http_requests_total", "Requests answered, by route template.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "ai_http_request_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45, 90),
)
IN_FLIGHT = Gauge("ai_http_requests_in_flight", "API requests being answered now.")
REJECTED = Counter("ai_http_requests_rejected_total", "Requests turned away at the edge.", ["reason"])


def from_zero(counter: Counter, *values: str) -> Counter:
    """Give a counter a series at 0 for each value of its one label.

    A series that appears with its first event has no increase that Prometheus could see.
    """
    for value in values:
        counter.labels(value)
    return counter


METRICS_CONTENT_TYPE = CONTENT_TYPE_LATEST


def render_metrics() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
