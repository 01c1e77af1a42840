"""The recordings that take sound on this server, or are being finished: what the store cannot hold.

Owns the registry, and what of a recording dies with the process: its `Take`, and who waits for its end.
"""

import asyncio
from collections.abc import Mapping

from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import Recording
from hubbub.services.commands import StopReason
from hubbub.services.recordings.recording_take import Take


class LiveRecording:
    """One recording."""

    __slots__ = ("done", "has_tracks", "reason", "row", "stopped", "stored", "take")

    def __init__(self, row: Recording, *, has_tracks: bool = False) -> None:
        self.row = row
        """As last stored."""
        self.has_tracks = has_tracks
        """Every participant has a track of its own."""
        self.take: Take
        """Of one whose sound is taken by this process."""
        self.reason = StopReason.ASKED
        self.stored = asyncio.Event()
        """Set once the row is written: its end must not be written first."""
        self.stopped = asyncio.Event()
        """Set when no more sound is taken."""
        self.done = asyncio.Event()
        """Set when it is completed, absent or failed."""


class LiveRecordings:
    """Finds them by id, or by what they record."""

    def __init__(self) -> None:
        self._by_id: dict[RecordingId, LiveRecording] = {}

    def add(self, live: LiveRecording) -> None:
        self._by_id[live.row.id] = live

    def get(self, recording_id: RecordingId) -> LiveRecording | None:
        return self._by_id.get(recording_id)

    def of(self, subject_id: str) -> list[LiveRecording]:
        """What records a conference; or a call, but not for a conference. Oldest first."""
        found = []
        for live in self._by_id.values():
            row = live.row
            if subject_id == (row.call_id if row.conference_id is None else row.conference_id):
                found.append(live)
        return found

    @property
    def running(self) -> int:
        return sum(live.row.state.is_open for live in self._by_id.values())

    def close(self, live: LiveRecording, row: Recording) -> None:
        """It has become what it is for good: tell those who wait, and forget it."""
        live.row = row
        live.stopped.set()
        live.done.set()
        self.forget(live)

    def forget(self, live: LiveRecording) -> None:
        self._by_id.pop(live.row.id, None)

    def __len__(self) -> int:
        return len(self._by_id)


def event_of(row: Recording, kind: EventKind, now_ms: int, more: Mapping[str, object] | None = None) -> Event:
    """A fact about a recording."""
    data = {"recording_id": row.id, "source": str(row.source), **(more or {})}
    return Event(kind, now_ms, row.account_id, row.conference_id, row.call_id, data)
