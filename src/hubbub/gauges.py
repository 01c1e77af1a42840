"""What the server counts, for `/metrics`: calls, rooms, SIP and media."""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.rooms.live_rooms import LiveRooms


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


class RecordingGauges(Collector):
    """Recordings that are taken now, and what failed: `failed_total` rising is an alert."""

    def __init__(self, recordings: Counted) -> None:
        self._recordings = recordings

    def collect(self) -> Iterator[Metric]:
        for name, value in self._recordings.statistics().items():
            yield GaugeMetricFamily(f"hubbub_recordings_{name}", RECORDING_COUNTS[name], value=value)


RECORDING_COUNTS: Final = {
    "running": "Recordings that are taken now.",
    "failed_total": "Recordings that failed: the disk or the object store refused.",
    "disk_errors_total": "Writes of sound that the disk refused.",
    "disk_losses_total": "Times that sound was dropped because the disk was too slow.",
    "unmoved_total": "Recordings that could not be moved to the object store when they were finished.",
}

CALLBACK_COUNTS: Final = {
    "attempts": "Requests made to tell of an event, fallbacks too.",
    "delivered": "Callbacks that were taken with a 2xx.",
    "retried": "Attempts that failed and are made again.",
    "dead": "Callbacks given up; they are kept.",
    "handed_back": "Callbacks put off because their host had its turns.",
}
CALLBACK_GAUGES: Final = {
    "sending": "Callbacks under way now.",
    "waiting": "Callbacks held here that wait for their host.",
    "oldest_due_age_seconds": "How late the callback is that has been due the longest.",
}


class CallbackGauges(Collector):
    """What became of callbacks since the start, and how late they are."""

    def __init__(self, deliveries: Counted) -> None:
        self._deliveries = deliveries

    def collect(self) -> Iterator[Metric]:
        values = self._deliveries.statistics()
        for name, text in CALLBACK_COUNTS.items():
            yield CounterMetricFamily(f"hubbub_callbacks_{name}", text, value=values[name])
        for name, text in CALLBACK_GAUGES.items():
            yield GaugeMetricFamily(f"hubbub_callbacks_{name}", text, value=values[name])
