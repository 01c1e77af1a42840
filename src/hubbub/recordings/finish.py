"""From the tracks of a recording to the files that are handed out: one length, one blend, trimmed if asked.

Runs in a thread, on a folder that nobody writes to any more. It may die at any step and be run again: what
was taken stays in raw/ until finished.json is there.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubbub.domain.recording import AudioFormat
from hubbub.recordings import layout, voice
from hubbub.recordings.encode import encode
from hubbub.recordings.wav_file import HEADER_BYTES, SAMPLE_BYTES, header, samples_in, settle
from hubbub.services.recordings.recording_files import (
    SAMPLES_MAX,
    Blend,
    FinishedSound,
    NothingKept,
    SoundLost,
)

BLOCK_SAMPLES: Final = 80_000
"""Ten seconds at a time."""


def finish(folder: Path, samples: int | None = None) -> layout.Finished:
    """Finish a recording, or say how it was finished before.

    Args:
        samples: its length; None: of the longest track.

    Raises:
        NothingKept: it is not there.
        SoundLost: it cannot be read or written.
    """
    try:
        if (folder / layout.FINISHED).exists():
            return layout.read_finished((folder / layout.FINISHED).read_bytes())
        return _finish(folder, samples)
    except OSError as error:
        if not folder.exists():
            raise NothingKept("nothing of it is on the disk") from error
        raise SoundLost(error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SoundLost(f"the recording's own description is damaged: {error}") from error


def _finish(folder: Path, samples: int | None) -> layout.Finished:
    plan = layout.read_plan(folder)
    raw = folder / layout.RAW
    names = sorted(path.stem for path in raw.glob("*.wav"))
    if samples is None:
        samples = max((samples_in(raw / f"{name}.wav") for name in names), default=0)
    samples = min(samples, SAMPLES_MAX)
    for name in names:
        settle(raw / f"{name}.wav", samples)
    with ExitStack() as stack:
        tracks = {name: _Samples(stack.enter_context((raw / f"{name}.wav").open("rb"))) for name in names}
        blended = Blended(plan.blend, tracks)
        first, end = _bounds(blended, samples) if plan.trim_silence else (0, samples)
        length = end - first
        has_voice = None
        if plan.silent_is_absent:
            has_voice = voice.first_voice(blended.read, samples) is not None
        source = blended.only
        _hand_out(blended, raw / f"{source}.wav" if source else None, folder, None, first, end)
        apart = [name for name in names if name != "mix"] if plan.blend is Blend.MIX_AND_TRACKS else []
        for name in apart:
            _hand_out(Blended(Blend.SUM, {name: tracks[name]}), raw / f"{name}.wav", folder, name, first, end)
    if (first, end) != (0, samples):
        _note_trim(folder, first, length)
    size = (folder / layout.file_name(None, False, AudioFormat.WAV)).stat().st_size
    if plan.format is not AudioFormat.WAV and length:
        size = convert(folder, layout.file_name(None, False, AudioFormat.WAV), False, plan.format)
    finished = layout.Finished(FinishedSound(plan, length, size, has_voice), blended.channels, tuple(apart))
    layout.replace(folder / layout.FINISHED, layout.finished_text(finished))
    shutil.rmtree(raw, ignore_errors=True)
    return finished


def convert(folder: Path, source: str, mix_down: bool, format_: AudioFormat) -> int:
    """Make another way to hand out a WAV file of the folder, beside it. Returns the new file's size.

    Raises:
        OSError: the disk refuses.
    """
    stem = source.removesuffix(".wav")
    target = folder / f"{stem}{'-mono' if mix_down else ''}.{layout.SUFFIXES[format_]}"
    new = target.with_name(target.name + ".new")
    encode(folder / source, new, format_, mix_down=mix_down)
    new.replace(target)
    return target.stat().st_size


class _Samples:
    """A mono file's samples, as many as are asked for: beyond its end is silence."""

    def __init__(self, file: object) -> None:
        self._descriptor: int = file.fileno()  # type: ignore[attr-defined]  # any open file

    def read(self, first: int, count: int) -> NDArray[np.int16]:
        data = os.pread(self._descriptor, SAMPLE_BYTES * count, HEADER_BYTES + SAMPLE_BYTES * first)
        found = np.frombuffer(data, "<i2")
        return found if len(found) == count else np.pad(found, (0, count - len(found)))


class Blended:
    """The sound of some tracks together, read as one file of `channels` channels."""

    def __init__(self, blend: Blend, tracks: dict[str, _Samples]) -> None:
        self._blend = blend
        self._tracks = tracks
        self.channels = 2 if blend in (Blend.SIDE_BY_SIDE, Blend.FIRST_AND_REST) else 1

    @property
    def only(self) -> str | None:
        """The one track that is the blend as it stands, if one is."""
        if self._blend is Blend.MIX_AND_TRACKS:
            return "mix" if "mix" in self._tracks else None
        return next(iter(self._tracks)) if self._blend is Blend.SUM and len(self._tracks) == 1 else None

    def read(self, first: int, count: int) -> NDArray[np.int16]:
        """int16, shape (count, channels)."""
        if self._blend is Blend.SIDE_BY_SIDE:
            pair = [self._track(name, first, count) for name in ("left", "right")]
        elif self._blend is Blend.FIRST_AND_REST:
            one = self._track("first", first, count)
            pair = [one, _clipped(self._track("mix", first, count).astype(np.int32) - one)]
        elif self._blend is Blend.MIX_AND_TRACKS:
            return self._track("mix", first, count)[:, np.newaxis]
        else:
            total = np.zeros(count, np.int32)
            for track in self._tracks.values():
                total += track.read(first, count)
            return _clipped(total)[:, np.newaxis]
        return np.stack(pair, axis=1)

    def blocks(self, first: int, end: int) -> Iterator[NDArray[np.int16]]:
        for at in range(first, end, BLOCK_SAMPLES):
            yield self.read(at, min(BLOCK_SAMPLES, end - at))

    def _track(self, name: str, first: int, count: int) -> NDArray[np.int16]:
        track = self._tracks.get(name)
        return np.zeros(count, np.int16) if track is None else track.read(first, count)


def _clipped(samples: NDArray[np.int32]) -> NDArray[np.int16]:
    return np.clip(samples, -32_768, 32_767).astype(np.int16)


def _bounds(blended: Blended, samples: int) -> tuple[int, int]:
    """Where to cut so that both ends are speech; nothing is left of silence."""
    first = voice.first_voice(blended.read, samples)
    if first is None:
        return 0, 0
    end = voice.after_voice(blended.read, samples)
    return max(0, first - voice.MARGIN_SAMPLES), min(samples, end + voice.MARGIN_SAMPLES)


def _hand_out(
    blended: Blended, source: Path | None, folder: Path, track: str | None, first: int, end: int
) -> None:
    """Make the WAV file that is handed out: the source itself where it needs no cutting at its beginning."""
    target = folder / layout.file_name(track, False, AudioFormat.WAV)
    new = target.with_name(target.name + ".new")
    new.unlink(missing_ok=True)
    if source is not None and first == 0 and _linked(source, new):
        # The linked file is raw/'s own: cutting its end twice does no harm.
        settle(new, end)
    else:
        with new.open("wb") as file:
            file.write(header(blended.channels, end - first))
            for block in blended.blocks(first, end):
                file.write(block.astype("<i2").tobytes())
            file.flush()
            os.fsync(file.fileno())
    new.replace(target)


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False  # a file system without hard links: the sound is copied
    return True


def _note_trim(folder: Path, first: int, length: int) -> None:
    with (folder / layout.TIMELINE).open("a", encoding="utf-8") as file:
        file.write(f'{{"sample": {first}, "what": "trimmed-to", "samples": {length}}}\n')
