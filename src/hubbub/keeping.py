"""Keeping what is said: the recordings, what follows the rooms for them, their recovery and their end.

Owns the wiring of these parts and the order in which they start and stop; `bootstrap` gives them the rest of
the server.
"""

import asyncio

from hubbub.config import Settings
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.ports import Clock, Entropy, Log, MediaPlane, Store
from hubbub.services.recordings.command_recordings import Recordings
from hubbub.services.recordings.record_rooms import RecordRooms
from hubbub.services.recordings.recording_files import RecordingFiles
from hubbub.services.recordings.recover_recordings import recover_recordings
from hubbub.services.recordings.retire_recordings import RetireRecordings
from hubbub.services.rooms.live_rooms import LiveRooms


class Keeping:
    """The recordings of a server, and what keeps them in order. Made by `open_keeping`."""

    def __init__(self, recordings: Recordings, retire: RetireRecordings, log: Log) -> None:
        self.recordings = recordings
        self._log = log
        self._retiring = asyncio.get_running_loop().create_task(retire.run())
        self._retiring.add_done_callback(self._retired)

    def _retired(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._log.error("recordings are not retired any more", exc_info=task.exception())

    async def aclose(self) -> None:
        """Finish what takes no more sound. The media plane must still run."""
        self._retiring.cancel()
        await self.recordings.aclose()


async def open_keeping(
    settings: Settings,
    store: Store,
    media: MediaPlane,
    files: RecordingFiles,
    clock: Clock,
    entropy: Entropy,
    log: Log,
    *,
    calls: LiveCalls,
    rooms: LiveRooms,
) -> Keeping:
    """Begin to finish what a crash left behind, and be ready to record."""
    recordings = Recordings(store, media, files, calls, rooms, clock, entropy, log, node=settings.node)
    RecordRooms(store, recordings)
    left = await recover_recordings(store, clock, files, recordings, settings.node)
    if left:
        log.warning("finishing recordings that a crash cut off", recordings=left)
    retire = RetireRecordings(
        store,
        clock,
        log,
        recordings,
        files,
        days=settings.recordings_days,
        moves=bool(settings.recordings_store),
    )
    return Keeping(recordings, retire, log)
