"""After a crash: the recordings that the dead server was taking are finished with what is on the disk.

Each ends as completed, with why it is cut off, as absent, or as failed. The rows say at once that no more
sound comes; the files are finished in the background, while calls are served.
"""

from typing import Final

from hubbub.domain.events import EventKind
from hubbub.domain.recording import Recording, RecordingState
from hubbub.services.ports import Clock, Store
from hubbub.services.recordings.command_recordings import Recordings
from hubbub.services.recordings.live_recordings import event_of
from hubbub.services.recordings.recording_files import RecordingFiles

CUT_OFF: Final = "server-crashed"


async def recover_recordings(
    store: Store, clock: Clock, files: RecordingFiles, recordings: Recordings, node: str
) -> int:
    """Begin to finish this node's open recordings. Returns how many."""
    rows: list[Recording] = []
    async with store.transaction() as tx:
        now_ms = clock.now_ms()
        for row in await tx.open_recordings(node):
            if row.state.is_open:
                row = row.moved(RecordingState.PROCESSING, now_ms)
                await tx.put_recording(row)
                await tx.append([event_of(row, EventKind.RECORDING_STOPPED, now_ms)])
            rows.append(row)
    for row in rows:
        recordings.resume_finishing(row, CUT_OFF)
    for recording_id in await files.unfinished():
        # Begun, and dead before its row was written: nobody was told of it.
        if await store.read.recording(recording_id) is None:
            await files.delete(recording_id)
    return len(rows)
