"""Figures for Prometheus: what was asked, how long it took, and how things stand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import falcon
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from api import calls, figures
from core.settings import settings

_own = CollectorRegistry()
_requests = Counter(
    "tuma_http_requests", "Requests answered.", ["method", "route", "status"], registry=_own
)
_seconds = Histogram(
    "tuma_http_request_seconds",
    "Time to answer a request.",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=_own,
)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# Looking a label up takes a lock and a walk; these pairs are few.
_known: dict[tuple[str, str | None, Any], tuple[Any, Any]] = {}


def count(method: str, route: str | None, status: Any, seconds: float) -> None:
    """Count one answered request."""
    # Anybody can make up methods: all unknown ones are one.
    key = (method if method in _METHODS else "OTHER", route, status)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _children(*key)
    found[0].inc()
    found[1].observe(seconds)


def _children(method: str, route: str | None, status: Any) -> tuple[Any, Any]:
    route = re.sub(r"\{(\w+):\w+\}", r"{\1}", route) if route else "(none)"
    code = falcon.code_to_http_status(status)[:3]
    return _requests.labels(method, route, code), _seconds.labels(method, route)


class _State:
    """Reads how things stand in the database at each scrape."""

    def collect(self) -> Iterator[Metric]:
        for figure in figures.read():
            family = GaugeMetricFamily(figure.name, figure.help, labels=[figure.label or "of"])
            if figure.label is None:
                family = GaugeMetricFamily(figure.name, figure.help)
            for name, value in figure.values.items():
                family.add_metric([] if figure.label is None else [name], value)
            yield family


class Metrics:
    """GET /metrics"""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """All figures of all web processes, in Prometheus' text format."""
        if settings().app.is_production:
            calls.by_admin(req, resp)
        registry = _own
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        state = CollectorRegistry()
        state.register(_State())
        resp.content_type = CONTENT_TYPE_LATEST
        resp.data = generate_latest(registry) + generate_latest(state)
