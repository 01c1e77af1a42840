"""What happens to rooms and calls, as far as it matters to what is recorded of them.

Follows the log: after each commit that tells of a recorded room or call, tracks begin and end, the timeline
is written, and recordings end with what they record. Nobody who changes a room needs to know of recordings.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from hubbub.domain.events import Event, EventKind, NumberedEvent
from hubbub.services.ports import Store
from hubbub.services.recordings.command_recordings import Recordings

TOLD: Final = {
    EventKind.PARTICIPANT_JOINED: "joined",
    EventKind.PARTICIPANT_LEFT: "left",
    EventKind.PARTICIPANT_MUTED: "muted",
    EventKind.PARTICIPANT_UNMUTED: "unmuted",
    EventKind.PARTICIPANT_HELD: "held",
    EventKind.PARTICIPANT_UNHELD: "unheld",
}
"""The words of the timeline."""
FOLLOWED: Final = frozenset(TOLD) | {
    EventKind.CONFERENCE_STARTED,
    EventKind.CONFERENCE_ENDED,
    EventKind.CALL_ENDED,
}


class RecordRooms:
    """Listens to the store from the moment it is made."""

    def __init__(self, store: Store, recordings: Recordings) -> None:
        self._recordings = recordings
        self._loop = asyncio.get_running_loop()
        store.on_commit(self._committed)

    def _committed(self, entries: Sequence[NumberedEvent]) -> None:
        if not self._recordings.is_idle:
            for entry in entries:
                if entry.event.kind in FOLLOWED:
                    # Sound follows the store in this same turn of the loop; what is recorded follows both.
                    self._loop.call_soon(self._react, entry.event)

    def _react(self, event: Event) -> None:
        recordings, conference_id, call_id = self._recordings, event.conference_id, event.call_id
        word = TOLD.get(event.kind)
        if word is not None and call_id is not None and conference_id is not None:
            if event.kind is EventKind.PARTICIPANT_LEFT:
                recordings.leave(conference_id, call_id)
            for subject_id in (conference_id, call_id):
                for live in recordings.live_of(subject_id):
                    live.take.note(word, {"call": call_id, "label": event.data.get("label")})
            if event.kind is EventKind.PARTICIPANT_JOINED:
                recordings.join(conference_id, call_id)
        elif event.kind is EventKind.CONFERENCE_STARTED and conference_id is not None:
            recordings.conference_started(conference_id)
        elif event.kind is EventKind.CONFERENCE_ENDED and conference_id is not None:
            recordings.forget_conference(conference_id)
            recordings.stop_all(conference_id)
        elif event.kind is EventKind.CALL_ENDED and call_id is not None:
            recordings.stop_all(call_id)
