"""Counts of requests, for Prometheus.

Owns the HTTP series. Counting is a dictionary update and not a client-library object, because it happens in
every request while a scrape is rare. Leaves all other series to their owners, who register with the same
registry.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response


class RequestCounts(Collector):
    """A collector that the shell counts into."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, int], int] = {}
        """(dialect or page, method, status) to answers."""
        self.seconds: dict[str, float] = {}
        """Dialect or page to the wall-clock seconds spent on its answers."""
        self.in_progress = 0
        self.lasting = 0
        """Answers without an end: event streams."""
        self.refused: dict[str, int] = {}
        """Limit to requests it refused."""

    def count(self, owner: str, method: str, status: int, duration_s: float) -> None:
        key = (owner, method, status)
        answers = self.answers
        answers[key] = answers.get(key, 0) + 1
        self.seconds[owner] = self.seconds.get(owner, 0.0) + duration_s

    def refuse(self, limit: str) -> None:
        self.refused[limit] = self.refused.get(limit, 0) + 1

    def collect(self) -> Iterator[Metric]:
        answers = CounterMetricFamily(
            "hubbub_http_requests", "Requests answered.", labels=("dialect", "method", "status")
        )
        for (owner, method, status), count in sorted(self.answers.items()):
            answers.add_metric((owner, method, str(status)), count)
        yield answers
        seconds = CounterMetricFamily(
            "hubbub_http_request_seconds", "Time from request to answer, summed.", labels=("dialect",)
        )
        for owner, total in sorted(self.seconds.items()):
            seconds.add_metric((owner,), total)
        yield seconds
        refused = CounterMetricFamily(
            "hubbub_http_refused", "Requests refused by a limit of the web shell.", labels=("limit",)
        )
        for limit, count in sorted(self.refused.items()):
            refused.add_metric((limit,), count)
        yield refused
        yield GaugeMetricFamily(
            "hubbub_http_requests_in_progress", "Requests being answered now.", value=self.in_progress
        )
        yield GaugeMetricFamily(
            "hubbub_http_event_streams", "Event streams being read now.", value=self.lasting
        )


class MetricsPage:
    """`GET /metrics`: the text exposition format of Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    async def __call__(self, request: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)
