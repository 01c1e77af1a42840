"""Recorded sound on disk, or in an object store: written as it is taken, finished, converted, handed out.

Implements `services.recordings.recording_files`. Leaves what is recorded, when and why to `services.recordings.command_recordings`.
"""

from pathlib import Path

from hubbub.recordings.library import RecordingLibrary
from hubbub.recordings.object_store import ObjectStore, ObjectStoreSettings
from hubbub.services.ports import Log

__all__ = ["ObjectStoreSettings", "RecordingLibrary", "open_recordings"]


def open_recordings(
    folder: Path, log: Log, object_store: ObjectStoreSettings | None = None
) -> RecordingLibrary:
    """The recordings in `folder`; in a running event loop.

    Raises:
        ValueError, ModuleNotFoundError: as `ObjectStore`.
    """
    return RecordingLibrary(folder, log, None if object_store is None else ObjectStore(object_store))
