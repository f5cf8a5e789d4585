"""Metrics for Prometheus: how much, how fast, how it ended. Labels hold templates, never data.

With several processes on one port (``serve --workers``), ``PROMETHEUS_MULTIPROC_DIR`` must name an
empty folder before Python imports prometheus_client; each scrape then adds all processes up.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY: Final = CollectorRegistry()
"""Where every metric of the service is registered."""

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

ProcessCollector(registry=REGISTRY)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "OTHER"
"""What stands for a method that is none of `METHODS`: it is the caller's own text."""
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class HttpMetrics:
    """Requests and their durations by route template, method and status class (``2xx``)."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        labels = ("method", "route", "status")
        self._requests = Counter(
            "salvaguarda_http_requests", "Requests answered.", labels, registry=registry
        )
        self._seconds = Histogram(
            "salvaguarda_http_request_seconds",
            "Time from a request's headers to the end of its answer.",
            labels,
            registry=registry,
            buckets=_BUCKETS,
        )
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is a template, so that the number of series is bounded."""
        key = (method if method in METHODS else OTHER, route, status // 100)
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = self._make(*key)
        children[0].inc()
        children[1].observe(seconds)

    def _make(self, method: str, route: str, status_class: int) -> tuple[Counter, Histogram]:
        labels = (method, route, f"{status_class}xx")
        return self._requests.labels(*labels), self._seconds.labels(*labels)


HTTP: Final = HttpMetrics()


class MailMetrics:
    """Mails by what became of them: sent, bounced, deferred (each time), abandoned, suppressed."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._settled = Counter(
            "salvaguarda_mails_settled", "Attempts to send.", ["state"], registry=registry
        )

    def count(self, states: Iterable[str]) -> None:
        """Count the states that messages came into."""
        for state in states:
            self._settled.labels(state).inc()


MAIL: Final = MailMetrics()


def exposition(mails_waiting: Mapping[str, int]) -> bytes:
    """Every metric in Prometheus' text format, of all processes where there are several.

    `mails_waiting` is a state and how many mails are in it: known to the database alone.
    """
    own = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        own = CollectorRegistry()
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]  # the library left it untyped
    asked = CollectorRegistry()
    gauge = Gauge("salvaguarda_mails_waiting", "Mails not settled.", ["state"], registry=asked)
    for state, number in mails_waiting.items():
        gauge.labels(state).set(number)
    return generate_latest(own) + generate_latest(asked)
