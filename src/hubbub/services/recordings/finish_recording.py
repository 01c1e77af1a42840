"""A recording that takes no more sound becomes what it is for good: completed, absent or failed."""

from typing import Any, Final

from hubbub.domain.events import EventKind
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import TRANSITIONS, RecordingState
from hubbub.services.commands import StopReason
from hubbub.services.ports import Clock, Log, Store
from hubbub.services.recordings.live_recordings import LiveRecording, LiveRecordings, event_of
from hubbub.services.recordings.recording_files import FinishedSound, NothingKept, RecordingFiles, SoundLost

SHORTEST_MS: Final = 100
"""What is shorter holds no word: it is absent."""
TOO_SHORT: Final = "too-short"
SILENT: Final = "silent"


class FinishRecording:
    """Call it with a recording whose row says that it is being finished."""

    def __init__(
        self, store: Store, files: RecordingFiles, clock: Clock, log: Log, lives: LiveRecordings
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._log = log
        self._lives = lives
        self.failures = 0
        """How many recordings have failed: each is an alert."""

    async def __call__(self, live: LiveRecording, samples: int | None, *, why: str | None = None) -> None:
        """Finish the files, then say what became of it.

        Args:
            samples: its length; None: what the files say.
            why: said of a recording that is there, but was cut off.
        """
        try:
            sound = await self._files.finish(live.row.id, samples)
        except SoundLost as error:
            if why is None or not isinstance(error, NothingKept):
                await self.fail(live, str(error))
                return
            # The server died before the first of it reached the disk: that takes less than a second.
            sound = None
        absent = TOO_SHORT if sound is None else _absent(sound)
        async with self._store.transaction() as tx:
            row = await tx.recording(live.row.id)
            if row is None or row.state is not RecordingState.PROCESSING:
                # It was settled elsewhere; who waits for it here must not wait for ever.
                self._lives.close(live, row or live.row)
                return
            now_ms = self._clock.now_ms()
            row = row._replace(duration_ms=0 if sound is None else sound.duration_ms, why=absent or why)
            if sound is not None and absent is None:
                row = row.moved(RecordingState.COMPLETED, now_ms)._replace(size_bytes=sound.size_bytes)
                more: dict[str, Any] = {"duration_ms": sound.duration_ms, "size_bytes": sound.size_bytes}
                event = event_of(row, EventKind.RECORDING_COMPLETED, now_ms, more)
            else:
                row = row.moved(RecordingState.ABSENT, now_ms)
                event = event_of(row, EventKind.RECORDING_ABSENT, now_ms, {"why": absent})
            await tx.put_recording(row)
            await tx.append([event])
        if absent is not None:
            await self.remove_files(row.id)
        self._lives.close(live, row)

    async def fail(self, live: LiveRecording, why: str) -> None:
        """The sound could not be kept. What is on the disk stays there until the recording is deleted."""
        async with self._store.transaction() as tx:
            row = await tx.recording(live.row.id)
            if row is None or RecordingState.FAILED not in TRANSITIONS[row.state]:
                self._lives.close(live, row or live.row)
                return
            now_ms = self._clock.now_ms()
            row = row.moved(RecordingState.FAILED, now_ms)
            row = row._replace(why=why, ended_at_ms=row.ended_at_ms or now_ms)
            await tx.put_recording(row)
            await tx.append([event_of(row, EventKind.RECORDING_FAILED, now_ms, {"why": why})])
        self.failures += 1
        self._log.error("recording failed", recording=row.id, why=why)
        if not live.stopped.is_set():
            live.reason = StopReason.FAILED
        self._lives.close(live, row)

    async def remove_files(self, recording_id: RecordingId) -> None:
        """Remove the sound; what cannot be removed is told to the log."""
        try:
            await self._files.delete(recording_id)
        except SoundLost as error:
            self._log.error("recording's files not removed", recording=recording_id, why=str(error))


def _absent(sound: FinishedSound) -> str | None:
    """Why it is not worth keeping, if it is not."""
    if sound.plan.silent_is_absent and not sound.has_voice:
        return SILENT
    return TOO_SHORT if sound.duration_ms < SHORTEST_MS else None
