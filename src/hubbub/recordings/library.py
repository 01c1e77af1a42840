"""The recordings of one directory, and of the object store behind it if there is one.

Owns which thread does what: sound is written by one (`disk`), everything else (finishing, converting, reading,
the object store) is done by a few others, so that a long conversion never holds up what is being said. With
an object store a finished recording is moved there as soon as it can be reached; until then it is served
from here. Leaves the rows to the store.
"""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol, TypeVar, TypeVarTuple

from hubbub.domain.errors import InvalidValue, NotFound
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.recordings import layout, voice
from hubbub.recordings.disk import Disk, DiskWriter
from hubbub.recordings.finish import convert, finish
from hubbub.services.commands import MediaFile
from hubbub.services.ports import Log
from hubbub.services.recordings.recording_files import FinishedSound, SoundLost, SoundPlan

CHUNK_BYTES: Final = 65_536
REMOTE_CHUNK_BYTES: Final = 1 << 20
"""Each is a request of its own."""
THREADS: Final = 3

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Remote(Protocol):
    """An object store. All of it blocks, and raises OSError; `KeyError` for what is not there."""

    def put(self, key: str, path: Path) -> None: ...
    def read(self, key: str, first_byte: int, length: int) -> bytes: ...
    def size(self, key: str) -> int: ...
    def fetch(self, key: str, path: Path) -> None: ...
    def delete(self, prefix: str) -> None: ...


class RecordingLibrary:
    """Implements `services.recordings.recording_files.RecordingFiles`. Made in a running event loop.

    Args:
        root: the directory; made when something is recorded.
        remote: where finished recordings go; None: they stay.
    """

    def __init__(self, root: Path, log: Log, remote: Remote | None = None) -> None:
        self._root = root
        self._log = log
        self._remote = remote
        self._loop = asyncio.get_running_loop()
        self._disk = Disk()
        self._threads = ThreadPoolExecutor(THREADS, "recordings-files")
        self._writers: dict[RecordingId, DiskWriter] = {}
        self._converting: dict[Path, asyncio.Future[object]] = {}
        self._moves: dict[RecordingId, asyncio.Task[None]] = {}
        self._unmoved = 0

    # --- while it is taken ------------------------------------------------------------------------------

    def begin(self, recording_id: RecordingId, plan: SoundPlan, failed: Callable[[str], None]) -> "_Begun":
        writer = DiskWriter(self._disk, layout.folder_of(self._root, recording_id), plan, failed)
        self._writers[recording_id] = writer
        writer.note(0, "started", {})
        return _Begun(writer, lambda: self._writers.pop(recording_id, None))

    def has_voice(self, pcm: bytes) -> bool:
        return voice.has_voice(pcm)

    async def finish(self, recording_id: RecordingId, samples: int | None = None) -> FinishedSound:
        folder = layout.folder_of(self._root, recording_id)
        writer = self._writers.pop(recording_id, None)
        if writer is not None:
            if samples is not None:
                writer.end(samples)
                writer.note(samples, "stopped", {})
            await self._disk.close(writer)
            if writer.error is not None:
                raise SoundLost(writer.error)
        finished = await self._run(finish, folder, samples)
        if self._remote is not None:
            self._move_soon(recording_id, folder, self._remote)
        return finished.sound

    # --- finished ---------------------------------------------------------------------------------------

    async def open(
        self,
        recording_id: RecordingId,
        format_: AudioFormat,
        *,
        channels: int | None,
        track: str | None,
        first_byte: int,
        last_byte: int | None,
    ) -> MediaFile:
        folder = layout.folder_of(self._root, recording_id)
        try:
            finished = await self._finished(recording_id, folder)
            name, mix_down = _name(recording_id, finished, format_, channels, track)
            place = await self._place(recording_id, folder, name, mix_down, track, format_)
        except KeyError:
            raise NotFound("recording", recording_id) from None
        except (OSError, ValueError, TypeError) as error:
            raise SoundLost(str(error)) from error
        if not 0 <= first_byte <= place.size or (last_byte is not None and last_byte < first_byte):
            raise InvalidValue("range", f"the file has {place.size} bytes")
        end = place.size if last_byte is None else min(last_byte + 1, place.size)
        return MediaFile(
            layout.CONTENT_TYPES[format_],
            place.size,
            first_byte,
            self._chunks(place, first_byte, end),
            end - first_byte,
        )

    async def delete(self, recording_id: RecordingId) -> None:
        folder = layout.folder_of(self._root, recording_id)
        if recording_id in self._moves:
            await self._moves[recording_id]
        try:
            await self._run(_remove, folder)
            if self._remote is not None:
                await self._run(self._remote.delete, f"{_key(recording_id)}/")
        except OSError as error:
            raise SoundLost(str(error)) from error

    async def unfinished(self) -> list[RecordingId]:
        return await self._run(_unfinished, self._root)

    async def tidy(self) -> None:
        """Have what stayed here, because the object store could not be reached, moved there."""
        if self._remote is not None:
            for recording_id in await self._run(_finished_here, self._root):
                self._move_soon(recording_id, layout.folder_of(self._root, recording_id), self._remote)

    def statistics(self) -> Mapping[str, float]:
        return {
            "disk_errors_total": self._disk.errors,
            "disk_losses_total": self._disk.lost,
            "unmoved_total": self._unmoved,
        }

    async def aclose(self) -> None:
        while self._moves:
            await asyncio.gather(*self._moves.values(), return_exceptions=True)
        await self._disk.aclose()
        self._threads.shutdown(wait=False)

    def die(self) -> None:
        """Write nothing more of what is being taken, as if the process had ended here; for simulations."""
        for writer in self._writers.values():
            writer.fail("the process has ended")

    # --- the work ---------------------------------------------------------------------------------------

    async def _run(self, work: Callable[[*Ts], T], *args: *Ts) -> T:
        return await self._loop.run_in_executor(self._threads, work, *args)

    async def _finished(self, recording_id: RecordingId, folder: Path) -> layout.Finished:
        try:
            return layout.read_finished(await self._run((folder / layout.FINISHED).read_bytes))
        except FileNotFoundError:
            if self._remote is None:
                raise KeyError(recording_id) from None
        key = f"{_key(recording_id)}/{layout.FINISHED}"
        size = await self._run(self._remote.size, key)
        return layout.read_finished(await self._run(self._remote.read, key, 0, size))

    async def _place(
        self,
        recording_id: RecordingId,
        folder: Path,
        name: str,
        mix_down: bool,
        track: str | None,
        format_: AudioFormat,
    ) -> "_Place":
        """The file, made first if nobody has asked for it before."""
        path = folder / name
        source = layout.file_name(track, False, AudioFormat.WAV)
        found = await self._run(_size, path)
        if found is None and await self._run((folder / source).exists):
            # While this is done the recording may be moved away; then it is done there.
            with contextlib.suppress(FileNotFoundError):
                await self._once(path, lambda: self._run(convert, folder, source, mix_down, format_))
            found = await self._run(_size, path)
        key = f"{_key(recording_id)}/{name}"
        if found is not None:
            return _Place(found, path, key, self._remote)
        if self._remote is None:
            raise KeyError(recording_id)
        try:
            size = await self._run(self._remote.size, key)
        except KeyError:
            remote = self._remote
            await self._once(
                path, lambda: self._run(_convert_remote, remote, folder, key, source, mix_down, format_)
            )
            size = await self._run(self._remote.size, key)
        return _Place(size, None, key, self._remote)

    async def _once(self, path: Path, work: Callable[[], Awaitable[object]]) -> None:
        """Make a file; those who ask for it meanwhile wait for the same work."""
        doing = self._converting.get(path)
        if doing is None:
            doing = self._converting[path] = asyncio.ensure_future(work())
            doing.add_done_callback(lambda _: self._converting.pop(path, None))
        await asyncio.shield(doing)

    async def _chunks(self, place: "_Place", first: int, end: int) -> AsyncIterator[bytes]:
        while first < end:
            data = await self._run(place.read, first, min(place.chunk_bytes, end - first))
            if not data:
                raise SoundLost("the file is shorter than it was")
            first += len(data)
            yield data

    def _move_soon(self, recording_id: RecordingId, folder: Path, remote: Remote) -> None:
        if recording_id not in self._moves:
            task = self._loop.create_task(self._move(recording_id, folder, remote))
            self._moves[recording_id] = task
            task.add_done_callback(lambda _: self._moves.pop(recording_id, None))

    async def _move(self, recording_id: RecordingId, folder: Path, remote: Remote) -> None:
        try:
            await self._run(_upload, remote, folder, _key(recording_id))
        except OSError as error:
            self._unmoved += 1
            self._log.error("recording not moved to the object store", recording=recording_id, why=str(error))


class _Begun:
    """A writer that the library forgets when it is abandoned."""

    def __init__(self, writer: DiskWriter, forget: Callable[[], object]) -> None:
        self.append = writer.append
        self.note = writer.note
        self._writer = writer
        self._forget = forget

    def abandon(self) -> None:
        self._forget()
        self._writer.abandon()


class _Place:
    """A file, here or there; while it is read it may be moved there."""

    def __init__(self, size: int, path: Path | None, key: str, remote: Remote | None) -> None:
        self.size = size
        self.chunk_bytes = REMOTE_CHUNK_BYTES if path is None else CHUNK_BYTES
        self._path = path
        self._key = key
        self._remote = remote

    def read(self, first: int, length: int) -> bytes:
        try:
            if self._path is not None:
                try:
                    with self._path.open("rb") as file:
                        file.seek(first)
                        return file.read(length)
                except FileNotFoundError:
                    if self._remote is None:
                        raise
            assert self._remote is not None
            return self._remote.read(self._key, first, length)
        except (OSError, KeyError) as error:
            raise SoundLost(str(error)) from error


def _key(recording_id: RecordingId) -> str:
    return f"recordings/{recording_id}"


def _name(
    recording_id: RecordingId,
    finished: layout.Finished,
    format_: AudioFormat,
    channels: int | None,
    track: str | None,
) -> tuple[str, bool]:
    """The file to hand out, and whether its two channels are mixed down to one."""
    if track is not None and track not in finished.tracks:
        raise NotFound("track", f"{track} of recording {recording_id}")
    there = 1 if track is not None else finished.channels
    if channels is not None and not 1 <= channels <= there:
        raise InvalidValue("channels", f"the recording has {there}, not {channels}")
    mix_down = channels is not None and channels < there
    return layout.file_name(track, mix_down, format_), mix_down


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _remove(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _folders(root: Path) -> list[Path]:
    return sorted(folder for folder in root.glob("??/*") if folder.is_dir())


def _unfinished(root: Path) -> list[RecordingId]:
    return [RecordingId(each.name) for each in _folders(root) if not (each / layout.FINISHED).exists()]


def _finished_here(root: Path) -> list[RecordingId]:
    return [RecordingId(each.name) for each in _folders(root) if (each / layout.FINISHED).exists()]


def _upload(remote: Remote, folder: Path, key: str) -> None:
    """Copy a finished recording, finished.json last, and remove it here."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.suffix != ".new")
    for path in sorted(files, key=lambda each: each.name == layout.FINISHED):
        remote.put(f"{key}/{path.name}", path)
    _remove(folder)


def _convert_remote(
    remote: Remote, folder: Path, key: str, source: str, mix_down: bool, format_: AudioFormat
) -> None:
    """Make a conversion of what lies in the object store, and keep it there."""
    passing = folder.with_name(folder.name + ".passing")
    passing.mkdir(parents=True, exist_ok=True)
    try:
        remote.fetch(f"{key.rpartition('/')[0]}/{source}", passing / source)
        convert(passing, source, mix_down, format_)
        remote.put(key, passing / key.rpartition("/")[2])
    finally:
        _remove(passing)
