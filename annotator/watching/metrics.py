"""``/metrics``, for Prometheus: what the processes counted, and the state of the installation."""

import hmac
import os
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from threading import Lock

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from datasets_app.operations.figures import Figure, measure_installation

KEPT_S = 10.0
"""A process asks the database again only after so long, however often it is scraped."""


class InstallationCollector(Collector):
    """Gives the figures of the installation, kept for ``KEPT_S``."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._measured_at = -KEPT_S
        self._figures: list[Figure] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield a family a figure."""
        with self._lock:
            if time.monotonic() - self._measured_at >= KEPT_S:
                self._figures = measure_installation()
                self._measured_at = time.monotonic()
            figures = self._figures
        for figure in figures:
            family = GaugeMetricFamily(figure.name, figure.says, labels=figure.labels)
            for labels, value in figure.values.items():
                family.add_metric(labels, value)
            yield family

    def describe(self) -> list[GaugeMetricFamily]:
        """Say nothing ahead: registering must not ask the database."""
        return []


_installation = InstallationCollector()


def may_read_metrics(request: HttpRequest) -> bool:
    """Say whether the request shows the token, or comes straight from an allowed network.

    What a proxy passes on always needs the token: there every visitor seems to come from the
    proxy's own address.
    """
    token = settings.METRICS_TOKEN
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(shown.encode(), token.encode()):
        return True
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.METRICS_NETWORKS)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures; 404 to whoever may not read them, as if there were none."""
    if not may_read_metrics(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_installation)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
        counted = b""
    else:
        counted = generate_latest(REGISTRY)
    body = generate_latest(registry) + counted
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)
