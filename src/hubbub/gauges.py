"""What the server counts, for `/metrics`: calls, rooms, SIP and media."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hubbub.services.live_calls import LiveCalls
from hubbub.services.live_rooms import LiveRooms


class Counted(Protocol):
    """A part that counts what happens to it."""

    def statistics(self) -> Mapping[str, float]: ...


class ServerGauges(Collector):
    """Reads the parts' own counters at each scrape; nothing is counted twice."""

    def __init__(self, calls: LiveCalls, rooms: LiveRooms, media: Counted, sip: Counted) -> None:
        self._calls = calls
        self._rooms = rooms
        self._media = media
        self._sip = sip

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("hubbub_calls", "Calls served now.", value=len(self._calls))
        yield GaugeMetricFamily("hubbub_rooms", "Rooms mixed now.", value=len(self._rooms))
        for part, counted in (("media", self._media), ("sip", self._sip)):
            for name, value in counted.statistics().items():
                yield GaugeMetricFamily(f"hubbub_{part}_{name}", f"Counted by {part}: {name}.", value=value)
