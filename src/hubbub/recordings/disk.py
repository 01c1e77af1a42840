"""The one thread that writes sound while it is taken.

Owns what waits to be written and for how long: at most `PERIOD_S`, so that with the mixer's own batches a
death of the process costs less than a second. A disk that hangs costs sound, not memory: what a track may
have waiting is bounded, and what is dropped becomes silence and a line in the timeline. A disk that refuses
ends that recording and no other. Leaves what the files mean to `finish`.
"""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from hubbub.recordings import layout
from hubbub.recordings.wav_file import HEADER_BYTES, SAMPLE_BYTES, header
from hubbub.services.recordings.recording_files import RATE_HZ, SoundPlan

PERIOD_S: Final = 0.4
WAITING_BYTES_MAX: Final = 10 * RATE_HZ * SAMPLE_BYTES
"""Ten seconds of one track."""


class _Track:
    __slots__ = ("chunks", "descriptor", "lost_from", "name", "waiting_bytes")

    def __init__(self, name: str) -> None:
        self.name = name
        self.chunks: list[tuple[int, bytes]] = []
        self.waiting_bytes = 0
        self.lost_from: int | None = None
        self.descriptor: int | None = None


class DiskWriter:
    """Implements `SoundWriter`. Its methods belong to the event loop, `write` and `close` to the thread."""

    def __init__(self, disk: "Disk", folder: Path, plan: SoundPlan, failed: Callable[[str], None]) -> None:
        self._disk = disk
        self._folder = folder
        self._plan = plan
        self._failed = failed
        self._tracks: dict[str, _Track] = {}
        self._lines: list[str] = []
        self._is_made = False
        self.error: str | None = None
        """Why nothing is written any more."""
        self.is_waiting = False
        """Whether it is among those the thread will write next."""

    def append(self, track: str, position: int, pcm: bytes) -> None:
        if self.error is not None:
            return
        found = self._tracks.get(track)
        if found is None:
            assert layout.TRACK_NAME.fullmatch(track), track
            found = self._tracks[track] = _Track(track)
        if found.waiting_bytes + len(pcm) > WAITING_BYTES_MAX:
            self._lose(found, position)
            return
        self._tell_loss(found, position)
        found.chunks.append((position, pcm))
        found.waiting_bytes += len(pcm)
        self._disk.wants(self)

    def _lose(self, track: _Track, position: int) -> None:
        if track.lost_from is None:
            track.lost_from = position
            self._disk.lost += 1

    def _tell_loss(self, track: _Track, until: int) -> None:
        if track.lost_from is not None:
            lost = {"track": track.name, "samples": until - track.lost_from, "why": "the disk is too slow"}
            self.note(track.lost_from, "lost", lost)
            track.lost_from = None

    def end(self, samples: int) -> None:
        """Nothing more will be added."""
        for track in self._tracks.values():
            self._tell_loss(track, samples)

    def note(self, position: int, what: str, details: Mapping[str, object]) -> None:
        if self.error is None:
            self._lines.append(json.dumps({"sample": position, "what": what, **details}) + "\n")
            self._disk.wants(self)

    def abandon(self) -> None:
        self.fail("abandoned")
        self._disk.remove(self, self._folder)

    def fail(self, why: str) -> None:
        """Write nothing more. Only in the event loop."""
        self.error = why
        for track in self._tracks.values():
            track.chunks.clear()
            track.waiting_bytes = 0
        self._lines.clear()

    def tell(self, why: str) -> None:
        """The thread could not write: stop, and say so once."""
        if self.error is None:
            self.fail(why)
            self._failed(why)

    def batch(self) -> tuple[list[tuple[_Track, list[tuple[int, bytes]]]], str]:
        """What is to be written now; it waits no longer."""
        self.is_waiting = False
        taken = []
        for track in self._tracks.values():
            if track.chunks:
                taken.append((track, track.chunks))
                track.chunks = []
                track.waiting_bytes = 0
        lines, self._lines = "".join(self._lines), []
        return taken, lines

    def write(self, batch: list[tuple[_Track, list[tuple[int, bytes]]]], lines: str) -> None:
        """In the thread. Raises OSError."""
        if not self._is_made:
            self._folder.mkdir(0o700, parents=True, exist_ok=True)
            (self._folder / layout.RAW).mkdir(exist_ok=True)
            layout.replace(self._folder / layout.PLAN, layout.plan_text(self._plan))
            self._is_made = True
        for track, chunks in batch:
            if track.descriptor is None:
                track.descriptor = self._create(track.name)
            for position, pcm in _joined(chunks):
                _write_at(track.descriptor, HEADER_BYTES + SAMPLE_BYTES * position, pcm)
        if lines:
            with (self._folder / layout.TIMELINE).open("a", encoding="utf-8") as file:
                file.write(lines)

    def _create(self, name: str) -> int:
        path = self._folder / layout.RAW / f"{name}.wav"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _write_at(descriptor, 0, header(1, 0))
        return descriptor

    def close(self) -> None:
        """In the thread."""
        for track in self._tracks.values():
            if track.descriptor is not None:
                with contextlib.suppress(OSError):
                    os.close(track.descriptor)
                track.descriptor = None


class Disk:
    """Gathers what all recordings want written and hands it to the thread, one batch at a time."""

    def __init__(self, executor: Executor | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._executor = executor or ThreadPoolExecutor(1, "recordings")
        self._waiting: list[DiskWriter] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self.lost = 0
        """How often sound was dropped because the disk was too slow."""
        self.errors = 0

    def wants(self, writer: DiskWriter) -> None:
        """The writer has something to be written, soon."""
        if not writer.is_waiting:
            writer.is_waiting = True
            self._waiting.append(writer)
        if self._timer is None and self._writing is None:
            self._timer = self._loop.call_later(PERIOD_S, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if self._writing is None and self._waiting:
            self._writing = self._loop.create_task(self._write())

    async def _write(self) -> None:
        work = [(writer, *writer.batch()) for writer in self._waiting if writer.error is None]
        self._waiting.clear()
        try:
            refused = await self._loop.run_in_executor(self._executor, _write_all, work)
        finally:
            self._writing = None
        for writer, why in refused:
            self.errors += 1
            writer.tell(why)
        if self._waiting and self._timer is None:
            self._timer = self._loop.call_later(PERIOD_S, self._flush)

    async def settle(self) -> None:
        """Return when everything wanted so far is written."""
        while self._waiting or self._writing is not None:
            if self._writing is None:
                if self._timer is not None:
                    self._timer.cancel()
                self._flush()
            assert self._writing is not None
            await asyncio.shield(self._writing)

    async def close(self, writer: DiskWriter) -> None:
        """Write what a writer still has, and close its files."""
        await self.settle()
        await self._loop.run_in_executor(self._executor, writer.close)

    def remove(self, writer: DiskWriter, folder: Path) -> None:
        """Close a writer's files and remove its folder, soon."""
        self._loop.run_in_executor(self._executor, _remove, writer, folder)

    async def aclose(self) -> None:
        await self.settle()
        # Whatever was handed over last is done when this is.
        await self._loop.run_in_executor(self._executor, int)
        self._executor.shutdown(wait=False)


_Work = list[tuple[DiskWriter, list[tuple[_Track, list[tuple[int, bytes]]]], str]]


def _write_all(work: _Work) -> list[tuple[DiskWriter, str]]:
    refused = []
    for writer, batch, lines in work:
        try:
            writer.write(batch, lines)
        except OSError as error:
            writer.close()
            refused.append((writer, error.strerror or str(error)))
    return refused


def _remove(writer: DiskWriter, folder: Path) -> None:
    writer.close()
    shutil.rmtree(folder, ignore_errors=True)


def _joined(chunks: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Chunks that follow one another, as one."""
    runs: list[tuple[int, list[bytes], int]] = []
    for position, pcm in chunks:
        after = position + len(pcm) // SAMPLE_BYTES
        if runs and runs[-1][2] == position:
            runs[-1] = (runs[-1][0], [*runs[-1][1], pcm], after)
        else:
            runs.append((position, [pcm], after))
    return [(position, b"".join(parts)) for position, parts, _ in runs]


def _write_at(descriptor: int, offset: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        count = os.pwrite(descriptor, view, offset)
        offset += count
        view = view[count:]
